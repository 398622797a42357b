"""What a failed request means: each status and each broken connection as one of our errors.

The text of an answer is never looked at: Paperless translates it, and a proxy may have written it.
"""

from __future__ import annotations

import datetime as dt
import ssl
from dataclasses import dataclass
from email.utils import parsedate_to_datetime

import httpx

from sitegen.errors import (
    SourceAnswerInvalid,
    SourceError,
    SourceFailing,
    SourceForbidden,
    SourceRefused,
    SourceUnreachable,
    SourceUntrusted,
    SourceVersion,
    SourceWrongAddress,
)

AGAIN = frozenset({408, 425, 429, 500, 502, 503, 504})
"""Statuses after which the same request may succeed."""


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer, read to its end."""

    status: int
    headers: httpx.Headers
    body: bytes

    @property
    def kind(self) -> str:
        """The media type, such as ``application/json``."""
        return shown(self.headers.get("content-type", "").partition(";")[0].strip().lower())

    @property
    def is_json(self) -> bool:
        return self.kind == "application/json"

    @property
    def date(self) -> dt.datetime | None:
        """The server's clock."""
        return _http_date(self.headers.get("date", ""))

    def retry_after(self, now: dt.datetime) -> float:
        """Seconds that the server asks to wait; 0 when it does not say."""
        value = self.headers.get("retry-after", "").strip()
        if value.isascii() and value.isdigit():
            return float(value[:9])
        until = _http_date(value)
        return 0.0 if until is None else max(0.0, (until - now).total_seconds())


def refusal(reply: Reply, place: str) -> SourceError:
    """The error for an answer that is no JSON with status 200, and that another try would not mend."""
    match reply.status:
        case 200:
            return SourceWrongAddress(f"the answer is {reply.kind or 'of no type'}, not JSON", place=place)
        case 401:
            return _unauthorised(reply, place)
        case 403:
            return SourceForbidden("the user of the token may not see this", place=place)
        case 406:
            return SourceVersion("Paperless does not speak this version of its API (HTTP 406)", place=place)
        case 400 if not reply.is_json:
            return SourceWrongAddress(
                "the server refuses the request as a whole (HTTP 400)",
                place=place,
                remedy="Check `[source.paperless] url`, http or https included. In Paperless, PAPERLESS_URL or "
                "PAPERLESS_ALLOWED_HOSTS must name the host in it.",
            )
        case status if 300 <= status < 400:
            target = _redirect_target(reply.headers.get("location", ""))
            return SourceWrongAddress(f"the server redirects to {target} (HTTP {status})", place=place)
        case status if reply.is_json and status != 404:
            return SourceAnswerInvalid(f"Paperless refuses the request (HTTP {status})", place=place)
        case status:
            return SourceWrongAddress(f"there is no API of Paperless here (HTTP {status})", place=place)


def failing(reply: Reply, tries: int, asked: float, place: str) -> SourceError:
    """The error for an answer of ``AGAIN`` after so many tries; ``asked`` is what the server asked to wait."""
    told = f"; it asks to wait {asked:.0f} seconds" if asked else ""
    times = "once" if tries == 1 else f"{tries} times"
    return SourceFailing(f"the server answered HTTP {reply.status}, {times} tried{told}", place=place)


def broken(error: Exception, timeout: float, place: str) -> SourceError:
    """The error for a request without a complete answer; ``timeout`` in seconds."""
    certificate = _certificate_error(error)
    if certificate is not None:
        reason = shown(certificate.verify_message) or "it cannot be verified"
        return SourceUntrusted(f"the certificate of the server is not trusted: {reason}", place=place)
    if isinstance(error, httpx.DecodingError):
        return SourceAnswerInvalid("the answer cannot be decompressed", place=place)
    return SourceUnreachable(_reason(error, timeout), place=place)


def shown(text: str) -> str:
    """Text of the server, fit for a message."""
    return "".join(char for char in text if char.isprintable())[:200]


def _unauthorised(reply: Reply, place: str) -> SourceError:
    scheme = reply.headers.get("www-authenticate", "Token").split(maxsplit=1)
    if not scheme or scheme[0].lower() == "token":
        return SourceRefused("Paperless refused the token", place=place)
    remedy = "Let requests to /api pass the proxy without a login of its own; Paperless checks the token itself."
    return SourceRefused("a proxy in front of Paperless wants a login of its own", place=place, remedy=remedy)


def _redirect_target(location: str) -> str:
    """A redirect's address without its query, which may hold secrets of a login."""
    return shown(location.partition("?")[0].partition("#")[0].rpartition("@")[2]) or "another address"


def _http_date(value: str) -> dt.datetime | None:
    try:
        found = parsedate_to_datetime(value)
    except (ValueError, TypeError, OverflowError):
        return None
    return found if found.tzinfo else found.replace(tzinfo=dt.UTC)


def _certificate_error(error: BaseException | None) -> ssl.SSLCertVerificationError | None:
    while error is not None:
        if isinstance(error, ssl.SSLCertVerificationError):
            return error
        error = error.__cause__ or error.__context__
    return None


def _reason(error: Exception, timeout: float) -> str:
    """What broke, in our words where we can: those of the libraries may be empty."""
    match error:
        case httpx.ConnectTimeout():
            return "the server cannot be reached in time"
        case httpx.TimeoutException():
            return f"no answer within {timeout:g} seconds"
        case TimeoutError():
            return f"the answer was not complete after {timeout * 10:g} seconds"
        case httpx.ConnectError() | UnicodeError():
            return f"no connection: {shown(str(error)) or 'no reason given'}"
        case _:
            return "the connection broke before the answer was complete"
