"""What the Paperless source promises, against a server that speaks real HTTP."""

from __future__ import annotations

import datetime as dt
import itertools
from typing import Any

import pytest

from sitegen.errors import DocumentMissing, SitegenError, SourceAnswerInvalid, SourceTagMissing
from sitegen.sources.base import Cursor
from sitegen.sources.paperless.listing import utc_text
from tests.servers.paperless import PaperlessServer
from tests.servers.paperless_client import NOON, age, ask, pull, refs

# ---------------------------------------------------------------------------------------------------- which documents


def test_only_documents_with_the_tag_are_pulled_and_the_tag_itself_is_left_out() -> None:
    with PaperlessServer() as server:
        server.add_document(
            "Minutes", "text", tags=["publish", "council", "budget"], correspondent="Town", created="2025-03-14"
        )
        server.add_document("Private letter", "secret", tags=["letters"])
        server.add_document("Untagged", "secret", tags=[])
        found = pull(server)
    assert found.refs == ["paperless:1"]
    assert found.total == 1
    assert found.complete
    document = found.documents["paperless:1"]
    assert document.tags == ("budget", "council")
    assert document.correspondent == "Town"
    assert document.created == dt.date(2025, 3, 14)
    assert document.text == "text"


def test_a_server_that_ignores_the_filter_by_tag_still_gives_no_private_document() -> None:
    with PaperlessServer() as server:
        server.add_document("Public", "text")
        server.add_document("Private", "secret", tags=["letters"])
        server.ignored_filters |= {"tags__id__all"}
        assert pull(server).titles == ["Public"]
        with pytest.raises(SourceAnswerInvalid, match="ignores the filter"):
            refs(server)


def test_documents_with_a_tag_of_never_tags_are_never_pulled_and_do_not_even_travel() -> None:
    with PaperlessServer() as server:
        server.add_tag("staff")
        server.add_tag("salaries", parent="staff")
        server.add_document("Minutes")
        server.add_document("Pay slip", tags=["publish", "salaries"])
        server.add_document("Staff list", tags=["publish", "staff"])
        found = pull(server, never_tags=("STAFF",))
        assert found.titles == ["Minutes"]
        assert found.total == 1
        assert refs(server, never_tags=("STAFF",)) == {"paperless:1"}
        server.ignored_filters |= {"tags__id__none"}
        assert pull(server, never_tags=("staff",)).titles == ["Minutes"]
        with pytest.raises(SourceAnswerInvalid, match="ignores the filter"):
            refs(server, never_tags=("staff",))


def test_a_tag_below_a_never_tag_protects_even_where_the_parent_was_taken_off() -> None:
    with PaperlessServer() as server:
        server.add_tag("salaries", parent="staff")
        id_ = server.add_document("Pay slip", tags=["publish", "salaries"])
        parent = server.add_tag("staff")
        server.archive.documents[id_].fields["tags"].remove(parent)
        assert pull(server, never_tags=("staff",)).refs == []


def test_without_the_publishing_tag_nothing_is_asked_for() -> None:
    with PaperlessServer(tags=["Publish"]) as server:
        server.add_document("Private", tags=[])
        with pytest.raises(SourceTagMissing, match="there is one named 'Publish'"):
            pull(server)
        assert server.count("/api/documents/") == 0


def test_a_never_tag_that_does_not_exist_stops_the_pull_since_it_would_protect_nothing() -> None:
    with PaperlessServer(documents=[{"title": "Minutes"}]) as server, pytest.raises(SitegenError) as caught:
        pull(server, never_tags=("privat", "staff"), publish_tag="public")
    assert [problem.code for problem in caught.value.problems] == ["SG208"] * 3


def test_two_tags_of_one_name_both_mark_for_publication() -> None:
    with PaperlessServer() as server:
        other = server.add_tag("publish", owner=9)
        server.add_document("One")
        second = server.add_document("Two", tags=[])
        server.archive.documents[second].fields["tags"] = [other]
        found = pull(server)
        assert found.titles == ["One", "Two"]
        assert all(document.tags == () for document in found.documents.values())
        assert len(refs(server)) == 2


def test_things_that_the_user_may_not_see_are_left_out_and_do_no_harm() -> None:
    with PaperlessServer() as server:
        server.add_tag("hidden", owner=2)
        server.add_document("Mine", tags=["publish", "hidden", "open"], correspondent="C", document_type="T")
        for kind in ("correspondents", "document_types"):
            server.archive.lookups[kind][1]["owner"] = 2
        server.add_document("Not mine", owner=2)
        server.token = server.add_user("limited", admin=False).token
        found = pull(server)
        assert found.titles == ["Mine"]
        document = found.documents["paperless:1"]
        assert (document.tags, document.correspondent, document.document_type) == (("open",), None, None)
        assert refs(server) == {"paperless:1"}


# --------------------------------------------------------------------------------------------------------- what changed


def test_a_second_pull_gives_only_what_changed() -> None:
    with PaperlessServer(documents=[{"title": f"D{number}"} for number in range(7)]) as server:
        age(server)
        first = pull(server, page_size=3)
        assert len(first.refs) == 7
        server.update(3, title="New title")
        server.add_document("D8")
        second = pull(server, first.cursor, page_size=3)
        assert second.titles == ["D6", "New title", "D8"]
        assert not second.complete
        assert pull(server, second.cursor).titles in (["D8"], ["New title", "D8"])


def test_the_watermark_is_the_servers_time_less_the_overlap_and_is_sent_in_utc() -> None:
    zone = dt.timezone(dt.timedelta(hours=1))
    with PaperlessServer(zone=zone) as server:
        server.add_document("Early", modified=dt.datetime(2026, 1, 5, 10, 0, 0, tzinfo=zone))
        server.add_document("Late", modified=dt.datetime(2026, 1, 5, 10, 5, 0, 7, tzinfo=zone))
        first = pull(server, overlap=300)
        assert first.cursor["watermark"] == "2026-01-05T09:05:00.000007Z"
        assert pull(server, first.cursor, overlap=300).titles == ["Late"]
        assert server.requests[-1].params["modified__gte"] == "2026-01-05T09:00:00.000007Z"
        assert pull(server, first.cursor, overlap=301).titles == ["Early", "Late"]


def test_a_document_from_the_future_hides_no_later_change() -> None:
    with PaperlessServer() as server:
        server.add_document("From a server whose clock ran ahead", modified=dt.datetime(2099, 1, 1, tzinfo=dt.UTC))
        first = pull(server)
        server.add_document("Changed today")
        assert "Changed today" in pull(server, first.cursor).titles


def test_a_renamed_tag_lists_everything_again() -> None:
    with PaperlessServer(documents=[{"title": "Minutes", "tags": ["publish", "finance"]}]) as server:
        age(server)
        first = pull(server)
        server.rename_tag("finance", "money")
        second = pull(server, first.cursor)
        assert second.documents["paperless:1"].tags == ("money",)
        assert second.complete


@pytest.mark.parametrize("change", ["delete tag", "move tag", "rename correspondent", "share a tag"])
def test_every_change_of_a_lookup_lists_everything_again(change: str) -> None:
    with PaperlessServer() as server:
        server.add_tag("secret", owner=2)
        server.add_document("Minutes", tags=["publish", "finance", "secret"], correspondent="Town Hall")
        age(server)
        user = server.add_user("limited", admin=False)
        server.token = user.token
        first = pull(server)
        match change:
            case "delete tag":
                server.delete_tag("finance")
            case "move tag":
                server.archive.lookups["tags"][3]["parent"] = 1
            case "rename correspondent":
                server.archive.rename("correspondents", "Town Hall", "Council")
            case "share a tag":
                user.shared.add(("tags", 2))
        second = pull(server, first.cursor)
        assert second.complete
        assert second.refs == ["paperless:1"]


@pytest.mark.parametrize("options", [{"never_tags": ("staff",)}, {"publish_tag": "web"}])
def test_other_tags_in_the_settings_list_everything_again(options: dict[str, Any]) -> None:
    with PaperlessServer(tags=["publish", "staff", "web"]) as server:
        server.add_document("Minutes", tags=["publish", "web"])
        age(server)
        assert pull(server, pull(server).cursor, **options).complete


def test_a_full_compare_finds_what_paperless_marks_nowhere() -> None:
    clock = itertools.chain([NOON], itertools.repeat(NOON + dt.timedelta(hours=23))).__next__
    with PaperlessServer(documents=[{"title": "Scan", "content": "old"}, {"title": "Other"}]) as server:
        server.update(2)
        server.archive.documents[1].modified -= dt.timedelta(hours=1)
        first = pull(server, clock=lambda: NOON)
        server.reprocess(1, "better text")
        assert "paperless:1" not in pull(server, first.cursor, clock=clock).refs
        third = pull(server, first.cursor, clock=lambda: NOON + dt.timedelta(hours=24))
        assert third.documents["paperless:1"].text == "better text"
        assert third.complete


def test_an_hour_of_zero_compares_always_and_a_clock_set_back_at_once() -> None:
    with PaperlessServer(documents=[{"title": "Minutes"}]) as server:
        age(server)
        first = pull(server)
        assert pull(server, first.cursor, full_compare_hours=0).complete
        assert pull(server, first.cursor, clock=lambda: NOON - dt.timedelta(hours=1)).complete


@pytest.mark.parametrize(
    "cursor",
    [{}, {"format": 2}, {"format": 1, "watermark": "yesterday"}, {"format": 1, "watermark": "2026-01-01T00:00:00"}],
)
def test_a_cursor_that_cannot_be_read_lists_everything(cursor: Cursor) -> None:
    with PaperlessServer(documents=[{"title": "Minutes"}]) as server:
        found = pull(server, cursor)
        assert found.complete
        assert found.refs == ["paperless:1"]


def test_since_leaves_older_documents_out_and_keeps_the_cursor() -> None:
    with PaperlessServer() as server:
        server.add_document("Old", modified=dt.datetime(2026, 1, 1, 12, tzinfo=dt.UTC))
        server.add_document("New", modified=dt.datetime(2026, 2, 1, 12, tzinfo=dt.UTC))
        partial = pull(server, since=dt.date(2026, 1, 15))
        assert partial.titles == ["New"]
        assert not partial.complete
        assert partial.cursor == {}
        full = pull(server)
        assert pull(server, full.cursor, since=dt.date(2026, 3, 1)).cursor == full.cursor
        assert pull(server, since=dt.date.min).titles == ["Old", "New"]


def test_an_empty_archive_is_no_error() -> None:
    with PaperlessServer() as server:
        found = pull(server)
        assert (found.refs, found.total, found.complete) == ([], 0, True)
        assert pull(server, found.cursor).refs == []
        assert refs(server) == frozenset()


# ------------------------------------------------------------------------------------------------ deleted, single ones


def test_refs_are_those_of_all_documents_that_can_be_pulled_now() -> None:
    with PaperlessServer(documents=[{"title": f"D{number}"} for number in range(1, 6)]) as server:
        server.delete(2)
        server.update(3, tags=[])
        assert refs(server) == {"paperless:1", "paperless:4", "paperless:5"}
        server.restore(2)
        assert "paperless:2" in refs(server)


def test_refs_come_without_version_9_too() -> None:
    with PaperlessServer(documents=[{"title": f"D{number}"} for number in range(1, 6)], api_versions=[10]) as server:
        server.add_document("Private", tags=[])
        assert len(refs(server)) == 5
        assert len(pull(server, page_size=2).refs) == 5


def test_one_document_is_read_fresh() -> None:
    with PaperlessServer(documents=[{"title": "Minutes", "content": "old"}]) as server:
        server.reprocess(1, "new")
        assert ask(server, lambda source: source.document("paperless:1")).text == "new"


@pytest.mark.parametrize(
    "ref",
    [
        "paperless:3",
        "paperless:99",
        "paperless:",
        "paperless:-1",
        "paperless:1/../2",
        "folder:1",
        "1",
        "paperless:١",
        "paperless:1" + "0" * 400,
    ],
)
def test_a_document_that_is_not_there_is_missing(ref: str) -> None:
    with PaperlessServer(documents=[{"title": "A"}, {"title": "B"}, {"title": "Deleted"}]) as server:
        server.delete(3)
        with pytest.raises(DocumentMissing):
            ask(server, lambda source: source.document(ref))


@pytest.mark.parametrize("tags", [[], ["other"], ["publish", "staff"]])
def test_a_document_that_is_not_public_is_missing_however_it_is_asked_for(tags: list[str]) -> None:
    with (
        PaperlessServer(documents=[{"title": "Private", "tags": tags}], tags=["publish", "staff"]) as server,
        pytest.raises(DocumentMissing, match="not marked for publication"),
    ):
        ask(server, lambda source: source.document("paperless:1"), never_tags=("staff",))


# --------------------------------------------------------------------------------------------------- versions, fields


def test_a_server_that_speaks_only_version_9_is_read() -> None:
    with PaperlessServer(documents=[{"title": f"D{number}"} for number in range(5)], api_versions=[9]) as server:
        assert len(pull(server, page_size=2).refs) == 5
        asked = [request.headers["accept"] for request in server.requests]
        assert asked.count("application/json; version=10") == 1


def test_a_base_path_is_kept() -> None:
    with PaperlessServer(documents=[{"title": "Minutes"}], base_path="/papers/archive") as server:
        assert pull(server, url=server.url + "/").titles == ["Minutes"]
        assert refs(server) == {"paperless:1"}
        assert {request.path.split("/api/")[0] for request in server.requests} == {"/papers/archive"}


def test_page_breaks_are_not_believed_and_page_numbers_known_only_for_single_pages() -> None:
    with PaperlessServer() as server:
        server.add_document("Three pages", "one\ftwo\fthree", page_count=3)
        server.add_document("One page", "one", page_count=1)
        several = [{"checksum": "b"}, {"checksum": "a"}]
        server.add_document("Replaced by a longer file", "one", page_count=1, versions=several)
        three, one, replaced = pull(server).documents.values()
        assert (three.page_count, three.page_at(5)) == (3, None)
        assert (one.page_count, one.page_at(0)) == (1, 1)
        assert (replaced.page_count, replaced.page_at(0), replaced.checksum) == (None, None, "b")


def test_hostile_text_comes_through_as_text_that_can_be_written() -> None:
    title = "../../etc/passwd \u202e \ud83d <b>"
    with PaperlessServer(documents=[{"title": title, "content": "a\0b \udc00 😀 ü"}]) as server:
        document = pull(server).documents["paperless:1"]
        assert document.title == "../../etc/passwd \u202e \ufffd <b>"
        assert document.text == "ab \ufffd 😀 ü"


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"content": None}, "no usable content"),
        ({"title": 7}, "no usable title"),
        ({"versions": "x", "page_count": "many"}, "no usable page_count, versions"),
    ],
)
def test_a_damaged_document_is_named_and_the_others_go_on(fields: dict[str, object], reason: str) -> None:
    with PaperlessServer(documents=[{"title": "Before"}, {"title": "Bad"}, {"title": "After"}]) as server:
        server.update(2, **fields)
        found = pull(server)
        assert sorted(found.titles) == ["After", "Before"]
        [bad] = found.unreadable
        assert (bad.ref, bad.code, bad.reason) == ("paperless:2", "SG211", reason)


def test_a_strange_date_is_unknown() -> None:
    with PaperlessServer(documents=[{"created": "sometime"}, {"created": "2024-05-06T00:00:00+02:00"}]) as server:
        assert [each.created for each in pull(server).documents.values()] == [None, dt.date(2024, 5, 6)]


def test_times_are_told_to_the_microsecond_in_utc() -> None:
    zone = dt.timezone(-dt.timedelta(hours=5))
    assert utc_text(dt.datetime(2026, 1, 1, 20, tzinfo=zone)) == "2026-01-02T01:00:00.000000Z"
