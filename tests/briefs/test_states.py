"""states: a brief moves by an editor's word, all of several or none, and who did it is kept."""

from __future__ import annotations

import datetime as dt
import subprocess
from pathlib import Path
from typing import Any

import pytest

from sitegen import files
from sitegen.briefs import provenance
from sitegen.briefs.fields import put
from sitegen.briefs.history import KEPT, Move, approval, words_hash
from sitegen.briefs.model import generate
from sitegen.briefs.provenance import Made, Record
from sitegen.briefs.signature import signature
from sitegen.briefs.states import Moved, Wish, move, standing
from sitegen.briefs.store import Store
from sitegen.enrich.summary import Summary
from sitegen.errors import BriefNotApproved, FileFailed, MoveRefused, MoveUndone, Several, SitegenError
from sitegen.settings import Sign
from sitegen.sources.base import Document

NOW = dt.datetime(2026, 6, 1, 12, tzinfo=dt.UTC)
MADE = Made(method="extract", engine="extractive", model="lexrank", digest="1", at=NOW, text_hash="t", cache_key="k")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    store = Store.open(tmp_path)
    for name in ("a", "b", "c"):
        summary = Summary(method="extract", title=name, dek="One.", paragraphs=("One.",))
        store.save(f"x:{name}", generate(Document(f"x:{name}", name, "t"), summary, slug=name, status="draft"), MADE)
    return tmp_path


def done(root: Path, act: Any, *names: str, **fields: Any) -> list[Moved]:
    store = Store.open(root)
    try_only = fields.pop("try_only", False)
    wish = Wish(act, NOW, **{"by": "Ada", **fields})
    return move(store, [store.find(name) for name in names or ("a",)], wish, try_only=try_only)


def refused(root: Path, act: Any, *names: str, **fields: Any) -> SitegenError:
    before = {entry.path: (root / entry.path).read_bytes() for entry in files.scan(root, hidden=True)}
    with pytest.raises(SitegenError) as caught:
        done(root, act, *names, **fields)
    assert {entry.path: (root / entry.path).read_bytes() for entry in files.scan(root, hidden=True)} == before
    return caught.value


def edit(root: Path, name: str, old: str, new: str) -> None:
    path = root / f"{name}.md"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def record(root: Path, name: str = "a") -> Record:
    found = Store.open(root).record(f"x:{name}")
    assert found is not None
    return found


def status(root: Path, name: str = "a") -> str:
    return Store.open(root).find(name).matter.status


def stands(root: Path, name: str = "a") -> str:
    return standing(record(root, name), (root / f"{name}.md").read_text())


def test_a_brief_goes_from_draft_to_review_is_published_and_withdrawn_and_who_did_it_is_kept(root: Path) -> None:
    text = (root / "a.md").read_text()
    assert done(root, "approve") == [Moved("a.md", "x:a", "draft", "review", True)]
    assert done(root, "publish", by="Grace") == [Moved("a.md", "x:a", "review", "published", True)]
    assert (root / "a.md").read_text() == text.replace("status: draft", "status: published")
    done(root, "withdraw", notice="Wrong sums.")
    assert [(one.act, one.before, one.after, one.by) for one in record(root).history] == [
        ("approve", "draft", "review", "Ada"),
        ("publish", "review", "published", "Grace"),
        ("withdraw", "published", "withdrawn", "Ada"),
    ]
    assert {one.words for one in record(root).history} == {words_hash(text)}
    brief = Store.open(root).find("a").matter
    assert (brief.status, brief.withdrawn_at, brief.notice) == ("withdrawn", dt.date(2026, 6, 1), "Wrong sums.")
    assert done(root, "publish")[0].after == "published"
    assert Store.open(root).find("a").matter.withdrawn_at is None
    assert "Wrong sums." in (root / "a.md").read_text(), "the editor's words stay"


def test_a_second_time_changes_nothing(root: Path) -> None:
    for act in ("approve", "publish", "withdraw"):
        assert done(root, act)[0].changed
        before = (root / "a.md").read_bytes(), record(root)
        assert not done(root, act)[0].changed
        assert ((root / "a.md").read_bytes(), record(root)) == before
    assert done(root, "withdraw", notice="Why.")[0].changed
    assert done(root, "approve", "b")[0].changed
    assert done(root, "approve", "b", by="Grace")[0].changed, "a second pair of eyes is one more approval"


def test_nothing_is_published_that_nobody_approved_as_it_is(root: Path) -> None:
    error = refused(root, "publish")
    assert isinstance(error, BriefNotApproved)
    assert (str(error.place), error.message) == (f"{root.name}/a.md:4", "nobody has approved it")
    done(root, "approve")
    edit(root, "a", "One.", "Two.")
    assert stands(root) == "changed"
    error = refused(root, "publish")
    assert error.message == "it was changed since it was approved on 2026-06-01 by Ada"
    assert done(root, "publish", approve=True)[0].after == "published"
    assert stands(root) == "approved"


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (("One.", "Two."), "changed"),
        (("slug: a", "slug: other"), "changed"),
        (("title: a", "title: b"), "changed"),
        (("title: a", "title: 'a'  # mine"), "approved"),
        (("status: review", "status: draft\nexpires: 2027-01-01\npublish_at: 2026-01-01"), "approved"),
        (("title: a", "title: a\nimage: /x.png"), "changed"),
    ],
)
def test_an_approval_is_of_all_that_readers_see_and_of_nothing_else(
    root: Path, change: tuple[str, str], expected: str
) -> None:
    done(root, "approve")
    assert stands(root) == "approved"
    edit(root, "a", *change)
    assert stands(root) == expected


def test_what_cannot_move_is_told_with_its_line_and_what_to_do(root: Path) -> None:
    error = refused(root, "withdraw")
    assert isinstance(error, MoveRefused)
    assert "it is a draft" in error.message
    assert error.remedy
    done(root, "publish", approve=True)
    done(root, "withdraw")
    assert "it is withdrawn" in refused(root, "approve").message


def test_several_move_together_or_not_at_all(root: Path) -> None:
    done(root, "approve", "a", "b")
    error = refused(root, "publish", "a", "b", "c")
    assert "c.md" in str(error.place)
    (root / "b.md").write_text("---\nstatus: [\n---\n")
    (root / "b.md").write_text((root / "a.md").read_text().replace("x:a", "x:b").replace("One.", "Other."))
    error = refused(root, "publish", "a", "b", "c")
    assert isinstance(error, Several)
    assert len(error.problems) == 2
    done(root, "approve", "b", "c")
    assert [one.after for one in done(root, "publish", "a", "b", "c")] == ["published"] * 3


def test_a_trial_changes_nothing(root: Path) -> None:
    before = (root / "a.md").read_bytes(), record(root)
    assert done(root, "approve", try_only=True)[0].after == "review"
    assert ((root / "a.md").read_bytes(), record(root)) == before


@pytest.mark.parametrize("how", ["changed", "gone", "full"])
def test_what_happens_to_one_file_meanwhile_undoes_the_rest(
    root: Path, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    before = {name: (root / f"{name}.md").read_bytes() for name in ("a", "b", "c")}
    records = {name: record(root, name) for name in ("a", "b", "c")}
    replace = files.replace

    def meanwhile(path: Path, data: bytes | str, *, expected: str) -> bool:
        if path.name == "c.md" and how == "full":
            raise FileFailed("no room", place=str(path))
        if path.name == "c.md":
            path.unlink() if how == "gone" else path.write_text("mine")
        return replace(path, data, expected=expected)

    monkeypatch.setattr(files, "replace", meanwhile)
    with pytest.raises((MoveUndone, FileFailed)):
        done(root, "approve", "a", "b", "c")
    for name in ("a", "b"):
        assert (root / f"{name}.md").read_bytes() == before[name]
        assert record(root, name).history == ()
    assert record(root, "c") == records["c"]
    if how == "changed":
        assert (root / "c.md").read_text() == "mine"


def test_the_editors_file_stays_as_it_is_but_for_the_field(root: Path) -> None:
    head = b"# mine\r\ntitle:   'A'\r\nsource: x:a\r\nstatus: \"draft\"  # still\r\n"
    raw = b"\xef\xbb\xbf---\r\n" + head + b"---\r\n\r\nText.  \r\n"
    (root / "a.md").write_bytes(raw)
    done(root, "publish", approve=True, publish_at=dt.date(2026, 7, 1))
    after = raw.replace(b'"draft"  # still\r\n', b'"published"  # still\r\npublish_at: 2026-07-01\r\n')
    assert (root / "a.md").read_bytes() == after


def test_a_brief_that_a_person_wrote_has_no_record_and_is_published_as_it_is(root: Path) -> None:
    (root / "own.md").write_text("---\ntitle: Own\nstatus: draft\n---\nText.\n")
    done(root, "approve", "own")
    assert status(root, "own") == "review"
    done(root, "publish", "own")
    assert status(root, "own") == "published"
    assert len(list((root / ".provenance").iterdir())) == 3


def test_the_history_is_bounded_and_outlives_a_new_generation(root: Path) -> None:
    for number in range(KEPT + 10):
        done(root, "approve", by=f"Editor {number}")
    history = record(root).history
    assert len(history) == KEPT
    assert history[-1].by == f"Editor {KEPT + 9}"
    last = approval(history)
    assert last is not None
    store = Store.open(root)
    (root / "a.md").write_text(put((root / "a.md").read_text(), {"status": "draft"}, "a.md"))
    summary = Summary(method="extract", title="a", dek="Two.", paragraphs=("Two.",))
    store.save("x:a", generate(Document("x:a", "a", "t"), summary, slug="a", status="draft"), MADE)
    assert record(root).history == history
    assert stands(root) == "changed", "what a new generation says nobody has approved"


def test_a_record_of_older_days_has_no_history(root: Path) -> None:
    path = provenance.record_path(root, "x:a")
    assert '"history"' in path.read_text()
    assert Record.model_validate_json('{"source": "x:a", "brief": "a.md"}').history == ()
    later = '{"act":"approve","before":"draft","after":"review","at":"2026-06-01T12:00:00Z","words":"w","new":1}'
    assert Move.model_validate_json(later).by == "", "a newer sitegen may keep more"


@pytest.mark.parametrize(
    ("sign", "expected"),
    [
        ("name", "Ada Lovelace"),
        ("email", "ada@example.org"),
        ("name and email", "Ada Lovelace <ada@example.org>"),
        ("nothing", ""),
    ],
)
def test_an_editor_is_named_as_they_want(tmp_path: Path, sign: Sign, expected: str) -> None:
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    for key, value in (("user.name", "Ada Lovelace"), ("user.email", "ada@example.org")):
        subprocess.run(["git", "-C", str(tmp_path), "config", key, value], check=True)
    assert signature(tmp_path, sign, {}) == expected


def test_without_git_the_system_says_who_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("LOGNAME", "grace")
    assert signature(tmp_path, "name", {}) == "grace"
    assert signature(tmp_path, "name", {"GIT_AUTHOR_NAME": "Grace\n<Hopper>"}) == "Grace Hopper"
