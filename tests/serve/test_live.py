"""Live: open pages hear of what concerns them, and of nothing else."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sitegen.errors import FrontMatterBroken, LinkBroken, Place, Several
from sitegen.serve.live import Live, problem_of


def heard(page: str, *happens: Callable[[Live], None]) -> list[tuple[str, Any]]:
    """What a tab at ``page`` is told when these things happen one after another."""

    async def scene() -> list[tuple[str, Any]]:
        live = Live(lambda address: f"{address.strip('/')}/index.html".lstrip("/"))
        events = live._events(page)
        found = [await anext(events)]
        for happen in happens:
            await asyncio.to_thread(happen, live)
        await asyncio.sleep(0)
        live.close()
        found += [event async for event in events]
        assert not live._tabs
        return [parsed(event) for event in found]

    return asyncio.run(scene())


def parsed(event: str) -> tuple[str, Any]:
    name, data, *rest = event.split("\n")
    assert rest == ["", ""]
    return name.removeprefix("event: "), json.loads(data.removeprefix("data: "))


START = ("state", {"build": 1, "problems": []})


def test_a_page_hears_of_its_own_change_only() -> None:
    assert heard("/about/", lambda live: live.built(["about/index.html"])) == [START, ("changed", 2)]
    assert heard("/about/", lambda live: live.built(["other/index.html", "feed.xml"])) == [START]
    assert heard("/about/", lambda live: live.built([])) == [START]
    assert heard("/about/", lambda live: live.built([], everything=True)) == [START, ("changed", 2)]


def test_problems_are_told_to_all_and_taken_back_when_they_are_mended(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("one\ntwo\nthree\n")
    error = FrontMatterBroken("no", place=Place("a.md", 2), remedy="Mend it.")
    told = heard("/x/", lambda live: live.failed(error, tmp_path), lambda live: live.built([]))
    assert [name for name, _ in told] == ["state", "problems", "problems"]
    assert told[1][1] == [
        {
            "code": "SG401",
            "message": "no",
            "remedy": "Mend it.",
            "file": "a.md",
            "line": 2,
            "lines": [{"number": 1, "text": "one"}, {"number": 2, "text": "two"}, {"number": 3, "text": "three"}],
        }
    ]
    assert told[2][1] == []


def test_all_problems_of_a_build_are_told(tmp_path: Path) -> None:
    both = Several([FrontMatterBroken("a"), LinkBroken("b")])
    assert len(heard("/", lambda live: live.failed(both, tmp_path))[1][1]) == 2


def test_only_files_of_the_site_are_quoted(tmp_path: Path) -> None:
    site = tmp_path / "site"
    site.mkdir()
    (tmp_path / "secret").write_text("secret")
    (site / "link").symlink_to(tmp_path / "secret")
    for name in ("../secret", str(tmp_path / "secret"), "link", "missing", "\0"):
        assert problem_of(LinkBroken("x", place=Place(name, 1)), site)["lines"] == []


def test_the_script_comes_first_in_the_head() -> None:
    live = Live(lambda address: address)
    assert live.injected(b"<html><head lang=x><title>").startswith(
        b'<html><head lang=x><script src="/_sitegen/live.js"'
    )
    assert live.injected(b"no head").startswith(b"<script")
    assert b"</script><header>" in live.injected(b"<header>")


def test_a_page_that_is_made_ahead_is_told_once() -> None:
    def ahead(live: Live) -> None:
        live.renewed("about/index.html")

    whole = ["about/index.html", "feed.xml"]
    assert heard("/about/", ahead, lambda live: live.built(whole)) == [START, ("changed", 2)]
    assert heard("/other/", ahead, lambda live: live.built(whole)) == [START]


def test_a_page_of_a_build_that_failed_then_is_told_again(tmp_path: Path) -> None:
    told = heard(
        "/about/",
        lambda live: live.renewed("about/index.html"),
        lambda live: live.failed(LinkBroken("x"), tmp_path),
        lambda live: live.built([]),
    )
    assert [name for name, _ in told] == ["state", "changed", "problems", "problems", "changed"]
