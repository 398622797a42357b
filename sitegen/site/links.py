"""Links: where the links of Markdown files lead, and whether there is anything."""

from __future__ import annotations

import posixpath
from collections.abc import Collection, Mapping
from urllib.parse import quote, unquote, urljoin, urlsplit

from sitegen.errors import LinkBroken, Place


class Links:
    """Finds the address behind a link as it is written in a Markdown file.

    A link may name a Markdown file or another file of ``content/`` by its path from the file it stands in, as editors
    and code hosts do, or an address of the site: from the root (``/about/``) or from the page's own address.
    """

    def __init__(
        self,
        base: str,
        outputs: Collection[str],
        files: Mapping[str, str],
        hidden: Collection[str],
        anchors: dict[str, Collection[str]],
    ) -> None:
        """``base`` is the base path; ``files`` maps paths below the site's folder to addresses, ``hidden`` are those of
        pages that are not shown, and ``anchors`` maps addresses of pages to the ids in their text."""
        self._base = base
        self._outputs = outputs
        self._files = files
        self._hidden = hidden
        self._anchors = anchors

    def learn(self, url: str, anchors: Collection[str]) -> None:
        """The text of the page at ``url`` has other ids now."""
        self._anchors[url] = anchors

    def resolve(self, href: str, path: str, url: str) -> tuple[str, str]:
        """The address for ``href``, written in the file ``path`` of the page ``url``, and what is wrong with it."""
        try:
            parts = urlsplit(href)
        except ValueError:
            return href, "is not an address"
        if not parts.path:
            return href, self._check_anchor(url, parts.fragment)
        target = unquote(parts.path)
        tail = (f"?{parts.query}" if parts.query else "") + (f"#{parts.fragment}" if parts.fragment else "")
        if not target.startswith("/"):
            file = posixpath.normpath(posixpath.join(posixpath.dirname(path), target))
            if file in self._files:
                found = self._files[file]
                return found + tail, self._check_anchor(found, parts.fragment)
            if file in self._hidden:
                return href, "leads to a page that is not published"
            target = urljoin(url, parts.path)
        else:
            target = self._base + parts.path[1:]
        return target + tail, self._check(unquote(target), parts.fragment)

    def broken(self, href: str, reason: str, place: Place) -> LinkBroken:
        return LinkBroken(f"the link to {href[:200]!r} {reason}", place=place)

    def exists(self, url: str) -> bool:
        """Whether the site has an output at a root-relative address."""
        if not url.startswith(self._base):
            return False
        output = unquote(urlsplit(url).path)[len(self._base) :]
        return output in self._outputs or posixpath.join(output, "index.html") in self._outputs

    def _check(self, url: str, fragment: str) -> str:
        if not self.exists(quote(url)):
            return "leads nowhere: this site has no such page"
        return self._check_anchor(url, fragment)

    def _check_anchor(self, url: str, fragment: str) -> str:
        known = self._anchors.get(url)
        name = unquote(fragment)
        if not name or known is None or name in known:
            return ""
        return f"leads to a page without the anchor {name!r}"
