"""A day of the daemon, in minutes: Paperless and Ollama behind wires, documents that come, and all that goes wrong."""

from __future__ import annotations

import contextlib
import json
import os
import random
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import httpx

from tests.servers.chat import Call, Fault
from tests.servers.ollama import OllamaServer
from tests.servers.paperless import PaperlessServer
from tests.servers.wire import Wire
from tests.watch.daemons import new_site
from tests.watch.fast import Clock

SLOTS = 2
UNDER_WAY = SLOTS + 2
"""Calls that a kill may cost: one of each document in hand, being answered or with an answer not yet kept."""
POISON = "Ratsherr Giftmischer"
"""The model's server refuses every question about a document that has this."""


class Model(OllamaServer):
    """Counts the answers that it gave whole, by question, with the time that each took."""

    def __init__(self) -> None:
        super().__init__(model="qwen3:8b", delay=0.01)
        self.answered: dict[str, list[tuple[float, float]]] = {}
        self._spoilt = threading.local()

    def next_fault(self) -> Fault | None:
        fault = Fault("rejected", "this text I do not read") if self._spoilt.poisoned else super().next_fault()
        self._spoilt.fault = fault
        return fault

    def _chat(self, call: Call) -> None:
        messages = (call.body or {}).get("messages")
        question = json.dumps(messages)
        self._spoilt.fault, self._spoilt.poisoned = None, POISON in question
        began = time.monotonic()
        super()._chat(call)
        if messages and self._spoilt.fault is None and not call.close_connection:
            self.answered.setdefault(question, []).append((began, time.monotonic()))


@dataclass
class Tally:
    """What was seen of a day."""

    added: Counter[str] = field(default_factory=Counter)
    """Documents by their kind."""
    kills: list[float] = field(default_factory=list)
    full: list[tuple[float, float]] = field(default_factory=list)
    """When the disk was."""
    memory: list[tuple[float, float]] = field(default_factory=list)
    """Hours, and bytes that the daemon had."""
    done: list[str] = field(default_factory=list)
    """What was done to it."""


class Day:
    """A context manager that runs one daemon, and starts it again where it was killed."""

    def __init__(self, folder: Path, *words: str, hours: float, minutes: float, attempts: int = 5) -> None:
        """So many ``hours`` shall pass in so many ``minutes``; ``words`` go to ``sitegen watch``; a document is given
        up after so many ``attempts``."""
        self.hours, self._words, self._attempts = hours, words, attempts
        self.folder = folder
        self.clock = Clock.new(folder / "clock", hours * 60 / minutes)
        self.tally = Tally()
        self._stack = ExitStack()
        self._chance = random.Random(7)
        self._numbers = 0

    def __enter__(self) -> Self:
        enter = self._stack.enter_context
        self.paperless, self.model = enter(PaperlessServer()), enter(Model())
        self.to_paperless = enter(Wire(int(self.paperless.url.rpartition(":")[2])))
        self.to_model = enter(Wire(int(self.model.url.rpartition(":")[2])))
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.site = self._new_site()
        self._log = enter((self.folder / "log.jsonl").open("ab"))
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._end()
        self._stack.close()

    def _end(self) -> None:
        self.process.kill()
        self.process.wait()
        self._reader.join()
        assert self.process.stderr is not None
        self.process.stderr.close()

    def _read(self) -> None:
        """Keeps the log; not the daemon itself, for which the disk may be full."""
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self._log.write(line)
            self._log.flush()

    @property
    def log(self) -> str:
        return (self.folder / "log.jsonl").read_text()

    def _new_site(self) -> Path:
        # Patience in seconds of the fast world, of which a slow machine makes a lot with one look elsewhere.
        site = new_site(
            self.folder / "site",
            f'[watch]\nevery = 60\n[source.paperless]\nurl = "{self.to_paperless.url}"\noverlap = 0\ntimeout = 600\n'
            f"full_compare_hours = 0.02\n"
            f'[engine.ollama]\nendpoints = ["{self.to_model.url}"]\nslots = {SLOTS}\n',
        )
        text = (site / "sitegen.toml").read_text()
        text = text.replace('kind = "folder"', 'kind = "paperless"')
        text = text.replace('kind = "extractive"', f'kind = "ollama"\nattempts = {self._attempts}')
        (site / "sitegen.toml").write_text(text)
        return site

    # ------------------------------------------------------------------------------------------------------ the daemon

    def start(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.watch.fast", str(self.folder / "clock"), "--site", str(self.site), "--json",
             "watch", "--port", str(self.port), *self._words],
            stderr=subprocess.PIPE, stdout=subprocess.DEVNULL,
            env={**os.environ, "SITEGEN_SOURCE__PAPERLESS__TOKEN": self.paperless.token},
            cwd=Path(__file__).parents[2],
        )  # fmt: skip
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def kill(self) -> None:
        """As the kernel does that has no memory left; the supervisor starts it again."""
        assert self.process.poll() is None, f"it had ended by itself: {self.process.returncode}"
        self._end()
        self.tally.kills.append(time.monotonic())
        self.start()

    def numbers(self) -> dict[str, float]:
        """The metrics without labels."""
        with contextlib.suppress(httpx.HTTPError):
            text = httpx.get(f"http://127.0.0.1:{self.port}/metrics", timeout=10).text
            plain = (line.split() for line in text.splitlines() if line[:1].isalpha() and "{" not in line)
            return {name: float(value) for name, value in plain}
        return {}

    # ------------------------------------------------------------------------------------------------------- documents

    def add(self, kind: str = "good") -> None:
        """A document of a kind: ``good``, ``empty`` or ``poison``."""
        self._numbers += 1
        self.tally.added[kind] += 1
        n, (day, euros) = self._numbers, (self._chance.randint(1, 28), self._chance.randint(1000, 9000))
        text = (
            f"The council of ward {n} met on {day} March 2026. The members approved a budget of EUR {euros} for the "
            f"bridge of road {n}. The inspectors found {n + 3} cracks and asked for a repair."
        )
        text = {"good": text, "empty": "", "poison": f"{text} {POISON} spoke against it."}[kind]
        self.paperless.add_document(f"Minutes {n}", text)

    def states(self) -> dict[str, tuple[str, str]]:
        """Ref → state and reason, as the journal has them."""
        path = self.site / ".sitegen/journal.sqlite"
        if not path.exists():
            return {}
        with contextlib.closing(sqlite3.connect(path, timeout=10)) as journal:
            rows = journal.execute("SELECT ref, state, reason FROM documents").fetchall()
        return {ref: (state, reason) for ref, state, reason in rows}

    def open_ends(self) -> dict[str, tuple[str, str]]:
        """Documents that are not done, empty or dead; those that Paperless alone knows as well."""
        known = self.states()
        refs = {f"paperless:{number}" for number in self.paperless.archive.documents}
        found = {ref: known.get(ref, ("unknown", "")) for ref in refs}
        return {ref: one for ref, one in found.items() if one[0] not in ("done", "empty", "dead")}

    # ---------------------------------------------------------------------------------------------------------- mishaps

    def disk_full(self, full: bool) -> None:
        """No file may become larger than a byte; and a document comes just then."""
        if full:
            self.tally.full.append((time.monotonic(), float("inf")))
            self.add()
        else:
            self.tally.full[-1] = (self.tally.full[-1][0], time.monotonic())
        self.clock.set(limit=1 if full else 0)

    def settings_broken(self, broken: bool) -> None:
        path = self.site / "sitegen.toml"
        text = path.read_text().removesuffix("[site\n")
        path.write_text(text + "[site\n" if broken else text)

    def live(self, plan: list[tuple[float, str, Callable[[], object]]]) -> None:
        """Lets the hours pass, does what is planned at its hour, and has documents come."""
        left = sorted(plan, key=lambda event: event[0])
        documents = iter(self._arrivals())
        coming = next(documents, None)
        while (hour := self.clock.passed() / 3600) < self.hours:
            while left and left[0][0] <= hour:
                at, name, act = left.pop(0)
                act()
                self.tally.done.append(f"{at:g} h {name}")
            while coming is not None and coming[0] <= hour:
                self.add(coming[1])
                coming = next(documents, None)
            if memory := self.numbers().get("process_resident_memory_bytes"):
                self.tally.memory.append((hour, memory))
            time.sleep(0.5)
        assert not left, [name for _, name, _ in left]

    def _arrivals(self) -> Iterator[tuple[float, str]]:
        """Documents until shortly before the end: about eight an hour, in bursts, one of ten without text."""
        hour = 0.05
        while hour < self.hours - min(2.5, self.hours / 4):
            for _ in range(self._chance.randint(1, 5)):
                yield hour, "empty" if self._chance.random() < 0.1 else "good"
            hour += self._chance.uniform(0.1, 0.65)

    def settle(self, seconds: float) -> None:
        """Gives what failed last the time that it needs to be tried again."""
        ends = time.monotonic() + seconds
        while self.open_ends() and time.monotonic() < ends:
            time.sleep(0.5)

    # ----------------------------------------------------------------------------------------------------------- tally

    def repeated(self) -> tuple[list[float], list[float]]:
        """At which hours an answer was given that had to be given again, though the wire was whole: at a kill, or with
        a disk that was full; and all others, of which there must be none."""
        excused: list[float] = []
        unexcused: list[float] = []
        for times in self.model.answered.values():
            whole = [one for one in times if not self._overlaps(one, self.to_model.breaks)]
            for one in whole[:-1]:
                kills = [(kill, kill) for kill in self.tally.kills]
                fine = self._overlaps(one, self.tally.full) or self._overlaps(one, kills)
                (excused if fine else unexcused).append(round(self.clock.hour(one[1]), 2))
        return excused, unexcused

    @staticmethod
    def _overlaps(one: tuple[float, float], others: list[tuple[float, float]]) -> bool:
        return any(one[0] <= end + 0.5 and begin - 0.5 <= one[1] for begin, end in others)

    def growth(self, since: float) -> float:
        """By which part the memory of the end is more than that after so many hours; medians of an eighth each."""
        late = [memory for hour, memory in self.tally.memory if hour >= since]
        part = max(len(late) // 8, 1)
        first, last = (sorted(some)[len(some) // 2] for some in (late[:part], late[-part:]))
        return last / first - 1

    def report(self) -> dict[str, Any]:
        """The figures of the day."""
        states = Counter(state for state, _ in self.states().values())
        excused, unexcused = self.repeated()
        return {
            "hours": round(self.clock.passed() / 3600, 1),
            "documents": dict(self.tally.added),
            "states": dict(states),
            "mishaps": len(self.tally.done),
            "kills": len(self.tally.kills),
            "answers": sum(map(len, self.model.answered.values())),
            "repeated": len(excused),
            "repeated without excuse, at": unexcused,
            "memory": [
                round(memory / 2**20) for _, memory in self.tally.memory[:: max(len(self.tally.memory) // 12, 1)]
            ],
        }
