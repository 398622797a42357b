"""Triggers: cheap looks at a text that say which kinds cannot be in it, so that what finds them is not even loaded."""

from __future__ import annotations

import re
from collections.abc import Mapping

from sitegen.shapes import PrivateKind

_DATES = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}|[0-9]{1,2}[./][0-9]{1,2}[./][0-9]{4}|[0-9]{1,3}(?:[.,][0-9]{3})+(?![.,]?[0-9])"
)
"""Dates and amounts, which are on every page and are taken for no other number."""
_NUMBER = re.compile(r"[0-9](?:[ ()./\n-]{0,3}[A-Z]?[0-9]){7}")
_LETTERED = re.compile(r"[A-Z]{2} ?[0-9]{2} ?[0-9]{2}|[A-Z]{6}[0-9]{2}|[A-Z0-9]{7}|[XYZ]-?[0-9]{7}")
_PHONE = re.compile(
    r"(?i:tel|tél|fax|phone|fon|mob|cell|handy|portable|gsm|hotline|call|text|dial|rufn|durchw|appel|sms|whats|joign"
    r"|\bruf|rück|ph\b)[^0-9\n]{1,24}[0-9]"
)
_STREETS = (
    "Street|St\\b|Ave|Road|Rd\\b|Boul|Blvd|Lane|Ln\\b|Dr|Terr|Park|Pkwy|Pl|Cres|Mews|Gard|Court|Ct\\b|Sq|Way|Cl|Cir|High"
    "|Hwy|Row|Hill|Walk|Green|Wharf"
)
_RUES = "rue|av[e.]|boul|bd|bld|chem|all[ée]e|imp|quai|faub|place|route|squ|passa|cours|venel|sent|ruel|villa"
_WORDS: Mapping[PrivateKind, re.Pattern[str]] = {
    "email": re.compile(r"@|[\[({<]\s?(?:at|AT|ät|arobase)\s?[\])}>]"),
    "credential": re.compile(
        r"(?i:passw|passphrase|passcode|\bpwd?\b|kennwort|schl[üu]ssel|wlan|wi-?fi|zugangscode|mot de passe|mdp|token"
        r"|code secret|code d|secret|bearer|api[ _-]?key|access[ _-]?key|cl[ée] api|\b(?:pin|puk|tan)\b|pin-?code)"
        r"|AKIA|ASIA|A3T|ABIA|ACCA|gh[pousr]_|gl[a-z]{2,6}-|xox|slack\.com|PRIVATE KEY|PuTTY|eyJ|k_live_|SG\.|sk-"
        r"|sq0csp|://[^\s/]*@|pypi-|AccountKey|[0-9a-z]{32}|[A-Za-z0-9_-]{35}"
    ),
    "birth": re.compile(r"(?i:birth|born|\bd\.?o\.?b|\bgeb|né|naissance|ddn|anniversaire)|\(b\.|\*[ ]?[0-9]"),
    "address": re.compile(
        rf"[0-9][^\n]{{0,60}}?(?:{_STREETS}|(?i:{_RUES}))|[Ss]tr(?:\.|a(?:ß|ss)e) ?[0-9]|STRA(?:ß|SS)E|Stra(?:ß|ss)e d"
        rf"|(?i:allee|gasse|chaussee|platz|weg) [0-9]|(?i:{_RUES})[^\n]{{1,40}}[0-9]|[0-9]{{4,5}} [A-ZÄÖÜ]"
        r"|[A-Z]{2},? [0-9]{5}|Box [0-9]|Postfach|B\.?P\.? ?[0-9]"
    ),
}


class Triggers:
    """What may be in one text."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._numbers = _NUMBER.search(_DATES.sub(" ", text)) is not None

    def may_hold(self, kind: PrivateKind) -> bool:
        """Whether it is worth looking for a kind."""
        if kind == "phone":
            return self._numbers or _PHONE.search(self._text) is not None
        if kind == "id":
            return self._numbers or _LETTERED.search(self._text) is not None
        if kind in ("iban", "card"):
            return self._numbers
        return kind not in _WORDS or _WORDS[kind].search(self._text) is not None
