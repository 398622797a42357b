"""Recorded reads: what a template looked at while it made an output, so that it is made again only when that changes.

An output always depends on its own page and on what all outputs share (templates, assets, settings, menu). Beyond
that, templates may read everything there is: all briefs, all terms, the pages of any term. Those collections are
``Tracked``, and the names of what was read of them are recorded. With the same inputs a template takes the same way, so
an output whose own page, shared things and recorded reads are unchanged would come out the same.
"""

from __future__ import annotations

import marshal
from collections.abc import Callable, Iterator, Mapping, Sequence
from hashlib import blake2b
from typing import TypeVar, overload

Item = TypeVar("Item", covariant=True)

SIZE = 16
"""Bytes of a digest."""

_reads: set[str] = set()
_outputs = 0
_shared: dict[tuple[str, ...], tuple[str, ...]] = {}


def begin() -> None:
    """Forgets what was read so far: another output begins."""
    global _outputs  # noqa: PLW0603  # there is one output at a time in a process
    _outputs += 1
    _reads.clear()


def number() -> int:
    """Which output is being made; another one for each ``begin``."""
    return _outputs


def note(name: str) -> None:
    """Records that something was read."""
    _reads.add(name)


def reads() -> tuple[str, ...]:
    """The names of all that was read since ``begin``. Outputs that read the same share one tuple."""
    names = tuple(sorted(_reads))
    return _shared.setdefault(names, names)


def digest(*parts: object) -> bytes:
    """A short hash of plain values."""
    try:
        # Version 0 writes equal values equally; later ones mark what Python happens to hold only once.
        plain = marshal.dumps(parts, 0)  # type: ignore[arg-type]
    except ValueError:  # a date, a page without a file
        plain = repr(parts).encode("utf-8", "surrogatepass")
    return blake2b(plain, digest_size=SIZE).digest()


class Tracked(Sequence[Item]):
    """A sequence that records that it was read, under ``name``; its length and its emptiness count apart."""

    __slots__ = ("_items", "_length", "_name")

    def __init__(self, name: str, items: Sequence[Item], *, length: bool = True) -> None:
        """Without ``length``, whoever holds the sequence has already been recorded to know how long it is."""
        self._name = name
        self._items = items
        self._length = length

    @overload
    def __getitem__(self, index: int) -> Item: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Item]: ...
    def __getitem__(self, index: int | slice) -> Item | Sequence[Item]:
        _reads.add(self._name)
        return self._items[index]

    def __iter__(self) -> Iterator[Item]:
        _reads.add(self._name)
        return iter(self._items)

    def __len__(self) -> int:
        if self._length:
            _reads.add(f"{self._name}#")
        return len(self._items)

    def __bool__(self) -> bool:
        if self._length:
            _reads.add(f"{self._name}?")
        return bool(self._items)

    def __eq__(self, other: object) -> bool:
        return list(self) == list(other) if isinstance(other, Sequence) else NotImplemented

    __hash__ = None  # type: ignore[assignment]


class Late(Sequence[Item]):
    """A sequence that is made when somebody first looks at it."""

    __slots__ = ("_found", "_make")

    def __init__(self, make: Callable[[], Sequence[Item]]) -> None:
        self._make = make
        self._found: Sequence[Item] | None = None

    def forget(self) -> None:
        """Has it made anew: something that it is made from has changed."""
        self._found = None

    def _had(self) -> Sequence[Item]:
        if self._found is None:
            self._found = self._make()
        return self._found

    @overload
    def __getitem__(self, index: int) -> Item: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Item]: ...
    def __getitem__(self, index: int | slice) -> Item | Sequence[Item]:
        return self._had()[index]

    def __iter__(self) -> Iterator[Item]:
        return iter(self._had())

    def __len__(self) -> int:
        return len(self._had())


class TrackedMapping(Mapping[str, Item]):
    """A mapping that records, under ``name``, that anything of it was read."""

    __slots__ = ("_items", "_name")

    def __init__(self, name: str, items: Mapping[str, Item]) -> None:
        self._name = name
        self._items = items

    def __getitem__(self, key: str) -> Item:
        _reads.add(self._name)
        return self._items[key]

    def __iter__(self) -> Iterator[str]:
        _reads.add(self._name)
        return iter(self._items)

    def __len__(self) -> int:
        _reads.add(self._name)
        return len(self._items)


class Digests(Mapping[str, bytes]):
    """The digest of each thing that may be read, worked out when it is asked for."""

    def __init__(
        self, sources: Mapping[str, Callable[[], bytes]], families: Mapping[str, Callable[[str], bytes]] | None = None
    ) -> None:
        """``families`` are by prefix, such as ``data:``, and are asked for the rest of a name that begins so."""
        self._sources, self._families = sources, dict(families or {})
        self._known: dict[str, bytes] = {}

    def learn(self, prefix: str, digest_of: Callable[[str], bytes]) -> None:
        """From now on, ``digest_of`` is asked for the rest of a name that begins with ``prefix``."""
        self._families[prefix] = digest_of

    def forget(self) -> None:
        """Has all of them worked out anew: something that may be read has changed."""
        self._known.clear()

    def __getitem__(self, name: str) -> bytes:
        if name not in self._known:
            self._known[name] = self._work_out(name)
        return self._known[name]

    def _work_out(self, name: str) -> bytes:
        head, colon, rest = name.partition(":")
        family = self._families.get(f"{head}:") if colon else None
        return family(rest) if family else self._sources[name]()

    def __iter__(self) -> Iterator[str]:
        return iter(self._sources)

    def __len__(self) -> int:
        return len(self._sources)

    def of(self, own: bytes, names: Sequence[str]) -> bytes | None:
        """What an output that read ``names`` depends on; None when one of them does not exist any more."""
        try:
            parts = [self[name] for name in names]
        except KeyError:
            return None
        return blake2b(b"".join((own, *parts)), digest_size=16).digest()
