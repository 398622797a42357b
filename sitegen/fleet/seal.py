"""The seal: who may write to Redis can neither have code run nor put words into a brief.

A message is JSON and an HMAC over its purpose and its words (RFC 2104, SHA-256). Nothing of it is looked at before the
signature is found to be right.
"""

from __future__ import annotations

import hashlib
import hmac
from typing import TypeVar

from pydantic import ValidationError

from sitegen.errors import MessageRefused, SecretMissing
from sitegen.fleet.messages import Message
from sitegen.settings import Project, env_name, secret

M = TypeVar("M", bound=Message)
SHORTEST_KEY = 32
LONGEST = 32 * 2**20
"""Bytes of a message; a summary has some 10,000."""


class Seal:
    """The key of one fleet."""

    def __init__(self, key: str) -> None:
        self._key = hashlib.sha256(f"sitegen fleet {key}".encode()).digest()

    def close(self, message: Message) -> bytes:
        """The message, signed."""
        words = message.model_dump_json().encode()
        return self._sign(message.purpose, words) + b" " + words

    def open(self, kind: type[M], sealed: bytes | str) -> M:
        """A message of this kind. Raises ``MessageRefused`` for anything else."""
        raw = sealed.encode("utf-8", "replace") if isinstance(sealed, str) else sealed
        signature, _, words = raw.partition(b" ")
        if len(raw) > LONGEST or not hmac.compare_digest(signature, self._sign(kind.purpose, words)):
            raise MessageRefused(f"a {kind.purpose} is not signed with our key")
        try:
            return kind.model_validate_json(words)
        except ValidationError as error:
            where = ".".join(map(str, error.errors(include_input=False)[0]["loc"])) or "its form"
            raise MessageRefused(f"a {kind.purpose} is not of this version: {where}") from error

    def _sign(self, purpose: str, words: bytes) -> bytes:
        return hmac.new(self._key, purpose.encode() + b"\n" + words, hashlib.sha256).hexdigest().encode()


def seal_of(project: Project) -> Seal:
    """The seal of the settings. Raises ``SecretMissing``."""
    option, settings = "fleet.token", project.settings.fleet
    key = secret(settings.token, settings.token_file, option, project.root)
    if key is None or len(key) < SHORTEST_KEY:
        said = "needs a key" if key is None else f"needs a key of {SHORTEST_KEY} characters or more"
        raise SecretMissing(
            f"the fleet {said}, by which its machines know each other",
            remedy=f"Set {env_name(option)} or [fleet] token_file on all of them; `openssl rand -hex 32` makes one.",
        )
    return Seal(key)
