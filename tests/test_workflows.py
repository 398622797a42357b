"""The workflows, the image and the settings of hosts: linted, pinned, and without a secret in a script."""

from __future__ import annotations

import re
import subprocess
import sys
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


def test_every_command_of_the_workflows_is_one_that_a_laptop_has() -> None:
    from sitegen.cli import COMMANDS

    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.M))
    for workflow in WORKFLOWS:
        for step in steps(workflow):
            for word in re.findall(r"\.venv/bin/sitegen (?:--json )?([a-z]+)", step.get("run", "")):
                assert word in COMMANDS, workflow.name
            for word in re.findall(r"^make (?:--silent )?([a-z-]+)", step.get("run", ""), re.M):
                assert word in targets, workflow.name
