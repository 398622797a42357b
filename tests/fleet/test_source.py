"""``text = "source"``: workers get texts from Paperless by themselves, and only the text that the coordinator saw."""

from __future__ import annotations

import asyncio
import json
import zlib
from pathlib import Path

import pytest

from sitegen.enrich.report import Report
from sitegen.errors import SourceRefused, SourceUnreachable
from sitegen.settings import Project
from sitegen.sources import open_source
from tests.fleet import here
from tests.fleet.machines import briefs, document, new_site, settings
from tests.servers.paperless import PaperlessServer
from tests.servers.redis import RedisServer

SOURCE = '[source]\nkind = "paperless"\n[source.paperless]\nurl = "{url}"\nretries = 0\ntimeout = 2\n'
DOCUMENTS = [{"title": f"Report {number}", "content": document(number)} for number in range(3)]


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    here.impatient(monkeypatch)


def sites(folder: Path, broker: RedisServer, paperless: PaperlessServer, **theirs: str) -> tuple[Project, Project]:
    """The coordinator's site, and a worker's settings, which may differ in address or token."""
    found = []
    for name, more in (("site", {}), ("worker", theirs)):
        text = SOURCE.format(url=more.get("url", paperless.url))
        home = new_site(folder / name, settings(broker.url, text, text="source", patience=1))
        token = more.get("token", paperless.token)
        found.append(here.load(home, SITEGEN_SOURCE__PAPERLESS__TOKEN=token))
    return found[0], found[1]


async def pulled(project: Project) -> Report:
    from sitegen.enrich.pipeline import pull
    from sitegen.enrich.report import Request
    from sitegen.fleet.coordinator import FleetEngine

    engine, source = FleetEngine(project), open_source(project)
    try:
        return await pull(project, source, engine, Request())
    finally:
        await engine.aclose()
        await source.aclose()


def test_texts_come_from_paperless_and_none_lies_in_redis(tmp_path: Path, broker: RedisServer) -> None:
    with PaperlessServer(DOCUMENTS) as paperless, broker.client() as client:
        site, far = sites(tmp_path, broker, paperless)
        parcels: list[bytes] = []

        async def go() -> Report:
            pulling = asyncio.create_task(pulled(site))
            async with here.working(here.worker(far, here.Standin(0.1))):
                while not pulling.done():
                    for key in client.keys("sitegen:parcel:*"):
                        parcels.extend(one for one in [client.get(key)] if isinstance(one, bytes))
                    await asyncio.sleep(0.02)
            return pulling.result()

        report = asyncio.run(go())
        asked = [one.path for one in paperless.requests]
    assert report.counts == {"created": 3}
    assert {f"/api/documents/{number}/" for number in (1, 2, 3)} <= set(asked)
    assert parcels
    assert {json.loads(zlib.decompress(one))["document"]["text"] for one in parcels} == {""}
    assert "council of district 2" in "".join(briefs(site.root).values())


def test_a_text_that_changed_since_it_was_listed_enters_no_brief(tmp_path: Path, broker: RedisServer) -> None:
    with PaperlessServer(DOCUMENTS[:1]) as paperless:
        site, far = sites(tmp_path, broker, paperless)
        model = here.Standin()

        def change(request: object) -> None:
            if getattr(request, "path", "") == "/api/documents/1/":
                paperless.on_request = None
                paperless.archive.update(1, content=document(7))

        async def go() -> Report:
            paperless.on_request = change  # the worker's own question is the first for the one document
            async with here.working(here.worker(far, model)):
                return await pulled(site)

        report = asyncio.run(go())
        assert report.counts == {"failed": 1}
        assert report.failed[0].code == "SG211"
        assert "another one than the coordinator saw" in report.failed[0].reason
        assert model.asked == []
        assert briefs(site.root) == {}

        async def again() -> Report:
            async with here.working(here.worker(far, model)):
                return await pulled(site)

        assert asyncio.run(again()).counts == {"created": 1}
    assert "district 7" in "".join(briefs(site.root).values())


@pytest.mark.parametrize(
    ("theirs", "code"),
    [({"url": "http://127.0.0.1:9"}, SourceUnreachable.code), ({"token": "0" * 40}, SourceRefused.code)],
)
def test_a_worker_that_cannot_read_paperless_hands_its_documents_back_and_takes_no_more(
    tmp_path: Path, broker: RedisServer, theirs: dict[str, str], code: str
) -> None:
    with PaperlessServer(DOCUMENTS) as paperless:
        site, lame = sites(tmp_path, broker, paperless, **theirs)
        broken, well = here.Standin(), here.Standin(0.3)

        async def go() -> Report:
            one, other = here.worker(lame, broken), here.worker(site, well)
            said: list[str] = []
            async with here.working(one, other):
                pulling = asyncio.create_task(pulled(site))
                while not pulling.done():
                    said.append(one._why_not)
                    await asyncio.sleep(0.02)
            assert any(f"cannot read the source: {code}" in why for why in said)
            assert not any(paperless.token in why for why in said)
            return pulling.result()

        report = asyncio.run(go())
    assert report.counts == {"created": 3}
    assert broken.asked == []


def test_when_no_worker_can_read_paperless_the_documents_wait(tmp_path: Path, broker: RedisServer) -> None:
    with PaperlessServer(DOCUMENTS[:1]) as paperless:
        site, lame = sites(tmp_path, broker, paperless, token="0" * 40)

        async def go() -> Report:
            async with here.working(here.worker(lame, here.Standin())):
                return await pulled(site)

        report = asyncio.run(go())
    assert report.provisional == 1
    assert report.count("failed", "dead") == 0
