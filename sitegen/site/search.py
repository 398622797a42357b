"""Search: an index that runs in the reader's browser, made by Pagefind (https://pagefind.app) and served as files.

Pagefind reads a folder of HTML. It is given documents of our own making, one a page, with the words of the page alone:
so every theme has the same search, and a changed template changes no index. It knows no incremental work, so it runs
only when one of these documents has changed; what it makes depends on nothing else.
"""

from __future__ import annotations

import contextlib
import importlib.util
import json
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from html import escape
from pathlib import Path
from typing import NamedTuple

from sitegen import files
from sitegen.errors import SearchFailed

FOLDER = "pagefind"
"""Where the index is written, below the output folder."""
ADDRESS = "search/"
"""Where the page with the field is."""
IMMUTABLE = (f"{FOLDER}/fragment/*", f"{FOLDER}/index/*")
"""Files whose names are made from their content."""
_PACKAGES = ("pagefind_bin_extended", "pagefind_bin")
"""Packages with the binary; the first one can also split Chinese and Japanese into words."""
_WANTED = re.compile(
    r"pagefind(-worker)?\.js|pagefind-entry\.json|wasm\.[\w-]+\.pagefind|pagefind\.[\w-]+\.pf_meta|"
    r"(fragment|index)/[\w-]+\.pf_\w+"
)
"""Pagefind also writes three user interfaces, which nobody here needs."""
_LEFT_OUT = ".footnote-ref, .footnote-backref, .anchor"
_PREFIX = "search-"


class Document(NamedTuple):
    """What the index knows of one page."""

    path: str
    """Of its output."""
    title: str
    summary: str
    language: str
    body: str
    """HTML."""
    facts: tuple[tuple[str, str], ...] = ()
    """Shown with a result and searched, too: ``date``, ``tags``, ``correspondent``."""


def executable() -> Path | None:
    """Pagefind's binary, where a package brings one."""
    for package in _PACKAGES:
        spec = importlib.util.find_spec(package)
        for folder in (spec.submodule_search_locations or ()) if spec else ():
            for name in ("pagefind_extended", "pagefind"):
                found = Path(folder) / name
                if os.access(found, os.X_OK):
                    return found
    return None


class Index:
    """A run of Pagefind beside the build. The files it makes are there after ``finish`` and until ``close``."""

    def __init__(self, binary: Path, state: Path, documents: Iterable[Document], language: str) -> None:
        """Starts it on ``documents``; ``state`` is the folder for what is being made. Raises ``StorageError``.

        Words are reduced to stems as is right in ``language``, on all pages alike, since the reader's words are.
        """
        self._folder = _fresh_folder(state)
        self._process: subprocess.Popen[bytes] | None = None
        with files.guarded(self._folder):
            for document in documents:
                _write(self._folder / "in" / document.path, document)
            self._log = (self._folder / "log").open("wb")
            arguments = ["--site", "in", "--output-path", "out", "--force-language", language, "--silent"]
            self._process = subprocess.Popen(  # noqa: S603  # our own binary, and no word of a document
                [str(binary), *arguments, "--exclude-selectors", _LEFT_OUT],
                cwd=self._folder,
                stdin=subprocess.DEVNULL,
                stdout=self._log,
                stderr=self._log,
                env={"PATH": os.environ.get("PATH", "")},
            )

    def finish(self) -> dict[str, Path]:
        """Waits for it; output path → file. Raises ``SearchFailed``."""
        assert self._process is not None
        code = self._process.wait()
        if code:
            said = (self._folder / "log").read_text(errors="replace").strip().splitlines()
            raise SearchFailed(f"Pagefind ended with {code}: {said[-1] if said else 'it said nothing'}")
        out = self._folder / "out"
        found = {entry.path: out / entry.path for entry in files.scan(out) if _WANTED.fullmatch(entry.path)}
        with files.guarded(out):
            _put_in_order(found["pagefind-entry.json"])
        return {f"{FOLDER}/{path}": file for path, file in found.items()}

    def close(self) -> None:
        """Ends it, and removes all that it made."""
        if self._process is not None and self._process.poll() is None:
            self._process.kill()
            self._process.wait()
        self._log.close()
        shutil.rmtree(self._folder, ignore_errors=True)


def _fresh_folder(state: Path) -> Path:
    """A new folder below ``state``; those of builds that were killed are removed. Under the lock of the builds."""
    with files.guarded(state):
        state.mkdir(parents=True, exist_ok=True)
        for left in state.glob(f"{_PREFIX}*"):
            shutil.rmtree(left, ignore_errors=True)
        return Path(tempfile.mkdtemp(prefix=_PREFIX, dir=state))


def _write(path: Path, document: Document) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(_page(document)), encoding="utf-8", errors="replace")


def _page(document: Document) -> Iterator[str]:
    title = escape(document.title)
    yield f'<!doctype html><html lang="{escape(document.language)}"><meta charset="utf-8"><title>{title}</title>'
    yield f"<body data-pagefind-body><h1>{title}</h1>"
    if document.summary:
        yield f"<p>{escape(document.summary)}</p>"
    yield document.body
    for name, value in (("language", document.language), *document.facts):
        yield f'<p data-pagefind-ignore data-pagefind-meta="{name}">{escape(value)}</p>'
    yield "</body></html>"


def _put_in_order(entry: Path) -> None:
    """Pagefind lists languages in any order."""
    found = json.loads(entry.read_bytes())
    entry.write_text(json.dumps(found, sort_keys=True, ensure_ascii=False, separators=(",", ":")), encoding="utf-8")


def indexed(outputs: Sequence[str]) -> list[str]:
    """Those outputs that belong to the index."""
    return [path for path in outputs if path.startswith(f"{FOLDER}/")]


@contextlib.contextmanager
def running(index: Index | None) -> Iterator[Index | None]:
    """Closes the index at the end of the block, whatever happens."""
    try:
        yield index
    finally:
        if index is not None:
            index.close()
