"""Changes: what a publication does to the public site, in words for a commit and a pull request."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from sitegen import frontmatter
from sitegen.errors import ContentError

PUBLIC = "published"
LONGEST = 40
"""Titles in a commit message."""
MOST_ROWS = 100
MOST_CHARACTERS = 50_000
"""Of a table; GitHub takes 65,536 characters, and refuses a pull request that has more."""


@dataclass(frozen=True, slots=True)
class Brief:
    """One side of a changed brief."""

    title: str
    status: str
    source: str = ""

    @classmethod
    def of(cls, text: str | None, path: str) -> Brief | None:
        """What a file says of itself; None when there is none."""
        if text is None:
            return None
        try:
            fields = frontmatter.split(text, path).fields
        except ContentError:
            fields = {}
        title, status, source = (str(fields.get(name) or "") for name in ("title", "status", "source"))
        return cls(title or path, status or "draft", source)


@dataclass(frozen=True, slots=True)
class Changes:
    """The briefs by what becomes of them: (title, path, source)."""

    added: list[tuple[str, str, str]] = field(default_factory=list)
    revised: list[tuple[str, str, str]] = field(default_factory=list)
    withdrawn: list[tuple[str, str, str]] = field(default_factory=list)
    unseen: list[tuple[str, str, str]] = field(default_factory=list)
    """Drafts and the like, which the public does not see."""

    @classmethod
    def of(
        cls,
        changed: Sequence[tuple[str, str]],
        before: Callable[[str], str | None],
        now: Callable[[str], str | None],
    ) -> Changes:
        """Of the changed files, given with ``A``, ``M`` or ``D``. A brief that only moved is revised."""
        found = cls()
        olds = {path: Brief.of(before(path), path) for kind, path in changed if kind != "A" and path.endswith(".md")}
        moved = {old.source: old for path, old in olds.items() if old and old.source}
        news = {path: Brief.of(now(path), path) for kind, path in changed if kind != "D" and path.endswith(".md")}
        there = {new.source for new in news.values() if new and new.source}
        for path, new in news.items():
            old = olds.get(path) or (moved.get(new.source) if new else None)
            if new is not None:
                cls._sort(found, old, new, path)
        for path, old in olds.items():
            if old is not None and path not in news and old.source not in there:
                place = found.withdrawn if old.status == PUBLIC else found.unseen
                place.append((old.title, path, old.source))
        return found

    @staticmethod
    def _sort(found: Changes, old: Brief | None, new: Brief, path: str) -> None:
        was, will = old is not None and old.status == PUBLIC, new.status == PUBLIC
        place = found.revised if was and will else found.added if will else found.withdrawn if was else found.unseen
        place.append((new.title, path, new.source))

    def headline(self) -> str:
        """``Publish 2 briefs, revise 1``."""
        parts = [
            f"{verb} {len(group)}"
            for verb, group in (("publish", self.added), ("revise", self.revised), ("withdraw", self.withdrawn))
            if group
        ]
        if not parts:
            return (
                f"Keep {len(self.unseen)} brief{_s(self.unseen)} that nobody sees yet"
                if self.unseen
                else "Keep records"
            )
        first, *rest = parts
        return ", ".join([f"{first.capitalize()} brief{_s(self.added or self.revised or self.withdrawn)}", *rest])

    def message(self, own: str = "") -> str:
        """The commit message: ``own`` words first when there are some."""
        lines = [own or self.headline(), ""]
        if own:
            lines += [self.headline() + ".", ""]
        for heading, group in self._groups():
            lines += [f"{heading}:", *(f"- {title}" for title, *_ in group[:LONGEST])]
            if len(group) > LONGEST:
                lines.append(f"- and {len(group) - LONGEST} more")
            lines.append("")
        if self.unseen:
            lines += [f"{len(self.unseen)} that the public does not see.", ""]
        return "\n".join(lines).rstrip() + "\n"

    def _groups(self) -> Iterator[tuple[str, list[tuple[str, str, str]]]]:
        groups = (("Added", self.added), ("Revised", self.revised), ("Withdrawn", self.withdrawn))
        return ((heading, group) for heading, group in groups if group)

    def table(self, record: Callable[[str], dict[str, Any]]) -> str:
        """The same as Markdown for a pull request, with what ``record`` of a source tells of how it was made."""
        lines = ["| brief | change | made | checks |", "|---|---|---|---|"]
        rows = [(heading.lower(), one) for heading, group in self._groups() for one in group]
        room = MOST_CHARACTERS
        for count, (change, (title, path, source)) in enumerate(rows):
            made = record(source).get("made") or {}
            how = " ".join(str(made.get(name) or "") for name in ("method", "model")).strip()
            line = f"| {_cell(title)}<br>`{_cell(path)}` | {change} | {_cell(how)} | {_cell(_checks(made))} |"
            room -= len(line.encode()) + 1
            if room < 0 or count == MOST_ROWS:
                lines += ["", f"And {len(rows) - count} more."]
                break
            lines.append(line)
        if self.unseen:
            lines += ["", f"{len(self.unseen)} more that the public does not see."]
        return "\n".join(lines) + "\n"

    def as_dict(self) -> dict[str, object]:
        names = ("added", "revised", "withdrawn", "unseen")
        return {name: [{"title": title, "path": path} for title, path, _ in getattr(self, name)] for name in names}


def _checks(made: dict[str, Any]) -> str:
    """Scores and dropped points, as far as they were recorded."""
    scores = made.get("scores") or {}
    shown = [f"{name} {value:.2f}" for name, value in scores.items() if isinstance(value, float) and value <= 1][:4]
    if dropped := made.get("dropped"):
        shown.append(f"{dropped} dropped")
    return ", ".join(shown)


def record_of(text: str | None) -> dict[str, Any]:
    """A provenance record, as far as it can be read."""
    try:
        found = json.loads(text or "{}")
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _cell(text: str) -> str:
    """Text for a cell of a table: nothing in it is Markdown or HTML."""
    line = " ".join(text.split())
    return "".join(
        f"\\{char}" if char in "\\`*_[]|#~" else {"<": "&lt;", ">": "&gt;", "@": "@\u200b"}.get(char, char)
        for char in line
    )


def _s(group: Sequence[object]) -> str:
    return "" if len(group) == 1 else "s"
