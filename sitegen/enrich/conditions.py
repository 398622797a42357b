"""Conditions: which briefs are meant by ``engine=ollama`` or ``prompt<3``, as their provenance records say.

A condition is a property, a comparison and a value, with nothing else in it; several conditions must all hold. A record
that does not know a property meets no condition about it.
"""

from __future__ import annotations

import datetime as dt
import fnmatch
import operator
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import NoReturn

from sitegen.briefs.provenance import Made
from sitegen.errors import ConditionBroken, Place, SitegenError, raise_all

Value = str | float
_COMPARE: dict[str, Callable[[float, float], bool]] = {
    "=": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
TEXTS: dict[str, Callable[[Made], str]] = {
    "engine": lambda made: made.engine,
    "model": lambda made: made.model,
    "digest": lambda made: made.digest.removeprefix("sha256:"),
    "method": lambda made: made.method,
}
"""Properties that are equal or not; ``*`` in a value stands for anything, and a digest is known by its beginning."""
NUMBERS: dict[str, Callable[[Made], float | None]] = {
    "prompt": lambda made: _version(made.prompt),
    "pages_read": lambda made: made.pages_read,
    "pages_total": lambda made: made.pages_total,
    "dropped": lambda made: made.dropped,
    "calls": lambda made: made.calls,
    "tokens": lambda made: made.prompt_tokens + made.answer_tokens,
    "seconds": lambda made: made.seconds,
}
SCORES = ("quotation", "numbers", "dates", "names", "coverage", "density", "compression", "weakest")
_UNITS = {"h": 1 / 24, "d": 1.0, "w": 7.0}
_TOKEN = re.compile(r"\s*([A-Za-z_.]*)\s*(!=|<=|>=|=|<|>)?\s*")


@dataclass(frozen=True, slots=True)
class Condition:
    """One condition; ``text`` is how it was written."""

    text: str
    name: str
    compare: str
    value: Value

    def holds(self, made: Made, now: dt.datetime) -> bool:
        """Whether a brief that was made so is meant."""
        if isinstance(self.value, str):
            equal = fnmatch.fnmatchcase(TEXTS[self.name](made), self.value + "*" * (self.name == "digest"))
            return equal == (self.compare == "=")
        found = _number(self.name, made, now)
        return found is not None and _COMPARE[self.compare](found, self.value)


def parse(text: str) -> Condition:
    """One condition. Raises ``ConditionBroken`` with the column at which it stops making sense."""
    found = _TOKEN.match(text)
    assert found is not None
    name, compare = found[1], found[2]
    if name not in (*TEXTS, *NUMBERS, "age") and name.removeprefix("score.") not in (SCORES if "." in name else ()):
        _wrong(text, found.start(1), f"{name!r} is no property of a record" if name else "a property is missing")
    if compare is None:
        _wrong(text, found.end(1), f"behind {name!r} there must be one of {' '.join(_COMPARE)}")
    value = text[found.end() :].rstrip()
    if not value:
        _wrong(text, found.end(), "a value is missing")
    if name in TEXTS:
        return Condition(text, name, compare, _text(text, name, compare, value, found.start(2), found.end()))
    return Condition(
        text, name, compare, _age(text, value, found.end()) if name == "age" else _share(text, name, value, found.end())
    )


def parse_all(texts: Iterable[str]) -> tuple[Condition, ...]:
    """All conditions. Raises all that is wrong with them at once."""
    conditions: list[Condition] = []
    problems: list[SitegenError] = []
    for text in texts:
        try:
            conditions.append(parse(text))
        except ConditionBroken as error:
            problems.append(error)
    raise_all(problems)
    return tuple(conditions)


def selects(conditions: Iterable[Condition], made: Made | None, now: dt.datetime) -> bool:
    """Whether all conditions hold; a text of which nobody knows how it was made is never meant."""
    return made is not None and all(condition.holds(made, now) for condition in conditions)


def _text(text: str, name: str, compare: str, value: str, at: int, start: int) -> str:
    if compare not in ("=", "!="):
        _wrong(text, at, f"{name!r} is a word: it is compared by = or !=")
    if name == "method" and value not in ("summary", "extract"):
        _wrong(text, start, f"the method is summary or extract, not {value!r}")
    value = value.removeprefix("sha256:") if name == "digest" else value
    return value.replace("[", "[[]").replace("?", "[?]")


def _age(text: str, value: str, start: int) -> float:
    found = re.fullmatch(r"(\d+(?:\.\d+)?)([hdw])", value)
    if found is None:
        _wrong(text, start, f"{value!r} is no age: a number with h, d or w behind it, such as 30d")
    return float(found[1]) * _UNITS[found[2]]


def _share(text: str, name: str, value: str, start: int) -> float:
    found = re.fullmatch(r"(\d+(?:\.\d+)?)(%?)", value)
    if found is None or (found[2] and not name.startswith("score.")):
        _wrong(text, start, f"{value!r} is no number")
    return float(found[1]) / (100 if found[2] else 1)


def _number(name: str, made: Made, now: dt.datetime) -> float | None:
    if name == "age":
        return (now - made.at).total_seconds() / 86400
    if name.startswith("score."):
        share: float | None = getattr(made.scores, name.removeprefix("score."), None)
        return share
    return NUMBERS[name](made)


def _version(prompt: str) -> float | None:
    """Of ``3:0123456789ab``; extracts have no prompt."""
    head = prompt.partition(":")[0]
    return int(head) if head.isdecimal() else None


def _wrong(text: str, at: int, message: str) -> NoReturn:
    raise ConditionBroken(message, place=Place(f"--where {text!r}", column=at + 1))
