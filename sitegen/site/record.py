"""Record: what one Markdown file, or one provenance file, says; plain values that are kept between builds.

A record depends on the content of its file alone and on whether it is a brief or a page, never on its name or on other
files.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from sitegen import files, head
from sitegen.errors import FrontMatterInvalid, Place, ProvenanceBroken, raise_all
from sitegen.site import fields, parts
from sitegen.text import plain, slug

if TYPE_CHECKING:
    from sitegen.frontmatter import Matter
    from sitegen.privacy.guard import Guard
    from sitegen.site.fields import Ordinary
    from sitegen.site.markdown import Profile

_SHOWN = ("engine", "model", "prompt", "at", "pages_read", "pages_total", "dropped", "notes")
"""The fields of a provenance record that the public may see."""


class Record(NamedTuple):
    """One Markdown file."""

    title: str
    date: int | None
    """As a proleptic ordinal."""
    slug: str
    """As the front matter wants it; empty when it does not say."""
    title_slug: str
    """Made from the title; empty when nothing of it can stand in an address."""
    status: head.Status
    said: tuple[str, ...]
    """The fields that the front matter has."""
    tags: tuple[str, ...]
    correspondent: str | None
    document_type: str | None
    language: str | None
    summary: str
    source: str | None
    method: Literal["summary", "extract", "written"]
    menu: bool
    weight: int
    template: str | None
    words: int
    headings: tuple[tuple[str, str, int], ...]
    anchors: tuple[str, ...]
    links: tuple[tuple[str, int], ...]
    """Links into the site and images, each with its line in the file."""
    remarks: tuple[tuple[str, str, int], ...]
    """What is not right but can be shown: code of the warning, its words, line in the file."""
    calls: tuple[tuple[Any, ...], ...]
    """The shortcodes, as plain values of ``markdown.Call``, with their lines in the file."""
    text: str
    """The hash of title, summary and body: another one means that a human changed the words."""
    expires: int | None = None
    """The first day on which it is not shown, as a proleptic ordinal."""
    publish_at: int | None = None
    """The first day on which it is shown, likewise."""
    withdrawn_at: int | None = None
    notice: str = ""
    """As it is written."""
    corrections: tuple[tuple[int, str], ...] = ()
    """Newest first: the day, as a proleptic ordinal, and the words."""
    named: tuple[tuple[str, tuple[str, ...]], ...] = ()
    """The names that a brief lists: people, organisations and places."""
    aliases: tuple[str, ...] = ()
    image: str | None = None
    translation: str | None = None
    search: bool = True
    """Whether the search of the site finds it."""
    extra: dict[str, Any] | None = None
    """As ``packed``."""
    more: tuple[tuple[str, tuple[str, ...]], ...] = ()
    """What it says in the site's own taxonomies."""
    section: dict[str, Any] | None = None
    """Of a section: how it shows its pages."""
    cascade: dict[str, Any] | None = None
    """Of a section: the fields that pages below it have, ``packed``."""
    private: tuple[tuple[Any, ...], ...] = ()
    """What may be private and nobody allowed, as plain values of ``privacy.guard.Told``; of what is published."""
    idle: tuple[str, ...] = ()
    """What is allowed and not there."""
    images: tuple[int, ...] = ()
    """Which of the links are images that the text shows."""
    place: tuple[int, int, bytes] = (0, 0, b"")
    """Where the rendered text is kept."""


class Origin(NamedTuple):
    """One provenance file."""

    source: str
    made: tuple[tuple[str, Any], ...] | None
    """The fields that may be shown."""
    sha256: str
    """Of the brief's file as it was generated."""
    text: str
    """As ``Record.text``, of the generated text; empty when the file does not hold it."""


def read(
    raw: bytes,
    name: str,
    profile: Profile,
    taxonomies: Sequence[str] = (),
    *,
    math: bool = False,
    guard: Guard | None = None,
) -> tuple[Record, str]:
    """The record of a Markdown file and its body as HTML; ``name`` stands in errors, ``taxonomies`` are the site's own.

    ``guard`` looks for what may be private in what is published.

    Raises ``ContentError``, or ``Several`` of them.
    """
    from sitegen.site.markdown import render

    text = files.decode(raw, name)
    parsed = head.split(text, name)
    matter = fields.of(parsed.fields, name, text, taxonomies)
    more = [(field, parsed.fields[field]) for field in taxonomies if field in parsed.fields]
    rendered = render(parsed.body, profile, math=math)
    at = parsed.body_line
    raise_all([kind(words, place=Place(name, line + at)) for kind, words, line in rendered.faults])
    title, summary = plain(matter.title), plain(matter.summary)
    private: tuple[tuple[Any, ...], ...] = ()
    idle: tuple[str, ...] = ()
    if guard is not None and guard.minds(profile) and (public := _public(text, matter)):
        private, idle = guard.look(public, matter.source or "", matter.allow)
    record = Record(
        title=title,
        date=matter.date.toordinal() if matter.date else None,
        slug=slug(matter.slug or ""),
        title_slug=slug(title),
        status=matter.status,
        said=tuple(str(key) for key in parsed.fields),
        tags=_names(matter.tags),
        correspondent=plain(matter.correspondent or "") or None,
        document_type=plain(matter.document_type or "") or None,
        language=matter.language,
        summary=summary,
        source=matter.source,
        method=matter.method,
        menu=matter.menu,
        weight=matter.weight,
        template=matter.template,
        words=rendered.words,
        headings=tuple(rendered.headings),
        anchors=tuple(rendered.anchors),
        links=tuple((url, line + at) for url, line in rendered.links),
        remarks=tuple((code, words, line + at) for code, words, line in rendered.remarks),
        calls=tuple(tuple(call._replace(line=call.line + at)) for call in rendered.calls),
        text=_words_hash(matter.title, matter.summary, parsed.body),
        private=tuple(map(tuple, private)),
        idle=idle,
        images=tuple(rendered.images),
        expires=matter.expires.toordinal() if matter.expires else None,
        publish_at=matter.publish_at.toordinal() if matter.publish_at else None,
        withdrawn_at=matter.withdrawn_at.toordinal() if matter.withdrawn_at else None,
        notice=matter.notice,
        corrections=_corrections(matter),
        named=tuple(parts.named(rendered.html)) if profile == "brief" else (),
        aliases=matter.aliases,
        image=matter.image,
        translation=plain(matter.translation or "") or None,
        search=matter.search,
        extra=packed(matter.extra) or None,
        more=tuple((field, _terms(value, field, name, text)) for field, value in more),
        section=None if matter.section is None else matter.section.model_dump(),
        cascade=None if matter.cascade is None else packed(matter.cascade.model_dump(exclude_unset=True)),
    )
    return record, rendered.html


def _public(text: str, matter: Ordinary | Matter) -> str:
    """What of a file the public reads one day: all that is published, and the notice of what was withdrawn."""
    if matter.status == "published":
        return text
    first = head.line_of(text, "notice") if matter.status == "withdrawn" and matter.notice else None
    if first is None:
        return ""
    lines = text.split("\n")
    end = next((at for at in range(first, len(lines)) if lines[at].rstrip() and not lines[at].startswith(" ")), first)
    return "\n" * (first - 1) + "\n".join(lines[first - 1 : end])


def _corrections(matter: Ordinary | Matter) -> tuple[tuple[int, str], ...]:
    if not matter.corrections:
        return ()
    return tuple(sorted(((made.date.toordinal(), plain(made.text)) for made in matter.corrections), reverse=True))


def _names(values: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(value for value in map(plain, values) if value))


def _terms(value: object, field: str, name: str, text: str) -> tuple[str, ...]:
    """The terms in a field of a taxonomy. Raises ``FrontMatterInvalid`` when it holds anything but words."""
    values = value if isinstance(value, list) else [] if value is None else [value]
    if any(isinstance(item, bool) or not isinstance(item, str | int | float | dt.date) for item in values):
        place = Place(name, head.line_of(text, field))
        raise FrontMatterInvalid(f"{field}: must be words, or a list of them", place=place)
    return _names(map(str, values))


def packed(value: Any) -> Any:
    """A value of front matter in types that can be kept: a date or time becomes a tuple, which YAML never gives."""
    if isinstance(value, dict):
        return {str(key): packed(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [packed(item) for item in (sorted(value, key=repr) if isinstance(value, set | frozenset) else value)]
    if isinstance(value, dt.datetime | dt.date):
        return ("time" if isinstance(value, dt.datetime) else "date", value.isoformat())
    return value


def unpacked(value: Any) -> Any:
    """What was ``packed``."""
    if isinstance(value, dict):
        return {key: unpacked(item) for key, item in value.items()}
    if isinstance(value, list):
        return [unpacked(item) for item in value]
    if isinstance(value, tuple):
        return (dt.datetime if value[0] == "time" else dt.date).fromisoformat(value[1])
    return value


def read_origin(raw: bytes, name: str) -> Origin:
    """The record of a provenance file. Raises ``ProvenanceBroken`` or ``TextNotUtf8``."""
    try:
        data = json.loads(files.decode(raw, name))
        source, made, generated = data["source"], data.get("made"), data.get("generated") or {}
        if not isinstance(source, str) or not isinstance(made, dict | None) or not isinstance(generated, dict):
            raise TypeError("a field has a wrong type")
        fields = generated.get("fields") or {}
        text = ""
        if isinstance(generated.get("body"), str) and isinstance(fields, dict):
            text = _words_hash(fields.get("title") or "", fields.get("summary") or "", generated["body"])
        return Origin(source, None if made is None else _shown(made), str(generated.get("sha256") or ""), text)
    except json.JSONDecodeError as error:
        raise ProvenanceBroken(f"is not JSON: {error.msg}", place=Place(name, error.lineno)) from None
    except (KeyError, TypeError, AttributeError, ValueError, RecursionError) as error:
        raise ProvenanceBroken(f"is no provenance record: {error}", place=name) from None


def _words_hash(title: object, summary: object, body: str) -> str:
    return files.sha256(f"{title}\0{summary}\0{files.normalise_text(body)}")


def _shown(made: Mapping[str, Any]) -> tuple[tuple[str, Any], ...]:
    shown: list[tuple[str, Any]] = []
    for name in _SHOWN:
        value = made.get(name)
        if name == "notes":
            value = tuple(plain(note) for note in value if isinstance(note, str)) if isinstance(value, list) else ()
        elif isinstance(value, str):
            value = plain(value)
        elif not isinstance(value, int | None):
            raise TypeError(f"made.{name} has a wrong type")
        shown.append((name, value))
    return tuple(shown)
