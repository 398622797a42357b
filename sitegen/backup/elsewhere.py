"""Elsewhere: which files of a site the remote of its repository has already."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from sitegen import files
from sitegen.errors import GitFailed, GitMissing, GitRefused
from sitegen.publish.repository import Repository
from sitegen.root import FILE_NAME
from sitegen.settings import Project


def not_elsewhere(project: Project) -> list[str]:
    """The site's settings, pages and briefs, as far as they are not as the remote is known to have them.

    Without a repository, or one that nobody has a copy of, that is all of them. The remote is not asked.
    """
    known = _known(project)
    return [path for path in _own(project) if known.get(path) != _blob(project, path, known)]


def _own(project: Project) -> Iterator[str]:
    if (project.root / FILE_NAME).is_file():
        yield FILE_NAME
    for folder in dict.fromkeys((project.briefs, project.content)):
        if not folder.resolve().is_relative_to(project.root.resolve()):
            continue
        below = folder.relative_to(project.root).as_posix()
        for entry in files.scan(folder, hidden=True):
            if visible(entry.path):
                yield f"{below}/{entry.path}"


def visible(path: str) -> bool:
    """Whether a file of a site's folder is one of the site: hidden ones are not, but for the records of briefs."""
    return not any(part.startswith(".") and part != ".provenance" for part in path.split("/"))


def _known(project: Project) -> dict[str, str]:
    """Path → hash, as the remote had them when it was last heard of."""
    repository = Repository(project.root)
    try:
        commit = repository.git("rev-parse", "--verify", "--quiet", "@{upstream}^{commit}", fails=True).strip()
        listed = repository.git("ls-tree", "-r", "-z", commit, fails=True) if commit else ""
    except (GitMissing, GitRefused, GitFailed):
        return {}
    found = {}
    for line in listed.split("\0"):
        facts, _, path = line.partition("\t")
        if path:
            found[path] = facts.split()[2]
    return found


def _blob(project: Project, path: str, known: dict[str, str]) -> str:
    """The name that git has for a file's content; empty when that need not be known."""
    if (wanted := known.get(path)) is None:
        return ""
    try:
        data = (project.root / path).read_bytes()
    except OSError:
        return ""
    digest = hashlib.sha256() if len(wanted) == 64 else hashlib.sha1(usedforsecurity=False)
    digest.update(b"blob %d\0" % len(data))
    digest.update(data)
    return digest.hexdigest()
