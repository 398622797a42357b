"""Guard: who may speak with the review desk: a browser on this machine that shows one of its own pages."""

from __future__ import annotations

import hmac
import ipaddress
from urllib.parse import parse_qsl, urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sitegen.errors import DeskRefused, FormRefused
from sitegen.serve.pages import APART, host_name

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    # Not `no-referrer`: browsers would send `Origin: null` with forms then, and the origin could not be checked.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}
LARGEST_FORM = 8 << 20
"""Bytes."""
_MOST_FIELDS = 300


class Guard:
    """Refuses whoever is not on this machine, asks under another name, or comes from a page of somebody else."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers[name] = value
            await send(message)

        if place := named(scope):
            await Response(status_code=307, headers={"Location": place})(scope, receive, guarded)
            return
        refused = why_refused(scope)
        if refused:
            error = DeskRefused(refused)
            answer = PlainTextResponse(f"{error.code} {error}\n{error.remedy}\n", 403)
            await answer(scope, receive, guarded)
            return
        await self._app(scope, receive, guarded)


def why_refused(scope: Scope) -> str:
    """Why a request is none of ours; empty when it is."""
    headers = Headers(scope=scope)
    client = scope.get("client")
    if client is None or not _loopback(client[0]):
        return "the review desk answers only on this machine"
    host = headers.get("host", "")
    name = host_name(host)
    if name != APART:
        # A page elsewhere could point its own name at this machine, and the site has its number.
        return f"the review desk answers only under {APART}"
    origin = headers.get("origin")
    changes = scope["method"] not in ("GET", "HEAD")
    if (origin is not None or changes) and not _same(origin or "", host):
        return "this came from a page of another origin"
    site, mode = headers.get("sec-fetch-site", "none"), headers.get("sec-fetch-mode", "navigate")
    if site not in ("none", "same-origin") and (changes or mode != "navigate"):
        return "this came from a page of another origin"
    return ""


def named(scope: Scope) -> str:
    """Where somebody is to go who came here by the number of this machine; empty for all others."""
    headers = Headers(scope=scope)
    host, client = headers.get("host", ""), scope.get("client")
    mode = headers.get("sec-fetch-mode", "navigate")
    if scope["method"] not in ("GET", "HEAD") or mode != "navigate" or not _loopback(host_name(host)):
        return ""
    if client is None or not _loopback(client[0]):
        return ""
    port = host.rpartition("]")[2].rpartition(":")[2]
    return str(Request(scope).url.replace(scheme="http", netloc=f"{APART}:{port}" if port.isdecimal() else APART))


def _loopback(address: str) -> bool:
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return False
    mapped = getattr(found, "ipv4_mapped", None)
    return (mapped or found).is_loopback


def _same(origin: str, host: str) -> bool:
    try:
        parts = urlsplit(origin)
    except ValueError:
        return False
    return parts.scheme == "http" and parts.netloc.lower() == host.lower() != ""


Form = dict[str, str]


async def form(request: Request) -> Form:
    """What a form says, line ends as ``\\n``; still to be ``checked``. Raises ``FormRefused``."""
    return dict(await pairs(request))


async def pairs(request: Request) -> list[tuple[str, str]]:
    """The same with what it says several times. Raises ``FormRefused``."""
    raw = bytearray()
    async for part in request.stream():
        raw += part
        if len(raw) > LARGEST_FORM:
            raise FormRefused(f"it has more than {LARGEST_FORM >> 20} MB")
    try:
        found = parse_qsl(
            raw.decode(), keep_blank_values=True, strict_parsing=True, errors="strict", max_num_fields=_MOST_FIELDS
        )
    except ValueError as error:
        raise FormRefused("it cannot be read") from error
    return [(name, value.replace("\r\n", "\n").replace("\r", "\n")) for name, value in found]


def checked(given: Form, token: str) -> Form:
    """A form that this process has shown. Raises ``FormRefused`` for any other."""
    if not hmac.compare_digest(given.get("token", "").encode(), token.encode()):
        raise FormRefused("it was shown by an earlier `sitegen serve`, or by another page")
    return given


def needed(given: Form, name: str) -> str:
    """A field that the form must have. Raises ``FormRefused``."""
    try:
        return given[name]
    except KeyError:
        raise FormRefused(f"it lacks {name!r}") from None
