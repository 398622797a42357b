"""Logs: for people on a terminal, else JSON, a line each; never a document's text, never a secret."""

from __future__ import annotations

import datetime as dt
import json
import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from logging.handlers import RotatingFileHandler
from pathlib import Path

NAME = "sitegen.watch"
OTHERS = ("opentelemetry",)
"""Libraries that say something of use when they cannot do their work."""
RUN: ContextVar[str] = ContextVar("run", default="")
"""The job that a line belongs to."""
FILE_BYTES, FILES = 10 * 1024 * 1024, 5
_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


class _Json(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        at = dt.datetime.fromtimestamp(record.created, dt.UTC).isoformat(timespec="milliseconds")
        line = {"time": at, "level": record.levelname.lower(), "event": record.getMessage()}
        line |= {"run": RUN.get()} if RUN.get() else {}
        line |= {name: value for name, value in vars(record).items() if name not in _STANDARD}
        return json.dumps(line, ensure_ascii=False, default=str)


class _Human(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        at = f"{dt.datetime.fromtimestamp(record.created):%H:%M:%S}"  # noqa: DTZ006  # a person's own clock
        more = {name: value for name, value in vars(record).items() if name not in _STANDARD and name != "run"}
        told = "  ".join(f"{name}={value}" for name, value in more.items())
        mark = "" if record.levelno < logging.WARNING else f"{record.levelname.lower()}: "
        # A reason may hold what a server said: nothing in it may move the cursor.
        line = f"{at}  {mark}{record.getMessage()}  {told}".rstrip()
        return "".join(char if char.isprintable() else " " for char in line)


@contextmanager
def logging_to(file: Path | None, *, as_json: bool) -> Iterator[logging.Logger]:
    """The daemon's log: standard error, and ``file`` when there is one, which is exchanged when it grows too large."""
    logger = logging.getLogger(NAME)
    logger.setLevel(logging.INFO)
    logger.propagate = False
    shown: logging.Handler = logging.StreamHandler(sys.stderr)
    shown.setFormatter(_Json() if as_json or not sys.stderr.isatty() else _Human())
    handlers = [shown]
    if file is not None:
        file.parent.mkdir(parents=True, exist_ok=True)
        kept = RotatingFileHandler(file, maxBytes=FILE_BYTES, backupCount=FILES, encoding="utf-8")
        kept.setFormatter(_Json())
        handlers.append(kept)
    loggers = [logger, *map(logging.getLogger, OTHERS)]
    for one in loggers[1:]:
        one.propagate = False
    for one in loggers:
        for handler in handlers:
            one.addHandler(handler)
    try:
        yield logger
    finally:
        for handler in handlers:
            for one in loggers:
                one.removeHandler(handler)
            handler.close()
