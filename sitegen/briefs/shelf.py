"""Briefs as they are on disk, by path: a few of them in memory, the others read when they are asked for."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from sitegen import frontmatter
from sitegen.briefs.index import Index
from sitegen.text import slug


@dataclass(frozen=True, slots=True)
class Brief:
    """A brief on disk."""

    path: str
    """Below the folder of briefs, with ``/``."""
    matter: frontmatter.Matter
    body: str
    text: str

    @property
    def slug(self) -> str:
        """As the site makes the address: from the field, else from the title, else from the file's name."""
        return slug(self.matter.slug or "") or slug(self.matter.title) or slug(Path(self.path).stem)


class Shelf(Mapping[str, Brief]):
    """Briefs by path, sorted. At most ``keep`` of them stay in memory (None: all); the others are read again when they
    are asked for, so that a run over very many keeps little."""

    def __init__(self, index: Index, read: Callable[[str], Brief], keep: int | None) -> None:
        self._index, self._read, self._keep = index, read, keep
        self._kept: OrderedDict[str, Brief] = OrderedDict()

    def __getitem__(self, path: str) -> Brief:
        """Raises what ``Store.read`` does when the file has been broken since it was found."""
        brief = self._kept.get(path)
        if brief is None:
            if path not in self._index:
                raise KeyError(path)
            brief = self._read(path)
            self._keep_it(path, brief)
        return brief

    def __contains__(self, path: object) -> bool:
        return isinstance(path, str) and path in self._index

    def __iter__(self) -> Iterator[str]:
        return iter(self._index)

    def __len__(self) -> int:
        return len(self._index)

    def put(self, path: str, brief: Brief | None, source: str | None = None) -> None:
        """Takes a brief in, or only its path and its document; what was known of its content is forgotten."""
        self._index.put(path, source if brief is None else brief.matter.source)
        self._kept.pop(path, None)
        if brief is not None:
            self._keep_it(path, brief)

    def _keep_it(self, path: str, brief: Brief) -> None:
        self._kept[path] = brief
        while self._keep is not None and len(self._kept) > self._keep:
            self._kept.popitem(last=False)
