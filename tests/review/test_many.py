"""At the desk many briefs are decided about at once, each by itself, and what was done can be undone."""

from __future__ import annotations

import html
import re
from pathlib import Path

import httpx
import pytest

from sitegen.briefs.store import Store
from tests.review.desks import Client, project_in, proposed

NUMBER = "+1 202-555-0173"


@pytest.fixture
def client(tmp_path: Path) -> Client:
    client = Client(project_in(tmp_path))
    for name in ("one", "two", "three"):
        text = f"---\ntitle: Brief {name}\nstatus: draft\n---\nText.\n"
        (client.project.briefs / f"{name}.md").write_text(text)
    return client


def statuses(client: Client) -> dict[str, str]:
    return {path: brief.matter.status for path, brief in Store.open(client.project.briefs).briefs.items()}


def picks(client: Client) -> dict[str, str]:
    """What the list would send for each brief."""
    found = re.findall(r'name="pick" value="(\w+ [^"]+)"', html.unescape(client.get().text))
    return {value.partition(" ")[2]: value for value in found}


def decide(client: Client, act: str, *values: str, **more: str) -> httpx.Response:
    sent = {"token": client.desk.token, "act": act, "pick": list(values), **more}
    data = str(httpx.QueryParams(sent)).encode()
    headers = {"origin": "http://localhost:8000", "content_type": "application/x-www-form-urlencoded"}
    return client.ask("POST", "/_review/all", content=data, **headers)


def undone(client: Client, page: str) -> httpx.Response:
    number = re.search(r'name="number" value="(\d+)"', page)
    assert number is not None
    return client.post("/undo", {"number": number[1]})


def test_many_are_published_withdrawn_and_each_is_told(client: Client) -> None:
    there = picks(client)
    answer = decide(client, "publish", there["one.md"], there["two.md"])
    assert answer.status_code == 200
    assert "Publish: 2 of 2" in answer.text
    assert [path for path, status in statuses(client).items() if status == "published"] == ["one.md", "two.md"]
    answer = decide(client, "withdraw", *(picks(client)[name] for name in ("one.md", "two.md")), notice="Wrong.")
    assert "Withdraw: 2 of 2" in answer.text
    assert "notice: Wrong." in (client.project.briefs / "two.md").read_text()


def test_what_cannot_be_done_to_one_keeps_nobody_from_the_next(client: Client) -> None:
    briefs = client.project.briefs
    there = picks(client)
    (briefs / "two.md").write_text((briefs / "two.md").read_text() + "\nMore.\n")
    (briefs / "three.md").write_text(f"---\ntitle: Brief three\nstatus: draft\n---\nCall {NUMBER}.\n")
    there["three.md"] = picks(client)["three.md"]
    answer = html.unescape(decide(client, "publish", *there.values(), "0 gone.md").text)
    assert "Publish: 1 of 5" in answer
    bad, good = answer.split('id="good"')
    assert "Brief one" in good
    for title, code in (("Brief two", "SG442"), ("Brief three", "SG610"), ("Report", "SG452"), ("gone.md", "SG4")):
        assert code in bad[bad.index(f">{title}</a>") :].partition("</li>")[0], title
    assert NUMBER not in answer
    assert statuses(client) == {"one.md": "published", "two.md": "draft", "three.md": "draft", "report.md": "draft"}


def test_what_is_proposed_for_many_is_rejected(client: Client) -> None:
    proposed(client.project)
    there, before = picks(client), client.file.read_bytes()
    answer = html.unescape(decide(client, "reject", there["report.md"], there["one.md"]).text)
    assert "Reject: 1 of 2" in answer
    assert "SG443" in answer
    assert client.file.read_bytes() == before
    assert "flag-proposal" not in client.get().text
    assert undone(client, answer).status_code == 303
    assert "flag-proposal" in client.get().text


def test_what_was_done_to_many_is_undone_at_once(client: Client) -> None:
    before = {path: (client.project.briefs / path).read_bytes() for path in statuses(client)}
    page = decide(client, "publish", *picks(client).values(), approve="on").text
    assert set(statuses(client).values()) == {"published"}
    assert "publish, 4 briefs" in client.get().text
    assert undone(client, page).headers["location"] == "/_review/?done=undo"
    assert {path: (client.project.briefs / path).read_bytes() for path in before} == before
    assert 'id="undo"' not in client.get().text
    assert client.post("/undo", {"number": "1"}).status_code == 409
    assert client.post("/undo", {"number": "x"}).status_code == 409


@pytest.mark.parametrize("act", ["approve", "publish", "withdraw", "accept", "reword", "reject", "save", "allow"])
def test_each_act_at_a_brief_can_be_undone(client: Client, act: str) -> None:
    proposed(client.project)
    client.file.write_text(f"{client.file.read_text()}\nCall {NUMBER}.\n")
    fingerprint = re.search(r"phone-\w{4}", client.page())
    assert fingerprint is not None
    if act in ("publish", "withdraw"):
        client.act("allow", what=fingerprint[0])
    if act == "withdraw":
        client.act("publish", approve="on")
    before = Client(client.project).page().replace(client.desk.token, "")
    text, record = client.file.read_bytes(), Store.open(client.project.briefs).record("folder:a.txt")
    if act == "save":
        assert client.save(title="Another").status_code == 303
    else:
        what = {"allow": fingerprint[0], "reword": "hunk:1"}.get(act, "all")
        assert client.act(act, what=what, instead="Mine.", approve="on").status_code == 303
    assert client.page() != before
    assert undone(client, client.page()).headers["location"] == "/_review/brief/report.md?done=undo"
    assert client.file.read_bytes() == text
    assert Store.open(client.project.briefs).record("folder:a.txt") == record
    assert "Undone" in client.page(query="?done=undo")


def test_what_was_changed_since_is_not_offered_and_not_undone(client: Client) -> None:
    client.act("approve")
    page = client.page()
    client.file.write_text(client.file.read_text() + "\nMore.\n")
    before = client.file.read_bytes()
    assert 'id="undo"' not in client.page()
    answer = undone(client, page)
    assert answer.status_code == 409
    assert "SG447" in answer.text
    assert client.file.read_bytes() == before


def test_forms_for_many_that_are_none_are_refused(client: Client) -> None:
    there = picks(client)
    assert decide(client, "approve").status_code == 403
    for act in ("shred", "save", "accept", ""):
        assert decide(client, act, there["one.md"]).status_code == 403
    assert decide(client, "publish", there["one.md"], publish_at="soon").status_code == 422
    for path in ("../secret.md", "/etc/passwd", ""):
        assert "Approve: 0 of 1" in decide(client, "approve", f"0 {path}").text
    assert client.post("/all", {"act": "approve", "pick": there["one.md"], "token": "wrong"}).status_code == 403
    assert client.post("/undo", {"number": "1", "token": "wrong"}).status_code == 403
    assert client.post("/undo", {}).status_code == 403
    assert set(statuses(client).values()) == {"draft"}
