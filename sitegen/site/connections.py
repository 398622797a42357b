"""Connections: what ties pages together once it is settled what there will be: links, images, addresses."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from sitegen.errors import AddressTaken, LinkBroken, Place
from sitegen.site.address import quoted
from sitegen.site.inputs import Inputs
from sitegen.site.links import Links
from sitegen.site.scope import Scope
from sitegen.site.stored import StoredPage

if TYPE_CHECKING:
    from sitegen.site.content import Content


def connect(content: Content, scope: Scope, outputs: Mapping[str, str]) -> None:
    """Fills in the links of all pages, with a warning for each that leads nowhere; ``outputs`` are all that will be."""
    names = scope.name_of
    by_file = {page.path: page.url for page in content.all}
    by_file |= {names(key): scope.base + quoted(output) for output, key in content.copies.items()}
    anchors: dict[str, Collection[str]] = {page.url: page.record.anchors for page in content.all}
    links = content.links = Links(scope.base, outputs, by_file, {names(key) for key in content.hidden}, anchors)
    for page in content.all:
        if page.record.links or page.image:
            tie(page, content)
    for entry in (entry for found in content.editions for entry in found.edition.scope.settings.site.menu):
        if entry.url.startswith("/") and not links.exists(scope.base + entry.url[1:].partition("#")[0]):
            content.warnings.append(
                LinkBroken(f"the menu's {entry.title!r} leads to {entry.url}, which is not there", place="sitegen.toml")
            )
            content.broken.append((scope.base, scope.base + entry.url[1:]))


def tie(page: StoredPage, content: Content) -> None:
    """Fills in the links of one page."""
    links = content.links
    targets: list[str] = []
    for number, (href, line) in enumerate(page.record.links):
        if page.record.images and number in page.record.images and content.gallery:
            image = content.gallery.find(href, page.path)
            if image is not None:
                targets.append(_show(page, number, image, line, content))
                continue
        url, reason = links.resolve(href, page.path, page.url)
        targets.append(url)
        if reason:
            content.warnings.append(links.broken(href, reason, Place(page.path, line)))
            content.broken.append((page.url, url))
    page.targets = tuple(targets)
    if page.image:
        _check_card(page, page.image, content, links)


def _show(page: StoredPage, number: int, image: str, line: int, content: Content) -> str:
    """Has a page show an image; returns what stands for it in the page's digest."""
    page.images[number], page.gallery = image, content.gallery
    if problem := content.gallery.show(image, Place(page.path, line)):
        content.problems.append(problem)
    return f"image:{image}"


def _check_card(page: StoredPage, image: str, content: Content, links: Links) -> None:
    """Tells what is wrong with the picture that the front matter names."""
    from sitegen.site.markdown.addresses import external

    if external(image):
        return
    key = content.gallery.find(image, page.path)
    if key is not None:
        if problem := content.gallery.show(key, Place(page.path)):
            content.problems.append(problem)
        return
    _, reason = links.resolve(image, page.path, page.url)
    if reason:
        reason = reason.replace("no such page", "no such file")
        content.warnings.append(LinkBroken(f"the picture {image[:200]!r} {reason}", place=page.path))


def seal(content: Content, inputs: Inputs) -> None:
    """Works out the digest of each page, when its links are filled in."""
    for page in content.all:
        page.seal(inputs.sha(page.key))


def collisions(claims: Sequence[tuple[str, str]]) -> Iterator[AddressTaken]:
    """A problem for each output path that is claimed twice; ``claims`` are paths with what claims them.

    Paths that differ in capitals only are one file on many disks.
    """
    owners: dict[str, str] = {}
    told: set[tuple[str, str]] = set()  # a page and its twin are one problem
    for path, owner in claims:
        first = owners.setdefault(path.lower(), owner)
        if first is not owner and (first, owner) not in told:
            told.add((first, owner))
            address = f"/{path.removesuffix('index.html')}"
            yield AddressTaken(f"the address {address} is also that of {first}", place=owner)
