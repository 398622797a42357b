"""History: who approved, published or withdrew a brief, when, and of which words; kept in its provenance record."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from sitegen import files, frontmatter
from sitegen.frontmatter import Status

Act = Literal["approve", "publish", "withdraw"]

KEPT = 50
"""The last moves of a brief; git knows all of them."""
_NOT_WORDS = {"status", "publish_at", "expires", "withdrawn_at", "notice", "source", "locked", "allow"}
"""Fields that say how a brief is handled, and nothing that readers of it see."""


class Move(BaseModel):
    """One step of a brief."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    act: Act
    before: Status
    after: Status
    at: dt.datetime
    by: str = ""
    """Whoever did it, as far as they want to be named."""
    words: str
    """The hash of the brief's words as they were then, see ``words_hash``."""


def words_hash(text: str, name: str = "brief") -> str:
    """The hash of all that readers see of the file ``text``: another one means that something else would be published.

    Line ends, quotes, remarks and the order of fields have no say in it. Raises ``ContentError``.
    """
    parsed = frontmatter.split(text.removeprefix("\ufeff"), name)
    return hash_of(parsed.fields, parsed.body)


def hash_of(fields: Mapping[str, Any], body: str) -> str:
    """The same for a brief that is taken apart already."""
    kept = {str(key): value for key, value in fields.items() if key not in _NOT_WORDS and value is not None}
    said = json.dumps(kept, sort_keys=True, default=str, ensure_ascii=True)
    return files.sha256(f"{said}\0{files.normalise_text(body)}")


def approval(history: Sequence[Move]) -> Move | None:
    """The last approval. Whoever publishes a brief again does not read it again."""
    return next((move for move in reversed(history) if move.act == "approve"), None)


def added(history: Sequence[Move], *moves: Move) -> tuple[Move, ...]:
    return (*history, *moves)[-KEPT:]
