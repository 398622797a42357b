"""What is applied to a cluster: valid, restricted, closed to the network, and without a secret in a file."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml

from sitegen import settings
from sitegen.cli import COMMANDS

FOLDER = Path(__file__).parent.parent / "deploy/kubernetes"
VERSION = "1.33"
"""An older release than the newest, as clusters are."""
Manifest = dict[str, Any]


def base() -> list[Manifest]:
    listed = yaml.safe_load((FOLDER / "base/kustomization.yaml").read_text())["resources"]
    return [one for name in listed for one in yaml.safe_load_all((FOLDER / "base" / name).read_text())]


BASE = base()


def pods(manifests: list[Manifest]) -> Iterator[tuple[str, Manifest]]:
    for one in manifests:
        if one["kind"] == "Deployment":
            yield one["metadata"]["name"], one["spec"]["template"]
        elif one["kind"] == "CronJob":
            yield one["metadata"]["name"], one["spec"]["jobTemplate"]["spec"]["template"]


def composed() -> list[Manifest]:
    """The overlay as kustomize composes it; skips where there is none (``make ops-tools`` gets it)."""
    own = shutil.which("kustomize", path=f"{Path(sys.executable).parent}:{os.environ['PATH']}")
    words = [own, "build"] if own else ["kubectl", "kustomize"]
    if shutil.which(words[0]) is None:
        pytest.skip("neither kustomize (make ops-tools) nor kubectl is installed")
    done = subprocess.run([*words, FOLDER / "overlays/example"], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return list(yaml.safe_load_all(done.stdout))


@pytest.mark.parametrize("manifest", BASE, ids=lambda one: f"{one['kind']}-{one['metadata']['name']}")
def test_each_manifest_is_valid(manifest: Manifest) -> None:
    kubernetes_validate.validate(manifest, VERSION, strict=True)


def test_no_file_is_left_out() -> None:
    listed = yaml.safe_load((FOLDER / "base/kustomization.yaml").read_text())["resources"]
    assert {path.name for path in (FOLDER / "base").iterdir()} == {*listed, "kustomization.yaml"}


def test_the_overlay_says_where_things_are_and_stays_valid() -> None:
    found = composed()
    for manifest in found:
        kubernetes_validate.validate(manifest, VERSION, strict=True)
        assert manifest["kind"] == "Namespace" or manifest["metadata"]["namespace"] == "sitegen"
    assert {(one["kind"], one["metadata"]["name"]) for one in found if one["kind"] != "ConfigMap"} == {
        (one["kind"], one["metadata"]["name"]) for one in BASE
    }
    (environment,) = (one["data"] for one in found if one["kind"] == "ConfigMap")
    assert environment["SITEGEN_SOURCE__PAPERLESS__URL"] == "http://192.0.2.10:8000"
    images = {container["image"] for _, pod in pods(found) for container in pod["spec"]["containers"]}
    assert images == {"ghcr.io/example/sitegen:0.1.0"}


@pytest.mark.parametrize(("name", "pod"), [*pods(BASE)], ids=lambda one: one if isinstance(one, str) else "")
def test_each_pod_keeps_to_the_restricted_standard(name: str, pod: Manifest) -> None:
    spec = pod["spec"]
    assert spec["securityContext"]["runAsNonRoot"] is True
    assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert spec["automountServiceAccountToken"] is False
    assert not {"hostNetwork", "hostPID", "hostIPC"} & spec.keys()
    allowed = {"persistentVolumeClaim", "emptyDir", "secret"}
    assert all(set(volume) - {"name"} <= allowed for volume in spec["volumes"])
    for container in [*spec.get("initContainers", []), *spec["containers"]]:
        locked = container["securityContext"]
        assert locked["allowPrivilegeEscalation"] is False
        assert locked["readOnlyRootFilesystem"] is True
        assert locked["capabilities"] == {"drop": ["ALL"]}
        assert container["resources"].keys() == {"requests", "limits"}


def test_the_namespace_demands_it() -> None:
    (namespace,) = (one for one in BASE if one["kind"] == "Namespace")
    assert namespace["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] == "restricted"


def test_nobody_speaks_to_anybody_but_for_what_is_said() -> None:
    policies = {one["metadata"]["name"]: one["spec"] for one in BASE if one["kind"] == "NetworkPolicy"}
    assert policies["nothing"] == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
    assert policies.keys() == {"nothing", "watch"}
    selected = policies["watch"]["podSelector"]["matchLabels"]
    chosen = [name for name, pod in pods(BASE) if selected.items() <= pod["metadata"]["labels"].items()]
    assert chosen == ["watch"]
    for rule in policies["watch"]["ingress"] + policies["watch"]["egress"]:
        assert rule["ports"]
        assert rule.get("from") or rule.get("to")


def test_one_daemon_at_a_time_with_probes_of_its_pages() -> None:
    (watch,) = (one for one in BASE if one["kind"] == "Deployment")
    assert watch["spec"]["replicas"] == 1
    assert watch["spec"]["strategy"] == {"type": "Recreate"}
    (container,) = watch["spec"]["template"]["spec"]["containers"]
    assert container["livenessProbe"]["httpGet"]["path"] == "/healthz"
    assert container["readinessProbe"]["httpGet"]["path"] == "/readyz"
    assert watch["spec"]["template"]["spec"]["terminationGracePeriodSeconds"] > 10


def test_services_put_no_variables_into_pods_that_would_be_taken_for_settings(tmp_path: Path) -> None:
    assert all(pod["spec"]["enableServiceLinks"] is False for _, pod in pods(BASE))
    (tmp_path / "sitegen.toml").touch()
    listed = yaml.safe_load((FOLDER / "base/kustomization.yaml").read_text())["configMapGenerator"][0]["literals"]
    found = settings.load(tmp_path, dict(line.split("=", 1) for line in listed)).settings
    assert found.source.kind == "paperless"
    assert found.watch.host == "0.0.0.0"


def test_no_secret_is_in_a_file() -> None:
    assert not [one for one in BASE if one["kind"] == "Secret"]
    for path in FOLDER.rglob("*.yaml"):
        assert "secretGenerator" not in path.read_text()
        for name, value in re.findall(r"(SITEGEN_\w*(?:TOKEN|PASS|SECRET)\w*)=(.+)", path.read_text()):
            assert name.endswith("_FILE"), (path.name, value)


def test_commands_in_containers_are_commands_of_sitegen() -> None:
    first = [container["args"][0] for _, pod in pods(BASE) for container in pod["spec"]["containers"]]
    assert first == ["watch", "backup"]
    assert set(first) <= set(COMMANDS)
