"""llms.txt: what the site is and where its texts are, for language models (https://llmstxt.org, version 2)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from sitegen.site.machines.markup import as_markdown


class Entry(NamedTuple):
    """A link with a few words about what is behind it."""

    title: str
    permalink: str
    note: str = ""


def llms(title: str, description: str, lists: Sequence[tuple[str, Sequence[Entry]]]) -> bytes:
    """The file: title, description, and each list that is not empty under its heading.

    A list that is called Optional holds what readers may skip.
    """
    parts = [f"# {as_markdown(title)}\n"]
    if description:
        parts.append(f"> {as_markdown(description)}\n")
    parts += [f"## {as_markdown(heading)}\n\n{''.join(map(_line, entries))}" for heading, entries in lists if entries]
    return "\n".join(parts).encode("utf-8", "replace")


def _line(entry: Entry) -> str:
    note = f": {as_markdown(entry.note)}" if entry.note else ""
    return f"- [{as_markdown(entry.title)}]({entry.permalink}){note}\n"
