"""The container image: built with what the machine has, and run as it is meant to be: no root, no rights, nothing
writable but the site and /tmp.

``TEST_IMAGE=1`` asks for it, as ``make image`` does: a build takes a while and wants a registry. ``IMAGE_BUILDER``
names another builder with its own words, such as ``buildah --root …``; ``IMAGE_BUILD_WORDS`` are put before the folder.
``IMAGE_STAND_IN=1`` says that the base is not the real one, so that its size and its pip say nothing.
"""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
STAND_IN = os.environ.get("IMAGE_STAND_IN") == "1"
TAG = os.environ.get("IMAGE_TAG", "localhost/sitegen:tested")


class NoBuilder(Exception):
    """Nothing here builds or runs images, or the base image cannot be had."""


@dataclass
class Builder:
    """Docker, Podman, or Buildah with Bubblewrap."""

    words: tuple[str, ...]
    _container_id: str = ""
    _mounted: str = ""

    @property
    def is_buildah(self) -> bool:
        return Path(self.words[0]).name == "buildah"

    def ask(self, *words: str, seconds: float = 540) -> str:
        """What a command of the builder prints. Raises ``CalledProcessError``, ``TimeoutExpired``."""
        done = subprocess.run(
            [*self.words, *words], capture_output=True, text=True, cwd=ROOT, timeout=seconds, check=True
        )
        return done.stdout.strip()

    def build(self) -> None:
        """Builds the image. Raises ``NoBuilder`` when its base is out of reach."""
        extra = shlex.split(os.environ.get("IMAGE_BUILD_WORDS", ""))
        how = ["bud", "--isolation", "chroot", "--format", "docker"] if self.is_buildah else ["build"]
        try:
            self.ask(*how, *extra, "-t", TAG, ".")
        except subprocess.CalledProcessError as error:
            if "FROM" in error.stderr or "pull" in error.stderr or "daemon" in error.stderr:
                raise NoBuilder(f"the base image cannot be had: {error.stderr.strip()[-200:]}") from error
            raise AssertionError(error.stderr[-4000:]) from None

    def config(self) -> dict[str, Any]:
        """What the image says of itself: ``User``, ``Healthcheck``, ``Entrypoint``, …"""
        if self.is_buildah:
            return dict(json.loads(self.ask("inspect", "--type", "image", TAG))["Docker"]["config"])
        return dict(json.loads(self.ask("image", "inspect", TAG))[0]["Config"])

    def size(self) -> int:
        """Bytes of all layers together."""
        if self.is_buildah:
            listed = json.loads(self.ask("images", "--json", TAG))
            number, unit = listed[0]["size"].split()
            return int(float(number) * {"KB": 1e3, "MB": 1e6, "GB": 1e9}[unit])
        return int(json.loads(self.ask("image", "inspect", TAG))[0]["Size"])

    def run(self, site: Path, *words: str, seconds: float = 120) -> subprocess.CompletedProcess[str]:
        """A program in a container that sees ``site`` as /site, as user 65532, without network or rights."""
        inside = self._within(site) if self.is_buildah else self._container(site)
        return subprocess.run([*inside, *words], capture_output=True, text=True, timeout=seconds, check=False)

    def close(self) -> None:
        """Puts away what ``run`` needed."""
        if self._container_id:
            self.ask("rm", self._container_id)

    def _container(self, site: Path) -> list[str]:
        site.chmod(0o777)
        return [
            *self.words,
            *("run", "--rm", "--read-only", "--tmpfs", "/tmp", "--network", "none", "--cap-drop", "ALL"),
            *("--security-opt", "no-new-privileges", "-v", f"{site}:/site", "--entrypoint", "/usr/bin/env", TAG),
        ]

    def _within(self, site: Path) -> list[str]:
        if not self._mounted:
            self._container_id = self.ask("from", "--pull-never", TAG)
            self._mounted = self.ask("mount", self._container_id)
        environment = [word for pair in self.config()["Env"] for word in ("--setenv", *pair.split("=", 1))]
        return [
            *("bwrap", "--unshare-all", "--uid", "65532", "--gid", "65532", "--cap-drop", "ALL", "--die-with-parent"),
            *("--ro-bind", self._mounted, "/", "--proc", "/proc", "--dev", "/dev", "--tmpfs", "/tmp"),
            *("--bind", str(site), "/site", "--chdir", "/site", "--clearenv", *environment),
        ]


def builder() -> Builder:
    """The first that this machine has. Raises ``NoBuilder``."""
    if os.environ.get("TEST_IMAGE") != "1":
        raise NoBuilder("TEST_IMAGE=1 asks for it")
    if named := os.environ.get("IMAGE_BUILDER"):
        return Builder(tuple(shlex.split(named)))
    for name in ("docker", "podman", "buildah"):
        if shutil.which(name) and (name != "buildah" or shutil.which("bwrap")):
            return Builder((name,))
    raise NoBuilder("neither docker, podman nor buildah with bubblewrap is installed")
