"""Organisations: names that their own form makes sure of, such as Ltd, GmbH, Council, Ministerium, Tribunal."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping

from sitegen.enrich.language import Dictionary, function_words

MAX_COMPARED = 300
"""Names that are compared with each other: the commonest."""
_CAP = r"\b[A-ZÀ-ÖØ-Þ][\w’'-]{0,40}\w\b|\b[A-Z]\."
_FORM = (
    r"(?:gGmbH|GmbH|mbH|AG|KGaA|KG|OHG|SE|e\. ?V\.|eG|SARL|SAS|SASU|SA|Ltd\.?|Limited|LLC|LLP|L\.L\.C\.|Inc\.?|PLC|plc|"
    r"Corp\.?|Corporation|Company)"
)
_LEGAL = re.compile(rf"(?P<name>(?:(?:{_CAP})(?:,? (?:&|und|and|et) |,? )){{1,5}}{_FORM})(?![\w])")
_PARTNERS = re.compile(
    rf"(?P<name>(?:(?:{_CAP}) ){{1,3}}& (?:Partners?|Co\.?|Cie|Söhne|Sons|Fils|Filles|Töchter))(?!\w)"
)
_HEADS_EN = (
    r"Council|Committee|Commission|Court|Ministry|Department|Office|Agency|Institute|University|College|Board|Bank|Association|"
    r"Society|Union|Cooperative|Authority|Bureau|Hospital|School|Museum|Library|Fund|Foundation|Trust|Brigade|Police|Unit|"
    r"Federation|Administration|Treasury|Service|Services|Center|Centre|Laboratory|Congress|Senate|Forum|Registry"
)
_ENGLISH = re.compile(
    rf"(?P<name>(?:(?:{_CAP}) (?:(?:&|of) (?={_CAP}))?){{1,4}}?(?:{_HEADS_EN})\b"
    rf"(?: (?:of|for) (?:the )?(?:{_CAP})(?: (?:(?:and|of|for|&) (?:the )?)?(?:{_CAP})){{0,4}})?)"
)
_ENGLISH_OF = re.compile(
    rf"(?P<name>(?:Office|Ministry|Department|Bureau|Institute|Court|Board|Society|Association|University|Bank|"
    rf"Centers?) "
    rf"(?:of|for) (?:the )?(?:{_CAP})(?: (?:(?:and|of|for|&) (?:the )?)?(?:{_CAP})){{0,4}})"
)
_NO_NAME = re.compile(
    r"^(?:No|Of|Article|Section|Terms|Act|Business|Rule|Title|[A-Z]\.) | (?:Act|Code|Rules?|Program|Plan)$"
)
_TOWN_EN = re.compile(
    rf"(?P<name>(?:Free Town|Town|City|County|Borough|State|Commonwealth|Republic|Kingdom) of "
    rf"(?:{_CAP})(?: (?:{_CAP})){{0,2}})"
)
_GERMAN = re.compile(
    rf"\b(?P<name>(?:Bundesministerium|Ministerium|Amt|Institut|Landesamt|Bundesamt) "
    rf"(?:für|der|des) (?:die |den |das )?(?:{_CAP})"
    rf"(?: und (?:für )?(?:{_CAP}))?)"
)
_GERMAN_OF = re.compile(
    rf"\b(?P<name>(?:Freie(?: und Hanse)? ?[Ss]tadt|Hansestadt|(?<!en )Stadt|Gemeinde|Landkreis|Freistaat|"
    rf"Verwaltungsgericht|Amtsgericht|Landgericht|Oberlandesgericht|Stadtwerke|Feuerwehr|Sparkasse|Universität|"
    rf"Wasserverband|Ingenieurbüro|Schule (?:am|an der)|"
    rf"Institut|Baugesellschaft|Prüfdienst|Magistrat von) (?P<proper>(?:{_CAP})(?: & (?:{_CAP})| (?:{_CAP}))?))"
)
_GERMAN_ONE = re.compile(
    r"\b(?:[Dd](?:as|er|ie|em|en)|[Vv]om|[Bb]eim|[Zz]um|[Ii]m|[Zz]ur) "
    r"(?P<name>(?:Stadt|Gemeinde|Kreis|Bundes|Verwaltungs|Aufsichts|Landes)rat|"
    r"[A-ZÄÖÜ][a-zäöüß]{3,}(?:amt|ausschuss|ausschuß|ministerium|behörde|kämmerei|kasse|verband|gericht|direktion)|Stadtverwaltung|"
    r"Landtag|Bundestag|Vergabestelle)\b"
)
_NOT_ONE = frozenset({"Ehrenamt", "Gesamt", "Hauptamt", "Standesamt"})
_HEADS_FR = (
    r"Ville|Commune|Mairie|Préfecture|Ministère|Tribunal|Cour|Conseil|Commission|Régie|Institut|Office|Service|Association|"
    r"Société|Fonds|École|Ecole|Lycée|Collège|Université|Caisse|Agence|Direction|Contrôle|Chambre|Syndicat|Banque|Autorité|"
    r"Comité|Hôpital|Musée|Bibliothèque|Département|Région|Boulangerie|Ateliers|Imprimerie|Librairie"
)
_ADJECTIVE_FR = (
    r"libre|municipale?|administrati(?:f|ve)|nationale?|régionale?|départementale?|générale?|publi(?:c|que)|supérieure?|"
    r"européenn?e?|trilingue|constitutionnel|communale?|intercommunale?|interministérielle?"
)
_OF_FR = r"(?:de la |de l['’]|du |des |de |d['’])"
_FRENCH = re.compile(
    rf"(?P<before>\S+ |['’])?(?P<name>(?:{_HEADS_FR})(?: (?:{_ADJECTIVE_FR}))?"
    rf"(?: {_OF_FR}(?:[a-zà-ÿœ]{{3,}}(?: [a-zà-ÿ]{{2,}}(?:il|ile|ique|aire|if|ive))?\b(?! [a-zà-ÿ]+(?:ée|é)s?\b)|"
    rf"{_CAP})"
    rf"(?: {_OF_FR}(?:{_CAP})|-(?:{_CAP}))?)?)"
)
_PROPER_FR = re.compile(
    rf"(?P<name>(?:Institut|Boulangerie|Ateliers|Entreprise|Imprimerie|Librairie|Maison) (?:{_CAP})(?: & (?:{_CAP}))?)"
)


def find(text: str, language: str, dictionary: Dictionary, limit: int = 8) -> tuple[str, ...]:
    """The organisations that ``text`` names, those named most often first."""
    found = Counter(name for name in _candidates(text, language, dictionary) if len(name) <= 90)
    counts = {name: text.count(name) for name, _ in found.most_common(MAX_COMPARED)}
    kept = [name for name in counts if not any(_is_part(name, other, counts) for other in counts)]
    return tuple(sorted(kept, key=lambda name: (-counts[name], text.find(name)))[:limit])


def _candidates(text: str, language: str, dictionary: Dictionary) -> Iterator[str]:
    for pattern in (_LEGAL, _PARTNERS):
        for match in pattern.finditer(text):
            name = _without_article(match["name"], language)
            shouted = name.isupper() and not name.endswith(("LLC", "INC.", "LTD"))
            if " & " in name:
                name = name.split(" and ")[-1]
            # "des Ingenieurbüros X" is the genitive of another name
            if name.split()[:1] == ["Ingenieurbüros"]:
                name = name.split(maxsplit=1)[1]
            if name and not shouted and not re.fullmatch(_FORM, name):
                yield name
    if language == "en":
        yield from _english(text)
    elif language == "de":
        yield from _german(text, dictionary)
    elif language == "fr":
        yield from _french(text, dictionary)


def _english(text: str) -> Iterator[str]:
    for pattern in (_ENGLISH, _ENGLISH_OF, _TOWN_EN):
        for match in pattern.finditer(text):
            name = _without_article(match["name"], "en")
            if " & " in name:  # the sign binds closer than the word: "Office of Works and Larder & Spoon"
                name = name.split(" and ")[0]
            before = text[max(0, match.start() - 6) : match.start()]
            # What "Fire and", "St." or "U.S." goes before is only the end of a name.
            if (
                " " in name
                and not _NO_NAME.search(name)
                and not re.search(r"\b[A-Z][\w-]* and $|\b[A-Z]\w?\. ?$", before)
            ):
                yield name


def _german(text: str, dictionary: Dictionary) -> Iterator[str]:
    for match in _GERMAN.finditer(text):
        yield match["name"]
    for match in _GERMAN_OF.finditer(text):
        if not dictionary.knows(match["proper"].split()[0].lower()) or " & " in match["proper"]:
            yield match["name"]
    for match in _GERMAN_ONE.finditer(text):
        if match["name"] not in _NOT_ONE:
            yield match["name"]


def _french(text: str, dictionary: Dictionary) -> Iterator[str]:
    for match in _FRENCH.finditer(text):
        name, before = match["name"], match["before"] or ""
        # At the beginning of a sentence a capital says nothing, unless a name or an office's adjective follows.
        complement = re.search(r" (?:de|d['’]) ?([a-zà-ÿœ]+)", name)
        if complement and (re.search(r"(?:er|ir|oir|re)$", complement[1]) or not dictionary.knows(complement[1])):
            continue
        sure = bool(re.search(rf"\s(?:{_ADJECTIVE_FR}|{_OF_FR}\s?[A-ZÀ-Þ])", name))
        if " " in name and (sure or before.strip().islower() or before in ("'", "’")):
            yield name
    for match in _PROPER_FR.finditer(text):
        yield match["name"]


def _without_article(name: str, language: str) -> str:
    """The name without what stands before it: an article, also one inside that shows where it begins."""
    parts = name.split()
    for number, part in enumerate(parts[:-1]):
        if part in ("The", "An", "This", "Each", "Every"):
            return _without_article(" ".join(parts[number + 1 :]), language)
    if parts and re.match(r"[LD]['’]", parts[0]):
        parts.pop(0)
    while parts and (parts[0].lower() in function_words(language) or parts[0].lower() in ("mr", "ms", "dear")):
        parts.pop(0)
    return re.sub(r"['’]s$", "", " ".join(parts))


def _is_part(name: str, other: str, counts: Mapping[str, int]) -> bool:
    """Whether ``name`` only ever stands in the text as a part of ``other``."""
    if name == other or name not in other:
        return False
    return counts[name] <= counts[other] or bool(re.search(rf" {_FORM}$", name) and other.endswith(name))
