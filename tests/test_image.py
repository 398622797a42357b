"""The image runs without root, without rights and on a read-only file system, and brings nothing that is not needed."""

from __future__ import annotations

import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.image import STAND_IN, Builder, NoBuilder, builder

pytestmark = pytest.mark.image


@pytest.fixture(scope="module")
def image() -> Iterator[Builder]:
    try:
        found = builder()
        found.build()
    except NoBuilder as error:
        pytest.skip(str(error))
    yield found
    found.close()


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("image") / "site"
    words = [sys.executable, "-m", "sitegen", "init", str(folder), "--demo", "--quiet"]
    subprocess.run(words, check=True)
    return folder


def works(image: Builder, site: Path, script: str) -> str:
    done = image.run(site, "sh", "-euc", script)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_it_runs_as_a_user_of_its_own_and_says_how_it_is(image: Builder) -> None:
    config = image.config()
    assert config["User"] == "65532:65532"
    assert config["Entrypoint"] == ["sitegen"]
    assert "/healthz" in config["Healthcheck"]["Test"][-1]


def test_what_was_needed_to_build_it_is_not_in_it(image: Builder, site: Path) -> None:
    for tool in ("gcc", "make", "git", "hatchling", "uv", *([] if STAND_IN else ["pip", "pip3"])):
        assert image.run(site, "sh", "-c", f"command -v {tool}").returncode != 0, tool
    assert image.run(site, "python", "-c", "import hatchling").returncode != 0


@pytest.mark.skipif(STAND_IN, reason="the base is not the real one")
def test_it_is_small(image: Builder) -> None:
    assert image.size() < 300_000_000


def test_only_the_site_can_be_written(image: Builder, site: Path) -> None:
    assert works(image, site, "id -u; touch /site/mine /tmp/mine; rm /site/mine") == "65532\n"
    for place in ("/mine", "/opt/sitegen/mine", "/usr/mine", "/etc/mine"):
        assert image.run(site, "touch", place).returncode != 0, place


def test_it_pulls_and_builds_a_site_with_search(image: Builder, site: Path) -> None:
    works(image, site, "sitegen pull --quiet; sitegen build --strict --quiet; sitegen check --privacy --quiet")
    assert (site / "public/index.html").is_file()
    assert (site / "public/pagefind/pagefind.js").is_file()


def test_it_keeps_backups_as_the_cluster_asks_for_them(image: Builder, site: Path) -> None:
    works(image, site, "mkdir -p backups; sitegen --quiet backup /site/backups --keep 14")
    assert len([*(site / "backups").glob("sitegen-*.backup")]) == 1


def test_the_daemon_is_healthy_and_ends_well_when_it_is_told_to(image: Builder, site: Path) -> None:
    check = shlex.join(image.config()["Healthcheck"]["Test"][1:])
    works(
        image,
        site,
        f"""sitegen watch & daemon=$!
        for _ in $(seq 60); do {check} 2>/dev/null && break; sleep 0.5; done
        {check}; kill -TERM $daemon; wait $daemon""",
    )
