"""cache: by content, engine, model and prompt; JSON only; prunable."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from sitegen.enrich.cache import SummaryCache, _guarded, cache_key
from sitegen.enrich.engines.base import Identity
from sitegen.enrich.summary import Summary
from sitegen.errors import DiskFull, NotPermitted, StateDamaged, StorageError

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


def damage(folder: Path, statement: str) -> None:
    with sqlite3.connect(folder / "cache.db") as database:
        database.execute(statement)
    database.close()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE Cache SET value = x'00ff'",
        "UPDATE Cache SET value = x'789c03000000000001'",
        "UPDATE Cache SET value = NULL",
        "UPDATE Cache SET mode = 7",
        "UPDATE Cache SET mode = 2, filename = '../../victim'",
    ],
)
def test_a_damaged_value_is_dropped_and_a_miss(tmp_path: Path, statement: str) -> None:
    (tmp_path / "victim").write_text("keep")
    folder = tmp_path / "a" / "b"
    cache = open_cache(folder)
    cache.put("k", SUMMARY, IDENTITY)
    cache.close()
    damage(folder, statement)
    cache = open_cache(folder)
    assert cache.stats().entries == 0
    assert cache.get("k") is None
    assert (cache.stats().hits, cache.stats().misses) == (0, 1)
    with contextlib.closing(sqlite3.connect(folder / "cache.db")) as database:
        assert database.execute("SELECT count(*) FROM Cache").fetchone() == (0,)
    cache.put("k", SUMMARY, IDENTITY)
    assert cache.get("k") == SUMMARY
    assert (tmp_path / "victim").read_text() == "keep"


def test_a_value_that_is_a_pickle_is_never_loaded(tmp_path: Path) -> None:
    cache = open_cache(tmp_path)
    cache.put("k", SUMMARY, IDENTITY)
    cache.close()
    code = f"cposix\nsystem\n(S'touch {tmp_path}/owned'\ntR."  # how a pickle runs a command
    damage(tmp_path, f"UPDATE Cache SET mode = 4, value = x'{code.encode().hex()}'")
    cache = open_cache(tmp_path)
    assert cache.get("k") is None
    assert cache.prune() == 0
    assert not (tmp_path / "owned").exists()


def test_pruning_removes_what_cannot_be_read(tmp_path: Path) -> None:
    cache = open_cache(tmp_path)
    cache.put("k", SUMMARY, IDENTITY)
    damage(tmp_path, "UPDATE Cache SET value = x'00ff'")
    assert cache.prune() == 1
    assert cache._cache.volume() > 0


def test_looking_at_the_cache_is_no_use_of_it(tmp_path: Path) -> None:
    cache = open_cache(tmp_path)
    cache.put("k", SUMMARY, IDENTITY)
    for _ in range(3):
        stats = cache.stats()
    assert cache.prune(older_than=3600) == 0
    assert (stats.hits, stats.misses) == (0, 0)
    assert (cache.stats().hits, cache.stats().misses) == (0, 0)


def test_pruning_gives_the_disk_back_once(tmp_path: Path) -> None:
    cache = open_cache(tmp_path)
    for number in range(300):
        cache.put(f"k{number}", SUMMARY.model_copy(update={"dek": str(number) * 500}), IDENTITY)
    traced: list[str] = []
    opened = cache._database

    @contextlib.contextmanager
    def listening() -> Iterator[sqlite3.Connection]:
        with opened() as database:
            database.set_trace_callback(traced.append)
            yield database

    cache._database = listening  # type: ignore[method-assign]
    before = cache.stats().bytes
    assert cache.prune(max_bytes=before * 2 // 3) > 0
    assert traced.count("VACUUM") == 1
    assert before // 2 < cache.stats().bytes <= before * 2 // 3


@pytest.mark.parametrize(
    ("number", "kind"),
    [
        (sqlite3.SQLITE_FULL, DiskFull),
        (sqlite3.SQLITE_READONLY | 1 << 8, NotPermitted),
        (sqlite3.SQLITE_CANTOPEN, NotPermitted),
        (sqlite3.SQLITE_PERM, NotPermitted),
        (sqlite3.SQLITE_CORRUPT, StateDamaged),
    ],
)
def test_each_trouble_of_the_database_has_its_own_error(tmp_path: Path, number: int, kind: type[StorageError]) -> None:
    error = sqlite3.OperationalError("table full_texts is malformed")
    error.sqlite_errorcode = number
    with pytest.raises(StorageError) as caught, _guarded(tmp_path):
        raise error
    assert type(caught.value) is kind


def test_a_cache_that_cannot_be_opened_is_a_matter_of_permissions(tmp_path: Path) -> None:
    (tmp_path / "cache.db").mkdir()
    with pytest.raises(NotPermitted):
        open_cache(tmp_path)


def test_what_is_kept_survives_a_power_cut(tmp_path: Path) -> None:
    cache = SummaryCache(tmp_path)
    assert cache._cache._sql("PRAGMA synchronous").fetchone() == (2,), "not every change is synced"
    cache.close()


def test_looks_are_counted_over_all_that_have_the_cache_open(tmp_path: Path) -> None:
    one, other = SummaryCache(tmp_path), SummaryCache(tmp_path)
    assert one.get("a") is None
    assert other.get("b") is None
    one.close()
    assert (other.stats().hits, other.stats().misses) == (0, 2)
    other.close()
