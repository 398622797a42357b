"""The page for people: what it says, whatever a document or a server is called."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections import Counter
from pathlib import Path

import pytest

from sitegen.watch.standing import HOURS, Failure, Run, Standing, Throughput, now
from sitegen.watch.status import chart, page, policy, size, span
from tests.watch.standings import HOSTILE, unwell, well


def test_it_says_what_goes_on_and_what_was_done(tmp_path: Path) -> None:
    shown = page(well(tmp_path))
    for words in (
        "All is well",
        "12 of 40 documents done",
        "3 created",
        "http://gpu.example:11434 (GPU)",
        "1 run found",
    ):
        assert words in shown
    assert "None since the daemon started." in shown


def test_it_says_what_is_wrong_and_nothing_hostile_is_markup(tmp_path: Path) -> None:
    shown = page(unwell(tmp_path))
    for words in (
        "Not well",
        "HTTP 500 &lt;b&gt;&amp;",
        "content/new.md:2:8",
        "[SG309]",
        "given up",
        "1 to be tried again",
    ):
        assert words in shown
    assert HOSTILE not in shown
    assert len(re.findall("<script>", shown)) == 1, "its own"


def test_its_own_script_is_the_only_one_that_may_run(tmp_path: Path) -> None:
    assert "script-src 'sha256-" in policy()
    assert "default-src 'none'" in policy()
    assert "unsafe-inline" not in policy().partition("script-src")[2]


def test_the_chart_shows_each_hour_with_what_failed(tmp_path: Path) -> None:
    hours = [Counter[str]() for _ in range(HOURS)]
    hours[0]["done"], hours[23]["done"], hours[23]["failed"] = 10, 3, 1
    figure = ET.fromstring(str(chart(hours, now())))
    bars = figure.findall(".//rect")
    assert [bar.get("class") for bar in bars] == ["done", "done", "failed"]
    assert float(bars[0].get("height", 0)) == pytest.approx(130, abs=1), "ten of ten"
    assert "14 documents in 24 hours, 1 of them failed; 10 in the busiest hour." in "".join(figure.itertext())


def test_an_empty_chart_is_one_too() -> None:
    assert "0 documents in 24 hours" in chart([Counter() for _ in range(HOURS)], now())


def test_hours_are_counted_by_a_clock_that_does_not_jump_and_old_ones_are_let_go() -> None:
    time = [0.0]
    throughput = Throughput(lambda: time[0])
    for hour in range(100):
        time[0] = hour * 3600.0
        throughput.add("done")
    assert [hour["done"] for hour in throughput.last()] == [1] * HOURS
    assert len(throughput._hours) <= HOURS + 2


def test_a_quiet_week_hides_no_run_that_did_something(tmp_path: Path) -> None:
    standing = Standing(tmp_path, "Site", 60)
    standing.ended(Run("pull", now(), 1, True, "3 created", 3))
    for _ in range(10_000):
        standing.ended(Run("pull", now(), 0.1, True, "nothing new"))
    assert "3 created" in page(standing)
    assert "10000 runs found nothing to do" in page(standing)


def test_a_document_that_was_mended_is_no_failure_any_more(tmp_path: Path) -> None:
    standing = Standing(tmp_path, "Site", 60)
    standing.failed(Failure("paperless:1", now(), "SG305", "no"))
    standing.failed(Failure("paperless:1", now(), "SG305", "no, again"))
    assert [failure.reason for failure in standing.failures] == ["no, again"]
    standing.mended("paperless:1")
    assert not standing.failures


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(-1, "0.0 s"), (0.25, "0.2 s"), (61, "61 s"), (600, "10 min"), (7200, "2 h"), (400_000, "5 days")],
)
def test_durations_are_said_as_people_say_them(seconds: float, shown: str) -> None:
    assert span(seconds) == shown


def test_sizes_too() -> None:
    assert [size(999), size(64_000_000_000), size(2_500_000_000_000)] == ["999 bytes", "64 GB", "2.5 TB"]
