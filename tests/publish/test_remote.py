"""Releases on another machine: by a real ssh and a real rsync, as atomic as those on this one."""

from __future__ import annotations

import asyncio
import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from sitegen.cli import run
from sitegen.errors import DeployMissing, DeployRefused, HostLocked, HostRefused, HostUnreachable
from sitegen.publish.manifest import Manifest
from sitegen.publish.remote import Remote
from sitegen.publish.target import Change, Deploy, Progress
from tests.publish.conftest import edited, nothing
from tests.servers import sshd

pytestmark = pytest.mark.skipif(bool(sshd.MISSING), reason=f"not installed: {sshd.MISSING}")


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    with sshd.running(tmp_path_factory.mktemp("sshd")) as config:
        yield config


@pytest.fixture
def target(config: Path, tmp_path: Path) -> Remote:
    return Remote("host", f"{tmp_path}/srv/my site's", keep=2, url="https://example.org/", config=config)


def draft(target: Remote, manifest: Manifest, message: str = "") -> Deploy:
    return asyncio.run(target.draft(manifest, message, nothing))


def promote(target: Remote, deploy: Deploy) -> Change:
    return asyncio.run(target.promote(deploy.id))


def shown(target: Remote) -> str:
    return Path(target.path, "current/about/index.html").read_text()


def test_a_draft_is_whole_and_not_shown_until_it_is_promoted(target: Remote, built: Path) -> None:
    manifest = Manifest.of(built)
    made = draft(target, manifest, 'It\'s a "first" $(one)\nof all')
    assert not Path(target.path, "current").exists()
    assert made.uploaded == 6
    version = Path(target.path, "releases", made.id)
    there = {path.relative_to(version).as_posix(): path for path in version.rglob("*") if path.is_file()}
    assert {name: path.read_bytes() for name, path in there.items()} == {
        name: manifest.read(name) for name in manifest.all
    }
    assert promote(target, made).previous == ""
    assert shown(target) == "about"
    status = asyncio.run(target.status())
    assert status.current is not None
    assert (status.current.build, status.current.message) == (manifest.build, 'It\'s a "first" $(one)\nof all')


def test_only_what_changed_travels_and_the_rest_is_shared(target: Remote, built: Path) -> None:
    promote(target, draft(target, Manifest.of(built)))
    (built / "index.html").touch()
    second = draft(target, edited(built, "second"))
    assert second.uploaded == 1
    old, new = Path(target.path, "current/index.html"), Path(target.path, "releases", second.id, "index.html")
    assert old.stat().st_ino == new.stat().st_ino


def test_a_rollback_returns_to_what_was_shown_before(target: Remote, built: Path) -> None:
    first = draft(target, Manifest.of(built))
    with pytest.raises(DeployMissing, match="no earlier"):
        asyncio.run(target.rollback(None))
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
    with pytest.raises(DeployMissing):
        asyncio.run(target.promote("../../etc; touch /tmp/x"))


def test_old_versions_go_but_never_what_is_shown_or_was_shown_before(target: Remote, built: Path) -> None:
    first = draft(target, Manifest.of(built))
    promote(target, first)
    second = draft(target, edited(built, "second"))
    promote(target, second)
    for number in range(4):
        draft(target, edited(built, f"draft {number}"))
    kept = {one.id for one in asyncio.run(target.deploys(99))}
    assert len(kept) == 4
    assert {first.id, second.id} <= kept
    folders = {path.name for path in Path(target.path, "releases").iterdir() if path.is_dir()}
    assert folders == kept


def test_a_draft_that_was_cut_short_is_gone_on_with(target: Remote, built: Path) -> None:
    manifest = Manifest.of(built)
    part = Path(target.path, "releases", f"{manifest.build}.part")
    part.mkdir(parents=True)
    (part / "index.html").write_bytes((built / "index.html").read_bytes())
    (part / "stray.html").write_text("of nobody")
    made = draft(target, manifest)
    assert made.uploaded == 5
    assert not Path(target.path, "releases", made.id, "stray.html").exists()


def test_two_deploys_at_once_and_a_folder_of_somebody_else_are_refused(target: Remote, built: Path) -> None:
    made = draft(target, Manifest.of(built))
    holder = subprocess.Popen(["flock", f"{target.path}/.lock", "cat"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert holder.stdin is not None
    assert holder.stdout is not None
    holder.stdin.write(b"x")
    holder.stdin.flush()
    assert holder.stdout.read(1) == b"x"
    with pytest.raises(HostLocked):
        promote(target, made)
    holder.communicate()
    Path(target.path, "current").mkdir()
    with pytest.raises(DeployRefused, match="no link"):
        promote(target, made)


def test_a_draft_that_another_one_took_away_never_becomes_an_empty_version(
    target: Remote, built: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    manifest = Manifest.of(built)
    upload = Remote._upload

    def slow(self: Remote, manifest: Manifest, progress: Progress) -> int:
        sent = upload(self, manifest, progress)
        monkeypatch.setattr(Remote, "_upload", upload)
        draft(target, manifest)  # somebody else deploys the same build, and is done first
        return sent

    monkeypatch.setattr(Remote, "_upload", slow)
    with pytest.raises(DeployMissing, match="not there any more"):
        draft(target, manifest)
    for version in Path(target.path, "releases").iterdir():
        assert version.suffix == ".json" or (version / "index.html").is_file(), version


def test_a_site_that_is_built_meanwhile_is_not_deployed(
    target: Remote, built: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload = Remote._upload

    def late(self: Remote, manifest: Manifest, progress: Progress) -> int:
        (built / "about/index.html").write_text("of the next build")
        return upload(self, manifest, progress)

    monkeypatch.setattr(Remote, "_upload", late)
    with pytest.raises(DeployRefused, match="changed while"):
        draft(target, Manifest.of(built))
    assert asyncio.run(target.deploys(9)) == []


def test_what_ssh_complains_about_is_told(target: Remote, config: Path, built: Path) -> None:
    nowhere = Remote("127.0.0.1", "/srv/x", keep=2, url="", config=config.with_name("none"))
    config.with_name("none").write_text("Host *\n  Port 9\n")
    with pytest.raises(HostUnreachable, match="ssh: "):
        asyncio.run(nowhere.status())
    with pytest.raises(HostRefused, match="ssh: "):
        draft(Remote("host", "/proc/nowhere", keep=2, url="", config=config), Manifest.of(built))


def test_the_command_deploys_there(
    config: Path, tmp_path: Path, built: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "sitegen.toml").write_text(
        f'[publish]\ntarget = "ssh"\n[publish.ssh]\nhost = "host"\npath = "{tmp_path}/www"\nconfig = "{config}"\n'
    )

    def told(*words: str) -> dict[str, str]:
        assert run(["--site", str(tmp_path), "--json", "deploy", *words]) == 0
        found: dict[str, str] = json.loads(capsys.readouterr().out)
        return found

    made = told("draft", "--dir", str(built))
    assert told("promote", made["id"])["previous"] == ""
    assert (tmp_path / "www/current/about/index.html").read_text() == "about"
    (tmp_path / "sitegen.toml").write_text('[publish]\ntarget = "ssh"\n')
    assert run(["--site", str(tmp_path), "deploy", "status"]) == 3
