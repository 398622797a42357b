"""What stands in the way of being ready, and what the log says of it, to people and to machines."""

from __future__ import annotations

import json
import logging
import time
from pathlib import Path

import pytest

from sitegen.watch import logs
from sitegen.watch.logs import logging_to
from sitegen.watch.standing import LEAST_FREE, Run, Standing, now


class Crowded(Standing):
    """On a disk that is almost full."""

    @property
    def free(self) -> int:
        return LEAST_FREE - 1


def test_a_disk_that_is_almost_full_is_a_reason(tmp_path: Path) -> None:
    assert Crowded(tmp_path, "Site", 60).checks() == {"disk": "less than 100 MB are free"}
    assert Standing(tmp_path, "Site", 60).checks() == {}


def test_pulls_that_have_long_not_gone_well_are_a_reason_but_a_long_one_in_hand_is_none(tmp_path: Path) -> None:
    standing = Standing(tmp_path, "Site", 60, _start=time.monotonic() - 700)
    assert standing.checks() == {"pull": "none went well for 600 seconds"}
    standing.doing["pull"] = now()
    assert standing.checks() == {}
    del standing.doing["pull"]
    standing.ended(Run("pull", now(), 1, True, "nothing new"))
    assert standing.checks() == {}
    assert Standing(tmp_path, "Site", 3600, _start=time.monotonic() - 700).checks() == {}, "it asks once an hour"


def test_people_read_lines_in_which_nothing_moves_the_cursor() -> None:
    record = logging.makeLogRecord({"msg": "document", "levelno": logging.WARNING, "levelname": "WARNING"})
    record.reason = "no\x1b[2J\nnews"
    line = logs._Human().format(record)
    assert line.partition("  ")[2] == "warning: document  reason=no [2J news"


def test_machines_read_json_with_the_run(tmp_path: Path) -> None:
    with logging_to(tmp_path / "watch.jsonl", as_json=True) as log:
        token = logs.RUN.set("51e0c7aa")
        log.info("document", extra={"document": "paperless:1"})
        logs.RUN.reset(token)
    line = json.loads((tmp_path / "watch.jsonl").read_text())
    assert line.pop("time")
    assert line == {"level": "info", "event": "document", "run": "51e0c7aa", "document": "paperless:1"}


def test_a_log_file_is_exchanged_before_it_is_too_large(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logs, "FILE_BYTES", 2000)
    with logging_to(tmp_path / "watch.jsonl", as_json=True) as log:
        for number in range(200):
            log.info("document", extra={"document": f"paperless:{number}"})
    kept = sorted(path.name for path in tmp_path.iterdir())
    assert kept == ["watch.jsonl", *(f"watch.jsonl.{number}" for number in range(1, logs.FILES + 1))]
    assert all(path.stat().st_size <= 2000 for path in tmp_path.iterdir())
