"""The law of merging: whatever was generated, edited and generated again, an editor's words are never lost.

``LAW_EXAMPLES=5000 pytest tests/briefs/test_merge_law.py`` looks longer.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import os
import random
import tempfile
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sitegen import frontmatter
from sitegen.briefs import model, verdicts
from sitegen.briefs.file import File, canonical
from sitegen.briefs.merge import EDITORS, Choice, Merge
from sitegen.briefs.model import Generated
from sitegen.briefs.provenance import Made
from sitegen.briefs.store import Store
from sitegen.errors import FieldNotSet

REF = "folder:a.txt"
MADE = Made(
    method="extract", engine="extractive", model="lexrank", digest="1", at=dt.datetime(2026, 1, 1, tzinfo=dt.UTC),
    text_hash="t", cache_key="k",
)  # fmt: skip
law = settings(
    max_examples=int(os.environ.get("LAW_EXAMPLES", "50")),
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
)

PIECES = [
    "The bridge is closed.", "The repair costs EUR 412,500.", "Nobody is hurt.", "## Key points", "## Dates",
    "- Two bearings are cracked.\n\n  > “Bearings 3 and 5.” — Page 2", "- The bridge is not safe.", "1. First",
    "2. Second", "| Date | What |\n| --- | --- |", "| 1 May | Repair |", "| 2 May | More |", "<<<<<<< yours",
    "=======", ">>>>>>> new", "||||||| base", "```python\nx = 1\n\ny = 2\n```", "```", "> quoted\n> more", "---", "***",
    "Two\nlines", "  indented", "    code", "[x]: https://example.org", "{% box() %}", "title: no",
    "- - nested\n  - more", "\u00a0", "\x0c", "\u2028x", "Überschrift\n===", "text  ", "\ttab",
]  # fmt: skip
piece = st.sampled_from(PIECES) | st.text(st.characters(codec="utf-8", exclude_characters="\r"), min_size=1, max_size=8)
gaps = st.sampled_from(["\n\n", "\n\n", "\n\n", "\n", "\n\n\n"])


@st.composite
def bodies(draw: st.DrawFn, size: int = 7) -> str:
    pieces = draw(st.lists(piece, max_size=size))
    text = "".join(part + draw(gaps) for part in pieces)
    return f"{text.rstrip(chr(10))}\n" if text.strip("\n") else ""


words = st.sampled_from(
    ["Bridge", "no", "2024", "1e3", "2026-01-01", "12:30:45", "0o14", "~", "a: b", "# x", "'", '"', "yes"]
)
words |= st.text(
    st.characters(codec="utf-8", exclude_categories=["Cs", "Cc", "Zl", "Zp"]), min_size=1, max_size=10
).map(str.strip)
tags = st.lists(st.sampled_from(["water", "no", "roads", "2024", "Über", "x y"]), max_size=4, unique=True)
optional = st.none() | words.filter(bool)
values = st.fixed_dictionaries(
    {
        "title": words,
        "date": st.none() | st.dates(dt.date(1900, 1, 1), dt.date(2030, 1, 1)),
        "slug": st.just("bridge"),
        "status": st.just("draft"),
        "tags": tags,
        "correspondent": optional,
        "document_type": optional,
        "language": st.sampled_from([None, "en", "de"]),
        "summary": words,
        "method": st.sampled_from(["extract", "summary"]),
        "source": st.just(REF),
    }
)
generated = st.builds(Generated, values, bodies())


@st.composite
def renewed(draw: st.DrawFn, old: Generated) -> Generated:
    """The same brief generated again: some of its pieces and fields are others now."""
    chance = draw(st.randoms(use_true_random=False))
    lines = old.body.split("\n\n")
    for _ in range(draw(st.integers(0, 4))):
        _mutate(lines, chance, draw(piece))
    fresh = draw(values)
    fields = {name: fresh[name] if chance.random() < 0.3 else value for name, value in old.fields.items()}
    body = "\n\n".join(lines).strip("\n")
    return Generated(fields, f"{body}\n" if body else "")


@st.composite
def edited(draw: st.DrawFn, old: Generated) -> str:
    """What an editor made of it: other words, other fields, remarks, other quotes, another order, other line ends."""
    chance = draw(st.randoms(use_true_random=False))
    fields = {name: value for name, value in old.fields.items() if value is not None}
    fresh = draw(values)
    for name in fields:
        if name not in EDITORS and chance.random() < 0.2 and fresh[name] is not None:
            fields[name] = fresh[name]
    if draw(st.booleans()):
        fields = dict(sorted(fields.items()))
    fields |= draw(
        st.sampled_from([{}, {}, {}, {"extra": {"no": 1, "x": [1, "no"]}}, {"aliases": ["/a/"]}, {"weight": 3}])
    )
    head = draw(st.sampled_from(["", "# mine\n"]))
    style: Any = draw(st.sampled_from([None, None, '"', "'"]))
    flow = draw(st.sampled_from([False, None]))
    for name, value in fields.items():
        line = yaml.dump(
            {name: value},
            Dumper=model._Dumper,
            allow_unicode=True,
            width=10**6,
            default_style=style if isinstance(value, str) else None,
            default_flow_style=flow if name == "tags" else False,
        )
        head += (
            line.rstrip("\n")
            + (draw(st.sampled_from(["", "  # why", "\n# below", "\n"])) if style is None else "")
            + "\n"
        )
    lines = draw(st.sampled_from(["", "\n"])) + old.body
    parts = lines.split(draw(st.sampled_from(["\n\n", "\n"])))
    for _ in range(draw(st.integers(0, 3))):
        _mutate(parts, chance, draw(piece))
    glue = "\n\n" if draw(st.booleans()) else "\n"
    text = f"---\n{head}---\n" + glue.join(parts) + draw(st.sampled_from(["", "\n", "\n\n"]))
    newline = draw(st.sampled_from(["\n", "\n", "\r\n"]))
    return text.replace("\n", newline)


def _mutate(parts: list[str], chance: random.Random, new: str) -> None:
    place = chance.randrange(len(parts) + 1)
    what = chance.choice(["insert", "delete", "replace", "move", "append"])
    if what == "insert" or place == len(parts):
        parts.insert(place, new)
    elif what == "delete":
        del parts[place]
    elif what == "replace":
        parts[place] = new
    elif what == "append":
        parts[place] += f" {new}"
    else:
        parts.insert(chance.randrange(len(parts) + 1), parts.pop(place))


@st.composite
def stories(draw: st.DrawFn) -> tuple[Generated, str, Generated]:
    base = draw(generated)
    return base, draw(edited(base)), draw(renewed(base) | generated)


def lines(text: str) -> Counter[str]:
    return Counter(text.replace("\r\n", "\n").replace("\r", "\n").split("\n"))


def written_by_hand(base: Generated, file: File) -> Counter[str]:
    """The lines of the body that are not the base's; of blank ones no count is kept."""
    found = lines(file.body) - lines(base.body)
    return Counter({line: count for line, count in found.items() if line.strip()})


def tags_of(file: File) -> set[str]:
    return set(map(str, file.fields.get("tags") or ()))


def readable(text: str) -> File:
    """Front matter always stays readable, and never gets a field that nobody wrote."""
    file = File(text, "a.md")
    frontmatter.validate(file.fields, "a.md", text)
    return file


@law
@given(stories())
def test_nothing_that_an_editor_wrote_is_lost(story: tuple[Generated, str, Generated]) -> None:
    base, text, new = story
    before = readable(text)
    merge = Merge.of(base, text, new)
    merged, choice = merge.merged()
    after = readable(merged)
    assert not written_by_hand(base, before) - lines(after.body)
    for name, value in before.fields.items():
        mine, was = canonical(name, value), canonical(name, base.fields.get(name))
        if name == "tags":
            assert tags_of(before) - set(map(str, base.fields["tags"])) <= tags_of(after)
        elif mine != was or name in EDITORS:
            assert after.fields[name] == value
    assert {change.name for change in merge.fields if change.clash} <= merge.everything.fields - choice.fields
    kept = [name for name in before.fields if name in after.fields]
    assert [name for name in after.fields if name in before.fields] == kept
    for remark in ("# mine", "# why", "# below"):
        assert merged.count(remark) >= text.count(remark) or base.text == text
    assert not {line for line in lines(merged) if line.startswith(("<<<<<<<", ">>>>>>>"))} - {
        *lines(text),
        *lines(new.text),
    }
    if "\n" not in text.replace("\r\n", ""):
        assert "\n" not in merged.replace("\r\n", "")


@law
@given(stories())
def test_what_the_engine_says_is_in_the_file_or_proposed(story: tuple[Generated, str, Generated]) -> None:
    base, text, new = story
    merge = Merge.of(base, text, new)
    merged, choice = merge.merged()
    after = readable(merged)
    proposed = {
        line
        for hunk in merge.hunks
        if hunk.number not in choice.hunks
        for block in hunk.proposed
        for line in block.text
    }
    fresh = lines(new.body).keys() - lines(base.body).keys()
    assert not {line for line in fresh if line.strip()} - lines(after.body).keys() - proposed
    for change in merge.fields:
        if change.name in choice.fields:
            assert canonical(change.name, after.fields.get(change.name)) == change.proposed


@law
@given(stories())
def test_merging_twice_changes_nothing(story: tuple[Generated, str, Generated]) -> None:
    base, text, new = story
    merge = Merge.of(base, text, new)
    merged, choice = merge.merged()
    again = Merge.of(merge.settled(choice), merged, new)
    assert again.merged()[0] == merged
    assert {change.name for change in again.fields} <= merge.everything.fields - choice.fields


@law
@given(
    generated.flatmap(lambda base: st.tuples(st.just(base), renewed(base) | generated)), st.sampled_from(["\n", "\r\n"])
)
def test_without_an_edit_the_result_is_the_new_text(pair: tuple[Generated, Generated], newline: str) -> None:
    base, new = pair
    merged, choice = Merge.of(base, base.text.replace("\n", newline), new).merged()
    assert merged == new.text.replace("\n", newline)
    assert choice == Merge.of(base, base.text, new).everything


@law
@given(stories())
def test_without_a_regeneration_the_result_is_the_file(story: tuple[Generated, str, Generated]) -> None:
    base, text, _ = story
    merge = Merge.of(base, text, base)
    assert merge.merged() == (text, Choice())
    assert not merge.everything


@law
@given(stories(), st.randoms(use_true_random=False))
def test_an_accepted_proposal_stands_in_its_place(
    story: tuple[Generated, str, Generated], chance: random.Random
) -> None:
    base, text, new = story
    merge = Merge.of(base, text, new)
    choice = Choice(
        {name for name in sorted(merge.everything.fields) if chance.random() < 0.5},
        {number for number in sorted(merge.everything.hunks) if chance.random() < 0.5},
    )
    try:
        accepted = merge.accepted(choice)
    except FieldNotSet:
        return
    after = readable(accepted)
    for change in merge.fields:
        now = canonical(change.name, after.fields.get(change.name))
        assert now == (change.proposed if change.name in choice.fields else change.ours)
    there = lines(after.body)
    for hunk in merge.hunks:
        if hunk.number in choice.hunks:
            assert not Counter(line for block in hunk.proposed for line in block.text if line.strip()) - there
    if choice == merge.everything:
        assert not Merge.of(merge.settled(choice), accepted, new).everything


@law
@given(stories(), st.randoms(use_true_random=False), bodies(size=3))
def test_an_editors_own_words_stand_where_the_proposal_was_and_all_else_is_as_it_was(
    story: tuple[Generated, str, Generated], chance: random.Random, own: str
) -> None:
    base, text, new = story
    merge = Merge.of(base, text, new)
    if not merge.hunks:
        return
    hunk = chance.choice(merge.hunks)
    after = readable(merge.accepted(Choice(hunks={hunk.number}), own))
    there = lines(after.body)
    wanted = Counter(line.rstrip("\r\n") for line in own.strip("\r\n").split("\n") if line.strip())
    assert not wanted - there
    mine = Counter(line for block in merge.file.blocks for line in block.text if line.strip())
    replaced = Counter(line for block in hunk.ours for line in block.text if line.strip())
    assert not (mine - replaced) - there
    assert after.fields == readable(text).fields


@law
@given(stories(), st.randoms(use_true_random=False))
def test_what_was_rejected_is_not_proposed_again(
    story: tuple[Generated, str, Generated], chance: random.Random
) -> None:
    base, text, new = story
    merge = Merge.of(base, text, new)
    assert not Merge.of(merge.settled(merge.everything), text, new).everything, "all at once"
    # What is left is found anew each time: one place of the text may turn out to be two then, but not for ever.
    for _ in range(10 + 2 * (len(merge.everything.fields) + len(merge.everything.hunks))):
        if not (left := Merge.of(base, text, new).everything):
            break
        fields = [Choice({name}) for name in sorted(left.fields)]
        hunks = [Choice(hunks={number}) for number in sorted(left.hunks)]
        base = Merge.of(base, text, new).settled(chance.choice([*fields, *hunks]))
    assert Merge.of(base, text, new).merged() == (text, Choice())


@dataclass
class World:
    """A folder with one brief, its editor and its engine."""

    root: Path
    name: str = "bridge.md"
    latest: Generated | None = None

    @property
    def path(self) -> Path:
        return self.root / self.name

    def read(self) -> str:
        return self.path.read_bytes().decode()

    def save(self, new: Generated, *, killed: bool) -> None:
        """The engine's turn, which may end at the worst moment: the file is written, its record is not."""
        before = self.read() if self.path.exists() else None
        if killed:
            with contextlib.suppress(Killed):
                Mortal.open(self.root).save(REF, new, MADE)
        record = Store.open(self.root).record(REF)
        base = record.generated.generated() if record and record.generated else None
        if before is not None and base is not None and not killed:
            expected = Merge.of(base, before, new).merged()[0]
        else:
            expected = None
        first = Store.open(self.root).save(REF, new, MADE)
        once = self.read()
        assert expected is None or self.latest == new or once == expected
        assert Store.open(self.root).save(REF, new, MADE) == "unchanged"
        assert self.read() == once
        if before is None:
            assert first in ("created", "unchanged")
            assert once == new.text
        elif base is not None:
            assert not written_by_hand(base, File(before, "a.md")) - lines(File(once, "a.md").body) or killed
        self.latest = new

    def decide(self, chance: random.Random) -> None:
        record = Store.open(self.root).record(REF)
        merge = record.merge(self.read()) if record else None
        if record is None or merge is None:
            return
        fields = {name for name in sorted(merge.everything.fields) if chance.random() < 0.5}
        hunks = {number for number in sorted(merge.everything.hunks) if chance.random() < 0.5}
        before = self.read()
        if chance.random() < 0.5:
            verdicts.reject(Store.open(self.root), REF, Choice(fields, hunks))
            assert self.read() == before
        else:
            with contextlib.suppress(FieldNotSet):
                verdicts.accept(Store.open(self.root), REF, Choice(fields, hunks))
        after = Store.open(self.root).record(REF)
        assert after is not None
        assert (after.latest or [None])[0] == (record.latest or [None])[0]


class Killed(BaseException):
    """The process is gone."""


class Mortal(Store):
    """A store whose process dies between a brief and its record."""

    def _written(self, path: str, ref: str) -> None:
        raise Killed


steps = st.lists(st.sampled_from(["renew", "renew", "edit", "edit", "decide", "kill", "crlf", "rename"]), max_size=8)


@law
@given(st.data(), generated, steps, st.randoms(use_true_random=False))
def test_a_life_of_a_brief(data: st.DataObject, first: Generated, life: list[str], chance: random.Random) -> None:
    with tempfile.TemporaryDirectory() as folder:
        world = World(Path(folder))
        world.save(first, killed=False)
        for step in life:
            assert world.latest
            if step in ("renew", "kill"):
                world.save(data.draw(renewed(world.latest)), killed=step == "kill")
            elif step == "edit":
                world.path.write_bytes(data.draw(edited(world.latest)).encode())
            elif step == "decide":
                world.decide(chance)
            elif step == "crlf":
                world.path.write_bytes(world.read().replace("\r\n", "\n").replace("\n", "\r\n").encode())
            else:
                new = f"{chance.randrange(9)}.md"
                world.path.rename(world.root / new)
                world.name = new
            readable(world.read())
