"""The examples of the CommonMark specification."""

from __future__ import annotations

import functools
import re
from pathlib import Path
from typing import NamedTuple

_SPEC = Path(__file__).parent.parent / "fixtures/commonmark/spec.txt"
_EXAMPLE = re.compile(r"^(`{32}) example\n(.*?)^\.\n(.*?)^\1$", re.DOTALL | re.MULTILINE)


class Example(NamedTuple):
    number: int
    markdown: str
    html: str


@functools.cache
def examples() -> tuple[Example, ...]:
    """All of them, numbered from 1 as in the specification."""
    found = _EXAMPLE.findall(_SPEC.read_text(encoding="utf-8"))
    return tuple(
        Example(number, markdown.replace("→", "\t"), html.replace("→", "\t"))
        for number, (_, markdown, html) in enumerate(found, 1)
    )
