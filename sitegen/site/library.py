"""Library: the records of all Markdown, provenance and image files, read once and kept between builds."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from markupsafe import Markup

from sitegen.errors import ContentError, SitegenError
from sitegen.site import record, store, workers
from sitegen.site.images import probe
from sitegen.site.images.probe import Probe
from sitegen.site.inputs import Inputs
from sitegen.site.record import Origin, Record
from sitegen.site.register import Register

if TYPE_CHECKING:
    from sitegen.privacy.guard import Guard

Progress = Callable[[str, int, int], None]
"""Told what is being done, how much of it is done, and how much there is."""

_Entry = tuple[str, tuple[Any, ...]]
"""The hash of a file and its record as plain values, the place of its text last."""
_Entries = dict[str, _Entry]
_Kind = Literal["brief", "page", "origin", "image", ""]
"""The same bytes are rendered differently in a brief and in a page."""
_Known = Mapping[tuple[_Kind, str], tuple[Any, ...]]
"""The kind of a file and its hash → its record."""

_SHOWN = ("content", "briefs", "static")
"""The trees whose images pages may show."""
_HELD = (-1, 0, b"")
"""The place of a text that is in memory only."""
_FEW = 20
"""Files that are read again sooner than looked for among all that is known."""
_SPARE = 8_000_000
"""Bytes of texts that nobody needs any more, before the file of texts is written anew."""


@dataclass(slots=True)
class Shelf:
    """What was read: by key of the input."""

    records: dict[str, Record] = field(default_factory=dict)
    origins: dict[str, Origin] = field(default_factory=dict)
    problems: list[SitegenError] = field(default_factory=list)
    """Of Markdown files that cannot be used."""
    images: dict[str, Probe] = field(default_factory=dict)
    """Files that are images by their names."""
    warnings: list[SitegenError] = field(default_factory=list)
    """Of provenance files that cannot be used."""


class Library:
    """Reads files into records, and remembers them and their rendered texts in ``folder``."""

    finish: Callable[[Any, str], str]
    """Fills what a page's text leaves to the theme; there when all pages and the theme are."""

    def __init__(
        self,
        folder: Path,
        versions: str,
        name_of: Callable[[str], str],
        taxonomies: Sequence[str] = (),
        *,
        math: bool = False,
        guard: Guard | None = None,
    ) -> None:
        """``taxonomies`` are the fields of front matter that only this site has; with ``math``, pages have formulas.

        ``guard`` looks for what may be private in what is published.
        """
        key = f"{versions}\n{taxonomies}\nmath {math}\n{guard and guard.key}"
        self._register = Register(folder / "records", key)
        self._guard = guard
        self._taxonomies = taxonomies
        self._name_of = name_of
        self._math = math
        self._bodies = store.Bodies(folder / "bodies")
        self._inputs: Inputs | None = None
        self._held: dict[str, str] = {}
        end, (kept,) = self._register.load() or (0, [{}])
        self._kept: _Entries = dict(kept) if end <= self._bodies.size() else {}

    def read(self, inputs: Inputs, jobs: int, progress: Progress | None = None) -> Shelf:
        """The records of all files in ``inputs``, of which only what is new or changed is read."""
        self._inputs = inputs
        wanted = {key: kind for key in inputs.files if (kind := _kind(key))}
        todo = [key for key in wanted if not self._has(key, inputs.files[key].sha)]
        shelf = Shelf()
        fresh = self._fresh(todo, inputs, jobs, shelf, progress) if todo else {}
        found: _Entries = {}
        for key, kind in wanted.items():
            entry = fresh[key] if key in fresh else self._kept.get(key)
            if entry is None:
                continue
            found[key] = entry
            if kind == "origin":
                shelf.origins[key] = Origin._make(entry[1])
            elif kind == "image":
                shelf.images[key] = Probe._make(entry[1])
            else:
                shelf.records[key] = Record._make(entry[1])
        self._keep(found, changed=bool(todo) or len(found) != len(self._kept))
        return shelf

    def body(self, key: str, entry: Record) -> str:
        """The rendered text of a record; rendered again when the file of texts is damaged."""
        if entry.place == _HELD:
            return Markup(self._held[key])  # noqa: S704  # what markdown.render made
        raw = self._bodies.get(entry.place)
        if raw is not None:
            return Markup(raw.decode())  # noqa: S704  # what markdown.render made
        assert self._inputs is not None
        return Markup(self._record(key, self._inputs.read(key))[1])  # noqa: S704

    def sha(self, key: str) -> str | None:
        """The hash of the content that the record of a file was read from."""
        kept = self._kept.get(key)
        return None if kept is None else kept[0]

    def renew(self, key: str, raw: bytes) -> tuple[Record, str]:
        """The record of a Markdown file with another content, and its text. Raises ``ContentError`` or ``Several``."""
        found, html = self._record(key, raw)
        return found._replace(place=_HELD), html

    def hold(self, key: str, sha: str, entry: Record, html: str) -> None:
        """Takes on what ``renew`` gave; the text is in memory until it is filed."""
        self._kept[key] = (sha, tuple(entry))
        self._held[key] = html

    def file(self) -> dict[str, Record]:
        """Puts all texts that are held into the file of texts, for whoever holds the lock; returns the records."""
        places = self._bodies.add(html.encode() for html in self._held.values())
        filed: dict[str, Record] = {}
        for key, place in zip(self._held, places, strict=True):
            sha, value = self._kept[key]
            filed[key] = Record._make((*value[:-1], place))
            self._kept[key] = (sha, tuple(filed[key]))
        self._held.clear()
        return filed

    def _record(self, key: str, raw: bytes) -> tuple[Record, str]:
        return record.read(
            raw,
            self._name_of(key),
            "brief" if _kind(key) == "brief" else "page",
            self._taxonomies,
            math=self._math,
            guard=self._guard,
        )

    def close(self) -> None:
        self._bodies.close()

    def _has(self, key: str, sha: str | None) -> bool:
        kept = self._kept.get(key)
        return kept is not None and kept[0] == sha

    def _fresh(
        self, todo: Sequence[str], inputs: Inputs, jobs: int, shelf: Shelf, progress: Progress | None
    ) -> dict[str, _Entry | None]:
        few = len(todo) <= _FEW  # that these are others that were moved is not worth a look at all
        kept = {key: self._kept[key] for key in todo if key in self._kept} if few else self._kept
        known = {(_kind(key), sha): value for key, (sha, value) in kept.items()}

        def work(share: Sequence[str]) -> workers.Steps[list[_Read]]:
            results: list[_Read] = []
            for number, key in enumerate(share):
                results.append(self._read(key, inputs, known))
                if progress and share is dealt[0] and number % 50 == 0:
                    progress("read", min(number * len(dealt), len(todo)), len(todo))
            yield results

        dealt = workers.shares(todo, jobs)
        results = [result for part in next(iter(workers.together(work, dealt))) for result in part]
        return self._file(results, inputs, known, shelf)

    def _read(self, key: str, inputs: Inputs, known: _Known) -> _Read:
        raw = inputs.read(key)
        sha = inputs.files[key].sha or ""
        if (_kind(key), sha) in known:
            return _Read(key, sha)
        try:
            if _kind(key) == "origin":
                return _Read(key, sha, tuple(record.read_origin(raw, self._name_of(key))))
            if _kind(key) == "image":
                return _Read(key, sha, tuple(probe.of(raw)))
            found, html = self._record(key, raw)
            return _Read(key, sha, tuple(found), html.encode())
        except ContentError as error:
            return _Read(key, sha, problems=(error,))
        except SitegenError as error:  # several of them
            return _Read(key, sha, problems=error.problems)

    def _file(self, results: Sequence[_Read], inputs: Inputs, known: _Known, shelf: Shelf) -> dict[str, _Entry | None]:
        results = sorted(results, key=lambda result: result.key)
        places = iter(self._bodies.add(result.html for result in results if result.html is not None))
        found: dict[str, _Entry | None] = {}
        for result in results:
            inputs.files[result.key].sha = result.sha
            value = result.value
            if value is None and not result.problems:
                value = known[_kind(result.key), result.sha]
            if result.html is not None and value is not None:
                value = (*value[:-1], next(places))
            found[result.key] = None if value is None else (result.sha, value)
            (shelf.warnings if _kind(result.key) == "origin" else shelf.problems).extend(result.problems)
        return found

    def _keep(self, found: _Entries, *, changed: bool) -> None:
        if not changed:
            return
        live = sum(value[-1][1] for _, value in found.values() if _is_page(value))
        if self._bodies.size() > 2 * live + _SPARE:
            found = self._compacted(found)
        self._register.save(self._bodies.size(), [found])
        self._kept = found

    def _compacted(self, found: _Entries) -> _Entries:
        """The same entries after the file of texts was written anew with only what they need."""
        keys = [key for key, (_, value) in found.items() if _is_page(value)]
        texts = [self._bodies.get(found[key][1][-1]) for key in keys]
        if any(text is None for text in texts):
            return found
        self._bodies.clear()
        places = self._bodies.add(text for text in texts if text is not None)
        moved = {key: (found[key][0], (*found[key][1][:-1], place)) for key, place in zip(keys, places, strict=True)}
        return {**found, **moved}


@dataclass(slots=True)
class _Read:
    """What came of reading one file: nothing new, a record, a record with its text, or problems."""

    key: str
    sha: str
    value: tuple[Any, ...] | None = None
    html: bytes | None = None
    problems: tuple[SitegenError, ...] = ()


def _kind(key: str) -> _Kind:
    tree, _, path = key.partition("/")
    if tree == "provenance":
        return "origin" if path.endswith(".json") else ""
    if not path.endswith(".md"):
        return "image" if tree in _SHOWN and path.lower().endswith(probe.RASTER) else ""
    return "brief" if tree == "briefs" else "page" if tree == "content" else ""


def _is_page(value: tuple[Any, ...]) -> bool:
    return len(value) == len(Record._fields)
