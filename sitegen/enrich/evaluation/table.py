"""The table of an evaluation for the terminal: a column for each contender, a row for each measure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from sitegen.enrich.evaluation.outcome import SHARES, Outcome, Result
from sitegen.enrich.evaluation.page import tenths

WORST = 5
"""Documents that are named below the table."""

Table = tuple[Sequence[str], Sequence[Sequence[str]]]


def table(outcome: Outcome) -> Table:
    """Head and rows."""
    measures: list[tuple[str, Callable[[Result], str]]] = [
        ("documents", lambda result: str(len(result.trials))),
        ("  summaries", lambda result: str(result.count("summary"))),
        ("  extracts", lambda result: str(result.count("extract"))),
        ("  failed", lambda result: str(result.count("failed"))),
        *((name, _share(name)) for name in SHARES),
        ("documents below 95 %", lambda result: str(result.weak)),
        ("points dropped", lambda result: str(result.dropped)),
        ("coverage", lambda result: _plain(result.mean(lambda scores: scores.coverage), ".2f")),
        ("density", lambda result: _plain(result.mean(lambda scores: scores.density), ".1f")),
        ("compression", lambda result: _plain(result.mean(lambda scores: scores.compression), ".1f")),
        ("seconds a document", lambda result: _plain(result.seconds_each, ".2f")),
        ("documents a minute", lambda result: _plain(result.per_minute, ".1f")),
        ("tokens a document", lambda result: _plain(result.mean(lambda scores: scores.tokens), ",.0f")),
    ]
    rows = [(name, *map(of, outcome.results)) for name, of in measures]
    rows += _likeness(outcome)
    return ("", *(result.label for result in outcome.results)), rows


def worst(outcome: Outcome) -> Iterator[str]:
    """The documents to look at first, if there are any."""
    low = [
        (result, trial) for result, trial in outcome.worst_first() if trial.scores is None or trial.scores.weakest < 1
    ]
    if low:
        yield "Look first at:"
    for result, trial in low[:WORST]:
        what = f"{trial.reason} [{trial.code}]" if trial.scores is None else str(trial.scores)
        yield f"  {trial.title or trial.ref} ({result.label}): {what}"


def _likeness(outcome: Outcome) -> Iterator[tuple[str, ...]]:
    if not outcome.baselines:
        return
    yield f"ROUGE-2 ({outcome.references} references)", *(_points(result.rouge2) for result in outcome.results)
    for name, value in outcome.baselines.items():
        yield f"  {name}, to compare", *(_points(value) for _ in outcome.results)


def _share(name: str) -> Callable[[Result], str]:
    def shown(result: Result) -> str:
        share = result.share(name)
        return "-" if share is None else tenths(share)

    return shown


def _plain(value: float | None, form: str) -> str:
    return "-" if value is None else format(value, form)


def _points(value: float | None) -> str:
    return "-" if value is None else f"{100 * value:.1f}"
