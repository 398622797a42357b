"""PDFs: their text layer, read in a process of its own that is ended when a file makes it hang or crash."""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import struct
import subprocess
import sys
import threading
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from sitegen.errors import DocumentUnreadable
from sitegen.sources import pdf_text

MAX_BYTES = 256 * 2**20
MAX_SECONDS = 120.0
_REMEDY = "Save the PDF anew, or put its text beside it and name both in metadata.jsonl; the others are not affected."


@dataclass(frozen=True, slots=True)
class PdfText:
    """What a PDF gives: its text with page breaks, and what it says of itself."""

    text: str
    pages: int
    unread: tuple[int, ...] = ()
    """The numbers of the pages that could not be read; they are empty in the text."""
    title: str | None = None
    created: dt.date | None = None


class PdfReader:
    """Reads PDFs one after the other in one helper process, which starts with the first and ends with ``close``."""

    def __init__(self, seconds: float = MAX_SECONDS) -> None:
        self._seconds = seconds
        self._process: subprocess.Popen[bytes] | None = None

    def read(self, raw: bytes, name: str) -> PdfText:
        """The text of one PDF; ``name`` stands in errors.

        Pages that are damaged, or take longer than 20 seconds, are left out and named. Raises ``DocumentUnreadable``
        for an encrypted PDF, one of which no page gives a text, one of more than 5,000 pages, 20 million characters or
        256 MB, and one that takes longer than two minutes or more than 3 GB of memory.
        """
        if len(raw) > MAX_BYTES:
            raise self._unreadable(f"it has {len(raw) / 2**20:.0f} MB; the most is {MAX_BYTES // 2**20}", name)
        line = self._exchange(raw, name)
        answer = json.loads(line)
        if "error" in answer:
            raise self._unreadable(answer["error"], name)
        unread = tuple(answer["unread"])
        return PdfText(answer["text"], answer["pages"], unread, answer["title"], _date(answer["created"]))

    def _exchange(self, raw: bytes, name: str) -> bytes:
        process = self._started()
        assert process.stdin is not None
        assert process.stdout is not None
        late = threading.Event()

        def stop() -> None:
            late.set()
            process.kill()

        timer = threading.Timer(self._seconds, stop)
        timer.daemon = True
        timer.start()
        try:
            with contextlib.suppress(BrokenPipeError):
                process.stdin.write(struct.pack(">Q", len(raw)) + raw)
                process.stdin.flush()
            line = process.stdout.readline()
        finally:
            timer.cancel()
        if not line.endswith(b"\n"):
            self.close()
            reason = f"it took longer than {self._seconds:g} seconds" if late.is_set() else "it crashed the PDF reader"
            raise self._unreadable(reason, name)
        return line

    def _started(self) -> subprocess.Popen[bytes]:
        if self._process is None:
            # -P keeps the folder of the module off the import path; the program imports pypdf alone.
            command = [sys.executable, "-P", "-W", "ignore", pdf_text.__file__]
            self._process = subprocess.Popen(  # noqa: S603  # our own interpreter and our own file
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
            )
        return self._process

    @staticmethod
    def _unreadable(reason: str, name: str) -> DocumentUnreadable:
        return DocumentUnreadable(f"the PDF cannot be read: {reason}", place=name, remedy=_REMEDY)

    def close(self) -> None:
        """Ends the helper process; the next ``read`` starts another."""
        process, self._process = self._process, None
        if process is None:
            return
        process.kill()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):  # what was not yet written to a dead process
                    pipe.close()
        process.wait()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.close()


def _date(text: str | None) -> dt.date | None:
    try:
        return dt.date.fromisoformat(text) if text else None
    except ValueError:
        return None
