"""Closing: what is done when all pages of a build are made and nothing is written yet: their links, and the search."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from sitegen import files
from sitegen.errors import AddressTaken, SearchFailed, SitegenError
from sitegen.site.inputs import Stamp, stamp_of
from sitegen.site.linkbook import Sheet
from sitegen.site.linkfaults import LinkCheck, Teller
from sitegen.site.outputs import Change, Folder, Made

if TYPE_CHECKING:
    from sitegen.site.content import Content
    from sitegen.site.inputs import Inputs
    from sitegen.site.search import Document, Index


class Closing:
    """The end of one build. ``paths`` are all its outputs, complete after ``ready``."""

    def __init__(
        self,
        content: Content,
        target: Folder,
        owners: Mapping[str, str],
        kept: Mapping[str, Made],
        check: LinkCheck,
        teller: Teller,
    ) -> None:
        """``owners`` are the outputs that were planned, with what each comes from; ``kept`` those not made anew."""
        self._content, self.target, self._owners = content, target, owners
        self.check, self._teller = check, teller
        self.kept = dict(kept)
        self.paths = list(owners)
        self.changes: list[Change] = []
        self._files: list[tuple[str, Path]] = []
        self._indexes: list[tuple[str, bytes, Index]] = []

    def __enter__(self) -> Closing:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for *_, index in self._indexes:
            index.close()

    def public(self) -> set[str]:
        """The outputs of the pages that everybody may read."""
        base = len(self._content.edition.scope.base)
        return {f"{page.url[base:]}index.html" for page in self._content.all if not page.draft}

    def start_search(self, inputs: Inputs, state: Path) -> None:
        """Keeps the index of each edition, or begins to make it anew, beside the pages."""
        from sitegen.site import search

        search.sweep(state)
        # What a text leaves to the theme is filled in with its words.
        words = [(key, inputs.sha(key)) for key in inputs.files if "i18n/" in key]
        for content in self._content.editions:
            edition = content.edition
            found = list(search.documents((*content.briefs, *content.pages), edition.scope.base))
            if found:
                language = edition.code.split("-")[0].lower()
                self._start(found, language, edition.prefix, search.digest_of(found, language, words), state)

    def _start(self, found: list[Document], language: str, prefix: str, digest: bytes, state: Path) -> None:
        from sitegen.site import search

        folder = f"{prefix}{search.FOLDER}/"
        old = {
            path: made
            for path, made in self.target.made.items()
            # Files of an earlier build that were carried forward depend on nothing and are no part of the index.
            if path.startswith(folder) and path not in self._owners and made.depends
        }
        if old and all(made.depends == digest and self.target.intact(path, made) for path, made in old.items()):
            self.kept |= old
            self.paths += old
            return
        binary = search.executable()
        if binary is None:
            raise SearchFailed("Pagefind is installed without a program that runs on this machine")
        self._indexes.append((prefix, digest, search.Index(binary, state, found, language)))

    def ready(self, sheets: Sequence[Sheet]) -> list[SitegenError]:
        """Does all of it, when every page is made, as ``sheets`` say; returns all warnings of the build.

        Raises ``SearchFailed``, and ``AddressTaken`` when an output has the name of a file of the index.
        """
        self._finish_search()
        hashes = {path: made.sha for path, made in self.kept.items()}
        faults = self.check.faults(hashes, list(sheets), self.target, set(self.paths))
        self._content.warnings += self._teller.told(faults, self._content.broken)
        return self._content.warnings

    def _finish_search(self) -> None:
        for prefix, digest, index in self._indexes:
            for local, file in index.finish().items():
                path = prefix + local
                if path in self._owners:
                    reason = f"the address /{path} is also that of the search"
                    raise AddressTaken(reason, place=self._owners[path])
                data = file.read_bytes()
                sha = files.sha256(data)
                differs = self.target.differs(path, data, sha)
                self.changes.append(Change(path, sha, digest, (), differs))
                self.paths.append(path)
                if differs:
                    self._files.append((path, file))

    def write(self) -> list[tuple[str, Stamp]]:
        """Writes what was made here."""
        writer = files.Writer(self.target.root)
        return [(path, stamp_of(writer.write(path, file.read_bytes()))) for path, file in self._files]
