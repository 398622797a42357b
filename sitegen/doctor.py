"""The doctor: every part that sitegen needs, tried for real, with a remedy for each that is wrong."""

from __future__ import annotations

import asyncio
import os
import shutil
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

from sitegen.errors import SitegenError
from sitegen.root import FILE_NAME
from sitegen.settings import Project
from sitegen.sources.base import Finding

LOW_DISK = 500_000_000
"""Bytes below which the disk counts as nearly full."""
NO_DISK = 20_000_000
"""Bytes below which it is full: the next pull or build would fail."""


async def examine(project: Project) -> list[Finding]:
    """All findings: settings, source, engine, folders, journal, briefs, disk, git.

    Nothing is changed, and no check stops another.
    """
    findings = [_settings(project)]
    findings += await _tried("source", lambda: _source(project))
    findings += await _tried("engine", lambda: _engine(project))
    findings += _folders(project)
    findings += await _tried("journal", lambda: asyncio.to_thread(_journal, project))
    findings += await _tried("briefs", lambda: asyncio.to_thread(_briefs, project))
    return [*findings, _disk(project), await _git(project)]


async def _tried(topic: str, check: Callable[[], Awaitable[list[Finding]]]) -> list[Finding]:
    try:
        return await check()
    except SitegenError as error:
        return [Finding(topic, "error", problem.message, problem.remedy) for problem in error.problems]


def _settings(project: Project) -> Finding:
    changed = sum(origin != "default" for origin in project.origins.values())
    version = ".".join(map(str, sys.version_info[:3]))
    return Finding("settings", "ok", f"{project.root / FILE_NAME}, {changed} settings set; Python {version}")


async def _source(project: Project) -> list[Finding]:
    from sitegen.sources import open_source

    source = open_source(project)
    try:
        return await source.check()
    finally:
        await source.aclose()


async def _engine(project: Project) -> list[Finding]:
    from sitegen.enrich.engines import open_engine

    engine = open_engine(project)
    try:
        return await engine.check()
    finally:
        await engine.aclose()


def _folders(project: Project) -> list[Finding]:
    """An error for each folder that sitegen could not write to."""
    findings = []
    for topic, folder in (("state", project.state), ("briefs", project.briefs)):
        problem = _unwritable(folder)
        if problem:
            remedy = "Check its owner and mode: the user that runs sitegen must be able to write there."
            findings.append(Finding(topic, "error", problem, remedy))
    return findings


def _unwritable(folder: Path) -> str:
    """Why no file could be made in ``folder``, or it could not be made itself; asked of the system, not tried."""
    while not os.path.lexists(folder):
        folder = folder.parent
    if not folder.is_dir():
        return f"{folder} is not a folder"
    if not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
        return f"{folder} cannot be written"
    return ""


def _journal(project: Project) -> list[Finding]:
    """An error when the journal is damaged; nothing when there is none yet."""
    from sitegen import files
    from sitegen.enrich.journal import FILE_NAME as NAME
    from sitegen.errors import StateDamaged

    path = project.state / NAME
    with files.guarded(path):
        if not path.exists():
            return []
        before = _stamps(path)
        damage = _damage(path)
        if damage and _stamps(path) == before:  # else a pull wrote while it was copied
            raise StateDamaged(f"{path} is damaged: {damage}", place=str(path))
    return [Finding("journal", "ok", f"{path} is sound")]


def _damage(path: Path) -> str:
    """What is wrong with a SQLite file, seen in a copy: SQLite writes beside a file that it only reads."""
    import contextlib
    import sqlite3
    import tempfile

    with tempfile.TemporaryDirectory(prefix="sitegen-") as folder:
        for file in _files(path):
            shutil.copyfile(file, Path(folder) / file.name)
        try:
            with contextlib.closing(sqlite3.connect(Path(folder) / path.name)) as db:
                found = str(db.execute("PRAGMA quick_check(1)").fetchone()[0])
        except sqlite3.DatabaseError as error:
            return str(error)
    return "" if found == "ok" else found


def _files(path: Path) -> list[Path]:
    return [file for file in (path, path.with_name(f"{path.name}-wal")) if file.exists()]


def _stamps(path: Path) -> list[tuple[str, int, int]]:
    return [(file.name, info.st_size, info.st_mtime_ns) for file in _files(path) for info in (file.stat(),)]


def _briefs(project: Project) -> list[Finding]:
    """An error for each brief that cannot be read or claims another's document, with its place."""
    from sitegen.briefs.store import Store

    try:
        store = Store.open(project.briefs, keep=1)
    except SitegenError as error:
        problems, count = error.problems, 0
    else:
        problems, count = tuple(store.broken), len(store.briefs)
    if problems:
        return [Finding("briefs", "error", str(problem), problem.remedy) for problem in problems]
    return [Finding("briefs", "ok", f"{count} {'brief' if count == 1 else 'briefs'} can be read")]


def _disk(project: Project) -> Finding:
    try:
        return room(shutil.disk_usage(project.root).free)
    except OSError as error:
        return Finding("disk", "error", str(error), "Check that the site's folder can be read.")


def room(free: int) -> Finding:
    """How it stands with a disk that has ``free`` bytes left."""
    if free < NO_DISK:
        return Finding("disk", "error", f"{free / 1e6:.0f} MB free", "Make room; nothing can be written safely.")
    message = f"{free / 1e9:.1f} GB free"
    if free < LOW_DISK:
        return Finding("disk", "warning", message, "Make room; a full disk stops a pull, though nothing is lost.")
    return Finding("disk", "ok", message)


async def _git(project: Project) -> Finding:
    if shutil.which("git") is None:
        return Finding("git", "warning", "git is not installed", "Install git: it is the backup and history of briefs.")
    process = await asyncio.create_subprocess_exec(
        "git", "-C", str(project.root), "check-ignore", "-q", str(project.state),
        stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    code = await process.wait()
    if code == 128:
        return Finding(
            "git", "warning", "the site is not in a git repository", "Run `git init`, and commit the briefs."
        )
    if code == 1:
        return Finding("git", "warning", ".sitegen/ is not ignored by git", "Add a line `/.sitegen/` to .gitignore.")
    return Finding("git", "ok", "the site is in a git repository, and .sitegen/ is ignored")
