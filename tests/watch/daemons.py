"""A site with a daemon in a process of its own, as its supervisor, its editors and its monitors meet it."""

from __future__ import annotations

import json
import os
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
from prometheus_client.parser import text_string_to_metric_families

from sitegen import scaffold

PATIENCE = 60.0
"""Seconds until something that should happen soon is given up, on a machine with other work."""
TEXT = "The council of Weirbridge met on 3 March 2026. The members approved a budget of EUR 1,250,000 for the bridge."


class Watched:
    """A site with a daemon."""

    def __init__(self, root: Path, *words: str, **environ: str) -> None:
        self.root = root
        self.process = subprocess.Popen(
            [sys.executable, "-m", "sitegen", "--site", str(root), "--json", "watch", "--port", "0", *words],
            stderr=subprocess.PIPE, text=True, env={**os.environ, **environ},
        )  # fmt: skip
        self.lines: list[dict[str, Any]] = []
        self._queue: queue.Queue[str] = queue.Queue()
        self._reader = threading.Thread(target=self._read)
        self._reader.start()
        self.url = f"http://{self.until('watching')['listens']}"

    def _read(self) -> None:
        assert self.process.stderr is not None
        for text in self.process.stderr:
            self._queue.put(text)
        self._queue.put("")

    def line(self) -> dict[str, Any]:
        try:
            text = self._queue.get(timeout=PATIENCE)
        except queue.Empty:
            raise AssertionError(f"nothing came after {self.lines}") from None
        assert text, f"it ended: {self.process.wait()}, after {self.lines}"
        self.lines.append(json.loads(text))
        return self.lines[-1]

    def until(self, event: str, **wanted: object) -> dict[str, Any]:
        """The next line of this kind in the log."""
        while not ((line := self.line())["event"] == event and wanted.items() <= line.items()):
            pass
        return line

    def forget(self) -> None:
        """What it has said so far."""
        while not self._queue.empty():
            self._queue.get()
        self.lines.clear()

    def has(self, pattern: str) -> None:
        """Until there is a file like this below the site."""
        until = time.monotonic() + PATIENCE
        while not any(self.root.glob(pattern)):
            assert time.monotonic() < until, pattern
            time.sleep(0.05)

    def get(self, path: str) -> httpx.Response:
        return httpx.get(self.url + path, timeout=PATIENCE)

    def shows(self, path: str, wanted: Callable[[httpx.Response], bool]) -> httpx.Response:
        until = time.monotonic() + PATIENCE
        while not wanted(answer := self.get(path)):
            assert time.monotonic() < until, answer.text
            time.sleep(0.05)
        return answer

    def numbers(self) -> dict[tuple[str, ...], float]:
        """The metrics: name and the values of its labels → number."""
        found = text_string_to_metric_families(self.get("/metrics").text)
        return {
            (sample.name, *(value for _, value in sorted(sample.labels.items()))): sample.value
            for family in found
            for sample in family.samples
        }

    def document(self, name: str, text: str = TEXT) -> None:
        (self.root / "documents" / f"{name}.txt").write_text(text)

    def end(self) -> None:
        self.process.kill()
        self.process.wait()
        self._reader.join()
        assert self.process.stderr is not None
        self.process.stderr.close()


def new_site(root: Path, settings: str = "") -> Path:
    """A site whose briefs are published at once; ``settings`` are what a test adds to its sitegen.toml."""
    scaffold.create(root, demo=False)
    text = (root / "sitegen.toml").read_text().replace('initial_status = "draft"', 'initial_status = "published"')
    (root / "sitegen.toml").write_text(f"{text}\n{settings}\n")
    (root / "documents").mkdir(exist_ok=True)
    return root
