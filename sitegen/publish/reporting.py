"""Reporting: to whom it is told what became of a deploy."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from sitegen import files
from sitegen.errors import SecretMissing, SitegenError
from sitegen.publish import github, notice
from sitegen.publish.outcome import RESULTS, STEPS, Outcome
from sitegen.settings import Project, header_safe, secret


def outcome_of(steps: Sequence[str], build: str, deploy: str, previous: str, url: str, draft: str) -> Outcome:
    """The outcome that ``name=result`` words tell of. Raises ``ValueError`` for another word."""
    results = {}
    for word in steps:
        name, equals, result = word.partition("=")
        if not equals or name not in STEPS or result not in RESULTS:
            raise ValueError(f"{word!r} is no step with a result, as in smoke=failure.")
        results[name] = result
    server, repository, run = (
        os.environ.get(name, "") for name in ("GITHUB_SERVER_URL", "GITHUB_REPOSITORY", "GITHUB_RUN_ID")
    )
    at = f"{server}/{repository}/actions/runs/{run}" if server and repository and run else ""
    return Outcome(results, build, deploy, previous, url, draft, at)


def report_to(project: Project, outcome: Outcome, record: str | None) -> Iterator[SitegenError]:
    """Tells all who want to know; yields what went wrong with that."""
    wanted = project.settings.publish
    if path := os.environ.get("GITHUB_STEP_SUMMARY"):
        try:
            with files.guarded(Path(path)), Path(path).open("a", encoding="utf-8") as file:
                file.write(outcome.markdown())
        except SitegenError as error:
            yield error
    try:
        if record and "success" in (outcome.steps.get("draft"), outcome.steps.get("rollback")):
            _record(outcome, record)
    except SitegenError as error:
        yield error
    try:
        if url := secret(wanted.webhook, wanted.webhook_file, "publish.webhook", project.root):
            notice.send(url, wanted.webhook_form, outcome)
    except SitegenError as error:
        yield error


def _record(outcome: Outcome, environment: str) -> None:
    token, repository, commit = (
        os.environ.get(name, "").strip() for name in ("GITHUB_TOKEN", "GITHUB_REPOSITORY", "GITHUB_SHA")
    )
    owner, slash, name = repository.partition("/")
    if not (token and slash and commit):
        remedy = "A workflow has GITHUB_REPOSITORY and GITHUB_SHA; give it `GITHUB_TOKEN: ${{ github.token }}` as well."
        raise SecretMissing("there is no token, repository or commit for a record", place="GITHUB_TOKEN", remedy=remedy)
    header_safe(token, "GITHUB_TOKEN", "GITHUB_TOKEN")
    api = os.environ.get("GITHUB_API_URL", github.API)
    github.record_deployment((owner, name), token, ref=commit, environment=environment, outcome=outcome, api=api)
