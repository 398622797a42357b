"""The Grafana dashboard, from code: python deploy/observability/dashboard.py writes grafana/dashboards/sitegen.json.

A row is a question that somebody has who looks: is all well, how much is done, how long does it take, why does it fail.
Alerts are in alerts.yml; the dashboard only shows.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

FILE = Path(__file__).parent / "grafana/dashboards/sitegen.json"
WIDTH = 24
"""Columns of Grafana's grid."""
HERE = 'instance=~"$instance"'
Unit = Literal["short", "s", "bytes", "percentunit", "dateTimeFromNow", "bool_on_off", "opm"]


@dataclass(frozen=True)
class Query:
    """What is asked of Prometheus, and how the answer is called."""

    expr: str
    legend: str = ""


@dataclass(frozen=True)
class Panel:
    """One picture."""

    title: str
    queries: Sequence[Query]
    kind: Literal["stat", "timeseries"] = "timeseries"
    unit: Unit = "short"
    about: str = ""
    stacked: bool = False
    steps: dict[float, str] | None = None
    """From which value on which colour."""


@dataclass(frozen=True)
class Row:
    title: str
    panels: Sequence[Panel]
    height: int = 8


def counted(metric: str, by: str, window: str = "$__rate_interval") -> str:
    """How often a minute something was counted."""
    return f"60 * sum by ({by}) (rate({metric}{{{HERE}}}[{window}]))"


def quantiles(metric: str, *by: str) -> list[Query]:
    """The median and the slow end of a histogram."""
    names = ", ".join(("le", *by))
    legend = " ".join(f"{{{{{name}}}}}" for name in by)
    return [
        Query(
            f"histogram_quantile({share}, sum by ({names}) (rate({metric}_bucket{{{HERE}}}[$__rate_interval])))",
            f"{word} {legend}".strip(),
        )
        for share, word in ((0.5, "median"), (0.95, "p95"))
    ]


GOOD_AT_ZERO: dict[float, str] = {0: "green", 1: "red"}
ROWS = (
    Row(
        "Is all well?",
        [
            Panel("Troubles now", [Query(f"sum(sitegen_trouble{{{HERE}}})")], "stat", steps=GOOD_AT_ZERO,
                  about="As /readyz says; 0 is well."),
            Panel("Documents that wait", [Query(f"sum(sitegen_documents_pending{{{HERE}}})")], "stat"),
            Panel("Given up", [Query(f"sum(sitegen_documents_dead{{{HERE}}})")], "stat", steps=GOOD_AT_ZERO),
            Panel("Source last read", [Query(f"max(sitegen_source_lag_seconds{{{HERE}}})")], "stat", "s",
                  steps={0: "green", 600: "orange", 1800: "red"}),
            Panel("Last success",
                  [Query(f"1000 * max by (job) (sitegen_last_success_timestamp_seconds{{{HERE}}})", "{{job}}")],
                  "stat", "dateTimeFromNow"),
            Panel("Free disk", [Query(f"min(sitegen_disk_free_bytes{{{HERE}}})")], "stat", "bytes",
                  steps={0: "red", 1e9: "orange", 5e9: "green"}),
        ],
        height=4,
    ),
    Row(
        "How much is done?",
        [
            Panel("Documents a minute", [Query(counted("sitegen_documents_processed_total", "result"), "{{result}}")],
                  unit="opm", stacked=True),
            Panel("Waiting and given up", [Query(f"sitegen_documents_pending{{{HERE}}}", "waiting"),
                                           Query(f"sitegen_documents_dead{{{HERE}}}", "given up")]),
            Panel("Briefs", [Query(f"sitegen_pages{{{HERE}}}", "{{status}}")], stacked=True),
        ],
    ),
    Row(
        "How long does it take?",
        [
            Panel("Work on a document", quantiles("sitegen_document_seconds"), unit="s"),
            Panel("Waiting for it", quantiles("sitegen_queue_wait_seconds"), unit="s"),
            Panel("Requests to the engine", quantiles("sitegen_engine_seconds", "endpoint"), unit="s"),
            Panel("Builds", quantiles("sitegen_build_seconds", "kind"), unit="s"),
        ],
    ),
    Row(
        "The engine",
        [
            Panel("Endpoints", [Query(f"sitegen_endpoint_up{{{HERE}}}", "{{endpoint}}")], unit="bool_on_off"),
            Panel("Requests a minute", [Query(counted("sitegen_engine_seconds_count", "endpoint, model"),
                                              "{{endpoint}} {{model}}")], unit="opm"),
            Panel("Tokens a minute", [Query(counted("sitegen_engine_tokens_total", "kind, model"),
                                            "{{kind}} {{model}}")], stacked=True),
            Panel("Errors a minute", [Query(counted("sitegen_engine_errors_total", "endpoint, reason"),
                                            "{{endpoint}} {{reason}}")], unit="opm", stacked=True,
                  about="By code; docs/reference/errors.md says what each is."),
        ],
    ),
    Row(
        "The fleet, where there is one",
        [
            Panel("Workers", [Query(f"sitegen_fleet_workers{{{HERE}}}", "{{state}}")], stacked=True,
                  about="One that differs takes no work; sitegen doctor says in what."),
            Panel("Jobs in Redis", [Query(f"sitegen_fleet_jobs{{{HERE}}}", "{{state}}")], stacked=True),
            Panel("The oldest waits", [Query(f"sitegen_fleet_oldest_job_seconds{{{HERE}}}", "seconds")], unit="s"),
            Panel("Messages refused", [Query(f"sitegen_fleet_messages_refused{{{HERE}}}", "since the start")],
                  about="Not signed with our key, or sent again. More than a few: somebody else writes to this Redis."),
        ],
    ),
    Row(
        "Source, cache, builds",
        [
            Panel("Requests to the source a minute", [Query(counted("sitegen_source_requests_total", "status"),
                                                            "{{status}}")], unit="opm", stacked=True),
            Panel("Summaries that were there already",
                  [Query(f'sum(rate(sitegen_cache_requests_total{{{HERE}, result="hit"}}[$__rate_interval])) '
                         f"/ sum(rate(sitegen_cache_requests_total{{{HERE}}}[$__rate_interval]))")],
                  unit="percentunit"),
            Panel("Cache", [Query(f"sitegen_cache_bytes{{{HERE}}}", "bytes")], unit="bytes"),
            Panel("Outputs a minute", [Query(counted("sitegen_build_outputs_total", "result"), "{{result}}")],
                  unit="opm", stacked=True),
        ],
    ),
    Row(
        "The daemon",
        [
            Panel("Jobs an hour",
                  [Query(f"3600 * sum by (job, result) (rate(sitegen_jobs_total{{{HERE}}}[1h]))",
                         "{{job}} {{result}}")]),
            Panel("Troubles", [Query(f"sitegen_trouble{{{HERE}}}", "{{topic}}")], stacked=True),
            Panel("Memory", [Query(f"process_resident_memory_bytes{{{HERE}}}", "resident")], unit="bytes"),
            Panel("Processor", [Query(f"rate(process_cpu_seconds_total{{{HERE}}}[$__rate_interval])", "cores")]),
        ],
    ),
)  # fmt: skip


def dashboard(rows: Sequence[Row] = ROWS) -> dict[str, Any]:
    """As Grafana imports it."""
    return {
        "uid": "sitegen",
        "title": "sitegen",
        "tags": ["sitegen"],
        "schemaVersion": 39,
        "editable": False,
        "graphTooltip": 1,
        "refresh": "30s",
        "time": {"from": "now-24h", "to": "now"},
        "templating": {"list": [_instances()]},
        "panels": list(_panels(rows)),
    }


def _instances() -> dict[str, Any]:
    return {
        "name": "instance",
        "type": "query",
        "datasource": _SOURCE,
        "query": "label_values(sitegen_documents_pending, instance)",
        "refresh": 2,
        "includeAll": True,
        "allValue": ".*",
        "current": {"text": "All", "value": "$__all"},
    }


_SOURCE = {"type": "prometheus", "uid": "prometheus"}


def _panels(rows: Sequence[Row]) -> Iterator[dict[str, Any]]:
    number = top = 0
    for row in rows:
        number += 1
        yield {"id": number, "type": "row", "title": row.title, "gridPos": {"x": 0, "y": top, "w": WIDTH, "h": 1}}
        width = WIDTH // len(row.panels)
        for place, panel in enumerate(row.panels):
            number += 1
            grid = {"x": place * width, "y": top + 1, "w": width, "h": row.height}
            yield {"id": number, "gridPos": grid, **_panel(panel)}
        top += 1 + row.height


def _panel(panel: Panel) -> dict[str, Any]:
    steps = [{"value": value or None, "color": colour} for value, colour in (panel.steps or {0: "blue"}).items()]
    drawn = {"fillOpacity": 20, "showPoints": "never", "stacking": {"mode": "normal" if panel.stacked else "none"}}
    defaults: dict[str, Any] = {"unit": panel.unit, "min": 0, "thresholds": {"mode": "absolute", "steps": steps}}
    if panel.kind == "timeseries":
        defaults |= {"color": {"mode": "palette-classic"}, "custom": drawn}
    return {
        "type": panel.kind,
        "title": panel.title,
        "description": panel.about,
        "datasource": _SOURCE,
        "fieldConfig": {"defaults": defaults, "overrides": []},
        "options": {} if panel.kind == "timeseries" else {"colorMode": "background_solid" if panel.steps else "none"},
        "targets": [
            {"refId": chr(ord("A") + place), "expr": query.expr, "legendFormat": query.legend or "__auto"}
            for place, query in enumerate(panel.queries)
        ],
    }


def text() -> str:
    """The file."""
    return json.dumps(dashboard(), indent=2) + "\n"


if __name__ == "__main__":
    FILE.write_text(text(), encoding="utf-8")
