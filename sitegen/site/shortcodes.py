"""Shortcodes: what a rendered text leaves to the theme, filled in when a template asks for it.

A shortcode is a macro in a template of its name. What it reads is recorded for the output that is being made, like all
that templates read; and so are its own template and the addresses that it asks for.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from markupsafe import Markup

from sitegen.errors import Place, ShortcodeFailed, ShortcodeUnknown, SitegenError
from sitegen.site import tracking
from sitegen.site.markdown import Call, called, worded
from sitegen.site.markdown.addresses import external
from sitegen.site.words import Problem, near

if TYPE_CHECKING:
    from jinja2.runtime import Macro

    from sitegen.site.links import Links
    from sitegen.site.stored import StoredPage
    from sitegen.site.theme import Theme
    from sitegen.site.tracking import Digests


SHORTCODE, LINK, EDITION = "shortcode:", "link:", "edition:"
"""How the names of recorded reads begin: of a shortcode, of an address, and of what all templates of an edition see."""


class Shortcodes:
    """Fills the placeholders of rendered texts."""

    def __init__(self, theme: Theme, pages: Iterable[StoredPage], links: Links) -> None:
        self._theme, self._links = theme, links
        self._pages = {page.path: page for page in pages if page.record.calls}
        self._busy: list[str] = []
        """The pages whose texts are being filled, one for the other."""

    def finish(self, page: StoredPage, html: str) -> str:
        """The text of a page, complete. Raises ``ShortcodeFailed`` or ``TemplateBroken``."""
        edition = self._theme.edition_for(page.language)
        # Feeds show texts, too, but do not depend by themselves on words, menus and all else that macros see.
        tracking.note(f"{EDITION}{edition}")
        tracking.note(f"{EDITION}{self._theme.spoken}")
        html = worded(html, lambda kind: self._theme.title_of(kind, edition))
        if not page.record.calls:
            return html
        calls = [Call(*call) for call in page.record.calls]
        if page.path in self._busy:
            raise Problem(f"the text of {page.path} holds a shortcode that asks for this text")
        self._busy.append(page.path)
        try:
            return called(html, lambda number, body: self._call(page, calls[number], body))
        finally:
            self._busy.pop()

    def problems(self) -> Iterator[SitegenError]:
        """What is wrong with the calls of all pages, as far as can be told without running them."""
        return self._problems(self._pages.values())

    def problems_of(self, page: StoredPage) -> Iterator[SitegenError]:
        """What is wrong with the calls of one page."""
        return self._problems([page] if page.record.calls else [])

    def renew(self, page: StoredPage) -> None:
        """Takes on the calls of a page whose text has changed."""
        self._pages.pop(page.path, None)
        if page.record.calls:
            self._pages[page.path] = page

    def _problems(self, pages: Iterable[StoredPage]) -> Iterator[SitegenError]:
        known = set(self._theme.shortcodes)
        macros: dict[str, Macro | SitegenError] = {}
        for page in pages:
            for call in map(Call._make, page.record.calls):
                place = Place(page.path, call.line)
                if call.name not in known:
                    yield ShortcodeUnknown(f"there is no shortcode {call.name!r}{near(call.name, known)}", place=place)
                    continue
                if call.name not in macros:
                    macros[call.name] = self._macro(page, call.name)
                    if isinstance(found := macros[call.name], SitegenError):
                        yield found
                macro = macros[call.name]
                if not isinstance(macro, SitegenError) and (reason := _misfit(macro, call)):
                    yield ShortcodeFailed(reason, place=place)

    def teach(self, digests: Digests) -> None:
        """Tells the digests of what is read here."""
        digests.learn(SHORTCODE, lambda name: self._theme.closure(f"shortcodes/{name}.html"))
        digests.learn(LINK, self._link_digest)

    def _link_digest(self, asked: str) -> bytes:
        """Of where a link of a page leads. Raises ``KeyError`` when the page is gone."""
        path, _, href = asked.partition("\n")
        return tracking.digest(self._links.resolve(href, path, self._pages[path].url))

    def _macro(self, page: StoredPage, name: str) -> Macro | SitegenError:
        try:
            return self._theme.macro(name, page=page, link=lambda href: self._link(page, href))
        except SitegenError as error:
            return error

    def _call(self, page: StoredPage, call: Call, body: str) -> str:
        tracking.note(f"{SHORTCODE}{call.name}")
        macro = self._macro(page, call.name)
        if isinstance(macro, SitegenError):
            raise macro
        named = dict(call.named)
        if call.body:
            named["caller"] = lambda: Markup(body)  # noqa: S704  # what markdown.render made
        try:
            with self._theme.told(f"shortcodes/{call.name}.html"):
                return str(macro(*call.values, **named))
        except ShortcodeFailed:
            raise
        except SitegenError as error:
            reason = f"the shortcode {call.name!r} fails: {error.message} ({error.place})"
            raise ShortcodeFailed(reason, place=Place(page.path, call.line)) from error

    def _link(self, page: StoredPage, href: str) -> str:
        """The address behind a link as it is written in the page. Raises ``Problem`` when it leads nowhere."""
        if external(href):
            return href
        tracking.note(f"{LINK}{page.path}\n{href}")
        url, reason = self._links.resolve(href, page.path, page.url)
        if reason:
            raise Problem(f"the link to {href[:200]!r} {reason}")
        return url


def _misfit(macro: Macro, call: Call) -> str:
    """Why the call does not fit the macro; empty when it does."""
    name, arguments = call.name, macro.arguments
    if len(call.values) > len(arguments) and not macro.catch_varargs:
        takes = f"takes {len(arguments)} values, not {len(call.values)}"
        return f"the shortcode {name!r} {takes if arguments else 'takes no arguments'}"
    for key, _ in call.named:
        if key in arguments[: len(call.values)]:
            return f"the shortcode {name!r} is given {key!r} twice"
        if key not in arguments and not macro.catch_kwargs:
            return f"the shortcode {name!r} has no argument {key!r}{near(key, arguments)}"
    return f"the shortcode {name!r} takes no body" if call.body and not macro.caller else ""
