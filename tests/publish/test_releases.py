"""Releases in a folder: the switch is one step, what was shown stays, and a real web server shows it."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

from sitegen.errors import DeployMissing, DeployRefused
from sitegen.publish.manifest import Manifest
from sitegen.publish.releases import Releases
from sitegen.publish.target import Change, Deploy
from tests.publish.conftest import edited, nothing


@pytest.fixture
def target(tmp_path: Path) -> Releases:
    return Releases(tmp_path / "deployed", keep=2, url="https://example.org/")


def draft(target: Releases, manifest: Manifest) -> Deploy:
    return asyncio.run(target.draft(manifest, "", nothing))


def promote(target: Releases, deploy: Deploy) -> Change:
    return asyncio.run(target.promote(deploy.id))


def shown(target: Releases) -> str:
    return (target.path / "current/about/index.html").read_text()


def test_a_draft_is_not_shown_until_it_is_promoted(target: Releases, built: Path) -> None:
    made = draft(target, Manifest.of(built))
    assert not (target.path / "current").exists()
    assert promote(target, made).previous == ""
    assert shown(target) == "about"
    assert (target.path / "current/build.json").read_bytes() == Manifest.of(built).build_file


def test_a_rollback_returns_to_what_was_shown_before(target: Releases, built: Path) -> None:
    first = draft(target, Manifest.of(built))
    promote(target, first)
    second = draft(target, edited(built, "second"))
    assert promote(target, second).previous == first.id
    draft(target, edited(built, "never shown"))
    assert asyncio.run(target.rollback(None)).current.id == first.id
    assert shown(target) == "about"
    with pytest.raises(DeployMissing, match="no earlier"):
        asyncio.run(target.rollback(None))
    assert shown(target) == "about", "nobody comes back to what was left"
    assert asyncio.run(target.rollback(second.id)).current.id == second.id, "unless it is named"
    assert asyncio.run(target.rollback(first.id)).current.id == first.id


def test_the_same_build_is_made_once_and_a_damaged_one_again(target: Releases, built: Path) -> None:
    first = draft(target, Manifest.of(built))
    assert draft(target, Manifest.of(built)).id == first.id
    (target.path / "releases" / first.id / "about/index.html").write_text("damaged")
    again = draft(target, Manifest.of(built))
    assert again.id != first.id
    promote(target, again)
    assert shown(target) == "about"


def test_a_site_that_is_built_meanwhile_is_not_deployed(target: Releases, built: Path) -> None:
    manifest = Manifest.of(built)
    (built / "about/index.html").write_text("of the next build")
    with pytest.raises(DeployRefused, match="changed while"):
        draft(target, manifest)
    (built / "about/index.html").unlink()
    with pytest.raises(DeployRefused, match="changed while"):
        draft(target, manifest)
    assert asyncio.run(target.deploys(9)) == []


def test_unchanged_files_take_no_room(target: Releases, built: Path) -> None:
    promote(target, draft(target, Manifest.of(built)))
    second = draft(target, edited(built, "second"))
    assert second.uploaded == 2
    old, new = (target.path / "current/index.html").stat(), target.path / "releases" / second.id / "index.html"
    assert old.st_ino == new.stat().st_ino


def test_old_versions_go_but_never_what_is_shown_or_was_shown_before(target: Releases, built: Path) -> None:
    first = draft(target, Manifest.of(built))
    promote(target, first)
    second = draft(target, edited(built, "second"))
    promote(target, second)
    for number in range(4):
        draft(target, edited(built, f"draft {number}"))
    kept = [one.id for one in asyncio.run(target.deploys(99))]
    assert len(kept) == 4
    assert {first.id, second.id} <= {*kept}
    assert sorted(path.name for path in (target.path / "releases").iterdir()) == sorted(kept)


def test_a_version_that_is_not_there_is_told(target: Releases, built: Path) -> None:
    promote(target, draft(target, Manifest.of(built)))
    with pytest.raises(DeployMissing):
        asyncio.run(target.promote("../../etc"))
    with pytest.raises(DeployMissing, match="no earlier"):
        asyncio.run(target.rollback(None))


def test_a_folder_of_somebody_else_is_not_replaced(target: Releases, built: Path) -> None:
    made = draft(target, Manifest.of(built))
    (target.path / "current").mkdir()
    with pytest.raises(DeployRefused, match="no link"):
        promote(target, made)


def test_a_lost_list_costs_no_version(target: Releases, built: Path) -> None:
    made = draft(target, Manifest.of(built))
    promote(target, made)
    (target.path / "releases.json").write_text("{ damaged")
    assert [one.id for one in asyncio.run(target.deploys(9))] == [made.id]
    assert promote(target, draft(target, edited(built, "second"))).previous == made.id


def test_a_deploy_that_is_killed_leaves_what_is_shown(target: Releases, built: Path) -> None:
    promote(target, draft(target, Manifest.of(built)))
    for number in range(300):
        (built / f"{number}.txt").write_text(str(number))
    code = (
        "import asyncio, sys; from pathlib import Path; from sitegen.publish.manifest import Manifest\n"
        "from sitegen.publish.releases import Releases\n"
        "target = Releases(Path(sys.argv[1]), keep=2, url='')\n"
        "tell = lambda phase, done, total: print(done, flush=True)\n"
        "made = asyncio.run(target.draft(Manifest.of(Path(sys.argv[2])), '', tell))\n"
        "asyncio.run(target.promote(made.id))\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code, str(target.path), str(built)], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    process.stdout.readline()
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdout.close()
    assert shown(target) == "about"
    promote(target, draft(target, Manifest.of(built)))
    assert (target.path / "current/299.txt").read_text() == "299"
    assert not [*(target.path / "releases").glob("*.part")]


@pytest.mark.skipif(shutil.which("nginx") is None, reason="nginx is not installed")
def test_a_real_nginx_shows_one_version_or_the_other_and_nothing_between(target: Releases, built: Path) -> None:
    first, second = draft(target, Manifest.of(built)), draft(target, edited(built, "second"))
    promote(target, first)
    port = free_port()
    config = target.path / "nginx.conf"
    # A worker of another user could not read the folders of tests.
    who = "user root root; " if os.geteuid() == 0 else ""
    config.write_text(
        f"{who}daemon off; pid {target.path}/nginx.pid; error_log {target.path}/error.log; events {{}}\n"
        f"http {{ access_log off; server {{ listen 127.0.0.1:{port}; root {target.path}/current; }} }}\n"
    )
    process = subprocess.Popen(["nginx", "-c", config, "-p", target.path], stderr=subprocess.DEVNULL)
    try:
        wait_for(port)
        with httpx.Client(base_url=f"http://127.0.0.1:{port}") as client:
            seen = []
            for turn in range(20):
                promote(target, second if turn % 2 == 0 else first)
                seen.append(client.get("/about/").text)
            assert seen == ["second", "about"] * 10
    finally:
        process.terminate()
        process.wait()


def free_port() -> int:
    import socket

    with socket.create_server(("127.0.0.1", 0)) as sock:
        return int(sock.getsockname()[1])


def wait_for(port: int) -> None:
    until = time.monotonic() + 20
    while time.monotonic() < until:
        try:
            httpx.get(f"http://127.0.0.1:{port}/")
        except httpx.TransportError:
            time.sleep(0.02)
        else:
            return
