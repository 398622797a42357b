"""Front matter: the fields that a page or brief may have, and of what type they are.

Both halves of sitegen read Markdown files with this module and ``head``; it is all that they share about them.
"""

from __future__ import annotations

import datetime as dt
import difflib
from collections.abc import Container
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from sitegen.errors import ContentError, FrontMatterInvalid, Place, raise_all
from sitegen.head import FENCE as FENCE
from sitegen.head import Parsed as Parsed
from sitegen.head import Status as Status
from sitegen.head import body as body
from sitegen.head import line_of as line_of
from sitegen.head import split as split
from sitegen.head import unstated as unstated
from sitegen.loader import DuplicateKey as DuplicateKey
from sitegen.loader import Loader as Loader
from sitegen.shapes import LANGUAGE, TEMPLATE

Method = Literal["summary", "extract", "written"]
"""How a text came to be: summarised by a model, picked from the document, or written by a person."""


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
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


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


class Correction(_Fields):
    """What was wrong in a published brief, and is right since; in the list `corrections:`."""

    date: dt.date
    """The day on which it was put right."""
    text: Annotated[Text, Field(min_length=1)]
    """What was wrong, and what is right."""


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
    corrections: tuple[Correction, ...] = ()
    """What was corrected since it was published: each with a `date` and a `text`. Readers see it on the page."""
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
    from sitegen.wording import said

    return FrontMatterInvalid(f"{where}: {said(item)}", place=place)
