"""What the tests of the review desk share: a site with briefs, and a browser that speaks as a real one does."""

from __future__ import annotations

import asyncio
import atexit
import re
import shutil
import tempfile
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from urllib.parse import quote

import httpx
from starlette.applications import Starlette
from starlette.routing import Mount

from sitegen import settings
from sitegen.briefs.store import Store
from sitegen.enrich.report import Request
from sitegen.review.app import PREFIX, Desk
from sitegen.review.jobs import Jobs
from sitegen.settings import Project
from tests.enrich.pulls import TEXT, Model, brief_of, run

HOST = "localhost:8000"
DOCUMENT = f"""# Report

{TEXT} The repair of the bridge will cost the town EUR 412,500 and will take about nine months. The mayor informs the
residents of the old town at a meeting in the town hall on 12 March 2026. The buses of line 4 cross the river at the
mill until then, and stop at the market as before.
"""
NEWER = DOCUMENT.replace("412,500", "415,000")


def project_in(folder: Path) -> Project:
    """A site with one document, which has a brief."""
    shutil.copytree(_made(), folder, dirs_exist_ok=True)
    return settings.load(folder, {})


@cache
def _made() -> Path:
    """The same for all: pulled once, and copied."""
    folder = Path(tempfile.mkdtemp(prefix="desk-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    (folder / "sitegen.toml").write_text('[source]\nkind = "folder"\n[engine]\nkind = "extractive"\n')
    (folder / "documents").mkdir()
    (folder / "documents" / "a.txt").write_text(DOCUMENT)
    project = settings.load(folder, {})
    run(project, Model())
    return folder


def proposed(project: Project) -> Path:
    """The brief of the document after an editor and the document both changed it: something waits."""
    path = brief_of(project, "a")
    path.write_text(path.read_text().replace("Written by m1.", "Written by an editor."))
    (project.root / "documents" / "a.txt").write_text(NEWER)
    run(project, Model("m2"), Request(refresh=True))
    return path


@dataclass
class Client:
    """Asks a desk as a browser on this machine would."""

    project: Project
    jobs: Jobs | None = None
    desk: Desk = field(init=False)

    def __post_init__(self) -> None:
        self.desk = Desk(self.project, self.jobs)

    def ask(
        self, method: str, path: str, *, client: str = "127.0.0.1", content: bytes | None = None, **headers: str
    ) -> httpx.Response:
        async def request() -> httpx.Response:
            mounted = Starlette(routes=[Mount(PREFIX, self.desk.app)])
            transport = httpx.ASGITransport(app=mounted, client=(client, 5000), raise_app_exceptions=True)
            async with httpx.AsyncClient(transport=transport, base_url=f"http://{HOST}") as browser:
                named = {name.replace("_", "-"): value for name, value in headers.items()}
                return await browser.request(method, path, content=content, headers=named)

        return asyncio.run(request())

    def get(self, path: str = "/", **headers: str) -> httpx.Response:
        return self.ask("GET", PREFIX + path, content=None, **headers)

    def post(self, path: str, values: dict[str, str], **headers: str) -> httpx.Response:
        data = str(httpx.QueryParams({"token": self.desk.token, **values})).encode()
        sent = {"origin": f"http://{HOST}", "content_type": "application/x-www-form-urlencoded", **headers}
        return self.ask("POST", PREFIX + path, content=data, **sent)

    def page(self, path: str = "", query: str = "") -> str:
        answer = self.get(f"/brief/{quote(path or self.path)}{query}")
        assert answer.status_code == 200, answer.text
        return answer.text

    def act(self, act: str, **values: str) -> httpx.Response:
        expected = values.pop("expected", "") or self.expected()
        return self.post(f"/brief/{quote(self.path)}", {"act": act, "expected": expected, **values})

    def save(self, expected: str = "", **changes: str) -> httpx.Response:
        """Sends the form for editing with some fields changed."""
        store = Store.open(self.project.briefs)
        brief = store.briefs[self.path]
        matter = brief.matter
        there = {
            "title": matter.title,
            "summary": matter.summary,
            "tags": "\n".join(matter.tags),
            "body": brief.body.strip("\n"),
        }
        was = {f"was_{name}": value for name, value in there.items()}
        return self.act("save", expected=expected, **{**was, **there, **changes})

    @property
    def path(self) -> str:
        return brief_of(self.project, "a").relative_to(self.project.briefs).as_posix()

    @property
    def file(self) -> Path:
        return self.project.briefs / self.path

    def expected(self) -> str:
        found = re.search(r'name="expected" value="(\w+)"', self.page())
        assert found is not None
        return found[1]
