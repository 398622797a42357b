"""The messages of a fleet: JSON, checked by pydantic, nothing else. Each has a purpose that its signature covers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field

from sitegen import __version__
from sitegen.enrich.engines.base import EndpointStats, Identity
from sitegen.enrich.summary import SCHEMA_VERSION, Summary
from sitegen.fleet.told import Seconds, Told
from sitegen.sources.base import Document

PROTOCOL: Literal[2] = 2
"""Raise it when messages change; coordinator and workers must have the same."""
Queue = Literal["urgent", "bulk"]
QUEUES: tuple[Queue, ...] = ("urgent", "bulk")
Id = Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")]
Hash = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class Message(BaseModel):
    """What all messages have."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)
    purpose: ClassVar[str]
    protocol: Literal[2] = PROTOCOL


class Wanted(Message):
    """What a worker must have to be given work."""

    purpose = "wanted"
    run: str = Field(default="", max_length=32)
    """Of the coordinator; jobs of another one are over."""
    sitegen: str = __version__
    summary: int = SCHEMA_VERSION
    """The version of the summary's schema."""
    engine: str
    model: str = ""
    """Any when empty."""
    prompt: str
    digest: str = ""
    """Or the beginning of it; any when empty."""
    options: Mapping[str, Any]
    """Those that must be so; workers may have more, which their servers add."""
    redacts: bool = False
    """Whether texts are blacked out before they are sent, so that they may go to an endpoint beyond the house."""


class Offer(Message):
    """What a worker has."""

    purpose = "offer"
    sitegen: str = __version__
    summary: int = SCHEMA_VERSION
    identity: Identity
    beyond: tuple[str, ...] = ()
    """Its endpoints that are not on the local network."""


class Standing(Message):
    """How a worker is, every two seconds."""

    purpose = "standing"
    worker: Id
    """New each time that it starts."""
    name: str = Field(max_length=200)
    """For people: machine and process."""
    beat: int
    """Grows with each: an old one that somebody sends again is no sign of life."""
    offer: Offer | None
    """None while its engine cannot be used."""
    trouble: str = Field(default="", max_length=1000)
    """Why it takes no work."""
    queues: tuple[Queue, ...]
    slots: int
    busy: tuple[Hash, ...] = ()
    """The keys of the summaries that are being made there."""
    endpoints: tuple[EndpointStats, ...] = ()
    done: int = 0
    failed: int = 0


class Parcel(Message):
    """What is needed for one summary. It lies beside the job, which knows its hash."""

    purpose = "parcel"
    document: Document
    """Without its text when the worker is to get that itself."""
    text_hash: Hash
    note: str = ""
    tags: tuple[str, ...] = ()
    new_tags: bool = True


class Job(Message):
    """One document to be summarised: all that the broker carries."""

    purpose = "job"
    id: Id
    run: Id
    """Of the coordinator: where it is told of claims and outcomes."""
    key: Hash
    """Of the summary in the cache."""
    parcel: Hash
    fetch: bool = False
    """Whether the worker gets the text from the source."""
    redacted: bool = False


class Claim(Message):
    """A worker wants to begin a job."""

    purpose = "claim"
    job: Id
    worker: Id
    nonce: Id


class Grant(Message):
    """The answer to one claim, and to no other."""

    purpose = "grant"
    nonce: Id
    granted: bool
    why: str = ""


class Made(Message):
    """A summary, as it lies in the store of results."""

    purpose = "result"
    key: Hash
    job: Id
    worker: str = ""
    seconds: Seconds = 0
    """From its beginning to its end at the worker."""
    told: tuple[Told, ...] = ()
    summary: Summary


class Outcome(Message):
    """That a job is over: its summary is in the store, it failed, or the worker could not do it."""

    purpose = "outcome"
    job: Id
    key: Hash
    worker: Id
    result: Literal["made", "failed", "handed back"]
    code: str = Field(default="", pattern=r"^(SG\d{3})?$")
    message: str = Field(default="", max_length=2000)
    place: str | None = Field(default=None, max_length=500)
    name: str = Field(default="", max_length=200)
    """The worker's, for people."""
    seconds: Seconds = 0
    told: tuple[Told, ...] = ()
    """Of one that was not made; the others have it in the store."""


def differences(wanted: Wanted, offer: Offer) -> list[str]:
    """Why a worker cannot have the work, in words; empty when it can."""
    identity = offer.identity
    pairs = [
        ("sitegen", offer.sitegen, wanted.sitegen),
        ("schema of summaries", offer.summary, wanted.summary),
        ("engine", identity.engine, wanted.engine),
        ("model", plain(identity.model), plain(wanted.model) or plain(identity.model)),
        ("prompt", identity.prompt, wanted.prompt),
        ("digest of the model", identity.digest[: len(wanted.digest)], wanted.digest),
    ]
    pairs += [(f"option {name}", identity.options.get(name), value) for name, value in wanted.options.items()]
    found = [f"{what} is {here or 'none'!s} there, {there or 'none'!s} here" for what, here, there in pairs
             if here != there]  # fmt: skip
    if identity.prompt != wanted.prompt and offer.sitegen == wanted.sitegen:
        found.append("copy the site's folder of prompts (`engine.prompts`) beside the worker's sitegen.toml")
    if offer.beyond and not wanted.redacts:
        found.append(f"{', '.join(offer.beyond)} is not on the local network, and texts are not blacked out")
    return found


def plain(model: str) -> str:
    """A model's name without what stands for nothing."""
    return model.removesuffix(":latest")
