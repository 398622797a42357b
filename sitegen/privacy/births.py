"""Dates of birth: a date after a word that says so, in English, German and French."""

from __future__ import annotations

import re
from collections.abc import Iterator

from sitegen.privacy.finding import Finding, normal

_MONTHS = (
    r"(?:jan(?:uary|uar|vier)?|jän(?:ner)?|feb(?:ruary|ruar)?|f[ée]v(?:rier)?|mar(?:ch|s)?|m(?:ä|ae)rz|apr(?:il)?|avr(?:il)?"
    r"|ma[iy]|june?|juni|juin|jul[iy]?|juil(?:let)?|aug(?:ust)?|ao[ûu]t|sept?(?:ember|embre)?|o[ck]t(?:ober|obre)?"
    r"|nov(?:ember|embre)?|de[cz](?:ember)?|d[ée]c(?:embre)?)\.?"
)
_DATE = (
    r"(?:[0-9]{1,2}[ ]?[./-][ ]?[0-9]{1,2}[ ]?[./-][ ]?(?:[0-9]{4}|[0-9]{2})\b|(?:18|19|20)[0-9]{2}-[0-9]{2}-[0-9]{2}"
    rf"|[0-9]{{1,2}}(?:st|nd|rd|th|er|\.)?[ ](?:of[ ])?{_MONTHS},?[ ](?:18|19|20)[0-9]{{2}}"
    rf"|{_MONTHS}[ ][0-9]{{1,2}}(?:st|nd|rd|th)?,?[ ](?:18|19|20)[0-9]{{2}}"
    rf"|(?:[a-zäöüß-]{{2,24}}(?:ten|th|first|second|third)|premier)[ ](?:of[ ])?{_MONTHS},?[ ](?:18|19|20)[0-9]{{2}})"
)
_SAID = (
    r"(?:\(b\.|(?:(?<![^\W_])|(?<=(?-i:[a-z]))(?=(?-i:[A-Z])))"  # a word, or a part of one as in `dateNaissance`
    r"(?:date[ _-]?of[ _-]?birth|birth[ _-]?date|birthday|d[. ]{0,2}o[. ]{0,2}b\b\.?|geburtsdatum|geburtstag|geboren"
    r"|geb\.|(?:born|né(?:\(e\)|·e|e)?s?)(?![^\W\d_])|geb(?=urt|oren|[\W\d_])|date[ _-]?(?:de[ _-]?)?naissance"
    r"|n[ée]e?[ ]le|naissance|anniversaire|ddn))"
)
_BETWEEN = (
    r"[ \t:|*_)(\"'.…/-]{0,40}"
    r"(?:(?:on|am|den|der|le|the|is|in|/|à|a|ist|was|war|est|zu|[\w'’-]{2,20})[ ,|:*_]{1,5}){0,4}?"
    r"(?:\w{2,10},?[ ])?"
)
_BIRTH = re.compile(rf"{_SAID}{_BETWEEN}(?P<date>{_DATE})", re.I)
_STAR = re.compile(r"(?<!\w)\*{1,3}[ ]?(?P<date>[0-9]{1,2}\.[ ]?[0-9]{1,2}\.[ ]?(?:18|19|20)[0-9]{2})")
"""As German registers write it."""


def find(text: str, start: int, end: int) -> Iterator[Finding]:
    for pattern in (_BIRTH, _STAR):
        for match in pattern.finditer(text, start, end):
            yield Finding("birth", match.start("date"), match.end("date"), normal("birth", match["date"]))
