"""Answers of a real Paperless-ngx, recorded; and the stand-in with the same documents in it."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.servers.paperless import PaperlessServer
from tests.servers.paperless_archive import User

FOLDER = Path(__file__).parents[1] / "fixtures" / "paperless"
BERLIN = dt.timezone(dt.timedelta(hours=1))
"""As it was in November, when the recordings were made."""
LOOKUPS = ("tags", "correspondents", "document_types")
USERS = {
    "admin": User(2, "admin"),
    "reader": User(3, "reader", admin=False, shared={("documents", 1)}),
    "docsonly": User(4, "docsonly", admin=False, permissions=frozenset({"documents"})),
    "nobody": User(5, "nobody", admin=False, permissions=frozenset()),
    "inactive": User(6, "inactive", admin=False, active=False),
}
"""Who asked, by the first word of a recording's name; everything else was asked by the admin."""


@dataclass(frozen=True)
class Recording:
    """One request and what the real server answered."""

    name: str
    path: str
    """With the query."""
    request_headers: dict[str, str]
    status: int
    headers: dict[str, str]
    """Names in lower case."""
    json: Any
    """None when the body was no JSON."""
    text: str


def recording(name: str) -> Recording:
    data = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    request, response = data["request"], data["response"]
    who = next((user for user in USERS if name.startswith(user)), "admin")
    headers = {key: value.replace("<TOKEN>", who) for key, value in request["headers"].items()}
    found = response.get("json")
    text = response.get("text", "") if found is None else json.dumps(found, ensure_ascii=False)
    return Recording(name, request["path"], headers, response["status"], response["headers"], found, text)


def snapshot_documents() -> list[dict[str, Any]]:
    """All documents that the real server had at the end."""
    return [result for page in (1, 2, 3) for result in recording(f"snapshot_documents_page_{page}").json["results"]]


def snapshot_server() -> PaperlessServer:
    """The stand-in with all that the real server had at the end, and its users, whose tokens are their names."""
    server = PaperlessServer(tags=(), zone=BERLIN)
    server.archive.load(
        snapshot_documents(), **{kind: recording(f"snapshot_{kind}").json["results"] for kind in LOOKUPS}
    )
    server.archive.users = dict(USERS)
    server.token = "admin"
    return server
