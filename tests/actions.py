"""Actions: runs the scripts of a workflow's jobs as GitHub would, one after the other, on this machine.

What sets a machine up (checkout, `make setup`, artifacts) is done by ``prepare``; every other script runs as it stands
in the file. Conditions and expressions are those that our workflows use, and no others.
"""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

_EXPRESSION = re.compile(r"\$\{\{\s*(.*?)\s*\}\}")


@dataclass
class Job:
    """What became of a job."""

    result: str = "skipped"
    outputs: dict[str, str] = field(default_factory=dict)


@dataclass
class Run:
    """One run of a workflow."""

    workflow: Path
    prepare: Callable[[str, Path], None]
    """Fills the folder of a job before its scripts run."""
    folder: Path
    given: Mapping[str, str]
    """Values of expressions such as ``vars.SITE_URL`` and ``secrets.NETLIFY_TOKEN``."""
    environ: Mapping[str, str]
    done: dict[str, Job] = field(default_factory=dict)
    said: list[str] = field(default_factory=list)
    """What the scripts printed, and which ones ran."""

    def job(self, name: str) -> Job:
        """Runs a job, unless one that it needs did not succeed and it does not run always."""
        found = yaml.safe_load(self.workflow.read_text())["jobs"][name]
        needs = found.get("needs", [])
        ready = all(self.done[one].result == "success" for one in ([needs] if isinstance(needs, str) else needs))
        job = self.done[name] = Job()
        if ready or "always()" in str(found.get("if", "")):
            place = self.folder / f"{len(self.said):03}-{name}"
            place.mkdir(parents=True)
            self.prepare(name, place)
            self._steps(job, found, place)
        return job

    def _steps(self, job: Job, found: dict[str, Any], place: Path) -> None:
        values: dict[str, str] = {}
        failed = False
        for step in found["steps"]:
            script, name = step.get("run", ""), step.get("id", "")
            if not script or script.startswith("make "):
                continue
            outcome = "skipped"
            if self._wanted(str(step.get("if", "success()")), values, failed):
                environ = {**found.get("env", {}), **step.get("env", {})}
                environ = {key: self._filled(str(text), values) for key, text in environ.items()}
                outcome = self._script(script, environ, place, name, values)
            values[f"steps.{name}.outcome"] = outcome
            failed = failed or outcome == "failure"
        job.result = "failure" if failed else "success"
        job.outputs = {key: self._filled(text, values) for key, text in found.get("outputs", {}).items()}

    def _script(self, script: str, environ: dict[str, str], place: Path, name: str, values: dict[str, str]) -> str:
        output = place / "output"
        output.touch()
        environ |= {"GITHUB_OUTPUT": str(output), "GITHUB_STEP_SUMMARY": str(self.folder / "summary.md")}
        done = subprocess.run(
            ["bash", "-e", "-c", script],
            cwd=place, env={**os.environ, **self.environ, **environ}, text=True, capture_output=True, check=False,
        )  # fmt: skip
        self.said.append(f"$ {script}\n{done.stdout}{done.stderr}")
        for line in output.read_text().splitlines():
            key, _, text = line.partition("=")
            values[f"steps.{name}.outputs.{key}"] = text
        return "failure" if done.returncode else "success"

    def _filled(self, text: str, values: Mapping[str, str]) -> str:
        return _EXPRESSION.sub(lambda found: self._value(found[1], values), text)

    def _value(self, name: str, values: Mapping[str, str]) -> str:
        parts = name.split(".")
        if parts[0] == "needs":
            job = self.done[parts[1]]
            return job.result if parts[2] == "result" else job.outputs.get(parts[3], "")
        return values.get(name, self.given.get(name, "")) if parts[0] != "steps" else values.get(name, "")

    def _wanted(self, condition: str, values: Mapping[str, str], failed: bool) -> bool:
        """Without a function that looks at what went before, a step runs only when all went well."""
        states = {"failure()": failed, "success()": not failed, "always()": True}
        parts = [part.strip() for part in condition.split("&&")]
        if not any(part in states for part in parts):
            parts.append("success()")
        return all(states[part] if part in states else self._holds(part, values) for part in parts)

    def _holds(self, part: str, values: Mapping[str, str]) -> bool:
        found = re.fullmatch(r"([\w.]+) (==|!=) '([^']*)'", part)
        assert found, f"a condition that this does not know: {part}"
        return (self._value(found[1], values) == found[3]) == (found[2] == "==")
