"""Search: an index that runs in the reader's browser, made by Pagefind (https://pagefind.app) and served as files.

Pagefind reads a folder of HTML. It is given documents of our own making, one a page, with the words of the page alone:
so every theme has the same search, and a changed template changes no index. It knows no incremental work, so it runs
only when one of these documents has changed; what it makes depends on nothing else.
"""

from __future__ import annotations

import gzip
import importlib.util
import json
import os
import re
import shutil
from collections.abc import Iterable, Iterator, Mapping
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import unquote

from sitegen import files
from sitegen.errors import SearchFailed, SearchMissing, SitegenError
from sitegen.site.hooks import Output, hook
from sitegen.site.inputs import Inputs
from sitegen.site.page import Page
from sitegen.site.stored import StoredPage
from sitegen.site.tracking import digest
from sitegen.site.whole import Site

if TYPE_CHECKING:
    import subprocess

    from sitegen.settings import Settings

FOLDER = "pagefind"
"""Where the index is written, below the output folder."""
ADDRESS = "search/"
"""Where the page with the field is."""
TEMPLATE = "search.html"
_PACKAGES = ("pagefind_bin_extended", "pagefind_bin")
"""Packages with the binary; the first one can also split Chinese and Japanese into words."""
_WANTED = re.compile(
    r"pagefind(-worker)?\.js|pagefind-entry\.json|wasm\.[\w-]+\.pagefind|pagefind\.[\w-]+\.pf_meta|"
    r"(fragment|index)/[\w-]+\.pf_\w+"
)
"""Pagefind also writes three user interfaces, which nobody here needs."""
FACETS = "facets.json"
"""By what pages can be told apart. Pagefind has filters of its own, but writes them in another order each time."""
_MARK = b"pagefind_dcd"
"""With what a file of Pagefind begins, when it is unpacked."""
_LEFT_OUT = ".footnote-ref, .footnote-backref, .anchor"
_PREFIX = "search-"


_TITLES = {"en": "Search", "de": "Suche", "fr": "Recherche", "ar": "بحث"}


class Document(NamedTuple):
    """What the index knows of one page."""

    path: str
    """Of its output."""
    title: str
    summary: str
    language: str
    page: StoredPage
    """Whose text it has."""
    facts: tuple[tuple[str, str], ...] = ()
    """Shown with a result: ``date``, ``tags``, ``correspondents``."""
    facets: tuple[tuple[str, str], ...] = ()
    """What results can be narrowed down by: taxonomies, ``year`` and ``language``, each with one value."""


@hook
def site_outputs(site: Site) -> Iterator[Output]:
    """The page with the field, unless ``content/`` has a page at that address."""
    if site.info.search is None or any(page.url == site.info.search.url for page in site.pages):
        return
    language = site.settings.site.language
    title = _TITLES.get(language.split("-")[0].lower(), _TITLES["en"])
    permalink = f"{site.base_url}{ADDRESS}"
    page = Page("search", "", site.info.search.url, permalink, title, summary="", date=None, language=language)
    parts = ("search", page.url, permalink, title, language)
    yield Output(f"{ADDRESS}index.html", "the search page", TEMPLATE, {"page": page}, parts)


def wanted(settings: Settings, inputs: Inputs, versions: str) -> tuple[bool, SitegenError | None, str]:
    """Whether a site has search; what is wrong when it should have, and what to remark when it might."""
    enabled = settings.search.enabled
    if enabled == "off":
        return False, None, ""
    if not any(key.endswith(f"/{TEMPLATE}") and "templates/" in key for key in inputs.files):
        missing = f"the theme has no template {TEMPLATE}"
        remedy = 'Choose a theme that has one, or set `[search] enabled = "off"`.'
        return False, SearchMissing(missing, place="sitegen.toml", remedy=remedy) if enabled == "on" else None, ""
    if any(f"\n{package}-" in versions for package in _PACKAGES):
        return True, None, ""
    missing = "there is no search on this site: Pagefind is not installed"
    if enabled == "on":
        return False, SearchMissing(missing, place="sitegen.toml"), ""
    return False, None, f"T{missing[1:]} (pip install 'sitegen[search]')."


def documents(pages: Iterable[StoredPage], base: str) -> Iterator[Document]:
    """What the index knows of ``pages``; nothing of drafts."""
    for page in pages:
        if not page.draft and page.record.search:
            facts = [(name, ", ".join(link.title for link in links)) for name, links in page.terms.items() if links]
            date = [] if page.date is None else [("date", page.date.isoformat())]
            path = f"{page.url[len(base) :]}index.html"
            facets = tuple(_facets(page))
            yield Document(path, page.title, page.summary, page.language, page, (*date, *facts), facets)


def _facets(page: StoredPage) -> Iterator[tuple[str, str]]:
    for name, links in page.terms.items():
        yield from ((name, link.title) for link in links)
    if page.date is not None:
        yield "year", str(page.date.year)
    if page.language != "und":
        yield "language", page.language


def digest_of(found: Iterable[Document], language: str, words: object) -> bytes:
    """Of all that the index is made from; ``words`` are those of the theme."""
    return digest(language, words, [(*document[:4], _text_of(document.page), document[5:]) for document in found])


def _text_of(page: StoredPage) -> object:
    """What tells one text from another: a shortcode may make anything of it."""
    return page.body if page.record.calls else page.record.place[1:]


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
        import subprocess

        self._folder = _fresh_folder(state)
        self._process: subprocess.Popen[bytes] | None = None
        with files.guarded(self._folder):
            self._facets: dict[str, tuple[tuple[str, str], ...]] = {}
            for document in documents:
                _write(self._folder / "in" / document.path, document)
                self._facets[unquote(f"/{document.path.removesuffix('index.html')}")] = document.facets
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
            found[FACETS] = out / FACETS
            found[FACETS].write_text(_facets_of(found, self._facets), encoding="utf-8")
        return {f"{FOLDER}/{path}": file for path, file in found.items()}

    def close(self) -> None:
        """Ends it, and removes all that it made."""
        if self._process is not None and self._process.poll() is None:
            self._process.kill()
            self._process.wait()
        self._log.close()
        shutil.rmtree(self._folder, ignore_errors=True)


def sweep(state: Path) -> None:
    """Removes what builds that were killed left below ``state``. Under the lock of the builds."""
    for left in state.glob(f"{_PREFIX}*"):
        shutil.rmtree(left, ignore_errors=True)


def _fresh_folder(state: Path) -> Path:
    import tempfile

    with files.guarded(state):
        state.mkdir(parents=True, exist_ok=True)
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
    yield document.page.body
    for name, value in (("language", document.language), *document.facts):
        yield f'<p data-pagefind-ignore data-pagefind-meta="{name}">{escape(value)}</p>'
    yield "</body></html>"


def _facets_of(found: Mapping[str, Path], facets: Mapping[str, tuple[tuple[str, str], ...]]) -> str:
    """All facets in order, and for each page, called as Pagefind calls it, the numbers of its own."""
    every = sorted({facet for own in facets.values() for facet in own})
    places = {facet: place for place, facet in enumerate(every)}
    pages: dict[str, list[int]] = {}
    for path, file in sorted(found.items()):
        if path.startswith("fragment/"):
            fragment = json.loads(gzip.decompress(file.read_bytes()).removeprefix(_MARK))
            pages[file.stem] = [places[facet] for facet in facets.get(unquote(fragment["url"]), ())]
    return json.dumps({"facets": every, "pages": pages}, ensure_ascii=False, separators=(",", ":"))


def _put_in_order(entry: Path) -> None:
    """Pagefind lists languages in any order."""
    found = json.loads(entry.read_bytes())
    entry.write_text(json.dumps(found, sort_keys=True, ensure_ascii=False, separators=(",", ":")), encoding="utf-8")
