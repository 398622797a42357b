"""Passwords, keys and tokens: those of known services by ``detect-secrets``, others by the word before them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any

from sitegen.privacy.finding import Finding

TRIGGER = re.compile(
    r"A(?:KIA|SIA|3T|BIA|CCA)[0-9A-Z]|gh[pousr]_|gl(?:pat|dt|ft|soat|rt|cbt|imt|ptt|agent|oas)-|xox[abposr]-|hooks\.slack"
    r"|PRIVATE KEY|PuTTY-|eyJ[\w-]{8}|[rs]k_live_|\b(?:AC|SK)[a-z0-9]{32}|SG\.[\w-]{22}\.|://[^:/\s@]{1,60}:[^\s@/]{1,80}@"
    r"|AccountKey=|_authToken|pypi-Ag|sk-[\w-]{20}|[MNO][A-Za-z\d_-]{23,25}\.[\w-]{6}\.|[0-9a-z]{32}-us[0-9]"
    r"|[0-9]{8,10}:[\w-]{35}|sq0csp-|(?i:aws.{0,40}['\"][0-9a-zA-Z/+]{40})"
)
_LABEL = (
    r"(?:(?<![^\W_])|(?<=(?-i:[a-z]))(?=(?-i:[A-Z])))"  # a word, or a part of one as in DB_PASSWORD and dbPassword
    r"(?:pass ?(?:word|phrase|code)|passwor[dt]|pwd?|kennwort|zugangscode|mot ?de ?passe|mdp|parola|wachtwoord"
    r"|code (?:secret|d.acc[èe]s|d.entr[ée]e|wifi)|digicode"
    r"|(?:alarm|door|gate|entry|access|zugangs|t[üu]r|tor)[ -]?code"
    r"|(?:wlan|wifi|wi-fi|netzwerk)[ -]?(?:schl[üu]ssel|key)|api[ _-]?(?:key|token)|access[ _-]?(?:key|token)"
    r"|secret(?:[ _-]?key)?|auth[ _-]?token|bearer|client[ _-]?secret|pin(?:-?code)?|puk|tan|cl[ée] (?:api|secr[èe]te)"
    r"|api-?schl[üu]ssel)"
)
_IS = r"\b(?:is|was|lautete?|ist|sei|war|est|était)\b"
_FOR = r"(?:for|of|to|d[eiu][rsmn]?|zu[rm]|f[üu]r|vom|pour|la|le)\b"
_WHAT = rf"(?:[ \n]{_FOR}(?:[ \n][\w-]{{2,15}}){{0,3}}(?=[ ]?:|[ \n]{_IS}))?"
"""What it opens: ``for the hall``, ``des WLANs``."""
_SAID = re.compile(
    rf"(?i:{_LABEL}(?:_[A-Z]{{2,10}}){{0,2}})[*_`\"']{{0,3}}{_WHAT}[ \n]{{0,2}}(?::|=|\||(?=[«„“])|{_IS})"
    r"[ ]{0,2}:?[ |*_`\"'„“«]{0,5}(?P<value>[^\s\"'`,;|<>«»“”*]{4,80})"
)
_BARE = re.compile(
    r"(?i:\b(?:password|passwort|kennwort|mot de passe))[ *_`]{1,4}"
    r"(?=[^\s|]{0,40}[0-9!#$%&+@])(?=[^\s|]{0,40}[A-Za-z])(?P<value>[^\s|<>,;]{5,40})"
    r"|(?i:\b(?:pass|pwd?|login|mdp))[ *_`]{1,4}"
    r"(?=[^\s|]{0,40}[0-9])(?=[^\s|]{0,40}[!#$%&+@?])(?=[^\s|]{0,40}[A-Za-z])(?P<strong>[^\s|<>,;]{6,40})"
    r"|(?i:\b(?:pin|puk|tan|code secret|digicode))(?:-?code)?[ :*_`]{1,5}"
    r"(?P<digits>[0-9]{4,8}|[0-9]{2,4}[A-Z][0-9]{0,4})(?![0-9/-]|[.,][0-9])"
)
"""Without a colon, only what does not look like a word; after words of many meanings, less still; codes of digits."""
_KEY_LINE = r"[A-Z0-9 ]{0,30}PRIVATE KEY(?: BLOCK)?-----"
_KEY = re.compile(rf"-----BEGIN {_KEY_LINE}.*?(?:-----END {_KEY_LINE}|\Z)", re.S)
_BORING = re.compile(
    r"[a-zäöüßéèàçâêîôû-]+|[A-ZÄÖÜ][a-zäöüßéèàç-]+|[xX*.•_-]+|[\[({<$].*|https?:.*|[0-9]{1,3}", re.A | re.S
)
"""A word as in any sentence, a placeholder, an address: no password."""


_PART, _OVERLAP = 2_000, 400
_REST = re.compile(r"[\w.=+/-]*")


def find(text: str, start: int, end: int) -> Iterator[Finding]:
    yield from _known(text, start, end)
    for match in _KEY.finditer(text, start, end) if "PRIVATE KEY" in text else ():
        yield Finding("credential", match.start(), match.end(), match[0])
    for match in _BARE.finditer(text, start, end):
        group = match.lastgroup or "value"
        yield Finding("credential", match.start(group), match.end(group), match[group])
    for match in _SAID.finditer(text, start, end):
        value = match["value"].rstrip(".):")
        if len(value) >= 4 and not _BORING.fullmatch(value):
            at = match.start("value")
            yield Finding("credential", at, at + len(value), value)


def _known(text: str, start: int, end: int) -> Iterator[Finding]:
    if TRIGGER.search(text, start, end) is None:
        return
    for offset, part in _parts(text[start:end]):
        if TRIGGER.search(part):
            for detector in _detectors():
                for first, last in _spans(detector, part):
                    at = start + offset
                    yield Finding("credential", at + first, at + last, part[first:last])


def _parts(text: str) -> Iterator[tuple[int, str]]:
    """The lines of a text with their offsets; long ones in pieces that overlap, since some detectors are quadratic."""
    offset = 0
    for line in text.split("\n"):
        for start in range(0, max(len(line) - _OVERLAP, 1), _PART - _OVERLAP):
            yield offset + start, line[start : start + _PART]
        offset += len(line) + 1


def _spans(detector: Any, line: str) -> Iterator[tuple[int, int]]:
    """Where a detector's secrets stand, to the end of the word: some of its patterns match no more than a part."""
    if any(detector.analyze_string(line)):
        for pattern in detector.denylist:
            for match in pattern.finditer(line):
                yield match.start(), _REST.match(line, match.end()).end()  # type: ignore[union-attr]  # matches anywhere


@cache
def _detectors() -> Sequence[Any]:
    """Those that look for a form. High entropy, or any quoted word after ``key``, would be an alarm on every page."""
    from detect_secrets.plugins.aws import AWSKeyDetector
    from detect_secrets.plugins.azure_storage_key import AzureStorageKeyDetector
    from detect_secrets.plugins.basic_auth import BasicAuthDetector
    from detect_secrets.plugins.discord import DiscordBotTokenDetector
    from detect_secrets.plugins.github_token import GitHubTokenDetector
    from detect_secrets.plugins.gitlab_token import GitLabTokenDetector
    from detect_secrets.plugins.jwt import JwtTokenDetector
    from detect_secrets.plugins.mailchimp import MailchimpDetector
    from detect_secrets.plugins.npm import NpmDetector
    from detect_secrets.plugins.openai import OpenAIDetector
    from detect_secrets.plugins.private_key import PrivateKeyDetector
    from detect_secrets.plugins.pypi_token import PypiTokenDetector
    from detect_secrets.plugins.sendgrid import SendGridDetector
    from detect_secrets.plugins.slack import SlackDetector
    from detect_secrets.plugins.square_oauth import SquareOAuthDetector
    from detect_secrets.plugins.stripe import StripeDetector
    from detect_secrets.plugins.telegram_token import TelegramBotTokenDetector
    from detect_secrets.plugins.twilio import TwilioKeyDetector

    return [
        AWSKeyDetector(),
        AzureStorageKeyDetector(),
        BasicAuthDetector(),
        DiscordBotTokenDetector(),
        GitHubTokenDetector(),
        GitLabTokenDetector(),
        JwtTokenDetector(),
        MailchimpDetector(),
        NpmDetector(),
        OpenAIDetector(),
        PrivateKeyDetector(),
        PypiTokenDetector(),
        SendGridDetector(),
        SlackDetector(),
        SquareOAuthDetector(),
        StripeDetector(),
        TelegramBotTokenDetector(),
        TwilioKeyDetector(),
    ]
