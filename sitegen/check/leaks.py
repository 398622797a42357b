"""Leaks: what may be private in a built site, whoever built it and from whatever.

It trusts nothing but the folder. What a published brief allows, by its fingerprints, is allowed in every file, since
lists, feeds and the search show parts of briefs, too.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from sitegen import files, frontmatter
from sitegen.check import published
from sitegen.errors import (
    DocumentUnreadable,
    FileOpaque,
    ImageTelling,
    Place,
    PrivateBuilt,
    PrivateSuspected,
    SitegenError,
)
from sitegen.privacy.finding import WORDS, Finding, fingerprint
from sitegen.privacy.folder import NamesFolder
from sitegen.privacy.guard import Guard
from sitegen.settings import PrivateKind, Project
from sitegen.site import workers

Progress = Callable[[str, int, int], None]

_NAMED = 3
"""How many of the files that hold a thing are named."""
_LARGEST = 64 * 2**20


@dataclass(frozen=True, slots=True)
class _Seen:
    """What was found in one file."""

    path: str
    found: tuple[tuple[Finding, int | None], ...] = ()
    """With the line, where the file has lines and the words stand in it as they were found."""
    telling: bool = False
    opaque: str = ""


@dataclass
class _Value:
    """One value, and where it stands."""

    finding: Finding
    places: list[Place] = field(default_factory=list)


class Leaks:
    """One look at a folder. Raises ``NamesMissing``, ``TextNotUtf8`` or ``StorageError``."""

    def __init__(self, project: Project, folder: Path, progress: Progress | None = None) -> None:
        self._project, self._folder, self._progress = project, folder, progress
        self._guard = Guard.of(project.settings.privacy, NamesFolder(project))
        self.paths = [entry.path for entry in files.scan(folder, hidden=True) if not entry.path.startswith(".git/")]

    def findings(self) -> Iterator[SitegenError]:
        """All that was found, by place."""
        values: dict[tuple[PrivateKind, str], _Value] = {}
        for seen in self._all():
            if seen.telling:
                yield ImageTelling("holds data beside the picture, such as a place or a name", place=seen.path)
            if seen.opaque:
                yield FileOpaque(f"nobody can say what is in it: {seen.opaque}", place=seen.path)
            for finding, line in seen.found:
                value = values.setdefault((finding.kind, finding.value), _Value(finding))
                value.places.append(Place(seen.path, line))
        allowed = _Allowed(self._project)
        for value in values.values():
            if not allowed(value.finding):
                yield _problem(value)

    def _all(self) -> Iterator[_Seen]:
        """What is in all files, in the order of their paths, and in their names."""
        dealt = workers.shares(self.paths, 0)

        def work(share: Sequence[str]) -> workers.Steps[list[_Seen]]:
            looked = []
            for number, path in enumerate(share):
                looked.append(self._look(path))
                if self._progress and share is dealt[0] and number % 20 == 0:
                    self._progress("scan", min(number * len(dealt), len(self.paths)), len(self.paths))
            yield looked

        results = [seen for part in next(iter(workers.together(work, dealt))) for seen in part]
        yield from sorted(results, key=lambda seen: seen.path)
        for path in self.paths:
            yield _Seen(path, tuple((one, None) for one in self._findings(path)))

    def _findings(self, text: str) -> list[Finding]:
        return [] if self._guard is None else self._guard.findings(text)

    def _look(self, path: str) -> _Seen:
        with files.guarded(self._folder / path):
            if (self._folder / path).stat().st_size > _LARGEST:
                return _Seen(path, opaque=f"it has more than {_LARGEST // 2**20} MB")
            raw = (self._folder / path).read_bytes()
        if published.is_image(path):
            return _image(path, raw)
        text = _pdf(path, raw) if published.is_pdf(path) else published.text_of(path, raw)
        if text is None:
            kind = Path(path).suffix or "without a suffix"
            return _Seen(path, opaque=f"the kind {kind} is not known, or the file is damaged")
        if "\r" in text:
            text = text.replace("\r\n", "\n").replace("\r", "\n")
        found = self._findings(text)
        whole = raw.decode("utf-8", "replace") if found else ""
        return _Seen(path, tuple((one, _line(whole, text[one.start : one.end])) for one in found))


class _Allowed:
    """What published briefs, and pages, allow by fingerprints."""

    def __init__(self, project: Project) -> None:
        self._by_kind: defaultdict[str, list[tuple[str, str]]] = defaultdict(list)
        for folder in (project.briefs, project.content):
            for entry in files.scan(folder):
                if entry.path.endswith(".md"):
                    self._read(folder / entry.path)

    def _read(self, path: Path) -> None:
        try:
            text = files.read_text(path)
            if "allow" not in text:
                return
            matter = frontmatter.validate(frontmatter.split(text, path.name).fields, path.name, text, None)
        except SitegenError:  # a file that cannot be read allows nothing
            return
        if matter.status in ("published", "withdrawn"):
            for name in matter.allow:
                self._by_kind[name.rpartition("-")[0]].append((matter.source or "", name))

    def __call__(self, finding: Finding) -> bool:
        kind, value = finding.kind, finding.value
        sources: defaultdict[str, set[str]] = defaultdict(set)
        for source, name in self._by_kind[kind]:
            sources[source].add(name)
        return any(fingerprint(kind, value, source) in names for source, names in sources.items())


def _problem(value: _Value) -> SitegenError:
    finding, places = value.finding, value.places
    names = list(dict.fromkeys(place.name for place in places))
    more = f", and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    where = f" (in {len(names)} files: {', '.join(names[:_NAMED])}{more})" if len(names) > 1 else ""
    kind = PrivateBuilt if finding.certain else PrivateSuspected
    return kind(f"may hold {WORDS[finding.kind]}: {finding.mask}{where}", place=places[0])


def _line(text: str, words: str) -> int | None:
    at = text.find(words)
    return text.count("\n", 0, at) + 1 if at >= 0 else None


def _image(path: str, raw: bytes) -> _Seen:
    from sitegen.site.images import strip

    if path.lower().endswith(".ico"):  # has nothing but pictures
        return _Seen(path)
    try:
        return _Seen(path, telling=strip.stripped(raw) != raw)
    except strip.Malformed as error:
        return _Seen(path, opaque=str(error))


def _pdf(path: str, raw: bytes) -> str | None:
    from sitegen.sources.pdf import PdfReader

    reader = PdfReader()
    try:
        return reader.read(raw, path).text
    except DocumentUnreadable:
        return None
    finally:
        reader.close()


def is_hint(finding: SitegenError) -> bool:
    """Whether what was found may be meant; only ``--strict`` takes it for a problem."""
    return isinstance(finding, FileOpaque | PrivateSuspected) and not isinstance(finding, PrivateBuilt)
