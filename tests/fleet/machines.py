"""What the tests of the fleet share: a site, real workers in processes of their own, and pulls."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sitegen.briefs import provenance

KEY = "0123456789abcdef0123456789abcdef-of-the-tests"
ROOT = Path(__file__).parents[2]


def environ(**more: str) -> dict[str, str]:
    path = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH", ""))))
    return {**os.environ, "SITEGEN_FLEET__TOKEN": KEY, "PYTHONPATH": path, "NO_COLOR": "1", **more}


def settings(broker: str, engine: str = "", **fleet: object) -> str:
    more = "".join(f"{name} = {json.dumps(value)}\n" for name, value in fleet.items())
    return f'{engine}\n[fleet]\nbroker = "{broker}"\n{more}'


def ollama(*urls: str, slots: int = 1, attempts: int = 3) -> str:
    return (
        f'[engine]\nkind = "ollama"\nattempts = {attempts}\n'
        f"[engine.ollama]\nendpoints = {json.dumps(urls)}\nslots = {slots}\n"
    )


def new_site(folder: Path, text: str, documents: int = 0) -> Path:
    (folder / "documents").mkdir(parents=True)
    (folder / "sitegen.toml").write_text(text)
    for number in range(documents):
        (folder / "documents" / f"{number:05}.txt").write_text(document(number))
    return folder


def document(number: int) -> str:
    day = number % 28 + 1
    return (
        f"Report {number}\n\nThe council of district {number} met on {day} March 2026. The members approved "
        f"a budget of EUR {number + 2},500. The inspectors found {number + 3} cracks and asked for a repair.\n"
    )


@dataclass
class Machine:
    """A worker in a process of its own."""

    process: subprocess.Popen[bytes]
    log: Path

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=60)

    def said(self) -> list[dict[str, Any]]:
        lines = self.log.read_text().splitlines()
        return [json.loads(line) for line in lines if line.startswith("{")]


@dataclass
class Machines:
    """All workers of a test, in a folder of their own each."""

    folder: Path
    text: str
    """Their settings."""
    prefix: Sequence[str] = ()
    """What runs them, such as ``faketime``."""
    all: list[Machine] = field(default_factory=list)

    def start(self, *options: str, text: str | None = None, prefix: Sequence[str] = (), **env: str) -> Machine:
        home = self.folder / f"worker-{len(self.all)}"
        home.mkdir(parents=True)
        (home / "sitegen.toml").write_text(text or self.text)
        log = home / "log"
        words = [*prefix, sys.executable, "-m", "sitegen", "--site", str(home), "--json", "worker", "--port", "0"]
        with log.open("wb") as out:
            process = subprocess.Popen([*words, *options], stdout=out, stderr=out, env=environ(**env), cwd=home)
        machine = Machine(process, log)
        self.all.append(machine)
        return machine

    def close(self) -> None:
        for machine in self.all:
            if machine.process.poll() is None:
                machine.kill()


@contextlib.contextmanager
def machines(folder: Path, text: str) -> Iterator[Machines]:
    found = Machines(folder, text)
    try:
        yield found
    finally:
        found.close()


@dataclass
class Pull:
    """A pull in a process of its own."""

    process: subprocess.Popen[bytes]

    def wait(self, seconds: float = 240) -> dict[str, Any]:
        try:
            out, complaint = self.process.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            self.kill()
            raise
        assert self.process.returncode in (0, 6), (self.process.returncode, out, complaint)
        report = json.loads(out)
        assert isinstance(report, dict)
        return report

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.communicate()


def pull(site: Path, *options: str, **env: str) -> Pull:
    words = [sys.executable, "-m", "sitegen", "--site", str(site), "--json", "pull", *options]
    process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environ(**env), cwd=site)
    return Pull(process)


def briefs(site: Path) -> dict[str, str]:
    return {path.name: path.read_text() for path in (site / "briefs").glob("*.md")}


def records(site: Path) -> dict[str, Any]:
    """The provenance of all briefs, without what differs from one second to the next."""
    found = {}
    for record in provenance.read_all(site / "briefs"):
        kept = record.model_dump(mode="json")
        _forget(kept, ("at", "seconds"))
        found[record.source] = kept
    return found


def _forget(value: Any, names: Sequence[str]) -> None:
    if isinstance(value, dict):
        for name in names:
            value.pop(name, None)
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        _forget(inner, names)


def states(site: Path) -> Mapping[str, int]:
    with contextlib.closing(sqlite3.connect(site / ".sitegen" / "journal.sqlite")) as journal:
        return Counter(dict(journal.execute("SELECT state, count(*) FROM documents GROUP BY state")))


def until(true: Callable[[], object], seconds: float = 120, every: float = 0.05) -> None:
    ends = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < ends, "it did not come about"
        time.sleep(every)


def nobody_else(site: Path) -> Path:
    """A copy of a site that has never been pulled."""
    twin = site.with_name(f"{site.name}-twin")
    shutil.copytree(site, twin, ignore=shutil.ignore_patterns(".sitegen", "briefs"))
    return twin
