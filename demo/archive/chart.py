"""A bar chart of a few yearly figures."""

from __future__ import annotations

from collections.abc import Callable

from .page import Box, Page, Run, Stroke

HEIGHT = 104.0
_BAR, _SIZE = 22.0, 8.5


def draw_bars(
    page: Page, area: tuple[float, float, float], bars: list[tuple[str, int]], width: Callable[[str], float]
) -> None:
    """Draw bars from left to right into an area (left, top, right); each has its label below and its figure above."""
    left, top, right = area
    floor = top + HEIGHT - 22
    step = (right - left) / len(bars)
    most = max(value for _, value in bars) or 1
    page.strokes.append(Stroke(((left, floor), (right, floor)), 0.6, 60))
    for place, (label, value) in enumerate(bars):
        middle = left + step * (place + 0.5)
        peak = floor - (floor - top - 16) * value / most
        if value:
            page.boxes.append(Box(middle - _BAR / 2, peak, _BAR, floor - peak, 165))
        page.runs.append(Run(middle - width(str(value)) / 2, peak - 4, str(value), _SIZE))
        page.runs.append(Run(middle - width(label) / 2, floor + 12, label, _SIZE, "", 60))
