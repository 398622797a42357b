"""Status: the small page for people: what is going on, what went wrong, how much was done. It shows itself anew."""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
from collections import Counter
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from sitegen.watch.standing import HOURS, now

if TYPE_CHECKING:
    from sitegen.watch.standing import Standing

_ASSETS = Path(__file__).parent / "assets"
SHOWN = 30
"""Runs on the page."""
_LEFT, _TOP, _WIDE, _HIGH, _STEP = 34, 10, 760, 130, 30
"""Of the chart, in its own units: space for numbers, above the bars, all of it, the bars, and from bar to bar."""


def page(standing: Standing) -> str:
    """The page."""
    at = now()
    return _environment().get_template("status.html").render(
        standing=standing,
        now=at,
        uptime=(at - standing.started).total_seconds(),
        problems=standing.checks(),
        doing=", ".join(standing.doing),
        hand=_hand(standing),
        free=standing.free,
        runs=list(standing.runs)[::-1][:SHOWN],
        chart=chart(standing.throughput.last(), at),
        css=_asset("status.css"),
        js=_asset("status.js"),
        time=clock,
        span=span,
        size=size,
    )  # fmt: skip


@cache
def policy() -> str:
    """What the page may do: its own script, its own style, and asking for itself."""
    digest = base64.b64encode(hashlib.sha256(_asset("status.js").encode()).digest()).decode()
    return (
        f"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{digest}'; connect-src 'self'; "
        "img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )


@cache
def _environment() -> Environment:
    return Environment(loader=FileSystemLoader(_ASSETS), autoescape=True, undefined=StrictUndefined, trim_blocks=True)


@cache
def _asset(name: str) -> Markup:
    return Markup((_ASSETS / name).read_text(encoding="utf-8"))  # noqa: S704  # files of ours


def _hand(standing: Standing) -> str:
    if "pull" not in standing.doing or not (standing.hand or standing.hand_total):
        return ""
    total = f" of {standing.hand_total}" if standing.hand_total else ""
    return f"{standing.hand}{total} documents done"


def clock(at: dt.datetime) -> str:
    """The time of a day, with the day when it is another one than today."""
    return f"{at:%H:%M:%S}" if at.date() == now().date() else f"{at:%Y-%m-%d %H:%M}"


def span(seconds: float) -> str:
    """A duration, as people say it."""
    if seconds < 10:
        return f"{max(seconds, 0):.1f} s"
    for name, size, most in (("s", 1, 120), ("min", 60, 120 * 60), ("h", 3600, 48 * 3600)):
        if seconds < most:
            return f"{seconds / size:.0f} {name}"
    return f"{seconds / 86400:.0f} days"


def size(count: int) -> str:
    """Bytes, as people say it."""
    value = float(count)
    for unit in ("bytes", "kB", "MB", "GB"):
        if value < 1000:
            return f"{value:.0f} {unit}"
        value /= 1000
    return f"{value:.1f} TB"


# ------------------------------------------------------------------------------------------------------------ the chart


def chart(hours: Sequence[Counter[str]], at: dt.datetime) -> Markup:
    """Documents of each of the last hours as bars, with the numbers for those who do not see them."""
    totals = [sum(hour.values()) for hour in hours]
    most = _round_up(max(*totals, 1))
    base = _TOP + _HIGH
    grid = "".join(
        f'<line x1="{_LEFT}" x2="{_WIDE}" y1="{base - _HIGH * part:g}" y2="{base - _HIGH * part:g}"/>'
        f'<text x="{_LEFT - 6}" y="{base - _HIGH * part + 4:g}" text-anchor="end">{most * part:g}</text>'
        for part in (0, 0.5, 1)
    )
    bars = "".join(_bar(place, hour, most, at) for place, hour in enumerate(hours))
    marks = "".join(
        f'<text x="{_LEFT + place * _STEP + 15}" y="{base + 16}" text-anchor="middle">'
        f"{at - dt.timedelta(hours=len(hours) - 1 - place):%H}</text>"
        for place in range(0, len(hours), 3)
    )
    failed = sum(hour["failed"] for hour in hours)
    words = f"{sum(totals)} documents in {HOURS} hours, {failed} of them failed; {max(totals)} in the busiest hour."
    return Markup(  # noqa: S704  # numbers alone
        f'<figure><div class="scroll" tabindex="0" role="region" aria-label="Documents an hour">'
        f'<svg viewBox="0 0 {_WIDE} {base + 22}" role="img" aria-label="{words}">{grid}{bars}{marks}</svg></div>'
        f"<figcaption>{words} The hours are of UTC.</figcaption></figure>"
    )


def _bar(place: int, hour: Counter[str], most: int, at: dt.datetime) -> str:
    """One hour: what was done below, what failed above it."""
    parts, top = "", float(_TOP + _HIGH)
    begins = at - dt.timedelta(hours=HOURS - 1 - place)
    for outcome in ("done", "failed"):
        if hour[outcome]:
            high = hour[outcome] * _HIGH / most
            top -= high
            parts += (
                f'<rect class="{outcome}" x="{_LEFT + place * _STEP + 4}" y="{top:.1f}" width="{_STEP - 8}" '
                f'height="{high:.1f}"><title>{begins:%H} h: {hour[outcome]} {outcome}</title></rect>'
            )
    return parts


def _round_up(count: int) -> int:
    """A number for the top of an axis that can be halved: 2, 4, 10, 20, 40, 100, …"""
    unit = 1
    while True:
        for step in (2, 4, 10):
            if count <= step * unit:
                return step * unit
        unit *= 10
