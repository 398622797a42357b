"""index: what a folder of briefs holds, however many there are, in memory or in a temporary file."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sitegen.briefs.index import Index
from sitegen.briefs.store import Store
from tests.briefs.test_store import MADE, brief

PATHS = st.text(st.characters(exclude_characters="\0/"), min_size=1, max_size=8)
"""Lone surrogates are among them: so Python reads names that are no UTF-8."""


@pytest.fixture(params=[False, True], ids=["memory", "file"])
def index(request: pytest.FixtureRequest) -> Index:
    return Index(in_file=request.param)


@given(st.dictionaries(PATHS, st.none() | PATHS, max_size=20), st.booleans())
def test_it_knows_what_was_put_in_whatever_the_names(briefs: dict[str, str | None], in_file: bool) -> None:
    index = Index(in_file=in_file)
    with index.together():
        for path, source in briefs.items():
            index.put(path, source)
    assert list(index) == sorted(briefs, key=lambda path: path.encode("utf-8", "surrogatepass"))
    assert len(index) == len(briefs)
    assert all(path in index for path in briefs)
    for source in {source for source in briefs.values() if source is not None}:
        assert index.path_of(source) == min(path for path, claimed in briefs.items() if claimed == source)
    assert sorted(index.sources()) == sorted({source for source in briefs.values() if source is not None})


def test_a_brief_that_is_put_in_again_keeps_its_document(index: Index) -> None:
    index.put("a.md", "folder:a.txt")
    index.put("a.md")
    assert index.path_of("folder:a.txt") == "a.md"
    assert "b.md" not in index


def test_documents_that_two_briefs_claim_are_told_once_for_each_brief_too_many(index: Index) -> None:
    for path, source in (("c.md", "x:1"), ("a.md", "x:1"), ("b.md", "x:1"), ("d.md", "x:2"), ("e.md", None)):
        index.put(path, source)
    assert index.claimed_twice() == [("x:1", "b.md", "a.md"), ("x:1", "c.md", "a.md")]


def test_it_may_change_while_it_is_read(index: Index) -> None:
    for number in range(1200):
        index.put(f"{number:04}.md")
    seen = []
    for path in index:
        seen.append(path)
        index.put(f"new {path.removeprefix('new ')}")
    assert set(seen) >= {f"{number:04}.md" for number in range(1200)}


def test_names_in_use_are_remembered(index: Index) -> None:
    index.take("bridge", "bridge")
    assert index.taken("bridge")
    assert not index.taken("budget")


@pytest.mark.parametrize("keep", [None, 2])
def test_briefs_whose_names_are_no_text_are_found(tmp_path: Path, keep: int | None) -> None:
    raw = os.fsdecode(b"br\xfccke.md")
    (tmp_path / raw).write_text(brief().text)
    store = Store.open(tmp_path, keep=keep)
    found = store.by_source("folder:bridge.txt")
    assert found is not None
    assert found.path == raw


def test_many_documents_of_one_title_each_find_a_free_name_soon(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = Store.open(tmp_path, keep=4)
    asked = 0
    taken = Store.taken

    def counting(self: Store, path: str, slug: str) -> bool:
        nonlocal asked
        asked += 1
        return taken(self, path, slug)

    monkeypatch.setattr(Store, "taken", counting)
    slugs = []
    for number in range(200):
        ref = f"folder:{number}.txt"
        slugs.append(store.slug_for(ref, "Minutes"))
        store.save(ref, brief(ref=ref, title="Minutes", slug=slugs[-1]), MADE)
    assert slugs == ["minutes", *(f"minutes-{number}" for number in range(2, 201))]
    assert asked < 200 * 40
