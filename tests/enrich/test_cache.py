"""cache: by content, engine, model and prompt; JSON only; prunable."""

from __future__ import annotations

import dataclasses
import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from sitegen.enrich.cache import SummaryCache, cache_key
from sitegen.enrich.engines.base import Identity
from sitegen.enrich.summary import Summary
from sitegen.errors import StateDamaged

OPENED: list[SummaryCache] = []


@pytest.fixture(autouse=True)
def _closed() -> Iterator[None]:
    yield
    while OPENED:
        OPENED.pop().close()


def open_cache(folder: Path) -> SummaryCache:
    OPENED.append(SummaryCache(folder))
    return OPENED[-1]


IDENTITY = Identity("ollama", "qwen3:8b", "abc", "0.33.0", {"num_ctx": 4096}, "v1")
SUMMARY = Summary(method="summary", title="T", dek="D", paragraphs=("ä\u2028",), people=("A",))


def test_a_summary_comes_back_as_it_was(tmp_path: Path) -> None:
    cache = open_cache(tmp_path)
    assert cache.get("k") is None
    cache.put("k", SUMMARY, IDENTITY)
    assert open_cache(tmp_path).get("k") == SUMMARY


@pytest.mark.parametrize(
    "change", [{"engine": "openai"}, {"model": "m"}, {"digest": "d"}, {"options": {"num_ctx": 1}}, {"prompt": "v2"}]
)
def test_whatever_changes_the_answer_changes_the_key(change: dict[str, object]) -> None:
    assert cache_key("t", None, IDENTITY) != cache_key("t", None, dataclasses.replace(IDENTITY, **change))  # type: ignore[arg-type]


def test_the_key_is_the_texts_and_not_the_servers() -> None:
    key = cache_key("t", None, IDENTITY)
    assert key != cache_key("u", None, IDENTITY)
    assert key != cache_key("t", "de", IDENTITY)
    assert key == cache_key("t", None, dataclasses.replace(IDENTITY, server="9.9"))


def test_nothing_is_pickled(tmp_path: Path) -> None:
    cache = open_cache(tmp_path)
    cache.put("k", SUMMARY, IDENTITY)
    cache.close()
    with sqlite3.connect(tmp_path / "cache.db") as database:
        modes = {mode for (mode,) in database.execute("SELECT mode FROM Cache")}
    database.close()
    assert modes == {1}  # diskcache's MODE_RAW: compressed JSON; 4 would be a pickle


def test_an_entry_that_no_longer_validates_is_a_miss(tmp_path: Path) -> None:
    cache = open_cache(tmp_path)
    cache._cache.set("k", {"summary": {"title": 3}})
    assert cache.get("k") is None
    cache._cache.set("k", ["x"])
    assert cache.get("k") is None
    assert cache.stats().entries == 0


def test_stats_count_hits_and_entries_by_engine_model_and_prompt(tmp_path: Path) -> None:
    cache = open_cache(tmp_path)
    cache.put("a", SUMMARY, IDENTITY)
    cache.put("b", SUMMARY, IDENTITY)
    cache.put("c", SUMMARY, dataclasses.replace(IDENTITY, prompt="v2"))
    cache.get("a")
    cache.get("x")
    stats = cache.stats()
    assert (stats.entries, stats.hits, stats.misses) == (3, 1, 1)
    assert [(usage.prompt, usage.entries) for usage in stats.by_engine] == [("v1", 2), ("v2", 1)]
    assert stats.bytes > 0
    json.dumps(stats.as_dict())


def test_pruning_removes_the_oldest_first_until_it_fits(tmp_path: Path) -> None:
    cache = open_cache(tmp_path)
    for number in range(30):
        large = SUMMARY.model_copy(update={"paragraphs": tuple(str(number * n * 7919) * 9 for n in range(400))})
        cache.put(f"k{number:02}", large, IDENTITY)
    before = cache.stats().bytes
    removed = cache.prune(max_bytes=before // 2)
    assert 0 < removed < 30
    assert cache.stats().bytes <= before // 2
    assert cache.get("k29") is not None
    assert cache.get("k00") is None


def test_pruning_by_age(tmp_path: Path) -> None:
    cache = open_cache(tmp_path)
    cache.put("a", SUMMARY, IDENTITY)
    assert cache.prune(older_than=3600) == 0
    assert cache.prune(older_than=0) == 1


def test_a_damaged_cache_is_a_clear_error(tmp_path: Path) -> None:
    (tmp_path / "cache.db").write_bytes(b"garbage" * 1000)
    with pytest.raises(StateDamaged, match="cache cannot be used"):
        open_cache(tmp_path)
