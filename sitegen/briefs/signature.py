"""Signature: the name under which an editor's decisions are kept."""

from __future__ import annotations

import getpass
import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

from sitegen.settings import Sign
from sitegen.text import plain

_LONGEST = 100
_PATIENCE = 5
"""Seconds for git to answer."""


def signature(folder: Path, sign: Sign, environ: Mapping[str, str] = os.environ) -> str:
    """The name of whoever works in ``folder``, as git knows them, else as the system does; ``sign`` is what is told.

    Empty when nothing is to be told. Never raises.
    """
    if sign == "nothing":
        return ""
    name = environ.get("GIT_AUTHOR_NAME") or _git(folder, "user.name")
    address = (environ.get("GIT_AUTHOR_EMAIL") or _git(folder, "user.email")) if sign != "name" else ""
    name = _short(name or _login())
    address = _short(address)
    if sign == "email":
        return address or name
    return f"{name} <{address}>" if address else name


def _git(folder: Path, key: str) -> str:
    command = ["git", "-C", str(folder), "config", "--get", key]
    try:
        found = subprocess.run(  # noqa: S603  # fixed words and a folder
            command, capture_output=True, timeout=_PATIENCE, check=False, stdin=subprocess.DEVNULL
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return found.stdout.decode(errors="replace").strip() if found.returncode == 0 else ""


def _login() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):  # nobody has this number, as in many containers
        return ""


def _short(text: str) -> str:
    return plain(text).replace("<", "").replace(">", "")[:_LONGEST]
