"""Quiet hours: when the daemon may publish by itself, and how often."""

from __future__ import annotations

import datetime as dt
import json
import re
from pathlib import Path

from sitegen import files

_HOURS = re.compile(r"(\d{2}):(\d{2})-(\d{2}):(\d{2})")


class Allowance:
    """How often a day something is published, outside of ``quiet`` hours such as ``22:00-07:00``; kept in a file."""

    def __init__(self, path: Path, quiet: str, a_day: int) -> None:
        self._path, self._quiet, self._a_day = path, quiet, a_day

    def wait(self, now: dt.datetime) -> float:
        """Seconds until something may be published; 0 when it may be now. ``now`` is the wall's clock."""
        found = quiet_until(self._quiet, now)
        if len(self._today(now)) >= self._a_day:
            tomorrow = (now + dt.timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
            found = max(found or tomorrow, tomorrow)
        return max((found - now).total_seconds(), 1) if found else 0

    def took(self, now: dt.datetime) -> None:
        """Notes that something was published."""
        files.write_atomic(self._path, json.dumps([*self._today(now), now.isoformat()]))

    def _today(self, now: dt.datetime) -> list[str]:
        try:
            found = json.loads(self._path.read_text())
        except (OSError, ValueError):
            return []
        return [str(at) for at in found if str(at).startswith(f"{now:%Y-%m-%d}")] if isinstance(found, list) else []


def quiet_until(hours: str, now: dt.datetime) -> dt.datetime | None:
    """When the quiet hours that ``now`` is in are over; None when it is in none."""
    found = _HOURS.fullmatch(hours)
    if found is None:
        return None
    first, last = (dt.time(int(found[place]), int(found[place + 1])) for place in (1, 3))
    time = now.time()
    inside = first <= time < last if first <= last else time >= first or time < last
    if not inside:
        return None
    end = now.replace(hour=last.hour, minute=last.minute, second=0, microsecond=0)
    return end if end > now else end + dt.timedelta(days=1)
