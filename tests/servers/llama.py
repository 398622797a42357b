"""A real model server: llama.cpp's, on the loopback address, with whatever model there is. Only for `make test-llm`.

with LlamaServer(server, model) as llama:
    engine = OpenAI(settings.OpenAI(endpoints=(llama.url,)))
"""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import time
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx

CONTEXT = 4096
"""Tokens of one slot."""
STARTING_SECONDS = 180


class LlamaServer:
    """llama.cpp's server with ``slots`` requests at a time; it may be killed and started again at its address."""

    def __init__(self, server: Path, model: Path, log: Path, *, slots: int = 2) -> None:
        self.log, self.slots = log, slots
        self.port = _free_port()
        threads = str(max(1, min(4, (os.cpu_count() or 1) // 2)))
        # Its threads wait for each other in a loop: more of them than free cores is slower than one.
        self._command: list[str] = [
            str(server), "--model", str(model), "--host", "127.0.0.1", "--port", str(self.port),
            "--ctx-size", str(CONTEXT * slots), "--parallel", str(slots), "--threads", threads, "--no-webui", "--slots",
        ]  # fmt: skip
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    def start(self) -> None:
        """Starts it and waits until the model is loaded."""
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(self._command, stdout=log, stderr=log, stdin=subprocess.DEVNULL)
        end = time.monotonic() + STARTING_SECONDS
        while time.monotonic() < end and self._process.poll() is None:
            if self._get("/health") is not None:
                return
            time.sleep(0.2)
        raise RuntimeError(f"llama.cpp's server did not start:\n{self.log.read_text(errors='replace')[-2000:]}")

    def kill(self) -> None:
        """Ends it at once, as a crash or a power cut does."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def busy(self) -> bool:
        """Whether it is answering somebody."""
        slots = self._get("/slots") or []
        return any(slot.get("is_processing") for slot in slots)

    def wait_until_busy(self, seconds: float = 120) -> None:
        end = time.monotonic() + seconds
        while not self.busy():
            assert time.monotonic() < end, "nobody asked the server anything"
            time.sleep(0.1)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.kill()

    def _get(self, path: str) -> Any:
        with contextlib.suppress(httpx.HTTPError, ValueError):
            response = httpx.get(f"http://127.0.0.1:{self.port}{path}", timeout=10)
            return response.json() if response.status_code == 200 else None
        return None


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port
