"""Netlify: deploys by digest. What it has not seen is uploaded, a draft is promoted as it is, and so is an earlier one.

Facts: its API's description (deploys with ``files``, ``required``, ``restore``), and its own command line client, which
asks for a deploy as a draft, uploads what is required with a few retries, and waits until it is ready.
"""

from __future__ import annotations

import asyncio
import json
import re
import ssl
import time
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx

from sitegen import files, settings
from sitegen.errors import (
    DeployFailed,
    DeployMissing,
    HostLocked,
    HostRefused,
    HostUnreachable,
    PublishError,
    SecretMissing,
)
from sitegen.publish.manifest import Manifest
from sitegen.publish.target import Change, Deploy, Progress, Status
from sitegen.settings import Project

AT_ONCE = 6
"""Uploads; the host's own client makes five."""
PAUSES = (0.5, 1.0, 2.0, 4.0, 8.0, 16.0)
"""Seconds before a request is made again that met a failing or busy host."""
LONGEST_WAIT = 60.0
"""Seconds that a host may ask us to wait."""
MOST_WAITS = 10
"""How often it may ask that for one request; the limit is one of all requests in a minute, and other uploads go on."""
READY_SECONDS = 600.0
POLL_SECONDS = 1.0
_TITLE = "sitegen "
_ALIASED = re.compile(rf"{_TITLE}\w+ \([a-z0-9-]+\)")
"""How the title of a deploy begins that has a name of its own."""
_AGAIN = frozenset({408, 425, 429, 500, 502, 503, 504})

Sleep = Callable[[float], Awaitable[object]]


class Netlify:
    """A ``Target``."""

    def __init__(self, site: str, token: str, *, api: str, notes: Path, sleep: Sleep = asyncio.sleep) -> None:
        """``notes`` is a file that remembers an unfinished draft, which the next try goes on with."""
        self.site = site
        self._notes, self._sleep = notes, sleep
        self._client = httpx.AsyncClient(
            base_url=api.rstrip("/") + "/",
            headers={"Authorization": f"Bearer {token}", "User-Agent": "sitegen"},
            timeout=httpx.Timeout(60, connect=10),
            limits=httpx.Limits(max_connections=AT_ONCE + 2),
            follow_redirects=False,
            verify=ssl.create_default_context(),
        )

    @classmethod
    def of(cls, project: Project) -> Netlify:
        """From the settings. Raises ``SecretMissing``, ``SettingsInvalid``."""
        wanted = project.settings.publish.netlify
        token = settings.secret(wanted.token, wanted.token_file, "publish.netlify.token", project.root)
        if token is None:
            remedy = f"Set {settings.env_name('publish.netlify.token')} to a token of the account, or `token_file`."
            raise SecretMissing("there is no token for Netlify", place="publish.netlify.token", remedy=remedy)
        if not wanted.site:
            remedy = "Set `[publish.netlify] site` to the site's id: Netlify shows it in the site's configuration."
            raise SecretMissing("it is not said which of Netlify's sites", place="publish.netlify.site", remedy=remedy)
        return cls(wanted.site, token, api=wanted.api, notes=project.state / "deploy.json")

    async def aclose(self) -> None:
        await self._client.aclose()

    # -------------------------------------------------------------------------------------------------------- deploys

    async def draft(self, manifest: Manifest, message: str, progress: Progress, alias: str = "") -> Deploy:
        found = await self._unfinished(manifest, alias) or await self._begun(manifest, message, alias)
        required = {str(sha) for sha in found.get("required") or ()}
        paths: dict[str, str] = {}
        for path, sha in sorted(manifest.all.items()):
            if sha in required:
                paths.setdefault(sha, path)  # what several addresses show travels once
        await self._upload(str(found["id"]), manifest, [*paths.values()], progress)
        ready = await self._ready(str(found["id"]))
        files.remove(self._notes)
        return _deploy(ready, "", uploaded=len(paths))

    async def promote(self, deploy: str) -> Change:
        site = await self._site()
        before = _published(site)
        if before.get("locked"):
            remedy = "Somebody locked what is published: unlock it in Netlify when it may be replaced."
            raise HostLocked("publishing is locked", place=before["id"], remedy=remedy)
        found = await self._ask("GET", f"sites/{self.site}/deploys/{quote(deploy, safe='')}", missing=deploy)
        if found.get("state") != "ready":
            raise DeployFailed(f"the deploy is {found.get('state')}, not ready", place=deploy)
        if before.get("id") != deploy:
            await self._ask("POST", f"sites/{self.site}/deploys/{quote(deploy, safe='')}/restore", missing=deploy)
            await self._shown(deploy)
        already = before.get("id") == deploy
        return Change(_deploy(found, deploy), "" if already else str(before.get("id") or ""), already)

    async def rollback(self, deploy: str | None) -> Change:
        return await self.promote(deploy or await self._before())

    async def status(self) -> Status:
        site = await self._site()
        published = _published(site)
        url = str(site.get("ssl_url") or site.get("url") or "")
        current = _deploy(published, str(published["id"])) if published else None
        return Status(url, current, bool(published.get("locked")))

    async def deploys(self, limit: int) -> Sequence[Deploy]:
        current = str(_published(await self._site()).get("id") or "")
        return [_deploy(found, current) for found in await self._deploys(limit)]

    async def _deploys(self, limit: int) -> Sequence[dict[str, Any]]:
        found = await self._ask("GET", f"sites/{self.site}/deploys?page=1&per_page={limit}")
        return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []

    async def _before(self) -> str:
        """The deploy that was published last of all that are older than the one that is: never the one from which
        somebody came back."""
        published = _published(await self._site())
        current, since = (str(published.get(name) or "") for name in ("id", "created_at"))
        found = [one for one in await self._deploys(100) if not _ALIASED.match(str(one.get("title") or ""))]
        shown = [one for one in found if one.get("published_at") and one.get("state") == "ready"]
        older = [one for one in shown if not since or str(one.get("created_at") or "") < since]
        earlier = sorted(older, key=lambda one: str(one["published_at"]), reverse=True)
        before = next((str(one["id"]) for one in earlier if str(one["id"]) != current), None)
        if before is None:
            raise DeployMissing("there is no earlier deploy that was published", place=self.site)
        return before

    async def _shown(self, deploy: str) -> None:
        """Waits until the site says that it shows the deploy."""
        until = time.monotonic() + 60
        while _published(await self._site()).get("id") != deploy:
            if time.monotonic() > until:
                raise DeployFailed("the host took the order, but still shows another deploy", place=deploy)
            await self._sleep(POLL_SECONDS)

    # --------------------------------------------------------------------------------------------------------- drafts

    async def _begun(self, manifest: Manifest, message: str, alias: str) -> dict[str, Any]:
        title = f"{_TITLE}{manifest.build}{f' ({alias})' if alias else ''}{f': {message}' if message else ''}"
        listed = {f"/{path}": sha for path, sha in manifest.all.items()}
        body: dict[str, Any] = {"files": listed, "title": title[:500], "async": len(listed) > 1000}
        # As its own client does: what has a name of its own is a branch's deploy, which never is the public site.
        body |= {"draft": False, "branch": alias} if alias else {"draft": True}
        found = await self._ask("POST", f"sites/{self.site}/deploys", body)
        if not isinstance(found, dict) or not found.get("id"):
            raise HostRefused("what answers is not Netlify's API", place=str(self._client.base_url))
        note = {"site": self.site, "build": manifest.build, "alias": alias, "deploy": found["id"]}
        files.write_atomic(self._notes, json.dumps(note))
        return await self._prepared(found)

    async def _unfinished(self, manifest: Manifest, alias: str) -> dict[str, Any] | None:
        """The draft of the same files that an earlier try could not finish."""
        try:
            note = json.loads(self._notes.read_text())
        except (OSError, ValueError):
            return None
        wanted = {"site": self.site, "build": manifest.build, "alias": alias}
        if not isinstance(note, dict) or {name: note.get(name) for name in wanted} != wanted:
            return None
        try:
            found = await self._ask("GET", f"deploys/{quote(str(note.get('deploy')), safe='')}", missing="")
        except DeployMissing:
            return None
        return found if isinstance(found, dict) and found.get("state") in ("uploading", "prepared", "ready") else None

    async def _prepared(self, found: dict[str, Any]) -> dict[str, Any]:
        """With many files the host thinks for a while before it says which it has not."""
        until = time.monotonic() + READY_SECONDS
        while found.get("state") in ("new", "preparing") and not found.get("required"):
            if time.monotonic() > until:
                raise DeployFailed("the host does not say which files it needs", place=str(found["id"]))
            await self._sleep(POLL_SECONDS)
            found = await self._ask("GET", f"deploys/{found['id']}")
        return found

    async def _upload(self, deploy: str, manifest: Manifest, paths: Sequence[str], progress: Progress) -> None:
        todo, done = iter(paths), 0

        async def work() -> None:
            nonlocal done
            for path in todo:
                address = f"deploys/{deploy}/files/{quote(path)}"
                # The token was good a moment ago: a 401 here is one of the host's moods.
                await self._ask("PUT", address, data=await asyncio.to_thread(manifest.read, path), again={401})
                done += 1
                progress("upload", done, len(paths))

        try:
            async with asyncio.TaskGroup() as group:
                for _ in range(min(AT_ONCE, len(paths))):
                    group.create_task(work())
        except* PublishError as errors:  # several uploads meet the same
            first: BaseException = errors
            while isinstance(first, BaseExceptionGroup):
                first = first.exceptions[0]
            raise first from None

    async def _ready(self, deploy: str) -> dict[str, Any]:
        until = time.monotonic() + READY_SECONDS
        while True:
            found = await self._ask("GET", f"deploys/{deploy}")
            if found.get("state") == "ready":
                return dict(found)
            if found.get("state") in ("error", "rejected"):
                raise DeployFailed(_brief(found.get("error_message") or "the host refused the deploy"), place=deploy)
            if time.monotonic() > until:
                raise DeployFailed(f"the deploy is still {found.get('state')}", place=deploy)
            await self._sleep(POLL_SECONDS)

    # ------------------------------------------------------------------------------------------------------- requests

    async def _site(self) -> dict[str, Any]:
        found = await self._ask("GET", f"sites/{self.site}")
        if not isinstance(found, dict) or not found.get("id"):
            raise HostRefused("what answers is not Netlify's API", place=str(self._client.base_url))
        return found

    async def _ask(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        *,
        data: bytes | None = None,
        again: Collection[int] = (),
        missing: str | None = None,
    ) -> Any:
        """The host's answer; asked again after a pause while it is busy or failing, or says one of ``again``."""
        content = json.dumps(body).encode("utf-8", "surrogateescape") if body is not None else data
        kind = "application/json" if body is not None else "application/octet-stream"
        headers = {"Content-Type": kind} if content is not None else {}
        pauses, waits = iter(PAUSES), MOST_WAITS
        while True:
            try:
                answer = await self._client.request(method, path, content=content, headers=headers)
            except httpx.HTTPError as error:
                if (pause := next(pauses, None)) is None:
                    raise HostUnreachable(_brief(str(error) or type(error).__name__), place=self._place()) from error
                await self._sleep(pause)
                continue
            if answer.status_code in (*_AGAIN, *again):
                wait = _wanted_wait(answer)
                if wait and waits:  # the host says when: a minute's worth of requests may have been made
                    waits -= 1
                    await self._sleep(wait)
                    continue
                if (pause := next(pauses, None)) is not None:
                    await self._sleep(max(pause, wait))
                    continue
            return self._value(answer, missing)

    def _value(self, answer: httpx.Response, missing: str | None) -> Any:
        status = answer.status_code
        if status == 404 and missing is not None:
            raise DeployMissing(f"there is no deploy {missing}", place=self.site)
        if status in (401, 403):
            remedy = "Check the token, and that it may change this site."
            raise HostRefused(f"access refused (HTTP {status})", place=self._place(), remedy=remedy)
        if status == 404:
            remedy = "Check `[publish.netlify] site`; the token's account must have it."
            raise HostRefused("there is no such site", place=self.site, remedy=remedy)
        if status >= 300:
            raise HostRefused(f"HTTP {status}: {_brief(_said(answer))}", place=self._place())
        try:
            return answer.json() if answer.content else {}
        except ValueError as error:
            raise HostRefused("the answer is not JSON", place=self._place()) from error

    def _place(self) -> str:
        return str(self._client.base_url.host)


def _published(site: Mapping[str, Any]) -> dict[str, Any]:
    found = site.get("published_deploy")
    return dict(found) if isinstance(found, dict) and found.get("id") else {}


def _deploy(found: Mapping[str, Any], current: str, *, uploaded: int = 0) -> Deploy:
    title = str(found.get("title") or "")
    build, _, message = title.removeprefix(_TITLE).partition(": ") if title.startswith(_TITLE) else ("", "", title)
    return Deploy(
        id=str(found.get("id") or ""),
        state=str(found.get("state") or ""),
        url=str(found.get("deploy_ssl_url") or found.get("deploy_url") or ""),
        build=build.partition(" (")[0],
        message=message,
        created=str(found.get("created_at") or ""),
        published=str(found.get("published_at") or ""),
        current=bool(current) and str(found.get("id")) == current,
        uploaded=uploaded,
    )


def _wanted_wait(answer: httpx.Response) -> float:
    """Seconds that the host asks us to wait: ``Retry-After``, or until ``X-RateLimit-Reset``, seconds since 1970, for
    which its own client waits when it is told 429."""
    told = answer.headers.get("retry-after", "")
    if told.isdecimal():
        return min(float(told), LONGEST_WAIT)
    reset = answer.headers.get("x-ratelimit-reset", "")
    if answer.status_code == 429 and reset.isdecimal():
        return min(max(float(reset) - time.time(), 1.0), LONGEST_WAIT)
    return 0.0


def _said(answer: httpx.Response) -> str:
    try:
        found = answer.json()
    except ValueError:
        return answer.text
    return str(found.get("message") or found.get("error") or found) if isinstance(found, dict) else str(found)


def _brief(text: object) -> str:
    line = " ".join("".join(char if char.isprintable() else " " for char in str(text)).split())
    return line if len(line) <= 300 else f"{line[:299]}…"
