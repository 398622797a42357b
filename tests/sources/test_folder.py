"""The folder source: every file becomes a document or a clear word why not, and nothing else does."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import io
import json
import os
import signal
import unicodedata
from pathlib import Path

import pytest
from fpdf import FPDF
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pypdf import PdfReader, PdfWriter
from pypdf.generic import DecodedStreamObject, NameObject

from sitegen import files
from sitegen.enrich.journal import Journal
from sitegen.errors import (
    DocumentMissing,
    DocumentUnreadable,
    SettingsInvalid,
    SitegenError,
    SourceFolderMissing,
    SourceMetadataInvalid,
)
from sitegen.settings import load
from sitegen.sources import open_source, pdf, pdf_text, plain_text
from sitegen.sources.base import PAGE_BREAK, Cursor, Document, Unreadable
from sitegen.sources.folder import FolderSource
from sitegen.sources.marks import Marks


def pull(
    folder: Path, cursor: Cursor | None = None, since: dt.date | None = None
) -> tuple[dict[str, Document | Unreadable], dict[str, object], bool]:
    """The changes by ref, the new cursor (as it comes back from a JSON file), and whether they are complete."""

    async def read() -> tuple[dict[str, Document | Unreadable], dict[str, object], bool]:
        changes = await FolderSource(folder).changes(cursor, since=since)
        found = {document.ref: document async for document in changes.documents}
        plain = {name: dict(value) if isinstance(value, Marks) else value for name, value in changes.cursor.items()}
        return found, json.loads(json.dumps(plain)), changes.complete

    return asyncio.run(read())


def only(folder: Path) -> Document:
    (document,) = pull(folder)[0].values()
    assert isinstance(document, Document)
    return document


def describe(folder: Path, *lines: object) -> None:
    text = "\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines)
    (folder / "metadata.jsonl").write_text(text, encoding="utf-8")


def make_pdf(*pages: str, title: str | None = None) -> bytes:
    document = FPDF()
    document.set_creation_date(dt.datetime(2025, 3, 4, 12, tzinfo=dt.UTC))
    if title:
        document.set_title(title)
    for page in pages:
        document.add_page()
        document.set_font("helvetica", size=12)
        document.multi_cell(0, 8, page)
    return bytes(document.output())


def locked_pdf() -> bytes:
    writer = PdfWriter(PdfReader(io.BytesIO(make_pdf("Nobody may read this."))))
    writer.encrypt("secret")
    target = io.BytesIO()
    writer.write(target)
    return target.getvalue()


def test_text_markdown_and_pdf_files_in_any_folder_and_case_are_documents(tmp_path: Path) -> None:
    (tmp_path / "council").mkdir()
    (tmp_path / "council" / "Minutes.MD").write_text("# Minutes of May\n\nThe Council met.")
    (tmp_path / "note.txt").write_text("A note")
    (tmp_path / "plan.PDF").write_bytes(make_pdf("The plan."))
    (tmp_path / "scan.markdown").write_text("Scanned")
    for ignored in ("photo.jpg", ".hidden.txt", "README.md", "table.csv"):
        (tmp_path / ignored).write_text("not a document")

    found, _, complete = pull(tmp_path)

    assert sorted(found) == ["folder:council/Minutes.MD", "folder:note.txt", "folder:plan.PDF", "folder:scan.markdown"]
    assert complete
    assert set(asyncio.run(FolderSource(tmp_path).refs())) == set(found)


def test_touched_files_are_not_gone_and_not_named_again(tmp_path: Path) -> None:
    for name in ("a.txt", "b.txt"):
        (tmp_path / name).write_text(f"The text of {name}.")
    _, cursor, _ = pull(tmp_path)
    for name in ("a.txt", "b.txt"):
        os.utime(tmp_path / name, (1_000_000_000, 1_000_000_000))

    found, after, complete = pull(tmp_path, cursor)

    assert (found, complete) == ({}, False)
    assert pull(tmp_path, after)[1] == after
    assert set(asyncio.run(FolderSource(tmp_path).refs())) == {"folder:a.txt", "folder:b.txt"}


def test_metadata_describes_a_document(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("The text.")
    describe(
        tmp_path,
        {
            "id": "d1",
            "file": "a.txt",
            "title": " Minutes of\nMay ",
            "created": "2024-05-16",
            "correspondent": "Town Council",
            "document_type": "Minutes",
            "tags": ["water", "council", "water"],
            "language": "en-GB",
            "pages": 3,
        },
        "",
    )
    assert only(tmp_path) == Document(
        ref="folder:a.txt",
        title="Minutes of May",
        text="The text.",
        created=dt.date(2024, 5, 16),
        tags=("council", "water"),
        correspondent="Town Council",
        document_type="Minutes",
        language="en",
        checksum=files.sha256("The text."),
    )


def test_a_pdf_and_its_text_are_one_document_known_by_the_pdf(tmp_path: Path) -> None:
    (tmp_path / "scan.pdf").write_bytes(b"not even a PDF")
    (tmp_path / "scan.txt").write_text("What was read.")
    describe(tmp_path, {"pdf_file": "scan.pdf", "text_file": "scan.txt", "title": "Scan"})
    document = only(tmp_path)
    assert (document.ref, document.text) == ("folder:scan.pdf", "What was read.")


def test_all_wrong_lines_of_metadata_are_reported_at_once_with_their_lines(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("text")
    describe(
        tmp_path,
        {"file": "a.txt"},
        "{broken",
        "[1]",
        {"file": ["a.txt"]},
        {"file": "gone.txt", "language": 1},
        {"file": "a.txt", "created": "yesterday"},
        {"file": "a.txt", "tags": "water"},
        {"file": "a.txt", "title": 7},
        {"title": "No file"},
        {"file": "a.txt", "title": "Twice"},
    )
    with pytest.raises(SitegenError) as caught:
        pull(tmp_path)
    problems = caught.value.problems
    assert all(isinstance(problem, SourceMetadataInvalid) for problem in problems)
    assert [problem.place and problem.place.line for problem in problems] == list(range(2, 11))
    assert problems[0].place is not None
    assert problems[0].place.name.endswith("metadata.jsonl")
    (*findings,) = asyncio.run(FolderSource(tmp_path).check())
    assert [finding.state for finding in findings] == ["error"] * 9


def test_a_line_about_a_document_that_is_gone_stops_nothing_and_the_doctor_names_it(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("text")
    (tmp_path / "scan.txt").write_text("read")
    describe(
        tmp_path,
        {"file": "gone.txt", "title": "Gone"},
        {"file": "a.txt", "title": "Here"},
        {"file": "../../etc/passwd"},
        {"pdf_file": "renamed.pdf", "text_file": "scan.txt", "title": "Of the line"},
    )
    found, _, _ = pull(tmp_path)
    assert sorted((ref, document.title) for ref, document in found.items()) == [
        ("folder:a.txt", "Here"),
        ("folder:scan.txt", "Scan"),
    ]
    fine, unused = asyncio.run(FolderSource(tmp_path).check())
    assert (fine.state, unused.state) == ("ok", "warning")
    assert "line 1 ('gone.txt'), line 3 ('../../etc/passwd'), line 4 ('renamed.pdf')" in unused.message
    assert "line 2" not in unused.message
    assert unused.remedy
    (tmp_path / "a.txt").unlink()
    (tmp_path / "scan.txt").unlink()
    assert pull(tmp_path)[0] == {}
    assert [finding.state for finding in asyncio.run(FolderSource(tmp_path).check())] == ["warning", "warning"]


def test_only_what_changed_is_read_again(tmp_path: Path) -> None:
    for name in ("a", "b", "c"):
        (tmp_path / f"{name}.txt").write_text(name)
    describe(tmp_path, {"file": "c.txt", "title": "Before"})
    _, cursor, _ = pull(tmp_path)
    assert pull(tmp_path, cursor) == ({}, cursor, False)

    (tmp_path / "a.txt").write_text("a, longer")
    os.utime(tmp_path / "b.txt", ns=(1, 1))
    describe(tmp_path, {"file": "c.txt", "title": "After"})
    found, newer, _ = pull(tmp_path, cursor)

    assert sorted(found) == ["folder:a.txt", "folder:c.txt"], "b was touched, but holds the same bytes"
    assert pull(tmp_path, newer)[0] == {}


def test_a_document_that_could_not_be_read_is_tried_again(tmp_path: Path) -> None:
    (tmp_path / "bad.pdf").write_bytes(b"%PDF-1.7\nnothing")
    _, cursor, _ = pull(tmp_path)
    found, _, _ = pull(tmp_path, cursor)
    assert isinstance(found["folder:bad.pdf"], Unreadable)


def test_files_older_than_since_are_left_out_and_stay_to_be_read(tmp_path: Path) -> None:
    (tmp_path / "old.txt").write_text("old")
    (tmp_path / "new.txt").write_text("new")
    os.utime(tmp_path / "old.txt", (0, 0))
    found, cursor, complete = pull(tmp_path, since=dt.date(2020, 1, 1))
    assert sorted(found) == ["folder:new.txt"]
    assert not complete
    assert sorted(pull(tmp_path, cursor)[0]) == ["folder:old.txt"]


def test_pages_of_a_pdf_are_separated_and_counted(tmp_path: Path) -> None:
    (tmp_path / "a.pdf").write_bytes(make_pdf("First page.", "Second page.", title="The two pages"))
    document = only(tmp_path)
    assert document.text == f"First page.{PAGE_BREAK}Second page."
    assert (document.page_count, document.title, document.created) == (2, "The two pages", dt.date(2025, 3, 4))
    assert document.page_at(document.text.index("Second")) == 2


@pytest.mark.parametrize(
    ("raw", "why"),
    [
        (b"", "damaged or no PDF"),
        (b"%PDF-1.7\n1 0 obj\n<<", "damaged"),
        (make_pdf("x" * 50)[:600], "damaged"),
        (locked_pdf(), "encrypted"),
    ],
)
def test_a_pdf_that_cannot_be_read_says_why_and_the_others_go_on(tmp_path: Path, raw: bytes, why: str) -> None:
    (tmp_path / "bad.pdf").write_bytes(raw)
    (tmp_path / "good.pdf").write_bytes(make_pdf("Good."))
    found, _, _ = pull(tmp_path)
    bad = found["folder:bad.pdf"]
    assert isinstance(bad, Unreadable)
    assert bad.code == "SG211"
    assert why in bad.reason
    assert isinstance(found["folder:good.pdf"], Document)
    with pytest.raises(DocumentUnreadable):
        asyncio.run(FolderSource(tmp_path).document("folder:bad.pdf"))


def with_damage(raw: bytes, *pages: int) -> bytes:
    """The PDF with the drawing of these pages, from 1, turned into nonsense."""
    writer = PdfWriter(PdfReader(io.BytesIO(raw)))
    for number in pages:
        stream = DecodedStreamObject()
        stream.set_data(b"BT /F1 12 Tf nt oparan inte9)Tj63).)Tj 2 -116")
        writer.pages[number - 1][NameObject("/Contents")] = writer._add_object(stream)
    target = io.BytesIO()
    writer.write(target)
    return target.getvalue()


def test_a_damaged_page_is_left_out_and_named_and_the_others_are_read(tmp_path: Path) -> None:
    (tmp_path / "a.pdf").write_bytes(with_damage(make_pdf("First page.", "Second.", "Third page.", "Fourth."), 2, 4))
    document = only(tmp_path)
    assert document.text == f"First page.{PAGE_BREAK}{PAGE_BREAK}Third page.{PAGE_BREAK}"
    assert (document.page_count, document.unread) == (4, (2, 4))
    assert document.page_at(document.text.index("Third")) == 3


def test_a_pdf_of_which_no_page_can_be_read_is_unreadable(tmp_path: Path) -> None:
    (tmp_path / "a.pdf").write_bytes(with_damage(make_pdf("First page.", "Second."), 1, 2))
    found, _, _ = pull(tmp_path)
    bad = found["folder:a.pdf"]
    assert isinstance(bad, Unreadable)
    assert (bad.code, "page 1 of 2" in bad.reason) == ("SG211", True)


def test_a_page_that_takes_too_long_is_left_out_where_the_system_can_stop_it(monkeypatch: pytest.MonkeyPatch) -> None:
    if not hasattr(signal, "setitimer"):
        pytest.skip("no alarm on this system")

    class Slow:
        def extract_text(self, **_: object) -> str:
            while True:
                pass

    class Quick:
        def extract_text(self, **_: object) -> str:
            return "Read."

    class Reader:
        pages = (Slow(), Quick(), Slow())

    monkeypatch.setattr(pdf_text, "_is_a_program", True)
    monkeypatch.setattr(pdf_text, "PAGE_SECONDS", 0.1)
    assert pdf_text._pages(Reader(), 3) == (f"{PAGE_BREAK}Read.{PAGE_BREAK}", [1, 3])
    monkeypatch.setattr(pdf_text, "ALL_SECONDS", 0.0)
    with pytest.raises(pdf_text.Unusable):
        pdf_text._pages(Reader(), 3)


LEFT = (
    "The council met on Monday to discuss the repair of the old weir bridge over the river. Members heard that two "
    "bearings are cracked and that lorries must take another road until summer. The cost is put at four hundred "
    "thousand euros, which the town will carry alone."
)
RIGHT = (
    "In other news the school office has asked all families about the length of the lunch break. Most of them want it "
    "to be longer for the younger children. A report will follow in June, when the council meets again after the "
    "spring break of the schools."
)
THIRD = (
    "The waterworks took more than two hundred samples of drinking water in the last year. Three of the samples from "
    "the old town had more lead than the law allows. The last pipes of lead will be replaced before the end of May."
)


def columns(*texts: str, across: bool, words: int = 5) -> bytes:
    """A page with a heading and these texts beside each other, written line by line or column by column."""
    document = FPDF()
    document.set_auto_page_break(False)
    document.add_page()
    document.set_font("helvetica", size=9)
    document.text(20, 15, "Town Gazette, a paper for everybody in the town and in its villages")
    lines = [[" ".join(text.split()[at : at + words]) for at in range(0, len(text.split()), words)] for text in texts]
    places = [(row, column) for column, found in enumerate(lines) for row in range(len(found))]
    for row, column in sorted(places) if across else places:
        document.text(20 + column * 180 / len(texts), 30 + 6 * row, lines[column][row])
    return bytes(document.output())


@pytest.mark.parametrize("across", [True, False])
@pytest.mark.parametrize("texts", [(LEFT, RIGHT), (LEFT, RIGHT, THIRD)])
def test_columns_are_read_one_after_the_other_however_they_were_written(texts: tuple[str, ...], across: bool) -> None:
    found = " ".join(pdf_text.read(columns(*texts, across=across))["text"].split())
    assert found == " ".join(["Town Gazette, a paper for everybody in the town and in its villages", *texts])


def test_the_rows_of_a_table_stay_together() -> None:
    names = ["Keller Anna", "Marsh John", "Okafor Chidi", "Dubois Claire", "Weiss Karl", "Tanaka Yui"] * 3
    sums = " ".join(f"EUR {number},500 paid" for number in range(18))
    text = pdf_text.read(columns(" ".join(names), sums, across=True, words=2))["text"]
    assert "Keller Anna EUR 0,500" in text


def test_a_pdf_of_pictures_is_a_document_without_text(tmp_path: Path) -> None:
    (tmp_path / "picture.pdf").write_bytes(make_pdf(""))
    assert only(tmp_path).text == ""


def test_a_pdf_that_takes_too_long_is_given_up_and_the_next_is_read() -> None:
    # A page tree of 40 levels, each with two references to the next, has a million million pages.
    tree = "".join(f"{n} 0 obj\n<</Type/Pages/Count 9/Kids[{n + 1} 0 R {n + 1} 0 R]>>\nendobj\n" for n in range(2, 42))
    hostile = f"%PDF-1.4\n1 0 obj\n<</Type/Catalog/Pages 2 0 R>>\nendobj\n{tree}42 0 obj\n<</Type/Page/Parent 2 0 R>>"
    hostile += "\nendobj\ntrailer\n<</Root 1 0 R/Size 43>>\n%%EOF"
    with pdf.PdfReader(seconds=6) as reader:
        with pytest.raises(DocumentUnreadable):
            reader.read(hostile.encode(), "hostile.pdf")
        assert reader.read(make_pdf("Calm."), "calm.pdf").text == "Calm."


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        ("Übergröße".encode(), "Übergröße"),
        ("\ufeffÜber".encode(), "Über"),
        ("Über".encode("utf-16"), "Über"),
        ("Über".encode("utf-32"), "Über"),
        ("Über die Brücke – „gut“".encode("cp1252"), "Über die Brücke – „gut“"),
        ("Brücke, Größe, Maß".encode() + b" \xff", "Brücke, Größe, Maß \ufffd"),
        (b"one\x00two\r\nthree\rfour", "onetwo\nthree\nfour"),
        ("e\u0301".encode(), "é"),
    ],
)
def test_text_files_of_any_encoding_are_read(tmp_path: Path, raw: bytes, text: str) -> None:
    (tmp_path / "a.txt").write_bytes(raw)
    assert only(tmp_path).text == text


@given(raw=st.binary(max_size=200))
def test_any_bytes_become_text_that_can_be_written(raw: bytes) -> None:
    text = plain_text.decode(raw)
    assert "\0" not in text
    text.encode()


def test_markdown_says_in_its_front_matter_what_it_is(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("---\ntitle: Bats\ndate: 2025-03-04\ntags: [nature, bridge]\n---\nThe bats.\n")
    document = only(tmp_path)
    assert (document.title, document.created, document.tags) == ("Bats", dt.date(2025, 3, 4), ("bridge", "nature"))
    assert document.text == "The bats.\n"


@pytest.mark.parametrize("head", ["---\nno: [end\n---\nText", "---\nnever closed", "---\n- a list\n---\nText"])
def test_front_matter_that_cannot_be_read_is_text(tmp_path: Path, head: str) -> None:
    (tmp_path / "a.md").write_text(head)
    assert only(tmp_path).text == head


@pytest.mark.parametrize(
    ("name", "text", "title"),
    [
        ("x.md", "Some words before.\n\n# The *Weir* [Bridge](b.md)\n", "The Weir Bridge"),
        ("x.md", '# <a name="a1"></a> Rules for 3 < 4 bridges\n', "Rules for 3 < 4 bridges"),
        ("x.txt", "\n\nMinutes of the Town Council\n\nThe Council met.", "Minutes of the Town Council"),
        ("2024-05-16-council_minutes-may.txt", "37,499.96\n21,000.00", "Council minutes may"),
        ("...txt", "", "Untitled"),
        ("x.txt", "a" * 500, "X"),
        ("x.txt", "!!! ???\n§§§", "X"),
    ],
)
def test_a_title_is_found_for_every_document(tmp_path: Path, name: str, text: str, title: str) -> None:
    (tmp_path / ("-.txt" if name == "...txt" else name)).write_text(text)
    assert only(tmp_path).title == title


@pytest.mark.parametrize(
    "title", ["Microsoft Word - a.docx", "report_final.pdf", "untitled", "12", "x" * 300, "Layout1"]
)
def test_titles_that_programs_give_to_pdfs_are_not_used(title: str) -> None:
    assert plain_text.usable_title(title) is None


def test_links_that_lead_out_of_the_folder_are_not_followed(tmp_path: Path) -> None:
    (tmp_path / "secret.txt").write_text("secret")
    (tmp_path / "private").mkdir()
    (tmp_path / "private" / "p.txt").write_text("private")
    folder = tmp_path / "documents"
    folder.mkdir()
    (folder / "real.txt").write_text("real")
    (folder / "inside.txt").symlink_to(folder / "real.txt")
    (folder / "outside.txt").symlink_to(tmp_path / "secret.txt")
    (folder / "loop").symlink_to(folder)
    (folder / "private").symlink_to(tmp_path / "private")
    assert sorted(pull(folder)[0]) == ["folder:inside.txt", "folder:real.txt"]


def test_refs_are_in_one_unicode_form_whatever_the_disk_has(tmp_path: Path) -> None:
    (tmp_path / unicodedata.normalize("NFD", "Brücke.txt")).write_text("text")
    describe(tmp_path, {"file": "Brücke.txt", "title": "Bridge"})
    assert only(tmp_path).ref == "folder:Brücke.txt"
    assert asyncio.run(FolderSource(tmp_path).document("folder:Brücke.txt")).title == "Bridge"


def test_a_file_name_that_is_not_utf8_is_a_ref_that_can_be_printed(tmp_path: Path) -> None:
    try:
        Path(os.fsdecode(os.fsencode(tmp_path) + b"/br\xfccke.txt")).write_text("text")
    except OSError:
        pytest.skip("this file system takes UTF-8 names only")
    document = only(tmp_path)
    assert document.ref == "folder:br\\xfccke.txt"
    assert document.text == "text"


def test_a_missing_folder_is_an_error_with_a_remedy(tmp_path: Path) -> None:
    with pytest.raises(SourceFolderMissing):
        pull(tmp_path / "nowhere")
    (finding,) = asyncio.run(FolderSource(tmp_path / "nowhere").check())
    assert finding.state == "error"
    assert finding.remedy


def test_an_unknown_ref_is_missing(tmp_path: Path) -> None:
    for ref in ("folder:none.txt", "folder:../../etc/passwd", "paperless:1"):
        with pytest.raises(DocumentMissing):
            asyncio.run(FolderSource(tmp_path).document(ref))


def test_an_empty_folder_is_a_warning(tmp_path: Path) -> None:
    (finding,) = asyncio.run(FolderSource(tmp_path).check())
    assert finding.state == "warning"


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cut=st.integers(0, 2000), noise=st.binary(max_size=20), at=st.integers(0, 2000))
def test_a_mangled_pdf_gives_text_or_a_reason(cut: int, noise: bytes, at: int) -> None:
    raw = make_pdf("Some words on a page.")
    mangled = raw[:at] + noise + raw[at + len(noise) : len(raw) - cut]
    with contextlib.suppress(pdf_text.Unusable):
        assert isinstance(pdf_text.read(mangled)["text"], str)


def test_a_cursor_from_before_marks_were_short_still_says_what_is_known(tmp_path: Path) -> None:
    for name in ("a.txt", "b.txt", "c.txt"):
        (tmp_path / name).write_text(f"The text of {name} is long enough.")
    stats = {name: (tmp_path / name).stat() for name in ("a.txt", "b.txt")}
    old = {
        name: {
            "files": {name: [stat.st_size, stat.st_mtime_ns]},
            "metadata": "",
            "sha256": {name: files.sha256(f"The text of {name} is long enough.")},
        }
        for name, stat in stats.items()
    }
    os.utime(tmp_path / "b.txt", ns=(1, 1))
    found, cursor, complete = pull(tmp_path, {"documents": {**old, "gone.txt": {"files": 7}}})
    assert (sorted(found), complete) == (["folder:c.txt"], False)
    assert pull(tmp_path, cursor)[0] == {}


NAMES = ("a.txt", "b/a.txt", "b/z.txt", "b.txt", "ü.txt", "c.pdf")
EDITS = st.lists(
    st.one_of(
        st.tuples(st.just("write"), st.sampled_from(NAMES), st.integers(0, 3)),
        st.tuples(st.just("delete"), st.sampled_from(NAMES), st.just(0)),
        st.tuples(st.just("touch"), st.sampled_from(NAMES), st.integers(0, 3)),
        st.tuples(st.just("rename"), st.sampled_from(NAMES), st.integers(0, len(NAMES) - 1)),
        st.tuples(st.just("describe"), st.sampled_from(NAMES), st.integers(0, 3)),
        st.tuples(st.just("pull"), st.just(""), st.integers(0, 3)),
        st.tuples(st.just("pull"), st.just(""), st.just(99)),
    ),
    max_size=20,
)


def edit(folder: Path, what: str, path: Path, number: int) -> None:
    if what == "write":
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"The text number {number}.")
        os.utime(path, ns=(number, number))  # a file may be as old and as long as the one before, but for its content
    elif what == "describe":
        (folder / "metadata.jsonl").write_text(json.dumps({"file": path.name, "title": f"Title {number}"}))
    elif what == "delete":
        path.unlink(missing_ok=True)
    elif path.exists() and what == "touch":
        os.utime(path, ns=(number * 10**9, number * 10**9))
    elif path.exists() and what == "rename":
        target = folder / NAMES[number]
        target.parent.mkdir(exist_ok=True)
        path.rename(target)


def pull_kept(folder: Path, state: Path, told: dict[str, str], most: int) -> None:
    """A pull that keeps its cursor in a journal, unless it is cut off after so many documents."""

    async def read(journal: Journal) -> None:
        left = most
        changes = await FolderSource(folder).changes(journal.cursor("folder"))
        async with contextlib.aclosing(changes.documents) as documents:  # type: ignore[type-var]
            async for found in documents:
                left -= 1
                if left < 0:
                    return
                told[found.ref] = found.reason if isinstance(found, Unreadable) else f"{found.title}: {found.text}"
        journal.save_cursor("folder", changes.cursor)

    journal = Journal(state / "journal.sqlite")
    try:
        asyncio.run(read(journal))
    finally:
        journal.close()


@settings(max_examples=40, deadline=None)
@given(edits=EDITS)
def test_law_whatever_is_changed_and_however_pulls_end_the_next_whole_pull_has_told_all(
    edits: list[tuple[str, str, int]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder, state, fresh = (tmp_path_factory.mktemp(name) for name in ("folder", "state", "fresh"))
    told: dict[str, str] = {}
    for what, name, number in edits:
        if what == "pull":
            pull_kept(folder, state, told, number)
        else:
            edit(folder, what, folder / name, number)
    pull_kept(folder, state, told, 99)
    refs = set(asyncio.run(FolderSource(folder).refs()))
    anew: dict[str, str] = {}
    pull_kept(folder, fresh, anew, 99)
    assert {ref: words for ref, words in told.items() if ref in refs} == anew
    again: dict[str, str] = {}
    pull_kept(folder, state, again, 99)
    assert {ref for ref in again if not ref.endswith(".pdf")} == set(), "nothing is told twice but what cannot be read"
    journal = Journal(state / "journal.sqlite")
    cursor = journal.cursor("folder")
    journal.close()
    assert cursor is not None
    kept = cursor.get("documents", {})
    assert isinstance(kept, Marks | dict)
    assert {f"folder:{path}" for path in kept} == {ref for ref in refs if not ref.endswith(".pdf")}


@pytest.mark.parametrize("path", ["", ".", "..", "briefs", "briefs/2026", "public", ".sitegen", "content"])
def test_what_sitegen_writes_is_never_taken_for_documents(tmp_path: Path, path: str) -> None:
    site = tmp_path / "site"
    site.mkdir()
    (site / "sitegen.toml").write_text(f'[source]\nkind = "folder"\n[source.folder]\npath = "{path}"\n')
    with pytest.raises(SettingsInvalid) as caught:
        open_source(load(site, {}))
    assert str(caught.value.place) == f"{site}/sitegen.toml:4"


@pytest.mark.parametrize("path", ["documents", "../papers", "content/papers", "static/papers"])
def test_documents_may_lie_anywhere_else(tmp_path: Path, path: str) -> None:
    site = tmp_path / "site"
    site.mkdir()
    (site / "sitegen.toml").write_text(f'[source.folder]\npath = "{path}"\n')
    assert isinstance(open_source(load(site, {})), FolderSource)
