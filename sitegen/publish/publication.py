"""Publication: from the editor's desk to the remote. What will be committed is built first, and alone."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

from sitegen import files, settings
from sitegen.errors import GitFailed, GitRefused, SecretMissing
from sitegen.publish import github
from sitegen.publish.changes import Changes, record_of
from sitegen.publish.repository import Repository
from sitegen.settings import Project
from sitegen.site.build import BuildOptions, build

TOKEN = "GITHUB_TOKEN"  # noqa: S105  # the name of a variable


@dataclass(frozen=True, slots=True)
class PublishOptions:
    """What the command line says."""

    message: str = ""
    push: bool = True
    pull_request: bool = False
    dry_run: bool = False


@dataclass(frozen=True, slots=True)
class Published:
    """What was done."""

    changes: Changes = field(default_factory=Changes)
    message: str = ""
    pages: int = 0
    """Of the site as it will be built from the commit."""
    commit: str = ""
    pushed: str = ""
    pull_request: str = ""

    def as_dict(self) -> dict[str, object]:
        told = {name: getattr(self, name) for name in ("message", "pages", "commit", "pushed", "pull_request")}
        return {**told, **self.changes.as_dict()}


Step = Callable[[str], None]


def publish(project: Project, options: PublishOptions, tell: Step) -> Published | None:
    """Checks, commits and pushes the briefs and their records; nothing else is touched. What an earlier try committed
    and could not push is pushed. None when nothing changed.

    Nothing is committed unless the site builds, strictly, from the last commit with the new briefs and nothing else:
    what CI will see. Raises ``GitRefused``, ``GitFailed``, and what the build finds.
    """
    repository = Repository(project.root)
    branch = repository.branch
    token = _token() if options.pull_request and not options.dry_run else ""
    if options.push and not options.dry_run:
        _check_remote(repository, pull_request=options.pull_request)
    own = [repository.below(project.briefs)]
    changed = repository.changed(own)
    if not changed and (options.dry_run or not options.push or not repository.ahead()):
        return None
    changes = Changes.of(changed, repository.shown, lambda path: _text(repository.top / path))
    tell("Building what will be committed" if changed else "Building what was committed before")
    pages = _build(project, repository, own)
    found = Published(changes, changes.message(options.message) if changed else "", pages)
    if options.dry_run:
        return found
    base = repository.base or (branch if options.pull_request else "")
    if options.pull_request and not repository.base:
        repository.propose(f"briefs-{dt.datetime.now(dt.UTC):%Y%m%d-%H%M%S}")
    found = replace(found, commit=_committed(repository, found, own) if changed else repository.head)
    if not options.push:
        return found
    tell("Pushing")
    found = replace(found, pushed=Repository(project.root).push())
    if not options.pull_request:
        return found
    return replace(found, pull_request=_request(project, Repository(project.root), base, found, token))


def _committed(repository: Repository, found: Published, own: list[str]) -> str:
    """The commit. When there is none, since a hook refused it, the branch that was made for it is taken back."""
    try:
        return repository.commit(found.message, own)
    except GitFailed:
        repository.take_back()
        raise


def _check_remote(repository: Repository, *, pull_request: bool) -> None:
    """Refuses what a push would refuse, before anything is done."""
    if repository.upstream is None:
        assert repository.remote
    elif not pull_request and (count := repository.behind()):
        remote, branch = repository.upstream
        remedy = "Take them over first: `git pull --rebase`, then publish again."
        where = f"{remote}/{branch}"
        raise GitRefused(f"{where} has {count} commits that are not here", place=str(repository.top), remedy=remedy)


def _build(project: Project, repository: Repository, own: list[str]) -> int:
    """Builds the last commit with the new briefs, in a folder of its own; returns the number of pages."""
    folder, output = project.state / "publish", project.state / "published"
    with files.lock(project.state / "publish.lock", "publish"):
        repository.check_out(repository.candidate(own), folder)
        site = folder / repository.below(project.root)
        report = build(settings.load(site, {}), BuildOptions(output=output, strict=True))
    return report.pages


def _token() -> str:
    found = os.environ.get(TOKEN, "").strip()
    if not found:
        remedy = "Set GITHUB_TOKEN to a token that may write pull requests of the repository."
        raise SecretMissing("there is no token for GitHub", place=TOKEN, remedy=remedy)
    return settings.header_safe(found, TOKEN, TOKEN)


def _request(project: Project, repository: Repository, base: str, found: Published, token: str) -> str:
    remote = repository.upstream[0] if repository.upstream else repository.remote
    address = repository.git("config", f"remote.{remote}.url", fails=True).strip()
    at = github.repository_of(address)
    if at is None:
        remedy = f"Open the pull request by hand; the branch {repository.branch} is pushed."
        raise GitRefused("the remote is not a repository at GitHub", place=remote, remedy=remedy)
    records = project.briefs / ".provenance"
    body = found.changes.table(lambda source: record_of(_text(records / f"{files.sha256(source)[:20]}.json")))
    title = found.message.partition("\n")[0] or repository.subject
    api = os.environ.get("GITHUB_API_URL", github.API)
    return github.open_pull_request(at, token, branch=repository.branch, base=base, title=title, body=body, api=api)


def _text(path: Path) -> str | None:
    try:
        return path.read_text("utf-8-sig", "replace")
    except OSError:
        return None
