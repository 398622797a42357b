"""Folder: the lists of names on disk, for those who have no inputs of a build."""

from __future__ import annotations

from sitegen import files
from sitegen.privacy.guard import Guard
from sitegen.settings import Project


class NamesFolder:
    """The files of the folder that `[privacy] names` names."""

    def __init__(self, project: Project) -> None:
        names = project.settings.privacy.names
        self._folder = None if names is None else project.path(names)

    def of(self, tree: str) -> list[str]:
        return [] if self._folder is None else [f"{tree}/{entry.path}" for entry in files.scan(self._folder)]

    def read(self, key: str) -> bytes:
        assert self._folder is not None
        with files.guarded(self._folder):
            return (self._folder / key.partition("/")[2]).read_bytes()


def guard_of(project: Project) -> Guard | None:
    """The guard of a site. None when it wants no scan. Raises ``NamesMissing`` or ``TextNotUtf8``."""
    return Guard.of(project.settings.privacy, NamesFolder(project))
