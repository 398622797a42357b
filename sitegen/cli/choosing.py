"""Choosing: the options by which several commands choose briefs."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

from sitegen.cli.app import App

if TYPE_CHECKING:
    from sitegen.enrich.selection import Selection

    _Type = click.ParamType[dt.datetime]
else:
    _Type = click.ParamType  # older ones take no argument

Function = TypeVar("Function", bound=Callable[..., Any])

STATES = ("draft", "review", "published", "withdrawn", "pending", "empty", "failed", "dead", "deleted")
FLAGS = ("edited", "proposal", "facts", "stale", "gone", "approved", "changed", "future", "expired", "private")
"""As in ``sitegen.enrich.selection``, which takes longer to load than a command's help may."""
_UNITS = {"h": "hours", "d": "days", "w": "weeks"}


class Since(_Type):
    """A day, or how long ago: 2026-05-01, 12h, 7d, 2w."""

    name = "since"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> dt.datetime:
        if isinstance(value, dt.datetime):
            return value
        try:
            if found := re.fullmatch(r"(\d{1,4})([hdw])", value):
                ago = dt.timedelta(**{_UNITS[found[2]]: int(found[1])})
                return dt.datetime.now(dt.UTC) - ago
            return dt.datetime.combine(dt.date.fromisoformat(value), dt.time()).astimezone()
        except (ValueError, OverflowError):
            self.fail(
                f"{value!r} is neither a day such as 2026-05-01 nor how long ago, such as 12h, 7d or 2w.", param, ctx
            )


def near(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[str]:
    """For the shell: the names of the files of briefs that begin so. Reads no file but the settings."""
    from sitegen.errors import SitegenError

    try:
        project = context.ensure_object(App).project()
        names = sorted(path.stem for path in project.briefs.rglob("*.md"))
    except (SitegenError, OSError):
        return []
    return [name for name in names if name.startswith(incomplete)]


def selecting(function: Function) -> Function:
    """Adds the options; the command gets what they say from ``selection``."""
    many: dict[str, Any] = {"multiple": True}
    options = [
        click.option("--status", "states", type=click.Choice(STATES), help="Only those in this state.", **many),
        click.option("--flag", "flags", type=click.Choice(FLAGS), help="Only those with this flag.", **many),
        click.option("--tag", "tags", metavar="TOPIC", help="Only those with this topic.", **many),
        click.option(
            "--since", type=Since(), metavar="WHEN", help="Only those made or moved since: a day, 12h, 7d, 2w."
        ),
    ]
    for option in reversed(options):
        function = option(function)
    return function


def selection(
    *, states: tuple[str, ...], flags: tuple[str, ...], tags: tuple[str, ...], since: dt.datetime | None
) -> Selection:
    """What the options say."""
    from sitegen.enrich.selection import Selection

    return Selection(states, flags, tags, since)
