"""External links: asks other people's servers whether what we link to is still there, politely.

One request at a time to a host, with a pause after each; HEAD first, and GET where that is refused; what a server says
in ``Retry-After`` is done (RFC 9110, section 10.2.3). Names that lead to addresses which are not public are refused
unless the settings allow them, so that a link in somebody's text cannot make this machine knock at its neighbours.
"""

from __future__ import annotations

import asyncio
import email.utils
import ipaddress
import json
import socket
import ssl
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal
from urllib.parse import urldefrag, urljoin, urlsplit

import httpx

from sitegen import __version__, files
from sitegen.settings import Check

State = Literal["ok", "moved", "dead", "uncertain"]
Progress = Callable[[str, int, int], None]

_HOPS = 5
_RETRIES = 2
_LONGEST_WAIT = 60.0
"""Seconds; a server that asks for more is left alone until another day."""
_HOSTS = 12
"""How many hosts are asked at the same time."""
_GONE = (404, 410)
_PERMANENT = (301, 308)
_REDIRECTS = (*_PERMANENT, 302, 303, 307)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What came of asking for one address."""

    state: State
    """``moved``: there, under another address for good. ``uncertain``: the server did not let us know."""
    reason: str = ""
    target: str = ""
    """Where it has moved to."""
    at: float = 0
    """When it was asked for, in seconds since 1970."""


class _Private(Exception):
    """The name leads to an address that is not public."""


class Checker:
    """Asks for addresses, and remembers the answers in a file."""

    def __init__(self, settings: Check, site: str, memory: Path) -> None:
        """``site`` is the address of our own site, which the requests name; ``memory`` is the file."""
        self._settings = settings
        self._agent = f"sitegen/{__version__} link check (+{site})"
        self._memory = memory
        self._known = _load(memory)

    def check(self, urls: Iterable[str], progress: Progress | None = None) -> dict[str, Verdict]:
        """A verdict for each address; those that were fine within ``cache_days`` are not asked for again."""
        wanted = sorted({urldefrag(url)[0] for url in urls})
        now = time.time()
        todo = [url for url in wanted if not self._fresh(url, now)]
        try:
            asyncio.run(self._ask(todo, progress))
        finally:
            self._save()
        return {url: self._known[url] for url in wanted}

    def _fresh(self, url: str, now: float) -> bool:
        known = self._known.get(url)
        if known is None or known.state not in ("ok", "moved"):
            return False
        return now - self._settings.cache_days * 86400 <= known.at <= now

    async def _ask(self, urls: Sequence[str], progress: Progress | None) -> None:
        by_host: dict[str, list[str]] = {}
        for url in urls:
            by_host.setdefault(_host(url), []).append(url)
        slots = asyncio.Semaphore(_HOSTS)
        done = 0

        async def one_host(own: Sequence[str]) -> None:
            nonlocal done
            async with slots, self._client() as client:
                for url in own:
                    self._known[url] = await self._verdict(client, url)
                    done += 1
                    if progress:
                        progress("links", done, len(urls))

        async with asyncio.TaskGroup() as group:
            for own in by_host.values():
                group.create_task(one_host(own))

    def _client(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(
            transport=_Guard(allow_private=self._settings.private),
            headers={"User-Agent": self._agent, "Accept": "*/*"},
            timeout=self._settings.timeout,
            follow_redirects=False,
            trust_env=False,
        )

    async def _verdict(self, client: httpx.AsyncClient, url: str) -> Verdict:
        try:
            found = await self._follow(client, url) if _is_address(url) else Verdict("dead", "is not an address")
        except _Private:
            found = Verdict("uncertain", "is not a public address; `[check] private` allows it")
        except (httpx.HTTPError, httpx.InvalidURL, OSError, UnicodeError, ValueError) as error:
            found = _failed(error)
        return Verdict(found.state, found.reason, found.target, time.time())

    async def _follow(self, client: httpx.AsyncClient, url: str) -> Verdict:
        here, settled, moved = url, True, url
        for _ in range(_HOPS):
            status, location = await self._status(client, here)
            if status not in _REDIRECTS or not location:
                return _judged(status, url, moved)
            here = urljoin(here, location)
            if urlsplit(here).scheme not in ("http", "https"):
                return Verdict("uncertain", f"leads on to {here[:200]!r}")
            settled = settled and status in _PERMANENT
            if settled:
                moved = here
        return Verdict("dead", f"leads on and on, more than {_HOPS} times")

    async def _status(self, client: httpx.AsyncClient, url: str) -> tuple[int, str]:
        """The status of an address and where it leads on to; tried again when the server asks for patience."""
        for attempt in range(_RETRIES + 1):
            status, headers = await self._request(client, url)
            if status != 429 and status < 500:
                break
            wait = _retry_after(headers.get("Retry-After", ""), self._settings.delay * 2 ** (attempt + 1))
            if attempt == _RETRIES or wait > _LONGEST_WAIT:
                break
            await asyncio.sleep(wait)
        return status, headers.get("Location", "")

    async def _request(self, client: httpx.AsyncClient, url: str) -> tuple[int, httpx.Headers]:
        """HEAD, then GET when that fails: many servers answer HEAD wrongly. Only headers are read."""
        try:
            async with client.stream("HEAD", url) as answer:
                status, headers = answer.status_code, answer.headers
        except (httpx.RemoteProtocolError, httpx.ReadError, httpx.ReadTimeout):
            status, headers = 0, httpx.Headers()
        await asyncio.sleep(self._settings.delay)
        if 0 < status < 400 or status == 429:
            return status, headers
        async with client.stream("GET", url) as answer:
            status, headers = answer.status_code, answer.headers
        await asyncio.sleep(self._settings.delay)
        return status, headers

    def _save(self) -> None:
        text = json.dumps({url: asdict(verdict) for url, verdict in sorted(self._known.items())}, indent=0)
        files.write_atomic(self._memory, text, durable=False)


class _Guard(httpx.AsyncBaseTransport):
    """Looks up each name itself and connects to the address that it has judged, whatever the name says a moment later.

    The name stays in the ``Host`` header and in the handshake, against which the certificate is verified.
    """

    def __init__(self, *, allow_private: bool) -> None:
        self._allow_private = allow_private
        self._inner = httpx.AsyncHTTPTransport(limits=httpx.Limits(max_connections=2, max_keepalive_connections=1))

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        name = request.url.host
        address = await _public_address(name, request.url.port or 443, allow_private=self._allow_private)
        request.extensions = {**request.extensions, "sni_hostname": request.url.raw_host.decode("ascii")}
        request.url = request.url.copy_with(host=address)
        return await self._inner.handle_async_request(request)

    async def aclose(self) -> None:
        await self._inner.aclose()


async def _public_address(name: str, port: int, *, allow_private: bool) -> str:
    found = await asyncio.get_running_loop().getaddrinfo(name, port, type=socket.SOCK_STREAM)
    addresses = [str(entry[4][0]) for entry in found]
    if not allow_private and not all(ipaddress.ip_address(address.split("%")[0]).is_global for address in addresses):
        raise _Private(name)
    return addresses[0]


def _judged(status: int, url: str, moved: str) -> Verdict:
    if status < 400:
        return Verdict("moved", "has moved for good", moved) if moved != url else Verdict("ok")
    if status in _GONE:
        return Verdict("dead", f"is gone (HTTP {status})")
    if status in (401, 403, 407, 451):
        return Verdict("uncertain", f"is not shown to programs (HTTP {status})")
    return Verdict("uncertain", f"the server answers with HTTP {status}")


def _failed(error: Exception) -> Verdict:
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, socket.gaierror):
            unknown = cause.errno != socket.EAI_AGAIN
            return Verdict("dead" if unknown else "uncertain", "no such host" if unknown else "the name has no answer")
        if isinstance(cause, ssl.SSLCertVerificationError):
            return Verdict("uncertain", f"the certificate is not valid: {cause.verify_message}")
        cause = cause.__cause__ or cause.__context__
    if isinstance(error, httpx.TimeoutException):
        return Verdict("uncertain", "no answer in time")
    if isinstance(error, httpx.InvalidURL | UnicodeError | ValueError):
        return Verdict("uncertain", "leads on to something that is not an address")
    return Verdict("uncertain", str(error)[:200] or type(error).__name__)


def _is_address(url: str) -> bool:
    try:
        return bool(httpx.URL(url).raw_host)
    except (httpx.InvalidURL, UnicodeError, ValueError):
        return False


def _retry_after(value: str, otherwise: float) -> float:
    """Seconds to wait; the header holds seconds or a date."""
    if value.strip().isdigit():
        return float(value)
    try:
        return max(0.0, email.utils.parsedate_to_datetime(value).timestamp() - time.time())
    except ValueError:
        return otherwise


def _host(url: str) -> str:
    try:
        return urlsplit(url).netloc.lower()
    except ValueError:
        return ""


def _load(path: Path) -> dict[str, Verdict]:
    try:
        found = json.loads(path.read_bytes())
        return {str(url): Verdict(**fields) for url, fields in found.items()} if isinstance(found, Mapping) else {}
    except (OSError, ValueError, TypeError):
        return {}
