"""Redirecting: the former addresses of this site's pages and settings, and the files that lead on from them."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping, Sequence
from urllib.parse import unquote

from sitegen import files, head, root
from sitegen.errors import Place
from sitegen.site import withdrawn
from sitegen.site.machines import redirects
from sitegen.site.machines.redirects import Redirects, Rule
from sitegen.site.output import Output
from sitegen.site.stored import StoredPage
from sitegen.site.tracking import digest
from sitegen.site.whole import Site


def lay_out(site: Site, outputs: Sequence[Output]) -> Redirects:
    """All former addresses, checked; ``site`` is the edition at the root, ``outputs`` are all others of the site."""
    gone = any(edition.withdrawn for edition in site.editions or (site,))
    rules = list(_rules(site))
    if not rules and not gone:
        return Redirects()
    owners = {output.path: output.owner for output in outputs}
    rules += _gone(site, owners)

    def exists(address: str) -> bool:
        path = unquote(address)[1:]
        return path in owners or f"{path}index.html" in owners

    return redirects.gather(rules, owners, exists)


def _rules(site: Site) -> Iterator[Rule]:
    for edition in site.editions or (site,):
        for page in edition.all:
            if page.draft:
                continue
            for alias in page.aliases:
                new = f"/{page.url[len(site.base) :]}"
                yield Rule(alias, new, 301, functools.partial(_of_page, page, site), page.title, page.language)
    for number, stated in enumerate(site.settings.redirects):
        yield Rule(stated.old, stated.new, stated.status, functools.partial(_of_settings, number, site))


def _gone(site: Site, owners: Mapping[str, str]) -> Iterator[Rule]:
    """The addresses of pages that were withdrawn, which give way to all others."""
    for edition in site.editions or (site,):
        prefix = f"/{edition.base[len(site.base) :]}"
        for found in edition.withdrawn:
            old = f"{prefix}{found.local}"
            notice = f"{old}{withdrawn.GONE}"
            new = notice if owners.get(notice[1:]) == found.path else ""
            place = functools.partial(Place, found.path)
            for address in (old, *found.aliases):
                yield Rule(address, new, 410, place, owner=found.path)


def _of_settings(number: int, site: Site) -> Place:
    from sitegen import settings

    return Place(root.FILE_NAME, settings.place_of(site.scope.root, "redirects", number, "from").line)


def _of_page(page: StoredPage, site: Site) -> Place:
    text = files.decode(site.inputs.read(page.key), page.path)
    return Place(page.path, head.line_of(text, "aliases"))


def outputs(site: Site, found: Redirects) -> Iterator[Output]:
    """The file of all redirects, and the page of each that can have one."""
    if not found.rules:
        return
    data = redirects.lines(found.rules, site.base)
    yield Output("_redirects", "_redirects", parts=("redirects", digest(data)), make=lambda: data)
    for path, rule in found.pages.items():
        made = redirects.page(rule, site.base, site.base_url, site.info.language)
        owner = f"the former address {rule.old}"
        yield Output(path, owner, parts=("redirect", digest(made)), make=functools.partial(bytes, made))
