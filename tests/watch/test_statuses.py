"""Briefs by status: as the store counts them, at next to no cost when little has changed."""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path
from typing import get_args

from sitegen.briefs.store import Store
from sitegen.frontmatter import Status
from sitegen.watch.statuses import STATUSES, Statuses

HEADS = {
    "plain": "---\ntitle: A\nstatus: published\nsource: folder:a.txt\n---\nText\n",
    "quoted": "---\nstatus: 'review'\ntitle: A\nsource: folder:b.txt\n---\n",
    "windows": "---\r\ntitle: A\r\nstatus: withdrawn\r\nsource: folder:c.txt\r\n---\r\n",
    "commented": "---\n# status: published\ntitle: A\nstatus: draft  # not yet\nsource: folder:d.txt\n---\n",
    "none": "---\ntitle: A\nsource: folder:e.txt\n---\nstatus: published\n",
}


def test_it_counts_as_the_store_does(tmp_path: Path) -> None:
    for name, text in HEADS.items():
        (tmp_path / f"{name}.md").write_bytes(text.encode())
    read = Counter(brief.matter.status for brief in Store.open(tmp_path).briefs.values())
    assert Statuses(tmp_path).count() == read == {"published": 1, "review": 1, "withdrawn": 1, "draft": 1}


def test_only_what_has_changed_is_read_again(tmp_path: Path) -> None:
    for number in range(20):
        (tmp_path / f"{number}.md").write_text(HEADS["plain"])
    read: list[str] = []

    class Noting(Statuses):
        def _read(self, name: str) -> int:
            read.append(name)
            return super()._read(name)

    statuses = Noting(tmp_path)
    statuses.count()
    read.clear()
    (tmp_path / "3.md").write_text(HEADS["quoted"])
    (tmp_path / "4.md").unlink()
    assert statuses.count() == {"published": 18, "review": 1}
    assert read == ["3.md"]


def test_it_keeps_little_of_each(tmp_path: Path) -> None:
    for number in range(2000):
        (tmp_path / f"{number}.md").write_text(HEADS["plain"])
    statuses = Statuses(tmp_path)
    statuses.count()
    known = statuses._known
    size = sys.getsizeof(known) + sum(sys.getsizeof(key) + sys.getsizeof(place) for key, place in known.items())
    assert size / 2000 < 250, "bytes a brief"


def test_no_folder_holds_none(tmp_path: Path) -> None:
    assert Statuses(tmp_path / "briefs").count() == {}


def test_it_knows_every_status_there_is() -> None:
    assert set(STATUSES) == set(get_args(Status))
