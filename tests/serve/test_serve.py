"""Serving: what is saved is seen, and nothing that an editor does ends the server."""

from __future__ import annotations

import asyncio
import datetime as dt
import queue
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest

from sitegen import settings
from sitegen.errors import NotPermitted, PortTaken, SitegenError
from sitegen.serve.app import ServeOptions, Server, listening, serve
from sitegen.serve.engine import Built
from sitegen.serve.events import Event
from tests.site.sites import Site

PATIENCE = 20.0
"""Seconds until something that should happen at once is given up, on a machine with other work."""


class Served:
    """A site that is being served."""

    def __init__(self, site: Site, server: Server, events: queue.Queue[Event]) -> None:
        self.site, self.server, self.events = site, server, events

    def get(self, path: str) -> httpx.Response:
        return httpx.get(self.server.url.rstrip("/") + path)

    def until(self, kind: str) -> Event:
        """The next event of this kind."""
        end = time.monotonic() + PATIENCE
        while True:
            event = self.events.get(timeout=max(0.01, end - time.monotonic()))
            if event.kind == kind:
                return event

    def shows(self, path: str, wanted: Callable[[httpx.Response], bool]) -> httpx.Response:
        """The page, as soon as it is as wanted."""
        end = time.monotonic() + PATIENCE
        while not wanted(answer := self.get(path)):
            assert time.monotonic() < end, answer.text
            time.sleep(0.01)
        return answer


@contextmanager
def serving(site: Site, *, drafts: bool = False, future: bool = False, poll: bool = False) -> Iterator[Served]:
    events: queue.Queue[Event] = queue.Queue()
    project = settings.load(site.root, {})
    with listening("127.0.0.1", 0, fixed=True) as sock:
        server = Server(project, sock, ServeOptions(drafts=drafts, future=future, poll=poll), tell=events.put)
        server.rebuild()
        thread = threading.Thread(target=lambda: asyncio.run(server.run()))
        thread.start()
        served = Served(site, server, events)
        try:
            served.until("listening")
            served.shows("/", lambda answer: answer.status_code in (200, 500))
            yield served
        finally:
            server.stop()
            thread.join(PATIENCE)
            assert not thread.is_alive()


def test_a_saved_page_is_seen(site: Site) -> None:
    site.page("about", "Before.\n", title="About")
    with serving(site) as served:
        assert "Before." in served.get("/about/").text
        assert f'href="{served.server.url}about/"' in served.get("/about/").text, "addresses are those of this server"
        site.page("about", "After.\n", title="About")
        served.shows("/about/", lambda answer: "After." in answer.text)
        site.brief("new", title="New one")
        served.shows("/briefs/new-one/", lambda answer: answer.status_code == 200)
        site.remove("briefs/new.md")
        served.shows("/briefs/new-one/", lambda answer: answer.status_code == 404)


def test_many_files_at_once_are_one_build(site: Site) -> None:
    for number in range(60):
        site.brief(f"{number}", "Before.\n", title=f"Brief {number}", tags=["Old"])
    with serving(site) as served:
        served.shows("/briefs/brief-59/", lambda answer: "Before." in answer.text)
        time.sleep(0.5)
        while not served.events.empty():
            served.events.get()
        for number in range(60):  # find and replace
            site.brief(f"{number}", "After.\n", title=f"Brief {number}", tags=["New"])
        served.shows("/briefs/brief-59/", lambda answer: "After." in answer.text)
        served.shows("/briefs/brief-0/", lambda answer: "After." in answer.text)
        time.sleep(0.5)
        built = [event for event in (served.events.get() for _ in range(served.events.qsize())) if event.built]
        assert len(built) <= 2, "one, or two when the first began while files were still being written"


def test_a_page_is_never_away_while_an_editor_saves_it(site: Site) -> None:
    target = site.page("about", "Text 0.\n", title="About")
    with serving(site) as served:
        for number in range(1, 15):
            text = target.read_text().replace(f"Text {number - 1}.", f"Text {number}.")
            if number % 2:  # a temporary file that takes its place
                temporary = target.with_name(".about.md.tmp~")
                temporary.write_text(text)
                temporary.rename(target)
            else:  # the old one is put away first
                target.rename(target.with_name("about.md~"))
                target.write_text(text)
            end = time.monotonic() + PATIENCE
            while f"Text {number}." not in (answer := served.get("/about/")).text:
                assert answer.status_code == 200
                assert f"Text {number - 1}." in answer.text
                assert time.monotonic() < end


def test_changes_are_seen_by_looking_where_nobody_tells(site: Site) -> None:
    site.page("about", "Before.\n", title="About")
    with serving(site, poll=True) as served:
        site.page("about", "After.\n", title="About")
        served.shows("/about/", lambda answer: "After." in answer.text)


def test_what_is_not_public_yet_is_shown_with_its_state_here_and_in_no_built_site(site: Site) -> None:
    states: dict[str, dict[str, Any]] = {
        "draft": {"status": "draft"},
        "review": {"status": "review"},
        "future": {"status": "published", "publish_at": dt.date(2999, 1, 1)},
    }
    site.write("templates/brief.html", "<b>{{ page.state }}</b>{{ page.body }}")
    site.brief("gone", "Canary.\n", title="Gone", status="withdrawn", notice="Why.")
    for name, state in states.items():
        site.brief(name, "Canary.\n", title=name, **state)
    with serving(site, drafts=True, future=True) as served:
        for name in states:
            assert f"<b>{name}</b><p>Canary.</p>" in served.get(f"/briefs/{name}/").text
        gone = served.get("/briefs/gone/")
        assert gone.status_code == 410
        assert "Why." in gone.text
        assert "Canary" not in gone.text
        assert not site.output.exists()
    site.build(today=None)
    assert not [path for path, data in site.tree().items() if b"Canary" in data]


def test_templates_styles_and_settings_are_followed_too(site: Site) -> None:
    with serving(site) as served:
        site.write("templates/404.html", "lost {{ page.title }}")
        served.shows("/nope", lambda answer: "lost" in answer.text)
        site.write("static/x.txt", "1")
        served.shows("/x.txt", lambda answer: answer.text == "1")
        site.write("static/x.txt", "2")
        served.shows("/x.txt", lambda answer: answer.text == "2")
        site.write("sitegen.toml", '[site]\ntitle = "Renamed"\ntheme = "tiny"\n')
        served.shows("/", lambda answer: "Renamed" in answer.text)


def test_a_broken_edit_leaves_the_last_good_site(site: Site) -> None:
    site.page("about", "Good.\n", title="About")
    with serving(site) as served:
        site.write("content/about.md", "---\ntitle: [\n---\n")
        event = served.until("failed")
        assert event.error is not None
        assert "content/about.md" in str(event.error)
        assert "Good." in served.get("/about/").text
        site.write("themes/tiny/templates/base.html", "{% if %}")
        served.until("failed")
        site.write("sitegen.toml", "[site\n")
        served.until("failed")
        assert "Good." in served.get("/about/").text
        site.write("sitegen.toml", '[site]\ntheme = "tiny"\n')
        site.write("themes/tiny/templates/base.html", "{{ page.title }}")
        site.page("about", title="Mended")
        served.shows("/about/", lambda answer: answer.text.endswith("Mended"))


def test_broken_settings_leave_those_from_before(site: Site) -> None:
    site.page("about", "Before.\n", title="About")
    kept = (site.root / "sitegen.toml").read_text()
    with serving(site) as served:
        site.write("sitegen.toml", '[site]\ntitle = "Renamed"\ntheme = \n')
        assert "sitegen.toml" in str(served.until("failed").error)
        site.page("about", "After.\n", title="About")
        served.shows("/about/", lambda answer: "After." in answer.text)
        site.page("new", "Here.\n", title="New")
        served.shows("/new/", lambda answer: "Here." in answer.text)
        assert "Renamed" not in served.get("/").text
        assert served.server.pages.live._problems, "and it is still told"
        site.write("sitegen.toml", kept.replace("Tiny", "Mended"))
        served.shows("/", lambda answer: "Mended" in answer.text)
        end = time.monotonic() + PATIENCE
        while served.server.pages.live._problems:
            assert time.monotonic() < end
            time.sleep(0.01)


def test_a_site_that_is_broken_from_the_start_comes_up_when_it_is_mended(site: Site) -> None:
    site.write("content/about.md", "---\ntitle: [\n---\n")
    with serving(site) as served:
        assert served.get("/").status_code == 500
        assert "content/about.md" in served.get("/").text
        site.page("about", title="Mended")
        served.shows("/about/", lambda answer: answer.status_code == 200)


def test_drafts_are_shown_only_when_asked_for(site: Site) -> None:
    site.brief("a", title="Draft", status="draft")
    with serving(site) as served:
        assert served.get("/briefs/draft/").status_code == 404
    with serving(site, drafts=True) as served:
        assert served.get("/briefs/draft/").status_code == 200


def test_serving_leaves_the_output_folder_alone(site: Site) -> None:
    with serving(site):
        assert not site.output.exists()


def test_a_taken_port_is_refused_when_it_was_asked_for_and_passed_over_when_not() -> None:
    with listening("127.0.0.1", 0, fixed=True) as first:
        port = first.getsockname()[1]
        with pytest.raises(PortTaken, match=str(port)), listening("127.0.0.1", port, fixed=True):
            pass
        with listening("127.0.0.1", port, fixed=False) as second:
            assert second.getsockname()[1] > port


def test_a_host_that_is_not_ours_is_told() -> None:
    for host in ("192.0.2.1", "no-such-host.invalid"):
        with pytest.raises((PortTaken, NotPermitted)) as caught, listening(host, 0, fixed=True):
            pass
        assert host in str(caught.value)


def test_serve_refuses_a_taken_port_before_it_builds(site: Site) -> None:
    with listening("127.0.0.1", 0, fixed=True) as sock, pytest.raises(SitegenError):
        serve(settings.load(site.root, {}), ServeOptions(port=sock.getsockname()[1]))
    assert not (site.root / ".sitegen").exists()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_ends_gracefully_when_interrupted(site: Site, number: int) -> None:
    code = (
        "import sys; from pathlib import Path; from sitegen import settings\n"
        "from sitegen.serve.app import ServeOptions, serve\n"
        "tell = lambda event: print(event.kind, event.url, flush=True)\n"
        "serve(settings.load(Path(sys.argv[1]), {}), ServeOptions(port=0), on_event=tell)\n"
    )
    process = subprocess.Popen([sys.executable, "-c", code, str(site.root)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        for line in process.stdout:
            if line.startswith("listening"):
                wait_for(line.split()[1])
                process.send_signal(number)
            if line.startswith("stopped"):
                break
        assert process.wait(PATIENCE) in (0, -number)
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def wait_for(url: str) -> None:
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        try:
            httpx.get(url)
        except httpx.TransportError:
            time.sleep(0.01)
        else:
            return


def test_open_to_the_network_is_told(site: Site) -> None:
    with socket.create_server(("0.0.0.0", 0)) as sock:
        server = Server(settings.load(site.root, {}), sock, ServeOptions(drafts=True), tell=lambda event: None)
        assert not server.local
        assert re.fullmatch(r"http://\d+\.\d+\.\d+\.\d+:\d+/", server.url), "an address that a phone can use"


def test_events_reach_a_terminal(site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    from sitegen.console import Console
    from sitegen.serve.events import shown_on

    show = shown_on(Console())
    show(Event("listening", "http://127.0.0.1:8000/"))
    show(Event("failed", "", error=PortTaken("x")))
    show(Event("built", "", built=Built(("index.html",), 0.1, site.build().warnings)))
    show(Event("open", ""))
    show(Event("stopped", ""))
    told = capsys.readouterr().err
    assert "http://127.0.0.1:8000/" in told
    assert "SG701" in told
