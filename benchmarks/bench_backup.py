"""How long a backup and a restore take, and how much memory: ``python -m benchmarks.bench_backup --documents 10000``.

A site of so many documents with briefs, records, summaries and answers of the usual size, which nobody has pushed.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import sqlite3
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ANSWERS = 4
"""Of a model, for each document."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--documents", type=int, default=10_000)
    parser.add_argument("--recipient", action="store_true", help="Encrypt it.")
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        site, file = Path(place, "site"), Path(place, "kept.backup")
        fill(site, wanted.documents)
        backup, restore = ["backup", str(file)], ["restore", str(file)]
        if wanted.recipient:
            import pyrage

            own = pyrage.x25519.Identity.generate()
            Path(place, "key").write_text(f"{own}\n")
            backup, restore = [*backup, "--recipient", str(own.to_public())], [*restore, "--identity", f"{place}/key"]
        size = sum(path.stat().st_size for path in site.rglob("*") if path.is_file())
        print(f"{wanted.documents} documents, {size / 1e6:.0f} MB on disk")
        told("backup", site, backup)
        print(f"  the file has {file.stat().st_size / 1e6:.0f} MB")
        told("check", site, [backup[0], "--check", str(file), *restore[2:]])
        fresh = Path(place, "fresh")
        fresh.mkdir()
        told("restore", fresh, restore)


def told(name: str, site: Path, words: list[str]) -> None:
    began = time.monotonic()
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    measure = "import resource, sys; from sitegen.cli import run; code = run(sys.argv[1:]); " \
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, file=sys.stderr); sys.exit(code)"  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-c", measure, "--site", str(site), "--quiet", *words],
        check=True,
        capture_output=True,
        text=True,
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    peak = int(done.stderr.split()[-1]) / 1024
    print(f"  {name:8} {time.monotonic() - began:6.1f} s  ({cpu:.1f} s of processor)  peak {peak:.0f} MB")


def fill(site: Path, count: int) -> None:
    """A site as after a pull of so many documents."""
    from sitegen.enrich.cache import SummaryCache
    from sitegen.enrich.journal import Journal

    (site / "briefs/.provenance").mkdir(parents=True)
    (site / "sitegen.toml").write_text("")
    Journal(site / ".sitegen/journal.sqlite").close()
    SummaryCache(site / ".sitegen/cache").close()
    journal = sqlite3.connect(site / ".sitegen/journal.sqlite")
    cache = sqlite3.connect(site / ".sitegen/cache/cache.db")
    with journal, cache:
        for number in range(count):
            text = f"---\ntitle: Report {number}\nsource: folder:{number}.pdf\n---\n" + os.urandom(900).hex()
            (site / f"briefs/report-{number}.md").write_text(text)
            record: dict[str, Any] = {"ref": f"folder:{number}.pdf", "base": text, "evidence": os.urandom(900).hex()}
            (site / f"briefs/.provenance/{number:020x}.json").write_text(json.dumps(record))
            journal.execute(
                "INSERT INTO documents (ref, title, state, updated, fingerprint) VALUES (?, ?, 'done', 1, ?)",
                (f"folder:{number}.pdf", f"Report {number}", os.urandom(32).hex()),
            )
            for answer in range(1 + ANSWERS):
                cache.execute(
                    "INSERT INTO Cache (key, raw, store_time, access_time, mode, value) VALUES (?, 1, 1, 1, 1, ?)",
                    (f"{number}:{answer}:{os.urandom(24).hex()}", os.urandom(1200)),
                )
    journal.close()
    cache.close()


if __name__ == "__main__":
    main()
