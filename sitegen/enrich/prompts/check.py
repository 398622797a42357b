"""Whether a prompt that a site wrote can be used: tried with a small document, so that no real one has to fail."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace, TracebackType
from typing import TYPE_CHECKING, Any

from sitegen.errors import Place, PromptBroken

if TYPE_CHECKING:
    from sitegen.enrich.prompts import Prompts

_TEXT = "The works begin in May."
_FAILED = [SimpleNamespace(claim="The works ended.", text="The works ended.", reasons=("it speaks of other things",))]
_POINTS = [SimpleNamespace(claim=_TEXT, passage=_TEXT)]
_SAMPLES: dict[str, dict[str, Any]] = {
    "extract": {"fence": "DOCUMENT 7", "text": _TEXT, "items": 8, "part": True, "short": False},
    "choose": {"fence": "DOCUMENT 7", "points": _POINTS, "most": 4},
    "write": {
        "fence": "DOCUMENT 7", "points": _POINTS, "language": "en", "least": 3, "most": 6, "short": False,
        "tags": ("water",), "tags_fence": "DOCUMENT 8", "new_tags": True, "note": "shorter",
    },
}  # fmt: skip
_AGAIN = {"failed": _FAILED, "marked": "DOCUMENT 9"}


def problems(prompts: Prompts, name: str) -> Iterator[PromptBroken]:
    """What is wrong with the file of a prompt, with its lines."""
    from jinja2 import TemplateSyntaxError

    from sitegen.enrich.prompts import BLOCKS

    path = str(prompts.path(name))
    try:
        template = prompts.template(name)
    except TemplateSyntaxError as error:
        yield PromptBroken(error.message or "it is no template", place=Place(path, error.lineno))
        return
    missing = [block for block in BLOCKS[name] if block not in template.blocks]
    if missing:
        yield PromptBroken(f"it has no block {', '.join(missing)}", place=Place(path))
        return
    for block in BLOCKS[name][1:]:
        values = {**_SAMPLES[name], **(_AGAIN if block == "again" else {})}
        try:
            _, asked = prompts.messages(name, block, **values)
        except Exception as error:  # a template can fail in any way
            yield PromptBroken(f"{error}", place=Place(path, _line(error.__traceback__, path, template)))
        else:
            yield from _unfenced(asked.content, block, path)


def _unfenced(asked: str, block: str, path: str) -> Iterator[PromptBroken]:
    """The document's words must stand between the lines that the system message names, or they could pass for ours."""
    before, begins, rest = asked.partition("[DOCUMENT 7 BEGINS]\n")
    inside, ends, after = rest.partition("\n[DOCUMENT 7 ENDS]")
    if not begins or not ends or _TEXT not in inside or _TEXT in before + after.partition("[DOCUMENT 9 BEGINS]")[0]:
        reason = (
            f"the text in its block {block} does not stand between [{{{{ fence }}}} BEGINS] and [{{{{ fence }}}} ENDS]"
        )
        yield PromptBroken(reason, place=Place(path))


def _line(trace: TracebackType | None, path: str, template: Any) -> int | None:
    """The line of the template at which it failed; what runs is Python made from it."""
    line = None
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == path:
            line = template.get_corresponding_lineno(trace.tb_lineno)
        trace = trace.tb_next
    return line
