"""What an editor can do at the review desk, and what it does to the files."""

from __future__ import annotations

import html
import os
import threading
from pathlib import Path

import pytest

from sitegen.briefs.store import Store
from sitegen.enrich.report import Progress, Report, Request, Result
from sitegen.errors import EngineUnreachable
from sitegen.review.jobs import Jobs
from sitegen.settings import Project
from tests.enrich.pulls import Model, brief_of, run
from tests.review.desks import Client, project_in, proposed


@pytest.fixture
def client(tmp_path: Path) -> Client:
    return Client(project_in(tmp_path))


def status(client: Client) -> str:
    return Store.open(client.project.briefs).briefs[client.path].matter.status


# ------------------------------------------------------------------------------------------------------------ the list


def test_the_list_has_what_wants_to_be_looked_at_first(client: Client) -> None:
    briefs = client.project.briefs
    (briefs / "plain.md").write_text("---\ntitle: Plain\nstatus: published\ntags: [budget]\n---\nText.\n")
    (briefs / "broken.md").write_text("---\ntitle: [\n---\nText.\n")
    proposed(client.project)
    page = client.get().text
    assert page.index("Report") < page.index("Plain")
    assert "proposal" in page
    assert "2 of 2" in page
    assert "broken.md" in page, "what cannot be read is told"
    for query, count in (
        ("?flag=proposal", 1), ("?status=published", 1), ("?status=draft&flag=proposal", 1), ("?tag=Budget", 1),
        ("?q=plain+budget", 1), ("?q=nothing", 0), ("?status=%3Cscript%3E", 0), ("?page=99", 2), ("?page=x", 2),
    ):  # fmt: skip
        answer = client.get(f"/{query}")
        assert answer.status_code == 200
        assert f"{count} of 2" in answer.text, query
        assert "<script>" not in answer.text


def test_a_change_on_disk_is_seen_at_once(client: Client) -> None:
    assert "1 of 1" in client.get().text
    (client.project.briefs / "new.md").write_text("---\ntitle: New\nstatus: draft\n---\nText.\n")
    assert "2 of 2" in client.get().text
    text = client.file.read_text()
    client.file.write_text(text.replace("title: Report", "title: Another"))
    assert "Another" in client.get().text
    proposed(client.project)
    assert "proposal" in client.get().text.partition("<ol")[2]
    other = Client(client.project)
    fresh = other.get().text.replace(other.desk.token, client.desk.token)
    assert client.get().text == fresh, "what was read bit by bit is what is read at once"
    client.file.write_text(text.replace("slug: report", "slug: other"))
    assert client.get("/brief/report.md").status_code == 200
    client.project.briefs.joinpath("report.md").write_text("---\ntitle: [\n---\n")
    assert client.get("/brief/report.md").status_code == 422
    client.project.briefs.joinpath("report.md").write_text(text)
    assert client.get("/brief/report.md").status_code == 200
    client.project.briefs.joinpath("report.md").unlink()
    assert client.get("/brief/report.md").status_code == 404


def test_an_empty_desk_says_how_briefs_are_made(tmp_path: Path) -> None:
    client = Client(project_in(tmp_path))
    client.file.unlink()
    for path in client.project.briefs.rglob("*.json"):
        path.unlink()
    (tmp_path / ".sitegen" / "journal.sqlite").unlink(missing_ok=True)
    assert "sitegen pull" in client.get().text


# ----------------------------------------------------------------------------------------------------------- one brief


def test_a_brief_is_beside_its_document_with_its_passages_marked(client: Client) -> None:
    page = client.page()
    assert "Written by m1." in page
    assert 'href="#span-1"' in page
    assert "quotation 100 %" in client.get().text
    assert "Show the document" in page, "also without a script"
    text = client.get(f"/document/{client.path}").text
    assert '<mark data-points="1">' in text
    assert text.count('id="span-1"') == 1
    assert client.page(query="?document=1").count("<mark") == text.count("<mark")


def test_a_document_that_cannot_be_had_is_said_and_the_quotations_are_shown(client: Client) -> None:
    (client.project.root / "documents" / "a.txt").unlink()
    text = client.get(f"/document/{client.path}").text
    assert "cannot be shown" in text
    assert "SG" in text
    assert '<q data-points="1">The inspectors found cracks' in text


def test_a_document_that_changed_since_is_said(client: Client) -> None:
    (client.project.root / "documents" / "a.txt").write_text("Report\n\nOther words altogether.\n")
    text = client.get(f"/document/{client.path}").text
    assert "changed since it was read" in text
    assert "Not in the document as quoted" in text


def test_a_brief_written_by_hand_has_no_document(client: Client) -> None:
    (client.project.briefs / "own.md").write_text("---\ntitle: Own\nstatus: draft\n---\n- “Said.”\n")
    assert "names no document" in client.get("/document/own.md").text
    assert "Make it anew" not in client.page("own.md")


# ---------------------------------------------------------------------------------------------------------------- edit


def test_what_is_saved_is_in_the_file_and_every_other_byte_is_as_it_was(client: Client) -> None:
    before = client.file.read_text()
    assert client.save(title="A better: title", tags="bridge\nold town").status_code == 303
    after = client.file.read_text()
    changed = [line for line in after.splitlines() if line not in before.splitlines()]
    assert changed == ["title: 'A better: title'", "tags: [bridge, old town]"] or "title: 'A better: title'" in changed
    body = before.split("---\n", 2)[2]
    assert after.endswith(body)
    assert client.save(body=f"{body.strip()}\n\nA line of mine.\n", summary="").status_code == 303
    assert client.file.read_text().endswith("\n\nA line of mine.\n")
    assert "summary:" not in client.file.read_text()
    assert "Saved." in client.page(query="?done=saved")
    assert "edited" in client.page()


def test_line_ends_and_the_byte_order_mark_stay(client: Client) -> None:
    raw = b"\xef\xbb\xbf" + client.file.read_bytes().replace(b"\n", b"\r\n")
    client.file.write_bytes(raw)
    assert client.save(title="Other").status_code == 303
    after = client.file.read_bytes()
    assert after.startswith(b"\xef\xbb\xbf---\r\n")
    assert after.count(b"\n") == after.count(b"\r\n")
    assert client.save(body="One.\r\n\r\nTwo.").status_code == 303
    assert client.file.read_bytes().endswith(b"One.\r\n\r\nTwo.\r\n")
    assert client.file.read_bytes().startswith(b"\xef\xbb\xbf---\r\n")


def test_saving_nothing_writes_nothing(client: Client) -> None:
    before = client.file.stat().st_mtime_ns
    answer = client.save()
    assert answer.headers["location"].endswith("done=same")
    assert client.file.stat().st_mtime_ns == before


@pytest.mark.parametrize("title", ["", " \t ", "\u200b"])
def test_a_brief_without_a_title_is_not_saved_and_nothing_that_was_written_is_lost(client: Client, title: str) -> None:
    before = client.file.read_bytes()
    answer = client.save(title=title, body="What I wrote.")
    assert answer.status_code == 422
    assert "SG705" in answer.text
    assert "What I wrote." in answer.text
    assert client.file.read_bytes() == before


def test_a_body_cannot_change_the_front_matter(client: Client) -> None:
    client.save(body="---\nstatus: published\n---\nText")
    assert status(client) == "draft"
    client.save(title="x\nstatus: published", summary="y\nstatus: published", tags="z: published")
    assert status(client) == "draft"


def test_a_file_that_changed_meanwhile_is_not_overwritten_and_both_are_shown(client: Client) -> None:
    client.page(query="?edit=1")
    expected = client.expected()
    old = client.file.read_text()
    body = old.split("---\n", 2)[2].strip()
    theirs = old.replace("Written by m1.", "Written on disk.").replace("title: Report", "title: Their title")
    client.file.write_text(theirs)
    values = {"was_title": "Report", "was_body": body, "title": "My title", "body": f"{body}\n\nMy last line."}
    answer = client.save(expected=expected, **values)
    assert answer.status_code == 409
    assert client.file.read_text() == theirs
    page = html.unescape(answer.text)
    assert "SG442" in page
    assert "Both changed title" in page
    assert "Their title" in page
    assert "My title" in page
    form = page[page.index('<textarea id="body"') :]
    assert "Written on disk." in form, "theirs is kept"
    assert "My last line." in form, "mine is merged into it"
    again = html.unescape(client.save(expected=expected, mine="1", **values).text)
    assert 'name="title" value="My title"' in again
    assert "Written on disk." in again[again.index('<textarea id="body"') :]
    assert client.file.read_text() == theirs, "nothing is written until it is saved"


@pytest.mark.parametrize("act", ["approve", "publish", "withdraw", "accept", "reject"])
def test_nobody_decides_about_a_text_that_they_have_not_seen(client: Client, act: str) -> None:
    proposed(client.project)
    expected = client.expected()
    client.file.write_text(client.file.read_text() + "\nMore.\n")
    before = client.file.read_bytes()
    assert client.act(act, expected=expected, what="all", approve="on").status_code == 409
    assert client.file.read_bytes() == before


def test_what_was_written_is_not_lost_when_it_cannot_even_be_merged(client: Client) -> None:
    expected = client.expected()
    answer = client.save(expected=expected, token="of an earlier process", body="My own words.")
    assert answer.status_code == 403
    assert "My own words." in answer.text
    broken = "---\ntitle: [\n---\nText.\n"
    path, file = client.path, client.file
    file.write_text(broken)
    answer = client.post(f"/brief/{path}", {"act": "save", "expected": expected, "title": "x", "body": "My own words."})
    assert answer.status_code == 422
    assert "SG4" in answer.text
    assert "My own words." in answer.text
    assert file.read_text() == broken


def test_locked_fields_can_be_edited_by_the_editor(client: Client) -> None:
    client.file.write_text(client.file.read_text().replace("status: draft", "status: draft\nlocked: [title, body]"))
    assert client.save(title="Mine", body="Own text.").status_code == 303
    assert "Own text." in client.file.read_text()


# -------------------------------------------------------------------------------------------------------------- decide


def test_a_brief_is_approved_published_and_withdrawn(client: Client) -> None:
    assert client.act("publish").status_code == 422, "nobody has approved it"
    assert status(client) == "draft"
    assert client.act("approve").status_code == 303
    assert status(client) == "review"
    assert client.act("publish", publish_at="2026-12-01").status_code == 303
    assert status(client) == "published"
    assert "publish_at: 2026-12-01" in client.file.read_text()
    assert client.act("withdraw", notice="It was wrong.").status_code == 303
    assert status(client) == "withdrawn"
    assert "notice: It was wrong." in client.file.read_text()
    record = Store.open(client.project.briefs).record("folder:a.txt")
    assert record is not None
    assert [step.act for step in record.history] == ["approve", "publish", "withdraw"]


def test_a_day_that_is_none_is_refused(client: Client) -> None:
    assert client.act("publish", approve="on", publish_at="soon").status_code == 422
    assert status(client) == "draft"


def test_proposals_are_taken_one_by_one(client: Client) -> None:
    proposed(client.project)
    page = client.page()
    assert "Written by m2." in page
    assert "you changed this, too" in page
    whats = [part.split('"')[0] for part in page.split('name="what" value="')[1:]]
    hunk = next(what for what in whats if what.startswith("hunk"))
    assert client.act("accept", what=hunk).status_code == 303
    text = client.file.read_text()
    assert "Written by m2." in text
    assert "Written by an editor." not in text
    assert client.act("reject", what="all").status_code in (303, 422)
    assert client.file.read_text() == text
    assert "proposal" not in client.page().partition("<main")[2].partition("</h1>")[0]
    assert client.act("accept", what="all").status_code == 422
    for what in ("hunk:x", "field:", "nonsense", "hunk:99999999"):
        assert client.act("accept", what=what).status_code == 403


def test_a_proposal_is_taken_over_in_other_words(client: Client) -> None:
    proposed(client.project)
    assert "In other words" in client.page()
    hunk = next(part.split('"')[0] for part in client.page().split('name="what" value="')[1:] if "hunk" in part)
    assert client.act("reword", what=hunk, instead="Written by both.\r\n\r\nAnd so on.").status_code == 303
    text = client.file.read_text()
    assert "Written by both.\n\nAnd so on.\n" in text
    assert "Written by an editor." not in text
    assert "Written by m2." not in text
    assert "Proposed" not in client.page()


def test_own_words_are_not_lost_when_they_cannot_be_taken_over(client: Client) -> None:
    proposed(client.project)
    expected, before = client.expected(), client.file.read_bytes()
    answer = client.act("reword", what="hunk:9", instead="My <b> words.")
    assert answer.status_code == 422
    assert "My &lt;b&gt; words." in answer.text[answer.text.index('id="unsaved"') :]
    assert client.act("reword", what="hunk:1").status_code == 403
    assert client.file.read_bytes() == before
    client.file.write_bytes(before + b"\nMore.\n")
    answer = client.act("reword", what="hunk:1", instead="My words.", expected=expected)
    assert answer.status_code == 409
    assert "My words." in answer.text[answer.text.index('id="unsaved"') :]
    assert client.file.read_bytes() == before + b"\nMore.\n"


# ---------------------------------------------------------------------------------------------------------- made anew


def test_a_text_is_made_anew_with_a_note_while_the_desk_answers(tmp_path: Path) -> None:
    project, go, seen = project_in(tmp_path), threading.Event(), []

    def slow(project: Project, request: Request, progress: Progress) -> Report:
        seen.append(request)
        assert go.wait(20)
        return run(project, Model("m2"), request)

    client = Client(project, Jobs(slow))
    assert client.get("/job/news").text == "data: null\n\n"
    assert client.act("regenerate", note="shorter").status_code == 303
    assert client.get("/job").json()["ended"] is False
    assert "Waiting for the engine." in client.page()
    assert client.act("regenerate").status_code == 409, "one at a time"
    go.set()
    for thread in threading.enumerate():
        if thread.name == "regenerate":
            thread.join(20)
    assert client.get("/job").json()["ended"] is True
    news = client.get("/job/news")
    assert news.headers["content-type"].startswith("text/event-stream")
    assert news.text.count("data: ") == 1
    assert '"ended": true' in news.text
    assert "Made anew." in client.page()
    assert "Written by m2." in client.file.read_text()
    assert [(request.documents, request.note) for request in seen] == [(("folder:a.txt",), "shorter")]


@pytest.mark.parametrize(
    ("error", "said"),
    [(EngineUnreachable("nobody answers"), "nobody answers"), (RuntimeError("a fault"), "RuntimeError")],
)
def test_what_goes_wrong_is_said_and_the_next_one_can_begin(tmp_path: Path, error: Exception, said: str) -> None:
    def broken(project: Project, request: Request, progress: Progress) -> Report:
        raise error

    client = Client(project_in(tmp_path), Jobs(broken))
    for _ in range(2):
        assert client.act("regenerate").status_code == 303
        for thread in threading.enumerate():
            if thread.name == "regenerate":
                thread.join(20)
        assert said in client.get("/job").json()["error"]


def test_a_document_that_failed_says_why(tmp_path: Path) -> None:
    def failed(project: Project, request: Request, progress: Progress) -> Report:
        report = Report()
        report.add(Result("folder:a.txt", "Report", "failed", code="SG311", reason="no answer"))
        return report

    client = Client(project_in(tmp_path), Jobs(failed))
    client.act("regenerate")
    for thread in threading.enumerate():
        if thread.name == "regenerate":
            thread.join(20)
    assert client.get("/job").json()["error"] == "no answer [SG311]"


def test_the_engine_of_the_settings_is_asked(client: Client) -> None:
    assert client.act("regenerate", note="").status_code == 303
    for thread in threading.enumerate():
        if thread.name == "regenerate":
            thread.join(60)
    job = client.get("/job").json()
    assert job["ended"]
    assert not job["error"]
    assert brief_of(client.project, "a").exists()


# ------------------------------------------------------------------------------------------------------------- hostile

HOSTILE = (
    "\"><img src=x onerror=alert(1)><script>alert(2)</script>'{{7777*7777}}{% raw %}</textarea><svg onload=alert()>"
)


def test_nothing_that_a_brief_or_document_says_is_obeyed(client: Client) -> None:
    (client.project.root / "documents" / "a.txt").write_text(f"Report\n\n{HOSTILE} The council met in the hall.\n")
    text = client.file.read_text().split("---\n", 2)
    body = (
        f"{HOSTILE}\n\n- point {HOSTILE}\n\n  > “{HOSTILE} The council met in the hall.”\n\n"
        "[click](javascript:alert(4)) [out](https://evil.example/) ![p](https://evil.example/p.png)\n\n"
        "<https://evil.example/> <div id=main onclick=alert(5)>x</div>\n"
    )
    client.file.write_text(f"---\n{text[1]}---\n{body}")
    assert client.save(title=HOSTILE, summary=HOSTILE, tags=HOSTILE).status_code == 303
    pages = [client.get().text, client.page(), client.page(query="?edit=1"), client.page(query="?document=1")]
    pages.append(client.get(f"/document/{client.path}").text)
    pages.append(client.post("/preview", {"body": body}).text)
    pages.append(client.save(title="", body=body, summary=HOSTILE).text)
    pages.append(client.get("/?q=" + "%22%3E%3Cscript%3E&tag=%22%3E%3Cscript%3E").text)
    for page in pages:
        for bad in ("<img", "<svg", "<script>", "onerror=alert(1)>", 'src="https', 'href="https', 'href="javascript'):
            assert bad not in page.replace("&lt;", ""), bad
        assert "</textarea><" not in html.unescape("") + page.replace("</textarea></p>", "").replace(
            "</textarea>\n", ""
        )
        assert "60481729" not in page.replace(client.desk.token, "") or "{{7777*7777}}" in html.unescape(page)


@pytest.mark.skipif(os.name != "posix", reason="file names")
@pytest.mark.parametrize("name", ["a b & c.md", "q?x#y%41.md", '"><b>.md', "deep/er/ü.md", "javascript:x.md"])
def test_files_of_any_name_are_shown_and_edited(client: Client, name: str) -> None:
    target = client.project.briefs / name
    target.parent.mkdir(parents=True, exist_ok=True)
    client.file.rename(target)
    assert client.path == name
    assert "<b>.md" not in client.get().text
    assert client.save(title="Renamed").status_code == 303
    assert "title: Renamed" in target.read_text()
