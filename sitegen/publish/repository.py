"""Repository: the git repository that a site lies in, driven through git itself, and never by force."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from sitegen.errors import GitFailed, GitMissing, GitRefused

_BUSY = {
    "MERGE_HEAD": ("a merge is not finished", "git merge --continue"),
    "CHERRY_PICK_HEAD": ("a cherry-pick is not finished", "git cherry-pick --continue"),
    "REVERT_HEAD": ("a revert is not finished", "git revert --continue"),
    "rebase-merge": ("a rebase is not finished", "git rebase --continue"),
    "rebase-apply": ("a rebase is not finished", "git rebase --continue"),
    "BISECT_LOG": ("a bisection is not finished", "git bisect reset"),
}
LONGEST_SECONDS = 300.0
_BASE = "sitegenbase"
"""The setting of a branch that names the one for which its changes are meant."""


@dataclass(frozen=True)
class Repository:
    """The repository around ``site``."""

    site: Path

    def git(
        self, *words: str, environ: Mapping[str, str] | None = None, stdin: bytes | None = None, fails: bool = False
    ) -> str:
        """What git prints. Raises ``GitFailed`` with what it complains about, unless it ``fails`` for a reason.

        Never asks for a password: nobody may be there to type it.
        """
        environ = {**os.environ, "GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C", **(environ or {})}
        command = ["git", "-c", "core.quotePath=false", "-C", str(self.site), *words]
        try:
            done = subprocess.run(  # noqa: S603  # git, with words of ours
                command, check=False, capture_output=True, env=environ, input=stdin, timeout=LONGEST_SECONDS
            )
        except FileNotFoundError as error:
            raise GitMissing("git is not installed") from error
        except subprocess.TimeoutExpired as error:
            raise GitFailed(
                f"git {words[0]} took more than {LONGEST_SECONDS:.0f} seconds", place=str(self.site)
            ) from error
        if done.returncode and not fails:
            said = done.stderr.decode("utf-8", "replace").strip().splitlines() or [f"exit code {done.returncode}"]
            lines = [line for line in said if line.startswith(("fatal:", "error:", " !", "remote:"))] or said
            raise GitFailed(f"git {words[0]}: {'; '.join(line.strip() for line in lines[:4])}", place=str(self.site))
        return "" if done.returncode else done.stdout.decode("utf-8", "surrogateescape")

    @cached_property
    def top(self) -> Path:
        """The folder of the repository. Raises ``GitRefused`` when there is none."""
        if shutil.which("git") is None:
            raise GitMissing("git is not installed")
        found = self.git("rev-parse", "--show-toplevel", fails=True).rstrip("\n")
        if not found:
            remedy = "Run `git init`, then `git add` and `git commit` the site."
            raise GitRefused("the site is not in a git repository", place=str(self.site), remedy=remedy)
        return Path(found)

    @cached_property
    def folder(self) -> Path:
        """The folder with git's own files, of this work tree."""
        return (self.site / self.git("rev-parse", "--git-dir").rstrip("\n")).resolve()

    @cached_property
    def branch(self) -> str:
        """The branch. Raises ``GitRefused`` when there is none, or something is not finished."""
        top = str(self.top)
        for name, (what, remedy) in _BUSY.items():
            if (self.folder / name).exists():
                raise GitRefused(what, place=top, remedy=f"Finish it first: `{remedy}`.")
        found = self.git("symbolic-ref", "--quiet", "--short", "HEAD", fails=True).strip()
        if not found:
            remedy = "Go to a branch first: `git switch main`."
            raise GitRefused("no branch is checked out (a detached head)", place=top, remedy=remedy)
        return found

    @property
    def head(self) -> str:
        """The commit that the branch is at; empty before the first one."""
        return self.git("rev-parse", "--verify", "--quiet", "HEAD", fails=True).strip()

    @cached_property
    def upstream(self) -> tuple[str, str] | None:
        """The remote and the branch there that this one follows; None when it follows none."""
        remote = self.git("config", f"branch.{self.branch}.remote", fails=True).strip()
        merge = self.git("config", f"branch.{self.branch}.merge", fails=True).strip()
        return (remote, merge.removeprefix("refs/heads/")) if remote and merge else None

    def behind(self) -> int:
        """How many commits of the remote's branch are not here. Asks the remote."""
        if self.upstream is None:
            return 0
        remote, branch = self.upstream
        self.git("fetch", "--quiet", remote, f"+refs/heads/{branch}:refs/remotes/{remote}/{branch}")
        return int(self.git("rev-list", "--count", f"HEAD..refs/remotes/{remote}/{branch}").strip() or 0)

    def below(self, path: Path) -> str:
        """A path of the site as git names it: below the top of the repository, with ``/``."""
        return path.resolve().relative_to(self.top.resolve()).as_posix()

    def changed(self, paths: Sequence[str]) -> list[tuple[str, str]]:
        """What differs from the last commit below ``paths``: (``A``, ``M`` or ``D``, path); new files count."""
        index = self.candidate(paths)
        environ = {"GIT_INDEX_FILE": str(index)}
        against = self.head or self.git("hash-object", "-t", "tree", "--stdin", stdin=b"").strip()
        told = self.git("diff-index", "--cached", "--no-renames", "--name-status", "-z", against, environ=environ)
        words = told.split("\0")
        return list(zip(words[0::2], words[1::2], strict=False))

    def candidate(self, paths: Sequence[str]) -> Path:
        """An index of the last commit with the files below ``paths`` as they are now; the user's own is untouched."""
        index = self.folder / "sitegen-index"
        environ = {"GIT_INDEX_FILE": str(index)}
        self.git("read-tree", *([self.head] if self.head else ["--empty"]), environ=environ)
        here = [f":(top,literal){path}" for path in paths]
        self.git("add", "--all", "--", *here, environ=environ)
        return index

    def check_out(self, index: Path, folder: Path) -> None:
        """Makes ``folder`` hold what an index holds, and nothing else."""
        environ = {"GIT_INDEX_FILE": str(index)}
        listed = self.git("ls-files", "-z", "--full-name", ":/", environ=environ).split("\0")
        wanted = {path for path in listed if path}
        folder.mkdir(parents=True, exist_ok=True)
        self.git("checkout-index", "--all", "--force", "--quiet", f"--prefix={folder}/", environ=environ)
        for parent, folders, names in os.walk(folder):
            folders[:] = [name for name in folders if name != ".sitegen"]
            for name in names:
                path = Path(parent, name)
                if path.relative_to(folder).as_posix() not in wanted:
                    path.unlink()

    def commit(self, message: str, paths: Sequence[str]) -> str:
        """Commits ``paths`` alone, as they are now; what else is staged stays staged. Returns the commit."""
        here = [f":(top,literal){path}" for path in paths]
        self.git("add", "--all", "--", *here)
        self.git("commit", "--quiet", "--file=-", "--only", "--", *here, stdin=message.encode())
        return self.head

    def push(self) -> str:
        """Brings the branch to its remote, never by force. Returns where."""
        remote, name = self.upstream or (self.remote, self.branch)
        more = ["--set-upstream"] if self.upstream is None else []
        self.git("push", "--quiet", *more, remote, f"HEAD:refs/heads/{name}")
        return f"{remote}/{name}"

    def ahead(self) -> int:
        """How many commits of this branch the remote is not known to have."""
        remote = self.upstream[0] if self.upstream else self.remote
        return int(self.git("rev-list", "--count", "HEAD", "--not", f"--remotes={remote}", fails=True).strip() or 0)

    @property
    def base(self) -> str:
        """The branch that this one was made from by ``propose``; empty when it was not."""
        return self.git("config", f"branch.{self.branch}.{_BASE}", fails=True).strip()

    def propose(self, branch: str) -> None:
        """Goes to a new branch, which knows the one it comes from."""
        self.git("config", f"branch.{branch}.{_BASE}", self.branch)
        self.git("switch", "--quiet", "--no-track", "--create", branch)
        self._forget_branch()

    def take_back(self) -> None:
        """Goes back from a branch of ``propose`` on which nothing was committed, and removes it."""
        base, branch = self.base, self.branch
        if base and self.head == self.git("rev-parse", "--verify", "--quiet", f"refs/heads/{base}", fails=True).strip():
            self.git("switch", "--quiet", base)
            self.git("branch", "--quiet", "--delete", branch)  # with what the settings say of it
            self._forget_branch()

    def _forget_branch(self) -> None:
        for name in ("branch", "upstream"):
            self.__dict__.pop(name, None)

    @property
    def subject(self) -> str:
        """The first line of the last commit's message."""
        return self.git("log", "-1", "--format=%s").strip()

    @property
    def remote(self) -> str:
        """The only remote, or ``origin``. Raises ``GitRefused``."""
        found = self.git("remote").split()
        if "origin" in found or len(found) == 1:
            return "origin" if "origin" in found else found[0]
        remedy = "Add one: `git remote add origin URL`; or publish with --no-push."
        raise GitRefused("the repository has no remote to push to", place=str(self.top), remedy=remedy)

    def shown(self, path: str) -> str | None:
        """The text of a file in the last commit; None when it was not there."""
        if not self.head or not self.git("ls-tree", "-z", self.head, "--", f":(top,literal){path}", fails=True):
            return None
        return self.git("show", f"{self.head}:{path}", fails=True)
