"""The review desk as a web application of its own, which ``serve`` shows below ``/_review/``."""

from __future__ import annotations

import asyncio
import contextlib
import json
import secrets
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from functools import partial
from importlib import resources
from typing import TypeVar
from urllib.parse import quote

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response, StreamingResponse
from starlette.routing import Route

from sitegen.briefs.undo import Decision
from sitegen.errors import BriefChanged, BriefMissing, DeskBusy, FormRefused, SitegenError, UndoRefused, Unexpected
from sitegen.review import acts, passages
from sitegen.review.catalogue import Catalogue
from sitegen.review.documents import Documents
from sitegen.review.editing import Words, merged
from sitegen.review.guard import Form, Guard, checked, form, needed, pairs
from sitegen.review.jobs import Jobs
from sitegen.review.listing import SHOWN, Filter, Listing, row
from sitegen.review.paper import Paper
from sitegen.review.sheet import Passages, Sheet
from sitegen.settings import Project

PREFIX = "/_review"
_ASSETS = {
    "review.css": "text/css; charset=utf-8",
    "review.js": "text/javascript; charset=utf-8",
    "keys.js": "text/javascript; charset=utf-8",
    "icon.svg": "image/svg+xml",
}
_TICK_SECONDS = 1.0
_AGAIN = "What is shown now is the file as it is; look at it, and do it again."
T = TypeVar("T")
Handler = Callable[[Request], Awaitable[Response]]


class Desk:
    """The pages of the desk. ``app`` is what a server shows; it has to be below ``PREFIX``."""

    def __init__(self, project: Project, jobs: Jobs | None = None) -> None:
        self.token = secrets.token_urlsafe(32)
        """Each form must bring it along; another one for each process."""
        self._catalogue = Catalogue(project)
        self._documents = Documents()
        self._jobs = jobs or Jobs()
        self._lock = threading.Lock()
        self._paper = Paper(self.token)
        routes = [
            Route("/", self._told(self._list)),
            Route("/brief/{path:path}", self._told(self._brief), methods=["GET"]),
            Route("/brief/{path:path}", self._told(self._decide), methods=["POST"]),
            Route("/document/{path:path}", self._told(self._document)),
            Route("/all", self._told(self._decide_all), methods=["POST"]),
            Route("/undo", self._told(self._undo), methods=["POST"]),
            Route("/preview", self._told(self._preview), methods=["POST"]),
            Route("/job", self._told(self._job)),
            Route("/job/news", self._told(self._news)),
            Route("/assets/{name}", _asset),
        ]
        self.app = Starlette(routes=routes, middleware=[Middleware(Guard)])

    def _told(self, handler: Handler) -> Handler:
        """The handler, with what goes wrong as a page that says so."""

        async def answer(request: Request) -> Response:
            try:
                return await handler(request)
            except SitegenError as error:
                return self._wrong(error)
            except Exception as error:
                return self._wrong(Unexpected(f"{type(error).__name__}: {error}"), 500)

        return answer

    def _wrong(self, error: SitegenError, status: int = 0) -> Response:
        return self._page("wrong.html", status or _status(error), problems=error.problems, written=None)

    def _page(self, name: str, status: int = 200, **values: object) -> Response:
        return HTMLResponse(self._paper.page(name, **values), status)

    async def _apart(self, work: Callable[[], T]) -> T:
        """Work with files: beside the event loop, and one at a time."""

        def alone() -> T:
            with self._lock:
                self._catalogue.look()
                return work()

        return await asyncio.to_thread(alone)

    # -------------------------------------------------------------------------------------------------------- reading

    async def _list(self, request: Request) -> Response:
        listing = await self._apart(partial(self._listing, Filter.of(request.query_params)))
        number = request.query_params.get("page", "1")
        page = max(1, int(number)) if number.isdecimal() and len(number) < 7 else 1
        rows = listing.shown[(page - 1) * SHOWN : page * SHOWN]

        def look() -> tuple[dict[str, str], Decision | None]:
            paths = [row.path for row in rows if row.path is not None]
            return {path: self._catalogue.hash_of(path) for path in paths}, self._catalogue.undo()

        hashes, undo = await self._apart(look)
        return self._page(
            "list.html",
            listing=listing,
            rows=rows,
            page=page,
            size=SHOWN,
            broken=self._catalogue.store.broken,
            done=_said(request),
            hashes=hashes,
            undo=undo,
        )

    def _listing(self, wanted: Filter) -> Listing:
        catalogue = self._catalogue
        private = catalogue.kept_back()
        rows = [(line, catalogue.path_of(line)) for line in catalogue.lines]
        return Listing([row(line, path, private=path in private) for line, path in rows], wanted)

    async def _brief(self, request: Request) -> Response:
        path = request.path_params["path"]
        sheet = await self._apart(partial(Sheet.of, self._catalogue, path))
        sheet.editing = "edit" in request.query_params
        sheet.wanted = request.query_params.get("at", "")
        return await self._sheet(request, sheet, _said(request))

    async def _sheet(self, request: Request, sheet: Sheet, done: str = "", status: int = 200) -> Response:
        wanted = Filter.of(request.query_params)
        listing = await self._apart(partial(self._listing, wanted))
        before, after = listing.neighbours(sheet.path)
        found = await self._found(sheet) if "document" in request.query_params else None
        return self._page(
            "brief.html",
            status,
            sheet=sheet,
            before=before,
            after=after,
            query=wanted.query(),
            done=done,
            found=found,
            job=self._jobs.last,
            engine=self._catalogue.project.settings.engine.kind,
        )

    async def _document(self, request: Request) -> Response:
        """The text of the document for the page that asks for it, as a piece of HTML."""
        sheet = await self._apart(partial(Sheet.of, self._catalogue, request.path_params["path"]))
        return self._page("document.html", sheet=sheet, found=await self._found(sheet))

    async def _found(self, sheet: Sheet) -> Passages | SitegenError:
        source = sheet.brief.matter.source
        if source is None:
            return BriefMissing("this brief names no document", place=sheet.path, remedy="It was written by hand.")
        try:
            document = await self._documents.get(self._catalogue.project, source)
        except SitegenError as error:
            return error
        return await asyncio.to_thread(Passages.of, sheet, document)

    async def _preview(self, request: Request) -> Response:
        given = checked(await form(request), self.token)
        html = await asyncio.to_thread(passages.rendered, needed(given, "body"))
        return HTMLResponse(html)

    async def _job(self, request: Request) -> Response:
        job = self._jobs.last
        return JSONResponse(job.as_dict() if job else None)

    async def _news(self, request: Request) -> Response:
        """How the job stands whenever that changes, and each second, until it has ended."""
        loop, changed = asyncio.get_running_loop(), asyncio.Event()

        async def news() -> AsyncIterator[str]:
            with self._jobs.heard(lambda: loop.call_soon_threadsafe(changed.set)):
                ended = False
                while not ended:
                    changed.clear()
                    job = self._jobs.last
                    ended = job is None or job.ended
                    yield f"data: {json.dumps(job.as_dict() if job else None)}\n\n"
                    if not ended:
                        with contextlib.suppress(TimeoutError):
                            async with asyncio.timeout(_TICK_SECONDS):
                                await changed.wait()

        return StreamingResponse(news(), media_type="text/event-stream")

    # ------------------------------------------------------------------------------------------------------- deciding

    async def _decide(self, request: Request) -> Response:
        given, path = await form(request), request.path_params["path"]
        try:
            return await self._done(request, path, given)
        except SitegenError as error:
            written = Words.sent(given) if given.get("act") == "save" else None
            return self._page("wrong.html", _status(error), problems=error.problems, written=written)

    async def _done(self, request: Request, path: str, given: Form) -> Response:
        checked(given, self.token)
        act = needed(given, "act")
        try:
            if act == "regenerate":
                done = await self._apart(partial(self._regenerate, path, given))
            else:
                done = await self._apart(partial(acts.do, self._catalogue, path, act, given))
        except BriefChanged as error:
            return await self._again(request, path, act, given, error)
        except (BriefMissing, FormRefused):
            raise
        except SitegenError as error:
            sheet = await self._apart(partial(Sheet.of, self._catalogue, path))
            sheet.problems, sheet.unsaved = error.problems, given.get("instead", "")
            if act == "save":
                sheet.words, sheet.editing = Words.sent(given), True
            return await self._sheet(request, sheet, status=_status(error))
        query = Filter.of(request.query_params).query()
        place = f"{PREFIX}/brief/{quote(path)}{query}{'&' if query else '?'}done={done}"
        return RedirectResponse(place, 303)

    async def _decide_all(self, request: Request) -> Response:
        """One act for all that were picked in the list, and what became of each."""
        sent = await pairs(request)
        given = checked(dict(sent), self.token)
        picked = [(path, hash_) for name, value in sent if name == "pick" for hash_, _, path in [value.partition(" ")]]
        if not picked:
            raise FormRefused("nothing was picked", remedy="Pick briefs in the list first.")
        act, query = needed(given, "act"), Filter.of(request.query_params).query()
        results = await self._apart(partial(acts.do_all, self._catalogue, act, picked, given))
        undo = await self._apart(self._catalogue.undo)
        return self._page("results.html", results=results, act=act, query=query, undo=undo)

    async def _undo(self, request: Request) -> Response:
        given, query = checked(await form(request), self.token), Filter.of(request.query_params).query()
        decision = await self._apart(partial(acts.undo, self._catalogue, given))
        (path, *more) = decision.paths
        place = f"{PREFIX}/" if more else f"{PREFIX}/brief/{quote(path)}"
        return RedirectResponse(f"{place}{query}{'&' if query else '?'}done=undo", 303)

    def _regenerate(self, path: str, given: Form) -> str:
        self._documents.forget()
        project, note = self._catalogue.project, given.get("note")
        self._jobs.begin(project, path, acts.source_of(self._catalogue, path), note)
        return "regenerating"

    async def _again(self, request: Request, path: str, act: str, given: Form, error: BriefChanged) -> Response:
        """The brief as it is on disk now; what was written in the form meanwhile is merged into it, and not saved."""

        def look() -> Sheet:
            sheet = Sheet.of(self._catalogue, path)
            sheet.problems = [BriefChanged(error.message, place=error.place, remedy=_AGAIN)]
            sheet.unsaved = given.get("instead", "")
            if act == "save":
                base, mine = Words.sent(given, "was_"), Words.sent(given)
                sheet.words, sheet.clashes = merged(base, sheet.text, mine, path, prefer_mine="mine" in given)
                sheet.editing, sheet.mine, sheet.sent = True, mine, given
            return sheet

        return await self._sheet(request, await self._apart(look), status=409)


def _said(request: Request) -> str:
    """What an address asks to be told, if it is one of our own sentences."""
    return acts.DONE.get(request.query_params.get("done", ""), "")


def _status(error: SitegenError) -> int:
    if isinstance(error, BriefMissing):
        return 404
    if isinstance(error, FormRefused):
        return 403
    return 409 if isinstance(error, BriefChanged | DeskBusy | UndoRefused) else 422


async def _asset(request: Request) -> Response:
    name = request.path_params["name"]
    if name not in _ASSETS:
        return Response("There is no such page.\n", 404, media_type="text/plain")
    data = (resources.files("sitegen.review") / "assets" / name).read_bytes()
    return Response(data, headers={"Content-Type": _ASSETS[name]})
