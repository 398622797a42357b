"""Extracts in place of a summary: each says that it is one, and why."""

from __future__ import annotations

from sitegen.enrich.summary import Fallback, Summary
from sitegen.sources.base import Document

CHECKED_LANGUAGES = {"en": "English", "de": "German", "fr": "French"}
"""Those whose denials, numbers, months and opposites are known by rule, so that a claim can be checked."""


def labelled(document: Document, why: str, fallback: Fallback = "down") -> Summary:
    """The extract of a document, with the reason why it is no summary, such as "The model could not be asked".

    Takes up to some seconds of processor time for a very long document: call it in a thread. Never fails.
    """
    from sitegen.enrich.engines.extractive import extract

    summary = extract(document)
    notes = (f"{why}, so this is an extract.", *summary.notes)
    return summary.model_copy(update={"notes": notes, "fallback": fallback})


def unchecked(language: str) -> str:
    """Why there is no summary in a language whose claims cannot be checked; empty when they can."""
    if language in CHECKED_LANGUAGES:
        return ""
    *names, last = CHECKED_LANGUAGES.values()
    return f"Claims can be checked in {', '.join(names)} and {last} alone, and the language is {_named(language)}"


def _named(language: str) -> str:
    return "unknown" if language in ("", "und") else f"another one ({language[:12]})"
