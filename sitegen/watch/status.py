"""Status: the small page for people: what is going on, what went wrong, how much was done."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sitegen.watch.standing import Run, Standing

HOURS = 24
_STYLE = """
:root { color-scheme: light dark; font: 1rem/1.5 system-ui, sans-serif }
body { max-width: 60rem; margin: 2rem auto; padding: 0 1rem }
table { border-collapse: collapse; width: 100% }
th, td { text-align: start; padding: .3rem .6rem; border-bottom: 1px solid #8886; overflow-wrap: anywhere }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .2rem 1rem } dd { margin: 0 }
svg { width: 100%; height: 8rem } rect { fill: #3b82c4 } .scroll { overflow-x: auto }
.bad { color: #c0392b; font-weight: 600 }
@media (prefers-color-scheme: dark) { .bad { color: #ff8a7a } rect { fill: #7db8ec } }
"""


def page(standing: Standing) -> str:
    """The page; it loads itself anew every half minute."""
    troubles = standing.checks()
    facts = {
        "Now": ", ".join(standing.doing) or "waiting",
        "Since": f"{standing.started:%Y-%m-%d %H:%M} UTC",
        "Documents that wait": str(standing.pending),
        "Given up": str(standing.dead),
    }
    facts |= {f"Last {job} that went well": f"{at:%Y-%m-%d %H:%M:%S} UTC" for job, at in standing.successes.items()}
    rows = "".join(_row(run) for run in list(standing.runs)[::-1][:30])
    wrong = "".join(f'<li class="bad">{escape(name)}: {escape(said)}</li>' for name, said in troubles.items())
    state = f"<ul>{wrong}</ul>" if troubles else "<p>All is well.</p>"
    told = "".join(f"<dt>{escape(name)}</dt><dd>{escape(value)}</dd>" for name, value in facts.items())
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><meta http-equiv="refresh" content="30">'
        f'<meta name="viewport" content="width=device-width"><title>{escape(standing.title)}: status</title>'
        f"<style>{_STYLE}</style></head><body><main><h1>{escape(standing.title)}</h1>{state}<dl>{told}</dl>"
        f"<h2>Documents an hour</h2>{chart(list(standing.runs), dt.datetime.now(dt.UTC))}"
        '<h2>Last runs</h2><div class="scroll" tabindex="0"><table><thead><tr><th>When (UTC)</th><th>What</th>'
        f"<th>Why</th><th>Seconds</th><th>Outcome</th></tr></thead><tbody>{rows}</tbody></table></div>"
        "</main></body></html>\n"
    )


def chart(runs: list[Run], now: dt.datetime) -> str:
    """Documents of each of the last hours as bars, with the numbers for those who do not see them."""
    hours = Counter(int((now - run.at).total_seconds() // 3600) for run in runs for _ in range(run.documents))
    counts = [hours[age] for age in reversed(range(HOURS))]
    most = max(*counts, 1)
    bars = "".join(
        f'<rect x="{place * 10 + 1}" y="{100 - count * 100 / most:.1f}" width="8" height="{count * 100 / most:.1f}">'
        f"<title>{HOURS - 1 - place} hours ago: {count}</title></rect>"
        for place, count in enumerate(counts)
    )
    words = f"{sum(counts)} documents in {HOURS} hours; {max(counts)} in the busiest hour"
    return (
        f'<svg viewBox="0 0 {HOURS * 10} 100" preserveAspectRatio="none" role="img" aria-label="{words}">{bars}</svg>'
        f"<p>{words}.</p>"
    )


def _row(run: Run) -> str:
    mark = "" if run.well else ' class="bad"'
    why = ", ".join(run.reasons)
    cells = (f"{run.at:%m-%d %H:%M:%S}", run.job, why, f"{run.seconds:.1f}")
    told = "".join(f"<td>{escape(cell)}</td>" for cell in cells)
    return f"<tr>{told}<td{mark}>{escape(run.said)}</td></tr>"
