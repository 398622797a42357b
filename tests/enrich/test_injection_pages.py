"""Documents that attack, all the way to the page: pulled with a model that repeats whatever they say, then published.

The worst model there can be is one that copies the attack word for word: its points stand in the document, so they are
true, and are shown. They must be shown as words.
"""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Mapping, Sequence
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from sitegen import frontmatter
from sitegen.cli import run
from tests.enrich.hostile import AFTER, ATTACKS, BEFORE
from tests.servers import model
from tests.servers.ollama import OllamaServer
from tests.servers.paperless import PaperlessServer

SETTINGS = """
[site]
title = "Test"
base_url = "https://example.org/"
[source]
kind = "paperless"
[source.paperless]
url = "{paperless}"
[engine]
kind = "{kind}"
[engine.ollama]
endpoints = ["{ollama}"]
slots = 4
[briefs]
initial_status = "published"
[privacy]
kinds = []  # the guard would stop the build over an attack's addresses, and hide what the pages would show
"""
HONEST = {
    "Bridge": "On 3 March 2026 Mrs Anna Keller of the Town Council opened the bridge in Marlow. It cost EUR 412,500. "
    "The inspectors found no cracks in its eight bearings. Lorries may use it from June.",
    "School": "The families of the five schools answered a survey in January 2026. Most of them want a longer break.",
}


def parrot(messages: Sequence[Mapping[str, Any]], schema: Mapping[str, Any] | None) -> str:
    """A model that copies what the document says last into every field there is, besides what it should note."""
    answer = json.loads(model.answer(messages, schema))
    fenced = re.search(r"BEGINS\]\n(.*)\n\[", str(messages[-1]["content"]), re.DOTALL)
    said = fenced[1][len(BEFORE) : -len(AFTER)] if fenced else ""
    pieces = [piece[:280] for piece in (said, *re.split(r"(?<=[.>)])\s", said), *said.split("\n"))][:6]
    if "sentences" in answer:
        claims = re.findall(r"^\d+\. (.*)$", fenced[1] if fenced else "", re.MULTILINE)
        worst = max(claims, key=lambda claim: sum(not char.isalnum() for char in claim))
        cited = {"text": worst, "points": [claims.index(worst) + 1]}
        return json.dumps(answer | {"title": worst[:140], "dek": cited, "tags": [worst[:40], *answer["tags"]]})
    answer["points"] = [{"claim": piece, "quote": piece} for piece in pieces if piece.strip()] + answer["points"]
    for name in ("people", "organisations", "places"):
        answer[name] = [piece[:80] for piece in pieces]
    answer["dates"] = answer["amounts"] = [{"text": "1,250,000 euros", "about": said[:160]}]
    return json.dumps(answer)


class Page(HTMLParser):
    """What is active in a page: its elements with the names of their attributes, and where it leads."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: set[tuple[str, str]] = set()
        self.addresses: set[str] = set()
        self.words = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in [("", ""), *attrs]:
            self.elements.add((tag, name))
            if name in ("href", "src", "srcset", "action", "formaction", "data", "poster") and value:
                self.addresses.add(value)

    def handle_data(self, data: str) -> None:
        self.words += data

    def handle_comment(self, data: str) -> None:
        self.elements.add(("comment", data))

    def unknown_decl(self, data: str) -> None:
        self.elements.add(("declaration", data))


class Town:
    """A site that was pulled from hostile documents and built."""

    def __init__(self, folder: Path, kind: str) -> None:
        documents = [{"title": name, "content": text} for name, text in HONEST.items()]
        documents += [{"title": title(attack), "content": BEFORE + attack + AFTER} for attack in ATTACKS.values()]
        with PaperlessServer(documents=documents) as paperless, OllamaServer() as ollama:
            ollama.reply = parrot
            settings = SETTINGS.format(paperless=paperless.url, ollama=ollama.url, kind=kind)
            (folder / "sitegen.toml").write_text(settings)
            with pytest.MonkeyPatch.context() as environment:
                environment.setenv("SITEGEN_SOURCE__PAPERLESS__TOKEN", paperless.token)
                assert run(["--site", str(folder), "pull", "-q"]) in (0, 6)
            assert ollama.complaints == []
        assert run(["--site", str(folder), "build", "-q"]) == 0
        self.folder = folder
        self.briefs = {path.name: path.read_text() for path in (folder / "briefs").glob("*.md")}
        self.pages = {
            path.parent.name: Page(path.read_text()) for path in (folder / "public/briefs").glob("*/index.html")
        }


def title(attack: str) -> str:
    return re.sub(r"[\x00\n\r\f]", " ", attack)[:120].strip() or "A title"


@pytest.fixture(scope="module", params=["ollama", "extractive"])
def town(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Town:
    return Town(tmp_path_factory.mktemp("town"), request.param)


def test_there_are_many_attacks_and_each_has_its_brief_and_its_page(town: Town) -> None:
    assert len(ATTACKS) >= 40
    assert len(town.briefs) == len(ATTACKS) + len(HONEST)
    assert len(town.pages) == len(town.briefs)


def test_no_brief_has_front_matter_that_a_document_wrote(town: Town) -> None:
    honest = [text for text in town.briefs.values() if re.search(r"source: paperless:[12]\n", text)]
    fields = {name for text in honest for name in frontmatter.split(text, "x.md").fields}
    sources = set()
    for name, text in town.briefs.items():
        matter = frontmatter.split(text, name).fields
        assert set(matter) <= fields | {"method", "dates", "amounts", "people", "organisations", "places", "tags"}, name
        assert matter["status"] == "published"
        assert re.fullmatch(r"paperless:\d+", str(matter["source"]))
        assert re.fullmatch(r"[\w-]+\.md", name)
        assert "/" not in str(matter.get("slug", ""))
        assert isinstance(matter["title"], str)
        sources.add(matter["source"])
    assert len(sources) == len(town.briefs)


def test_a_page_of_an_attack_has_nothing_that_a_page_of_an_honest_document_has_not(town: Town) -> None:
    honest = [page for page in town.pages.values() if "Anna Keller" in page.words or "five schools" in page.words]
    assert len(honest) >= 2
    allowed = set().union(*(page.elements for page in honest))
    # What the theme has for an extract in place of a summary, and for the remarks of the engine.
    allowed |= {("strong", ""), ("strong", "class"), ("ul", "class"), ("bdi", "")}
    for name, page in town.pages.items():
        assert page.elements <= allowed, (name, page.elements - allowed)


def test_no_page_leads_where_a_document_wanted(town: Town) -> None:
    for path in (town.folder / "public").rglob("*.html"):
        for address in Page(path.read_text()).addresses:
            parts = urlsplit(address)
            if parts.scheme == "mailto":  # the reader is to say whom; a title must not
                assert (parts.path, set(parse_qs(parts.query))) == ("", {"subject", "body"}), (path, address)
                continue
            assert parts.scheme in ("", "https"), (path, address)
            assert parts.netloc in ("", "example.org"), (path, address)


def test_the_words_of_an_attack_are_shown_as_words(town: Town) -> None:
    words = "\n".join(page.words for page in town.pages.values())
    for shown in ("{{ 7*7 }}", "<script>alert(1)</script>", "javascript:alert(1)", "<|im_end|>", "<end_of_turn>"):
        assert shown in words


def test_nothing_invisible_and_nothing_for_terminals_is_published(town: Town) -> None:
    controls, turned = "\\x00-\\x08\\x0b\\x0e-\\x1f\\x7f-\\x9f", "\\u202a-\\u202e\\u2066-\\u2069"
    unseen = re.compile(f"[{controls}{turned}\\u200b\\ufeff\\U000e0000-\\U000e007f]")
    files = [path for path in (town.folder / "public/briefs").rglob("*") if path.suffix in (".html", ".md", ".xml")]
    for path in [*files, *(town.folder / "briefs").glob("*.md")]:
        found = unseen.search(path.read_text())
        assert found is None, (path, found)


def test_feeds_and_sitemap_are_sound_xml_and_lead_nowhere_else(town: Town) -> None:
    checked = 0
    for path in (town.folder / "public").rglob("*.xml"):
        ElementTree.parse(path)  # our own output
        assert "evil.example/" not in re.sub(r">[^<]*<", "><", path.read_text())
        checked += 1
    assert checked >= 2


def test_nothing_was_written_outside(town: Town) -> None:
    names = {path.name for path in town.folder.iterdir()}
    assert names <= {"sitegen.toml", "briefs", "public", ".sitegen"}
