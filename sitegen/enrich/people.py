"""People: full names that a title, an office or a label makes sure of. Rather none than a wrong one."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from sitegen.enrich.language import Dictionary, function_words

MAX_COMPARED = 300
_PART = (
    r"(?:\b[A-ZÀ-ÖØ-Þ][a-zà-öø-ÿſ’']{1,40}(?:[A-ZÀ-ÖØ-Þ][a-zà-öø-ÿ]{1,40})?(?:-[A-ZÀ-ÖØ-Þ][a-zà-öø-ÿ]{1,40}){0,3}|"
    r"[A-ZÀ-ÖØ-Þ]\.(?= [A-ZÀ-ÖØ-Þ]))"
)
_PARTICLE = r"(?:von der |von dem |von |van der |van |de la |de |du |zu |zur |da |di |le |la )"
_NAME = rf"{_PART}(?: {_PARTICLE}?{_PART}){{0,3}}"
_FULL = rf"{_PART}(?: {_PARTICLE}?{_PART}){{1,3}}"
_HONORIFIC = r"(?:Mrs?|Ms|Miss|Messrs|Herrn?|Frau|Mme|Mlle|Madame|Monsieur|MM?(?=\. )|Me(?= [A-ZÀ-Þ]))"
_DEGREE = r"(?:Drs?|Prof(?:essor)?|Dipl\.-Ing|Ing|Mag|Dr\.-Ing|Maître|Sir|Dame|Rev)"
_OFFICE = (
    r"(?:Lord Mayor|Mayor|Deputy Mayor|Councill?ors?|Judge|Justice|Senator|Chancellor|Commissioner|Governor|Inspector|"
    r"Captain|Defendant|Plaintiff|President|Oberbürgermeister(?:in)?|Bürgermeister(?:in)?|Stadtr(?:at|ätin)|"
    r"Richter(?:in)?|Minister(?:in)?|Präsident(?:in)?|Professor(?:in)?|Landr(?:at|ätin)|la Maire|le Maire|la maire|"
    r"le maire|conseill(?:er|ère)s?|juge|Président(?:e)?|Docteur)"
)
_TITLED = re.compile(
    rf"\b(?:{_HONORIFIC}|{_DEGREE}|{_OFFICE})\b\.?(?: (?:{_HONORIFIC}|{_DEGREE}|{_OFFICE})\b\.?){{0,3}} "
    rf"(?P<name>{_NAME})(?P<more>(?:, {_FULL})*,? (?:and|und|et) (?P<other>{_FULL}))?"
)
_ROLE = (
    r"(?:(?:the|a|an|its|our|their|then|la|le|der|die|the town's|Deputy|deputy|technical|acting|former|second-year) )*"
    r"(?:[Hh]ead|[Dd]irector|[Tt]own [Cc]lerk|[Cc]lerk|[Mm]ayor|[Tt]reasurer|[Cc]hair(?:man|woman|person)?|"
    r"[Ss]ecretary|[Mm]anager|[Pp]resident|[Cc]hief|[Ee]ngineer|[Aa]rchitect|[Pp]rofessor|[Mm]inister|[Ss]pokes\w+|[Jj]udge|[Ii]nspector|"
    r"[Ll]ibrarian|[Aa]uditor|[Ee]cologist|[Oo]wner|apprentice|[Ll]eiter(?:in)?|[Bb]ürgermeister(?:in)?|Direktor(?:in)?|"
    r"[Ss]tadtkämmer(?:er|in)|[Vv]orsitzende[r]?|Geschäftsführer(?:in)?|Präsident(?:in)?|Sprecher(?:in)?|Gutachter(?:in)?|"
    r"Architekt(?:in)?|Vorstand|Schulleiter(?:in)?|Amtsleiter(?:in)?|directeur|directrice|maire|présidente?|cheff?e?|"
    r"secrétaire|ingénieure?|médiateur|médiatrice|responsable|conseill(?:er|ère)|juge|avocate?|gérante?|architecte|"
    r"greffi(?:er|ère)|rapporteure?|contrôleu(?:r|se)|trésori(?:er|ère))\b"
)
_APPOSED = re.compile(rf"(?P<name>{_FULL}), {_ROLE}")
_SAID = re.compile(
    rf"\b(?:said|says|writes|wrote|added|sagt|sagte|erklärt|erklärte|schreibt|betont|déclare|dit|ajoute|précise|explique|"
    rf"écrit) (?:{_HONORIFIC}\.? |{_DEGREE}\.? )?(?P<name>{_FULL})"
)
_LABELLED = re.compile(
    rf"(?:^|\n)[ \t]*(?:Chair|In the chair|Minutes|Contact|Prepared by|Author|Signed|Inspected by|Inspector|Judge|"
    rf"Clerk|From|"
    rf"Prüfer(?:in)?|Bearbeiter(?:in)?|Ansprechpartner(?:in)?|Verfasser(?:in)?|Vorsitz|Protokoll|Schriftführ\w+|Leitung|"
    rf"Gutachter(?:in)?|Corresponda[^:\n]{{0,40}}|Rédact\w+|Président?e?|Présidence|Secrétaire|Secrétariat|Rapporteure?|"
    rf"Greffi\w+|Juge) ?: (?:(?:{_HONORIFIC}|{_DEGREE}|{_OFFICE})\.? )*(?P<name>{_FULL})(?= *(?:[,\n.;(]|$))"
)
_WORDS_OF_OTHERS = (
    "Doctor Doktor Professor Speaker Chairman Chairwoman Chancellor Director Herren "
    "Act Agency Annex Article Association Authority Avenue Bank Board Bridge Bureau Chapter Charter City Civil "
    "Clerk Code Commission Committee Constitution Corporation Council County Court Crown Department District "
    "Division Federal Fund General Government Group Hall Hospital House Institute Justice Law Library Mayor "
    "Minister Ministry Museum National No Office Order Park Part Place Police President Procedure Public "
    "Republic Road Rule Rules School Secretary Section Senate Senator Service Society Square State States Street "
    "Supreme System Table Title Town Treasurer Treasury Union United University Water Works Amt Ausschuss "
    "Bürgermeister Bürgermeisterin Gericht Herr Frau Kammer Ministerium Rat Schule Stadt Stadtrat Verwaltung "
    "Madame Monsieur Maire Mairie Conseil Cour Tribunal Ville Rue École Régie Ministère Président January "
    "February March April May June July August September October November December The This That When If In On "
    "By Januar Februar März Mai Juni Juli Oktober Dezember GmbH Sir Madam Present Excused"
)
_NO_NAME = frozenset(_WORDS_OF_OTHERS.split())
"""What titles of offices and names of bodies are made of, and names of people are not."""


def find(text: str, language: str, dictionary: Dictionary, limit: int = 8) -> tuple[str, ...]:
    """The people that ``text`` names in full, those named most often first."""
    full: dict[str, None] = {}
    short: dict[str, None] = {}
    if language != "fr":  # there M. is Mr, elsewhere an initial
        text = re.sub(r"\bMM?\. (?=[A-ZÀ-Þ][a-z])", "", text)
    for name in _candidates(text, dictionary):
        (full if " " in name else short)[name] = None
    words = Counter(re.findall(r"[^\W\d_]+(?:-[^\W\d_]+)*", text))
    longest = list(full)[:MAX_COMPARED]
    names = [name for name in longest if not any(name != other and _within(name, other) for other in longest)]
    surnames = {name.split()[-1] for name in names}
    honoured = set(re.findall(rf"\b{_HONORIFIC}\.? ({_PART})(?! {_PART})", text))
    names += [name for name in short if name in honoured and name not in surnames and len(name) > 3]
    counts = {name: words[name.split()[-1]] for name in names}
    order = {name: number for number, name in enumerate(names)}
    return tuple(sorted(names, key=lambda name: (" " not in name, -counts[name], order[name]))[:limit])


def _candidates(text: str, dictionary: Dictionary) -> Iterator[str]:
    """The names that each rule finds; without a title before it, two common words are no name."""
    for pattern in (_TITLED, _APPOSED, _SAID, _LABELLED):
        for match in pattern.finditer(text):
            groups = match.groupdict()
            found = [groups["name"]]
            if groups.get("more"):
                found += re.findall(_FULL, groups["more"])
            for name in found:
                if (name := _trimmed(name)) is None:
                    continue
                if pattern is _TITLED or not all(
                    dictionary.knows(part.lower()) for part in re.findall(r"\w{2,}", name)
                ):
                    yield name


def _trimmed(name: str) -> str | None:
    """The name without a possessive; None when one of its parts shows that it is none."""
    parts = re.sub(r"['’]s?$", "", name).split()
    while parts and re.fullmatch(rf"(?:{_HONORIFIC}|{_DEGREE}|{_OFFICE}|M)\.?", parts[0]):
        parts.pop(0)
    while parts and parts[-1].lower() in function_words("und"):  # the first word of the next sentence
        parts.pop()
    name = " ".join(parts)
    if not parts:
        return None
    if any(part.strip(".") in _NO_NAME for part in parts) or len(parts[-1].strip(".")) < 2:
        return None
    return name


def _within(name: str, other: str) -> bool:
    return set(name.split()) < set(other.split())
