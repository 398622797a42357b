"""The prompts: Jinja files with a ``system`` and a ``user`` block each. Texts are only ever values, never templates."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sitegen import files
from sitegen.enrich.engines.base import Message

if TYPE_CHECKING:
    from jinja2 import Environment

VERSION = 1
"""Raise it when a prompt, or what is done with its answer, changes so that briefs should be made again."""
FOLDER = Path(__file__).parent
NAMES = ("extract", "write")
_FENCE = "DOCUMENT"


def messages(name: str, **values: Any) -> tuple[Message, Message]:
    """The system and the user message of a prompt. A value that is missing is an error of ours."""
    template = _environment().get_template(f"{name}.jinja")
    context = template.new_context(values)
    system, user = ("".join(template.blocks[block](context)) for block in ("system", "user"))
    return Message("system", system), Message("user", user)


def fence(*texts: str) -> str:
    """A mark that stands in none of the texts, however it may be disguised, so that none can close its own fence.

    The same texts always get the same mark: prompts, and with them answers, can be made again.
    """
    taken = {
        int(number)
        for text in texts
        for number in re.findall(rf"{_FENCE.lower()}\W*(\d{{1,9}})", unicodedata.normalize("NFKC", text).casefold())
    }
    number = 1
    while number in taken:
        number += 1
    return f"{_FENCE} {number}"


def fingerprint(schemas: Mapping[str, Any]) -> str:
    """Version and hash of all that asks: the prompts and the schemas of their answers."""
    parts = [(FOLDER / f"{name}.jinja").read_text(encoding="utf-8") for name in NAMES]
    return f"{VERSION}:{files.sha256(json.dumps([parts, schemas], sort_keys=True))[:12]}"


@cache
def _environment() -> Environment:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    loader = FileSystemLoader(FOLDER)
    return Environment(loader=loader, undefined=StrictUndefined, autoescape=False)  # noqa: S701  # prompts are not HTML
