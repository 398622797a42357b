"""Register: what a build remembers about thousands of things, of which the next one finds only a few changed.

There are two files: all entries as they once were, and those that have changed since, with a mark that says which first
file they belong to. When they are many, the first file is written anew. A second file that is damaged, or belongs to
another first one (a build was killed between the two), does not count. Then the register says what it said once, which
is as good as what any earlier build left: each entry is about one state of a file, and worth something only as long as
that file is in that state.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from sitegen import files
from sitegen.site import store

Table = Mapping[str, Any]
"""Plain values by name. A table that was loaded must not be changed."""

_FEW, _SHARE = 50, 10
"""Changes are kept apart while they are at most so many, or at most one in so many entries."""


class Register:
    """Some tables, and a head that is written each time."""

    def __init__(self, path: Path, key: str) -> None:
        """``key`` is all that the entries depend on, such as versions."""
        self._path, self._key = path, key
        self._later = path.with_name(f"{path.name}.changes")
        self._mark = ""
        self._base: Sequence[Table] = ()

    def load(self) -> tuple[Any, Sequence[Table]] | None:
        """The head and the tables; None when there is nothing, or nothing sound."""
        kept = store.load(self._path, self._key)
        if kept is None:
            return None
        self._mark, head, self._base = kept
        later = store.load(self._later, self._key + self._mark)
        if later is None:
            return head, self._base
        head, changed, gone = later
        return head, [_with(*parts) for parts in zip(self._base, changed, gone, strict=True)]

    def save(self, head: Any, tables: Sequence[Table]) -> None:
        """Keeps them. Raises ``StorageError``."""
        if self._mark and len(tables) == len(self._base):
            changed = [_changed(base, table) for base, table in zip(self._base, tables, strict=True)]
            gone = [list(base.keys() - table.keys()) for base, table in zip(self._base, tables, strict=True)]
            if sum(map(len, (*changed, *gone))) <= max(_FEW, sum(map(len, self._base)) // _SHARE):
                store.save(self._later, self._key + self._mark, (head, changed, gone))
                return
        self._mark = os.urandom(8).hex()
        self._base = [{name: _plain(value) for name, value in table.items()} for table in tables]
        store.save(self._path, self._key, (self._mark, head, self._base))
        files.remove(self._later)

    def forget(self) -> None:
        """Removes all of it."""
        self._mark = ""
        files.remove(self._path)
        files.remove(self._later)


def _changed(base: Table, table: Table) -> Table:
    return {name: _plain(value) for name, value in table.items() if name not in base or base[name] != value}


def _plain(value: Any) -> Any:
    """Named tuples are kept as what they are apart from their names."""
    return tuple(value) if isinstance(value, tuple) else value


def _with(base: Table, changed: Table, gone: Sequence[str]) -> Table:
    found = {**base, **changed}
    for name in gone:
        del found[name]
    return found
