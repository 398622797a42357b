"""An imprint holds all settings that a build asks for, and no others."""

from __future__ import annotations

import marshal
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from sitegen import settings
from sitegen.project import ELSEWHERE, Project
from sitegen.site import imprint
from tests.site.sites import Site

RICH = """
[build]
output = "out"
[languages.de]
title = "T"
menu = [{title = "Start", url = "/de/"}]
[[redirects]]
from = "/a/"
to = "/b/"
[[cascade]]
folder = "content/news"
tags = ["x"]
extra = {a = [1, {b = 2.5}]}
[taxonomies.series]
feed = true
[permalinks]
briefs = "/b/{slug}/"
[theme]
accent = "plum"
[source.paperless]
token_file = "secret"
"""


def again(project: Project) -> Project | None:
    return imprint.project(project.root, marshal.loads(marshal.dumps(imprint.of(project))))


def compare(model: Any, table: Any, left_out: frozenset[str] = frozenset()) -> None:
    """All that the model has, the table has."""
    if isinstance(model, BaseModel):
        for name in type(model).model_fields.keys() - left_out:
            compare(getattr(model, name), getattr(table, name))
        assert table.model_fields_set == model.model_fields_set
    elif isinstance(model, dict):
        assert list(table) == list(model)
        for key in model:
            compare(model[key], table[key])
    elif isinstance(model, tuple | list):
        assert type(table) is type(model)
        assert len(table) == len(model)
        for one, other in zip(model, table, strict=True):
            compare(one, other)
    else:
        assert (type(table), table) == (type(model), model)


def rich(site: Site) -> Project:
    path = site.root / "sitegen.toml"
    path.write_text(path.read_text() + RICH)
    return settings.load(site.root, {"SITEGEN_SOURCE__PAPERLESS__TOKEN": "hush", "SITEGEN_BUILD__PER_PAGE": "7"})


def test_an_imprint_gives_the_settings_again(site: Site) -> None:
    project = rich(site)
    found = again(project)
    assert found is not None
    compare(project.settings, found.settings, ELSEWHERE)
    assert (found.root, found.origins, found.said) == (project.root, project.origins, project.said)
    assert imprint.of(found) == imprint.of(project)


def test_it_holds_no_secret_and_nothing_that_no_build_asks_for(site: Site) -> None:
    project = rich(site)
    found = again(project)
    assert found is not None
    assert "hush" not in repr(imprint.of(project))
    assert not any(hasattr(found.settings, name) for name in ELSEWHERE)


def test_settings_from_an_imprint_cannot_be_changed(site: Site) -> None:
    found = again(settings.load(site.root, {}))
    assert found is not None
    with pytest.raises(AttributeError, match="title"):
        found.settings.site.title = "Other"  # type: ignore[misc]


@pytest.mark.parametrize(
    "line", ["plugins = ['p.py']", "[collections.e]\nfolder = 'e'\nmodel = 'p.py:E'", "[theme]\nday = 2026-01-01"]
)
def test_there_is_none_for_settings_that_need_their_models(site: Site, line: str) -> None:
    path: Path = site.root / "sitegen.toml"
    path.write_text(f"{line}\n{path.read_text()}" if "[" not in line[:1] else f"{path.read_text()}\n{line}\n")
    assert imprint.of(settings.load(site.root, {})) is None
