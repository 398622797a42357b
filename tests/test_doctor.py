"""The doctor: disk, folders, journal and briefs, each wrong thing with a remedy, and nothing changed by looking."""

from __future__ import annotations

import asyncio
import contextlib
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from sitegen import doctor, files, settings
from sitegen.cli import run
from sitegen.enrich.journal import Journal
from sitegen.scaffold import create
from sitegen.sources.base import Finding
from tests.servers.paperless import PaperlessServer


@pytest.fixture
def site(tmp_path: Path) -> Path:
    create(tmp_path / "site", demo=False)
    (tmp_path / "site/documents/a.txt").write_text("The council met on Monday and spoke of the bridge.")
    return tmp_path / "site"


def examined(site: Path) -> list[Finding]:
    return asyncio.run(doctor.examine(settings.load(site, {})))


def errors(site: Path) -> list[Finding]:
    found = [finding for finding in examined(site) if finding.state == "error"]
    assert all(finding.remedy for finding in found)
    return found


def journal(site: Path, documents: int = 300) -> Path:
    path = site / ".sitegen/journal.sqlite"
    with contextlib.closing(Journal(path)) as made:
        for number in range(documents):
            made.discover(f"folder:{number}.txt", "A title " * 20, "f")
    return path


def test_a_sound_site_has_no_errors_and_looking_changes_nothing(site: Path) -> None:
    assert errors(site) == []
    assert not (site / ".sitegen").exists()
    open_journal = Journal(site / ".sitegen/journal.sqlite")
    open_journal.discover("folder:a.txt", "A", "f")
    before = [(entry, entry.mtime_ns) for entry in files.scan(site, hidden=True)]
    assert errors(site) == []
    assert [(entry, entry.mtime_ns) for entry in files.scan(site, hidden=True)] == before
    open_journal.close()


@pytest.mark.parametrize(
    ("free", "state"), [(0, "error"), (19_999_999, "error"), (20_000_000, "warning"), (10**9, "ok")]
)
def test_a_full_disk_is_an_error_and_a_nearly_full_one_a_warning(free: int, state: str) -> None:
    finding = doctor.room(free)
    assert finding.state == state
    assert bool(finding.remedy) == (state != "ok")


@pytest.mark.parametrize(("name", "topic"), [(".sitegen", "state"), ("briefs", "briefs")])
def test_a_file_where_a_folder_belongs_is_an_error(site: Path, name: str, topic: str) -> None:
    with contextlib.suppress(FileNotFoundError):
        for path in sorted((site / name).rglob("*"), reverse=True):
            path.unlink()
        (site / name).rmdir()
    (site / name).write_text("in the way")
    assert (topic, f"{site / name} is not a folder") in [(error.topic, error.message) for error in errors(site)]


AS_SOMEBODY = """
import os, sys
from pathlib import Path
from sitegen import doctor
if os.geteuid() == 0:
    os.setuid(65534)  # permissions do not apply to root
print([doctor._unwritable(Path(path)) for path in sys.argv[1:]])
"""


def test_a_folder_that_may_not_be_written_is_an_error() -> None:
    with tempfile.TemporaryDirectory() as name:  # unlike that of pytest, others may enter it
        folder = Path(name)
        folder.chmod(0o755)
        (folder / "open").mkdir()
        (folder / "open").chmod(0o777)
        (folder / "closed").mkdir()
        (folder / "closed").chmod(0o555)
        paths = [str(folder / path) for path in ("open", "open/new", "closed", "closed/new/deep")]
        command = [sys.executable, "-c", AS_SOMEBODY, *paths]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, env={**os.environ})
        closed = f"{folder / 'closed'} cannot be written"
        assert done.stdout.strip() == repr(["", "", closed, closed]), done.stderr


@pytest.mark.parametrize("how", ["overwritten", "no database", "cut"])
def test_a_damaged_journal_is_an_error(site: Path, how: str) -> None:
    path = journal(site)
    raw = path.read_bytes()
    middle = len(raw) // 2
    damaged = {
        "overwritten": raw[:middle] + b"\xff" * 8192 + raw[middle + 8192 :],
        "no database": b"something else" * 100,
        "cut": raw[: middle + 7],
    }
    assert errors(site) == []
    path.write_bytes(damaged[how])
    (error,) = errors(site)
    assert error.topic == "journal"
    assert str(path) in error.message
    assert path.read_bytes() == damaged[how]


def test_every_brief_that_cannot_be_read_is_an_error_with_its_line(site: Path) -> None:
    (site / "briefs").mkdir(exist_ok=True)
    (site / "briefs/a.md").write_text("---\ntitle: A\nstatus: [\n---\nText\n")
    (site / "briefs/b.md").write_text("---\ntitle: B\nstatus: wrong\n---\nText\n")
    (site / "briefs/c.md").write_text("---\ntitle: C\nstatus: draft\n---\nText\n")
    found = errors(site)
    assert [error.topic for error in found] == ["briefs", "briefs"]
    assert found[0].message.startswith("briefs/a.md:")
    assert found[1].message.startswith("briefs/b.md:3")


def test_two_briefs_of_one_document_are_an_error_with_its_line(site: Path) -> None:
    (site / "briefs").mkdir(exist_ok=True)
    for name in "ab":
        (site / f"briefs/{name}.md").write_text("---\ntitle: T\nstatus: draft\nsource: folder:a.txt\n---\nText\n")
    (error,) = errors(site)
    assert error.message.startswith("briefs/b.md:4")


def test_the_findings_stand_below_each_other(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with PaperlessServer() as server:
        (tmp_path / "sitegen.toml").write_text(
            f'[source]\nkind = "paperless"\n[source.paperless]\nurl = "{server.url}"\npublish_tag = "publish"\n'
            'token_file = "token"\n'
        )
        (tmp_path / "token").write_text(server.token)
        run(["--site", str(tmp_path), "doctor"])
    lines = [line for line in capsys.readouterr().out.splitlines() if not line.startswith("  ")]
    starts = {line.index(word) for line in lines for word in ("the user may", "the site is not in a") if word in line}
    assert len(starts) == 1, lines
