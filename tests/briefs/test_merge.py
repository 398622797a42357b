"""merge: what a newer text changes is laid over what an editor made of the older one."""

from __future__ import annotations

import datetime as dt

import pytest

from sitegen.briefs import facts
from sitegen.briefs.blocks import cut, joined, placed
from sitegen.briefs.merge import Choice, Merge
from sitegen.briefs.model import Generated

POINT = "- The bridge is cracked.\n\n  > “Bearings 3 and 5 show cracks.” — Page 2\n"
OTHER = "- The repair costs EUR 5,000.\n\n  > “The cost is EUR 5,000.” — Page 3\n"
TABLE = "| Date | What |\n| --- | --- |\n| 1 May | Repair |\n"


def text(body: str, **fields: object) -> Generated:
    known: dict[str, object] = {
        "title": "Bridge", "date": dt.date(2026, 3, 1), "slug": "bridge", "status": "draft", "tags": ["water", "roads"],
        "correspondent": None, "document_type": None, "language": "en", "summary": "Closed.", "method": "extract",
        "source": "folder:a.txt",
    }  # fmt: skip
    return Generated({**known, **fields}, body)


def merged(base: Generated, file: str, new: Generated) -> str:
    return Merge.of(base, file, new).merged()[0]


# ---------------------------------------------------------------------------------------------------------------- body


@pytest.mark.parametrize(
    ("base", "mine", "new", "result"),
    [
        ("A.\n\nB.\n", "A, mine.\n\nB.\n", "A.\n\nB, new.\n", "A, mine.\n\nB, new.\n"),
        ("A.\n\nB.\n", "A.\n\nMine.\n\nB.\n", "A.\n\nB.\n\nC.\n", "A.\n\nMine.\n\nB.\n\nC.\n"),
        ("A.\n\nB.\n", "A.\n\nB.\n\n## Mine\n\nM.\n", "A.\n\nB.\n\nC.\n", "A.\n\nB.\n\n## Mine\n\nM.\n\nC.\n"),
        ("A.\n", "A.\n", "A.\n\n" + TABLE, "A.\n\n" + TABLE),
        ("A.\n\nB.\n", "B.\n", "A.\n\nB, new.\n", "B, new.\n"),
        ("A.\n\nB.\n\nC.\n", "A.\n\n\n\nB.\nC.\n", "A, new.\n\nB.\n\nC.\n", "A, new.\n\n\n\nB.\nC.\n"),
        ("A.\n", "A.\n\n<<<<<<< mine\n", "A, new.\n", "A, new.\n\n<<<<<<< mine\n"),
        ("A.\n\nB.", "A.\n\nB.", "A.\n\nB.\n\nC.\n", "A.\n\nB.\n\nC.\n"),
    ],
    ids=["others", "beside", "at the end", "new table", "deleted", "blank lines", "markers", "no line end"],
)
def test_what_only_one_changed_is_taken_from_that_one(base: str, mine: str, new: str, result: str) -> None:
    file = text(base).text.replace("Closed.", "Closed, I say.").removesuffix(base) + mine
    assert merged(text(base), file, text(new)).endswith(f"---\n\n{result}")


def test_a_new_point_goes_on_with_the_list_and_not_below_what_an_editor_put_after_it() -> None:
    base, new = text(f"## Points\n\n{POINT}"), text(f"## Points\n\n{POINT}\n{OTHER}")
    file = base.text + "\n## My note\n\nSee the plan.\n"
    assert merged(base, file, new) == new.text + "\n## My note\n\nSee the plan.\n"


def test_a_new_row_joins_its_table_without_a_gap() -> None:
    base, new = text(f"{TABLE}"), text(f"{TABLE}| 2 May | Test |\n")
    file = base.text + "\nMine.\n"
    assert merged(base, file, new).endswith("| 1 May | Repair |\n| 2 May | Test |\n\nMine.\n")


def test_a_point_never_comes_to_stand_above_the_quotation_of_another() -> None:
    base, new = text(POINT), text(POINT.replace("show cracks", "have failed"))
    merge = Merge.of(base, base.text.replace("is cracked", "is not safe"), new)
    assert merge.merged()[0] == merge.file.text
    assert [hunk.clash for hunk in merge.hunks] == [True]


def test_a_row_does_not_lose_the_head_of_its_table() -> None:
    base, new = text(f"A.\n\n{TABLE}"), text("A.\n")
    file = f"{base.text}| 9 May | Mine |\n"
    merge = Merge.of(base, file, new)
    assert merge.merged()[0] == file
    assert len(merge.hunks) == 1


def test_the_label_stays_while_the_text_is_disputed() -> None:
    base, new = text("A.\n", method="extract"), text("A, new.\n", method="summary")
    merge = Merge.of(base, base.text.replace("A.", "A, mine."), new)
    assert "method: extract" in merge.merged()[0]
    assert "method: summary" in merge.accepted(merge.everything)


# -------------------------------------------------------------------------------------------------------------- fields


def test_fields_are_merged_one_by_one_and_remarks_and_quotes_stay() -> None:
    base = text("A.\n")
    file = base.text.replace("title: Bridge", "title: 'Weir'   # mine").replace("  - roads", "  - roads # main")
    file = file.replace("tags:", "tags:\n  - mine").replace("\n", "\r\n")
    new = text("A.\n", title="Bridge 2", tags=["roads", "2024"], correspondent="no", summary="Open: yes")
    assert merged(base, file, new) == (
        "---\r\ntitle: 'Weir'   # mine\r\ndate: 2026-03-01\r\nslug: bridge\r\nstatus: draft\r\n"
        "correspondent: 'no'\r\ntags:\r\n  - mine\r\n  - roads # main\r\n  - '2024'\r\nlanguage: en\r\n"
        "summary: 'Open: yes'\r\nmethod: extract\r\nsource: folder:a.txt\r\n---\r\n\r\nA.\r\n"
    )
    (change,) = (change for change in Merge.of(base, file, new).fields if change.clash)
    assert (change.name, change.ours, change.proposed) == ("title", "Weir", "Bridge 2")


def test_a_tag_that_an_editor_removed_stays_removed_and_one_he_added_stays() -> None:
    base = text("A.\n")
    file = base.text.replace("  - water\n", "").replace("  - roads\n", "  - roads\n  - mine\n")
    assert "tags:\n  - roads\n  - mine\n  - bridges\n" in merged(
        base, file, text("B.\n", tags=["water", "roads", "bridges"])
    )


def test_locked_fields_and_a_locked_body_are_left_alone_and_nothing_is_proposed_for_them() -> None:
    base, new = text("A.\n"), text("B.\n", title="New", summary="New.", method="summary")
    file = base.text.replace("---\n\n", "locked: [title, body]\n---\n\n")
    merge = Merge.of(base, file, new)
    assert merge.merged()[0] == file.replace("Closed.", "New.")
    assert merge.everything == Choice({"summary"})
    assert merge.settled(Choice({"summary"})).fields["title"] == "New"


def test_values_that_yaml_reads_in_its_own_way_are_the_same_words() -> None:
    base = text("A.\n", title="2024", correspondent="no", summary="12:30:45")
    file = base.text.replace("title: '2024'", "title: 2024").replace("A.", "A, mine.")
    assert not Merge.of(base, file, base).everything
    assert "title: '2025'" in merged(base, file, text("A.\n", title="2025", correspondent="no", summary="12:30:45"))


def test_a_value_that_cannot_be_set_where_it_stands_waits() -> None:
    base, new = text("A.\n"), text("A.\n", tags=[], title="New")
    file = base.text.replace("  - water", "  # all of them\n  - water")
    text_after, choice = Merge.of(base, file, new).merged()
    assert text_after == file.replace("title: Bridge", "title: New")
    assert choice.fields == {"title"}


# -------------------------------------------------------------------------------------------------------------- blocks


@pytest.mark.parametrize(
    ("body", "kinds"),
    [
        ("# A\npara\nmore\n\n\npara\n", ["# A", "para\nmore", "para"]),
        ("- a\n- b\n\n  > q\n- c\n", ["- a", "- b\n\n  > q", "- c"]),
        (TABLE, ["| Date | What |\n| --- | --- |", "| 1 May | Repair |"]),
        ("```\na\n\nb\n```\nc\n", ["```\na\n\nb\n```", "c"]),
        ("a\n\n[x]: y\n", ["a", "[x]: y"]),
        ("\n\n", []),
    ],
)
def test_a_body_is_cut_into_what_belongs_together(body: str, kinds: list[str]) -> None:
    found = cut(body)
    assert found.keys == kinds
    parts = placed(found.blocks, "file", range(len(found.blocks)))
    assert joined(parts, found.after, "\n") == body


# --------------------------------------------------------------------------------------------------------------- facts


@pytest.mark.parametrize(
    ("new", "reason"),
    [
        (text("The cost is 5 million. Anna Keller decides.\n"), ()),
        (text("The costs are 5,000,000. It is for Anna Keller to decide.\n"), ()),
        (text("The cost is 6 million. Anna Keller decides.\n"), ("6 million is new", "5 million is gone")),
        (text("The cost is 5 million. Anna Maier decides.\n"), ("Maier is new", "Keller is gone")),
        (text("The cost is not 5 million. Anna Keller decides.\n"), ("a denial is new",)),
        (text("The cost is 5 million. Anna Keller decides.\n", summary="Closed on 3 May."), ("3 is new", "may is new")),
        (
            text("The cost is 5 million. Anna Keller decides.\n", date=dt.date(2026, 4, 1)),
            ("date: 2026-03-01, now 2026-04-01",),
        ),
    ],
)
def test_numbers_dates_names_and_denials_are_facts(new: Generated, reason: tuple[str, ...]) -> None:
    assert facts.changed(text("The cost is 5 million. Anna Keller decides.\n"), new) == reason


@pytest.mark.parametrize(
    ("old", "new", "seen"),
    [
        ("Keller sued the firm Brown.", "Brown sued the firm Keller.", "Keller and Brown have changed places"),
        ("Keller sued Brown. So Keller.", "Keller was sued by Brown. So Keller.", "Keller and Brown"),
        ("Leeds gets 5 buses and York 7.", "Leeds gets 7 buses and York 5.", "5 and 7 have changed places"),
        ("Herr Keller zahlt Frau Brandt 300 Euro.", "Frau Brandt zahlt Herrn Keller 300 Euro.", ""),
        ("Die Stadt Ulm verklagt die Firma Brandt.", "Die Firma Brandt verklagt die Stadt Ulm.", "Stadt and Firma"),
        ("Keller sued Brown in May.", "Brown was sued by Keller in May.", ""),
        ("Keller sued Brown in May.", "In May, Keller has sued Brown.", ""),
        ("Costs rose in Leeds.", "In Leeds costs rose.", ""),
        ("The bridge was closed by Keller.", "Keller closed the bridge.", ""),
        ("Keller and his wife met Brown.", "Keller and his wife met Brown!", ""),
        ("", "Keller sued Brown.", ""),
    ],
)
def test_names_and_numbers_that_changed_places_are_seen_where_no_grammar_is_needed(
    old: str, new: str, seen: str
) -> None:
    found = [reason for reason in facts.changed(text(f"{old}\n"), text(f"{new}\n")) if "places" in reason]
    assert len(found) == bool(seen)
    assert seen in "".join(found)
