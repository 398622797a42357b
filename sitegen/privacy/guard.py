"""Guard: the scan as one site wants it: what it looks for, whose names it knows, what the site itself may show."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple, Protocol

from sitegen import files
from sitegen.errors import NamesMissing, Place, PrivateFound, PrivateHeld, PrivateSuspected, SitegenError

if TYPE_CHECKING:
    from sitegen.privacy.finding import Finding
    from sitegen.privacy.scanner import Scanner
    from sitegen.settings import Privacy, PrivateKind

TREE = "names"
"""What the keys of lists of names begin with."""
_MOST = 100
"""How many findings of one file are told; working out a fingerprint takes some milliseconds."""


class Told(NamedTuple):
    """A finding as it may be kept and shown: without its value."""

    kind: PrivateKind
    mask: str
    fingerprint: str
    line: int
    column: int
    certain: bool


class Lists(Protocol):
    """The files of the folder of names; the inputs of a build are such."""

    def of(self, tree: str) -> Iterable[str]: ...

    def read(self, key: str) -> bytes: ...


class Guard:
    """Looks into texts. Costs nothing until it is given one."""

    def __init__(self, settings: Privacy, lists: Mapping[str, bytes]) -> None:
        """``lists`` are the contents of the files of names. Raises ``TextNotUtf8``."""
        self._settings = settings
        self._lines = [line for name, raw in lists.items() for line in files.decode(raw, name).splitlines()]
        settled = repr((settings.kinds, settings.own, settings.regions, settings.pages))
        self.key = files.sha256("\n".join([settled, *self._lines]))
        """Changes with all that decides what is found, but for the code."""

    @classmethod
    def of(cls, settings: Privacy, lists: Lists) -> Guard | None:
        """None when the site wants no scan. Raises ``NamesMissing`` or ``TextNotUtf8``."""
        if not settings.kinds:
            return None
        found = {key: lists.read(key) for key in lists.of(TREE) if key.endswith(".txt")} if settings.names else {}
        if settings.names and not found:
            raise NamesMissing("the folder has no .txt file with names", place=str(settings.names))
        return cls(settings, found)

    @property
    def kinds(self) -> tuple[PrivateKind, ...]:
        return self._settings.kinds

    def minds(self, profile: str) -> bool:
        """Whether it looks into texts of this kind, ``brief`` or ``page``."""
        return profile == "brief" or self._settings.pages

    def look(self, text: str, source: str, allow: Collection[str]) -> tuple[tuple[Told, ...], tuple[str, ...]]:
        """What a file holds that nobody has allowed, and what is allowed though it is not there.

        ``source`` is the brief's, ``allow`` the fingerprints in its front matter.
        """
        if "\r" in text:
            text = text.replace("\r\n", "\n").replace("\r", "\n")
        told = [_told(finding, text, source) for finding in self.findings(text)[:_MOST]]
        found = {one.fingerprint for one in told}
        return tuple(one for one in told if one.fingerprint not in allow), tuple(set(allow) - found)

    def findings(self, text: str) -> list[Finding]:
        """All that may be private in a text, less what the site itself may show."""
        found = self._scanner.scan(text)
        return [finding for finding in found if not self._is_own(finding)] if found else found

    @cached_property
    def _scanner(self) -> Scanner:
        from sitegen.privacy.names import Names
        from sitegen.privacy.scanner import Scanner

        return Scanner(self._settings.kinds, regions=self._settings.regions, names=Names(self._lines))

    @cached_property
    def _own(self) -> set[tuple[str, str]]:
        return {(found.kind, found.value) for text in self._settings.own for found in self._scanner.scan(text)}

    def _is_own(self, finding: Finding) -> bool:
        domains = tuple(text.casefold() for text in self._settings.own if text.startswith("@"))
        if finding.kind == "email" and finding.value.endswith(domains):
            return True
        return bool(self._settings.own) and (finding.kind, finding.value) in self._own


def _told(finding: Finding, text: str, source: str) -> Told:
    line = text.count("\n", 0, finding.start) + 1
    column = finding.start - text.rfind("\n", 0, finding.start)
    return Told(finding.kind, finding.mask, finding.fingerprint(source), line, column, finding.certain)


def problems(told: Iterable[Sequence[object]], path: str) -> Iterator[PrivateFound]:
    """The errors for the findings in a page that is shown."""
    yield from (_problem(PrivateFound, one, path) for one in map(Told._make, told) if one.certain)


def hints(told: Iterable[Sequence[object]], path: str, *, shown: bool) -> Iterator[SitegenError]:
    """What only a check tells: of pages that are not shown, and what is not certain."""
    for one in map(Told._make, told):
        if not one.certain:
            yield _problem(PrivateSuspected, one, path)
        elif not shown:
            yield _problem(PrivateHeld, one, path)


def _problem(kind: Callable[..., PrivateFound], told: Told, path: str) -> PrivateFound:
    from sitegen.privacy.finding import WORDS

    remedy = f"Take it out; or, if everybody may read it, write `allow: [{told.fingerprint}]` into the front matter."
    words = f"may hold {WORDS[told.kind]}: {told.mask} ({told.fingerprint})"
    return kind(words, place=Place(path, told.line, told.column), remedy=remedy)
