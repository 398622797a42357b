"""Archetypes: what a new page or brief begins with, by ``sitegen new``."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath

from sitegen import files, frontmatter
from sitegen.errors import ArchetypeBroken, FileThere, PathEscapes, Place
from sitegen.settings import Project
from sitegen.site import chain
from sitegen.text import plain

FOLDER = "archetypes"
_HOLDER = re.compile(r"\{\{\s*(\w+)\s*\}\}")
_WHOLE = re.compile(r"""^(\s*(?:-\s+|[\w-]+:\s+))(["']?)\{\{\s*(\w+)\s*\}\}\2\s*$""", re.MULTILINE)
"""A placeholder that is the whole value of a field: written so that YAML takes it for text, whatever is in it."""
_PAGE = '---\ntitle: {{ title }}\nsummary: ""\nstatus: draft\n---\n\n'
_BRIEF = '---\ntitle: {{ title }}\nsummary: ""\ndate: {{ date }}\ntags: []\nmethod: written\nstatus: draft\n---\n\n'


def create(project: Project, path: str, title: str | None, today: dt.date) -> Path:
    """Makes the file for a new page; ``path`` is below the site's folder, or below its folder of content.

    Raises ``PathEscapes``, ``FileThere``, ``ArchetypeBroken``, ``ContentError`` or ``StorageError``; then nothing was
    written.
    """
    target = _target(project, path)
    brief = target.is_relative_to(project.briefs.resolve())
    section = "briefs" if brief else _section(project, target)
    values = {"title": title or _title(target), "date": today.isoformat(), "slug": target.stem}
    name, text = _archetype(project, section)
    filled = _filled(text, values, name)
    _check(filled, name, brief=brief)
    if not files.create(target, filled):
        raise FileThere("there is a file of this name", place=str(target))
    return target


def _target(project: Project, path: str) -> Path:
    wanted = PurePosixPath(path if path.endswith(".md") else f"{path}.md")
    if any(part.startswith(".") for part in wanted.parts) or wanted.is_absolute() or not wanted.stem:
        raise PathEscapes(f"{path!r} is no name for a page below {project.root}", place=str(project.root))
    build = project.settings.build
    if not any(wanted.is_relative_to(folder.as_posix()) for folder in (build.content, build.briefs)):
        wanted = PurePosixPath(build.content.as_posix()) / wanted
    return files.confined(project.root, str(wanted))


def _section(project: Project, target: Path) -> str:
    parts = target.relative_to(project.content.resolve()).parts
    return parts[0] if len(parts) > 1 else ""


def _title(target: Path) -> str:
    stem = target.parent.name if target.stem in ("index", "_index") else target.stem
    words = plain(stem.replace("-", " ").replace("_", " "))
    return f"{words[:1].upper()}{words[1:]}" or "Untitled"


def _archetype(project: Project, section: str) -> tuple[str, str]:
    """The name and the text of the archetype: the site's own, the theme's, or ours."""
    for found in _candidates(project, section):
        if found.is_file():
            name = str(found.relative_to(project.root)) if found.is_relative_to(project.root) else str(found)
            return name, files.read_text(found)
    return "the built-in archetype", _BRIEF if section == "briefs" else _PAGE


def _candidates(project: Project, section: str) -> Iterator[Path]:
    # A brief must say its status, which an archetype for pages need not do.
    names = [f"{section}.md"] if section == "briefs" else [f"{section}.md", "default.md"] if section else ["default.md"]
    for folder in (project.root, *(layer.folder for layer in chain.themes(project))):
        yield from (folder / FOLDER / name for name in names)


def _filled(text: str, values: Mapping[str, str], name: str) -> str:
    head, rest = _split(text)

    def value(holder: str, at: int) -> str:
        try:
            return values[holder]
        except KeyError:
            known = ", ".join(f"{{{{ {one} }}}}" for one in values)
            line = text.count("\n", 0, at) + 1
            reason = f"there is no placeholder {{{{ {holder} }}}}; those known are {known}"
            raise ArchetypeBroken(reason, place=Place(name, line)) from None

    def whole(match: re.Match[str]) -> str:
        found = value(match[3], match.start(3))
        return f"{match[1]}{found if match[3] == 'date' else json.dumps(found, ensure_ascii=False)}"

    head = _HOLDER.sub(lambda match: value(match[1], match.start()), _WHOLE.sub(whole, head))
    return head + _HOLDER.sub(lambda match: value(match[1], len(text) - len(rest) + match.start()), rest)


def _split(text: str) -> tuple[str, str]:
    """The front matter with its marks, and what follows."""
    found = re.match(r"---\n.*?\n---\n", text, re.DOTALL)
    return (text[: found.end()], text[found.end() :]) if found else ("", text)


def _check(text: str, name: str, *, brief: bool) -> None:
    """Raises ``ContentError`` for an archetype that would make a page no build could use."""
    parsed = frontmatter.split(text, name)
    frontmatter.validate(parsed.fields, name, text)
    if brief and "status" not in parsed.fields:
        raise frontmatter.unstated(name)
