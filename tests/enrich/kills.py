"""What the tests of sudden ends share: pulls in processes of their own that end at a chosen boundary, or at any time.

A boundary is every moment before and after a change of the disk: a sync, a rename, a link, a removal, a statement of
SQLite. A process that ends there leaves the disk as a crash of the machine would find it: with torn files, if asked.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import random
import resource
import signal
import sqlite3
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Literal

from sitegen import files
from sitegen.briefs import provenance
from sitegen.cli import run

How = Literal["killed", "torn", "power"]
"""``killed``: the process alone; ``torn``: a file that is being synced is cut in the middle; ``power``: the tail of
the journal's log, which was not synced, is lost as well."""
DOCUMENTS = 6
SLOTS = 2


# ----------------------------------------------------------------------------------------------------- the model server


def _serve(pipe: Connection) -> None:
    from tests.servers.ollama import OllamaServer

    with OllamaServer(model="qwen3:8b", delay=0.005) as server:
        pipe.send(server.url)
        while pipe.recv() == "chats":
            chats = [request.body["messages"][-1]["content"] for request in server.requests if _is_chat(request.body)]
            server.requests.clear()
            pipe.send(chats)


def _is_chat(body: Any) -> bool:
    return isinstance(body, dict) and bool(body.get("messages"))


@dataclass
class Model:
    """A stand-in for Ollama in a process of its own, which counts what it was asked."""

    url: str
    pipe: Connection

    def questions(self) -> Counter[str]:
        """What was asked since the last time, and how often."""
        self.pipe.send("chats")
        return Counter(self.pipe.recv())


@contextlib.contextmanager
def model() -> Iterator[Model]:
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_serve, args=(theirs,))
    process.start()
    try:
        yield Model(ours.recv(), ours)
    finally:
        ours.send("stop")
        process.join()


# ------------------------------------------------------------------------------------------------------------ the site


def new_site(folder: Path, server: Model) -> Path:
    (folder / "documents").mkdir(parents=True)
    (folder / "sitegen.toml").write_text(
        f'[engine]\nkind = "ollama"\n[engine.ollama]\nendpoints = ["{server.url}"]\nslots = {SLOTS}\n'
    )
    for number in range(DOCUMENTS):
        (folder / "documents" / f"{number}.txt").write_text(
            f"Report {number}\n\nThe council of district {number} met on {number + 1} March 2026. The members approved "
            f"a budget of EUR {number + 2},500. The inspectors found {number + 3} cracks and asked for a repair.\n"
        )
    return folder


def briefs(site: Path) -> dict[str, str]:
    return {path.name: path.read_text() for path in (site / "briefs").glob("*.md")}


@dataclass
class Tally:
    """What became of all the sudden ends of a test."""

    ends: Counter[str] = field(default_factory=Counter)
    finished: int = 0
    """Pulls that were through before their time came."""
    repeated: int = 0
    """Questions that were asked more than once."""
    worst: float = 0
    """Of those, the most for one end."""

    @property
    def killed(self) -> int:
        return self.ends.total()


# ------------------------------------------------------------------------------------------------------- sudden ends


def pull(site: Path, before: Callable[[], None] = lambda: None) -> int:
    """A pull in a process of its own, in which ``before`` is called first; its exit code, or minus the signal."""
    child = _fork(site, before)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def pull_for(site: Path, seconds: float) -> bool:
    """A pull that is killed after a while; whether it was."""
    child = _fork(site, lambda: None)
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            assert os.waitstatus_to_exitcode(status) == 0
            return False
        time.sleep(0.002)
    os.kill(child, signal.SIGKILL)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL


ERRORS = Path(tempfile.gettempdir()) / f"sitegen-sudden-ends-{os.getpid()}.txt"
"""What the last pull said; not on the site's disk, which may be full."""


def _fork(site: Path, before: Callable[[], None]) -> int:
    child = os.fork()
    if child == 0:
        code = 99
        try:
            errors = os.open(ERRORS, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
            os.dup2(errors, 2)
            os.dup2(errors, 1)
            before()
            code = run(["--site", str(site), "--quiet", "pull"])
        finally:
            os._exit(code)
    return child


class Boundaries:
    """Counts boundaries in this process, and ends it at one of them."""

    def __init__(self, end_at: int | None, how: How) -> None:
        self.passed, self._end_at, self._how = 0, end_at, how

    def install(self) -> None:
        for name in ("replace", "rename", "link", "unlink"):
            setattr(os, name, self._around(getattr(os, name)))
        fsync = os.fsync

        def syncing(fd: int) -> None:
            self._pass(fd)
            fsync(fd)
            self._pass()

        os.fsync = syncing  # type: ignore[assignment]
        boundaries = self

        class Watched(sqlite3.Connection):
            def execute(self, *words: Any) -> sqlite3.Cursor:
                boundaries._pass()
                cursor = super().execute(*words)
                boundaries._pass()
                return cursor

        connect = sqlite3.connect
        sqlite3.connect = lambda *words, **options: connect(*words, **{**options, "factory": Watched})

    def _around(self, call: Callable[..., Any]) -> Callable[..., Any]:
        def wrapped(*words: Any, **options: Any) -> Any:
            self._pass()
            result = call(*words, **options)
            self._pass()
            return result

        return wrapped

    def _pass(self, fd: int | None = None) -> None:
        self.passed += 1
        if self.passed == self._end_at:
            if fd is not None and self._how != "killed":
                with contextlib.suppress(OSError):  # a folder
                    os.ftruncate(fd, os.fstat(fd).st_size // 2)
            os.kill(os.getpid(), signal.SIGKILL)


def boundaries_of(site: Path) -> int:
    """How many boundaries an undisturbed pull passes."""
    counted = site / "boundaries"

    def before() -> None:
        boundaries = Boundaries(None, "killed")
        boundaries.install()
        end = os._exit

        def tell(code: int) -> None:
            counted.write_text(str(boundaries.passed))
            end(code)

        os._exit = tell  # type: ignore[assignment]

    assert pull(site, before) == 0
    return int(counted.read_text())


def pull_until(site: Path, boundary: int, how: How) -> bool:
    """A pull that ends suddenly at a boundary; whether it came so far."""
    code = pull(site, Boundaries(boundary, how).install)
    assert code in (0, -signal.SIGKILL), ERRORS.read_text()
    if code and how == "power":
        lose_tails(site, random.Random(boundary))
    return code != 0


def lose_tails(site: Path, chance: random.Random) -> None:
    """What the journal had written to its log and not synced is gone, from any byte on. The cache syncs each change."""
    for log in (site / ".sitegen").glob("journal*-wal"):
        os.truncate(log, chance.randrange(log.stat().st_size + 1))


def limit_files(size: int) -> Callable[[], None]:
    """No file may become larger than this, as on a full disk."""
    return lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))


# ---------------------------------------------------------------------------------------------------------- promises


def nothing_is_half_written(site: Path, reference: dict[str, str]) -> None:
    for name, text in briefs(site).items():
        assert text == reference[name], name


def all_is_done(site: Path, reference: dict[str, str]) -> None:
    """After an undisturbed pull: all briefs as if nothing had happened, with their records, and nothing left over."""
    assert briefs(site) == reference
    records = list(provenance.read_all(site / "briefs"))
    assert sorted(record.brief for record in records) == sorted(reference)
    left = [entry.path for entry in files.scan(site / "briefs", hidden=True) if files.is_temporary(entry.path)]
    assert left == []
    with contextlib.closing(sqlite3.connect(site / ".sitegen" / "journal.sqlite")) as journal:
        states = dict(journal.execute("SELECT state, count(*) FROM documents GROUP BY state"))
        assert journal.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert states == {"done": DOCUMENTS}
