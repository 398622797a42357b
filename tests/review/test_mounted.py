"""The desk is beside the served site, for this machine alone."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest

from sitegen import cli
from sitegen.review.app import PREFIX, Desk
from sitegen.serve.app import ServeOptions, Server, listening
from sitegen.serve.events import Event
from tests.review.desks import project_in
from tests.review.serving import desk_at, desk_served


def test_it_is_beside_the_site(tmp_path: Path) -> None:
    project = project_in(tmp_path)
    with desk_served(project) as (url, desk):
        came = httpx.get(f"{url}_review", follow_redirects=True)
        assert (came.status_code, str(came.url)) == (200, desk_at(url))
        answer = httpx.get(f"{desk_at(url)}brief/report.md", headers={"accept-encoding": "gzip"})
        assert "Written by m1." in answer.text
        assert "live.js" not in answer.text
        assert httpx.get(f"{url}_review/", headers={"host": "evil.example"}).status_code == 403
        assert desk.token in answer.text
        assert httpx.get(f"{url}briefs/report/").status_code == 404, "the site itself shows no draft"


def test_the_desk_has_an_origin_of_its_own_where_nothing_of_the_site_is(tmp_path: Path) -> None:
    project = project_in(tmp_path)
    with desk_served(project) as (url, _):
        base = desk_at(url).removesuffix("_review/")
        for path in ("", "about/?x=1", "_sitegen/live.js", "assets/a.js", "_reviewed", "robots.txt"):
            answer = httpx.get(base + path)
            assert (answer.status_code, answer.content) == (307, b""), path
            assert answer.headers["location"] == url + path
        assert (
            httpx.get(base, headers={"host": base.removeprefix("http://").removesuffix("/").upper()}).status_code == 307
        )
        assert httpx.get(url).status_code == 200
        tunnelled = httpx.get(f"{base}about/", headers={"host": "localhost:9"})
        assert tunnelled.headers["location"] == "http://127.0.0.1:9/about/"


def test_where_others_can_reach_the_server_it_is_not_there(tmp_path: Path) -> None:
    project = project_in(tmp_path)
    told: list[Event] = []
    with listening("0.0.0.0", 0, fixed=True) as sock:
        server = Server(project, sock, ServeOptions(), tell=told.append, mounts={PREFIX: Desk(project).app})
        assert PREFIX not in [getattr(route, "path", "") for route in server.pages.app.routes]


@pytest.mark.parametrize(("arguments", "there"), [([], True), (["--no-review"], False)])
def test_the_command_leaves_it_out_when_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], there: bool
) -> None:
    project_in(tmp_path)
    monkeypatch.chdir(tmp_path)
    given: list[object] = []
    monkeypatch.setattr("sitegen.serve.app.serve", lambda *_, **named: given.append(named["mounts"]))
    assert cli.run(["serve", *arguments]) == 0
    assert [bool(mounts) for mounts in given] == [there]
