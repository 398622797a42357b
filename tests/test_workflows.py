"""The workflows, the image and the settings of hosts: linted, pinned, and without a secret in a script."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parent.parent
WORKFLOWS = sorted((ROOT / ".github/workflows").glob("*.yml"))
BIN = Path(sys.executable).parent


def accepts(*words: str | Path) -> None:
    done = subprocess.run(list(map(str, words)), capture_output=True, text=True, cwd=ROOT, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


USES = re.compile(r"uses: ([\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+|\$/\.github/workflows/[\w-]+\.yml)$")
"""A commit with its version, or a workflow of this repository at this commit."""


def steps(workflow: Path) -> list[dict[str, Any]]:
    found = yaml.safe_load(workflow.read_text())
    return [step for job in found["jobs"].values() for step in job.get("steps", [])]


def test_linters_have_nothing_to_say() -> None:
    accepts(BIN / "actionlint", *WORKFLOWS)
    accepts(BIN / "zizmor", "--offline", "--quiet", ".github")
    accepts(BIN / "check-jsonschema", "--builtin-schema", "vendor.github-workflows", *WORKFLOWS)
    accepts(BIN / "check-jsonschema", "--builtin-schema", "vendor.dependabot", ".github/dependabot.yml")
    accepts(BIN / "hadolint", "Dockerfile")


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda path: path.name)
def test_actions_are_pinned_by_commit_with_their_version(workflow: Path) -> None:
    uses = [line.strip() for line in workflow.read_text().splitlines() if re.search(r"\buses:", line)]
    assert all(USES.search(line) for line in uses), uses


def test_one_action_has_one_version() -> None:
    found = {line.strip() for path in WORKFLOWS for line in path.read_text().splitlines() if USES.search(line)}
    pinned = {line.removeprefix("- ").removeprefix("uses: ") for line in found if "@" in line}
    actions = [line.partition("@")[0] for line in pinned]
    assert len(actions) == len(set(actions))


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda path: path.name)
def test_no_script_holds_an_expression_and_nothing_is_allowed_by_default(workflow: Path) -> None:
    found = yaml.safe_load(workflow.read_text())
    assert found["permissions"] == {}
    assert all("${{" not in step.get("run", "") for step in steps(workflow))
    assert all(job.get("timeout-minutes") or job.get("uses") for job in found["jobs"].values())
    assert all("permissions" in job for job in found["jobs"].values())
    checkouts = [step for step in steps(workflow) if step.get("uses", "").startswith("actions/checkout@")]
    assert all(step["with"]["persist-credentials"] is False for step in checkouts)


def test_the_deploy_that_was_checked_is_the_one_that_is_shown() -> None:
    jobs = yaml.safe_load((ROOT / ".github/workflows/deploy.yml").read_text())["jobs"]
    assert jobs["promote"]["needs"] == ["draft", "smoke"]
    scripts = "\n".join(step.get("run", "") for step in jobs["promote"]["steps"])
    assert "sitegen build" not in scripts
    assert scripts.index("deploy promote") < scripts.index("sitegen smoke") < scripts.index("deploy rollback")


def test_what_is_deployed_passed_every_gate_and_is_built_once_for_each_event() -> None:
    site = yaml.safe_load((ROOT / ".github/workflows/site.yml").read_text())["jobs"]["site"]["steps"]
    scripts = [step.get("run", step.get("uses", "")).partition("@")[0] for step in site]
    gates = [f"make {name}" for name in ("same-twice", "links", "privacy", "vnu", "smoke", "lighthouse")]
    assert scripts[scripts.index(gates[0]) :][: len(gates) + 1] == [*gates, "actions/upload-artifact"]
    for name in ("ci", "preview", "deploy"):
        jobs = yaml.safe_load((ROOT / f".github/workflows/{name}.yml").read_text())["jobs"]
        assert jobs["site"]["uses"] == "$/.github/workflows/site.yml"
        scripts = [step.get("run", "") for job in jobs.values() for step in job.get("steps", [])]
        assert not any("sitegen build" in script for script in scripts)


def test_who_looks_for_faults_or_builds_holds_no_secret_and_no_right() -> None:
    container = yaml.safe_load((ROOT / ".github/workflows/container.yml").read_text())["jobs"]
    assert container["scan"]["permissions"] == {}
    assert container["push"]["needs"] == ["build", "scan"]
    for path in WORKFLOWS:
        for name, job in yaml.safe_load(path.read_text())["jobs"].items():
            if "secrets." in yaml.safe_dump(job):
                assert job["environment"], f"{path.name}: {name}"
            if "write" in job["permissions"].values():
                assert not any("make " in step.get("run", "") for step in job.get("steps", [])) or name in (
                    "preview",
                    "report",
                )


def test_what_an_owner_must_set_is_told_all_of_it_and_no_more() -> None:
    page = (ROOT / "docs/guide/publishing.md").read_text().partition("## With GitHub Actions")[2].partition("\n## ")[0]
    table = "\n".join(line for line in page.splitlines() if line.startswith("|"))
    text = "\n".join(path.read_text() for path in WORKFLOWS)
    wanted = set(re.findall(r"\b(?:secrets|vars)\.([A-Z_]+)", text))
    assert set(re.findall(r"`([A-Z]+(?:_[A-Z]+)*)`", table)) == wanted
    jobs = [job for path in WORKFLOWS for job in yaml.safe_load(path.read_text())["jobs"].values()]
    places = {place if isinstance(place, str) else place["name"] for job in jobs if (place := job.get("environment"))}
    rows = [line for line in table.splitlines() if "Environments" in line]
    assert {name for row in rows for name in re.findall(r"`([a-z]+(?:-[a-z]+)*)`", row)} - {"main"} == places


def test_the_checks_that_the_guide_demands_are_those_that_there_are() -> None:
    page = (ROOT / "docs/guide/publishing.md").read_text()
    (row,) = (line for line in page.splitlines() if line.startswith("| Settings → Rules"))
    versions = yaml.safe_load((ROOT / ".github/workflows/ci.yml").read_text())["jobs"]["test"]["strategy"]["matrix"]
    assert set(re.findall(r"`(test \([\d.]+\)|\w+ / \w+)`", row)) == {
        *(f"test ({version})" for version in versions["python"]),
        "site / site",
    }


def test_a_way_back_by_hand_waits_for_nobody_and_is_told_like_a_deploy() -> None:
    rollback = yaml.safe_load((ROOT / ".github/workflows/rollback.yml").read_text())
    deploy = yaml.safe_load((ROOT / ".github/workflows/deploy.yml").read_text())
    assert rollback["concurrency"]["group"] != deploy["concurrency"]["group"]
    assert '--from "$DEPLOY"' in "".join(step.get("run", "") for step in deploy["jobs"]["promote"]["steps"])
    for workflow in (rollback, deploy):
        (told,) = (step for step in workflow["jobs"]["report"]["steps"] if "deploy report" in step.get("run", ""))
        assert "--record production" in told["run"]


def test_dependabot_which_has_no_secrets_gets_the_checks_and_no_preview() -> None:
    preview, ci = ((ROOT / f".github/workflows/{name}.yml").read_text() for name in ("preview", "ci"))
    assert "github.event.pull_request.user.login != 'dependabot[bot]'" in preview
    assert "github.event.pull_request.user.login == 'dependabot[bot]'" in ci


def test_every_command_of_the_workflows_is_one_that_a_laptop_has() -> None:
    from sitegen.cli import COMMANDS

    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.M))
    for workflow in WORKFLOWS:
        for step in steps(workflow):
            for word in re.findall(r"\.venv/bin/sitegen (?:--json )?([a-z]+)", step.get("run", "")):
                assert word in COMMANDS, workflow.name
            for word in re.findall(r"^make (?:--silent )?([a-z-]+)", step.get("run", ""), re.M):
                assert word in targets, workflow.name


@pytest.mark.parametrize(
    ("fetch", "carried"),
    [
        ("mkdir -p $3/carried; touch $3/carried/assets.json", "--carry-from build/earlier"),
        ("true", ""),
        ("mkdir -p $3/carried; touch $3/carried/assets.json; false", ""),
    ],
)
def test_who_lets_netlify_build_keeps_earlier_assets_where_there_are_some(
    tmp_path: Path, fetch: str, carried: str
) -> None:
    command = tomllib.loads((ROOT / "netlify.toml").read_text())["build"]["command"]
    (tmp_path / "bin").mkdir()
    for name, text in {
        "python": "true",
        "sitegen": f'if [ "$1" = deploy ]; then {fetch}; else echo "$@"; fi',
    }.items():
        (tmp_path / "bin" / name).write_text(f"#!/bin/sh\n{text}\n")
        (tmp_path / "bin" / name).chmod(0o755)
    environ = {"PATH": f"{tmp_path}/bin:/usr/bin:/bin", "URL": "https://example.org"}
    done = subprocess.run(
        ["bash", "-c", command], cwd=tmp_path, env=environ, capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == f"build --strict --base-url https://example.org {carried}".split()
