"""Inspection: what is wrong with a site beyond what stops a build, in its files and in what a build makes of them."""

from __future__ import annotations

import re
from array import array
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise
from pathlib import PurePosixPath

from markdown_it import MarkdownIt

from sitegen import files, frontmatter
from sitegen.errors import (
    AllowIdle,
    AltMissing,
    FileUnused,
    HeadingSkipped,
    LinkMoved,
    LinkUncertain,
    PageUnlinked,
    Place,
    PrivateHeld,
    PrivateSuspected,
    ProvenanceUnclaimed,
    SitegenError,
)
from sitegen.privacy import guard
from sitegen.privacy.guard import Guard
from sitegen.settings import Project
from sitegen.site.build import BuildOptions, Progress, build
from sitegen.site.references import Collector
from sitegen.site.stored import StoredPage
from sitegen.site.survey import Survey, survey

_HINTS = (
    *(FileUnused, PageUnlinked, ProvenanceUnclaimed, LinkMoved, LinkUncertain),
    *(PrivateHeld, PrivateSuspected, AllowIdle),
)
_IMPORT = re.compile(r"""@import\s+(?:url\(\s*)?["']?([^"')\s;]+)""")
_FOLDER = "check"
_TAG = re.compile(rb"<(?:h([1-6])|img|a)\b[^<>]*>")
_ALT = re.compile(rb"""\salt(?:=|\s|/?>$)""")
_SOURCE = re.compile(rb"""\ssrc=["']?([^"'\s>]*)""")
_EXTERNAL = re.compile(rb"""\shref=["']?(https?://[^"'\s>]+)""")
_WITHOUT_ALT = re.compile(r"!\[\s*\][(\[]")
_TEXTS = {".css", ".js", ".mjs", ".json", ".xml", ".txt", ".webmanifest", ".svg", ".md"}
"""Outputs in which a file may be named."""
_ASKED_FOR = re.compile(
    r"favicon\.|apple-touch-icon|robots\.txt$|humans\.txt$|ads\.txt$|CNAME$|\.well-known/|_redirects$|_headers$|"
    r"google[0-9a-f]+\.html$|browserconfig\.xml$|site\.webmanifest$|manifest\.(json|webmanifest)$|security\.txt$"
)
"""Files that others ask for by their names."""


@dataclass
class Seen:
    """What the built pages say, by output."""

    links: dict[str, set[str]] = field(default_factory=dict)
    """Output → the paths that it refers to, in local form without anchors."""
    levels: dict[str, list[int]] = field(default_factory=dict)
    """Output → the levels of its headings."""
    bare: dict[str, list[str]] = field(default_factory=dict)
    """Address of an image that has no alt attribute → outputs."""
    external: dict[str, list[str]] = field(default_factory=dict)
    """Address elsewhere → outputs."""


class Inspection:
    """One look at a site. Raises what a build raises when the site cannot be built at all."""

    def __init__(self, project: Project, *, drafts: bool = False, progress: Progress | None = None) -> None:
        options = BuildOptions(output=project.state / _FOLDER, drafts=drafts, search=False, guard=False)
        self.report = build(project, options, progress)
        self._project = project
        self._survey: Survey = survey(project, drafts=drafts)
        self._root = self.report.output
        self._outputs = [entry.path for entry in files.scan(self._root)]
        base = len(self._survey.scope.base)
        self._pages: dict[str, StoredPage] = {f"{page.url[base:]}index.html": page for page in self._survey.content.all}

    def findings(self) -> Iterator[SitegenError]:
        """All that was found: the warnings of the build first."""
        yield from self.report.warnings
        for page in self._survey.content.all:
            yield from self._texts(page)
        yield from self._headings()
        yield from self._images()
        yield from self._unlinked()
        yield from self._unused()
        yield from self._unclaimed()
        yield from self._private()

    def external(self) -> Mapping[str, Place]:
        """Every address elsewhere that a page links to, with the place where it is written first."""
        own = self._survey.scope.base_url
        return {
            url: self._written(url, outputs[0])
            for url, outputs in sorted(self._seen.external.items())
            if not url.startswith(own)
        }

    # ------------------------------------------------------------------------------------------------ in the sources

    def _texts(self, page: StoredPage) -> Iterator[SitegenError]:
        """Images without a text, and headings that skip a level, in one Markdown file."""
        levels = [1, *(level for *_, level in page.record.headings)]
        suspect = levels.count(1) > 1 or any(after > before + 1 for before, after in pairwise(levels))
        text = self._survey.inputs.read(page.key).decode("utf-8-sig", "replace")
        if not suspect and not _WITHOUT_ALT.search(text):
            return
        parsed = frontmatter.split(text, page.path)
        before = 1  # the title
        for token in MarkdownIt("commonmark").parse(parsed.body):
            line = parsed.body_line + (token.map[0] if token.map else 0)
            if token.type == "heading_open" and token.level == 0:
                level = int(token.tag[1])
                if problem := _step(before, level):
                    yield HeadingSkipped(problem, place=Place(page.path, line))
                before = level
            elif token.type == "inline":
                for child in token.children or ():
                    line += child.type in ("softbreak", "hardbreak")
                    if child.type == "image" and not child.content.strip():
                        yield AltMissing(_without(str(child.attrs.get("src", ""))), place=Place(page.path, line))

    # -------------------------------------------------------------------------------------------------- in the pages

    @cached_property
    def _seen(self) -> Seen:
        seen = Seen()
        scope = self._survey.scope
        collector = Collector(scope.base_url, scope.base)
        for path in self._outputs:
            if not path.endswith(".html"):
                continue
            html = (self._root / path).read_bytes()
            found = collector.look(html, path)
            seen.links[path] = {collector.table[number].partition("#")[0] for number in array("I", found.links)}
            levels = seen.levels.setdefault(path, [])
            for match in _TAG.finditer(html):
                if match[1]:
                    levels.append(int(match[1]))
                elif match[0].startswith(b"<img") and not _ALT.search(match[0]):
                    source = _SOURCE.search(match[0])
                    seen.bare.setdefault(_text(source[1]) if source else "", []).append(path)
                elif match[0].startswith(b"<a") and (link := _EXTERNAL.search(match[0])):
                    seen.external.setdefault(_text(link[1]), []).append(path)
        return seen

    def _headings(self) -> Iterator[SitegenError]:
        """Pages whose headings skip a level, or that have not one of the first level, by no fault of their text."""
        wrong: dict[str, list[str]] = {}
        for path, levels in self._seen.levels.items():
            page = self._pages.get(path)
            own = [level for *_, level in page.record.headings] if page else []
            count = levels.count(1) - own.count(1)
            if count != 1:
                wrong.setdefault(f"the page has {count} headings of level 1, not one", []).append(path)
            for before, after in pairwise(levels):
                if after > before + 1 and not _has_step(own, before, after):
                    wrong.setdefault(f"a heading of level {after} follows one of level {before}", []).append(path)
        for problem, outputs in wrong.items():
            yield HeadingSkipped(f"{problem} {self._where(outputs)}", place=self._first(outputs))

    def _images(self) -> Iterator[SitegenError]:
        for source, outputs in sorted(self._seen.bare.items()):
            yield AltMissing(f"{_without(source)} {self._where(outputs)}", place=self._first(outputs))

    def _unlinked(self) -> Iterator[SitegenError]:
        linked: set[str] = set()
        for path, links in self._seen.links.items():
            own = path.removesuffix("index.html")
            linked |= links - {own} if path != "404.html" else set()
        for path, page in self._pages.items():
            if page.kind != "home" and path.removesuffix("index.html") not in linked:
                yield PageUnlinked("no other page links to this page", place=page.path)

    # ------------------------------------------------------------------------------------------------------- in files

    @cached_property
    def _used(self) -> set[str]:
        return set().union(*self._seen.links.values())

    @cached_property
    def _named(self) -> str:
        """All text in which files may be named beside pages."""
        texts = (path for path in self._outputs if PurePosixPath(path).suffix in _TEXTS)
        return "\n".join((self._root / path).read_text(errors="replace") for path in texts)

    def _unused(self) -> Iterator[SitegenError]:
        """Files of ``content/`` and ``static/`` that no page and no other file refers to."""
        names = self._survey.scope.name_of
        for output, key in self._survey.content.copies.items():
            if not self._refers_to(output):
                yield FileUnused("no page uses this file", place=names(key))
        for key in self._survey.inputs.of("static"):
            path = key.removeprefix("static/")
            if not _ASKED_FOR.search(path) and not self._refers_to(path) and not self._imported(path):
                yield FileUnused("no page uses this file", place=key)

    def _imported(self, path: str) -> bool:
        """Whether it is a part of a style sheet, the site's or a theme's, which becomes one with the parts."""
        name = PurePosixPath(path).name
        return name.startswith("_") and name in self._parts

    @cached_property
    def _parts(self) -> set[str]:
        inputs = self._survey.inputs
        sheets = (inputs.read(key).decode("utf-8", "replace") for key in inputs.files if key.endswith(".css"))
        return {PurePosixPath(url).name for sheet in sheets for url in _IMPORT.findall(sheet)}

    def _refers_to(self, path: str) -> bool:
        """Whether anything refers to an output; its name may have a fingerprint, or a size when it is an image."""
        if path in self._used or PurePosixPath(path).name in self._named:
            return True
        file = PurePosixPath(path)
        made = re.compile(rf"(.*/)?{re.escape(file.stem)}[.-][\w.-]+")
        return any(made.fullmatch(used) for used in self._used)

    def _unclaimed(self) -> Iterator[SitegenError]:
        sources = {record.source for record in self._survey.shelf.records.values()}
        names = self._survey.scope.name_of
        for key, origin in self._survey.shelf.origins.items():
            if origin.source not in sources:
                yield ProvenanceUnclaimed(f"no brief has the source {origin.source!r}", place=names(key))

    def _private(self) -> Iterator[SitegenError]:
        """What may be private and stops no build: in what is not public, what is not certain; and idle permissions."""
        guarding = Guard.of(self._project.settings.privacy, self._survey.inputs)
        public = {page.key for page in self._survey.content.all}
        for key, record in self._survey.shelf.records.items():
            path = self._survey.scope.name_of(key)
            told, idle = record.private, record.idle
            written = record.status in ("draft", "review")
            if guarding is not None and written and guarding.minds("brief" if key.startswith("briefs/") else "page"):
                text = self._survey.inputs.read(key).decode("utf-8-sig", "replace")
                allow = frontmatter.validate(frontmatter.split(text, path).fields, path, text, None).allow
                told, idle = guarding.look(text, record.source or "", allow)
            shown = record.status == "withdrawn" or (key in public and not written)
            yield from guard.hints(told, path, shown=shown)
            for name in sorted(idle):
                yield AllowIdle(f"{name} is allowed, but nothing in the file is called that", place=path)

    # ---------------------------------------------------------------------------------------------------------- words

    def _first(self, outputs: Iterable[str]) -> Place:
        return self._owner(_in_order(outputs)[0])

    def _owner(self, output: str) -> Place:
        page = self._pages.get(output)
        return Place(page.path if page else self._survey.scope.base + output.removesuffix("index.html"))

    def _where(self, outputs: Iterable[str]) -> str:
        found = _in_order(outputs)
        first = self._survey.scope.base + found[0].removesuffix("index.html")
        return f"(on the page {first})" if len(found) == 1 else f"(on {len(found):,} pages, the first is {first})"

    def _written(self, url: str, output: str) -> Place:
        """The line of the page's file that has the address; the page when a template or a definition made it."""
        page = self._pages.get(output)
        if page is None:
            return self._owner(output)
        text = self._survey.inputs.read(page.key).decode("utf-8", "replace")
        at = text.find(url)
        return Place(page.path, text.count("\n", 0, at) + 1 if at >= 0 else None)


def _in_order(outputs: Iterable[str]) -> list[str]:
    """By address, the home page first."""
    return sorted(set(outputs), key=lambda path: (path == "404.html", path.removesuffix("index.html")))


def _step(before: int, level: int) -> str:
    if level == 1:
        return "a heading of level 1 stands in the text; the title of the page is its only one"
    if level > before + 1:
        return f"a heading of level {level} follows one of level {before}"
    return ""


def _has_step(levels: list[int], before: int, after: int) -> bool:
    return (before, after) in pairwise([1, *levels])


def _without(source: str) -> str:
    return f"the image {source[:200]!r} has no text for those who cannot see it"


def _text(raw: bytes) -> str:
    from html import unescape

    return unescape(raw.decode("utf-8", "replace"))


def is_hint(finding: SitegenError) -> bool:
    """Whether what was found may be meant; only ``--strict`` takes it for a problem."""
    return isinstance(finding, _HINTS)
