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
    assert all(re.search(r"uses: [\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$", line) for line in uses), uses


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda path: path.name)
def test_no_script_holds_an_expression_and_nothing_is_allowed_by_default(workflow: Path) -> None:
    found = yaml.safe_load(workflow.read_text())
    assert found["permissions"] == {}
    assert all("${{" not in step.get("run", "") for step in steps(workflow))
    assert all(job.get("timeout-minutes") for job in found["jobs"].values())
    checkouts = [step for step in steps(workflow) if step.get("uses", "").startswith("actions/checkout@")]
    assert all(step["with"]["persist-credentials"] is False for step in checkouts)


def test_the_deploy_that_was_checked_is_the_one_that_is_shown() -> None:
    jobs = yaml.safe_load((ROOT / ".github/workflows/deploy.yml").read_text())["jobs"]
    assert jobs["promote"]["needs"] == ["draft", "smoke"]
    scripts = "\n".join(step.get("run", "") for step in jobs["promote"]["steps"])
    assert "sitegen build" not in scripts
    assert scripts.index("deploy promote") < scripts.index("sitegen smoke") < scripts.index("deploy rollback")


def test_every_command_of_the_workflows_is_one_that_a_laptop_has() -> None:
    from sitegen.cli import COMMANDS

    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.M))
    for workflow in WORKFLOWS:
        for step in steps(workflow):
            for word in re.findall(r"\.venv/bin/sitegen (?:--json )?([a-z]+)", step.get("run", "")):
                assert word in COMMANDS, workflow.name
            for word in re.findall(r"^make ([a-z-]+)", step.get("run", ""), re.M):
                assert word in targets, workflow.name
