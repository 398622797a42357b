"""Store: what a build remembers for the next one, under ``.sitegen/build/``. All of it may be lost without harm.

Plain values are kept with ``marshal``, which is ten times as fast as JSON. Its format belongs to one version of Python
and it does not defend itself against damage, so each file begins with a key (the versions of all that made it) and a
hash.
"""

from __future__ import annotations

import marshal
import os
import sys
from collections.abc import Iterable
from hashlib import blake2b, sha256
from pathlib import Path
from typing import Any

from sitegen import __version__, files

_MAGIC = b"sitegen store 1\n"
_LIBRARIES = (
    *(
        "ahocorasick_rs",
        "babel",
        "brotli",
        "detect_secrets",
        "fonttools",
        "jinja2",
        "markdown_it_py",
        "math_core",
        "markupsafe",
        "mdit_py_plugins",
        "mdurl",
        "nh3",
        "pagefind_bin",
        "pagefind_bin_extended",
        "phonenumbers",
        "pillow",
        "pluggy",
        "pydantic",
        "pygments",
        "python_stdnum",
    ),
    *("python_slugify", "pyyaml", "text_unidecode", "tinycss2", "webencodings"),
)
_OWN = Path(__file__).parent.parent


def versions() -> str:
    """The versions of all code that has a say in the output: Python's, our own and the libraries'.

    Read from the names of the ``.dist-info`` folders, since ``importlib.metadata`` would cost as much as a whole build
    without changes. Our own code counts by its content, so that those who work on it see what they do.
    """
    found = {f"python {sys.hexversion:x}", f"sitegen {__version__}"}
    for folder in sys.path:
        try:
            names = os.listdir(folder)  # noqa: PTH208  # names are all that is wanted
        except OSError:
            continue
        found.update(name for name in names if "-" in name and name.lower().split("-")[0] in _LIBRARIES)
    own = sha256()
    ours = (*_OWN.glob("*.py"), *(_OWN / "privacy").glob("*.py"))
    for module in sorted((*ours, *(_OWN / "site").glob("*.py"), *(_OWN / "site").glob("*/*.py"))):
        own.update(module.read_bytes())
    return "\n".join((*sorted(found), own.hexdigest()))


def save(path: Path, key: str, value: Any) -> None:
    """Keeps plain values (tuples, lists, dicts, strings, bytes, numbers, None)."""
    payload = marshal.dumps(value)
    head = _MAGIC + sha256(key.encode()).digest() + sha256(payload).digest()
    files.write_atomic(path, head + payload, durable=False)


def load(path: Path, key: str) -> Any:
    """What ``save`` kept under the same key; None when there is nothing, or nothing sound."""
    try:
        raw = path.read_bytes()
    except OSError:
        return None
    at = len(_MAGIC)
    head, payload = raw[: at + 64], memoryview(raw)[at + 64 :]
    if head != _MAGIC + sha256(key.encode()).digest() + sha256(payload).digest():
        return None
    return marshal.loads(payload)  # noqa: S302  # the hash shows that we wrote it


class Bodies:
    """Rendered Markdown, many texts in one file, read one at a time; a text is found by offset and length.

    New texts are added at the end. Each is checked by a hash when it is read. Only the holder of the lock writes.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._fd: int | None = None

    def add(self, texts: Iterable[bytes]) -> list[tuple[int, int, bytes]]:
        """Adds the texts and returns for each what ``get`` needs."""
        places: list[tuple[int, int, bytes]] = []
        with files.guarded(self._path):
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with self._path.open("ab") as file:
                at = file.tell()
                for text in texts:
                    file.write(text)
                    places.append((at, len(text), blake2b(text, digest_size=8).digest()))
                    at += len(text)
        return places

    def get(self, place: tuple[int, int, bytes]) -> bytes | None:
        """The text, or None when the file is damaged or gone."""
        offset, length, check = place
        try:
            if self._fd is None:
                self._fd = os.open(self._path, os.O_RDONLY)
            text = os.pread(self._fd, length, offset)
        except OSError:
            return None
        return text if blake2b(text, digest_size=8).digest() == check else None

    def size(self) -> int:
        try:
            return self._path.stat().st_size
        except OSError:
            return 0

    def close(self) -> None:
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None

    def clear(self) -> None:
        """Removes all texts. Raises ``StorageError``."""
        self.close()
        files.remove(self._path)


def forget(folder: Path) -> None:
    """Removes rendered texts and compiled templates, so that the next build starts from the files alone."""
    for name in (
        "records",
        "records.changes",
        "bodies",
        "languages",
        "assets",
        "glance",
        *(f"{inside}/{entry.path}" for inside in ("templates", "images") for entry in files.scan(folder / inside)),
    ):
        files.remove(folder / name)
