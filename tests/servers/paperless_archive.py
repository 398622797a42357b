"""What the stand-in Paperless holds: users, tags, correspondents, document types, documents; filters and JSON of them.

It behaves as /api/ of Paperless-ngx 3.0.5 was recorded to (tests/fixtures/paperless), for everything that sitegen asks:
``tests/sources/test_paperless_standin.py`` holds it to that.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]
Documents = list["StoredDocument"]
_LONG_AGO = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
ALL_PERMISSIONS = frozenset({"documents", "tags", "correspondents", "document_types"})


class BadValue(Exception):
    """A filter has a value that it cannot take: HTTP 400."""

    def __init__(self, name: str, message: str) -> None:
        super().__init__(name)
        self.body = {name: [message]}


@dataclass
class User:
    """Somebody with a token. Sees what has no owner, what is their own and what is ``shared``; an admin sees all."""

    id: int
    token: str
    admin: bool = True
    active: bool = True
    permissions: frozenset[str] = ALL_PERMISSIONS
    """The lists that may be read at all."""
    shared: set[tuple[str, int]] = field(default_factory=set)
    """Such as ``("documents", 3)``."""

    def sees(self, kind: str, id_: int, owner: int | None) -> bool:
        return self.admin or owner in (None, self.id) or (kind, id_) in self.shared


@dataclass
class StoredDocument:
    fields: Json
    """As in the JSON, but for ``modified``."""
    modified: dt.datetime
    deleted: bool = False

    @property
    def id(self) -> int:
        return int(self.fields["id"])

    @property
    def checksum(self) -> str:
        """Of the first file; ``versions`` holds it last."""
        return str(self.fields["versions"][-1]["checksum"])


@dataclass
class Archive:
    """The state. Change it through these methods, which touch ``modified`` just as Paperless does."""

    zone: dt.tzinfo = dt.UTC
    """The server's time zone, in which times are told."""
    users: dict[str, User] = field(default_factory=dict)
    lookups: dict[str, dict[int, Json]] = field(
        default_factory=lambda: {"tags": {}, "correspondents": {}, "document_types": {}}
    )
    documents: dict[int, StoredDocument] = field(default_factory=dict)
    _last: dt.datetime = _LONG_AGO

    # ------------------------------------------------------------------------------------------------------- changes

    def now(self) -> dt.datetime:
        """The time, never twice the same."""
        self._last = max(dt.datetime.now(dt.UTC), self._last + dt.timedelta(microseconds=1))
        return self._last

    def add_user(self, token: str, **fields: Any) -> User:
        user = User(id=len(self.users) + 2, token=token, **fields)
        self.users[token] = user
        return user

    def add_lookup(self, kind: str, name: str, *, parent: str | None = None, owner: int | None = None) -> int:
        """A tag, correspondent or document type; the id of the existing one when there is one of that name."""
        for id_, entry in self.lookups[kind].items():
            if entry["name"] == name and owner in (None, entry["owner"]):
                return id_
        above = None if parent is None else self.add_lookup("tags", parent)
        id_ = max(self.lookups[kind], default=0) + 1
        entry = {"id": id_, "slug": _slug(name), "name": name, "match": "", "matching_algorithm": 0}
        entry |= {"is_insensitive": True, "owner": owner}
        if kind == "tags":
            entry |= {"color": "#a6cee3", "text_color": "#000000", "is_inbox_tag": False, "parent": above}
        self.lookups[kind][id_] = entry
        return id_

    def rename(self, kind: str, old: str, new: str) -> None:
        """Changes no document's ``modified``."""
        for entry in self.lookups[kind].values():
            if entry["name"] == old:
                entry |= {"name": new, "slug": _slug(new)}

    def delete_lookup(self, kind: str, name: str) -> None:
        """Documents lose it, and their ``modified`` stays."""
        gone = {id_ for id_, entry in self.lookups[kind].items() if entry["name"] == name}
        self.lookups[kind] = {id_: entry for id_, entry in self.lookups[kind].items() if id_ not in gone}
        single = kind.removesuffix("s")
        for stored in self.documents.values():
            if kind == "tags":
                stored.fields["tags"] = [tag for tag in stored.fields["tags"] if tag not in gone]
            elif stored.fields[single] in gone:
                stored.fields[single] = None

    def add_document(
        self,
        title: str = "Untitled",
        content: str = "",
        *,
        tags: Iterable[str] = ("publish",),
        correspondent: str | None = None,
        document_type: str | None = None,
        created: str = "2026-01-15",
        modified: dt.datetime | None = None,
        owner: int | None = None,
        page_count: int | None = None,
        **fields: Any,
    ) -> int:
        """Adds a document, and the tags, correspondent and type that it names if they are new; its id."""
        id_ = max(self.documents, default=0) + 1
        when = modified or self.now()
        added = when.astimezone(dt.UTC).isoformat().replace("+00:00", "Z")
        checksum = hashlib.sha256(f"{id_} {title} {content}".encode("utf-8", "surrogatepass")).hexdigest()
        version = {"id": id_, "added": added, "version_label": None, "checksum": checksum, "is_root": True}
        self.documents[id_] = StoredDocument(
            {
                "id": id_,
                "correspondent": correspondent and self.add_lookup("correspondents", correspondent),
                "document_type": document_type and self.add_lookup("document_types", document_type),
                "storage_path": None,
                "title": title,
                "content": content,
                "tags": self._tags(tags),
                "created": created,
                "created_date": created,
                "added": self.told(when),
                "deleted_at": None,
                "archive_serial_number": None,
                "original_file_name": f"{id_}.txt",
                "archived_file_name": None,
                "duplicate_documents": [],
                "owner": owner,
                "is_shared_by_requester": False,
                "notes": [],
                "custom_fields": [],
                "page_count": page_count,
                "mime_type": "text/plain",
                "root_document": None,
                "versions": [version],
                **fields,
            },
            when,
        )
        return id_

    def update(self, id_: int, *, modified: dt.datetime | None = None, **fields: Any) -> None:
        """A change by a person. ``tags`` are names."""
        if "tags" in fields:
            fields["tags"] = self._tags(fields["tags"])
        self.documents[id_].fields |= fields
        self.documents[id_].modified = modified or self.now()

    def reprocess(self, id_: int, content: str) -> None:
        """New text from the same file; Paperless leaves ``modified`` as it is."""
        self.documents[id_].fields["content"] = content

    def delete(self, id_: int) -> None:
        """Into the trash."""
        self.documents[id_].deleted = True

    def restore(self, id_: int) -> None:
        self.documents[id_].deleted = False
        self.documents[id_].modified = self.now()

    def load(self, documents: Iterable[Json], **lookups: Iterable[Json]) -> None:
        """Takes over what a real server gave."""
        for kind, entries in lookups.items():
            self.lookups[kind] = {entry["id"]: dict(entry) for entry in _flat(entries)}
        for result in documents:
            fields = {name: value for name, value in result.items() if name not in ("modified", "user_can_change")}
            self.documents[result["id"]] = StoredDocument(fields, dt.datetime.fromisoformat(result["modified"]))

    def _tags(self, names: Iterable[str]) -> list[int]:
        """The ids; with a tag its parents come too, as in Paperless."""
        found: list[int] = []
        for name in names:
            id_: int | None = self.add_lookup("tags", name)
            while id_ is not None and id_ not in found:
                found.append(id_)
                id_ = self.lookups["tags"][id_].get("parent")
        return found

    # ----------------------------------------------------------------------------------------------------------- JSON

    def told(self, when: dt.datetime) -> str:
        """A time as the API tells it: the server's zone, no fraction when it is zero, ``Z`` for UTC."""
        text = when.astimezone(self.zone).isoformat()
        return text.removesuffix("+00:00") + "Z" if text.endswith("+00:00") else text

    def document_json(self, stored: StoredDocument, user: User) -> Json:
        found = {**stored.fields, "modified": self.told(stored.modified)}
        owner = stored.fields["owner"]
        found["user_can_change"] = user.admin or owner in (None, user.id)
        found["is_shared_by_requester"] = found["is_shared_by_requester"] and owner == user.id
        return found

    def detail_json(self, stored: StoredDocument, user: User) -> Json:
        """One document; only here its duplicates are named."""
        same = [
            {"id": other.id, "title": other.fields["title"], "deleted_at": None}
            for other in self.visible(user)
            if other is not stored
            and other.fields["versions"][-1]["checksum"] == stored.fields["versions"][-1]["checksum"]
        ]
        return {**self.document_json(stored, user), "duplicate_documents": same}

    def lookup_json(self, kind: str, entry: Json, user: User) -> Json:
        found = {**entry, "user_can_change": user.admin or entry["owner"] in (None, user.id)}
        live = [stored.fields for stored in self.documents.values() if not stored.deleted]
        single = kind.removesuffix("s")
        carriers = [
            fields
            for fields in live
            if (entry["id"] in fields["tags"] if kind == "tags" else fields[single] == entry["id"])
        ]
        # A new version of a file is given the inbox tags, and counted as if it were a document.
        versions = sum(len(it["versions"]) - 1 for it in live) if entry.get("is_inbox_tag") else 0
        found["document_count"] = len(carriers) + versions
        if kind == "tags":
            below = [other for other in self.lookups["tags"].values() if other["parent"] == entry["id"]]
            found["children"] = [self.lookup_json("tags", other, user) for other in below]
        return found

    def lookup_list(self, kind: str, user: User) -> list[Json]:
        visible = [entry for id_, entry in self.lookups[kind].items() if user.sees(kind, id_, entry["owner"])]
        return [self.lookup_json(kind, entry, user) for entry in sorted(visible, key=lambda it: it["name"].lower())]

    # -------------------------------------------------------------------------------------------------------- filters

    def visible(self, user: User) -> Documents:
        everything = (stored for stored in self.documents.values() if not stored.deleted)
        return [stored for stored in everything if user.sees("documents", stored.id, stored.fields["owner"])]

    def filtered(self, user: User, params: Mapping[str, str]) -> Documents:
        """The documents that pass, in order. Raises ``BadValue``; filters that it does not know change nothing."""
        found = self.visible(user)
        for name, value in params.items():
            if value and (test := self._test(name, value)):
                found = [stored for stored in found if test(stored)]
        return _ordered(found, params.get("ordering", ""))

    def _test(self, name: str, value: str) -> Callable[[StoredDocument], bool] | None:
        field_, _, how = name.rpartition("__")
        if field_ == "modified" and how in _COMPARE:
            when, compare = self._time(name, value), _COMPARE[how]
            return lambda stored: compare(stored.modified, when)
        if name == "id__in":
            ids = _numbers(",".join(part for part in value.split(",") if part))
            if ids is None:
                raise BadValue(name, "Enter a number.")
            return lambda stored: stored.id in ids
        if field_ == "tags__id":
            return _tag_test(how, _numbers(value))
        if name == "is_tagged":
            wanted = value.lower() in ("1", "true")
            return lambda stored: bool(stored.fields["tags"]) == wanted
        if name == "tags__name__iexact":
            named = {id_ for id_, tag in self.lookups["tags"].items() if tag["name"].lower() == value.lower()}
            return lambda stored: bool(named & set(stored.fields["tags"]))
        return None

    def _time(self, name: str, value: str) -> dt.datetime:
        try:
            when = dt.datetime.fromisoformat(value)
        except ValueError as error:
            raise BadValue(name, "Enter a valid date/time.") from error
        return when if when.tzinfo else when.replace(tzinfo=self.zone)


_COMPARE: dict[str, Callable[[dt.datetime, dt.datetime], bool]] = {
    "gt": lambda one, other: one > other,
    "gte": lambda one, other: one >= other,
    "lt": lambda one, other: one < other,
    "lte": lambda one, other: one <= other,
}
_ORDERS: dict[str, Callable[[StoredDocument], Any]] = {
    "id": lambda stored: stored.id,
    "title": lambda stored: stored.fields["title"],
    "created": lambda stored: stored.fields["created"],
    "modified": lambda stored: stored.modified,
    "added": lambda stored: dt.datetime.fromisoformat(stored.fields["added"]),
}


def _tag_test(how: str, ids: list[int] | None) -> Callable[[StoredDocument], bool] | None:
    """Lists of tags that are no numbers are ignored."""
    if ids is None:
        return None
    wanted = set(ids)
    match how:
        case "all":
            return lambda stored: wanted <= set(stored.fields["tags"])
        case "in":
            return lambda stored: bool(wanted & set(stored.fields["tags"]))
        case "none":
            return lambda stored: not wanted & set(stored.fields["tags"])
        case _:
            return None


def _ordered(found: Documents, ordering: str) -> Documents:
    names = [name for name in ordering.split(",") if name.removeprefix("-") in _ORDERS] or ["-created", "-id"]
    for name in reversed(names):
        found = sorted(found, key=_ORDERS[name.removeprefix("-")], reverse=name.startswith("-"))
    return found


def _numbers(value: str) -> list[int] | None:
    try:
        return [int(part) for part in value.split(",")]
    except ValueError:
        return None


def _flat(entries: Iterable[Json]) -> Iterable[Json]:
    """Tags without ``children``, which stand in the list themselves, and without what is counted anew."""
    for entry in entries:
        yield {name: value for name, value in entry.items() if name not in ("children", "document_count")}


def _slug(name: str) -> str:
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")
