"""Words that are each other's opposite, and units: whether a claim says "rose" where its passage says "fell".

Only what can hardly be meant otherwise is objected to: the claim has a word of one side, the passage has one of the
other side and none of the claim's. Pairs that tell one thing from two sides (bought and sold, won and lost) are left
out, since a true claim may turn them around.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import cache

from sitegen.enrich.figures import Readings, figures

_PAIRS: dict[str, tuple[tuple[str, str], ...]] = {
    "en": (
        (
            r"increas(?:e|es|ed|ing)|rais(?:e|es|ed|ing)|r[io]ses?|risen|rising|gr[eo]ws?|grown|"
            r"growing|expand(?:s|ed|ing)?",
            r"decreas(?:e|es|ed|ing)|reduc(?:e|es|ed|ing|tions?)|f[ae]lls?|fallen|dropp?(?:s|ed|ing)?|"
            r"shr[aiu]nks?|cuts?|lowered|declin(?:ed|ing)",
        ),
        (
            r"(?:no(?:t)?) (?:less|fewer|lower) than|at least|(?<!no )(?<!not )more than|(?:over|"
            r"above|exceeding) (?=[\d€$£])|exceed(?:s|ed)?|minimum",
            r"(?:no(?:t)?) (?:more|greater|higher) than|at most|(?<!no )(?<!not )(?:less|fewer) than|"
            r"(?:under|below|up to) (?=[\d€$£])|maximum",
        ),
        (
            r"before|prior to|(?:no(?:t)?) later than|until",
            r"after|(?<!no )(?<!not )later than|(?:no(?:t)?) earlier than",
        ),
        (
            r"approv(?:e|es|ed|al|als|ing)|accept(?:s|ed|ing|ance)?|granted|adopt(?:s|ed|ion)|"
            r"allow(?:s|ed|ing)?|permit(?:s|ted|ting)|authori[sz](?:e|es|ed|ation)|upheld|affirm(?:s|"
            r"ed)?",
            r"reject(?:s|ed|ion|ing)?|refus(?:e|es|ed|al|ing)|den(?:y|ies|ied|ial)|dismiss(?:es|ed|"
            r"al)?|forb(?:id|ids|ade|idden)|prohibit(?:s|ed|ion)?|bann?(?:s|ed)?|disapprov(?:es|ed|"
            r"al)|revers(?:es|ed)|overturn(?:s|ed)?",
        ),
        (r"open(?:s|ed|ing)?|reopen(?:s|ed|ing)?", r"clos(?:es|ed|ing|ure)"),
        (r"profits?|surplus(?:es)?", r"loss(?:es)?|deficits?|shortfalls?"),
        (
            r"begins?|began|begun|beginning|start(?:s|ed|ing)|commenc(?:e|es|ed)",
            r"ends|ended|finish(?:es|ed)|ceas(?:es|ed)",
        ),
        (r"majority", r"minority"),
        (r"adequate|sufficient|enough", r"inadequate|insufficient"),
        (r"valid", r"invalid"),
        (r"eligible", r"ineligible"),
        (r"possible|feasible", r"impossible|infeasible"),
        (r"complete", r"incomplete"),
        (r"correct|accurate", r"incorrect|inaccurate|wrong"),
    ),
    "de": (
        (
            r"steig(?:t|en|end|ende[rn]?|erung|ert[e]?)|stieg(?:en)?|gestiegen|erhöh(?:t|te|ten|en|"
            r"ung)|wuchs(?:en)?|wächst|gewachsen|zugenommen|zunimmt|anstieg|anheb(?:en|ung)|angehoben",
            r"sink(?:t|en)|sank(?:en)?|gesunken|senk(?:t|te|ten|en|ung)|gesenkt|verringer(?:t|te|ten|"
            r"n|ung)|reduzier(?:t|te|ten|en|ung)|abgenommen|rückgang|zurückgegangen|gekürzt|"
            r"kürzung(?:en)?|kürz(?:t|te|ten)",
        ),
        (
            r"(?<!nicht )mehr als|mindestens|wenigstens|nicht weniger als|über (?=\d)",
            r"(?<!nicht )weniger als|höchstens|maximal|nicht mehr als|bis zu (?=\d)|unter (?=\d)",
        ),
        (r"bevor|vor ablauf|vor beginn|spätestens", r"nachdem|nach ablauf|nach beginn|frühestens"),
        (
            r"genehmig(?:t|te|ten|en|ung)|bewillig(?:t|te|ten|en|ung)|zugestimmt|zustimmung|"
            r"angenommen|erlaubt?(?:e|en)?|erlaubnis|zugelassen|gestattet(?:e|en)?|stattgegeben|"
            r"bestätigt(?:e|en)?",
            r"abgelehnt|ablehnung|lehnt(?:e|en)?|verweiger(?:t|te|ten|n|ung)|verbot(?:en)?|"
            r"verbiete[tn]|untersag(?:t|te|ten|en|ung)|zurückgewiesen|verworfen|aufgehoben",
        ),
        (
            r"öffne[tn]?|öffnete[n]?|geöffnet|öffnung|eröffnet",
            r"schließt|schloss(?:en)?|geschlossen|schließung|gesperrt|sperrung",
        ),
        (r"gewinne?|überschuss|überschüsse", r"verluste?|defizite?|fehlbetrag|fehlbeträge"),
        (r"beginnt|beginnen|begann(?:en)?|begonnen|startete?n?", r"endet(?:e|en)?|geendet|beendet(?:e|en)?"),
        (r"mehrheit", r"minderheit"),
    ),
    "fr": (
        (
            r"augment(?:e|es|ent|é|ée|és|ées|er|ait|ation|a)|hausse|progress(?:e|é|er|ion)|accr(?:u|"
            r"ue|oît|oissement)|relevé[es]*",
            r"dimin(?:ue|uent|ué|uée|uer|ution|ua)|baiss(?:e|é|ée|er|ent|a)|rédu(?:it|ite|its|ites|"
            r"ire|ction)|recul[eé]?|chut[eé]",
        ),
        (
            r"plus de (?=[\d])|au moins|pas moins de|supérieure?s? à|dépass(?:e|ent|é|ée)|minimum",
            r"(?<!pas )moins de (?=[\d])|au plus(?! tard| tôt)|au maximum|inférieure?s? à|maximum",
        ),
        (r"avant|au plus tard", r"après|au plus tôt"),
        (
            r"approuv(?:e|é|ée|és|ées|er|a)|approbation|accord(?:e|é|ée|és|ées|er|a)|autoris(?:e|é|ée|"
            r"és|ées|er|ation|a)|accept(?:e|é|ée|és|ées|er|ation|a)|adopt(?:e|é|ée|és|ées|er|ion|a)|"
            r"admis(?:e|es)?",
            r"refus(?:e|é|ée|és|ées|er|a)?|rejet(?:te|é|ée|és|ées|er|a)?|interdi(?:t|te|ts|tes|re|"
            r"ction)",
        ),
        (
            r"ouvr(?:e|ent|ira|iront|ir)|ouvert(?:e|s|es|ure)?|rouvr\w+",
            r"ferm(?:e|ent|é|ée|és|ées|er|era|eture)|clos(?:e|es)?",
        ),
        (r"bénéfices?|excédents?", r"pertes?|déficits?"),
        (
            r"commenc(?:e|ent|é|er|era|eront|ement)|début(?:e|ent|é|er|era|eront)?",
            r"s'achèv\w+|termin(?:e|ent|é|ée|er|era|eront)|prend(?:ra)? fin",
        ),
        (r"majorité", r"minorité"),
        (r"suffisant(?:e|s|es)?", r"insuffisant(?:e|s|es)?"),
    ),
}
_PREFIXES = {"en": ("un", "dis", "non-", "non", "il", "ir"), "de": ("un", "nicht"), "fr": ()}
_WORD = re.compile(r"[^\W\d_]{4,}(?:-[^\W\d_]+)*")
_UNITS = {
    "percent": r"%|percent|per cent|prozent|pour ?cent|v\.h\.",
    "euro": r"€|eur|euros?",
    "dollar": r"\$|usd|us-dollar|dollars?",
    "pound": r"£|gbp|pounds?(?: sterling)?",
    "franc": r"chf|francs?|franken",
}
_NUMBER = r"\d[\d.,' ]*\d|\d"
_SCALE = (
    r"(?: ?(?:million(?:s|en)?|billion(?:s|en)?|milliards?|milliarden?|mio|mrd|bn|mn|thousand|tausend|mille)\.?)?"
    r"(?: d[e'] ?)?"
)
_MEASURED = re.compile(
    "|".join(
        rf"(?P<{name}_before>(?<![^\W\d_])(?:{words})) ?(?P<{name}_of>(?:{_NUMBER}){_SCALE})"
        rf"|(?P<{name}_number>(?:{_NUMBER}){_SCALE}) ?(?P<{name}>{words})(?![^\W\d_])"
        for name, words in _UNITS.items()
    )
)


def contradictions(claim: str, passage: str, language: str) -> Iterator[str]:
    """Where the claim says the opposite of the passage, or another unit, by rule."""
    one, other = _plain(claim), _plain(passage)
    for side, opposite in _sides(language):
        for mine, theirs in ((side, opposite), (opposite, side)):
            said = mine.search(one)
            if said and not theirs.search(one) and (there := theirs.search(other)) and not mine.search(other):
                yield f"it says {said[0].strip()} where the passage says {there[0].strip()}"
    yield from _negated_words(one, other, language)
    yield from _units(one, other)


@cache
def _sides(language: str) -> tuple[tuple[re.Pattern[str], re.Pattern[str]], ...]:
    pairs = _PAIRS.get(language, ())
    return tuple((_words(one), _words(other)) for one, other in pairs)


def _words(pattern: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![^\W_])(?:{pattern})(?![^\W\d_])")


def _negated_words(one: str, other: str, language: str) -> Iterator[str]:
    """Lawful and unlawful, zulässig and unzulässig."""
    mine, theirs = set(_WORD.findall(one)), set(_WORD.findall(other))
    for prefix in _PREFIXES.get(language, ()):
        for said, there in ((mine, theirs), (theirs, mine)):
            for word in sorted(said - there):
                if prefix + word in there and prefix + word not in said:
                    yield f"of {word} and {prefix}{word}, it says the one and the passage the other"


def _units(one: str, other: str) -> Iterator[str]:
    said = list(_measured(one))
    there = list(_measured(other)) if said else []
    for written, readings, unit in said:
        units = {their for _, theirs, their in there if theirs & readings}
        if units and unit not in units and not _bare(other, readings, there):
            yield f"{written} is given in another unit"


def _measured(text: str) -> Iterator[tuple[str, Readings, str]]:
    for match in _MEASURED.finditer(text):
        for name in _UNITS:
            number = match[f"{name}_of"] or match[f"{name}_number"]
            if number:
                for _, readings in figures(number):
                    yield match[0].strip(), readings, name


def _bare(text: str, readings: Readings, measured: list[tuple[str, Readings, str]]) -> bool:
    """Whether the number also stands there without one of the units, so that it may be anything."""
    found = sum(bool(theirs & readings) for _, theirs in figures(text))
    return found > sum(bool(theirs & readings) for _, theirs, _ in measured)


def _plain(text: str) -> str:
    text = unicodedata.normalize("NFKC", text).lower().replace("’", "'").replace("‑", "-")
    return " ".join(text.split())
