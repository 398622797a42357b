"""Rebuild the demo archive: ``python demo/make_archive.py [TARGET]``."""

from __future__ import annotations

import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

from demo.archive.builder import build_archive  # noqa: E402


def main(arguments: list[str]) -> None:
    """Build into the folder given, or into the one this file lies in."""
    built = build_archive(HERE / "source", Path(arguments[0]) if arguments else HERE)
    total = sum(len(document.content) for document in built)
    sys.stdout.write(f"{len(built)} documents, {total / 1_000_000:.2f} MB\n")


if __name__ == "__main__":
    main(sys.argv[1:])
