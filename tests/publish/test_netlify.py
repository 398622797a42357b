"""Netlify: only what is missing travels, the public sees all of a deploy or nothing, and there is a way back."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import TypeVar

import pytest

from sitegen.errors import DeployFailed, DeployMissing, DeployRefused, HostLocked, HostRefused, HostUnreachable
from sitegen.publish import netlify
from sitegen.publish.manifest import Manifest
from sitegen.publish.netlify import Netlify
from sitegen.publish.target import Deploy
from tests.publish.conftest import edited, nothing
from tests.servers.netlify import NetlifyServer

T = TypeVar("T")


@pytest.fixture
def host() -> Iterator[NetlifyServer]:
    with NetlifyServer() as server:
        yield server


class Desk:
    """Somebody with a token."""

    def __init__(self, host: NetlifyServer, notes: Path, token: str = "", site: str = "") -> None:
        self.host, self.notes, self.token = host, notes, token or host.token
        self.site = site or host.site
        self.pauses: list[float] = []

    def does(self, work: Callable[[Netlify], Awaitable[T]]) -> T:
        async def pause(seconds: float) -> None:
            self.pauses.append(seconds)

        async def run() -> T:
            target = Netlify(self.site, self.token, api=self.host.api, notes=self.notes, sleep=pause)
            try:
                return await work(target)
            finally:
                await target.aclose()

        return asyncio.run(run())

    def draft(self, manifest: Manifest, message: str = "", alias: str = "") -> Deploy:
        return self.does(lambda target: target.draft(manifest, message, nothing, alias))


@pytest.fixture
def desk(host: NetlifyServer, tmp_path: Path) -> Desk:
    return Desk(host, tmp_path / "state/deploy.json")


def test_a_draft_is_whole_and_nobody_sees_it(desk: Desk, built: Path) -> None:
    manifest = Manifest.of(built)
    made = desk.draft(manifest, "First: of all")
    assert (made.state, made.build, made.message) == ("ready", manifest.build, "First: of all")
    assert made.uploaded == desk.host.uploads() == 6, "what two addresses show travels once"
    assert desk.host.published == ""
    assert not desk.notes.exists()


def test_the_very_same_deploy_is_promoted(desk: Desk, built: Path) -> None:
    made = desk.draft(Manifest.of(built))
    uploads = desk.host.uploads()
    change = desk.does(lambda target: target.promote(made.id))
    assert (change.current.id, change.previous, desk.host.uploads()) == (made.id, "", uploads)
    shown = desk.host.shown()
    assert shown["/about/index.html"] == b"about"
    assert shown["/ü b.txt"] == b"umlaut"
    assert manifest_build(shown) == made.build
    status = desk.does(lambda target: target.status())
    assert status.current is not None
    assert (status.current.id, status.current.build, status.locked) == (made.id, made.build, False)


def manifest_build(shown: dict[str, bytes]) -> str:
    import json

    return str(json.loads(shown["/build.json"])["build"])


def test_only_what_changed_travels(desk: Desk, built: Path) -> None:
    desk.draft(Manifest.of(built))
    before = desk.host.uploads()
    assert desk.draft(Manifest.of(built)).uploaded == 0
    assert desk.draft(edited(built, "new")).uploaded == desk.host.uploads() - before == 2, (
        "the page and the build's name"
    )


def test_a_rollback_returns_to_what_was_shown_before(desk: Desk, built: Path) -> None:
    first, second = desk.draft(Manifest.of(built)), desk.draft(edited(built, "second"))
    never = desk.draft(edited(built, "never shown"))
    for one in (first, second):
        desk.does(lambda target, one=one: target.promote(one.id))  # type: ignore[misc]
    change = desk.does(lambda target: target.rollback(None))
    assert (change.current.id, change.previous) == (first.id, second.id)
    assert desk.host.shown()["/about/index.html"] == b"about"
    with pytest.raises(DeployMissing, match="no earlier"):
        desk.does(lambda target: target.rollback(None))
    assert desk.host.published == first.id, "nobody comes back to what was left"
    assert desk.does(lambda target: target.rollback(never.id)).current.id == never.id
    listed = desk.does(lambda target: target.deploys(10))
    assert [(one.id, one.current) for one in listed] == [(never.id, True), (second.id, False), (first.id, False)]


def test_without_an_earlier_one_a_rollback_says_so(desk: Desk, built: Path) -> None:
    made = desk.draft(Manifest.of(built))
    desk.does(lambda target: target.promote(made.id))
    with pytest.raises(DeployMissing, match="no earlier"):
        desk.does(lambda target: target.rollback(None))
    with pytest.raises(DeployMissing, match="nope"):
        desk.does(lambda target: target.promote("nope"))
    assert desk.host.published == made.id


def test_a_locked_site_is_left_alone(desk: Desk, built: Path) -> None:
    first, second = desk.draft(Manifest.of(built)), desk.draft(edited(built, "second"))
    desk.does(lambda target: target.promote(first.id))
    desk.host.locked = True
    with pytest.raises(HostLocked):
        desk.does(lambda target: target.promote(second.id))
    assert desk.host.published == first.id
    assert desk.does(lambda target: target.status()).locked


@pytest.mark.parametrize("status", [429, 500, 502, 503, 401, 0])
def test_an_upload_is_tried_again_when_the_host_has_a_mood(desk: Desk, built: Path, status: int) -> None:
    desk.host.moods = [("PUT", "/files/", status, {})] * 2
    assert desk.draft(Manifest.of(built)).state == "ready"
    assert len(desk.pauses) >= 2


def test_the_host_says_how_long_to_wait(desk: Desk, built: Path) -> None:
    desk.host.moods = [("PUT", "/files/", 429, {"Retry-After": "30"})]
    desk.draft(Manifest.of(built))
    assert 30 in desk.pauses


def test_a_limit_of_requests_for_each_minute_is_waited_for_again_and_again(desk: Desk, built: Path) -> None:
    soon = {"X-RateLimit-Reset": str(int(time.time()) + 40)}
    desk.host.moods = [("PUT", "about", 429, soon)] * 8
    assert desk.draft(Manifest.of(built)).state == "ready"
    waited = [pause for pause in desk.pauses if pause > 30]
    assert len(waited) == 8
    assert max(waited) <= 41


def test_a_host_that_says_wait_for_ever_is_left(desk: Desk, built: Path) -> None:
    desk.host.moods = [("PUT", "about", 429, {"Retry-After": "9999999"})] * 40
    with pytest.raises(HostRefused, match="429"):
        desk.draft(Manifest.of(built))
    assert max(desk.pauses) == 60


def test_a_host_that_is_down_ends_it_after_a_while_and_the_next_try_goes_on(desk: Desk, built: Path) -> None:
    manifest = Manifest.of(built)
    desk.host.moods = [("PUT", "index.html", 0, {})] * 40
    with pytest.raises(HostUnreachable):
        desk.draft(manifest)
    desk.host.moods = []
    there = desk.host.uploads()
    made = desk.draft(manifest)
    assert made.state == "ready"
    assert len(desk.host.deploys) == 1, "the draft that was begun was finished"
    assert desk.host.uploads() > there


def test_a_draft_of_other_files_is_not_gone_on_with(desk: Desk, built: Path) -> None:
    desk.host.moods = [("PUT", "/files/", 422, {})]
    with pytest.raises(HostRefused):
        desk.draft(Manifest.of(built))
    assert desk.draft(edited(built, "new")).state == "ready"
    assert len(desk.host.deploys) == 2


@pytest.mark.parametrize("text", ["changed behind the manifest's back", None])
def test_a_file_that_changed_meanwhile_is_not_sent(desk: Desk, built: Path, text: str | None) -> None:
    manifest = Manifest.of(built)
    (built / "about/index.html").unlink()
    if text is not None:
        (built / "about/index.html").write_text(text)
    with pytest.raises(DeployRefused, match="changed while"):
        desk.draft(manifest)
    assert not any(text.encode() in blob for blob in desk.host.blobs.values() if text)
    assert desk.host.published == ""


def test_a_host_that_thinks_first_is_waited_for(desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(netlify, "POLL_SECONDS", 0.05)
    folder = tmp_path / "large"
    folder.mkdir()
    for number in range(1001):
        (folder / f"{number}.txt").write_text(str(number))
    (folder / "index.html").write_text("home")
    desk.host.slow_preparation = 3
    assert desk.draft(Manifest.of(folder)).uploaded == 1003


def test_a_deploy_that_fails_at_the_host_says_why(desk: Desk, built: Path) -> None:
    desk.host.broken = "Invalid\nheaders"
    with pytest.raises(DeployFailed, match="Invalid headers"):
        desk.draft(Manifest.of(built))


def test_a_wrong_token_or_site_is_told_with_a_remedy_and_never_shown(desk: Desk, host: NetlifyServer) -> None:
    with pytest.raises(HostRefused, match="access refused") as caught:
        Desk(host, desk.notes, token="wrong-secret").does(lambda target: target.status())
    assert "wrong-secret" not in str(caught.value) + caught.value.remedy
    with pytest.raises(HostRefused, match="no such site"):
        Desk(host, desk.notes, site="site-2").does(lambda target: target.status())


def test_a_draft_with_a_name_has_an_address_that_stays(desk: Desk, host: NetlifyServer, built: Path) -> None:
    manifest = Manifest.of(built)
    first = desk.draft(manifest, "Pull request 12", "pr-12")
    again = desk.draft(edited(built, "second"), "Pull request 12", "pr-12")
    assert first.url == again.url == "https://pr-12--example.netlify.app"
    assert (first.build, first.message) == (manifest.build, "Pull request 12")
    assert not host.published


def test_a_way_back_never_leads_to_a_draft_with_a_name(desk: Desk, built: Path) -> None:
    public = desk.draft(Manifest.of(built))
    desk.does(lambda target: target.promote(public.id))
    second = desk.draft(edited(built, "second"))
    desk.draft(edited(built, "from a pull request"), alias="pr-12")
    desk.does(lambda target: target.promote(second.id))
    desk.draft(edited(built, "from another one"), alias="pr-13")
    assert desk.does(lambda target: target.rollback(None)).current.id == public.id


def test_an_unfinished_draft_goes_on_under_its_own_name_only(desk: Desk, host: NetlifyServer, built: Path) -> None:
    host.broken = "out of disk"
    with pytest.raises(DeployFailed):
        desk.draft(Manifest.of(built), alias="pr-12")
    host.broken = ""
    assert desk.draft(Manifest.of(built)).url == "https://d0002--example.netlify.app"
