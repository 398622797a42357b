"""What ``sitegen doctor`` says about Paperless: one line a question, and never an exception."""

from __future__ import annotations

from typing import Any

import pytest

from sitegen.sources.base import Finding
from tests.servers.paperless import PaperlessServer
from tests.servers.paperless_client import ask
from tests.servers.paperless_http import FaultKind


def check(server: PaperlessServer, **options: Any) -> list[Finding]:
    return ask(server, lambda source: source.check(), **options)


def wrong(findings: list[Finding]) -> list[tuple[str, str]]:
    assert all(finding.remedy for finding in findings if finding.state != "ok")
    return [(finding.topic, finding.state) for finding in findings if finding.state != "ok"]


def test_a_server_that_is_fine_says_what_it_is_and_how_much_there_is() -> None:
    with PaperlessServer(documents=[{"title": "One"}, {"title": "Two"}, {"title": "Private", "tags": []}]) as server:
        findings = check(server)
        assert wrong(findings) == []
        told = "\n".join(finding.message for finding in findings)
        assert server.url in told
        assert "Paperless-ngx 3.0.5, API 10" in told
        assert "sees 3 documents" in told
        assert "2 can be pulled" in told


def test_a_server_that_is_down_is_one_finding_at_once() -> None:
    with PaperlessServer() as server:
        pass
    [finding] = check(server, retries=20)
    assert finding.state == "error"
    assert "sitegen doctor" in finding.remedy


@pytest.mark.parametrize("kind", ["status", "html", "invalid_json", "json_list", "drop", "bad_gzip", "truncate"])
@pytest.mark.parametrize("after", [0, 1, 4, 7])
def test_whatever_breaks_is_a_finding(kind: FaultKind, after: int) -> None:
    with PaperlessServer(documents=[{"title": "One", "content": "text " * 100}]) as server:
        server.fail_next(99, kind=kind, after=after)
        assert wrong(check(server))[-1][1] == "error"


def test_a_wrong_token_is_one_finding() -> None:
    with PaperlessServer() as server:
        server.token = "deadbeef"
        [finding] = check(server)
        assert "refused the token" in finding.message
        assert "API auth token" in finding.remedy


def test_each_missing_permission_is_named() -> None:
    with PaperlessServer() as server:
        server.token = server.add_user("limited", permissions=frozenset({"documents", "tags"})).token
        assert wrong(check(server)) == [("correspondents", "error"), ("document types", "error")]


def test_a_missing_publishing_tag_is_an_error_and_an_unused_one_a_warning() -> None:
    with PaperlessServer(tags=["publish"]) as server:
        assert wrong(check(server)) == [("documents", "warning")]
        assert wrong(check(server, publish_tag="web", never_tags=("staff",))) == [("tag", "error"), ("tag", "error")]


def test_things_that_the_user_may_not_see_are_counted() -> None:
    with PaperlessServer() as server:
        server.add_tag("secret", owner=2)
        server.add_document("Minutes", tags=["publish", "secret"], correspondent="Town Hall")
        server.archive.lookups["correspondents"][1]["owner"] = 2
        server.token = server.add_user("limited", admin=False).token
        assert wrong(check(server)) == [("tags", "warning"), ("correspondents", "warning")]


def test_a_server_of_version_9_says_so() -> None:
    with PaperlessServer(api_versions=[9]) as server:
        assert any("API 9" in finding.message for finding in check(server))


def test_documents_with_fields_of_a_wrong_type_are_no_exception() -> None:
    with PaperlessServer(documents=[{"title": "One"}]) as server:
        server.archive.documents[1].fields |= {"correspondent": {"a": 1}, "document_type": [1]}
        assert check(server)


def test_the_settings_for_tries_hold_again_after_a_check() -> None:
    async def question(source: object) -> int:
        from sitegen.sources.paperless import PaperlessSource

        assert isinstance(source, PaperlessSource)
        await source.check()
        server.fail_next(2)
        return len([*await source.refs()])

    with PaperlessServer(documents=[{"title": "One"}]) as server:
        assert ask(server, question) == 1
