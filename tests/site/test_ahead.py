"""Ahead: what somebody looks at is made first, and shown before the rest is there."""

from __future__ import annotations

import threading
import time

import pytest

from sitegen.site.ahead import Ahead, SupersededError
from sitegen.site.output import Output


def outputs(*paths: str) -> list[Output]:
    return [Output(path, path) for path in paths]


def test_what_was_looked_at_last_comes_first() -> None:
    ahead = Ahead()
    for path in ("b", "c", "elsewhere"):
        ahead.look(path)
    assert [output.path for output in ahead.order(outputs("a", "b", "c", "d"))] == ["c", "b", "a", "d"]


def test_what_somebody_waits_for_comes_next() -> None:
    ahead = Ahead()
    made: list[str] = []
    waiting = threading.Thread(target=ahead.wait, args=("d", 20))
    for output in ahead.order(outputs("a", "b", "c", "d")):
        if output.path == "a":
            waiting.start()
            while "d" not in ahead._asked:
                time.sleep(0.001)
        ahead.show(output.path, output.path.encode())
        made.append(output.path)
    waiting.join(20)
    assert not waiting.is_alive()
    assert made == ["a", "d", "b", "c"]
    assert ahead.get("d") == b"d"


def test_those_who_look_are_told() -> None:
    told: list[str] = []
    ahead = Ahead(told.append)
    ahead.look("b")
    for output in ahead.order(outputs("a", "b")):
        ahead.show(output.path, b"x")
    assert told == ["b"]


def test_something_newer_ends_what_takes_long_and_no_firm_build() -> None:
    ahead = Ahead()
    ahead.begin()
    ahead.supersede()
    ahead.check()  # the first moments belong to a build
    ahead._began -= 1
    with pytest.raises(SupersededError):
        list(ahead.order(outputs("a")))
    ahead.begin(firm=True)
    ahead.supersede()
    assert len(list(ahead.order(outputs("a")))) == 1


def test_what_a_failed_build_has_made_is_taken_back_and_what_is_to_be_written_is_not() -> None:
    ahead = Ahead()
    ahead.expect(outputs("a", "b"))
    ahead.show("a", b"new")
    ahead.keep({"a": b"new"})
    ahead.expect(outputs("a", "b"))
    ahead.show("a", b"newer")
    assert (ahead.get("a"), ahead.is_stale("b")) == (b"newer", True)
    ahead.fail_all()
    assert (ahead.get("a"), ahead.is_stale("b")) == (b"new", False)
    ahead.written("a")
    assert ahead.get("a") is None


def test_a_broken_template_is_told_before_it_has_broken_all_pages() -> None:
    ahead = Ahead()
    seen = 0
    for output in ahead.order(outputs(*map(str, range(10_000)))):
        ahead.fail(output.path)
        seen += 1
        time.sleep(0.01)
    assert seen < 1000
