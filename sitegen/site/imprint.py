"""Imprint: the settings of a site that were checked before, kept as plain values and had again without their models.

Loading pydantic and building the models of all settings takes longer than a build after an edit. An imprint has only
what has a say in a build, so no secret; and there is none for a site whose plugins or collections may want the models.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from sitegen.project import ELSEWHERE, Project

if TYPE_CHECKING:
    from sitegen.settings import Settings

_TABLE, _PATH, _LIST, _DICT = "table", "path", "list", "dict"


class Table:
    """A table of the settings, with the attributes of its model. They cannot be changed, like the model's."""

    model_fields_set: frozenset[str]
    """The names of those that the site states."""

    def __init__(self, values: Mapping[str, Any], stated: frozenset[str]) -> None:
        vars(self).update(values, model_fields_set=stated)

    def model_copy(self, *, update: Mapping[str, Any]) -> Table:
        """The same table with other values for some of its attributes."""
        return Table({**vars(self), **update}, self.model_fields_set | update.keys())

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"settings cannot be changed: {name}")


def of(project: Project) -> tuple[Any, ...] | None:
    """What ``project`` needs, in values that can be kept; None when it cannot be kept, or nobody should do without."""
    settings = project.settings
    if settings.plugins or settings.collections:
        return None
    try:
        return (_kept(settings, ELSEWHERE), dict(project.origins), project.said)
    except TypeError:
        return None


def project(root: Path, imprint: tuple[Any, ...] | None) -> Project | None:
    """The site in the folder ``root``, from what ``of`` gave for it."""
    if imprint is None:
        return None
    settings, origins, said = imprint
    return Project(root, cast("Settings", _had(settings)), origins, said)


def _kept(value: Any, left_out: frozenset[str] = frozenset()) -> Any:
    """Raises ``TypeError`` for a type that settings do not have, such as a time in the options of a theme."""
    stated = getattr(value, "model_fields_set", None)
    if stated is not None:
        left_out |= {"model_fields_set"}
        fields = {name: _kept(inner) for name, inner in vars(value).items() if name not in left_out}
        return (_TABLE, fields, tuple(sorted(stated)))
    if isinstance(value, dict):
        return (_DICT, {key: _kept(inner) for key, inner in value.items()})
    if isinstance(value, tuple | list):
        return (_LIST, type(value) is tuple, [_kept(inner) for inner in value])
    if isinstance(value, Path):
        return (_PATH, str(value))
    if value is None or type(value) in (str, int, float, bool):
        return value
    raise TypeError(type(value).__name__)


def _had(kept: Any) -> Any:
    """What was ``_kept``."""
    if not isinstance(kept, tuple):
        return kept
    kind, *rest = kept
    if kind == _TABLE:
        return Table({name: _had(inner) for name, inner in rest[0].items()}, frozenset(rest[1]))
    if kind == _DICT:
        return {key: _had(inner) for key, inner in rest[0].items()}
    if kind == _LIST:
        values = [_had(inner) for inner in rest[1]]
        return tuple(values) if rest[0] else values
    return Path(rest[0])
