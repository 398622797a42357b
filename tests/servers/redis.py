"""A real Redis, Debian's, for tests: its own port and folder, with an append-only file; killed and started as told.

``python -m tests.servers.redis --install`` gets one with apt where there is none.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

import redis

MISSING = "The tests of the fleet need redis-server, and there is none. Run: python -m tests.servers.redis --install"


def executable() -> str | None:
    return shutil.which("redis-server")


def free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


class RedisServer:
    """One Redis on 127.0.0.1."""

    def __init__(
        self,
        folder: Path,
        options: Sequence[str] = (),
        *,
        tls: bool = False,
        url_options: dict[str, object] | None = None,
    ) -> None:
        self.folder, self.port = folder, free_port()
        self._options = [
            "--bind", "127.0.0.1", "--port", "0" if tls else str(self.port), "--dir", str(folder),
            "--appendonly", "yes", "--appendfsync", "everysec", "--save", "",
            "--maxmemory-policy", "noeviction", *options,
        ]  # fmt: skip
        self._options += ["--tls-port", str(self.port)] if tls else []
        self._scheme, self._url_options = "rediss" if tls else "redis", url_options or {}
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"{self._scheme}://127.0.0.1:{self.port}/0"

    def client(self) -> redis.Redis:
        return redis.Redis(host="127.0.0.1", port=self.port, **self._url_options)  # type: ignore[arg-type]

    def start(self) -> None:
        binary = executable()
        assert binary is not None, MISSING
        with (self.folder / "redis.log").open("ab") as log:
            self._process = subprocess.Popen([binary, *self._options], stdout=log, stderr=log)
        deadline = time.monotonic() + 15
        while time.monotonic() < deadline:
            try:
                with self.client() as client:
                    client.ping()
                    return
            except redis.RedisError:
                assert self._process.poll() is None, (self.folder / "redis.log").read_text()
                time.sleep(0.02)
        raise AssertionError("redis-server did not start")

    def kill(self) -> None:
        """As a power cut would end it."""
        assert self._process is not None
        self._process.send_signal(signal.SIGKILL)
        self._process.wait()

    def __enter__(self) -> Self:
        self.folder.mkdir(parents=True, exist_ok=True)
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process is not None and self._process.poll() is None:
            self.kill()


def main(words: list[str]) -> int:
    """The command; returns the exit code."""
    if executable() is None and "--install" in words and (apt := shutil.which("apt-get")):
        become = [] if os.geteuid() == 0 else ["sudo", "-n"]
        environ = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        for command in (
            ["update", "-qq"],
            ["install", "-qq", "-y", "--no-install-recommends", "redis-server", "libfaketime"],
        ):
            subprocess.run([*become, apt, *command], env=environ, timeout=600, stdout=sys.stderr, check=False)
    found = executable()
    sys.stdout.write(f"{found or MISSING}\n")
    return 0 if found else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
