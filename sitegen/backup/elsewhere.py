"""Elsewhere: which files of a site the remote of its repository has already."""

from __future__ import annotations

import re
from collections.abc import Iterator

from sitegen import files
from sitegen.errors import GitFailed, GitMissing, GitRefused
from sitegen.publish.repository import Repository
from sitegen.root import FILE_NAME
from sitegen.settings import Project

_EACH = re.compile(r"[^\0]+")


def not_elsewhere(project: Project) -> Iterator[str]:
    """The site's settings, pages and briefs, as far as they are not as the remote is known to have them; in no order.

    Without a repository, or one that nobody has a copy of, that is all of them. The remote is not asked.
    """
    yield from (path for path in _differing(project) if (project.root / path).is_file())


def places(project: Project) -> list[str]:
    """The folders of pages and briefs, as far as they are below the site's own."""
    root = project.root.resolve()
    found = [folder for folder in (project.briefs, project.content) if folder.resolve().is_relative_to(root)]
    below = (folder.relative_to(project.root).as_posix() for folder in found if folder.is_relative_to(project.root))
    return list(dict.fromkeys(below))


def is_own(path: str, below: list[str]) -> bool:
    """Whether a file of a site's folder is its settings, or a page, brief or record; hidden files are none."""
    hidden = any(part.startswith(".") and part != ".provenance" for part in path.split("/"))
    return path == FILE_NAME or (not hidden and path.startswith(tuple(f"{place}/" for place in below)))


def _differing(project: Project) -> Iterator[str]:
    below = places(project)
    told = _told_by_git(project, [FILE_NAME, *below])
    if told is None:
        yield FILE_NAME
        for place in below:
            yield from (
                path
                for name in files.names(project.root / place, hidden=True)
                if is_own(path := f"{place}/{name}", below)
            )
        return
    for found in _EACH.finditer(told):
        if is_own(found[0], below):
            yield found[0]


def _told_by_git(project: Project, paths: list[str]) -> str | None:
    """What differs from the remote's branch as it was last heard of, and what git does not know; None without one."""
    repository = Repository(project.root)
    here = ["--", *(f":(literal){path}" for path in paths)]
    try:
        commit = repository.git("rev-parse", "--verify", "--quiet", "@{upstream}^{commit}", fails=True).strip()
        if not commit:
            return None
        changed = repository.git("diff", "--name-only", "--no-renames", "--relative", "-z", commit, *here)
        return f"{changed}\0{repository.git('ls-files', '--others', '-z', *here)}"
    except (GitMissing, GitRefused, GitFailed):
        return None
