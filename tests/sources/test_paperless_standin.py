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
from tests.servers.paperless_archive import User
from tests.servers.paperless_recordings import BERLIN, FOLDER, LOOKUPS, Recording, recording, snapshot_server

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
NOT_ASKED = {"queries", "redisdown_metadata"}
"""The first is another set, below; the second is of a part of the API that the stand-in does not have."""
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


def test_the_stand_in_filters_orders_pages_and_refuses_as_the_real_server_did() -> None:
    """176 requests to a real server, many of them odd: empty, unknown and wrong filters, pages and Accept headers."""
    data = json.loads((FOLDER / "queries.json").read_text(encoding="utf-8"))
    server = PaperlessServer(tags=(), zone=BERLIN)
    server.archive.load(data["documents"], **{kind: data[kind] for kind in LOOKUPS})
    server.archive.users = {"admin": User(2, "admin")}
    with server:
        differing = [each["path"] for each in data["exchanges"] if answer_to(server, each) != expected(each)]
    assert differing == []


def expected(exchange: dict[str, Any]) -> tuple[int, dict[str, str], Any]:
    return exchange["status"], exchange["answered"], exchange.get("json")


def answer_to(server: PaperlessServer, exchange: dict[str, Any]) -> tuple[int, dict[str, str], Any]:
    connection = http.client.HTTPConnection(server.url.removeprefix("http://"))
    headers = {"Host": "127.0.0.1:8099", "Authorization": "Token <TOKEN>", **exchange["headers"]}
    headers["Authorization"] = headers["Authorization"].replace("<TOKEN>", "admin")
    try:
        connection.request("GET", urllib.parse.quote(exchange["path"], safe="/?&=,:+%-"), headers=headers)
        response = connection.getresponse()
        body = response.read()
    finally:
        connection.close()
    shown = {name: response.headers[name] for name in HEADERS if name in response.headers}
    is_json = response.headers["content-type"] == "application/json"
    return response.status, shown, shortened(json.loads(body)) if is_json else None


def shortened(found: Any) -> Any:
    """As the answers were kept: of whole documents and tags only the id."""
    if "results" in found:
        return {**found, "results": [entry if len(entry) < 6 else entry["id"] for entry in found["results"]]}
    return {"id": found["id"]} if "versions" in found else found


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
