"""Words: what a theme says by itself, in the language of the site."""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Iterable

from sitegen import files
from sitegen.errors import TemplateBroken
from sitegen.site.inputs import Inputs


class Problem(Exception):
    """Something that a template asked for is not there; told with the template's line."""


class Words:
    """The interface's strings in the site's language; English ones where it has none."""

    def __init__(self, inputs: Inputs, language: str) -> None:
        wanted = ("en", language.split("-")[0].lower(), language)
        self._words: dict[str, str] = {}
        for code in dict.fromkeys(wanted):
            key = f"theme/i18n/{code}.toml"
            if key in inputs.files:
                self._words |= _strings(inputs, key)

    def __call__(self, key: str, **values: object) -> str:
        """The string ``key`` with ``{name}`` replaced by the value of that name."""
        try:
            text = self._words[key]
        except KeyError:
            raise Problem(f"the theme has no string {key!r}{near(key, self._words)}") from None
        for name, value in values.items():
            text = text.replace(f"{{{name}}}", str(value))
        return text


def _strings(inputs: Inputs, key: str) -> dict[str, str]:
    name = inputs.files[key].path
    try:
        found = tomllib.loads(files.decode(inputs.read(key), name))
    except tomllib.TOMLDecodeError as error:
        raise TemplateBroken(f"is not TOML: {error}", place=name, remedy="Mend the line named above.") from None
    return {word: str(text) for word, text in found.items()}


def near(wanted: str, known: Iterable[str]) -> str:
    """``; did you mean …?`` with the nearest of the known names; empty when none is near."""
    found = difflib.get_close_matches(wanted, list(known), 1, 0.6)
    return f"; did you mean {found[0]!r}?" if found else ""
