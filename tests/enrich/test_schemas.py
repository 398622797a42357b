"""The JSON schemas that models are held to: every one of them within what the servers' grammars can bear."""

from __future__ import annotations

import importlib
import inspect
import itertools
import pkgutil
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest

from sitegen import enrich

LONGEST = 2000
"""llama.cpp bounds repetitions to less than this: at it the grammar is refused, above it the bound is dropped."""
_KEYWORDS = "type properties required additionalProperties items enum minimum maximum "
UNDERSTOOD = frozenset((_KEYWORDS + "maxItems minItems maxLength minLength").split())
"""Keywords that llama.cpp's and vLLM's grammars hold a model to; others would be ignored or refused."""
Schema = Mapping[str, Any]


def makers() -> dict[str, Callable[..., Schema]]:
    """All functions below ``sitegen.enrich`` whose name says that they make a schema."""
    found: dict[str, Callable[..., Schema]] = {}
    for module in pkgutil.walk_packages(enrich.__path__, f"{enrich.__name__}."):
        for name, value in inspect.getmembers(importlib.import_module(module.name), inspect.isfunction):
            if name.endswith("schema") and value.__module__ == module.name:
                found[f"{module.name}.{name}"] = value
    return found


def schemas() -> Iterator[tuple[str, Schema]]:
    for name, make in makers().items():
        for values in itertools.product((1, 8, 60), repeat=len(inspect.signature(make).parameters)):
            yield f"{name}{values}", make(*values)


def inside(schema: Schema, path: str) -> Iterator[tuple[str, Schema]]:
    yield path, schema
    for name, inner in schema.get("properties", {}).items():
        yield from inside(inner, f"{path}.{name}")
    if "items" in schema:
        yield from inside(schema["items"], f"{path}[]")


def test_the_schemas_are_found() -> None:
    assert {name.rpartition(".")[2] for name in makers()} >= {"extraction_schema", "writing_schema"}


@pytest.mark.parametrize(("name", "schema"), list(schemas()), ids=[name for name, _ in schemas()])
def test_every_string_and_list_is_bounded_within_what_a_grammar_can_repeat(name: str, schema: Schema) -> None:
    for path, part in inside(schema, name):
        assert set(part) <= UNDERSTOOD, path
        if part["type"] == "string" and "enum" not in part:
            assert 0 < part["maxLength"] < LONGEST, path
        if part["type"] == "array":
            assert 0 < part["maxItems"] < LONGEST, path
        if part["type"] == "object":
            assert part["additionalProperties"] is False, path
            assert part["required"] == list(part["properties"]), path
