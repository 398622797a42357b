"""Claims: what a passage supports passes, what it does not is objected to, in three languages."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sitegen.enrich.claims import common, names, negated, objections
from sitegen.enrich.figures import figures, missing, pool

BUDGET = (
    "On 14 March 2025 the council approved the budget of 1,250,000 euros for the Weir Bridge with nine votes to four."
)
HAUSHALT = (
    "Der Gemeinderat beschloss am 14.03.2025 den Haushalt von 1.250.000 Euro nicht ohne Widerspruch von Maria Keller."
)
REFUS = "Le conseil n'a pas autorisé la vente du terrain de la rue Haute pour 80 000 euros."


@pytest.mark.parametrize(
    ("claim", "passage", "language"),
    [
        (BUDGET, BUDGET, "en"),
        ("The council approved a budget of 1.25 million euros for the Weir Bridge.", BUDGET, "en"),
        ("The budget for the bridge was approved on 2025-03-14.", BUDGET, "en"),
        ("The council approved the bridge's budget with 9 votes to 4.", BUDGET, "en"),
        ("Der Gemeinderat beschloss am 14. März 2025 nicht ohne Widerspruch den Haushalt.", HAUSHALT, "de"),
        ("Der Haushalt von 1,25 Mio. Euro wurde nicht ohne Widerspruch Maria Kellers beschlossen.", HAUSHALT, "de"),
        ("La vente du terrain n'a pas été autorisée.", REFUS, "fr"),
        ("Le conseil n'a pas autorisé la vente pour 80.000 euros.", REFUS, "fr"),
    ],
)
def test_a_claim_that_its_passage_supports_passes(claim: str, passage: str, language: str) -> None:
    assert objections(claim, passage, language=language) == []


@pytest.mark.parametrize(
    ("claim", "passage", "language", "why"),
    [
        ("The council approved the budget of 1,350,000 euros.", BUDGET, "en", "1,350,000"),
        ("The council approved the budget of 125,000 euros.", BUDGET, "en", "125,000"),
        ("The council approved the budget with ten votes to four.", BUDGET, "en", "ten"),
        ("On 14 May 2025 the council approved the budget.", BUDGET, "en", "may"),
        ("On 15 March 2025 the council approved the budget.", BUDGET, "en", "15"),
        ("The council did not approve the budget for the Weir Bridge.", BUDGET, "en", "denial"),
        ("The council approved the budget for the Mill Bridge.", BUDGET, "en", "Mill"),
        ("The council approved the budget for the Weir Bridge of Acme.", BUDGET, "en", "Acme"),
        ("The mayor has been arrested for fraud in another case.", BUDGET, "en", "other things"),
        ("Der Gemeinderat beschloss am 14.04.2025 den Haushalt nicht.", HAUSHALT, "de", "14.04.2025"),
        ("Der Gemeinderat beschloss den Haushalt mit Zustimmung.", HAUSHALT, "de", "denial"),
        ("Den Haushalt kritisierte nicht ohne Widerspruch Petra Vogel.", HAUSHALT, "de", "Petra"),
        ("Le conseil a autorisé la vente du terrain de la rue Haute.", REFUS, "fr", "denial"),
        ("Le conseil n'a pas autorisé la vente pour 90 000 euros.", REFUS, "fr", "90 000"),
    ],
)
def test_a_claim_that_says_something_else_is_objected_to(claim: str, passage: str, language: str, why: str) -> None:
    assert any(why in objection for objection in objections(claim, passage, language=language))


def test_a_name_may_stand_in_the_wider_text() -> None:
    claim = "Mayor Keller said the council approved the budget for the Weir Bridge."
    assert objections(claim, BUDGET, "Mayor Keller opened the meeting.", language="en") == []
    assert objections(claim, BUDGET, language="en")


@pytest.mark.parametrize(
    ("text", "denies"),
    [
        ("The plan was not approved.", True),
        ("They can't pay.", True),
        ("Nobody spoke.", True),
        ("Not only the mayor spoke.", False),
        ("Payment is due no later than 5 May.", False),
        ("Report No. 10-P-0154", False),
        ("Es gab keine Einwände.", True),
        ("Nicht nur die Bürgermeisterin sprach.", False),
        ("Er kam spätestens um acht.", False),
        ("Il n'a rien dit.", True),
        ("Cela ne peut être que provisoire.", False),
        ("The knot was tight; notes were taken.", False),
    ],
)
def test_denials_are_told_from_words_that_only_look_like_them(text: str, denies: bool) -> None:
    assert negated(text) is denies


def test_names_are_what_is_written_with_capitals_inside_a_sentence() -> None:
    assert names("The mayor Maria Keller met NIST in Bangor.", "en") == ["Maria", "Keller", "NIST", "Bangor"]
    assert names("Residents asked for more.", "en") == []
    assert names("Maria Keller asked for more.", "en") == ["Maria", "Keller"]
    assert names("Der Gemeinderat und die Stadt wählten Maria Keller vom TÜV.", "de") == ["Maria", "Keller", "TÜV"]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("1,250,000 euros", "1.250.000 Euro"),
        ("1.25 million", "1 250 000"),
        ("1,25 Mio.", "1'250'000"),
        ("two million", "2,000,000"),
        ("14 March 2025", "14.03.2025"),
        ("am 3. Mai 1910", "3 May 1910"),
        ("le 1er mars 2025", "2025-03-01"),
        ("zwölf Stimmen", "12 votes"),
        ("twenty-five", "25"),
        ("fünfundzwanzig", "25"),
        ("12.5 %", "12,5 %"),
        ("٣ votes", "3 votes"),
    ],
)
def test_numbers_agree_in_whatever_form_they_are_written(one: str, other: str) -> None:
    assert not missing(one, pool(other))
    assert not missing(other, pool(one))


@pytest.mark.parametrize(
    ("claim", "source"),
    [
        ("3 million", "3 dollars"),
        ("5 members", "15 members"),
        ("1,250", "1,250,000"),
        ("2024", "2042"),
        ("4 May 2025", "4 June 2025"),
        ("25 people", "1.25 million people"),
    ],
)
def test_numbers_that_only_look_alike_do_not_agree(claim: str, source: str) -> None:
    assert missing(claim, pool(source))


@given(st.integers(0, 10**12))
def test_a_whole_number_agrees_with_itself_in_every_grouping(number: int) -> None:
    forms = [str(number), f"{number:,}", f"{number:,}".replace(",", "."), f"{number:,}".replace(",", " ")]
    for form in forms:
        assert not missing(f"about {number} of them", pool(f"about {form} of them")), form


@given(st.integers(13, 10**9), st.integers(1, 9))
def test_a_number_never_agrees_with_another_one(number: int, more: int) -> None:
    assert missing(f"{number + more} were there", pool(f"{number} were there"))


@given(st.text(max_size=200))
def test_any_text_supports_itself(text: str) -> None:
    assert objections(text, text, language="en") in ([], ["it says too little"])
    assert common(text, text) == 1
    assert not missing(text, pool(text)), figures(text)


@pytest.mark.parametrize("sentence", ["The day.", "The lift.", "No.", "Costs rose.", "Der Tag."])
def test_a_sentence_that_says_hardly_anything_is_no_summary(sentence: str) -> None:
    assert "it says too little" in objections(sentence, f"{sentence} And so it went on for years.")


@pytest.mark.parametrize(
    "sentence", ["The lift was repaired.", "Costs rose to 5 euros.", "Der Rat lehnte den Antrag ab."]
)
def test_a_short_sentence_may_say_enough(sentence: str) -> None:
    assert objections(sentence, sentence) == []
