"""Earlier: the assets of the site that is public now, fetched from it, for ``sitegen build --carry-from``."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from urllib.parse import quote, urljoin

import httpx

from sitegen import files
from sitegen.errors import HostRefused, HostUnreachable
from sitegen.publish.target import Progress
from sitegen.site.carry import LIST, entries_of
from sitegen.site.images.variants import FOLDER as IMAGES
from sitegen.site.search import FOLDER as SEARCH

AT_ONCE = 8
TRIES = 3
LARGEST = 20 << 20
MOST_FILES = 3000
"""An index of the search that has more parts is not fetched: one request for each would take minutes."""


@dataclass(slots=True)
class Fetched:
    """What is there now."""

    files: int = 0
    bytes: int = 0
    left_out: list[str] = field(default_factory=list)
    """Files that are not there any more, or are not what the list says."""

    def as_dict(self) -> dict[str, object]:
        return asdict(self)


async def fetch(url: str, folder: Path, progress: Progress) -> Fetched:
    """Brings the carried files of the site at ``url`` below ``folder``, with a list of just those. A site that has no
    list, as before the first deploy, leaves the folder without one.

    Raises ``HostUnreachable``, ``HostRefused``, ``EarlierBuildUnusable`` and ``StorageError``.
    """
    base = url if url.endswith("/") else f"{url}/"
    async with httpx.AsyncClient(timeout=20, follow_redirects=False, headers={"User-Agent": "sitegen"}) as client:
        raw = await _get(client, urljoin(base, LIST))
        if raw is None:
            return Fetched()
        entries_of(raw, urljoin(base, LIST))  # refuses a list that leads elsewhere
        listed: dict[str, dict[str, str]] = json.loads(raw)["assets"]
        wanted = _wanted(listed)
        found = await _all(client, base, wanted, folder, progress)
    kept = {path: wanted[path] for path in sorted(found)}
    left_out = sorted(wanted.keys() - found.keys())
    if any(path.startswith(f"{SEARCH}/") for path in left_out):  # parts of an index are of no use
        kept = {path: entry for path, entry in kept.items() if not path.startswith(f"{SEARCH}/")}
    files.write_atomic(folder / LIST, json.dumps({"version": 1, "assets": kept}, indent=1) + "\n")
    return Fetched(len(kept), sum(found[path] for path in kept), left_out)


def _wanted(listed: Mapping[str, dict[str, str]]) -> dict[str, dict[str, str]]:
    found = {path: entry for path, entry in listed.items() if not path.startswith(f"{IMAGES}/")}
    if len(found) > MOST_FILES:
        found = {path: entry for path, entry in found.items() if not path.startswith(f"{SEARCH}/")}
    return found


async def _all(
    client: httpx.AsyncClient, base: str, wanted: Mapping[str, dict[str, str]], folder: Path, progress: Progress
) -> dict[str, int]:
    """Fetches and writes each file that is what its hash says; path → bytes."""
    found: dict[str, int] = {}
    turn = asyncio.Semaphore(AT_ONCE)

    async def one(path: str) -> None:
        async with turn:
            raw = await _get(client, urljoin(base, quote(path)))
        if raw is not None and files.sha256(raw) == wanted[path]["sha256"]:
            files.write_atomic(files.confined(folder, path), raw, durable=False)
            found[path] = len(raw)
        progress("fetch", len(found), len(wanted))

    await asyncio.gather(*map(one, wanted))
    return found


async def _get(client: httpx.AsyncClient, url: str) -> bytes | None:
    """A file; None when it is not there. Raises ``HostUnreachable``, ``HostRefused``."""
    for attempt in range(1, TRIES + 1):
        try:
            async with client.stream("GET", url) as answer:
                if answer.status_code in (404, 410):
                    return None
                if answer.status_code == 200:
                    return await _body(answer, url)
                if answer.status_code < 500 and answer.status_code != 429:
                    raise HostRefused(f"HTTP {answer.status_code} for what the site should have", place=url)
                said = f"HTTP {answer.status_code}"
        except httpx.HTTPError as error:
            said = type(error).__name__
        if attempt < TRIES:
            await asyncio.sleep(attempt / 2)
    raise HostUnreachable(f"the public site does not answer: {said}", place=url)


async def _body(answer: httpx.Response, url: str) -> bytes:
    raw = bytearray()
    async for piece in answer.aiter_bytes():
        raw += piece
        if len(raw) > LARGEST:
            raise HostRefused(f"a file of more than {LARGEST >> 20} MB", place=url)
    return bytes(raw)
