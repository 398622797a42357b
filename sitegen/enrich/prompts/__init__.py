"""The prompts: Jinja files with a block for the system, one for the question, and some with one for asking again.

A site may have files of its own by the same names. Texts are only ever values, never templates, and the environment is
Jinja's sandbox all the same.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sitegen import files
from sitegen.enrich.engines.base import Message
from sitegen.errors import Place, PromptBroken, raise_all

if TYPE_CHECKING:
    from jinja2 import Environment

VERSION = 2
"""Raise it when a prompt, or what is done with its answer, changes so that briefs should be made again."""
FOLDER = Path(__file__).parent
BLOCKS = {"extract": ("system", "user", "again"), "choose": ("system", "user"), "write": ("system", "user", "again")}
"""The prompts, in the order in which they are asked, and the blocks that each has."""
NAMES = tuple(BLOCKS)
_FENCE = "DOCUMENT"
_STATED = re.compile(r"\{#-?\s*version:?\s*(\d{1,6})\b", re.IGNORECASE)


class Prompts:
    """The prompts in force: those of the folder, and ours for the others."""

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = folder
        self._compiled: dict[str, Any] = {}

    def path(self, name: str) -> Path:
        """The file of a prompt."""
        own = self.folder / f"{name}.jinja" if self.folder else None
        return own if own is not None and own.is_file() else FOLDER / f"{name}.jinja"

    def source(self, name: str) -> str:
        """The text of a prompt."""
        return self._sources[name]

    def version(self, name: str) -> int:
        """The number that the prompt's file states, ours when it states none."""
        stated = _STATED.search(self.source(name))
        return int(stated[1]) if stated else VERSION

    def fingerprint(self, schemas: Mapping[str, Any]) -> str:
        """The highest version and the hash of all that asks: the prompts and the schemas of their answers."""
        parts = [self.source(name) for name in NAMES]
        number = max(VERSION, *map(self.version, NAMES))
        return f"{number}:{files.sha256(json.dumps([parts, schemas], sort_keys=True))[:12]}"

    def messages(self, name: str, block: str = "user", /, **values: Any) -> tuple[Message, Message]:
        """The system message and that of ``block``. A value that is missing is an error of ours."""
        template = self.template(name)
        context = template.new_context(values)
        system, asked = ("".join(template.blocks[part](context)) for part in ("system", block))
        return Message("system", system), Message("user", asked)

    def check(self) -> None:
        """Tries the site's own prompts. Raises ``PromptBroken``, or ``Several`` of them."""
        from sitegen.enrich.prompts.check import problems

        raise_all([problem for name in NAMES if self.path(name).parent != FOLDER for problem in problems(self, name)])

    def template(self, name: str) -> Any:
        """The compiled prompt. Raises what Jinja raises."""
        if name not in self._compiled:
            self._compiled[name] = self._environment.get_template(name)
        return self._compiled[name]

    @cached_property
    def _sources(self) -> dict[str, str]:
        return {name: self._read(self.path(name)) for name in NAMES}

    def _read(self, path: Path) -> str:
        try:
            return path.read_text(encoding="utf-8").replace("\r\n", "\n")
        except (OSError, UnicodeDecodeError) as error:
            raise PromptBroken(f"it cannot be read: {error}", place=Place(str(path))) from error

    @cached_property
    def _environment(self) -> Environment:
        from jinja2 import FunctionLoader, StrictUndefined
        from jinja2.sandbox import ImmutableSandboxedEnvironment

        def load(name: str) -> tuple[str, str, None] | None:
            return (self.source(name), str(self.path(name)), None) if name in NAMES else None

        # Prompts are not HTML.
        return ImmutableSandboxedEnvironment(loader=FunctionLoader(load), undefined=StrictUndefined, autoescape=False)


SHIPPED = Prompts()


def messages(name: str, block: str = "user", /, **values: Any) -> tuple[Message, Message]:
    """The messages of a prompt of ours, see ``Prompts.messages``."""
    return SHIPPED.messages(name, block, **values)


def fingerprint(schemas: Mapping[str, Any]) -> str:
    """Version and hash of our prompts, see ``Prompts.fingerprint``."""
    return SHIPPED.fingerprint(schemas)


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
