"""The page of an evaluation: one HTML file that asks nobody for anything, with charts drawn in it."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sitegen.enrich.evaluation.outcome import ENOUGH, SHARES, Outcome, Result, Trial
from sitegen.enrich.scores import percent

if TYPE_CHECKING:
    from jinja2 import Environment

FOLDER = Path(__file__).parent
MOST_DOCUMENTS = 200
"""That are shown in full, the worst first: a page must open."""
COLOURS = 6


@dataclass(frozen=True, slots=True)
class Bar:
    """One line of a chart: who, how long in percent of the width, and the figure in words."""

    label: str
    width: float
    shown: str
    colour: int = 0
    note: str = ""


@dataclass(frozen=True, slots=True)
class Chart:
    """Bars of one measure, for all contenders."""

    title: str
    about: str
    bars: tuple[Bar, ...]
    mark: float | None = None
    """Where a line stands, in percent of the width."""


@dataclass(frozen=True, slots=True)
class Paper:
    """One document, with what every contender made of it."""

    ref: str
    title: str
    trials: tuple[tuple[Result, Trial], ...]
    worst: float


def html(outcome: Outcome) -> str:
    """The page. Everything that came from documents or models is escaped."""
    css = (FOLDER / "page.css").read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(css.encode()).digest()).decode()
    found = list(papers(outcome))
    values = {
        "outcome": outcome,
        "css": css,
        "csp": f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'",
        "shares": list(_share_charts(outcome)),
        "style": list(_style_charts(outcome)),
        "cost": list(_cost_charts(outcome)),
        "rouge": _rouge_chart(outcome),
        "papers": found[:MOST_DOCUMENTS],
        "more": max(0, len(found) - MOST_DOCUMENTS),
        "colour": {result.label: number % COLOURS for number, result in enumerate(outcome.results)},
        "enough": ENOUGH,
        "names": SHARES,
    }
    return _environment().get_template("page.html.jinja").render(values).lstrip()


def papers(outcome: Outcome) -> Iterator[Paper]:
    """The documents, those first with which a contender did worst."""
    found: dict[str, list[tuple[Result, Trial]]] = {}
    for result in outcome.results:
        for trial in result.trials:
            found.setdefault(trial.ref, []).append((result, trial))
    made = [
        Paper(ref, pairs[0][1].title, tuple(pairs), min(_weakest(trial) for _, trial in pairs))
        for ref, pairs in found.items()
    ]
    yield from sorted(made, key=lambda paper: paper.worst)


def _weakest(trial: Trial) -> float:
    return trial.scores.weakest if trial.scores else -1.0


# ------------------------------------------------------------------------------------------------------------- charts


def _chart(
    outcome: Outcome,
    title: str,
    about: str,
    of: Callable[[Result], float | None],
    shown: Callable[[float], str],
    *,
    full: float | None = None,
    mark: float | None = None,
) -> Chart:
    """A bar for each contender; as long as ``full`` is the whole width, or else the longest."""
    values = [of(result) for result in outcome.results]
    whole = full or max((value for value in values if value is not None), default=0) or 1
    bars = tuple(
        Bar(
            result.label,
            0 if value is None else round(100 * value / whole, 2),
            "nothing to count" if value is None else shown(value),
            number % COLOURS,
        )
        for number, (result, value) in enumerate(zip(outcome.results, values, strict=True))
    )
    return Chart(title, about, bars, mark)


def _share_charts(outcome: Outcome) -> Iterator[Chart]:
    about = {
        "quotation": "Points whose quotation stands in the document and supports them; dropped ones count as missing.",
        "numbers": "Numbers in the summary's own words that stand in the document, in whatever form.",
        "dates": "Days and months, likewise.",
        "names": "Capitalised names, likewise.",
    }
    for name in SHARES:

        def share(result: Result, name: str = name) -> float | None:
            return result.share(name)

        yield _chart(outcome, name.capitalize(), about[name], share, tenths, full=1, mark=100 * ENOUGH)


def _style_charts(outcome: Outcome) -> Iterator[Chart]:
    yield _chart(
        outcome,
        "Coverage",
        "Words that stand in runs copied from the document; people's own summaries lie near 0.9.",
        lambda result: result.mean(lambda scores: scores.coverage),
        lambda value: f"{value:.2f}",
        full=1,
    )
    yield _chart(
        outcome,
        "Density",
        "How long these runs are, in words; people's own summaries have some 1 to 18.",
        lambda result: result.mean(lambda scores: scores.density),
        lambda value: f"{value:.1f} words",
    )
    yield _chart(
        outcome,
        "Compression",
        "Words of the document for one of the summary.",
        lambda result: result.mean(lambda scores: scores.compression),
        lambda value: f"{value:.1f} to 1",
    )


def _cost_charts(outcome: Outcome) -> Iterator[Chart]:
    yield _chart(
        outcome, "Seconds", "For each document.", lambda result: result.seconds_each, lambda value: f"{value:.2f} s"
    )
    yield _chart(
        outcome,
        "Tokens",
        "For each document, questions and answers together; the built-in engine needs none.",
        lambda result: result.mean(lambda scores: scores.tokens),
        lambda value: f"{value:,.0f}",
    )


def _rouge_chart(outcome: Outcome) -> Chart | None:
    if not outcome.baselines:
        return None
    chart = _chart(outcome, "ROUGE-2", "", lambda result: result.rouge2, lambda value: f"{100 * value:.1f}")
    values = [result.rouge2 for result in outcome.results]
    whole = max([*(value for value in values if value is not None), *outcome.baselines.values()], default=0) or 1
    bars = [
        Bar(bar.label, round(100 * (value or 0) / whole, 2), bar.shown, bar.colour)
        for bar, value in zip(chart.bars, values, strict=True)
    ]
    names = {"lead": "the first sentences", "LexRank": "LexRank"}
    bars += [
        Bar(names.get(name, name), round(100 * value / whole, 2), f"{100 * value:.1f}", -1, "baseline")
        for name, value in outcome.baselines.items()
    ]
    return Chart(chart.title, chart.about, tuple(bars))


# ---------------------------------------------------------------------------------------------------------- templates


def tenths(share: float) -> str:
    """A mean share in percent; never 100.0 % for what is less."""
    return f"{min(round(share * 100, 1), 100.0 if share >= 1 else 99.9):.1f} %"


def _ticks(trials: Sequence[Trial]) -> list[float]:
    """Where each document's lowest share stands, in percent of the width."""
    return [round(100 * trial.scores.weakest, 1) for trial in trials if trial.scores]


def _environment() -> Environment:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(FOLDER),
        undefined=StrictUndefined,
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"percent": percent, "tenths": tenths, "ticks": _ticks}
    return environment
