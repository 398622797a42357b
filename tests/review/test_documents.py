"""The document beside the brief comes from the source, when somebody looks, and is kept nowhere."""

from __future__ import annotations

from pathlib import Path

import pytest

from sitegen import settings
from tests.review.desks import Client, project_in
from tests.servers.paperless import PaperlessServer

BRIEF = """---
title: Minutes
status: draft
method: summary
source: paperless:{id}
---

- It was closed.

  > “The council closed the bridge.” — Page 1
"""


def paperless_site(folder: Path, server: PaperlessServer, monkeypatch: pytest.MonkeyPatch, id_: int) -> Client:
    (folder / "briefs").mkdir()
    (folder / "briefs" / "minutes.md").write_text(BRIEF.format(id=id_))
    (folder / "sitegen.toml").write_text(
        f'[source]\nkind = "paperless"\n[source.paperless]\nurl = "{server.url}"\nretries = 0\ntimeout = 5\n'
    )
    monkeypatch.setenv("SITEGEN_SOURCE__PAPERLESS__TOKEN", server.token)
    return Client(settings.load(folder))


def test_a_document_of_paperless_is_fetched_once_and_not_written_anywhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with PaperlessServer() as server:
        id_ = server.add_document("Minutes", "On Monday the council closed the bridge. <b>A secret of the minutes.</b>")
        client = paperless_site(tmp_path, server, monkeypatch, id_)
        first = client.get("/document/minutes.md")
        assert '<mark data-points="1">the council closed the bridge.</mark>' in first.text
        assert "&lt;b&gt;A secret of the minutes." in first.text
    assert client.get("/document/minutes.md").text == first.text, "it is kept for a moment, the server is gone"
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert not [path for path in files if b"secret of the minutes" in path.read_bytes()]


def test_a_paperless_that_cannot_be_reached_is_said_with_the_quotations_of_the_brief(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with PaperlessServer() as server:
        client = paperless_site(tmp_path, server, monkeypatch, server.add_document("Minutes", "x"))
        token = server.token
    text = client.get("/document/minutes.md").text
    assert "cannot be shown" in text
    assert "The council closed the bridge." in text
    assert token not in text


def test_a_document_of_another_source_is_not_looked_for(tmp_path: Path) -> None:
    client = Client(project_in(tmp_path))
    client.project.briefs.joinpath("minutes.md").write_text(BRIEF.format(id=5))
    assert "the settings name" in client.get("/document/minutes.md").text
