"""Cache: encoded variants under ``.sitegen/build/images/``, so that none is encoded twice. May be lost without harm."""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import sha256
from pathlib import Path

from sitegen import files
from sitegen.site.images.variants import Variant

_OWN = ("encode.py", "strip.py")
"""The modules that have a say in the bytes of a variant."""


class Cache:
    """The variants on disk, one file each: a hash, and what it is the hash of."""

    def __init__(self, folder: Path, versions: Iterable[str]) -> None:
        """``versions`` are those of the encoders: what another version made is not found."""
        self._folder = folder
        own = [files.sha256((Path(__file__).parent / name).read_bytes()) for name in _OWN]
        self._versions = repr((tuple(versions), own))

    def get(self, variant: Variant) -> bytes | None:
        """The content of a variant; None when it is not there, or damaged."""
        try:
            raw = (self._folder / self._name(variant)).read_bytes()
        except OSError:
            return None
        data = raw[32:]
        return data if sha256(data).digest() == raw[:32] else None

    def put(self, variant: Variant, data: bytes) -> None:
        """Keeps the content of a variant. Raises ``StorageError``."""
        files.write_atomic(self._folder / self._name(variant), sha256(data).digest() + data, durable=False)

    def prune(self, wanted: Iterable[Variant]) -> int:
        """Removes all but the variants ``wanted``, and what a killed build left half-written; returns how many."""
        keep = {self._name(variant) for variant in wanted}
        gone = [entry.path for entry in files.scan(self._folder, hidden=True) if entry.path not in keep]
        for path in gone:
            files.remove(self._folder / path)
        return len(gone)

    def key(self, variant: Variant) -> str:
        """What the content of a variant depends on, as a hash."""
        # The path says the content of the image and all parameters; the words before them may change with its name.
        return files.sha256(repr((variant.path.rsplit(".", 3)[1:], self._versions)))[:40]

    def _name(self, variant: Variant) -> str:
        key = self.key(variant)
        return f"{key[:2]}/{key[2:]}"
