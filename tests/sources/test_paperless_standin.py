"""The stand-in Paperless answers as the real one was recorded to.

Headers are compared where sitegen, or whoever debugs it, looks at them. The rest is allowed to differ: caching and
security headers, which no API client reads, and the length, since bodies may be compressed.
"""

from __future__ import annotations

import http.client
import json
import urllib.parse
from collections.abc import Iterator
from typing import Any

import pytest

from tests.servers.paperless import PaperlessServer
from tests.servers.paperless_recordings import FOLDER, Recording, recording, snapshot_server

HEADERS = ("content-type", "www-authenticate", "x-version", "x-api-version", "location")
EARLIER = {
    # Recorded when the archive held other values: same status, headers and fields, other values.
    "document_6_scan_with_archive",
    "documents_list_fields",
    "documents_list_fields_unknown",
    "documents_list_v9_page_size_2",
    "filter_id__in",
    "filter_modified__gt",
    "filter_tags__id__all",
    "version_9",
    "version_none_json",
    "version_star",
}
NOT_ASKED = {"redisdown_metadata"}
"""Of a part of the API that the stand-in does not have; the client's tests use it."""
ALL = sorted(path.stem for path in FOLDER.glob("*.json") if path.stem not in NOT_ASKED)


@pytest.fixture(scope="module")
def server() -> Iterator[PaperlessServer]:
    with snapshot_server() as running:
        yield running


@pytest.mark.parametrize("name", ALL)
def test_the_stand_in_answers_as_the_real_server_did(server: PaperlessServer, name: str) -> None:
    recorded = recording(name)
    status, headers, body = ask(server, recorded)
    assert status == recorded.status
    assert {key: headers.get(key) for key in HEADERS} == {key: recorded.headers.get(key) for key in HEADERS}
    if recorded.json is None:
        assert not headers["content-type"].startswith("application/json")
    elif name in EARLIER:
        assert_same_fields(json.loads(body), recorded.json)
    else:
        assert json.loads(body) == recorded.json


def test_the_whole_archive_survives_the_stand_in_value_by_value(server: PaperlessServer) -> None:
    recorded = [recording(f"snapshot_documents_page_{number}") for number in (1, 2, 3)]
    told = [json.loads(ask(server, page)[2])["results"] for page in recorded]
    assert told == [page.json["results"] for page in recorded]


def ask(server: PaperlessServer, recorded: Recording) -> tuple[int, http.client.HTTPMessage, bytes]:
    connection = http.client.HTTPConnection(server.url.removeprefix("http://"))
    try:
        path = urllib.parse.quote(recorded.path, safe="/?&=,:+%")
        # `next` is made of the Host header; the recorded server had this one.
        connection.request("GET", path, headers={"Host": "127.0.0.1:8040", **recorded.request_headers})
        response = connection.getresponse()
        return response.status, response.headers, response.read()
    finally:
        connection.close()


def assert_same_fields(told: Any, recorded: Any) -> None:
    """The same fields, and in lists the same fields of their entries, as far as both have one."""
    assert told.keys() == recorded.keys()
    if recorded.get("results") and told["results"]:
        assert told["results"][0].keys() == recorded["results"][0].keys()
