"""A cable between a client and a server that can be cut: bytes stop, and nobody is told, as when it is pulled out."""

from __future__ import annotations

import contextlib
import select
import socket
import threading
from types import TracebackType
from typing import Self


class Cable:
    """Listens on a free port of the loopback address, and hands everything on to another one."""

    def __init__(self, port: int) -> None:
        self._to = port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._whole, self._over = threading.Event(), threading.Event()
        self._whole.set()
        self._pairs: list[tuple[socket.socket, socket.socket]] = []
        self._carrying: list[threading.Thread] = []
        threading.Thread(target=self._listen, daemon=True).start()

    def cut(self) -> None:
        self._whole.clear()

    def mend(self) -> None:
        """The ends of old connections are forgotten by now: they are reset."""
        pairs, self._pairs = self._pairs, []
        for pair in pairs:
            for end in pair:
                with contextlib.suppress(OSError):
                    end.close()
        self._whole.set()

    def _listen(self) -> None:
        while not self._over.is_set():
            try:
                near = self._listener.accept()[0]
            except OSError:
                return
            self._carrying.append(threading.Thread(target=self._carry, args=(near,), daemon=True))
            self._carrying[-1].start()

    def _carry(self, near: socket.socket) -> None:
        with near, contextlib.suppress(OSError, ValueError):
            self._whole.wait()
            with socket.create_connection(("127.0.0.1", self._to)) as far:
                self._pairs.append((near, far))
                ends = {near: far, far: near}
                while not self._over.is_set():
                    for end in select.select([*ends], [], [], 0.5)[0]:
                        self._whole.wait()
                        data = end.recv(65536)
                        if not data:
                            return
                        ends[end].sendall(data)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._whole.set()
        self._listener.close()
        self.mend()
        for one in self._carrying:
            one.join(5)
