"""The review desk answers a browser on this machine that shows its own pages, and nobody else."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.review.desks import HOST, Client, project_in


@pytest.fixture
def client(tmp_path: Path) -> Client:
    return Client(project_in(tmp_path))


def test_the_list_is_shown_to_this_machine_with_a_strict_policy(client: Client) -> None:
    answer = client.get()
    assert answer.status_code == 200
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert answer.headers["cache-control"] == "no-store"
    assert "access-control-allow-origin" not in answer.headers
    assert "<script>" not in answer.text
    assert " style=" not in answer.text


@pytest.mark.parametrize("address", ["192.168.1.5", "10.0.0.1", "8.8.8.8", "fe80::1", "::ffff:10.0.0.1"])
def test_another_machine_is_refused(client: Client, address: str) -> None:
    answer = client.ask("GET", "/_review/", client=address)
    assert answer.status_code == 403
    assert "SG702" in answer.text
    assert "Report" not in answer.text
    assert "content-security-policy" in answer.headers


def test_this_machine_may_come_by_its_newer_address(client: Client) -> None:
    assert client.ask("GET", "/_review/", client="::1", host="localhost:8000").status_code == 200
    assert client.ask("GET", "/_review/", client="::ffff:127.0.0.1", host="localhost:8000").status_code == 200


@pytest.mark.parametrize(
    "host", ["evil.example:8000", "evil.example", "localhost.evil.example", "192.168.1.5:8000", ""]
)
def test_another_name_is_refused(client: Client, host: str) -> None:
    assert client.get(host=host).status_code == 403


@pytest.mark.parametrize(("host", "port"), [("127.0.0.1:8000", ":8000"), ("[::1]:8000", ":8000"), ("127.0.0.1", "")])
def test_whoever_comes_by_number_is_sent_to_the_name_and_nothing_is_told_before(
    client: Client, host: str, port: str
) -> None:
    answer = client.get("/brief/report.md?edit=1", host=host)
    assert (answer.status_code, answer.text) == (307, "")
    assert answer.headers["location"] == f"http://localhost{port}/_review/brief/report.md?edit=1"
    assert client.get(host=host, sec_fetch_mode="cors", sec_fetch_site="same-origin").status_code == 403
    expected = client.expected()
    values = {"act": "approve", "expected": expected}
    for origin in (f"http://{host}", "http://localhost:8000"):
        assert client.post(f"/brief/{client.path}", values, host=host, origin=origin).status_code == 403
    assert client.ask("GET", "/_review/", client="10.0.0.1", host=host).status_code == 403


@pytest.mark.parametrize(
    "origin",
    [
        "http://evil.example",
        "null",
        "http://localhost:9",
        "https://localhost:8000",
        "http://127.0.0.1:8000",
        "http://[",
    ],
)
def test_a_form_from_another_origin_changes_nothing(client: Client, origin: str) -> None:
    before, expected = client.file.read_bytes(), client.expected()
    values = {"act": "approve", "expected": expected}
    assert client.post(f"/brief/{client.path}", values, origin=origin).status_code == 403
    assert client.file.read_bytes() == before


def test_a_form_without_an_origin_changes_nothing(client: Client) -> None:
    assert client.ask("POST", f"/_review/brief/{client.path}", content=b"act=approve").status_code == 403


def test_pages_of_another_site_can_fetch_nothing_but_may_link_here(client: Client) -> None:
    for site in ("cross-site", "same-site"):
        assert client.get(sec_fetch_site=site, sec_fetch_mode="no-cors").status_code == 403
        assert client.get(sec_fetch_site=site, sec_fetch_mode="navigate").status_code == 200
        assert client.get(origin="http://evil.example", sec_fetch_site=site).status_code == 403


@pytest.mark.parametrize("token", ["", "wrong", "ü"])
def test_a_form_without_the_token_of_this_process_changes_nothing(client: Client, token: str) -> None:
    before, expected = client.file.read_bytes(), client.expected()
    for path, values in (
        (f"/brief/{client.path}", {"act": "approve", "expected": expected}),
        ("/preview", {"body": "x"}),
    ):
        answer = client.post(path, {**values, "token": token})
        assert answer.status_code == 403
        assert "SG703" in answer.text
    assert client.file.read_bytes() == before
    assert client.desk.token not in client.get("/job").text


def test_forms_that_are_none_are_refused(client: Client) -> None:
    sent = {"origin": f"http://{HOST}"}
    for content in (b"\xff=\xff", b"no form", b"a=" + b"x" * (9 << 20), b"&".join([b"a=1"] * 500)):
        assert client.ask("POST", "/_review/preview", content=content, **sent).status_code == 403
    for values in ({}, {"act": "approve"}, {"act": "shred", "expected": client.expected()}):
        assert client.post(f"/brief/{client.path}", values).status_code == 403


def test_paths_lead_to_briefs_alone(client: Client, tmp_path: Path) -> None:
    (tmp_path / "secret.md").write_text("---\ntitle: Secret\nstatus: draft\n---\nsecret words\n")
    for path in (
        "../secret.md", "%2e%2e/secret.md", "..%2fsecret.md", "/etc/passwd", "%2fetc%2fpasswd", "x%00.md", "",
        ".provenance/x.json", str(tmp_path / "secret.md"),
    ):  # fmt: skip
        for where in ("brief", "document"):
            answer = client.get(f"/{where}/{path}")
            assert answer.status_code == 404, path
            assert "secret words" not in answer.text
        assert client.post(f"/brief/{path}", {"act": "save", "expected": "", "title": "x"}).status_code in (404, 405)
    for name in ("../app.py", "%2e%2e%2fapp.py", "nothing.js"):
        assert client.get(f"/assets/{name}").status_code == 404
    assert client.get("/assets/review.js").headers["content-type"].startswith("text/javascript")
