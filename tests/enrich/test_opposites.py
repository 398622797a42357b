"""Opposites: a claim that turns its passage around is objected to; one that says it in other words is not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sitegen.enrich.claims import objections
from sitegen.enrich.opposites import contradictions

TRUE = [
    ("en", "The fee goes up to 5 euros.", "The council raised the fee to 5 euros."),
    ("en", "The fee was raised to 5 euros.", "The fee, which had fallen in 2020, was increased to 5 euros."),
    ("en", "Costs fell by 3 percent.", "Costs decreased by 3 % although revenue increased."),
    ("en", "The budget was cut by 5 million dollars.", "The budget was reduced by $5 million."),
    ("en", "Members must pay at least 20 euros.", "The contribution is no less than 20 euros."),
    ("en", "At most 20 people may enter.", "No more than 20 people may enter at a time."),
    ("en", "At most 20 people may enter.", "The room is for up to 20 people."),
    ("en", "Less than half of the members came.", "Fewer than half of the 300 members came."),
    ("en", "Payment is due by 5 May.", "Payment is to be made no later than 5 May."),
    ("en", "Applications must be in before 5 May.", "Applications are accepted until 5 May."),
    ("en", "The work starts once the permit is granted.", "After the permit has been granted, work will begin."),
    ("en", "The council approved the plan after a debate.", "Following a debate the plan was adopted by the council."),
    ("en", "The council granted the appeal.", "The council upheld the appeal and reversed the decision of the office."),
    ("en", "The court denied the motion.", "The motion to dismiss is denied."),
    ("en", "The court rejected the motion to allow evidence.", "The motion to permit evidence was refused."),
    ("en", "The bridge is closed to lorries.", "The bridge, opened in 1911, was closed to lorries."),
    ("en", "The library closes at six.", "The opening hours are from nine until six, when it closes."),
    ("en", "The town bought the land.", "The owner sold the land to the town."),
    ("en", "The year ended with a surplus.", "The accounts close with a surplus after the deficit of last year."),
    ("en", "The works begin in May.", "Works will commence in May and end in October."),
    ("en", "The test was inconclusive.", "The results of the test were not conclusive, the report says."),
    ("en", "The use was unlawful.", "The use was held to be unlawful."),
    ("en", "Over 500 people signed.", "More than 500 signatures were handed in."),
    ("en", "Rents above 700 euros are affected.", "Rents exceeding 700 euros are affected."),
    ("en", "The fund grew to 1.2 million euros.", "The fund stands at EUR 1,200,000 after growing for years."),
    ("en", "12 percent of households responded.", "Of the households, 12 per cent returned the form."),
    ("en", "Twelve members voted for it.", "12 members, or 60 %, voted for it."),
    ("en", "The grant covers 30 % of the cost.", "30 percent of the cost is paid from the grant."),
    ("en", "The rise in fees is 4 pounds.", "Fees rise by £4."),
    ("en", "Nothing changes before 2027.", "Until 2027 everything stays as it is."),
    ("de", "Die Gebühr steigt auf 5 Euro.", "Der Rat erhöhte die Gebühr auf 5 Euro."),
    ("de", "Die Kosten sanken um 3 Prozent.", "Die Kosten sind um 3 % zurückgegangen."),
    (
        "de", "Mindestens 20 Mitglieder müssen zustimmen.",
        "Es bedarf der Zustimmung von nicht weniger als 20 Mitgliedern.",
    ),
    ("de", "Höchstens 20 Personen dürfen hinein.", "Der Raum ist für nicht mehr als 20 Personen zugelassen."),
    ("de", "Der Antrag muss bis zum 5. Mai vorliegen.", "Der Antrag ist spätestens am 5. Mai zu stellen."),
    (
        "de", "Der Rat lehnte den Antrag ab.",
        "Der Antrag wurde vom Rat abgelehnt, nachdem der Ausschuss ihm zugestimmt hatte.",
    ),
    ("de", "Das Bauamt hat den Umbau genehmigt.", "Der Umbau wurde vom Bauamt bewilligt."),
    ("de", "Die Brücke ist für Lastwagen gesperrt.", "Die 1911 eröffnete Brücke wurde für Lastwagen gesperrt."),
    ("de", "Das Bad öffnet im Mai.", "Das Bad wird im Mai wieder geöffnet; im Winter bleibt es geschlossen."),
    ("de", "Das Jahr schloss mit einem Überschuss.", "Der Abschluss weist einen Überschuss von 5 Euro aus."),
    ("de", "Die Arbeiten beginnen im Mai.", "Begonnen wird im Mai, beendet werden die Arbeiten im Herbst."),
    ("de", "Die Nutzung ist unzulässig.", "Das Gericht hält die Nutzung für unzulässig."),
    ("de", "Mehr als 500 Bürger unterschrieben.", "Über 500 Bürger haben unterschrieben."),
    ("de", "Die Stadt verkaufte das Grundstück.", "Der Verein kaufte der Stadt das Grundstück ab."),
    ("fr", "Le tarif augmente à 5 euros.", "Le conseil a relevé le tarif à 5 euros, en hausse de 1 euro."),
    ("fr", "Les coûts ont baissé de 3 %.", "Les coûts ont diminué de 3 pour cent."),
    ("fr", "Au moins 20 membres doivent voter.", "Le vote de pas moins de 20 membres est requis."),
    ("fr", "Le paiement est dû avant le 5 mai.", "Le paiement est dû au plus tard le 5 mai."),
    ("fr", "Le conseil a approuvé le projet.", "Le projet a été adopté par le conseil après un premier refus."),
    ("fr", "Le préfet a refusé l'autorisation.", "L'autorisation a été rejetée par le préfet."),
    ("fr", "La piscine ouvre en mai.", "L'ouverture de la piscine, fermée en hiver, est prévue en mai."),
    ("fr", "L'exercice se termine par un excédent.", "L'exercice est clos avec un excédent de 5 euros."),
    ("fr", "Les travaux commencent en mai.", "Les travaux débutent en mai et prennent fin en octobre."),
    ("fr", "Plus de 500 habitants ont signé.", "La pétition a recueilli plus de 500 signatures."),
]  # fmt: skip

FALSE = [
    ("en", "The fee was reduced to 5 euros.", "The council raised the fee to 5 euros."),
    ("en", "Costs rose by 3 percent.", "Costs decreased by 3 %."),
    ("en", "Members must pay at least 20 euros.", "The contribution is no more than 20 euros."),
    ("en", "At most 20 people signed.", "More than 20 people signed."),
    ("en", "Under 500 people signed.", "Over 500 people signed."),
    ("en", "Payment is due after 5 May.", "Payment is to be made no later than 5 May."),
    ("en", "The inspection took place before the flood.", "The inspection took place after the flood."),
    ("en", "The council approved the offer.", "The council rejected the offer."),
    ("en", "Parking is prohibited.", "Parking is permitted in front of the hall."),
    ("en", "The bridge was opened to lorries.", "The bridge was closed to lorries."),
    ("en", "The year ended with a surplus.", "The year ended with a deficit of 5 euros."),
    ("en", "The works begin in May.", "The works ended in May."),
    ("en", "The use was lawful.", "The use was held to be unlawful."),
    ("en", "The contract is invalid.", "The contract is valid."),
    ("en", "The grant covers 30 euros.", "The grant covers 30 % of the cost."),
    ("en", "The repair costs 500 dollars.", "The repair costs 500 euros."),
    ("de", "Die Gebühr wurde gesenkt.", "Der Rat erhöhte die Gebühr."),
    ("de", "Höchstens 20 Mitglieder kamen.", "Mehr als 20 Mitglieder kamen."),
    ("de", "Der Rat genehmigte den Umbau.", "Der Umbau wurde vom Rat abgelehnt."),
    ("de", "Die Brücke wurde eröffnet.", "Die Brücke wurde gesperrt."),
    ("de", "Die Nutzung ist zulässig.", "Die Nutzung ist unzulässig."),
    ("de", "Das Jahr schloss mit einem Überschuss.", "Das Jahr brachte einen Fehlbetrag."),
    ("de", "Die Förderung beträgt 30 Prozent.", "Die Förderung beträgt 30 Euro."),
    ("fr", "Le tarif a baissé.", "Le tarif a augmenté."),
    ("fr", "Au moins 20 membres ont voté.", "Au maximum 20 membres ont voté."),
    ("fr", "Le préfet a autorisé la vente.", "Le préfet a refusé la vente."),
    ("fr", "La piscine ouvre en mai.", "La piscine ferme en mai."),
    ("fr", "Le paiement est dû après le 5 mai.", "Le paiement est dû au plus tard le 5 mai."),
]  # fmt: skip


@pytest.mark.parametrize(("language", "claim", "passage"), TRUE)
def test_a_true_claim_in_other_words_is_not_objected_to(language: str, claim: str, passage: str) -> None:
    assert list(contradictions(claim, passage, language)) == []


@pytest.mark.parametrize(("language", "claim", "passage"), FALSE)
def test_a_claim_that_turns_its_passage_around_is_objected_to(language: str, claim: str, passage: str) -> None:
    assert list(contradictions(claim, passage, language)) != []
    assert any("where the passage says" in why or "passage the other" in why or "another unit" in why
               for why in objections(claim, passage, language=language))  # fmt: skip


@given(st.text(max_size=200), st.sampled_from(["en", "de", "fr", "und"]))
def test_no_text_contradicts_itself(text: str, language: str) -> None:
    assert list(contradictions(text, text, language)) == []


@given(st.lists(st.sampled_from([claim for _, claim, _ in TRUE + FALSE]), max_size=4).map(" ".join))
def test_no_text_contradicts_what_holds_it(text: str) -> None:
    for language in ("en", "de", "fr"):
        assert list(contradictions(text, f"{text} And more.", language)) == []
