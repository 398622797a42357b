"""The law of the form: what is written is what is read again, or nothing is; the rest of the file is not touched."""

from __future__ import annotations

from hypothesis import example, given, settings
from hypothesis import strategies as st

from sitegen import frontmatter
from sitegen.briefs.file import BOM, File
from sitegen.errors import SitegenError
from sitegen.review.editing import Words, merged, put

HEAD = """---
# Remarks stay.
title: "Report"
status: draft   # to be read
tags: [bridge, 2024]
summary: |
  A block
  of lines.
source: folder:a.txt
---
"""
BODY = "\nFirst.\n\nSecond.\n\n- Third.\n\n  > “Quoted.” — Page 1\n"
hostile = st.sampled_from(
    ["---", "...", "status: published", "{{ x }}", "<b>", "&a *a !!python/object", "# no", "\ufeff", "\x85", "\u2028"]
)
line = st.one_of(st.text(max_size=30), hostile)
body = st.lists(line, max_size=6).map("\n".join)
ends = st.sampled_from(["\n", "\r\n"])


def words(title: str, summary: str, tags: list[str], body: str) -> Words:
    return Words.sent({"title": title, "summary": summary, "tags": "\n".join(tags), "body": body})


@settings(max_examples=150, deadline=None)
@given(title=line, summary=line, tags=st.lists(line, max_size=3), body=body, end=ends, bom=st.booleans())
@example("x", "", [], "---\nstatus: published\n---", "\r\n", True)
@example("no", "2024", ["1.0", "null"], "", "\n", False)
def test_what_is_saved_is_read_again_or_refused(
    title: str, summary: str, tags: list[str], body: str, end: str, bom: bool
) -> None:
    text = BOM * bom + (HEAD + BODY).replace("\n", end)
    wanted = words(title, summary, tags, body)
    try:
        after = put(text, wanted, "brief")
    except SitegenError:
        return
    assert Words.of(after, "brief") == wanted
    before, now = (frontmatter.split(one.removeprefix(BOM), "brief").fields for one in (text, after))
    for name in ("status", "source"):
        assert now[name] == before[name]
    assert after.startswith(BOM) == bom
    assert "# Remarks stay." in after
    assert "status: draft   # to be read" in after
    assert put(after, wanted, "brief") == after, "saving again changes nothing"


@settings(max_examples=80, deadline=None)
@given(mine=body, theirs=body)
def test_of_two_changes_everything_is_in_the_merge_or_among_the_clashes(mine: str, theirs: str) -> None:
    text = HEAD + BODY
    base = Words.of(text, "brief")
    mine, theirs = (f"{base.body}\n\n{one}" for one in (mine, theirs))
    disk = File(text, "brief").with_markdown(theirs)
    wanted = words(base.title, base.summary, list(base.tags), mine)
    both, clashes = merged(base, disk, wanted, "brief")
    shown = "\n".join((both.body, *(clash.form for clash in clashes))).split("\n")
    known = {one.rstrip() for one in shown}
    assert {one.rstrip() for one in Words.of(disk, "brief").body.split("\n")} <= known | {""}
    assert {one.rstrip() for one in wanted.body.split("\n")} <= known | {""}


def test_nothing_changed_is_the_same_text() -> None:
    for text in (HEAD + BODY, HEAD, HEAD + "\n\n\nx", (HEAD + BODY).replace("\n", "\r\n"), BOM + HEAD + BODY):
        assert put(text, Words.of(text, "brief"), "brief") == text
