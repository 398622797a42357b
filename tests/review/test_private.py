"""What may be private is shown at the desk without its value, keeps a brief from the public, and can be allowed."""

from __future__ import annotations

import html
import re
from pathlib import Path

import pytest

from sitegen.briefs.store import Store
from tests.review.desks import Client, project_in

NUMBER = "+1 202-555-0173"


@pytest.fixture
def client(tmp_path: Path) -> Client:
    client = Client(project_in(tmp_path))
    client.file.write_text(f"{client.file.read_text()}\nCall {NUMBER}.\n")
    return client


def status(client: Client) -> str:
    return Store.open(client.project.briefs).briefs[client.path].matter.status


def fingerprint(client: Client) -> str:
    found = re.search(r"phone-\w{4}", client.page())
    assert found is not None
    return found[0]


def shown(client: Client, query: str = "") -> str:
    page = html.unescape(client.page(query=query))
    return page[page.index('id="private"') :].partition("</section>")[0]


def test_a_finding_is_shown_with_its_line_and_without_its_value(client: Client) -> None:
    line = client.file.read_text().splitlines().index(f"Call {NUMBER}.") + 1
    assert f"Line {line}: a phone number, <strong>***73</strong>" in shown(client)
    assert "keeps the brief from being published" in shown(client)
    assert NUMBER not in shown(client)


def test_what_is_not_certain_is_a_hint_and_a_clean_brief_says_nothing(client: Client) -> None:
    client.file.write_text(client.file.read_text().replace(f"Call {NUMBER}", "Write to info@example.com"))
    assert "Only hints" in shown(client)
    client.file.write_text(client.file.read_text().replace("Write to info@example.com", "Write"))
    assert 'id="private"' not in client.page()


def test_it_is_not_published_before_it_is_allowed_and_only_what_is_there_can_be(client: Client) -> None:
    before = client.file.read_bytes()
    answer = client.act("publish", approve="on")
    assert answer.status_code == 422
    assert "SG610" in answer.text
    assert client.file.read_bytes() == before
    assert client.act("allow", what="phone-0000").status_code == 422
    name = fingerprint(client)
    assert client.act("allow", what=name).status_code == 303
    assert f"allow: [{name}]" in client.file.read_text()
    assert "Allowed (1)" in shown(client)
    assert client.act("publish", approve="on").status_code == 303
    assert status(client) == "published"
    assert client.act("disallow", what=name).status_code == 303
    assert "allow" not in client.file.read_text()
    assert client.act("disallow", what=name).status_code == 422
    assert client.act("publish").status_code == 422, "what it says anew is looked at, too"


def test_an_approval_survives_that_something_is_allowed(client: Client) -> None:
    client.act("approve")
    client.act("allow", what=fingerprint(client))
    assert "changed since approval" not in client.page()
    assert client.act("publish").status_code == 303


def test_what_is_allowed_and_not_there_any_more_is_told(client: Client) -> None:
    name = fingerprint(client)
    client.act("allow", what=name)
    client.file.write_text(client.file.read_text().replace(f"Call {NUMBER}.", ""))
    assert f"does not stand here any more: {name}" in shown(client)


def test_nothing_is_allowed_in_a_text_that_the_editor_has_not_seen(client: Client) -> None:
    expected, name = client.expected(), fingerprint(client)
    client.file.write_text(client.file.read_text() + "\nMore.\n")
    before = client.file.read_bytes()
    for act in ("allow", "disallow"):
        assert client.act(act, what=name, expected=expected).status_code == 409
    assert client.file.read_bytes() == before


@pytest.mark.parametrize("ends", ["\n", "\r\n"])
def test_the_form_begins_at_the_line_of_the_finding(client: Client, ends: str) -> None:
    text = client.file.read_text()
    client.file.write_bytes(text.replace("\n", ends).encode())
    page = html.unescape(client.page(query=f"?edit=1&at={fingerprint(client)}"))
    row = re.search(r'data-field="body" data-row="(\d+)"', page)
    assert row is not None
    area = page[page.index('<textarea id="body"') :]
    lines = area[area.index(">\n") + 2 : area.index("</textarea>")].split("\n")
    assert NUMBER in lines[int(row[1])]


def test_a_finding_in_a_field_leads_to_it_or_says_where_it_is(client: Client) -> None:
    text = client.file.read_text().replace(f"Call {NUMBER}.", "")
    client.file.write_text(text.replace("title: Report", f"title: Call {NUMBER}"))
    assert 'data-field="title"' in client.page(query=f"?edit=1&at={fingerprint(client)}")
    client.file.write_text(text.replace("status: draft", f"status: draft\nnotice: Call {NUMBER}"))
    assert "in the field <code>notice</code>" in shown(client)
    assert "data-field" not in client.page(query=f"?edit=1&at={fingerprint(client)}")


def test_a_guard_that_cannot_look_says_so_and_nothing_is_published(client: Client) -> None:
    settings = client.project.root / "sitegen.toml"
    settings.write_text(settings.read_text() + '[privacy]\nnames = "names"\n')
    assert "SG614" in shown(client)
    assert client.act("publish", approve="on").status_code == 422
    assert status(client) == "draft"
    (client.project.root / "names").mkdir()
    (client.project.root / "names" / "all.txt").write_text("Ada Example\n")
    assert "SG614" not in shown(client)
    assert client.act("publish", approve="on").status_code == 422, "the number is still there"


def test_a_site_without_a_scan_publishes_without_one(client: Client) -> None:
    settings = client.project.root / "sitegen.toml"
    settings.write_text(settings.read_text() + "[privacy]\nkinds = []\n")
    assert 'id="private"' not in client.page()
    assert client.act("publish", approve="on").status_code == 303


def test_the_list_says_which_briefs_are_kept_back(client: Client) -> None:
    (client.project.briefs / "plain.md").write_text("---\ntitle: Plain\nstatus: draft\n---\nText.\n")
    assert client.get().text.count("flag-may-be-private") == 1
    assert "1 of 2" in client.get("/?flag=may+be+private").text
    client.act("allow", what=fingerprint(client))
    assert "flag-may-be-private" not in client.get().text
    settings = client.project.root / "sitegen.toml"
    settings.write_text(settings.read_text() + '[privacy]\nnames = "names"\n')
    assert client.get().status_code == 200, "a guard that cannot look hides no list"
    (client.project.root / "names").mkdir()
    (client.project.root / "names" / "all.txt").write_text("Plain\n")
    assert "1 of 2" in client.get("/?flag=may+be+private").text, "with other lists it looks again"
