"""Front matter: the YAML between two ``---`` lines at the head of a page or brief, read strictly and fast.

Both halves of sitegen read Markdown files with this module; it is all that they share about them.
"""

from __future__ import annotations

import datetime as dt
import difflib
from collections.abc import Container
from dataclasses import dataclass
from typing import Annotated, Any, Literal

import yaml
from frontmatter.default_handlers import YAMLHandler
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from sitegen.errors import (
    ContentError,
    FrontMatterBroken,
    FrontMatterDuplicateKey,
    FrontMatterInvalid,
    FrontMatterUnclosed,
    Place,
    raise_all,
)
from sitegen.settings import LANGUAGE, TEMPLATE

FENCE = "---"
Status = Literal["draft", "review", "published", "withdrawn"]
"""Only what is `published` is public, and only on its days: see ``Matter.publish_at`` and ``Matter.expires``."""
Method = Literal["summary", "extract", "written"]
"""How a text came to be: summarised by a model, picked from the document, or written by a person."""


class Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]  # the C loader is 7 times faster
    """A safe loader that refuses a key which stands twice, by raising ``DuplicateKey``."""


def _mapping(loader: Any, node: yaml.MappingNode) -> dict[Any, Any]:
    seen: set[Any] = set()
    for key_node, _ in node.value:
        key = loader.construct_object(key_node, deep=True)
        if not isinstance(key, str | int | float | bool | dt.date | type(None)):
            raise yaml.constructor.ConstructorError(None, None, "a key must be plain text", key_node.start_mark)
        if key in seen:
            raise DuplicateKey(str(key), key_node.start_mark.line)
        seen.add(key)
    return dict(yaml.SafeLoader.construct_mapping(loader, node, deep=True))


Loader.add_constructor("tag:yaml.org,2002:map", _mapping)


class DuplicateKey(Exception):
    """A key stands twice."""

    def __init__(self, key: str, line: int) -> None:
        super().__init__(key)
        self.key, self.line = key, line


def _text_of(value: object) -> object:
    # YAML reads `title: 2024` as a number and `title: no` as a truth value; editors mean the words.
    if isinstance(value, bool):
        return value
    return str(value) if isinstance(value, int | float | dt.date) else value


def _texts_of(value: object) -> object:
    if value is None:
        return ()
    return tuple(_text_of(item) for item in value) if isinstance(value, list) else value


def _lockable(names: tuple[str, ...]) -> tuple[str, ...]:
    for name in names:
        if name != "body" and name not in Matter.model_fields:
            raise ValueError(f"there is no field {name!r}")
    return names


Text = Annotated[str, BeforeValidator(_text_of)]
Texts = Annotated[tuple[Text, ...], BeforeValidator(_texts_of)]


class _Fields(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True, hide_input_in_errors=True)


class Section(_Fields):
    """How a section shows its pages; under `section:` in a file named `_index.md`."""

    sort: Literal["date", "title", "weight"] = "date"
    """The order of its pages: newest first, by title, or by `weight`."""
    per_page: Annotated[int | None, Field(ge=1, le=1000)] = None
    """How many pages stand on one page of its list."""
    feed: bool = False
    """Whether it has feeds of its own."""
    template: Annotated[str | None, Field(pattern=TEMPLATE)] = None
    """The template of the pages in it that name none."""


class Inherited(_Fields):
    """What pages below a section have unless they say it themselves; under `cascade:` in a file named `_index.md`."""

    status: Literal["draft"] | None = None
    """Only `draft` can be handed down."""
    language: Annotated[str | None, Field(pattern=LANGUAGE)] = None
    template: Annotated[str | None, Field(pattern=TEMPLATE)] = None
    tags: Texts | None = None
    correspondent: Text | None = None
    document_type: Text | None = None
    menu: bool | None = None
    image: Text | None = None
    extra: dict[str, Any] = {}


class Matter(_Fields):
    """The fields that front matter may have, in pages and briefs alike."""

    title: Text = ""
    """The headline."""
    date: dt.date | None = None
    """The date of the document, or of the page; orders lists and feeds. In the future it hides the page, unless
    `publish_at` says another day."""
    slug: Text | None = None
    """The last part of the address; made from the title when it is missing."""
    status: Status = "published"
    """`draft`: being written; `review`: waits to be read; `published`: public; `withdrawn`: taken back for good."""
    publish_at: dt.date | None = None
    """The first day on which it is shown; when it is missing, `date` decides."""
    tags: Texts = ()
    """Topics; each has a page that lists what carries it."""
    correspondent: Text | None = None
    """Who wrote or sent the document."""
    document_type: Text | None = None
    """What kind of document it is."""
    language: Annotated[str | None, Field(pattern=LANGUAGE)] = None
    """The language of the text, such as `en` or `de`; the site's own when it is missing."""
    summary: Text = ""
    """One or two sentences that stand under the headline, in lists and in feeds."""
    source: Text | None = None
    """The document behind a brief, such as `paperless:12`. It ties the file to its document: leave it."""
    method: Method = "written"
    """How the text came to be: `summary` (by a model), `extract` (sentences of the document) or `written`."""
    locked: Annotated[Texts, AfterValidator(_lockable)] = ()
    """Fields of a brief that new texts leave alone, such as `[title, summary]`; `body` stands for the Markdown."""
    menu: bool = True
    """Whether a page of `content/` stands in the menu that is made when the settings have none."""
    weight: int = 0
    """The place of a page in that menu, small numbers first."""
    template: Annotated[str | None, Field(pattern=TEMPLATE)] = None
    """A template of the theme to use instead of the usual one; pages of `content/` only."""
    expires: dt.date | None = None
    """The first day on which it is not shown any more."""
    withdrawn_at: dt.date | None = None
    """The day on which it was withdrawn, for the notice."""
    notice: Text = ""
    """Why it was withdrawn: stands at its old address when it is; all else that the file holds does not."""
    aliases: Texts = ()
    """Former addresses, such as `/old/name/`, that lead here."""
    image: Text | None = None
    """A picture for cards in other places: a path from this file, or an address of the site."""
    search: bool = True
    """Whether the search of the site finds it."""
    translation: Text | None = None
    """A key that versions of one text in several languages share."""
    allow: Texts = ()
    """What the privacy scan found and everybody may read: fingerprints as the scan tells them, such as `phone-7kq2`."""
    extra: dict[str, Any] = {}
    """Fields for templates, such as `extra: {place: Harbour}`; a collection says which there are and of what type."""
    section: Section | None = None
    """How a section shows its pages; in `_index.md` only."""
    cascade: Inherited | None = None
    """Fields that pages below a section have unless they say them themselves; in `_index.md` only."""

    def hidden_on(self, today: dt.date) -> Literal["", "future", "expired"]:
        """Why the day keeps a published page from being shown, if it does."""
        if self.expires is not None and self.expires <= today:
            return "expired"
        first = self.publish_at or self.date
        return "future" if first is not None and first > today else ""


@dataclass(frozen=True, slots=True)
class Parsed:
    """A file taken apart: the raw fields, the Markdown after them and the line on which that begins (from 1)."""

    fields: dict[str, Any]
    body: str
    body_line: int


def split(text: str, name: str) -> Parsed:
    """Takes ``text`` apart; ``name`` stands in errors. Without front matter the fields are empty.

    Raises ``FrontMatterUnclosed``, ``FrontMatterBroken`` or ``FrontMatterDuplicateKey``, each with its line.
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if text.split("\n", 1)[0].rstrip() != FENCE:
        return Parsed({}, text, 1)
    handler = YAMLHandler()
    try:
        head, body = handler.split(text)
    except ValueError:
        raise FrontMatterUnclosed("the front matter has no end", place=Place(name, 1)) from None
    fields = _load(head, name)
    body_line = text.count("\n", 0, len(text) - len(body)) + 1
    return Parsed(fields, body, body_line)


def body(text: str) -> str:
    """The Markdown of a file that ``split`` has taken apart before, without reading its fields again."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if text.split("\n", 1)[0].rstrip() != FENCE:
        return text
    return str(YAMLHandler().split(text)[1])


def _load(head: str, name: str) -> dict[str, Any]:
    offset = 1 if head.startswith("\n") else 2
    try:
        _refuse_aliases(head, name, offset)
        fields = yaml.load(head, Loader)  # noqa: S506  # a safe loader with one check more
    except DuplicateKey as error:
        place = Place(name, error.line + offset)
        raise FrontMatterDuplicateKey(f"the field {error.key!r} stands twice", place=place) from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        reason = getattr(error, "problem", None) or str(error).split("\n")[0]
        place = Place(name, mark.line + offset, mark.column + 1) if mark else Place(name, 1)
        raise FrontMatterBroken(f"the front matter is not YAML: {reason}", place=place) from None
    except (ValueError, RecursionError) as error:  # a date such as 2024-13-45; nesting without end
        raise FrontMatterBroken(f"the front matter cannot be read: {error}", place=Place(name, 1)) from None
    if fields is None:
        return {}
    if not isinstance(fields, dict):
        raise FrontMatterBroken("the front matter is not a list of `field: value` lines", place=Place(name, 2))
    return fields


def _refuse_aliases(head: str, name: str, offset: int) -> None:
    """A few lines of YAML aliases can stand for gigabytes, or contain themselves."""
    if "&" not in head or "*" not in head:
        return
    for event in yaml.parse(head, Loader):
        if isinstance(event, yaml.AliasEvent):
            place = Place(name, event.start_mark.line + offset if event.start_mark else 1)
            raise FrontMatterBroken(f"the alias *{event.anchor} is not allowed in front matter", place=place)


def validate(fields: dict[str, Any], name: str, text: str, more: Container[str] | None = ()) -> Matter:
    """The fields as ``Matter``; raises ``FrontMatterInvalid`` for every wrong field, with its line in ``text``.

    ``more`` are fields that somebody else looks at: those of a site's own taxonomies; None when any may be one.
    """
    if any(not isinstance(key, str) for key in fields):
        fields = {str(key): value for key, value in fields.items()}
    if not fields.keys() <= Matter.model_fields.keys():
        fields = {
            key: value
            for key, value in fields.items()
            if key in Matter.model_fields or (more is not None and key not in more)
        }
    try:
        matter = Matter.model_validate(fields)
    except ValidationError as error:
        raise_all([_explained(dict(item), name, text) for item in error.errors(include_url=False)])
        raise AssertionError("unreachable") from None
    if matter.publish_at is not None and matter.expires is not None and matter.expires <= matter.publish_at:
        place = Place(name, line_of(text, "expires"))
        raise FrontMatterInvalid("expires: it would never be shown, since `publish_at` is not before", place=place)
    return matter


def _explained(item: dict[str, Any], name: str, text: str) -> ContentError:
    key, where = str(item["loc"][0]), ".".join(map(str, item["loc"]))
    place = Place(name, line_of(text, key))
    if item["type"] == "extra_forbidden":
        if len(item["loc"]) == 1:
            near = difflib.get_close_matches(key, Matter.model_fields, 1, 0.6)
            hint = f"; did you mean {near[0]!r}?" if near else ""
            return FrontMatterInvalid(f"unknown field {key!r}{hint}", place=place)
        return FrontMatterInvalid(f"unknown field {where!r}", place=place)
    return FrontMatterInvalid(f"{where}: {item['msg']}", place=place)


def unstated(name: str) -> FrontMatterInvalid:
    """What is wrong with a brief that does not say its status: a lost line, or a lost fence, must not publish it."""
    remedy = "Write `status: draft` or `status: published` between two --- lines, the first at the top of the file."
    return FrontMatterInvalid("a brief must say its status", place=Place(name, 1), remedy=remedy)


def line_of(text: str, key: str) -> int | None:
    """The line of a front matter field in the file's text, from 1."""
    for number, line in enumerate(text.split("\n"), 1):
        if number > 1 and line.rstrip() == FENCE:
            return None
        if line.startswith((f"{key}:", f'"{key}":', f"'{key}':")):
            return number
    return None
