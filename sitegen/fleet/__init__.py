"""The fleet: machines that do the engine's work for one site, by way of Dramatiq over Redis.

``coordinator`` is an ``Engine`` for the pipeline, whose journal stays the truth; ``worker`` does the work elsewhere.
Everything between them is a signed message (``messages``, ``seal``). Needs the extra ``sitegen[fleet]``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sitegen.errors import FleetMissing
from sitegen.settings import Project

if TYPE_CHECKING:
    from sitegen.fleet.coordinator import FleetEngine


def open_fleet(project: Project) -> FleetEngine:
    """The engine of a site whose settings name a broker. Raises ``FleetMissing`` without the extra, ``SecretMissing``
    without a key, ``PromptBroken`` for prompts of the site that cannot be used."""
    check_installed()
    from sitegen.fleet.coordinator import FleetEngine

    return FleetEngine(project)


def check_installed() -> None:
    """Raises ``FleetMissing``."""
    from importlib.util import find_spec

    missing = [name for name in ("dramatiq", "redis") if find_spec(name) is None]
    if missing:
        raise FleetMissing(f"{' and '.join(missing)} cannot be imported")
