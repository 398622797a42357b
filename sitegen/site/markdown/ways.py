"""Ways: plain shapes go the quick way, all else goes to the parser, which is loaded when it is first needed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sitegen.site.markdown import quick
from sitegen.site.markdown.rendered import Profile, Rendered

if TYPE_CHECKING:
    from pluggy import PluginManager

_hooks: list[PluginManager] = []
"""The hooks of the build, when a plugin changes the parser; then all texts are for the parser."""


def render(text: str, profile: Profile, *, math: bool = False) -> Rendered:
    """Renders ``text``; with ``math``, a page may have formulas."""
    if profile == "brief" and not _hooks and (found := quick.render(text)) is not None:
        return found
    from sitegen.site.markdown.renderer import parsed

    return parsed(text, profile, math=math)


def configure(manager: PluginManager) -> None:
    """Lets the plugins behind ``manager``, and no others, change the parsers from now on."""
    _hooks[:] = [manager] if manager.hook.markdown_parser.get_hookimpls() else []


def hooks() -> PluginManager | None:
    """The hooks that change the parsers."""
    return _hooks[0] if _hooks else None
