"""The linked data of built pages has the shape that https://schema.org gives it, on every kind of page."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.site.sites import Site

GOLDEN = Path(__file__).parents[1] / "golden" / "expected"
SCRIPT = re.compile(r'<script type="application/ld\+json">(.*?)</script>', re.DOTALL)

_WORK = {"@id", "url", "inLanguage", "isPartOf", "publisher", "description", "image"}
_ARTICLE = _WORK | {
    "headline",
    "datePublished",
    "dateModified",
    "correction",
    "keywords",
    "wordCount",
    "digitalSourceType",
}
SHAPES: dict[str, tuple[set[str], set[str]]] = {
    "WebSite": ({"@id", "url", "name", "inLanguage", "publisher"}, {"description"}),
    "Organization": ({"name", "url"}, set()),
    "Report": ({"@id", "url", "inLanguage", "headline", "publisher", "isPartOf"}, _ARTICLE),
    "Article": ({"@id", "url", "inLanguage", "headline", "datePublished", "publisher"}, _ARTICLE),
    "WebPage": ({"@id", "url", "inLanguage", "headline"}, _ARTICLE),
    "CollectionPage": ({"@id", "url", "inLanguage", "name", "isPartOf"}, {"description", "image", "mainEntity"}),
    "ItemList": ({"numberOfItems", "itemListElement"}, set()),
    "ListItem": ({"position", "name"}, {"url", "item"}),
    "BreadcrumbList": ({"itemListElement"}, set()),
    "CorrectionComment": ({"datePublished", "text"}, set()),
    "Dataset": (
        {"@id", "name", "description", "url", "creator", "distribution", "isAccessibleForFree", "inLanguage"},
        {"temporalCoverage"},
    ),
    "DataDownload": ({"encodingFormat", "contentUrl"}, set()),
}
"""What must and what may stand in a node of each type, from the pages of these types."""


def nodes(data: Any) -> Iterator[dict[str, Any]]:
    if isinstance(data, dict):
        if "@type" in data:
            yield data
        for value in data.values():
            yield from nodes(value)
    elif isinstance(data, list):
        for value in data:
            yield from nodes(value)


def examine(data: dict[str, Any]) -> None:
    assert data["@context"] == "https://schema.org"
    for node in nodes(data):
        needed, allowed = SHAPES[node["@type"]]
        keys = node.keys() - {"@type", "@context"}
        assert needed <= keys <= needed | allowed, node
        for key in keys & {"@id", "url", "item", "contentUrl", "image"}:
            assert urlsplit(node[key]).scheme == "https", node
        for key in keys & {"datePublished", "dateModified"}:
            dt.date.fromisoformat(node[key])
        if "itemListElement" in node:
            items = node["itemListElement"]
            assert [item["position"] for item in items] == list(range(1, len(items) + 1))
            assert all("item" in item or "url" in item for item in items)


def linked(html: str) -> dict[str, Any]:
    (script,) = SCRIPT.findall(html)
    data: dict[str, Any] = json.loads(script)
    return data


@pytest.mark.parametrize("path", sorted(GOLDEN.rglob("*.html")), ids=lambda path: str(path.relative_to(GOLDEN)))
def test_every_page_of_the_golden_site_has_the_shapes_of_schema_org(path: Path) -> None:
    for script in SCRIPT.findall(path.read_text(encoding="utf-8")):
        examine(json.loads(script))


@pytest.fixture
def listed(site: Site) -> Site:
    site.write("themes/tiny/templates/list.html", "{{ cards() }}")
    site.write("sitegen.toml", (site.root / "sitegen.toml").read_text() + "[table]\nenabled = true\n")
    made = [{"date": dt.date(2026, 3, 1), "text": "A sum."}]
    fields: dict[str, Any] = {"correspondent": "=2+5", "document_type": "Letter", "tags": ["Roads", "Water"]}
    site.brief("a", "Text.", title='The "bridge", again', date=dt.date(2026, 1, 2), corrections=made, **fields)
    site.brief("b", "Text.", title="Secret", status="draft")
    return site


def test_the_archive_is_a_dataset_where_it_offers_a_table(listed: Site) -> None:
    listed.build()
    data = linked(listed.out("archive/index.html"))
    examine(data)
    (dataset,) = [node for node in nodes(data) if node["@type"] == "Dataset"]
    assert dataset["temporalCoverage"] == "2026-01/2026-01"
    assert dataset["distribution"]["contentUrl"] == "https://example.org/briefs.csv"


def test_the_table_has_a_row_for_each_public_brief_and_no_formulas(listed: Site) -> None:
    listed.build(drafts=True)
    (row,) = csv.DictReader(io.StringIO(listed.out("briefs.csv"), newline=""))
    assert row["title"] == 'The "bridge", again'
    assert (row["date"], row["corrected"]) == ("2026-01-02", "2026-03-01")
    assert (row["topics"], row["type"], row["correspondent"]) == ("Roads; Water", "Letter", "'=2+5")
    assert row["url"].startswith("https://example.org/briefs/")
    listed.write("briefs/b.md", (listed.root / "briefs/b.md").read_text().replace("draft", "published"))
    listed.build()
    assert listed.out("briefs.csv").count("\n") == 3


def test_there_is_no_table_unless_a_site_wants_one(site: Site) -> None:
    site.build()
    assert not site.has("briefs.csv")
