"""The provenance record: the sidecar file that says how a brief came to be and what was last generated."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, ValidationError, field_validator

from sitegen import files
from sitegen.briefs.history import Move
from sitegen.briefs.merge import Merge
from sitegen.briefs.model import Generated
from sitegen.enrich.scores import Scores
from sitegen.enrich.summary import Dropped
from sitegen.errors import ProvenanceBroken

FOLDER = ".provenance"


class _Model(BaseModel):
    # A record of a newer sitegen may have more fields; they are kept out, not refused.
    model_config = ConfigDict(frozen=True, extra="ignore")


class Made(_Model):
    """How a text was made: enough to say whether it is stale and why."""

    method: Literal["summary", "extract"]
    engine: str
    model: str
    digest: str
    weights: str = ""
    """SHA-256 of the model's weights, when the server told; ``digest`` covers its template and parameters as well."""
    quantization: str = ""
    server: str = ""
    prompt: str = ""
    at: dt.datetime
    text_hash: str
    cache_key: str
    pages_read: int | None = None
    pages_total: int | None = None
    dropped: int = 0
    dropped_points: tuple[Dropped, ...] = ()
    """What the model said and the document does not, with the reasons: for editors, and never shown on the site."""
    fallback: str = ""
    """Why it is only an extract although a model was wanted, see ``Summary``."""
    notes: tuple[str, ...] = ()
    note: str = ""
    """An editor's instruction to the engine, which holds for later texts of the document as well."""
    calls: int = 0
    prompt_tokens: int = 0
    answer_tokens: int = 0
    seconds: float = 0
    scores: Scores | None = None
    """None in records from before there were scores."""
    provisional: bool = False
    """An extract for now, since the engine could not be reached; the next pull renews it without being asked."""


class Text(_Model):
    """A generated text, in parts, so that it can be merged field by field and line by line."""

    fields: dict[str, Any]
    body: str
    topics: tuple[str, ...] = ()
    sha256: str
    """Of the whole file as it was written, with ``\\n`` line ends; an edited brief's file has another."""

    @classmethod
    def of(cls, generated: Generated) -> Text:
        fields = {name: _plain_json(value) for name, value in generated.fields.items()}
        return cls(fields=fields, body=generated.body, topics=generated.topics, sha256=generated.sha256)

    @field_validator("fields")
    @classmethod
    def _complete(cls, fields: dict[str, Any]) -> dict[str, Any]:
        missing = {"title", "slug", "status", "method"} - fields.keys()
        if missing:
            raise ValueError(f"has no {', '.join(sorted(missing))}")
        if fields.get("date") is not None:
            dt.date.fromisoformat(str(fields["date"]))
        return fields

    def generated(self) -> Generated:
        fields = dict(self.fields)
        if fields.get("date") is not None:
            fields["date"] = dt.date.fromisoformat(fields["date"])
        return Generated(fields, self.body, self.topics)


class Proposal(_Model):
    """A newer text that waits for the editor, since the brief was edited by hand."""

    text: Text
    made: Made
    reasons: tuple[str, ...] = ()
    """What differs in facts, when that is why it was not merged into a published brief."""


class Writing(_Model):
    """A change of a brief that is under way: noted before the file is written, gone when both are done."""

    sha256: str
    """Of the file as it will be."""
    after: Record
    """The record that is true as soon as the file is so."""


class Record(_Model):
    """All that is known of one brief's origin."""

    source: str
    brief: str
    """Where the file was when last seen, below the folder of briefs. Identity is ``source``, not this."""
    made: Made | None = None
    generated: Text | None = None
    """What was generated last, as far as the file has it or an editor refused it: the base of the next merge. None when
    the file was never generated, only claims the document."""
    proposal: Proposal | None = None
    history: tuple[Move, ...] = ()
    """The last moves of the brief between its states, by editors."""
    own: bool = False
    """The file was written by hand before anything was generated: new texts are proposed, never merged."""
    gone: dt.datetime | None = None
    """When the document was found to be gone from its source."""
    writing: Writing | None = None

    @property
    def latest(self) -> tuple[Text, Made] | None:
        """What was generated last of all, and how."""
        if self.proposal is not None:
            return self.proposal.text, self.proposal.made
        return None if self.generated is None or self.made is None else (self.generated, self.made)

    def edited(self, text: str) -> bool:
        """Whether an editor changed the brief, whose file now holds ``text``. Line ends are git's affair, not ours."""
        return self.generated is None or text_sha(text) != self.generated.sha256

    def merge(self, text: str, name: str = "brief") -> Merge | None:
        """What is proposed for the file ``text``, which is called ``name``. Raises ``ContentError``."""
        if self.proposal is None:
            return None
        base = None if self.generated is None else self.generated.generated()
        return Merge.of(base, text, self.proposal.text.generated(), name)

    def waiting(self, text: str) -> Proposal | None:
        """The proposal, while the file ``text`` lacks anything of it."""
        merge = self.merge(text)
        return self.proposal if merge is not None and merge.everything else None

    def settled(
        self, base: Generated | None, text: str, latest: tuple[Generated, Made], reasons: Sequence[str]
    ) -> Record:
        """The record after a merge into the file ``text``, which may leave something to propose."""
        new, made = latest
        if not Merge.of(base, text, new).everything:
            update: dict[str, object] = {"generated": Text.of(new), "made": made, "proposal": None}
        else:
            proposal = Proposal(text=Text.of(new), made=made, reasons=tuple(reasons))
            update = {"generated": None if base is None else Text.of(base), "proposal": proposal}
        return self.model_copy(update=update)


def text_sha(text: str) -> str:
    """The hash by which a brief's file is recognised: the same for Windows line ends."""
    return files.sha256(text.replace("\r\n", "\n"))


def _plain_json(value: object) -> object:
    return value.isoformat() if isinstance(value, dt.date) else value


def record_path(briefs: Path, ref: str) -> Path:
    """Where the record of a document is: named by a hash, since a ref may hold any character."""
    return briefs / FOLDER / f"{files.sha256(ref)[:20]}.json"


def read(briefs: Path, ref: str) -> Record | None:
    """The record of a document, None when there is none. Raises ``ProvenanceBroken``."""
    path = record_path(briefs, ref)
    return read_path(path) if path.exists() else None


def read_all(briefs: Path) -> Iterator[Record]:
    """All records, in the order of their files."""
    return map(read_path, sorted(paths(briefs)))


def paths(briefs: Path) -> Iterator[Path]:
    """The files of all records, one at a time and in no order."""
    folder = briefs / FOLDER
    return (folder / path for path in files.names(folder) if path.endswith(".json"))


def read_path(path: Path) -> Record:
    """The record in a file. Raises ``ProvenanceBroken``."""
    text = files.read_text(path)
    try:
        return Record.model_validate_json(text)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(map(str, first["loc"]))
        raise ProvenanceBroken(f"{where}: {first['msg']}" if where else first["msg"], place=str(path)) from error


def write(briefs: Path, record: Record) -> None:
    """Keeps a record."""
    text = record.model_dump_json(indent=1, exclude_none=True, exclude_defaults=False)
    files.write_atomic(record_path(briefs, record.source), f"{text}\n")
