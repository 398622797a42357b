"""A register gives back what it was given; when it was killed or damaged, something that was true before."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sitegen.site.register import Register

Tables = list[dict[str, Any]]
names = st.sampled_from([f"n{number}" for number in range(80)])
tables = st.tuples(st.dictionaries(names, st.integers(0, 2)), st.dictionaries(names, st.just(None), max_size=3))


class Pair(NamedTuple):
    one: int
    two: str


def load(path: Path, key: str = "k") -> Any:
    kept = Register(path, key).load()
    return None if kept is None else (kept[0], [dict(table) for table in kept[1]])


@given(st.lists(st.tuples(tables, st.booleans()), min_size=1, max_size=8))
def test_what_is_saved_is_loaded(tmp_path_factory: pytest.TempPathFactory, versions: list[Any]) -> None:
    path = tmp_path_factory.mktemp("register") / "things"
    register = Register(path, "k")
    for number, (given_tables, again) in enumerate(versions):
        register.save(number, given_tables)
        assert load(path) == (number, [*given_tables])
        if again:
            register = Register(path, "k")
            register.load()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Of a register with an entry that has changed since the first file was written."""
    path = tmp_path / "things"
    register = Register(path, "k")
    register.save("first", [{f"n{number}": number for number in range(1000)}])
    size = path.stat().st_size
    register.save("second", [{f"n{number}": number or "changed" for number in range(999)}])
    assert path.stat().st_size == size
    assert (path.parent / "things.changes").stat().st_size < 300
    return path


def test_a_few_changes_are_written_apart(path: Path) -> None:
    head, (table,) = load(path)
    assert (head, table["n0"], table["n1"], len(table)) == ("second", "changed", 1, 999)


def test_many_changes_are_written_into_the_first_file(path: Path) -> None:
    register = Register(path, "k")
    register.load()
    register.save("third", [{"n1": 2}])
    assert not (path.parent / "things.changes").exists()
    assert load(path) == ("third", [{"n1": 2}])


@pytest.mark.parametrize("how", ["cut", "flip", "gone", "empty"])
def test_damaged_changes_do_not_count(path: Path, how: str) -> None:
    spoil(path.parent / "things.changes", how)
    head, (table,) = load(path)
    assert (head, table["n0"], len(table)) == ("first", 0, 1000)


@pytest.mark.parametrize("how", ["cut", "flip", "gone", "empty"])
def test_without_the_first_file_there_is_nothing(path: Path, how: str) -> None:
    spoil(path, how)
    assert load(path) is None


def test_changes_to_another_first_file_do_not_count(path: Path) -> None:
    before = (path.parent / "things.changes").read_bytes()
    Register(path, "k").save("other", [{"n0": "other"}])
    (path.parent / "things.changes").write_bytes(before)  # as when a build was killed before it removed them
    assert load(path) == ("other", [{"n0": "other"}])


def test_another_key_knows_nothing(path: Path) -> None:
    assert load(path, "other") is None


def test_named_tuples_are_kept_as_tuples(tmp_path: Path) -> None:
    register = Register(tmp_path / "things", "k")
    register.save(None, [{"a": Pair(1, "x")}])
    register.save(None, [{"a": Pair(1, "x"), "b": Pair(2, "y")}])
    assert load(tmp_path / "things") == (None, [{"a": (1, "x"), "b": (2, "y")}])


def spoil(path: Path, how: str) -> None:
    raw = path.read_bytes()
    if how == "gone":
        path.unlink()
    else:
        spoiled = {"cut": raw[: len(raw) // 2], "flip": raw[:-9] + bytes([raw[-9] ^ 255]) + raw[-8:], "empty": b""}
        path.write_bytes(spoiled[how])
