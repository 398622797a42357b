"""The doctor: every part that sitegen needs, tried for real, with a remedy for each that is wrong."""

from __future__ import annotations

import asyncio
import shutil
import sys
from collections.abc import Awaitable, Callable

from sitegen.errors import SitegenError
from sitegen.settings import FILE_NAME, Project
from sitegen.sources.base import Finding

LOW_DISK = 500_000_000
"""Bytes below which the disk counts as nearly full."""


async def examine(project: Project) -> list[Finding]:
    """All findings: settings, source, engine, disk, git. Nothing is changed, and no check stops another."""
    findings = [_settings(project)]
    findings += await _tried("source", lambda: _source(project))
    findings += await _tried("engine", lambda: _engine(project))
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


def _disk(project: Project) -> Finding:
    try:
        free = shutil.disk_usage(project.root).free
    except OSError as error:
        return Finding("disk", "error", str(error), "Check that the site's folder can be read.")
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
