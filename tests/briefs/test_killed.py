"""A process that is killed while it writes briefs leaves each of them whole, with the record that is true of it.

Each act is done in a process of its own that gets SIGKILL at one boundary after the other: before and after each sync,
rename, link and removal; once more with the file that is being synced cut in the middle, as a machine that loses its
power leaves it.
"""

from __future__ import annotations

import datetime as dt
import os
import random
import shutil
import signal
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from sitegen import files
from sitegen.briefs import findings, verdicts
from sitegen.briefs.merge import Choice
from sitegen.briefs.model import Generated, generate
from sitegen.briefs.provenance import Made, Record
from sitegen.briefs.states import Wish, move
from sitegen.briefs.store import Store
from sitegen.briefs.undo import Past
from sitegen.enrich.summary import Summary
from sitegen.errors import SitegenError
from sitegen.privacy.guard import Guard
from sitegen.settings import Privacy
from sitegen.sources.base import Document
from tests.enrich.kills import Boundaries, How

NOW = dt.datetime(2026, 6, 1, 12, tzinfo=dt.UTC)
MADE = Made(method="extract", engine="extractive", model="lexrank", digest="1", at=NOW, text_hash="t", cache_key="k")
NAMES = ("a", "b", "c")

Act = Callable[[Path], None]
Picture = dict[str, tuple[str, Record | None]]
"""File → its text and its record as a reader sees them."""


def generated(name: str, *paragraphs: str) -> Generated:
    summary = Summary(method="extract", title=name, dek="One.", paragraphs=paragraphs)
    return generate(Document(f"x:{name}", name, "t"), summary, slug=name, status="draft")


def new_site(folder: Path) -> Path:
    """Three briefs. An editor changed the second, for which something is proposed, and published all by mistake."""
    root = folder / "briefs"
    store = Store.open(root)
    for name in NAMES:
        store.save(f"x:{name}", generated(name, "One.", "Two.", "Call +1 202-555-0173."), MADE)
    path = root / "b.md"
    path.write_text(path.read_text().replace("Two.", "Two, mine."))
    new = generated("b", "One.", "Two, new.", "Call +1 202-555-0173.")
    assert Store.open(root).save("x:b", new, MADE) == "proposed"
    store = Store.open(root)
    with Past(folder / "state").keeping(store, "lock"):
        for name in NAMES:
            verdicts.lock(store, name, ["summary"])
    return folder


def merge(folder: Path) -> None:
    new = generated("b", "One, newer.", "Two, new.", "Call +1 202-555-0173.")
    Store.open(folder / "briefs").save("x:b", new, MADE)


def accept(folder: Path) -> None:
    verdicts.accept(Store.open(folder / "briefs"), "b", None)


def reword(folder: Path) -> None:
    verdicts.accept(Store.open(folder / "briefs"), "b", Choice(hunks={1}), instead="Two, in other words.")


def reject(folder: Path) -> None:
    verdicts.reject(Store.open(folder / "briefs"), "b", None)


def publish(folder: Path) -> None:
    store = Store.open(folder / "briefs")
    move(store, [store.find(name) for name in NAMES], Wish("publish", NOW, "Ada", approve=True))


def allow(folder: Path) -> None:
    store, guard = Store.open(folder / "briefs"), Guard(Privacy(), {})
    found = findings.Findings.of(guard, store.text("a.md"), "a.md")
    findings.allow(store, store.find("a"), [found.all[0].fingerprint], guard)


def undo(folder: Path) -> None:
    store, past = Store.open(folder / "briefs"), Past(folder / "state")
    past.undo(store, next(past.decisions()))


def picture(folder: Path) -> Picture:
    store = Store.open(folder / "briefs")
    assert not store.broken
    return {f"{name}.md": (store.text(f"{name}.md"), store.record(f"x:{name}")) for name in NAMES}


def killed_at(folder: Path, act: Act, boundary: int | None, how: How = "killed") -> int:
    """Does it in another process, which ends at a boundary; how many it passed, or 0 when it was killed."""
    child = os.fork()
    if child == 0:
        code = 255
        try:
            boundaries = Boundaries(boundary, how)
            boundaries.install()
            act(folder)
            code = boundaries.passed
        finally:
            os._exit(code)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    assert code in range(1, 255) or code == -signal.SIGKILL
    return max(code, 0)


def again(folder: Path, act: Act) -> None:
    try:
        act(folder)
    except SitegenError:
        pass  # it had been done
    except StopIteration:
        assert act is undo


ACTS = [merge, accept, reword, reject, publish, allow, undo]


@pytest.mark.parametrize("act", ACTS)
def test_each_brief_is_as_before_or_as_after_and_the_same_again_completes_it(act: Act, tmp_path: Path) -> None:
    survives(act, tmp_path, ("killed",), 9 if act in (publish, undo) else 5)


@pytest.mark.soak
@pytest.mark.parametrize("act", ACTS)
def test_the_same_at_every_boundary_with_torn_files_too(act: Act, tmp_path: Path) -> None:
    survives(act, tmp_path, ("killed", "torn"), 1)


def survives(act: Act, tmp_path: Path, hows: Sequence[How], stride: int) -> None:
    """Tries each boundary, or one of ``stride``, with others at each call."""
    site = new_site(tmp_path / "site")
    before = picture(site)
    whole = shutil.copytree(site, tmp_path / "whole")
    count = killed_at(whole, act, None)
    after = picture(whole)
    assert before != after
    for boundary in range(random.randint(1, stride), count + 1, stride):
        for how in hows:
            folder = shutil.copytree(site, tmp_path / f"{how}-{boundary}")
            assert killed_at(folder, act, boundary, how) == 0
            now = picture(folder)
            for path, found in now.items():
                assert found in (before[path], after[path]), (boundary, how, path)
            again(folder, act)
            assert picture(folder) == after, (boundary, how)
            with files.held(folder / "briefs"):
                pass  # nobody holds it for ever
            shutil.rmtree(folder)
