"""What is deployed beside the daemon: alerts that come when they should, with a page each; a dashboard from code."""

from __future__ import annotations

import importlib.util
import re
import shutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import click
import pytest
import yaml
from prometheus_client import CollectorRegistry, ProcessCollector

from sitegen.cli import root
from sitegen.watch.metrics import Metrics

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "deploy/observability"
PAGES = ROOT / "docs/operations"
PROMETHEUS_OWN = {"up"}


def alerts() -> list[dict[str, Any]]:
    groups = yaml.safe_load((FOLDER / "alerts.yml").read_text())["groups"]
    return [rule for group in groups for rule in group["rules"]]


def generator() -> ModuleType:
    spec = importlib.util.spec_from_file_location("dashboard", FOLDER / "dashboard.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def exposed() -> set[str]:
    """Every name that a query may hold."""
    names = {name for known in Metrics().registry._collector_to_names.values() for name in known}
    names |= {"process_resident_memory_bytes", "process_cpu_seconds_total"}
    return names - {name for name in names if name.endswith("_created")}


def queries() -> list[str]:
    panels = [panel for row in generator().ROWS for panel in row.panels]
    return [query.expr for panel in panels for query in panel.queries]


def asked_for(expression: str) -> set[str]:
    return set(re.findall(r"\b(?:sitegen|process)_\w+|\bup\b", expression))


def test_the_dashboard_is_what_its_code_says() -> None:
    made = generator()
    assert made.FILE.read_text() == made.text(), "it is out of date; run: python deploy/observability/dashboard.py"


def test_the_dashboard_and_the_alerts_ask_only_for_metrics_that_are_there() -> None:
    expressions = [*queries(), *(alert["expr"] for alert in alerts())]
    assert {name for one in expressions for name in asked_for(one)} <= exposed() | PROMETHEUS_OWN


def test_the_dashboard_shows_every_metric() -> None:
    shown = {re.sub(r"_(bucket|count|sum|total)$", "", name) for one in queries() for name in asked_for(one)}
    ours = {getattr(metric, "_name", "") for metric in Metrics().registry._collector_to_names} - {""}
    assert {name for name in ours if name.startswith("sitegen_")} <= shown


def test_the_dashboard_has_no_two_panels_in_one_place() -> None:
    taken: set[tuple[int, int]] = set()
    for panel in generator().dashboard()["panels"]:
        grid = panel["gridPos"]
        cells = {
            (x, y) for x in range(grid["x"], grid["x"] + grid["w"]) for y in range(grid["y"], grid["y"] + grid["h"])
        }
        assert not taken & cells, panel["title"]
        assert grid["x"] + grid["w"] <= 24
        taken |= cells


def test_what_the_process_says_of_itself_is_known_under_these_names() -> None:
    if sys.platform == "linux":
        registry = CollectorRegistry()
        ProcessCollector(registry=registry)
        assert registry.get_sample_value("process_resident_memory_bytes")
        assert registry.get_sample_value("process_cpu_seconds_total")


@pytest.mark.parametrize("alert", alerts(), ids=lambda alert: str(alert["alert"]))
def test_each_alert_has_a_page_with_meaning_first_look_and_remedy(alert: dict[str, Any]) -> None:
    page = (ROOT / alert["annotations"]["runbook_url"]).read_text()
    assert page.startswith(f"# {alert['alert']}: ")
    assert re.findall("^## (.*)$", page, re.M) == ["What it means", "First look", "What to do"]
    index = (PAGES / "README.md").read_text()
    row = next(line for line in index.splitlines() if f"[{alert['alert']}]" in line)
    assert alert["labels"]["severity"] in row


def test_no_page_is_about_an_alert_that_is_gone() -> None:
    assert {path.name for path in (PAGES / "alerts").glob("*.md")} == {
        Path(alert["annotations"]["runbook_url"]).name for alert in alerts()
    }


def test_the_commands_of_the_pages_exist() -> None:
    shown = 0
    for page in (*PAGES.glob("alerts/*.md"), *(PAGES / f"{name}.md" for name in ("README", "daemon", "metrics"))):
        for line in re.findall(r"(?:`|\$ )sitegen ([^`\n|&;#)]*)", page.read_text()):
            command: click.Command = root
            context = click.Context(root)
            for word in line.split():
                if word.startswith("-"):
                    assert any(word in parameter.opts for parameter in command.params), f"{page.name}: {line}"
                elif isinstance(command, click.Group):
                    found = command.get_command(context, word)
                    assert found is not None, f"{page.name}: sitegen {line}"
                    command, shown = found, shown + 1
    assert shown > 20


def test_the_tests_of_the_alerts_have_each_one_come_and_stay_away() -> None:
    tests = yaml.safe_load((FOLDER / "alerts.test.yml").read_text())["tests"]
    cases = [case for test in tests for case in test["alert_rule_test"]]
    names = {alert["alert"] for alert in alerts()}
    assert {case["alertname"] for case in cases if case.get("exp_alerts")} == names
    assert {case["alertname"] for case in cases if not case.get("exp_alerts")} == names


PROMTOOL = shutil.which("promtool")


@pytest.mark.skipif(PROMTOOL is None, reason="promtool is not installed; on Debian and Ubuntu: apt install prometheus")
@pytest.mark.parametrize("words", [("check", "config", "prometheus.yml"), ("test", "rules", "alerts.test.yml")])
def test_prometheus_finds_configuration_and_alerts_right(words: tuple[str, ...]) -> None:
    assert PROMTOOL
    done = subprocess.run([PROMTOOL, *words], cwd=FOLDER, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
