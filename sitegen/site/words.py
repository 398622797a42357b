"""Words: what a theme says by itself, in the language of the page; and how templates write dates and numbers in it."""

from __future__ import annotations

import datetime as dt
import re
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from functools import lru_cache
from typing import Any, NamedTuple

import jinja2

from sitegen import files
from sitegen.errors import Place, SitegenError, WordsBroken, raise_all
from sitegen.site.inputs import Inputs
from sitegen.site.languages import Language, Languages, Number
from sitegen.site.tracking import digest

_LAST_RESORT = "en"
"""The language that is spoken where a theme has no words in the one that is asked for."""
_HOLE = re.compile(r"\{(\w+)\}")


_TITLES = {
    "en": {"home": "Home", "archive": "Briefs", "404": "Page not found", "withdrawn": "Withdrawn"}
    | {"tags": "Topics", "correspondents": "Correspondents", "types": "Types"},
    "de": {"home": "Start", "archive": "Kurzberichte", "404": "Seite nicht gefunden", "withdrawn": "Zurückgezogen"}
    | {"tags": "Themen", "correspondents": "Absender", "types": "Dokumentarten"},
    "fr": {"home": "Accueil", "archive": "Synthèses", "404": "Page introuvable", "withdrawn": "Retiré"}
    | {"tags": "Thèmes", "correspondents": "Correspondants", "types": "Types"},
    "ar": {"home": "الرئيسية", "archive": "الموجزات", "404": "الصفحة غير موجودة", "withdrawn": "مسحوب"}
    | {"tags": "المواضيع", "correspondents": "المرسلون", "types": "أنواع الوثائق"},
}
"""The titles of pages that have no file; a theme or a site may say others, as ``title_home``."""


class Problem(Exception):
    """Something that a template asked for is not there; told with the template's line."""


class Phrase(NamedTuple):
    """One string of a theme."""

    language: Language
    """The one that it is in, which is another than the page's where the theme has no words in that."""
    forms: Mapping[str, tuple[str, ...]]
    """By plural form, or only one under an empty name; each is text and names of holes by turns."""


class Words:
    """The strings of a theme, as a page in one language needs them."""

    def __init__(self, phrases: Mapping[str, Phrase], codes: Sequence[str]) -> None:
        """``codes`` are those of the language: ``de`` and ``de-AT`` for that of Austria."""
        self._phrases, self._codes = phrases, codes

    @classmethod
    def read(cls, inputs: Inputs, folders: Sequence[str], code: str, languages: Languages) -> Words:
        """The words for pages in the language ``code``: its own, else those of ``de`` for ``de-AT``, else English ones.

        ``folders`` are keys of inputs, ``theme/i18n``; what stands in a later one wins. Raises ``WordsBroken``.
        """
        phrases: dict[str, Phrase] = {}
        problems: list[SitegenError] = []
        codes = (code.partition("-")[0].lower(), code)
        for wanted in dict.fromkeys((_LAST_RESORT, *codes)):
            language = languages[wanted]
            phrases |= {
                f"title_{name}": Phrase(language, {"": (title,)}) for name, title in _TITLES.get(wanted, {}).items()
            }
            for folder in folders:
                key = f"{folder}/{wanted}.toml"
                if key in inputs.files:
                    phrases |= _phrases(inputs, key, language, problems)
        raise_all(problems)
        return cls(phrases, codes)

    @property
    def digest(self) -> bytes:
        """Of all that it can say."""
        return digest([(key, phrase.language.code, phrase.forms) for key, phrase in sorted(self._phrases.items())])

    def title(self, name: str, stated: str = "", *, own: bool = True) -> str:
        """What the list ``name`` is called. What the settings state for it is in the language of the site.

        On pages in that language (``own``) it comes first, on others only before the words of other languages.
        """
        phrase = self._phrases.get(f"title_{name}")
        if stated and (own or phrase is None or phrase.language.code not in self._codes):
            return stated
        return "".join(phrase.forms.get("", ())) if phrase else name.replace("-", " ").replace("_", " ").capitalize()

    def __call__(self, key: str, **values: object) -> str:
        """The string ``key`` with ``{name}`` replaced by the value of that name; ``count`` chooses its plural form."""
        phrase = self._phrases.get(key)
        if phrase is None:
            raise Problem(f"the theme has no string {key!r}{near(key, self._phrases)}")
        parts = phrase.forms.get("")
        if parts is None:
            parts = _form(key, phrase, values.get("count"))
        if len(parts) == 1:
            return parts[0]
        return "".join(
            _filled(key, part, values, phrase.language) if number % 2 else part for number, part in enumerate(parts)
        )


class Voice:
    """How templates speak in one language."""

    def __init__(self, words: Words, language: Language, languages: Languages) -> None:
        self.words, self.language, self._languages = words, language, languages

    def functions(self) -> dict[str, Callable[..., Any]]:
        """What templates call."""
        return {
            "t": self.words,
            "direction": lambda code: self._languages[code].direction,
            "language_name": self.language.name_of,
        }

    def filters(self) -> dict[str, Callable[..., str]]:
        """What templates write values with."""
        return {"date": self._date, "iso": _iso, "month": self._month, "number": self._number, "listed": self._listed}

    # Filters take a context that they do not need: Jinja would else work out what it can when it compiles a template,
    # in whatever language that happens.

    def _in(self, code: str | None) -> Language:
        return self.language if code is None else self._languages[code]

    @jinja2.pass_context
    def _date(self, _: object, value: dt.date | str | None, language: str | None = None) -> str:
        day = _day(value) if isinstance(value, str) else value
        return str(value or "") if day is None else self._in(language).date(day)

    @jinja2.pass_context
    def _month(self, _: object, value: dt.date | None, language: str | None = None) -> str:
        return "" if value is None else self._in(language).month(value)

    @jinja2.pass_context
    def _number(self, _: object, value: Number, language: str | None = None) -> str:
        return self._in(language).number(value)

    @jinja2.pass_context
    def _listed(self, _: object, items: Iterable[object], language: str | None = None) -> str:
        return self._in(language).listed(items)


def _day(value: str) -> dt.date | None:
    """That of an instant as records write it, ``2026-11-22T13:16:00Z``; none of a text that is no instant."""
    try:
        return dt.date.fromisoformat(value[:10])
    except ValueError:
        return None


def _iso(value: dt.date | None) -> str:
    return "" if value is None else value.isoformat()


def _form(key: str, phrase: Phrase, count: object) -> tuple[str, ...]:
    if not isinstance(count, int) or isinstance(count, bool):
        raise Problem(f"the string {key!r} has plural forms: it needs a whole number as `count`")
    return phrase.forms.get(phrase.language.category(count)) or phrase.forms["other"]


def _filled(key: str, name: str, values: Mapping[str, object], language: Language) -> str:
    try:
        value = values[name]
    except KeyError:
        raise Problem(f"the string {key!r} needs a value for {name!r}{near(name, values)}") from None
    if isinstance(value, int | float | Decimal) and not isinstance(value, bool):
        return language.number(value)
    return str(value)


def _phrases(inputs: Inputs, key: str, language: Language, problems: list[SitegenError]) -> dict[str, Phrase]:
    name = inputs.files[key].path
    text = files.decode(inputs.read(key), name)
    try:
        found = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        problems.append(WordsBroken(f"is not TOML: {error}", place=name))
        return {}
    wrong = list(_wrong(found, language))
    problems += (WordsBroken(message, place=Place(name, _line(text, word))) for word, message in wrong)
    if wrong:
        return {}
    return {
        word: Phrase(
            language,
            {form: tuple(_HOLE.split(said)) for form, said in value.items()}
            if isinstance(value, dict)
            else {"": tuple(_HOLE.split(value))},
        )
        for word, value in found.items()
    }


def _wrong(found: Mapping[str, Any], language: Language) -> Iterator[tuple[str, str]]:
    """The strings that are none, each with what is wrong with it."""
    for word, value in found.items():
        if isinstance(value, str):
            continue
        if not isinstance(value, dict):
            yield word, f"{word!r} must be text, or a table of plural forms"
            continue
        for form, said in value.items():
            if form not in language.categories:
                has = language.listed(language.categories)
                yield word, f"{word!r} has the plural form {form!r}, but {language.code} has {has}"
            elif not isinstance(said, str):
                yield word, f"the plural form {form!r} of {word!r} must be text"
        if "other" not in value:
            yield word, f"{word!r} has no plural form `other`, which stands for all that are not there"


def _line(text: str, word: str) -> int | None:
    pattern = re.compile(rf"\s*\[?\s*[\"']?{re.escape(word)}[\"']?\s*[\].=]")
    return next((number for number, line in enumerate(text.splitlines(), 1) if pattern.match(line)), None)


def near(wanted: str, known: Iterable[str]) -> str:
    """``; did you mean …?`` with the nearest of the known names; empty when none is near."""
    return _near(wanted, tuple(known))


@lru_cache(maxsize=64)
def _near(wanted: str, known: tuple[str, ...]) -> str:
    """Kept, since one wrong word of a template is wrong on each page."""
    import difflib

    found = difflib.get_close_matches(wanted, known, 1, 0.6)
    return f"; did you mean {found[0]!r}?" if found else ""
