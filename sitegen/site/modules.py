"""Modules: the scripts of a theme, each with the names under which the others are published.

A module's name says what is in it, and with that the names of the modules that it imports. Modules that import each
other in a ring have names that are made from all of the ring.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from sitegen import files
from sitegen.site.scripts import Reference, references, replaced

_RELATIVE = ("./", "../")


class Site(Protocol):
    """Where the files are that scripts refer to."""

    def script(self, importer: str, target: str) -> str | None:
        """The path of the file that a script means."""
        ...

    def way(self, start: str, path: str) -> str:
        """The address of a file as a published script must write it."""
        ...

    def tell(self, path: str, line: int, message: str) -> None:
        """Notes what is wrong in a script."""
        ...


class Modules:
    """The scripts of a theme, by path."""

    def __init__(self, texts: Mapping[str, str], site: Site) -> None:
        self._texts, self._site = texts, site
        self._found = {path: self._resolved(path, text) for path, text in texts.items()}
        self._marks: dict[str, str] = {}

    def mark(self, path: str) -> str:
        """The hash that goes into the name."""
        if path not in self._marks:
            ring = self._ring(path)
            half = {member: self._written(member, ring) for member in ring or {path}}
            whole = files.sha256(repr(sorted(half.items())))
            for member, text in half.items():
                self._marks[member] = files.sha256(whole + member) if ring else files.sha256(text)
        return self._marks[path]

    def text(self, path: str) -> str:
        """The script as it is published."""
        return self._written(path, set())

    def _written(self, path: str, open_ones: set[str]) -> str:
        """The text with the published names of all files but those of the ring that is being made."""
        named = [
            (reference, self._site.way(path, target))
            for reference, target in self._found[path]
            if target not in open_ones
        ]
        return replaced(self._texts[path], named)

    def _ring(self, path: str) -> set[str]:
        """The modules that import this one, by themselves or through others, and are so imported by it."""
        return {other for other in self._reached(path) if path in self._reached(other)}

    def _reached(self, path: str) -> set[str]:
        found: set[str] = set()
        todo = [path]
        while todo:
            for _, target in self._found[todo.pop()]:
                if target in self._found and target not in found:
                    found.add(target)
                    todo.append(target)
        return found

    def _resolved(self, path: str, text: str) -> list[tuple[Reference, str]]:
        """What the script refers to, with the paths of the files."""
        found = []
        for reference in references(text):
            target = reference.target
            if target.lower().startswith(("http:", "https:", "//")):
                message = f"the script loads {target!r}: scripts of other sites are forbidden by the page's policy"
                self._site.tell(path, reference.line, message)
            elif not target.startswith(_RELATIVE):
                if reference.module and not target.startswith(("/", "data:", "blob:")):
                    message = f"the script imports {target!r}, which browsers cannot find: a file begins with ./ or ../"
                    self._site.tell(path, reference.line, message)
            elif (file := self._site.script(path, target)) is None:
                self._site.tell(path, reference.line, f"the script refers to {target!r}, which is not there")
            else:
                found.append((reference, file))
        return found
