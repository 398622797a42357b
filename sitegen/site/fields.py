"""Fields: the front matter of a page, checked without loading the models of ``frontmatter`` where it is ordinary.

Loading pydantic and building its models takes longer than all else that is done about one edited file. So fields whose
types are beyond doubt are taken as they are, and everything else, above all what is wrong, is left to the models. That
both say the same is tested with generated fields.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, get_args

from sitegen.head import Status
from sitegen.shapes import LANGUAGE

if TYPE_CHECKING:
    from sitegen.frontmatter import Correction, Inherited, Matter, Section


class Ordinary(NamedTuple):
    """The fields of ``frontmatter.Matter``, with its defaults."""

    title: str = ""
    date: dt.date | None = None
    slug: str | None = None
    status: Status = "published"
    publish_at: dt.date | None = None
    tags: tuple[str, ...] = ()
    correspondent: str | None = None
    document_type: str | None = None
    language: str | None = None
    summary: str = ""
    source: str | None = None
    method: Literal["summary", "extract", "written"] = "written"
    locked: tuple[str, ...] = ()
    menu: bool = True
    weight: int = 0
    template: str | None = None
    expires: dt.date | None = None
    withdrawn_at: dt.date | None = None
    notice: str = ""
    corrections: tuple[Correction, ...] = ()
    aliases: tuple[str, ...] = ()
    image: str | None = None
    search: bool = True
    translation: str | None = None
    allow: tuple[str, ...] = ()
    extra: Mapping[str, Any] = {}
    section: Section | None = None
    cascade: Inherited | None = None


def of(fields: dict[str, Any], name: str, text: str, taxonomies: Sequence[str] = ()) -> Ordinary | Matter:
    """The fields of a file; ``taxonomies`` are those that only this site has. Raises as ``frontmatter.validate``."""
    found = ordinary(fields, taxonomies)
    if found is None:
        from sitegen.frontmatter import validate

        return validate(fields, name, text, taxonomies)
    return found


def ordinary(fields: Mapping[Any, Any], taxonomies: Sequence[str] = ()) -> Ordinary | None:
    """The fields, when each is plainly right; None leaves them to the models."""
    found: dict[str, Any] = {}
    for key, value in fields.items():
        fits = _FITS.get(key)
        if fits is None:
            if key not in taxonomies or key in Ordinary._fields:
                return None
        elif not fits(value):
            return None
        else:
            found[key] = tuple(value) if type(value) is list else value
    if found.get("publish_at") and found.get("expires"):  # which may contradict each other
        return None
    return Ordinary(**found)


def _text(value: object) -> bool:
    return type(value) is str and value.isprintable()


def _text_or_none(value: object) -> bool:
    return value is None or _text(value)


def _texts(value: object) -> bool:
    return type(value) is list and all(map(_text, value))


def _date(value: object) -> bool:
    return value is None or type(value) is dt.date


def _truth(value: object) -> bool:
    return type(value) is bool


def _one_of(*words: str) -> Callable[[object], bool]:
    return lambda value: type(value) is str and value in words


def _language(value: object) -> bool:
    return value is None or (type(value) is str and re.fullmatch(LANGUAGE, value) is not None)


_FITS: Mapping[Any, Callable[[Any], bool]] = {
    "title": _text,
    "date": _date,
    "slug": _text_or_none,
    "status": _one_of(*get_args(Status)),
    "publish_at": _date,
    "tags": _texts,
    "correspondent": _text_or_none,
    "document_type": _text_or_none,
    "language": _language,
    "summary": _text,
    "source": _text_or_none,
    "method": _one_of("summary", "extract", "written"),
    "menu": _truth,
    "expires": _date,
    "aliases": _texts,
    "image": _text_or_none,
    "search": _truth,
    "translation": _text_or_none,
    "withdrawn_at": _date,
    "notice": _text,
    "allow": _texts,
}
"""By field, whether the model would take the value as it is. Fields that are missing here are rare."""
