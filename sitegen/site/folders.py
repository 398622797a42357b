"""Folders: where a build reads from, and where it may write to."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from sitegen import files
from sitegen.errors import OutputRefused

if TYPE_CHECKING:
    from sitegen.project import Project
    from sitegen.site.chain import Layer

_NOT_COUNTED = {".git", ".gitignore", ".gitkeep", ".DS_Store"}
"""Names in an output folder that do not make it somebody else's."""
_NAMED = 3
"""How many files an error names."""


def trees(project: Project, chain: Iterable[Layer]) -> dict[str, Path]:
    """All trees that a build reads, by the names that their keys begin with."""
    names = project.settings.privacy.names
    return {
        **({} if names is None else {"names": project.path(names)}),
        "content": project.content,
        "briefs": project.briefs,
        "provenance": project.briefs / ".provenance",
        **{layer.tree: layer.folder for layer in chain},
        **{name: project.root / name for name in ("templates", "static", "i18n", "data", "plugins")},
    }


_SIGNS = {"_headers", "404.html", "sitemap.xml"}
"""Outputs that every build makes, and hardly anything else all three."""


def check_output(project: Project, output: Path, chain: Iterable[Layer], earlier: Path | None) -> None:
    """Raises ``OutputRefused`` when the output folder is, holds or lies in a folder that the build reads."""
    if earlier is not None and (output.is_relative_to(earlier) or earlier.is_relative_to(output)):
        raise OutputRefused(
            "the output folder is, holds or lies in the earlier build that assets are carried from",
            place=str(output),
            remedy="Move the earlier build to another folder first: it is what readers have, and is not changed.",
        )
    root = project.root.resolve()
    if root.is_relative_to(output):
        raise OutputRefused("the output folder would be the site's own folder, or hold it", place=str(output))
    read = [*trees(project, chain).values(), project.root / "themes", project.root / ".git"]
    for folder in (path.resolve() for path in read):
        if output.is_relative_to(folder) or folder.is_relative_to(output):
            raise OutputRefused(f"the output folder overlaps {folder}, which the site is made from", place=str(output))
    if output.exists() and not output.is_dir():
        raise OutputRefused("the output folder is a file", place=str(output))


def adopted(output: Path, paths: Collection[str], *, private: bool = False) -> set[str]:
    """Which files of the output folder are ours, though no build is known of: those of ``paths``, the outputs of this
    build; in a ``private`` one, which lies in the state folder and is nobody else's, all.

    So the folder of a build whose memory was lost is taken on. Raises ``OutputRefused`` when it holds anything else:
    a file elsewhere, or a link, which no build makes; and when nothing shows that a build of ours was there.
    """
    wanted, ours = set(paths), set()
    foreign = []
    for entry in files.scan(output, hidden=True):
        if private or (entry.path in wanted and not (output / entry.path).is_symlink()):
            ours.add(entry.path)
        elif entry.path.split("/")[0] not in _NOT_COUNTED:
            foreign.append(entry.path)
    if ours and not private and not ours >= _SIGNS:  # somebody's index.html is not the remains of a build
        foreign = sorted([*foreign, *ours])
    if foreign:
        more = f" and {len(foreign) - _NAMED} more" if len(foreign) > _NAMED else ""
        raise OutputRefused(
            f"the folder holds files that this build does not make: {', '.join(foreign[:_NAMED])}{more}",
            place=str(output),
            remedy="Delete the folder if it holds nothing but an old build, or choose another with `--output DIR`.",
        )
    return ours
