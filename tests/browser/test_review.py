"""The review desk with the keyboard alone, in a real browser: from the list to a published brief."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Dialog, Page, expect

from sitegen import files
from sitegen.briefs.store import Store
from sitegen.enrich.report import Progress, Report, Request
from sitegen.review.jobs import Jobs
from sitegen.settings import Project
from tests.enrich.pulls import Model, run
from tests.review.desks import project_in, proposed
from tests.review.serving import desk_at, desk_served

pytestmark = pytest.mark.browser
SCHEMES: tuple[Literal["light"], Literal["dark"]] = ("light", "dark")


def made(project: Project, request: Request, progress: Progress) -> Report:
    return run(project, Model("m3"), request)


@pytest.fixture
def project(tmp_path: Path) -> Project:
    # In a thread of its own: beside Playwright's event loop no other may run in this one.
    with ThreadPoolExecutor(1) as pool:
        found = pool.submit(project_in, tmp_path / "site").result()
        pool.submit(proposed, found).result()
    return found


@pytest.fixture
def address(project: Project) -> Iterator[str]:
    (project.briefs / "own.md").write_text("---\ntitle: Own words\nstatus: draft\n---\nText.\n")
    with desk_served(project, Jobs(made)) as (url, _):
        yield desk_at(url)


@pytest.fixture
def complaints() -> list[str]:
    return []


def strangers(url: str, address: str) -> list[str]:
    """The address, if it is one of another host."""
    return [] if url.startswith(address.removesuffix("_review/")) else [url]


@pytest.fixture
def page(browser: Browser, address: str, complaints: list[str]) -> Iterator[Page]:
    page = browser.new_page(viewport={"width": 1280, "height": 800})
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("request", lambda request: complaints.extend(strangers(request.url, address)))
    page.goto(address)
    yield page
    page.close()


def press(page: Page, *keys: str) -> None:
    """Presses keys on a page that is there; people are slower than that, too."""
    expect(page.locator("html[data-keys]")).to_be_attached()
    for key in keys:
        page.keyboard.press(key)


def text(project: Project) -> str:
    return (project.briefs / "report.md").read_text()


def status(project: Project) -> str:
    return Store.open(project.briefs).briefs["report.md"].matter.status


def test_the_whole_way_with_the_keyboard_alone(page: Page, project: Project, complaints: list[str]) -> None:
    write = page.keyboard.insert_text
    press(page, "j")
    expect(page.get_by_role("link", name="Report")).to_be_focused()
    press(page, "j")
    expect(page.get_by_role("link", name="Own words")).to_be_focused()
    press(page, "k")
    press(page, "Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Report")

    press(page, "n")
    expect(page.locator("#source mark.now")).to_have_text("The inspectors found cracks in two bearings.")

    press(page, "e")
    expect(page.get_by_label("Title")).to_be_focused()
    press(page, "Control+A")
    write("The bridge is closed")
    for _ in range(3):
        press(page, "Tab")
    expect(page.get_by_label("Text, in Markdown")).to_be_focused()
    press(page, "Control+End")
    write("\n\nA *line* of mine.")
    expect(page.locator("#preview em")).to_have_text("line")
    press(page, "Control+Enter")
    expect(page.get_by_role("status").filter(has_text="Saved.")).to_be_visible()
    assert "title: The bridge is closed" in text(project)
    assert "A *line* of mine." in text(project)

    press(page, "h")
    expect(page.get_by_role("button", name="Accept Line")).to_be_focused()
    press(page, "Enter")
    expect(page.get_by_text("Taken over into the brief.")).to_be_visible()
    assert "Written by m2." in text(project)

    press(page, "a")
    expect(page.get_by_text("Approved, as it is now.")).to_be_visible()
    assert status(project) == "review"
    press(page, "p")
    press(page, "Enter")
    expect(page.get_by_text("Published; it is public")).to_be_visible()
    assert status(project) == "published"

    press(page, "u")
    expect(page.get_by_role("link", name="The bridge is closed")).to_be_visible()
    assert complaints == []


def test_a_text_is_made_anew_and_withdrawn_by_keyboard(page: Page, project: Project, complaints: list[str]) -> None:
    page.goto(f"{page.url}brief/report.md")
    press(page, "r")
    page.keyboard.insert_text("shorter")
    press(page, "Enter")
    expect(page.locator("#job")).to_contain_text("Made anew", timeout=20_000)
    expect(page.locator(".proposals")).to_contain_text("Written by m3.")
    press(page, "a")
    expect(page.get_by_text("Approved, as")).to_be_visible()
    press(page, "p")
    press(page, "Enter")
    expect(page.get_by_text("Published; it is public")).to_be_visible()
    press(page, "w")
    page.keyboard.insert_text("It was wrong.")
    press(page, "Enter")
    expect(page.get_by_text("Withdrawn;")).to_be_visible()
    assert "notice: It was wrong." in text(project)
    assert complaints == []


def test_what_may_be_private_is_taken_out_or_allowed_by_keyboard(
    page: Page, project: Project, address: str, complaints: list[str]
) -> None:
    number, other = "+1 202-555-0173", "+1 303-555-0111"
    (project.briefs / "report.md").write_text(text(project) + f"\nCall {number}.\n\nOr {other}.\n")
    page.goto(f"{address}brief/report.md")
    press(page, "a")
    expect(page.get_by_text("Approved, as")).to_be_visible()
    press(page, "p", "Enter")
    expect(page.locator("#problems")).to_contain_text("SG610")
    press(page, "f", "Enter")
    expect(page.get_by_label("Text, in Markdown")).to_be_focused()
    assert page.evaluate("getSelection().toString()") == f"Call {number}."
    page.keyboard.press("Delete")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_text("Saved.")).to_be_visible()
    assert number not in text(project)
    press(page, "f", "Tab")
    expect(page.get_by_role("button", name="Allow phone-")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_text("Allowed in this brief")).to_be_visible()
    press(page, "a")
    expect(page.get_by_text("Approved, as")).to_be_visible()
    press(page, "p", "Enter")
    expect(page.get_by_text("Published; it is public")).to_be_visible()
    assert not [said for said in complaints if "422" not in said]


def test_many_are_decided_about_and_it_is_undone_by_keyboard(
    page: Page, project: Project, complaints: list[str]
) -> None:
    press(page, "z")  # there is nothing to undo yet
    expect(page.locator("#bar")).to_be_hidden()
    press(page, "j", "x")
    expect(page.locator("#picked")).to_have_text("1 picked:")
    press(page, "x", "X")
    expect(page.locator("#picked")).to_have_text("2 picked:")
    press(page, "a")
    expect(page.locator("#many-approve")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Approve: 2 of 2")
    assert status(project) == "review"
    press(page, "z")
    expect(page.get_by_text("Undone; it is")).to_be_visible()
    assert status(project) == "draft"

    press(page, "j", "x", "j", "x", "p", "Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Publish: 1 of 2")
    expect(page.locator("#bad")).to_be_focused()
    expect(page.get_by_text("SG452")).to_be_visible()
    press(page, "j", "Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Report")
    press(page, "a")
    expect(page.get_by_text("Approved, as")).to_be_visible()
    press(page, "z")
    expect(page.get_by_text("Undone; it is")).to_be_visible()
    assert status(project) == "draft"

    press(page, "u")
    expect(page.get_by_role("heading", level=1)).to_have_text("Briefs")
    press(page, "X", "w")
    expect(page.locator("#many-withdraw")).to_be_focused()
    page.keyboard.type("Wrong.")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Withdraw: 1 of 2")
    assert "notice: Wrong." in (project.briefs / "own.md").read_text()
    assert complaints == []


def test_a_proposal_is_taken_over_in_other_words_by_keyboard(
    page: Page, project: Project, address: str, complaints: list[str]
) -> None:
    page.goto(f"{address}brief/report.md")
    press(page, "m")
    field = page.get_by_label("Line 12, as you want it")
    expect(field).to_be_focused()
    expect(field).to_have_value("Written by m2.")
    expect(page.locator(".own .brief")).to_have_text("Written by m2.")
    results = Axe().run(page, options={"resultTypes": ["violations"]})
    assert results.violations_count == 0, results.generate_report()
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Accept Line 12")).to_be_focused()
    press(page, "m")
    page.keyboard.press("Control+A")
    page.keyboard.insert_text("Written by *both*.")
    expect(page.locator(".own em")).to_have_text("both")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_text("Taken over in your words.")).to_be_visible()
    assert "Written by *both*." in text(project)
    assert "Written by m2." not in text(project)
    expect(page.locator(".proposals")).to_have_count(0)
    press(page, "z")
    expect(page.get_by_text("Undone; it is")).to_be_visible()
    assert "Written by an editor." in text(project)
    expect(page.locator(".proposals")).to_have_count(1)
    assert complaints == []


def test_axe_finds_nothing_in_a_list_of_results(page: Page) -> None:
    press(page, "X", "p", "Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Publish: 1 of 2")
    for width in (1280, 360):
        page.set_viewport_size({"width": width, "height": 800})
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        for scheme in SCHEMES:
            page.emulate_media(color_scheme=scheme)
            results = Axe().run(page, options={"resultTypes": ["violations"]})
            assert results.violations_count == 0, results.generate_report()


def test_the_keys_are_listed_and_can_be_switched_off(page: Page) -> None:
    press(page, "?")
    expect(page.get_by_role("dialog")).to_be_visible()
    page.get_by_label("Single letters are keys").uncheck()
    page.keyboard.press("Escape")
    press(page, "j")
    expect(page.get_by_role("link", name="Report")).not_to_be_focused()
    page.reload()
    press(page, "j")
    expect(page.get_by_role("link", name="Report")).not_to_be_focused()


def test_a_slash_filters_and_letters_in_a_field_are_letters(page: Page) -> None:
    press(page, "/")
    page.keyboard.type("jk own?")
    expect(page.get_by_label("Filter by words")).to_have_value("jk own?")
    page.keyboard.press("Control+A")
    page.keyboard.type("own")
    page.keyboard.press("Enter")
    expect(page.locator("a.row")).to_have_count(1)
    press(page, "j")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Own words")
    press(page, "u")
    expect(page.locator("a.row")).to_have_count(1)


def test_a_pointer_shows_the_passage_and_a_finger_too(page: Page, address: str) -> None:
    page.goto(f"{address}brief/report.md")
    expect(page.locator("#source mark")).to_have_count(1)
    page.locator("#rendered li").first.hover()
    expect(page.locator("#source mark.now")).to_have_count(1)
    page.set_viewport_size({"width": 390, "height": 800})
    page.locator("a.seek").first.click()
    expect(page.locator("#source mark.now")).to_be_in_viewport()


def test_what_is_not_saved_is_not_left_without_a_question(page: Page, address: str) -> None:
    asked: list[str] = []

    def stay(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.dismiss()

    page.on("dialog", stay)
    page.goto(f"{address}brief/report.md?edit=1")
    expect(page.get_by_label("Title")).to_be_focused()
    page.keyboard.type("x")
    page.keyboard.press("Escape")
    page.wait_for_timeout(300)
    assert asked == ["beforeunload"]
    expect(page.get_by_label("Title")).to_be_visible()
    page.route("**/preview", lambda route: route.abort())
    page.get_by_label("Text, in Markdown").press("Control+End")
    page.keyboard.type("y")
    expect(page.locator("#preview-trouble")).to_contain_text("still running")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Saved.")).to_be_visible()
    assert page.title().startswith("Saved.")


def test_a_file_that_changed_meanwhile_is_shown_merged(page: Page, address: str, project: Project) -> None:
    page.goto(f"{address}brief/report.md?edit=1")
    file = project.briefs / "report.md"
    changed = text(project).replace("Written by an editor.", "Written on disk.")
    file.write_text(changed.replace("title: Report", "title: Theirs"))
    page.get_by_label("Title").fill("My title")
    page.get_by_label("Text, in Markdown").press("Control+End")
    page.keyboard.insert_text("\n\nMine.")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#problems")).to_be_focused()
    assert "Mine." not in text(project)
    merged = page.get_by_label("Text, in Markdown").input_value()
    assert "Written on disk." in merged
    assert "Mine." in merged
    expect(page.get_by_label("Title")).to_have_value("Theirs")
    page.get_by_role("button", name="Take instead: what you wrote").press("Enter")
    expect(page.get_by_label("Title")).to_have_value("My title")
    assert "Written on disk." in page.get_by_label("Text, in Markdown").input_value()
    results = Axe().run(page, options={"resultTypes": ["violations"]})
    assert results.violations_count == 0, results.generate_report()
    page.get_by_label("Title").press("Control+Enter")
    expect(page.get_by_text("Saved.")).to_be_visible()
    assert "title: My title" in text(project)
    assert "Written on disk." in text(project)
    assert "Mine." in text(project)


@pytest.mark.parametrize("width", [1280, 360])
def test_axe_finds_nothing_and_nothing_is_wider_than_the_window(
    page: Page, address: str, project: Project, width: int
) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    private = "status: draft\nallow: [phone-0000]\nnotice: Call +1 303-555-0111."
    own = f"---\ntitle: Own words\n{private}\n---\nCall +1 202-555-0173 or write to info@example.com.\n"
    (project.briefs / "own.md").write_text(own)
    for path in ("", "brief/report.md", "brief/report.md?edit=1", "brief/own.md", "brief/nothing.md"):
        page.goto(address + path)
        expect(page.locator("[aria-busy]")).to_have_count(0)
        if not path:
            press(page, "X")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
        for scheme in SCHEMES:
            page.emulate_media(color_scheme=scheme)
            results = Axe().run(page, options={"resultTypes": ["violations"]})
            assert results.violations_count == 0, f"{path} {scheme}: {results.generate_report()}"


def test_hostile_texts_run_nothing_and_ask_nobody(
    page: Page, address: str, project: Project, complaints: list[str]
) -> None:
    hostile = "<img src=//evil.example/x onerror=alert(1)><script>alert(2)</script></textarea><svg onload=alert(3)>"
    (project.root / "documents" / "a.txt").write_text(f"# Report\n\n{hostile} The council met in the hall.\n")
    head = f"---\ntitle: {hostile!r}\nsummary: {hostile!r}\nstatus: draft\nmethod: summary\nsource: folder:a.txt\n---\n"
    links = "![x](https://evil.example/x.png) [y](https://evil.example/y)"
    body = f"{hostile}\n\n{links}\n\n- Point\n\n  > “The council met in the hall.”\n"
    (project.briefs / "report.md").write_text(head + body)
    for path in ("", "brief/report.md", "brief/report.md?edit=1", "brief/report.md?document=1"):
        page.goto(address + path)
        expect(page.locator("[aria-busy]")).to_have_count(0)
        expect(page.locator("main")).to_contain_text("onerror=alert(1)")
        assert page.locator("main :is(script, img, svg, iframe)").count() == 0
    page.goto(f"{address}brief/report.md?edit=1")
    page.get_by_label("Text, in Markdown").fill(f"{body}\n\nNewer.")
    expect(page.locator("#preview")).to_contain_text("Newer.")
    assert page.locator("#preview :is(script, img, svg, [href])").count() == 0
    assert complaints == []


READ = """async (url) => {
  const said = [];
  for (const options of [{}, {mode: "no-cors"}, {credentials: "include"}, {method: "POST", mode: "no-cors"}]) {
    try { said.push(await (await fetch(url, options)).text()); } catch { said.push(""); }
  }
  const frame = document.createElement("iframe");
  const loaded = new Promise((done) => { frame.onload = done; setTimeout(done, 1000); });
  frame.src = url;
  document.body.append(frame);
  await loaded;
  try { said.push(frame.contentDocument?.documentElement.textContent ?? ""); } catch { said.push(""); }
  const other = open(url);
  await new Promise((done) => setTimeout(done, 500));
  try { said.push(other.document.documentElement.textContent); } catch { said.push(""); }
  return said;
}"""
SEND = """([url, values]) => {
  const form = document.createElement("form");
  form.method = "post";
  form.action = url;
  for (const [name, value] of Object.entries(values)) {
    const field = document.createElement("input");
    [field.name, field.value] = [name, value];
    form.append(field);
  }
  document.body.append(form);
  form.submit();
}"""


def test_a_hostile_script_in_a_page_of_the_site_reads_nothing_of_the_desk_and_does_nothing_there(
    browser: Browser, project: Project
) -> None:
    before = text(project)
    with desk_served(project, Jobs(made)) as (url, desk):
        page = browser.new_page(bypass_csp=True)  # as if the site had no policy against it
        for way in (f"{url}_review/", desk_at(url), f"{url}_review/brief/report.md", f"{desk_at(url)}job"):
            page.goto(url)
            said = page.evaluate(READ, way)
            assert not [one for one in said if desk.token in one or "Report" in one or "seconds" in one], way
        values = {"token": desk.token, "expected": files.sha256(before), "act": "approve"}
        for way in (f"{url}_review/brief/report.md", f"{desk_at(url)}brief/report.md"):
            page.goto(url)
            with page.expect_navigation():  # with the token, which it cannot know, too
                page.evaluate(SEND, [way, values])
            expect(page.get_by_text("SG702")).to_be_visible()
        page.context.close()
    assert text(project) == before
