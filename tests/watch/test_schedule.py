"""The schedule: many wishes are one job, failures wait longer, and nothing is forgotten."""

from __future__ import annotations

import asyncio
import datetime as dt
from pathlib import Path

import pytest

from sitegen.watch.quiet import Allowance, quiet_until
from sitegen.watch.schedule import LONGEST_BACK_OFF, Schedule


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def schedule(clock: Clock) -> Schedule:
    return Schedule(60, clock)


def test_many_wishes_are_one_job_with_all_reasons(schedule: Schedule) -> None:
    for reason in ("webhook", "webhook", "files"):
        schedule.want("pull", reason)
    assert schedule.take() == ("pull", ["webhook", "files"])
    assert schedule.take() is None


def test_a_pull_comes_before_the_build_that_it_may_want(schedule: Schedule) -> None:
    schedule.want("publish", "build")
    schedule.want("build", "files")
    schedule.want("pull", "time")
    assert [schedule.take(), schedule.take(), schedule.take()] == [
        ("pull", ["time"]), ("build", ["files"]), ("publish", ["build"]),
    ]  # fmt: skip


def test_the_sooner_wish_counts(schedule: Schedule, clock: Clock) -> None:
    schedule.want("pull", "time", after=60)
    assert schedule.take() is None
    schedule.want("pull", "webhook")
    assert schedule.take() == ("pull", ["time", "webhook"])


def test_a_pull_is_wanted_again_after_about_its_interval(schedule: Schedule) -> None:
    schedule.ended("pull", well=True)
    assert 54 <= schedule.waiting()["pull"] <= 66


def test_what_fails_waits_longer_and_longer_but_not_for_ever(schedule: Schedule) -> None:
    waits = []
    for _ in range(8):
        schedule.ended("pull", well=False)
        waits.append(schedule.waiting()["pull"])
        schedule._due.clear()
    assert waits[0] >= 54
    assert waits == sorted(waits)
    assert waits[-1] == LONGEST_BACK_OFF
    schedule.want("pull", "webhook")
    assert schedule.waiting()["pull"] == LONGEST_BACK_OFF, "a storm of hints does not knock on a source that is down"
    schedule._due.clear()
    schedule.ended("pull", well=True)
    assert schedule.waiting()["pull"] <= 66


def test_a_build_that_failed_is_made_again_at_once(schedule: Schedule) -> None:
    schedule.ended("build", well=False)
    schedule.want("build", "files")
    assert schedule.take() == ("build", ["files"])


def test_it_waits_for_a_wish_without_asking_all_the_time() -> None:
    async def scene() -> tuple[str, list[str]]:
        schedule = Schedule(60)
        waiting = asyncio.create_task(schedule.next())
        await asyncio.sleep(0.01)
        assert not waiting.done()
        schedule.want("build", "files", after=0.02)
        return await asyncio.wait_for(waiting, 5)

    assert asyncio.run(scene()) == ("build", ["files"])


@pytest.mark.parametrize(
    ("hours", "now", "until"),
    [
        ("22:00-07:00", "2026-01-01T23:00", "2026-01-02T07:00"),
        ("22:00-07:00", "2026-01-02T06:59", "2026-01-02T07:00"),
        ("22:00-07:00", "2026-01-02T07:00", None),
        ("12:00-13:30", "2026-01-02T12:00", "2026-01-02T13:30"),
        ("12:00-13:30", "2026-01-02T13:30", None),
        ("", "2026-01-02T13:30", None),
    ],
)
def test_quiet_hours_also_go_over_midnight(hours: str, now: str, until: str | None) -> None:
    found = quiet_until(hours, dt.datetime.fromisoformat(now))
    assert found == (dt.datetime.fromisoformat(until) if until else None)


def test_so_many_times_a_day_and_then_tomorrow(tmp_path: Path) -> None:
    allowance = Allowance(tmp_path / "published.json", "", 2)
    now = dt.datetime(2026, 1, 1, 20, 0)  # noqa: DTZ001  # a wall's clock
    for _ in range(2):
        assert allowance.wait(now) == 0
        allowance.took(now)
    assert allowance.wait(now) == 4 * 3600
    assert allowance.wait(now + dt.timedelta(hours=5)) == 0
    (tmp_path / "published.json").write_text("{ damaged")
    assert allowance.wait(now) == 0
