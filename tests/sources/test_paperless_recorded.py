"""The client reads what a real Paperless-ngx answered, byte for byte as it was recorded."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Awaitable, Callable
from typing import TypeVar

import httpx
import pytest

from sitegen.errors import (
    SitegenError,
    SourceAnswerInvalid,
    SourceFailing,
    SourceForbidden,
    SourceRefused,
    SourceVersion,
    SourceWrongAddress,
)
from sitegen.settings import Paperless
from sitegen.sources.base import Document
from sitegen.sources.paperless import PaperlessSource
from tests.servers.paperless_recordings import recording

T = TypeVar("T")
SETTINGS = Paperless(url="http://paperless.example", retries=0, page_size=5)


def replay(answers: Callable[[httpx.Request], str]) -> httpx.MockTransport:
    """A transport that serves, for each request, the recording that ``answers`` names."""

    def handle(request: httpx.Request) -> httpx.Response:
        recorded = recording(answers(request))
        headers = {name: value for name, value in recorded.headers.items() if name != "content-length"}
        return httpx.Response(recorded.status, headers=headers, content=recorded.text.encode())

    return httpx.MockTransport(handle)


def ask(
    answers: Callable[[httpx.Request], str], question: Callable[[PaperlessSource], Awaitable[T]], **options: object
) -> T:
    async def run() -> T:
        settings = SETTINGS.model_copy(update=options)
        source = PaperlessSource(settings, "token", transport=replay(answers))
        try:
            return await question(source)
        finally:
            await source.aclose()

    return asyncio.run(run())


def snapshot(request: httpx.Request) -> str:
    """The consistent set; pages by the ``page`` asked for, whatever the filters, which a recording cannot obey."""
    kind = request.url.path.split("/")[2]
    if kind != "documents":
        return f"snapshot_{kind}"
    if "version=9" in request.headers["accept"]:
        return "snapshot_documents_ids_v9_all"
    if "tags__id__none" in request.url.params:
        return "changed_since_none"
    since = request.url.params.get("modified__gte")
    # The pages were recorded in the order of ids; the client asks on from the last `modified` of a page.
    return {None: "snapshot_documents_page_1"}.get(since, "snapshot_documents_page_3")


async def everything(source: PaperlessSource) -> list[Document]:
    changes = await source.changes(None)
    found = [document async for document in changes.documents]
    assert all(isinstance(document, Document) for document in found)
    return [document for document in found if isinstance(document, Document)]


def test_only_the_documents_that_carry_the_tag_come_though_the_recorded_pages_hold_others() -> None:
    def one_page(request: httpx.Request) -> str:
        return "changed_since_none" if "modified__gte" in request.url.params else snapshot(request)

    documents = ask(one_page, everything)
    assert {document.ref for document in documents} == {"paperless:1", "paperless:2", "paperless:3", "paperless:5"}


def test_a_real_document_is_read_field_by_field() -> None:
    found = {document.ref: document for document in ask(snapshot, everything)}["paperless:1"]
    assert found.title == "Rechnung Nr. 4711"
    assert found.text.startswith("Rechnung Nr. 4711\nStadtwerke München\n")
    assert found.created == dt.date(2025, 3, 14)
    assert found.modified == dt.datetime(2026, 11, 21, 23, 1, 23, 191983, dt.UTC)
    assert found.tags == ("Inbox", "Rechnungen", "Steuer 2026")
    assert found.correspondent == "SWM München"
    assert found.page_count == 2
    assert found.page_at(0) is None
    assert found.language is None
    assert found.checksum == "400b388dc43c2f985ab0ffc6481be9d53101e7659f9dc649b5d1d5618040cd90"


def test_a_real_document_of_which_the_user_may_see_no_names_is_still_read() -> None:
    def reader(request: httpx.Request) -> str:
        kind = request.url.path.split("/")[2]
        if kind == "documents":
            return "reader_document_1"
        # The publishing tag must be seen; everything else that the document refers to is hidden.
        return "list_tags_page_size_2" if kind == "tags" else "reader_correspondents"

    document = ask(reader, lambda source: source.document("paperless:1"), publish_tag="Inbox")
    assert document.correspondent is None
    assert document.tags == ()


def test_a_server_that_gives_the_same_page_for_ever_is_not_asked_for_ever() -> None:
    asked = []

    def same(request: httpx.Request) -> str:
        asked.append(request)
        kind = request.url.path.split("/")[2]
        return "snapshot_documents_page_1" if kind == "documents" else f"snapshot_{kind}"

    with pytest.raises(SourceAnswerInvalid):
        ask(same, everything)
    assert len(asked) < 50


def test_the_ids_of_version_9_are_read() -> None:
    refs = set(ask(snapshot, lambda source: source.refs()))
    assert refs == {f"paperless:{number}" for number in (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 14, 15)}


@pytest.mark.parametrize(
    ("name", "error"),
    [
        ("auth_none", SourceRefused),
        ("auth_none_german", SourceRefused),
        ("auth_bad_token", SourceRefused),
        ("auth_malformed_token", SourceRefused),
        ("auth_bearer", SourceRefused),
        ("inactive_user", SourceRefused),
        ("nobody_documents", SourceForbidden),
        ("docsonly_tags_forbidden", SourceForbidden),
        ("version_unsupported_11", SourceVersion),
        ("version_unsupported_8", SourceVersion),
        ("version_garbage", SourceVersion),
        ("version_html", SourceWrongAddress),
        ("no_slash", SourceWrongAddress),
        ("unknown_api_path", SourceWrongAddress),
        ("root", SourceWrongAddress),
        ("api_root", SourceWrongAddress),
        ("redisdown_metadata", SourceFailing),
    ],
)
def test_each_recorded_refusal_becomes_the_error_that_says_what_to_do(name: str, error: type[SitegenError]) -> None:
    with pytest.raises(error) as caught:
        ask(lambda request: name, everything)
    assert type(caught.value) is error
    assert caught.value.remedy
    assert "http://paperless.example/api/tags/" in str(caught.value)


@pytest.mark.parametrize("name", ["document_404", "document_deleted_get", "document_nonnumeric"])
def test_each_recorded_not_found_becomes_a_missing_document(name: str) -> None:
    def answers(request: httpx.Request) -> str:
        return name if request.url.path.startswith("/api/documents/") else snapshot(request)

    with pytest.raises(SitegenError) as caught:
        ask(answers, lambda source: source.document("paperless:99999"))
    assert caught.value.code == "SG212"
