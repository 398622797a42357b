"""Editing: what an editor writes into the form is put into the file, and nothing else of it is touched."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sitegen import files, frontmatter
from sitegen.briefs import fields
from sitegen.briefs.file import BOM, File
from sitegen.briefs.merge import Merge
from sitegen.briefs.model import Generated
from sitegen.briefs.store import Brief, Store
from sitegen.errors import BriefChanged, FieldRefused
from sitegen.text import plain

_UNSEEN = dict.fromkeys(range(32)) | {127: None}


@dataclass(frozen=True, slots=True)
class Words:
    """What the form shows of a brief, and what it is sent back with."""

    title: str
    summary: str
    tags: tuple[str, ...]
    body: str
    """Markdown with ``\\n`` line ends, without blank lines around it."""

    @classmethod
    def of(cls, text: str, name: str) -> Words:
        """Of a whole file. Raises ``ContentError``."""
        parsed = frontmatter.split(text.removeprefix(BOM), name)
        matter = frontmatter.validate(parsed.fields, name, text, more=None)
        return cls(matter.title, matter.summary, matter.tags, _trimmed(File(text, name).body))

    @classmethod
    def sent(cls, form: Mapping[str, str], prefix: str = "") -> Words:
        """Of a form; tags stand one to a line."""
        title, summary = (_line(form.get(prefix + name, "")) for name in ("title", "summary"))
        tags = filter(None, map(_line, form.get(f"{prefix}tags", "").split("\n")))
        return cls(title, summary, tuple(dict.fromkeys(tags)), _trimmed(form.get(f"{prefix}body", "")))

    def as_generated(self) -> Generated:
        values: dict[str, Any] = {"title": self.title, "summary": self.summary or None, "tags": list(self.tags)}
        return Generated(values, f"{self.body}\n")


@dataclass(frozen=True, slots=True)
class Clash:
    """A place that was changed on disk and in the form."""

    what: str
    disk: str
    form: str


def put(text: str, words: Words, name: str) -> str:
    """The file ``text`` with these words. Raises ``FieldRefused`` or another ``SitegenError``."""
    was = Words.of(text, name)
    if not plain(words.title):
        raise FieldRefused("the title is empty", place=name)
    changes: dict[str, fields.Value | None] = {}
    if words.title != was.title:
        changes["title"] = words.title
    if words.summary != was.summary:
        changes["summary"] = words.summary or None
    if words.tags != was.tags:
        file = File(text, name)
        there = {str(tag): tag for tag in file.fields.get("tags") or ()}
        changes["tags"] = [there.get(tag, tag) for tag in words.tags] or None
    after = File(fields.put(text, changes, name), name).with_markdown(words.body)
    parsed = frontmatter.split(after.removeprefix(BOM), name)
    frontmatter.validate(parsed.fields, name, after, more=None)
    if Words.of(after, name) != words:
        raise FieldRefused("this text cannot be written so that it reads the same again", place=name)
    return after


def save(store: Store, brief: Brief, words: Words, expected: str) -> bool:
    """Writes the words into the file whose hash is ``expected``; returns whether that changed anything.

    Raises ``BriefChanged`` when the file is another one by now, ``FieldRefused`` and ``SitegenError``.
    """
    name = f"{store.root.name}/{brief.path}"
    with files.held(store.root):
        text = store.text(brief.path)
        if files.sha256(text) != expected:
            raise BriefChanged("it was changed meanwhile, and nothing was written", place=name)
        after = put(text, words, name)
        if after == text:
            return False
        if not store.exchange(brief.path, text, after):
            raise BriefChanged("it was changed meanwhile, and nothing was written", place=name)
    return True


def merged(base: Words, text: str, mine: Words, name: str, *, prefer_mine: bool = False) -> tuple[Words, list[Clash]]:
    """The file ``text`` as it is now with what the editor changed since ``base``, and what both changed: there the
    words of the file are kept, or the editor's with ``prefer_mine``. Raises ``SitegenError``."""
    unlocked = fields.put(text, {"locked": None}, name)
    merge = Merge.of(base.as_generated(), unlocked, mine.as_generated(), name)
    both = Words.of(merge.accepted(merge.everything if prefer_mine else merge.clean), name)
    clashes = [
        Clash(change.name, _said(change.ours), _said(change.proposed)) for change in merge.fields if change.clash
    ]
    clashes += [
        Clash(
            f"line {hunk.line}",
            "\n".join(line for block in hunk.ours for line in block.text),
            "\n".join(line for block in hunk.proposed for line in block.text),
        )
        for hunk in merge.hunks
        if hunk.clash
    ]
    return both, clashes


def _said(value: object) -> str:
    return "\n".join(map(str, value)) if isinstance(value, list) else str(value or "")


def _trimmed(body: str) -> str:
    return body.replace("\r\n", "\n").replace("\r", "\n").strip("\n")


def _line(text: str) -> str:
    """One line: what a text field cannot hold does not get into the front matter either."""
    return " ".join(text.replace("\n", " ").translate(_UNSEEN).split())
