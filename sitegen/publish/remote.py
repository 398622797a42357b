"""Remote: releases in a folder of another machine, reached by ssh and filled by rsync, as ``Releases`` has them here.

    PATH/releases/20261122-070000-3f2a…/        one version each, and …json beside it with what is known of it
    PATH/current → releases/…                   what the server shows
    PATH/shown                                  the versions that were shown, a line each, the last one last

The other machine needs a shell, rsync and the tools of any Unix. A switch is one rename. A draft that is cut short lies
in a folder named by its build, and the next try goes on there; files that ``current`` has already are shared, not sent.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import json
import re
import secrets
import shlex
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from sitegen.errors import DeployMissing, DeployRefused, HostLocked, HostRefused, HostUnreachable, SettingsInvalid
from sitegen.publish.manifest import BUILD_FILE, Manifest
from sitegen.publish.target import Change, Deploy, Progress, Status
from sitegen.settings import Project

_NAME = re.compile(r"\d{8}-\d{6}-[0-9a-f]{8}(-[0-9a-f]{6})?")
_SECONDS = 600.0
_SILENT = 60
"""Seconds without a byte, after which rsync gives up."""
_BUSY, _FOREIGN, _GONE = 75, 76, 77
"""Exit codes of our scripts."""
_START = 'set -eu; mkdir -p "$1/releases"; cd "$1"; exec 9>.lock; '
_LOCK = f"if command -v flock >/dev/null; then flock -n 9 || exit {_BUSY}; fi; "
_LIST = """set -eu; cd "$1" 2>/dev/null || exit 0
echo "current $(basename "$(readlink current 2>/dev/null || true)")"
for one in releases/*.json; do [ -f "$one" ] || continue
  name=$(basename "$one" .json); [ -d "releases/$name" ] || continue
  printf 'release %s ' "$name"; tr -d '\\n' < "$one"; echo; done
[ ! -f shown ] || sed 's/^/shown /' shown
"""
_FINISH = f"""{_START}{_LOCK}part="releases/$2.part"
[ -d "$part" ] || exit {_GONE}
cat > "releases/$3.json.new"
printf '%s\\n' "$4" > "$part/{BUILD_FILE}"
mv "releases/$3.json.new" "releases/$3.json"; mv "$part" "releases/$3"
"""
_SHOW = f"""{_START}{_LOCK}[ -d "releases/$2" ] || exit {_GONE}
[ ! -e current ] || [ -L current ] || exit {_FOREIGN}
ln -s "releases/$2" ".current-$3"
mv -T ".current-$3" current 2>/dev/null || mv -h ".current-$3" current
echo "$2 $4" >> shown
"""
_REMOVE = f"""{_START}{_LOCK}shift; for one in "$@"; do rm -rf "releases/$one.json" "releases/$one"; done
find releases -maxdepth 1 -name '*.part' -mtime +7 -exec rm -rf {{}} +
"""


class Remote:
    """A ``Target``."""

    def __init__(self, host: str, path: str, *, keep: int, url: str, config: Path | None = None) -> None:
        """``host`` is a name for ssh, with a user if need be; ``config`` the file of ssh's settings to use."""
        self.host, self.path, self.keep, self.url = host, path, keep, url
        self._ssh = ["ssh", *(["-F", str(config)] if config else []), "-o", "BatchMode=yes", "-o", "ConnectTimeout=20"]

    @classmethod
    def of(cls, project: Project) -> Remote:
        """The target that the settings name. Raises ``SettingsInvalid``."""
        wanted = project.settings.publish.ssh
        for name in ("host", "path"):
            if not getattr(wanted, name):
                remedy = 'Set it as in `host = "deploy@www.example.org"`, `path = "/srv/www/site"`.'
                raise SettingsInvalid(f"publish.ssh.{name} is not set", place="[publish.ssh]", remedy=remedy)
        config = project.path(wanted.config) if wanted.config else None
        url = project.settings.site.base_url
        return cls(wanted.host, wanted.path.rstrip("/"), keep=wanted.keep, url=url, config=config)

    async def draft(self, manifest: Manifest, message: str, progress: Progress, alias: str = "") -> Deploy:
        return await asyncio.to_thread(self._draft, manifest, message, progress)

    async def promote(self, deploy: str) -> Change:
        return await asyncio.to_thread(self._promote, deploy)

    async def rollback(self, deploy: str | None) -> Change:
        return await asyncio.to_thread(lambda: self._promote(deploy or self._before()))

    async def status(self) -> Status:
        found = await asyncio.to_thread(self._all)
        return Status(self.url, next((one for one in found if one.current), None))

    async def deploys(self, limit: int) -> Sequence[Deploy]:
        return (await asyncio.to_thread(self._all))[:limit]

    async def aclose(self) -> None:
        pass

    # ------------------------------------------------------------------------------------------------------- versions

    def _draft(self, manifest: Manifest, message: str, progress: Progress) -> Deploy:
        uploaded = self._upload(manifest, progress)
        manifest.confirm()  # rsync read the files by itself
        now = dt.datetime.now(dt.UTC)
        name = f"{now:%Y%m%d-%H%M%S}-{manifest.build[:8]}-{secrets.token_hex(3)}"
        told = {"build": manifest.build, "message": message, "created": f"{now:%Y-%m-%dT%H:%M:%SZ}"}
        self._run(_FINISH, manifest.build, name, manifest.build_file.decode().strip(), text=json.dumps(told) + "\n")
        self._prune()
        return replace(self._deploy(name, told, "", ""), uploaded=uploaded)

    def _upload(self, manifest: Manifest, progress: Progress) -> int:
        """Brings the files into a folder named by the build; returns how many were sent."""
        part = f"{self.path}/releases/{manifest.build}.part"
        self._run(_START, "")
        words = [
            "rsync", "-rc", "--delete", "--chmod=D755,F644", "--protect-args", f"--timeout={_SILENT}",
            "--exclude", f"/{BUILD_FILE}", "--link-dest", "../../current/", "--out-format", "%i",
            "-e", shlex.join(self._ssh), "--", f"{manifest.root}/", f"{self.host}:{part}/",
        ]  # fmt: skip
        self._there("rsync")
        sent, total = 0, len(manifest.all)
        progress("upload", 0, total)
        with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as running:  # noqa: S603
            assert running.stdout is not None
            assert running.stderr is not None
            for line in running.stdout:
                if line.startswith("<f"):
                    sent += 1
                    progress("upload", min(sent, total), total)
            self._judge(running.wait(), running.stderr.read(), "rsync")
        progress("upload", total, total)
        return sent

    def _promote(self, name: str) -> Change:
        found = {one.id: one for one in self._all()}
        if name not in found:
            raise DeployMissing(f"there is no version {name}", place=self.host)
        before = next((one.id for one in found.values() if one.current), "")
        if before != name:
            at = f"{dt.datetime.now(dt.UTC):%Y-%m-%dT%H:%M:%SZ}"
            self._run(_SHOW, name, secrets.token_hex(4), at)
            found[name] = replace(found[name], published=at)
            self._prune()
        return Change(replace(found[name], current=True), before if before != name else "", before == name)

    def _before(self) -> str:
        """What was first shown before what is shown now: never the one from which somebody came back."""
        names, shown, current = self._look()
        order = list(dict.fromkeys(name for name, _ in shown))
        until = order.index(current) if current in order else len(order)
        earlier = [name for name in order[:until] if name in names]
        if not earlier:
            raise DeployMissing("there is no earlier version that was shown", place=self.host)
        return earlier[-1]

    def _prune(self) -> None:
        """Removes what nobody will return to: all but the newest, what is shown, and what was shown before."""
        names, shown, current = self._look()
        earlier = [name for name, _ in shown if name != current and name in names]
        needed = {current, *earlier[-1:], *sorted(names, reverse=True)[: self.keep]}
        if old := sorted(names.keys() - needed):
            self._run(_REMOVE, *old)

    # ----------------------------------------------------------------------------------------------------------- list

    def _all(self) -> list[Deploy]:
        names, shown, current = self._look()
        times = dict(shown)
        return [self._deploy(name, names[name], times.get(name, ""), current) for name in sorted(names, reverse=True)]

    def _look(self) -> tuple[dict[str, dict[str, str]], list[tuple[str, str]], str]:
        """The versions with what is known of them; those that were shown, with the time; and what is shown now."""
        names: dict[str, dict[str, str]] = {}
        shown: list[tuple[str, str]] = []
        current = ""
        for line in self._run(_LIST).splitlines():
            kind, _, rest = line.partition(" ")
            name, _, text = rest.partition(" ")
            if not _NAME.fullmatch(name):
                continue
            if kind == "current":
                current = name
            elif kind == "shown":
                shown.append((name, text))
            else:
                names[name] = _known(text)
        return names, shown, current

    def _deploy(self, name: str, known: dict[str, str], published: str, current: str) -> Deploy:
        build, message, created = (known.get(field, "") for field in ("build", "message", "created"))
        return Deploy(name, "ready", "", build, message, created, published, current=name == current)

    # ------------------------------------------------------------------------------------------------------------ ssh

    def _run(self, script: str, *words: str, text: str = "") -> str:
        """What a script prints there; its words are the path, then ``words``."""
        self._there("ssh")
        there = " ".join(map(shlex.quote, ("sh", "-c", script, "sitegen", self.path, *words)))
        try:
            done = subprocess.run(  # noqa: S603  # ssh, with words of ours, quoted for the shell there
                [*self._ssh, "--", self.host, there],
                input=text, capture_output=True, text=True, timeout=_SECONDS, check=False,
            )  # fmt: skip
        except subprocess.TimeoutExpired as error:
            raise HostUnreachable("ssh takes too long", place=self.host) from error
        self._judge(done.returncode, done.stderr, "ssh")
        return done.stdout

    def _there(self, program: str) -> None:
        if shutil.which(program) is None:
            raise HostRefused(f"{program} is not installed here", place=program, remedy=f"Install {program}.")

    def _judge(self, code: int, said: str, program: str) -> None:
        words = " ".join(said.split())[-300:]
        if code == _BUSY:
            raise HostLocked("another deploy is at work there", place=self.host, remedy="Try again in a moment.")
        if code == _FOREIGN:
            raise DeployRefused("`current` there is no link that sitegen made", place=f"{self.host}:{self.path}")
        if code == _GONE:
            remedy = "Another deploy may have been at work there; deploy again, and promote what that names."
            raise DeployMissing("the version is not there any more", place=self.host, remedy=remedy)
        if code == 255 or (program == "rsync" and code in (10, 12, 30, 35)):
            raise HostUnreachable(f"{program}: {words or 'the connection was lost'}", place=self.host)
        if code:
            remedy = "Look at the words above; the machine needs rsync, and a user who may write to the folder."
            raise HostRefused(f"{program}: {words or f'exit code {code}'}", place=self.host, remedy=remedy)


def _known(text: str) -> dict[str, str]:
    try:
        found = json.loads(text)
    except ValueError:
        return {}
    return {str(key): str(value) for key, value in found.items()} if isinstance(found, dict) else {}
