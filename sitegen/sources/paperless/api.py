"""Requests to one Paperless server: token, version, retries, limits; checked JSON out, or an error of ours."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
import logging
import random
import ssl
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

import httpx
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from sitegen import __version__, spans
from sitegen.errors import (
    SecretMissing,
    SettingsInvalid,
    SourceAnswerInvalid,
    SourceRefused,
    SourceUntrusted,
    SourceWrongAddress,
)
from sitegen.settings import Paperless
from sitegen.sources.paperless import refusals
from sitegen.sources.paperless.refusals import Reply

NEWEST, OLDEST = 10, 9
"""The versions of the API that answers are read in; 10 came with Paperless-ngx 3."""
MAX_BODY = 64 * 1024 * 1024
"""Bytes of one answer, decompressed, that are read at most."""
FIRST_PAUSE, LONGEST_PAUSE, LONGEST_RETRY_AFTER = 0.5, 30.0, 300.0
"""Seconds before the second try, between any two tries, and that a server may ask to wait."""

Clock = Callable[[], dt.datetime]
Sleep = Callable[[float], Awaitable[None]]
log = logging.getLogger(__name__)


def now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


class TooLarge(Exception):
    """The cause of a ``SourceAnswerInvalid`` when the body was larger than ``MAX_BODY``."""


class Page(BaseModel):
    """One page of a list, as Paperless gives it."""

    model_config = ConfigDict(frozen=True)

    count: int = Field(ge=0)
    next: str | None = None
    """Only whether there is one counts: the address in it is made from headers that a proxy may have changed."""
    results: list[dict[str, Any]]
    ids: list[int] | None = Field(default=None, validation_alias="all")
    """The ids of all pages; version 9 gives them."""


class Api:
    """The API of one server. Opens nothing before the first request; every method raises ``SourceError`` only."""

    def __init__(
        self,
        settings: Paperless,
        token: str,
        *,
        ca_file: Path | None = None,
        clock: Clock = now,
        sleep: Sleep = asyncio.sleep,
        jitter: Callable[[], float] = random.random,
        transport: httpx.AsyncBaseTransport | None = None,
        max_body: int = MAX_BODY,
    ) -> None:
        self._settings = settings
        self._address = _address(settings.url)
        self._token = _header_safe(token)
        self._ca_file = ca_file
        self._clock = clock
        self._sleep = sleep
        self._jitter = jitter
        self._transport = transport
        self._client: httpx.AsyncClient | None = None
        self.max_body = max_body
        self.retries = settings.retries
        self.version = NEWEST
        """Of the API, as agreed with the server."""
        self.server_time: dt.datetime | None = None
        """The server's clock at its last answer."""
        self.server_version = ""
        """Of Paperless, as its last answer said."""

    async def page(self, path: str, params: Mapping[str, str], *, version: int | None = None) -> Page | None:
        """A page of the list at ``path`` (``documents/``); None when the list has become too short for its number."""
        found = await self.find(path, params, version=version)
        if found is None:
            if params.get("page", "1") == "1":
                raise SourceWrongAddress("there is no such list (HTTP 404)", place=self.url(path))
            return None
        try:
            return Page.model_validate(found)
        except ValidationError as error:
            raise self._invalid(path, "the answer is not a list of results") from error

    async def find(
        self, path: str, params: Mapping[str, str] | None = None, *, version: int | None = None
    ) -> dict[str, Any] | None:
        """The JSON object at ``path``, or None when Paperless says that it does not exist."""
        reply = await self._reply(path, params or {}, version or self.version)
        if reply.status == 406 and version is None and self.version != OLDEST:
            self.version = OLDEST
            reply = await self._reply(path, params or {}, OLDEST)
        return self._read(reply, path)

    async def aclose(self) -> None:
        if self._client is not None:
            await self._client.aclose()

    # ------------------------------------------------------------------------------------------------------ requests

    async def _reply(self, path: str, params: Mapping[str, str], version: int) -> Reply:
        """The server's answer, after as many tries as the settings allow."""
        tries, place = self.retries + 1, self.url(path)
        for number in range(1, tries + 1):
            asked = 0.0
            try:
                with spans.span("source") as request:
                    reply = await self._once(path, params, version)
                    request.attributes["status"] = reply.status
                if reply.status not in refusals.AGAIN:
                    return reply
                asked = reply.retry_after(self._clock())
                problem = refusals.failing(reply, number, asked, place)
            except (httpx.HTTPError, OSError, UnicodeError) as error:
                problem = refusals.broken(error, self._settings.timeout, place)
                problem.__cause__ = error
            if number == tries or asked > LONGEST_RETRY_AFTER or isinstance(problem, SourceUntrusted):
                raise problem
            pause = min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** (number - 1)) * (0.5 + self._jitter() / 2)
            log.info("%s; trying again", problem)
            await self._sleep(max(pause, asked))
        raise AssertionError("the last try returns or raises")

    async def _once(self, path: str, params: Mapping[str, str], version: int) -> Reply:
        headers = {"Accept": f"application/json; version={version}"}
        # A server that sends a byte now and then keeps the read timeout from ever running out.
        async with asyncio.timeout(self._settings.timeout * 10):
            client = self._open()
            async with client.stream("GET", self.url(path), params=dict(params), headers=headers) as response:
                body = bytearray()
                async for chunk in response.aiter_bytes():
                    body += chunk
                    if len(body) > self.max_body:
                        cause = TooLarge(path)
                        raise self._invalid(path, f"the answer is larger than {self.max_body:,} bytes") from cause
        reply = Reply(response.status_code, response.headers, bytes(body))
        self.server_version = refusals.shown(reply.headers.get("x-version", "")) or self.server_version
        self.server_time = reply.date or self.server_time
        log.debug("GET %s: %d, %d bytes", self.url(path), reply.status, len(body))
        return reply

    def _open(self) -> httpx.AsyncClient:
        if self._client is None:
            self._client = httpx.AsyncClient(
                headers={
                    "Authorization": f"Token {self._token}",
                    "User-Agent": f"sitegen/{__version__}",
                    "Accept-Encoding": "gzip",
                },
                timeout=httpx.Timeout(self._settings.timeout, connect=min(10.0, self._settings.timeout)),
                limits=httpx.Limits(max_connections=2, max_keepalive_connections=1),
                follow_redirects=False,
                # A proxy from the environment would be handed the token and private papers.
                trust_env=False,
                verify=self._trust(),
                transport=self._transport,
            )
        return self._client

    def _trust(self) -> ssl.SSLContext:
        """What certificates to believe. Without https none, which saves the time to load them."""
        if not self._address.startswith("https:"):
            return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        if self._ca_file is None:
            return ssl.create_default_context()
        try:
            context = ssl.create_default_context(cafile=str(self._ca_file))
        except (OSError, ssl.SSLError) as error:
            raise SourceUntrusted(
                f"the file of the certificate authority cannot be used: {error.strerror or 'it holds no certificate'}",
                place=str(self._ca_file),
                remedy="Name a readable PEM file in `[source.paperless] ca_file`.",
            ) from error
        # The server's own certificate may be named too; Python 3.13 would refuse home-made ones for formalities.
        context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
        context.verify_flags &= ~ssl.VERIFY_X509_STRICT
        return context

    def url(self, path: str) -> str:
        """The whole address of ``path``; also the place that errors name."""
        return f"{self._address}/api/{path}"

    # ------------------------------------------------------------------------------------------------------- answers

    def _read(self, reply: Reply, path: str) -> dict[str, Any] | None:
        if reply.status == 404 and reply.is_json:
            return None
        if reply.status != 200 or not reply.is_json:
            raise refusals.refusal(reply, self.url(path))
        try:
            found = json.loads(reply.body)
        except (ValueError, RecursionError) as error:
            raise self._invalid(path, "the answer says that it is JSON, but is not") from error
        if not isinstance(found, dict):
            raise self._invalid(path, "the answer is JSON, but no object")
        return _clean(found) if b"\\u" in reply.body else found

    def _invalid(self, path: str, message: str) -> SourceAnswerInvalid:
        return SourceAnswerInvalid(message, place=self.url(path))


def _address(url: str) -> str:
    """The base address without a slash at its end. Raises ``SettingsInvalid``, in which the url is not shown."""
    option = "source.paperless.url"
    try:
        parsed = httpx.URL(url)
    except httpx.InvalidURL as error:
        raise SettingsInvalid("the address is not a URL", place=option) from error
    if parsed.port is not None and parsed.port > 65535:
        raise SettingsInvalid(f"there is no port {parsed.port}", place=option)
    return url.rstrip("/")


def _header_safe(token: str) -> str:
    token = token.strip()
    if not token:
        raise SecretMissing("there is no API token for Paperless", place="source.paperless.token")
    if not token.isascii() or not token.isprintable() or " " in token:
        raise SourceRefused("the API token holds characters that no token of Paperless has")
    return token


def _clean(value: Any) -> Any:
    """The JSON value without lone surrogates, which JSON can spell and UTF-8 cannot."""
    match value:
        case str():
            return value if value.isascii() else value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        case list():
            return [_clean(item) for item in value]
        case dict():
            return {key: _clean(item) for key, item in value.items()}
        case _:
            return value
