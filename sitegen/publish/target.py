"""Target: a place where sites are published. A deploy goes there as a draft, and the very same one is promoted."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from sitegen.publish.manifest import Manifest
    from sitegen.settings import Project

Progress = Callable[[str, int, int], None]
"""Told the phase (``upload``), and how many of how many files are there."""


@dataclass(frozen=True, slots=True)
class Deploy:
    """A version of the site at a target."""

    id: str
    state: str
    """``ready`` when it can be promoted."""
    url: str = ""
    """Where it can be seen before it is promoted; empty when nowhere."""
    build: str = ""
    """The name of the build that it shows, when that is known."""
    message: str = ""
    created: str = ""
    published: str = ""
    """When it was last promoted; empty when it never was."""
    current: bool = False
    uploaded: int = 0
    """Files that the target did not have yet."""

    def as_dict(self) -> dict[str, object]:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Status:
    """What a target shows now."""

    url: str
    current: Deploy | None
    locked: bool = False

    def as_dict(self) -> dict[str, object]:
        current = self.current.as_dict() if self.current else None
        return {"url": self.url, "locked": self.locked, "current": current}


@dataclass(frozen=True, slots=True)
class Change:
    """A promotion or a return: what is shown now, and what was before."""

    current: Deploy
    previous: str = ""
    """The id of what was shown before; give it to ``rollback`` to return to it."""
    already: bool = False
    """Whether it was shown already, so that nothing changed."""

    def as_dict(self) -> dict[str, object]:
        return {"current": self.current.as_dict(), "previous": self.previous, "already": self.already}


class Target(Protocol):
    """All methods raise ``PublishError``."""

    async def draft(self, manifest: Manifest, message: str, progress: Progress, alias: str = "") -> Deploy:
        """Brings the files there, without showing them to the public; only those that are missing travel. ``alias`` is
        the name in an address that stays the same for the next draft, where the target has such addresses."""
        ...

    async def promote(self, deploy: str) -> Change:
        """Shows a deploy to the public. Nothing is uploaded or built again."""
        ...

    async def rollback(self, deploy: str | None) -> Change:
        """Shows an earlier deploy again; None for the one before."""
        ...

    async def status(self) -> Status: ...

    async def deploys(self, limit: int) -> Sequence[Deploy]:
        """The deploys, newest first."""
        ...

    async def aclose(self) -> None: ...


def open_target(project: Project) -> Target:
    """The target that the settings name. Raises ``SettingsError``."""
    wanted = project.settings.publish
    if wanted.target == "folder":
        from sitegen.publish.releases import Releases

        return Releases(project.path(wanted.folder.path), keep=wanted.folder.keep, url=project.settings.site.base_url)
    if wanted.target == "ssh":
        from sitegen.publish.remote import Remote

        return Remote.of(project)
    from sitegen.publish.netlify import Netlify

    return Netlify.of(project)
