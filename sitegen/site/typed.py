"""Typed fields: the ``extra`` of pages in a collection, checked by the model that the settings name."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ValidationError

from sitegen.errors import ExtraInvalid, Place, PluginBroken, SitegenError
from sitegen.site import plugins
from sitegen.site.inputs import Inputs
from sitegen.site.record import Record, unpacked

if TYPE_CHECKING:
    from sitegen.settings import Collection


class Models:
    """The models of all collections. Raises ``PluginBroken`` for one that cannot be had."""

    def __init__(self, collections: Mapping[str, Collection], inputs: Inputs) -> None:
        self._inputs = inputs
        self._models = sorted(
            ((f"{collection.folder}/", _model(collection.model, inputs)) for collection in collections.values()),
            key=lambda found: -len(found[0]),
        )

    def fields(self, key: str, path: str, entry: Record, problems: list[SitegenError]) -> Mapping[str, Any]:
        """The fields of a page as its collection's model has them; what is wrong with them is added to ``problems``."""
        fields = unpacked(entry.extra) if entry.extra else {}
        model = next((model for folder, model in self._models if path.startswith(folder)), None)
        if model is None:
            return dict(fields)
        try:
            return model.model_validate(fields).model_dump()
        except ValidationError as error:
            from sitegen.wording import said

            text = self._inputs.read(key).decode(errors="replace")
            for item in error.errors(include_url=False, include_input=False):
                name = ".".join(map(str, item["loc"]))
                place = Place(path, _line(text, str(item["loc"][0]) if item["loc"] else ""))
                problems.append(ExtraInvalid(f"extra.{name}: {said(item)}", place=place))
            return {}


def _model(where: str, inputs: Inputs) -> type[BaseModel]:
    file, _, name = where.partition(":")
    found = getattr(plugins.module(file, inputs), name, None)
    if not isinstance(found, type) or not issubclass(found, BaseModel):
        raise PluginBroken(f"there is no pydantic model {name!r} in it", place=f"{plugins.TREE}/{file}")
    return found


def _line(text: str, name: str) -> int | None:
    """The line of a field under ``extra:``, or of ``extra:`` itself."""
    best = None
    for number, line in enumerate(text.split("\n"), 1):
        if number > 1 and line.rstrip() == "---":
            break
        if line.startswith("extra:"):
            best = number
            if re.search(rf"[{{,\s]{re.escape(name)}\s*:", line.removeprefix("extra:")):
                break
        elif best and name and re.match(rf"""\s+["']?{re.escape(name)}["']?\s*:""", line):
            return number
        elif best and line[:1].strip():
            break
    return best
