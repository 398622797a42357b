"""Words: what a text holds where something private may be, all of them looked up in one pass.

The automaton (Aho-Corasick) reads each letter once, however many words there are; a pattern of the same words takes a
hundred times as long, and looking for one word after the other twenty times.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from ahocorasick_rs import AhoCorasick

Group = Literal["id", "credential", "birth", "home", "english", "box", "german", "french"]
"""What is read closely near a word: a kind, or one country's addresses."""


@dataclass(frozen=True, slots=True)
class Word:
    """A word, and what else must stand there for it to count."""

    group: Group
    before: int
    after: int
    """How far around its start the text is read closely."""
    exact: str = ""
    """As it must be written; empty when capitals do not matter."""
    begins: bool = False
    """Not inside a word."""
    ends: bool = False
    """A word does not go on behind it."""
    digit: tuple[int, int] | None = None
    """Where a digit must stand, from its start."""
    lead: re.Pattern[bytes] | None = None
    """What must stand right before it, in the shape of the text."""
    follow: re.Pattern[str] | None = None
    """What must stand right behind it."""

    def fits(self, text: str, shape: bytes, start: int, end: int) -> bool:
        """Whether it counts where it stands; ``shape`` has a 0 for each digit of ``text`` and an A for each capital."""
        if self.exact and text[start:end] != self.exact:
            return False
        if self.digit and shape.find(b"0", max(start + self.digit[0], 0), max(start + self.digit[1], 0)) < 0:
            return False
        if (self.begins and text[start - 1 : start].isalpha()) or (self.ends and text[end : end + 1].isalpha()):
            return False
        if self.lead and not self.lead.search(shape, max(start - 20, 0), start):
            return False
        return not self.follow or self.follow.match(text, end) is not None


def listed(written: str, before: str = "", after: str = "") -> Sequence[str]:
    return [f"{before}{word}{after}" for word in written.split("|")]


_ID = (
    "ssn|social|tin|taxpayer|nhs|steuer|idnr|tax|fiscal|spi|nif|svnr|sv-|versich|dni|nie|bsn|burger|pesel|sin|"
    "passport|reisepass|passeport|ausweis|identit|id card|licen|ausw.|kranken|kvnr|führerschein|fuhrerschein|permis"
)
_SAID = (
    "pass|pwd|pw|kennwort|zugangscode|mdp|code|schlüssel|schlussel|wlan|wifi|wi-fi|netzwerk|key|token|secret|"
    "bearer|pin|puk|tan|clé|cle |parole|login"
)
_KEYS = (
    "AKIA|ASIA|A3T|ABIA|ACCA|ghp_|gho_|ghu_|ghs_|ghr_|xox|hooks.slack|PuTTY-|eyJ|k_live_|"
    "AccountKey=|_authToken|pypi-Ag|sq0csp-|GR1348941|glpat-|gldt-|glft-|glsoat-|glrt-|glcbt-|glimt-|glptt-|"
    "glagent-|gloas-"
)
_WHOLE = frozenset(listed("bsn|dni|mdp|nhs|nie|nif|pin|puk|pw|pwd|sin|spi|ssn|tan|tax|tin"))
"""Words that stand inside many others."""
_BIRTH = "birth|(b.|geburt|gebor|naissance|anniversaire"
_BIRTH_BEGINS = "born|dob|d.o.b|d.ob|do.b|d o b|geb|né|nee le|ne le|ddn"
_LIVES = (
    "address|adress|anschrift|straße|strasse|street|postcode|post code|post_code|domicil|lives|living|resid|wohnhaft|"
    "demeurant"
)
_STREETS = "Street|Avenue|Road|Boulevard|Lane|Drive|Terrace|Parkway|Crescent|Mews|Gardens"
_SHORT_STREETS = "St|Ave|Rd|Blvd|Ln|Dr|Pkwy|Cres|Hwy"
_STRASSEN = "straße|strasse|str.|allee|gasse|chaussee|platz"
_STRASSEN_OF = "Straße|Strasse|Platz|Allee|Weg"
_RUES = "rue|avenue|boulevard|chemin|allée|allee|impasse|quai|faubourg|venelle|sentier|ruelle"
_RUES_SMALL = "av.|bd|bld|boul.|place|route|square|passage|cours|villa"
_ANYWHERE = 1 << 60

_ENDED = re.compile(r"\b")
_SHORT_ENDED = re.compile(r"[.,\n;)\"'<|]|\Z| (?:[NSEW]{1,2}|Apt|Suite|Ste|Unit)\b| #")
_THEN_NUMBER = re.compile(r" ?[1-9]")
_OF = re.compile(r" (?:des|der|dem|von|am|im|zum|zur) ")
_AFTER_NUMBER = re.compile(rb"0(?: ?(?:bis|ter|quater)| ?A)?(?: ?,)? \Z")
_DAY = re.compile(r" ?[0-9]{1,2}\.")


def _all() -> list[tuple[str, Word]]:
    """All words with what they mean; one word may stand there more than once."""
    found = [
        (word, Word("id", 4, 90, begins=word in _WHOLE, ends=word in _WHOLE, digit=(0, 90))) for word in listed(_ID)
    ]
    found += [(word, Word("credential", 4, 120, begins=word in _WHOLE, ends=word in _WHOLE)) for word in listed(_SAID)]
    found += [(word, Word("credential", 100, 300, word)) for word in listed(_KEYS)]
    found += [("PRIVATE KEY", Word("credential", 100, _ANYWHERE, "PRIVATE KEY"))]  # it ends where its last line says so
    found += [(word, Word("birth", 4, 90, digit=(0, 90))) for word in listed(_BIRTH)]
    found += [(word, Word("birth", 4, 90, begins=True, digit=(0, 90))) for word in listed(_BIRTH_BEGINS)]
    found += [("*", Word("birth", 4, 90, follow=_DAY))]
    found += [(word, Word("home", 4, 120, digit=(0, 110))) for word in listed(_LIVES)]
    number = (-80, 0)
    found += [(word, Word("english", 80, 140, word, digit=number, follow=_ENDED)) for word in listed(_STREETS, "\n")]
    found += [(word, Word("english", 80, 140, word, digit=number, follow=_ENDED)) for word in listed(_STREETS, " ")]
    found += [
        (word, Word("english", 80, 140, word, digit=number, follow=_SHORT_ENDED))
        for word in listed(_SHORT_STREETS, " ")
    ]
    found += [(word, Word("box", 80, 140, word, digit=(0, 14))) for word in ("Box ", "Postfach ", "BP", "B.P.")]
    found += [(word, Word("german", 80, 140, follow=_THEN_NUMBER)) for word in listed(_STRASSEN)]
    found += [(word, Word("german", 80, 140, word, digit=(0, 80), follow=_OF)) for word in listed(_STRASSEN_OF)]
    found += [(word, Word("french", 80, 140, lead=_AFTER_NUMBER)) for word in listed(_RUES, "", " ")]
    found += [(word, Word("french", 80, 140, word, lead=_AFTER_NUMBER)) for word in listed(_RUES_SMALL, "", " ")]
    found += [(f"{word} ", Word("french", 80, 140, begins=True, digit=(4, 140))) for word in (*listed(_RUES), "route")]
    return found


@cache
def words() -> tuple[AhoCorasick, Sequence[Sequence[Word]]]:
    """The automaton, which wants a text in small letters, and what each of its words means."""
    from ahocorasick_rs import AhoCorasick, Implementation

    meanings: dict[str, list[Word]] = {}
    for written, word in _all():
        meanings.setdefault(written.lower(), []).append(word)
    return AhoCorasick(list(meanings), implementation=Implementation.DFA), list(meanings.values())
