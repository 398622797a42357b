"""``sitegen backup`` and ``sitegen restore``: a disk is lost, and nothing is asked of a model again."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest

from sitegen import files
from sitegen.cli import run
from sitegen.enrich.journal import Journal
from tests.backup.conftest import Site, documents, git


def backup(site: Site, file: Path, *words: str) -> Path:
    assert site.run("backup", str(file), *words) == 0
    return file


def new_disk(site: Site, folder: Path) -> Site:
    """An empty folder in which the site is to be again, beside the documents, which are elsewhere."""
    folder.mkdir()
    return Site(folder, site.server)


def test_after_a_restore_a_pull_asks_no_model(pulled: Site, tmp_path: Path) -> None:
    file = backup(pulled, tmp_path / "kept.backup")
    assert pulled.questions > 5
    pulled.server.requests.clear()
    fresh = new_disk(pulled, tmp_path / "fresh")
    assert fresh.run("restore", str(file)) == 0
    assert fresh.briefs() == pulled.briefs()
    assert (fresh.root / "sitegen.toml").read_text() == pulled.settings()
    documents(fresh.root)
    assert fresh.run("pull") == 0
    assert fresh.run("pull", "--refresh") == 0
    assert fresh.questions == 0, "the model was asked again"
    assert fresh.briefs() == pulled.briefs()


def test_even_answers_are_there_when_journal_and_briefs_are_not(pulled: Site, tmp_path: Path) -> None:
    file = backup(pulled, tmp_path / "kept.backup")
    fresh = new_disk(pulled, tmp_path / "fresh")
    assert fresh.run("restore", str(file)) == 0
    documents(fresh.root)
    (fresh.state / "journal.sqlite").unlink()
    shutil.rmtree(fresh.root / "briefs")
    fresh.server.requests.clear()
    assert fresh.run("pull") == 0
    assert fresh.questions == 0
    assert len(fresh.briefs()) == len(pulled.briefs())


def test_what_the_remote_has_is_not_in_the_backup(pulled: Site, tmp_path: Path) -> None:
    git(tmp_path, "init", "--bare", "remote")
    (pulled.root / ".gitignore").write_text(".sitegen/\n")
    git(pulled.root, "init")
    git(pulled.root, "add", "sitegen.toml", "briefs/.provenance")
    git(pulled.root, "commit", "-m", "x")
    git(pulled.root, "remote", "add", "origin", str(tmp_path / "remote"))
    assert "site/sitegen.toml" in listed(backup(pulled, tmp_path / "a.backup")), "nobody else has the commit"
    git(pulled.root, "push", "-u", "origin", "main")
    kept = listed(backup(pulled, tmp_path / "b.backup"))
    assert "site/sitegen.toml" not in kept
    assert not any(".provenance" in path for path in kept)
    assert sum(path.startswith("site/briefs/") for path in kept) == 5
    (pulled.root / "sitegen.toml").write_text(pulled.settings() + "# changed\n")
    assert "site/sitegen.toml" in listed(backup(pulled, tmp_path / "c.backup"))


def test_so_it_is_when_the_site_is_a_folder_of_the_repository(
    pulled: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    git(tmp_path, "init", "--bare", "remote")
    (tmp_path / "repository").mkdir()
    inner = Path(shutil.move(pulled.root, tmp_path / "repository/papers"))
    git(inner.parent, "init")
    git(inner.parent, "add", "papers/sitegen.toml", "papers/briefs")
    git(inner.parent, "commit", "-m", "x")
    git(inner.parent, "remote", "add", "origin", str(tmp_path / "remote"))
    git(inner.parent, "push", "-u", "origin", "main")
    moved = Site(inner, pulled.server)
    edited = next((inner / "briefs").glob("*.md"))
    edited.write_text(edited.read_text() + "\nMine.\n")
    file = backup(moved, tmp_path / "kept.backup")
    assert [path for path in listed(file) if path.startswith("site/")] == [f"site/briefs/{edited.name}"]
    (tmp_path / "nowhere").mkdir()
    monkeypatch.chdir(tmp_path / "nowhere")
    assert run(["--quiet", "backup", "--check", str(file)]) == 0, "no site is needed to look at a backup"


def listed(file: Path) -> list[str]:
    told = subprocess.run(["tar", "tzf", file], check=True, capture_output=True, text=True)
    return told.stdout.splitlines()


def test_an_editors_hand_is_not_overruled(pulled: Site, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = backup(pulled, tmp_path / "kept.backup")
    edited, lost, *_ = sorted((pulled.root / "briefs").glob("*.md"))
    before = edited.read_text()
    edited.write_text("---\ntitle: Mine\n---\nMy words.\n")
    lost.unlink()
    capsys.readouterr()
    assert run(["--site", str(pulled.root), "--json", "restore", str(file)]) == 0
    told = json.loads(capsys.readouterr().out)
    assert edited.read_text() == "---\ntitle: Mine\n---\nMy words.\n"
    assert told["left"] == [f"briefs/{edited.name}"]
    assert told["written"] == [f"briefs/{lost.name}"]
    assert (Path(told["aside"]) / "briefs" / edited.name).read_text() == before


def test_no_secret_is_in_a_backup_and_each_is_named(
    pulled: Site, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SITEGEN_PUBLISH__NETLIFY__TOKEN", "nfp_verysecret")
    monkeypatch.setenv("SITEGEN_SITE__TITLE", "From the environment")
    (pulled.root / "content").mkdir()
    (pulled.root / "content/token.txt").write_text("paperless-secret")
    monkeypatch.setenv("SITEGEN_SOURCE__PAPERLESS__TOKEN_FILE", "content/token.txt")
    file = backup(pulled, tmp_path / "kept.backup")
    shutil.unpack_archive(file, tmp_path / "open", "gztar", filter="data")
    everything = b"".join(path.read_bytes() for path in (tmp_path / "open").rglob("*") if path.is_file())
    assert b"verysecret" not in everything
    assert b"paperless-secret" not in everything
    assert json.loads((tmp_path / "open/settings.json").read_text()) == {"SITEGEN_SITE__TITLE": "From the environment"}
    capsys.readouterr()
    assert run(["--site", str(pulled.root), "restore", str(file)]) == 0
    told = capsys.readouterr().err
    assert "SITEGEN_PUBLISH__NETLIFY__TOKEN" in told
    assert "settings.json" in told
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_a_backup_while_a_pull_runs_is_whole(site: Site, tmp_path: Path) -> None:
    """Whatever a pull is doing, what the copied journal calls done has its brief and its summary in the copy."""
    documents(site.root, 12)
    pull = subprocess.Popen([sys.executable, "-m", "sitegen", "--site", site.root, "--quiet", "pull"])
    taken: list[Path] = []
    while pull.poll() is None:
        if len(taken) < 2 and len([*(site.root / "briefs").glob("*.md")]) > 1 + 4 * len(taken):
            taken.append(backup(site, tmp_path / f"{len(taken)}.backup"))
        time.sleep(0.02)
    assert pull.returncode == 0
    assert taken, "no backup was taken while the pull was in the middle"
    for file in taken:
        fresh = new_disk(site, tmp_path / f"site-{file.stem}")
        assert fresh.run("restore", str(file)) == 0
        journal = Journal(fresh.state / "journal.sqlite")
        done = [entry.ref for entry in journal.entries("done")]
        assert journal.count("running") == 0
        journal.close()
        assert 0 < len(done) < 12
        briefs = [path.read_text() for path in (fresh.root / "briefs").glob("*.md")]
        assert all(any(ref in text for text in briefs) for ref in done)
        documents(fresh.root, 12)
        site.server.requests.clear()
        assert fresh.run("pull") == 0
        assert len([path for path in fresh.briefs() if path.endswith(".md")]) == 12
        asked = [str(one.body) for one in site.server.requests]
        assert not any(f"Report {Path(ref).stem.split(':')[-1]}\\n" in text for ref in done for text in asked)


@pytest.mark.parametrize("name", ["watch", "pull", "publish", "backup"])
def test_nothing_is_restored_beside_somebody_at_work(pulled: Site, tmp_path: Path, name: str) -> None:
    file = backup(pulled, tmp_path / "kept.backup")
    before = (pulled.state / "journal.sqlite").read_bytes()
    with files.lock(pulled.state / f"{name}.lock", name):
        assert pulled.run("restore", str(file)) == 1
    assert (pulled.state / "journal.sqlite").read_bytes() == before


def test_nor_beside_one_that_has_the_journal_open(
    pulled: Site, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = backup(pulled, tmp_path / "kept.backup")
    journal = Journal(pulled.state / "journal.sqlite")
    journal.entries()
    assert pulled.run("restore", str(file)) == 1
    assert "SG604" in capsys.readouterr().err
    journal.close()
    assert pulled.run("restore", str(file)) == 0


def test_a_restore_can_be_undone(pulled: Site, tmp_path: Path) -> None:
    file = backup(pulled, tmp_path / "early.backup")
    documents(pulled.root, 7)
    assert pulled.run("pull") == 0
    assert count(pulled) == 7
    assert pulled.run("restore", str(file)) == 0
    assert count(pulled) == 5
    assert pulled.run("restore", "--undo") == 0
    assert count(pulled) == 7
    assert pulled.run("restore", "--undo") == 1, "only once"
    assert pulled.run("pull") == 0


def count(site: Site) -> int:
    journal = Journal(site.state / "journal.sqlite")
    found = journal.count("done")
    journal.close()
    return found


def test_a_damaged_backup_changes_nothing(pulled: Site, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    raw = bytearray(backup(pulled, tmp_path / "kept.backup").read_bytes())
    raw[len(raw) // 2] ^= 1
    bad = tmp_path / "bad.backup"
    bad.write_bytes(raw)
    documents(pulled.root, 6)
    assert pulled.run("pull") == 0
    before, briefs = count(pulled), pulled.briefs()
    for words in (["restore", str(bad)], ["backup", "--check", str(bad)]):
        capsys.readouterr()
        assert pulled.run(*words) == 1
        assert "SG726" in capsys.readouterr().err
    assert not (pulled.state / "restore/incoming").exists(), "nothing of it lies about"
    assert (count(pulled), pulled.briefs()) == (before, briefs)


def test_a_foreign_database_is_refused(pulled: Site, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A trigger would act in our name, and a cache that says where its files lie would lead elsewhere."""
    with sqlite3.connect(pulled.state / "journal.sqlite") as database:
        database.execute("CREATE TRIGGER bad AFTER UPDATE ON documents BEGIN DELETE FROM documents; END")
    database.close()
    file = backup(pulled, tmp_path / "bad.backup")
    assert pulled.run("restore", str(file)) == 1
    assert "tables are not those of a journal" in capsys.readouterr().err
    with sqlite3.connect(pulled.state / "journal.sqlite") as database:
        database.execute("DROP TRIGGER bad")
    database.close()
    with sqlite3.connect(pulled.state / "cache/cache.db") as database:
        database.execute("INSERT INTO Settings VALUES ('disk__directory', '/etc')")
    database.close()
    file = backup(pulled, tmp_path / "led-astray.backup")
    assert pulled.run("restore", str(file)) == 0
    with sqlite3.connect(pulled.state / "cache/cache.db") as database:
        assert database.execute("SELECT * FROM Settings WHERE key LIKE 'disk__directory'").fetchall() == []
    database.close()


def test_a_backup_of_an_earlier_journal_is_put_back(pulled: Site, tmp_path: Path) -> None:
    with sqlite3.connect(pulled.state / "journal.sqlite") as database:
        database.executescript("DROP TABLE marks; PRAGMA user_version = 3;")
    database.close()
    file = backup(pulled, tmp_path / "earlier.backup")
    with sqlite3.connect(pulled.state / "journal.sqlite") as database:  # so it was before anything opened it again
        database.executescript("DROP TABLE IF EXISTS marks; PRAGMA user_version = 3;")
    database.close()
    assert pulled.run("restore", str(file)) == 0
    assert count(pulled) == 5
    assert pulled.run("pull") == 0


def test_files_of_a_backup_go_nowhere_but_to_pages_and_briefs(pulled: Site, tmp_path: Path) -> None:
    from tests.backup.test_archive import forged

    for name in ("site/plugins/evil.py", "site/.git/hooks/pre-commit", "site/briefs/.hidden/x.md", "state/pull.lock"):
        bad = tmp_path / "bad.backup"
        bad.write_bytes(forged([("settings.json", b"{}\n"), (name, b"x")]))
        before = there(pulled)
        assert pulled.run("restore", str(bad)) == 1, name
        assert there(pulled) == before


def there(site: Site) -> list[Path]:
    """All files, those aside that hold a lock, and those that are only looked at."""
    found = (path for path in site.root.rglob("*") if "restore" not in path.parts)
    return sorted(path for path in found if path.suffix not in (".lock", ".sqlite-wal", ".sqlite-shm"))


def test_a_link_on_disk_leads_no_file_out(pulled: Site, tmp_path: Path) -> None:
    from tests.backup.test_archive import forged

    (tmp_path / "outside").mkdir()
    (pulled.root / "content").mkdir()
    (pulled.root / "content/news").symlink_to(tmp_path / "outside")
    bad = tmp_path / "bad.backup"
    bad.write_bytes(forged([("settings.json", b"{}\n"), ("site/content/news/x.md", b"x")]))
    assert pulled.run("restore", str(bad)) == 1
    assert [*(tmp_path / "outside").iterdir()] == []


def test_large_values_of_the_cache_are_files_and_come_back(pulled: Site, tmp_path: Path) -> None:
    from sitegen.enrich.cache import SummaryCache, answer_key
    from sitegen.enrich.engines.base import Completion, Identity

    identity, text = Identity("ollama", "m", "d"), os.urandom(60_000).hex()
    key = answer_key(identity, [], {})
    cache = SummaryCache(pulled.state / "cache")
    cache.keep(key, Completion(text), identity)
    cache.keep(answer_key(identity, [], {"x": 1}), Completion(text[::-1]), identity)
    cache.close()
    _, second = sorted((pulled.state / "cache").rglob("*.val"), key=lambda path: path.stat().st_mtime_ns)
    second.unlink()  # as when somebody prunes while the backup is being made
    file = backup(pulled, tmp_path / "kept.backup")
    shutil.rmtree(pulled.state / "cache")
    assert pulled.run("restore", str(file)) == 0
    cache = SummaryCache(pulled.state / "cache")
    found = cache.answer(key)
    assert found is not None
    assert found.text == text
    assert cache.answer(answer_key(identity, [], {"x": 1})) is None
    cache.close()


def test_old_backups_in_a_folder_make_room(pulled: Site, tmp_path: Path) -> None:
    folder = tmp_path / "backups"
    folder.mkdir()
    (folder / "sitegen-20200101T000000Z.backup").write_text("old")
    (folder / "sitegen-20200102T000000Z.backup").write_text("old")
    (folder / "mine.txt").write_text("not a backup")
    (folder / ".sitegen-20200103T000000Z.backup.0123abcd.tmp").write_text("left by one that was killed")
    backup(pulled, folder, "--keep", "2")
    names = sorted(path.name for path in folder.iterdir())
    assert names[:2] == ["mine.txt", "sitegen-20200102T000000Z.backup"]
    assert len(names) == 3


def test_a_folder_that_is_not_there_is_not_made_for_a_backup(
    pulled: Site, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """It may be a disk that is not mounted."""
    assert pulled.run("backup", str(tmp_path / "mnt/disk/site.backup")) == 1
    assert "mount" in capsys.readouterr().err
    assert not (tmp_path / "mnt").exists()


def test_a_backup_beside_what_it_keeps_is_refused(pulled: Site, capsys: pytest.CaptureFixture[str]) -> None:
    assert pulled.run("backup", str(pulled.state / "x.backup")) == 1
    assert "SG729" in capsys.readouterr().err
    assert pulled.run("backup", str(pulled.root / "x.backup"), "--keep", "3") == 1
    assert pulled.run("restore") == 2
    assert pulled.run("restore", "x", "--undo") == 2


def test_ten_thousand_documents_are_back_in_seconds(pulled: Site, tmp_path: Path) -> None:
    """What counts is known from here: the time per document of copying, reading and putting back."""
    with sqlite3.connect(pulled.state / "journal.sqlite") as database:
        rows = [(f"folder:many/{n}.txt", f"Report {n}", "done", 1.0, files.sha256(str(n))) for n in range(10_000)]
        database.executemany(
            "INSERT INTO documents (ref, title, state, updated, fingerprint) VALUES (?, ?, ?, ?, ?)", rows
        )
    database.close()
    began = time.process_time()
    file = backup(pulled, tmp_path / "kept.backup")
    assert pulled.run("restore", str(file)) == 0
    assert count(pulled) == 10_005
    assert time.process_time() - began < 5
