"""Shortcodes: what a rendered text leaves to the theme, filled in when a template asks for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sitegen.site.markdown import worded

if TYPE_CHECKING:
    from sitegen.site.stored import StoredPage
    from sitegen.site.theme import Theme


class Shortcodes:
    """Fills the placeholders of rendered texts."""

    def __init__(self, theme: Theme) -> None:
        self._theme = theme

    def finish(self, page: StoredPage, html: str) -> str:
        """The text of a page, complete."""
        return worded(html, self._theme.title_of)
