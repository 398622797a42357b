"""Commands: sitegen's own, in a process of its own that can be ended at any time."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import sys
from pathlib import Path
from typing import Any

from sitegen import errors
from sitegen.errors import SitegenError, Unexpected

END_SECONDS = 3.0
"""What a command gets to end by itself when it is told to, before it is killed with all that it started."""


async def command(root: Path, *words: str) -> Any:
    """What a command says in JSON. Raises the first error that it reports. When this is cancelled, it is ended."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "sitegen", "--site", str(root), "--json", *words,
        stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        start_new_session=True,  # what it starts (git, a hook) ends with it
    )  # fmt: skip
    try:
        told, complaint = await process.communicate()
    except asyncio.CancelledError:
        await _end(process)
        raise
    if process.returncode:
        raise complained(words[0], told, complaint)
    return json.loads(told)


async def _end(process: asyncio.subprocess.Process) -> None:
    for number in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, number)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(process.wait(), END_SECONDS)
            return


def complained(name: str, told: bytes, complaint: bytes) -> SitegenError:
    """The error that a command which failed spoke of."""
    for text in (complaint, told):
        with contextlib.suppress(ValueError, KeyError, TypeError, AttributeError, IndexError, StopIteration):
            found: Any = json.loads(text)
            problems = found["errors"] if isinstance(found, dict) and "errors" in found else [found]
            first = problems[0]
            return errors.named(first["code"])(str(first["message"]), place=first.get("place"))
    line = complaint.decode("utf-8", "replace").strip().partition("\n")[0]
    return Unexpected(f"`sitegen {name}` failed: {line[:300]}")
