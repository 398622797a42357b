"""What ``sitegen doctor`` says about a Paperless server."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable

from sitegen.errors import SitegenError, SourceForbidden
from sitegen.settings import Paperless
from sitegen.sources.base import Finding
from sitegen.sources.paperless import lookups
from sitegen.sources.paperless.api import Api
from sitegen.sources.paperless.lookups import Lookups, Scope

SAMPLE = "100"
"""How many documents are looked at for ids that mean nothing to the user."""
_LISTS = {"tags": "tags/", "correspondents": "correspondents/", "document types": "document_types/"}


async def check(api: Api, settings: Paperless) -> list[Finding]:
    """One finding a question, in the order in which they depend on each other; ends at the first that stops all."""
    findings = []
    try:
        async for finding in _findings(api, settings):
            findings.append(finding)
    except SitegenError as error:
        findings += [_wrong("Paperless", problem) for problem in error.problems]
    return findings


async def _findings(api: Api, settings: Paperless) -> AsyncIterator[Finding]:
    page = await api.page("documents/", {"page_size": "1", "fields": "id"})
    version = api.server_version or "of unknown version"
    yield Finding("Paperless", "ok", f"{settings.url} answers: Paperless-ngx {version}, API {api.version}")
    yield Finding("token", "ok", f"accepted; its user sees {page.count if page else 0} documents")
    allowed = True
    for name, path in _LISTS.items():
        finding = await _permission(api, name, path)
        allowed = allowed and finding.state == "ok"
        yield finding
    if not allowed:
        return
    names = await lookups.fetch(api)
    try:
        scope = lookups.scope(settings, names)
    except SitegenError as error:
        for problem in error.problems:
            yield _wrong("tag", problem)
        return
    yield Finding("tag", "ok", f"{settings.publish_tag!r} exists")
    async for finding in _documents(api, settings, names, scope):
        yield finding


async def _permission(api: Api, name: str, path: str) -> Finding:
    try:
        await api.page(path, {"page_size": "1"})
    except SourceForbidden as error:
        return _wrong(name, error)
    return Finding(name, "ok", f"the user may see {name}")


async def _documents(api: Api, settings: Paperless, names: Lookups, scope: Scope) -> AsyncIterator[Finding]:
    fields = {"fields": "id,tags,correspondent,document_type", "page_size": SAMPLE}
    page = await api.page("documents/", {**scope.params, **fields})
    count = page.count if page else 0
    if not count:
        remedy = "Give the tag to a document in Paperless; only tagged documents are pulled."
        yield Finding("documents", "warning", f"none carries {settings.publish_tag!r}", remedy)
    else:
        yield Finding("documents", "ok", f"{count} can be pulled")
    results = page.results if page else []
    hidden = {
        "tags": _ids(tag for result in results for tag in result.get("tags") or ()) - names.tags.keys(),
        "correspondents": _ids(result.get("correspondent") for result in results) - names.correspondents.keys(),
        "document types": _ids(result.get("document_type") for result in results) - names.document_types.keys(),
    }
    for name, ids in hidden.items():
        if ids:
            remedy = "Share them with the user of the token in Paperless, or let them have no owner."
            yield Finding(name, "warning", f"{len(ids)} that documents refer to may not be seen", remedy)


def _ids(values: Iterable[object]) -> set[int]:
    return {value for value in values if isinstance(value, int)}


def _wrong(topic: str, error: SitegenError) -> Finding:
    return Finding(topic, "error", str(error), error.remedy)
