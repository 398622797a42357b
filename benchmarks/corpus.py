"""A corpus of invented briefs, the same on every machine: brief N depends on N alone.

150 to 1,500 words (log-normal about 400), headings, one list, one table, one block of code, one to three footnotes,
links and emphasis; 200 tags with Zipf's frequencies, one to five a brief; 40 correspondents; dates over five years.
"""

from __future__ import annotations

import datetime as dt
import json
import math
import random
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path


def _words(text: str) -> list[str]:
    return text.split()


_FIRST_DAY = dt.date(2021, 1, 1)
_DAYS = 1826
_AREAS = _words(
    """
    water rail housing health schools ports forestry aviation insurance pensions trade courts elections research
    telecoms mining farming tourism museums archives statistics labour waste climate roads shipping medicine
    sport budget libraries bridges parks lighting heritage markets fisheries energy customs weather censuses
    """
)
_ASPECTS = _words("policy funding safety reform data")
TAGS = [f"{area}-{aspect}" for aspect in _ASPECTS for area in _AREAS]
_WEIGHTS = [1 / rank for rank in range(1, len(TAGS) + 1)]
_GIVEN = _words("Ada Bruno Carla Dario Edda Felix Gesa Henri Ilka Jasper")
_FAMILY = _words("Abel Brandt Conti Dahl")
CORRESPONDENTS = [f"{given} {family}" for family in _FAMILY for given in _GIVEN]
_NOUNS = _words(
    """
    report tender contract survey tunnel reservoir network standard directive proposal forecast hearing
    agreement grant tariff permit terminal depot turbine register dataset sample facility clinic library
    warehouse factory forest harbour bridge station tram vessel harvest vaccine trial reserve loan pension wage
    verdict appeal election council ministry union teacher engineer inspector resident tenant farmer supplier
    operator investor donor scientist planner driver crew
    """
)
_QUALITIES = _words(
    """
    annual regional national municipal revised final interim independent public joint local rural coastal
    northern digital technical financial legal industrial clinical seasonal temporary detailed contested modest
    gradual sharp planned recent costly reliable fragile critical minor substantial primary voluntary published
    quarterly
    """
)
_DEEDS = _words(
    """
    approved delayed reviewed expanded suspended completed launched funded audited challenged confirmed signed
    replaced restored measured documented questioned amended drafted tested certified leased mapped digitised
    verified released
    """
)
_TOWNS = _words(
    """
    Lindau Orval Kessel Brin Tarn Ostrava Melk Cork Varna Split Ghent Turku Evora Nimes Jena Zadar Krems Sligo
    """
)


@dataclass(frozen=True, slots=True)
class Brief:
    """One brief, in no tool's format yet."""

    number: int
    title: str
    slug: str
    date: dt.date
    tags: tuple[str, ...]
    correspondent: str
    summary: str
    body: str


class _Writer:
    """Writes English that means nothing, with the marks of Markdown in it."""

    def __init__(self, number: int) -> None:
        self._random = random.Random(f"sitegen bench {number}")
        self.pick: Callable[[list[str]], str] = self._random.choice
        self.below = self._random.randrange
        self.chance = self._random.random
        self.gauss = self._random.gauss

    def thing(self) -> str:
        return f"the {self.pick(_QUALITIES)} {self.pick(_NOUNS)}"

    def clause(self) -> str:
        kind = self.below(4)
        if kind == 0:
            return f"{self.thing()} of {self.pick(_TOWNS)} {self.pick(_DEEDS)} {self.thing()}"
        if kind == 1:
            return f"{self.pick(CORRESPONDENTS)} {self.pick(_DEEDS)} {self.thing()} in {self.pick(_TOWNS)}"
        if kind == 2:
            return f"{self.thing()} was {self.pick(_DEEDS)} by {self.below(2, 97)} per cent"
        return f"{self.thing()} worth {self.below(2, 900)} million euros was {self.pick(_DEEDS)}"

    def sentence(self) -> str:
        text = self.clause()
        if self.chance() < 0.5:
            text += f" while {self.clause()}"
        mark = self.chance()
        if mark < 0.06:
            text += f", as [{self.thing()}](https://{self.pick(_AREAS)}.example/{self.below(10_000)}) says"
        elif mark < 0.10:
            text += f", **{self.pick(_QUALITIES)} {self.pick(_NOUNS)}** included"
        elif mark < 0.13:
            text += f", in the *{self.pick(_QUALITIES)}* sense"
        elif mark < 0.15:
            text += f", filed as `{self.pick(_NOUNS)}_{self.below(100)}`"
        return f"{text[0].upper()}{text[1:]}."

    def paragraph(self, least: int = 2, most: int = 6) -> str:
        return " ".join(self.sentence() for _ in range(self.below(least, most)))

    def heading(self) -> str:
        level = "##" if self.chance() < 0.7 else "###"
        return f"{level} {self.pick(_QUALITIES).capitalize()} {self.pick(_NOUNS)} in {self.pick(_TOWNS)}"

    def list_(self) -> str:
        mark = "-" if self.chance() < 0.5 else "1."
        return "\n".join(f"{mark} {self.clause()}" for _ in range(self.below(3, 7)))

    def table(self) -> str:
        rows = [f"| Place | {self.pick(_NOUNS)} | {self.pick(_NOUNS)} |", "| --- | ---: | --- |"]
        rows += [
            f"| {self.pick(_TOWNS)} | {self.below(9_999)} | {self.pick(_QUALITIES)} |" for _ in range(self.below(3, 8))
        ]
        return "\n".join(rows)

    def code(self) -> str:
        if self.chance() < 0.5:
            data = {
                "place": self.pick(_TOWNS),
                self.pick(_NOUNS): self.below(9_999),
                "url": "https://x.example/?a=1&b=<2>",
            }
            return f"```json\n{json.dumps(data, indent=2)}\n```"
        noun = self.pick(_NOUNS)
        lines = (
            f"def {noun}_total(rows):",
            f"    total = sum(row['{noun}'] for row in rows if row['year'] > {self.below(1990, 2030)})",
            f"    return total / max(1, len(rows))  # {self.pick(_QUALITIES)} <{noun}>",
        )
        return "\n".join(("```python", *lines, "```"))


def brief(number: int) -> Brief:
    """The brief with this number."""
    writer = _Writer(number)
    target = min(1500, max(150, round(math.exp(writer.gauss(math.log(400), 0.5)))))
    title = writer.clause()[:90].rsplit(" ", 1)[0]
    tags: list[str] = []
    for _ in range(writer.below(1, 6)):
        tag = writer._random.choices(TAGS, _WEIGHTS)[0]
        if tag not in tags:
            tags.append(tag)
    words = "-".join(title.lower().split()[:8])
    return Brief(
        number=number,
        title=f"{title[0].upper()}{title[1:]}",
        slug=f"{words}-{number:05d}",
        date=_FIRST_DAY + dt.timedelta(days=(number * 7919) % _DAYS),
        tags=tuple(tags),
        correspondent=CORRESPONDENTS[writer.below(len(CORRESPONDENTS))],
        summary=f"{writer.clause().capitalize()}.",
        body=_body(writer, target),
    )


def _body(writer: _Writer, target: int) -> str:
    notes = writer.below(1, 4)
    blocks = [f"{writer.paragraph()[:-1]}[^1]."]
    special = [writer.list_, writer.table, writer.code]
    count = len(blocks[0].split())
    while count < target or special:
        if len(blocks) % 3 == 1:
            blocks.append(writer.heading())
        if special and (count > target * 0.25 * (4 - len(special)) or target < 250):
            blocks.append(special.pop(writer.below(len(special)))())
        text = writer.paragraph()
        if notes >= 2 and len(blocks) in (4, 7):
            text = f"{text[:-1]}[^{2 if len(blocks) == 4 else notes}]."
        blocks.append(f"> {text}" if writer.chance() < 0.08 else text)
        count = sum(len(block.split()) for block in blocks)
    blocks += [f"[^{note}]: {writer.sentence()}" for note in range(1, notes + 1)]
    return "\n\n".join(blocks) + "\n"


def write(folder: Path, count: int, *, hugo: bool = False) -> None:
    """Writes the first ``count`` briefs as files for sitegen, or for Hugo."""
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(count):
        (folder / f"{number:05d}.md").write_text(text_of(brief(number), hugo=hugo))


def text_of(item: Brief, *, hugo: bool = False) -> str:
    """The file of a brief. A JSON string is a YAML one, too."""
    quoted = json.dumps(item.correspondent)
    head = [
        f"title: {json.dumps(item.title)}",
        "status: published",
        f"date: {item.date}",
        f"slug: {item.slug}",
        f"tags: {json.dumps(item.tags)}",
        f"correspondents: [{quoted}]" if hugo else f"correspondent: {quoted}",
        f"summary: {json.dumps(item.summary)}",
    ]
    return "\n".join(("---", *head, "---", "", item.body))
