"""A document of Paperless that is deleted or loses its tag takes no brief with it, unless the settings say so."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from sitegen import settings
from sitegen.briefs.store import Store
from sitegen.enrich.overview import overview
from sitegen.enrich.pipeline import pull
from sitegen.enrich.report import Report, Request
from sitegen.errors import SitegenError
from sitegen.settings import Project
from sitegen.sources import open_source
from tests.enrich.pulls import TEXT, Engine
from tests.servers.paperless import PaperlessServer

Leave = Callable[[PaperlessServer, int], None]


@pytest.fixture
def server() -> Iterator[PaperlessServer]:
    with PaperlessServer(tags=("publish", "medical")) as server:
        for number in range(3):
            server.add_document(f"Report {number}", f"{TEXT} It is report {number}.")
        yield server


def site(folder: Path, server: PaperlessServer, when_gone: str) -> Project:
    (folder / "sitegen.toml").write_text(
        f'[briefs]\ninitial_status = "published"\nwhen_gone = "{when_gone}"\n'
        f'[source]\nkind = "paperless"\n[source.paperless]\nurl = "{server.url}"\n'
        'publish_tag = "publish"\nnever_tags = ["medical"]\nretries = 0\ntimeout = 5\n'
    )
    environ = {"SITEGEN_SOURCE__PAPERLESS__TOKEN": server.token}
    return settings.load(folder, environ)


def pulled(project: Project) -> Report:
    async def work() -> Report:
        source = open_source(project)
        try:
            return await pull(project, source, Engine(), Request())
        finally:
            await source.aclose()

    return asyncio.run(work())


def statuses(project: Project) -> dict[str, str]:
    return {str(one.matter.source): one.matter.status for one in Store.open(project.briefs).briefs.values()}


def flagged(project: Project) -> list[str | None]:
    return [line.source for line in overview(project)[0] if "source gone" in line.flags]


def delete(server: PaperlessServer, id_: int) -> None:
    server.delete(id_)


def untag(server: PaperlessServer, id_: int) -> None:
    server.update(id_, tags=[])


def forbid(server: PaperlessServer, id_: int) -> None:
    server.update(id_, tags=["publish", "medical"])


@pytest.mark.parametrize("leave", [delete, untag, forbid])
@pytest.mark.parametrize(("when_gone", "status"), [("flag", "published"), ("withdraw", "withdrawn")])
def test_a_brief_whose_document_is_gone_is_flagged_or_withdrawn(
    tmp_path: Path, server: PaperlessServer, leave: Leave, when_gone: str, status: str
) -> None:
    project = site(tmp_path, server, when_gone)
    pulled(project)
    assert set(statuses(project).values()) == {"published"}
    leave(server, 2)
    report = pulled(project)
    assert report.gone == ["paperless:2"]
    assert len(report.withdrawn) == (status == "withdrawn")
    assert statuses(project) == {"paperless:1": "published", "paperless:2": status, "paperless:3": "published"}
    assert flagged(project) == ["paperless:2"]
    record = Store.open(project.briefs).record("paperless:2")
    assert record is not None
    assert record.gone is not None
    assert [move.act for move in record.history] == ["withdraw"] * (status == "withdrawn")
    assert pulled(project).withdrawn == []


def test_one_that_comes_back_from_the_trash_is_not_gone_any_more_and_stays_withdrawn(
    tmp_path: Path, server: PaperlessServer
) -> None:
    project = site(tmp_path, server, "withdraw")
    pulled(project)
    server.delete(2)
    pulled(project)
    server.restore(2)
    pulled(project)
    assert flagged(project) == []
    assert statuses(project)["paperless:2"] == "withdrawn", "an editor publishes it again"


def test_a_paperless_that_refuses_or_is_not_there_has_lost_nothing(tmp_path: Path, server: PaperlessServer) -> None:
    project = site(tmp_path, server, "withdraw")
    pulled(project)
    refused = settings.load(tmp_path, {"SITEGEN_SOURCE__PAPERLESS__TOKEN": "wrong"})
    with pytest.raises(SitegenError):
        pulled(refused)
    server.stop()
    with pytest.raises(SitegenError):
        pulled(project)
    assert set(statuses(project).values()) == {"published"}
    assert flagged(project) == []
