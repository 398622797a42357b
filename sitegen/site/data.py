"""Data: the files of ``data/`` as templates see them; what a template looks at is recorded."""

from __future__ import annotations

import io
import json
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath
from typing import Any

from sitegen import files
from sitegen.errors import DataBroken, Place
from sitegen.site import tracking
from sitegen.site.inputs import Inputs

KINDS = (".toml", ".yaml", ".yml", ".json", ".csv")
READ = "data:"
"""What the names of recorded reads begin with."""


class Data(Mapping[str, Any]):
    """A folder of data files: ``data.budget`` is what ``data/budget.toml`` holds, ``data.towns.north`` is in a folder.

    TOML, YAML and JSON give their values; CSV gives a list of rows, each a mapping from the names in its first line.
    """

    __slots__ = ("_names", "_path", "_tree")

    def __init__(self, tree: Tree, path: str = "") -> None:
        self._tree, self._path = tree, path
        self._names = tree.below(path)

    def __getitem__(self, name: str) -> Any:
        path = f"{self._path}{name}"
        tracking.note(f"{READ}{path}")
        if f"{path}/" in self._tree.folders:
            return Data(self._tree, f"{path}/")
        return self._tree.value(path)

    def __iter__(self) -> Iterator[str]:
        tracking.note(f"{READ}{self._path}")
        return iter(self._names)

    def __len__(self) -> int:
        tracking.note(f"{READ}{self._path}")
        return len(self._names)


class Tree:
    """All data files; each is read when it is asked for."""

    def __init__(self, inputs: Inputs) -> None:
        self._inputs = inputs
        self._keys: dict[str, str] = {}
        self.folders: set[str] = set()
        self.problems: list[DataBroken] = []
        self._values: dict[str, Any] = {}
        for key in inputs.of("data"):
            path = PurePosixPath(key.removeprefix("data/"))
            if path.suffix not in KINDS:
                continue
            name = str(path.with_suffix(""))
            self.folders.update(f"{folder}/" for folder in path.parents if str(folder) != ".")
            other = self._keys.setdefault(name, key)
            if other != key:
                self.problems.append(DataBroken(f"templates could not tell it from {other}", place=key))
        for name, key in self._keys.items():
            if f"{name}/" in self.folders:
                self.problems.append(DataBroken(f"templates could not tell it from the folder data/{name}/", place=key))

    def below(self, folder: str) -> tuple[str, ...]:
        """The names in a folder, files and folders, in order."""
        names = {path[len(folder) :].split("/")[0] for path in self._keys if path.startswith(folder)}
        return tuple(sorted(names))

    def digest(self, path: str) -> bytes:
        """Of a file; of the names in a folder, when the path ends with a slash; else of what there is at the path."""
        if path in self._keys:
            return self._inputs.sha(self._keys[path]).encode()
        if not path or path.endswith("/"):
            return tracking.digest(self.below(path))
        return tracking.digest(f"{path}/" in self.folders)

    def value(self, path: str) -> Any:
        """What a file holds. Raises ``KeyError`` for one that is not there, ``DataBroken`` for a bad one."""
        if path not in self._values:
            key = self._keys[path]
            self._values[path] = _parse(self._inputs.read(key), key)
        return self._values[path]


def _parse(raw: bytes, name: str) -> Any:
    text = files.decode(raw, name)
    try:
        if name.endswith(".toml"):
            return tomllib.loads(text)
        if name.endswith(".json"):
            return json.loads(text)
        if name.endswith(".csv"):
            return _rows(text, name)
        return _yaml(text, name)
    except tomllib.TOMLDecodeError as error:
        raise DataBroken(f"is not TOML: {error}", place=name) from None
    except json.JSONDecodeError as error:
        raise DataBroken(f"is not JSON: {error.msg}", place=Place(name, error.lineno, error.colno)) from None
    except (ValueError, RecursionError) as error:
        raise DataBroken(str(error), place=name) from None


def _yaml(text: str, name: str) -> Any:
    import yaml

    from sitegen.loader import DuplicateKey, Loader

    try:
        return yaml.load(text, Loader)  # noqa: S506  # a safe loader that refuses a key which stands twice
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = Place(name, mark.line + 1, mark.column + 1) if mark else Place(name)
        raise DataBroken(f"is not YAML: {getattr(error, 'problem', None) or error}", place=place) from None
    except DuplicateKey as error:
        raise DataBroken(f"the key {error.key!r} stands twice", place=Place(name, error.line + 1)) from None


def _rows(text: str, name: str) -> list[dict[str, str]]:
    import csv

    reader = csv.reader(io.StringIO(text), strict=True)
    try:
        head = next(reader, [])
        if len(set(head)) != len(head):
            raise DataBroken("two columns have the same name", place=Place(name, 1))
        rows = []
        for row in reader:
            if not row:
                continue
            if len(row) != len(head):
                message = f"the row has {len(row)} fields, the first line {len(head)}"
                raise DataBroken(message, place=Place(name, reader.line_num))
            rows.append(dict(zip(head, row, strict=True)))
    except csv.Error as error:
        raise DataBroken(f"is not CSV: {error}", place=Place(name, reader.line_num)) from None
    return rows
