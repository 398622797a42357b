"""What is wrong with a value is said in the words of people who write files, not in those of a library."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from sitegen import settings
from sitegen.errors import SitegenError
from sitegen.frontmatter import Matter
from sitegen.wording import SHAPES


def patterns(schema: Any) -> Iterator[str]:
    """All patterns that stand in a JSON schema."""
    if isinstance(schema, dict):
        if isinstance(found := schema.get("pattern"), str):
            yield found
        yield from (pattern for value in schema.values() for pattern in patterns(value))
        names = schema.get("patternProperties")
        yield from names if isinstance(names, dict) else ()
    elif isinstance(schema, list):
        yield from (pattern for value in schema for pattern in patterns(value))


@pytest.mark.parametrize("model", [settings.Settings, Matter])
def test_every_pattern_that_a_value_may_miss_has_words(model: type[BaseModel]) -> None:
    found = set(patterns(model.model_json_schema()))
    assert found
    assert found <= SHAPES.keys()


def said(root: Path, text: str) -> list[tuple[str, str]]:
    (root / "sitegen.toml").write_text(text)
    with pytest.raises(SitegenError) as caught:
        settings.load(root)
    return [(str(problem).removeprefix(f"{root}/"), problem.remedy) for problem in caught.value.problems]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('[watch]\nquiet = "at night"', "sitegen.toml:2: watch.quiet: must be two times of the day, as in 22:00-07:00"),
        ("[watch]\nevery = -5", "sitegen.toml:2: watch.every: must be 1 or more"),
        ("[images]\nquality = 1000", "sitegen.toml:2: images.quality: must be 95 or less"),
        ('[serve]\nport = "abc"', "sitegen.toml:2: serve.port: must be a whole number"),
        ('[build]\nstrict = "perhaps"', "sitegen.toml:2: build.strict: must be true or false"),
        ('[feeds]\nformats = "atom"', "sitegen.toml:2: feeds.formats: must be a list, as in [one, two]"),
        ("site = 3", "sitegen.toml:1: site: must be a table of names and values"),
        ('[languages.en]\ntitle = "a"', "sitegen.toml: languages: 'en' stands there twice, or is the language of"),
        ('[site]\ntitle = "a"\n[site]\nlanguage = "en"', "sitegen.toml:3:6: the table [site] stands twice"),
    ],
)
def test_wrong_settings_are_told_in_words(tmp_path: Path, text: str, message: str) -> None:
    [(found, _)] = said(tmp_path, text)
    assert found.startswith(message)


def test_a_setting_of_the_top_that_stands_below_a_table_is_told_where_it_belongs(tmp_path: Path) -> None:
    assert said(tmp_path, '[briefs]\ninitial_status = "draft"\nplugins = ["a.py"]') == [
        (
            "sitegen.toml:3: plugins stands below [briefs], so it counts as briefs.plugins",
            "Write the line with `plugins` above the first [table] of the file.",
        )
    ]
