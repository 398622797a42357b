"""Options: what a theme lets a site choose, declared in its theme.toml and set in ``[theme]`` of sitegen.toml.

A theme inherits the options of those that it extends, and may give them another default.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from sitegen import files
from sitegen.errors import SettingsInvalid, SitegenError, ThemeBroken, raise_all
from sitegen.site.chain import FILE_NAME, Layer, line_of, manifest, shown
from sitegen.site.inputs import Inputs
from sitegen.site.words import near

if TYPE_CHECKING:
    from sitegen.project import Project

SHEET = "theme-settings.css"
"""The style sheet that is made from the options with a ``property``, for other style sheets to import."""
_NAME = re.compile(r"[a-z][a-z0-9_]*")
_COLOUR = re.compile(r"#([0-9a-fA-F]{3,4}|[0-9a-fA-F]{6}|[0-9a-fA-F]{8})")
_PROPERTY = re.compile(r"--[a-z][a-z0-9-]*")


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e15


_TYPES: dict[str, tuple[str, Callable[[object], bool]]] = {
    "boolean": ("true or false", lambda value: isinstance(value, bool)),
    "integer": ("a whole number", lambda value: _is_number(value) and isinstance(value, int)),
    "number": ("a number", _is_number),
    "string": ("text", lambda value: isinstance(value, str)),
    "strings": (
        "a list of texts",
        lambda value: isinstance(value, list) and all(isinstance(item, str) for item in value),
    ),
    "colour": ('a colour such as "#00584c"', lambda value: isinstance(value, str) and bool(_COLOUR.fullmatch(value))),
}
_KEYS = ("type", "default", "choices", "minimum", "maximum", "property", "description")


class Options(SimpleNamespace):
    """The values: ``theme.accent`` in templates."""


@dataclass(frozen=True, slots=True)
class Option:
    """One option as the foremost theme has it."""

    type: str
    default: Any
    choices: tuple[Any, ...] = ()
    minimum: float | None = None
    maximum: float | None = None
    property: str = ""
    """The CSS custom property that has the value."""
    description: str = ""

    def objection(self, value: object) -> str:
        """What is wrong with a value; empty when nothing is."""
        words, fits = _TYPES[self.type]
        if not fits(value):
            return f"must be {words}"
        unfit = [item for item in (value if isinstance(value, list) else [value]) if item not in self.choices]
        if self.choices and unfit:
            guess = near(str(unfit[0]), map(str, self.choices))
            return f"must be one of {', '.join(map(repr, self.choices))}{guess}"
        if self.minimum is not None and isinstance(value, int | float) and value < self.minimum:
            return f"must be at least {self.minimum}"
        if self.maximum is not None and isinstance(value, int | float) and value > self.maximum:
            return f"must be at most {self.maximum}"
        return ""


def declared(project: Project, inputs: Inputs, chain: Sequence[Layer]) -> dict[str, Option]:
    """All options of a chain of themes. Raises ``ThemeBroken`` for all that is wrong in their files."""
    found: dict[str, dict[str, Any]] = {}
    problems: list[SitegenError] = []
    for layer in reversed(chain):
        key = f"{layer.tree}/{FILE_NAME}"
        if key not in inputs.files:
            continue
        name = shown(project, layer.folder / FILE_NAME)
        raw = inputs.read(key)
        try:
            said = manifest(raw, name).get("settings", {})
        except SitegenError as error:
            problems += error.problems
            continue
        text = files.decode(raw, name)
        for option, fields in said.items():
            place = line_of(text, name, "settings", option)
            wrong = list(_wrong(option, fields, found.get(option, {})))
            problems += [ThemeBroken(f"settings.{option}: {what}", place=place) for what in wrong]
            if not wrong:
                found[option] = found.get(option, {}) | fields
    raise_all(problems)
    return {name: _option(fields) for name, fields in found.items()}


def _wrong(name: str, fields: object, inherited: Mapping[str, Any]) -> Iterator[str]:
    if not _NAME.fullmatch(name):
        yield "a name has small letters, digits and underscores"
    if not isinstance(fields, dict):
        yield 'must be a table, as in [settings.accent] with a line type = "string"'
        return
    yield from (f"unknown key {key!r}{near(key, _KEYS)}" for key in fields if key not in _KEYS)
    whole = {key: value for key, value in {**inherited, **fields}.items() if key in _KEYS}
    if whole.get("type") not in _TYPES:
        yield f"type must be one of {', '.join(_TYPES)}"
    elif inherited and whole["type"] != inherited["type"]:
        yield f"the theme that this one extends has it as {inherited['type']}"
    elif "default" not in whole:
        yield "a default is missing"
    else:
        yield from _wrong_fields(whole)


def _wrong_fields(fields: Mapping[str, Any]) -> Iterator[str]:
    if not isinstance(fields.get("choices", []), list):
        yield "choices must be a list"
        return
    if not all(_is_number(fields[key]) for key in ("minimum", "maximum") if key in fields):
        yield "minimum and maximum must be numbers"
        return
    if not isinstance(fields.get("description", ""), str):
        yield "description must be text"
    if "property" in fields:
        if not isinstance(fields["property"], str) or not _PROPERTY.fullmatch(fields["property"]):
            yield "property must be the name of a CSS custom property, as in --accent"
        if fields["type"] not in ("colour", "integer", "number"):
            yield "only a colour, an integer or a number can be a CSS property"
    if objection := _option(fields).objection(fields["default"]):
        yield f"the default {objection}"


def _option(fields: Mapping[str, Any]) -> Option:
    return Option(**{**fields, "choices": tuple(fields.get("choices", ()))})


def chosen(project: Project, declared: Mapping[str, Option]) -> Options:
    """The values of all options. Raises ``SettingsInvalid`` for all that the site sets wrongly."""
    given = project.settings.theme
    problems = []
    for name, value in given.items():
        place = project.origins.get(f"theme.{name}")
        if name not in declared:
            message = f"the theme has no option {name!r}{near(name, declared)}"
            problems.append(SettingsInvalid(message, place=place, remedy=_remedy(declared)))
        elif objection := declared[name].objection(value):
            problems.append(SettingsInvalid(f"theme.{name} {objection}", place=place, remedy=_remedy(declared)))
    raise_all(problems)
    return Options(**{name: given.get(name, option.default) for name, option in sorted(declared.items())})


def _remedy(declared: Mapping[str, Option]) -> str:
    if not declared:
        return "Remove the line: this theme has no options."
    return f"The theme's options are {', '.join(sorted(declared))}; its theme.toml describes them."


def sheet(declared: Mapping[str, Option], values: Options) -> str:
    """The style sheet with the options that are CSS properties; empty when there are none."""
    lines = [
        f"  {option.property}: {getattr(values, name)};\n"
        for name, option in sorted(declared.items())
        if option.property
    ]
    return f":root {{\n{''.join(lines)}}}\n" if lines else ""
