"""A day of the daemon with everything that goes wrong in one: whatever happens, each document ends as it should, none
is paid for twice, and the memory stays what it was. Time passes faster there: ``make soak`` has 24 hours in 5 minutes.
"""

from __future__ import annotations

import json
import re
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.servers.wire import Mode
from tests.watch.day import POISON, UNDER_WAY, Day

SOURCE = re.compile(r"^source: .*$", re.M)
Event = tuple[float, str, Callable[[], object]]


def mishaps(day: Day, hour: float) -> list[Event]:
    """All that may go wrong but a kill, one after another in about eleven hours."""
    paperless, model = day.to_paperless, day.to_model
    documents = "/api/documents/"

    def refuse() -> None:
        for kind in ("truncate", "invalid_json", "drop", "html"):
            day.paperless.fail_next(2, kind=kind, path=documents)

    def wires(mode: Mode) -> None:
        paperless.set(mode)
        model.set(mode)

    def sick() -> None:
        for fault in ("queue_full", "crash", "truncated", "broken_json", "error_line", "dropped", "length"):
            day.model.fail_next(fault, times=2)

    return [
        (hour + 0.5, "Paperless is restarted", lambda: paperless.set("refuse")),
        (hour + 0.7, "and is back", lambda: paperless.set("up")),
        (hour + 1.2, "its Redis is down", lambda: day.paperless.fail_next(12, status=500, path="/api/tags/")),
        (hour + 1.6, "its proxy says 503", lambda: day.paperless.fail_next(10, status=503)),
        (hour + 2.1, "the model's queue is full", lambda: day.model.fail_next("queue_full", times=15)),
        (hour + 2.8, "the model is loaded again", lambda: day.model.fail_next("slow_load", 0.6, times=3)),
        (hour + 3.2, "and its server is sick", sick),
        (hour + 4.0, "the model hangs", lambda: model.set("hold")),
        (hour + 4.4, "and goes on", lambda: model.set("up")),
        (hour + 4.9, "the network is cut", lambda: wires("refuse")),
        (hour + 5.4, "and mended", lambda: wires("up")),
        (hour + 5.8, "the clock jumps ahead", lambda: day.clock.set(jumped=3 * 3600)),
        (hour + 6.4, "and back too far", lambda: day.clock.set(jumped=-5 * 3600)),
        (hour + 7.0, "and is right", lambda: day.clock.set(jumped=0)),
        (hour + 7.4, "Paperless talks nonsense", refuse),
        (hour + 8.0, "the disk is full", lambda: day.disk_full(True)),
        (hour + 8.4, "and free again", lambda: day.disk_full(False)),
        (hour + 8.9, "the settings are broken", lambda: day.settings_broken(True)),
        (hour + 9.2, "and mended", lambda: day.settings_broken(False)),
        (hour + 9.6, "Paperless hangs", lambda: paperless.set("hold")),
        (hour + 9.9, "and goes on", lambda: paperless.set("up")),
    ]


def holds(day: Day) -> None:
    """What must be true of any day."""
    assert day.process.poll() is None, "the daemon ended by itself"
    assert day.open_ends() == {}
    states = day.states()
    dead = {ref: reason for ref, (state, reason) in states.items() if state == "dead"}
    assert len(dead) == day.tally.added["poison"], dead
    assert all(dead.values()), "a reason for each"
    assert sum(state == "empty" for state, _ in states.values()) == day.tally.added["empty"]
    assert len(states) == day.tally.added.total()
    sources = Counter(line for path in (day.site / "briefs").glob("*.md") for line in SOURCE.findall(path.read_text()))
    done = {f"source: {ref}" for ref, (state, _) in states.items() if state == "done"}
    assert set(sources.values()) == {1}, "one brief for each document"
    assert done <= set(sources) <= done | {f"source: {ref}" for ref in dead}, "what is dead may have an extract"
    assert POISON not in day.log, "no log holds what a document says"
    assert "Traceback" not in day.log
    excused, unexcused = day.repeated()
    assert unexcused == []
    assert len(excused) <= (len(day.tally.kills) + len(day.tally.full)) * UNDER_WAY


def tell(day: Day) -> None:
    """The figures, for whoever looks: ``pytest -s``."""
    sys.stderr.write(f"\n{json.dumps(day.report())}\n")


@pytest.mark.soak
def test_a_day_with_all_its_mishaps(tmp_path: Path) -> None:
    with Day(tmp_path, hours=24, minutes=5) as day:
        kills: list[Event] = [(hour, "killed", day.kill) for hour in (0.9, 2.4, 3.4, 5.2, 8.2)]
        poison: list[Event] = [(hour, "poison", lambda: day.add("poison")) for hour in (1.0, 1.1, 6.0)]
        day.live([*mishaps(day, 0), *kills, *poison, *mishaps(day, 11)])
        day.settle(90)
        tell(day)
        holds(day)
        assert day.growth(since=17) <= 0.10  # by then it has met what needs most memory


def test_a_few_hours_with_the_worst_of_it(tmp_path: Path) -> None:
    with Day(tmp_path, "--no-build", hours=1.5, minutes=0.17, attempts=3) as day:
        day.live([
            (0.05, "a bad document", lambda: day.add("poison")),
            (0.3, "Paperless is restarted", lambda: day.to_paperless.set("refuse")),
            (0.4, "and is back", lambda: day.to_paperless.set("up")),
            (0.5, "the model's queue is full", lambda: day.model.fail_next("queue_full", times=4)),
            (0.6, "killed", day.kill),
            (0.9, "the clock jumps back", lambda: day.clock.set(jumped=-4 * 3600)),
            (1.0, "the disk is full", lambda: day.disk_full(True)),
            (1.1, "and free again", lambda: day.disk_full(False)),
            (1.15, "and the clock is right", lambda: day.clock.set(jumped=0)),
        ])  # fmt: skip
        day.settle(45)
        tell(day)
        holds(day)
