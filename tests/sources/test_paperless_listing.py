"""Listing documents while people go on changing them: none is skipped, none comes twice."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.servers.paperless import PaperlessServer
from tests.servers.paperless_client import NOON, age, pull, refs
from tests.servers.paperless_http import Request


def test_pages_are_asked_for_one_after_the_other_and_next_is_never_followed() -> None:
    with PaperlessServer(documents=[{"title": f"D{number}"} for number in range(10)]) as server:
        assert len(pull(server, page_size=4).refs) == 10
        asked = [request.params for request in server.requests if request.path == "/api/documents/"]
        assert {params.get("page_size") for params in asked} == {"4", "1"}
        assert all(request.headers["host"] == server.url.removeprefix("http://") for request in server.requests)


@pytest.mark.parametrize("page_size", [1, 2, 3, 7, 100])
def test_documents_changed_in_the_same_instant_are_all_found(page_size: int) -> None:
    same = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
    with PaperlessServer(documents=[{"title": f"D{n}", "modified": same} for n in range(7)]) as server:
        found = pull(server, page_size=page_size)
        assert found.refs == [f"paperless:{number}" for number in range(1, 8)]


def during(server: PaperlessServer, request_number: int, change: Callable[[], object]) -> None:
    """Makes the change just before the server answers its n-th request for documents, from 1."""
    counted = itertools.count(1)

    def hook(request: Request) -> None:
        if request.path == "/api/documents/" and next(counted) == request_number:
            change()

    server.on_request = hook


@pytest.mark.parametrize("same_instant", [False, True])
def test_a_deletion_between_two_pages_skips_no_document(same_instant: bool) -> None:
    when = {"modified": dt.datetime(2026, 1, 1, tzinfo=dt.UTC)} if same_instant else {}
    with PaperlessServer(documents=[{"title": f"D{number}", **when} for number in range(1, 12)]) as server:
        during(server, 2, lambda: server.delete(1))
        found = pull(server, page_size=5)
        assert sorted(found.titles) == sorted(f"D{number}" for number in range(1, 12))


def test_a_deletion_makes_nothing_slip_so_nothing_is_fetched_by_its_id() -> None:
    with PaperlessServer(documents=[{"title": f"D{number}"} for number in range(1, 12)]) as server:
        during(server, 2, lambda: server.delete(1))
        pull(server, page_size=5)
        assert not any("id__in" in request.params for request in server.requests)


@pytest.mark.parametrize("tells_time", [True, False])
def test_a_document_that_changes_while_the_list_is_read_comes_once_and_again_next_time(tells_time: bool) -> None:
    with PaperlessServer(documents=[{"title": f"D{number}"} for number in range(1, 12)]) as server:
        server.tells_time = tells_time
        age(server)
        during(server, 2, lambda: change_two(server))
        first = pull(server, page_size=5)
        assert "Changed later" in first.titles
        assert len(first.refs) == len(set(first.refs)) == 11
        server.on_request = None
        assert "Changed" in pull(server, first.cursor).titles


def change_two(server: PaperlessServer) -> None:
    server.update(1, title="Changed")
    server.update(9, title="Changed later")


def test_a_document_tagged_while_the_list_is_read_is_not_missed() -> None:
    with PaperlessServer(documents=[{"title": f"D{number}"} for number in range(1, 12)]) as server:
        hidden = server.add_document("Tagged late", tags=[])
        age(server)
        # An older commit that becomes visible only now: it sorts before what was read already.
        during(server, 3, lambda: server.update(hidden, tags=["publish"], modified=NOON - dt.timedelta(days=9)))
        assert "Tagged late" in pull(server, page_size=5).titles


def test_the_list_may_shrink_below_the_page_asked_for() -> None:
    same = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
    with PaperlessServer(documents=[{"title": f"D{n}", "modified": same} for n in range(6)]) as server:
        during(server, 3, lambda: shrink(server))
        found = pull(server, page_size=2)
        assert {"paperless:1", "paperless:6"} <= set(found.refs)


def shrink(server: PaperlessServer) -> None:
    for number in range(2, 6):
        server.delete(number)


CHANGES = ("delete", "update", "untag", "add", "bulk")


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    page_size=st.integers(1, 6),
    instants=st.lists(st.integers(0, 3), min_size=1, max_size=12),
    plan=st.lists(st.tuples(st.integers(1, 8), st.sampled_from(CHANGES), st.integers(0, 11)), max_size=6),
)
def test_law_whatever_happens_meanwhile_two_pulls_know_the_archive(
    page_size: int, instants: list[int], plan: list[tuple[int, str, int]]
) -> None:
    """A full pull under changes, then a quiet one: together they hold the newest state of every public document."""
    base = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
    documents = [{"title": f"D{n}", "modified": base + dt.timedelta(days=at)} for n, at in enumerate(instants, start=1)]
    with PaperlessServer(documents=documents) as server:
        counted = itertools.count(1)

        def hook(request: Request) -> None:
            number = next(counted) if request.path == "/api/documents/" else 0
            for when, change, target in plan:
                if when == number:
                    disturb(server, change, target)

        server.on_request = hook
        first = pull(server, page_size=page_size)
        server.on_request = None
        second = pull(server, first.cursor, page_size=page_size)
        alive = refs(server)
        known = {**first.documents, **second.documents}
        expected = {
            f"paperless:{id_}": stored.fields["title"]
            for id_, stored in server.archive.documents.items()
            if not stored.deleted and 1 in stored.fields["tags"]
        }
        assert alive == expected.keys()
        assert {ref: known[ref].title for ref in alive} == expected
        assert len(first.refs) == len(set(first.refs))


def disturb(server: PaperlessServer, change: str, target: int) -> None:
    id_ = target % len(server.archive.documents) + 1
    match change:
        case "delete":
            server.delete(id_)
        case "update":
            server.update(id_, title=f"Changed {len(server.requests)}")
        case "untag":
            server.update(id_, tags=[])
        case "add":
            server.add_document("Added")
        case "bulk":
            now = server.archive.now()
            for each in range(1, id_ + 1):
                server.update(each, modified=now, tags=["publish", "bulk"])


def test_a_page_that_is_too_large_is_asked_for_in_parts() -> None:
    documents = [{"title": f"D{number}", "content": f"{number} " * 4000} for number in range(9)]
    with PaperlessServer(documents=documents) as server:
        found = pull(server, max_body=30_000)
        assert len(found.refs) == 9
        assert found.unreadable == []


def test_a_single_document_that_is_too_large_is_named_and_the_others_go_on() -> None:
    with PaperlessServer(documents=[{"title": f"D{number}", "content": "short"} for number in range(1, 7)]) as server:
        server.reprocess(3, "endless " * 10_000)
        found = pull(server, max_body=30_000)
        assert sorted(found.titles) == ["D1", "D2", "D4", "D5", "D6"]
        [large] = found.unreadable
        assert (large.ref, large.title, large.reason) == ("paperless:3", "D3", "its text is too large")
