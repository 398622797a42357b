"""E-mail addresses, also those that were written so that no program finds them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from sitegen.privacy.finding import Finding, normal

_LOCAL = re.compile(r"[\w][\w.+%'!#$&*/=?^{|}~-]{0,63}\Z")
_DOMAIN = re.compile(r"(?:[^\W_](?:[\w-]{0,61}[^\W_])?\.){1,8}([A-Za-z]{2,24})(?![\w-])")
_SPELT = re.compile(
    r"(?<![\w.+-])([\w][\w.+-]{0,63})\s{0,2}[\[({<]\s?(?:at|AT|ät|arobase|@)\s?[\])}>]\s{0,2}"
    r"((?:[\w-]{1,63}(?:\.|\s{0,2}[\[({]\s?(?:dot|DOT|punkt|point|\.)\s?[\])}]\s{0,2})){1,4}[A-Za-z]{2,24})\b"
)
_APART = re.compile(
    r"(?<![\w.+-])((?=[\w ]{0,30}[._])\w[\w+-]{0,30}(?: ?[._] ?[\w+-]{1,30}){1,3}) @ "
    r"((?:[\w-]{1,40} ?\. ?){1,4}[A-Za-z]{2,24})(?![\w-])"
)
"""With blanks that text recognition put in; only for names of several parts, since ``3 @ 4.50`` is a price."""
_SPELT_AT = re.compile(r"[\[({<]\s?(?:at|AT|ät|arobase|@)\s?[\])}>]")
_FILES = {"png", "jpg", "jpeg", "gif", "webp", "avif", "svg", "css", "js", "mjs", "json", "html", "md", "py", "pdf"}
_ROLES = {
    *("info", "contact", "kontakt", "office", "mail", "hello", "support", "service", "help", "admin", "webmaster"),
    *("postmaster", "press", "presse", "media", "newsletter", "noreply", "no-reply", "privacy", "datenschutz"),
    *("poststelle", "redaktion", "verwaltung", "sekretariat", "secretariat", "accueil", "mairie", "bureau", "foia"),
    *("enquiries", "inquiries", "feedback", "jobs", "sales", "team", "rathaus", "buergerbuero", "git", "licensing"),
}
"""Names of offices, not of people: a hint, which stops nothing."""


def find(text: str, start: int, end: int) -> Iterator[Finding]:
    at = text.find("@", start, end)
    while at >= 0:
        found = _around(text, at)
        if found is not None:
            yield found
        at = text.find("@", at + 1, end)
    if " @ " in text[start:end]:
        for match in _APART.finditer(text, start, end):
            yield _finding(match.start(), match.end(), match[1].replace(" ", ""), match[2].replace(" ", ""))
    if _SPELT_AT.search(text, start, end):
        for match in _SPELT.finditer(text, start, end):
            domain = re.sub(r"\s{0,2}[\[({]\s?(?:dot|DOT|punkt|point|\.)\s?[\])}]\s{0,2}", ".", match[2])
            yield _finding(match.start(), match.end(), match[1], domain)


def _around(text: str, at: int) -> Finding | None:
    local = _LOCAL.search(text[max(0, at - 66) : at])
    domain = _DOMAIN.match(text, at + 1)
    if local is None or domain is None or domain[1].lower() in _FILES:
        return None
    name = re.split(r"[/=?&|{}]", local[0])[-1].lstrip(".'*#!$^~+%-")  # of an address in a URL, only the last part
    if not name:
        return None
    return _finding(at - len(name), domain.end(), name, domain[0])


def _finding(start: int, end: int, local: str, domain: str) -> Finding:
    return Finding("email", start, end, normal("email", f"{local}@{domain}"), local.lower() not in _ROLES)
