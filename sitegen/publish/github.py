"""GitHub: a pull request for a branch that was pushed, and a record of what was deployed."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from typing import Any

import httpx

from sitegen.errors import HostRefused, HostUnreachable
from sitegen.publish.outcome import Outcome

LONGEST = 140
"""Characters of a description."""
LONGEST_TITLE = 250
API = "https://api.github.com"
_REMOTE = re.compile(r"(?:https?://[^/]*?|ssh://[^/]*?|(?:[\w.-]+@)?[\w.-]+:)/?([\w.-]+)/([\w.-]+?)(?:\.git)?/?$")


def repository_of(remote: str) -> tuple[str, str] | None:
    """Owner and name in the address of a remote: ``git@github.com:owner/name.git``, ``https://…/owner/name``."""
    found = re.match(r"https?://[^/]+/([\w.-]+)/([\w.-]+?)(?:\.git)?/?$", remote) or _REMOTE.match(remote)
    return (found[1], found[2]) if found else None


def open_pull_request(
    repository: tuple[str, str], token: str, *, branch: str, base: str, title: str, body: str, api: str = API
) -> str:
    """Opens a pull request and returns its address; that of the one which is open already for the branch.

    Raises ``HostUnreachable`` and ``HostRefused``.
    """
    owner, name = repository
    with _asking(repository, token, api) as client:
        wanted = {"title": title[:LONGEST_TITLE], "head": branch, "base": base, "body": body}
        answer = client.post("pulls", json=wanted)
        if answer.status_code == 422:
            known = client.get("pulls", params={"head": f"{owner}:{branch}", "state": "open"})
            if known.status_code == 200 and known.json():
                return str(known.json()[0]["html_url"])
    remedy = "Set GITHUB_TOKEN to a token that may write pull requests there; the branch is pushed already."
    return str(_made(answer, f"{owner}/{name}", "the pull request", remedy)["html_url"])


def record_deployment(
    repository: tuple[str, str], token: str, *, ref: str, environment: str, outcome: Outcome, api: str = API
) -> int:
    """Notes at GitHub what became of a deploy of the commit ``ref``; returns the number of the record.

    Raises ``HostUnreachable`` and ``HostRefused``.
    """
    place, remedy = "/".join(repository), "Give the job `permissions: deployments: write`."
    with _asking(repository, token, api) as client:
        wanted = {
            "ref": ref,
            "environment": environment,
            "description": outcome.headline[:LONGEST],
            "auto_merge": False,
            "required_contexts": [],
            "production_environment": True,
            "payload": {"build": outcome.build, "deploy": outcome.deploy, "previous": outcome.previous},
        }
        number = _made(client.post("deployments", json=wanted), place, "the record of the deploy", remedy)["id"]
        status = {
            "state": "success" if outcome.well else "failure",
            "description": outcome.headline[:LONGEST],
            "environment_url": outcome.url,
            "log_url": outcome.run,
        }
        answer = client.post(f"deployments/{number}/statuses", json={key: text for key, text in status.items() if text})
        _made(answer, place, "the record of the deploy", remedy)
    return int(number)


@contextlib.contextmanager
def _asking(repository: tuple[str, str], token: str, api: str) -> Iterator[httpx.Client]:
    headers = {
        "Authorization": f"Bearer {token}",
        "Accept": "application/vnd.github+json",
        "X-GitHub-Api-Version": "2022-11-28",
        "User-Agent": "sitegen",
    }
    owner, name = repository
    base = f"{api.rstrip('/')}/repos/{owner}/{name}/"
    with httpx.Client(base_url=base, headers=headers, timeout=30, follow_redirects=False) as client:
        try:
            yield client
        except httpx.HTTPError as error:
            said = str(error) or type(error).__name__
            raise HostUnreachable(f"GitHub does not answer: {said}", place=f"{owner}/{name}") from error


def _made(answer: httpx.Response, place: str, what: str, remedy: str) -> dict[str, Any]:
    """What GitHub made."""
    if answer.status_code in (401, 403, 404):
        raise HostRefused(f"GitHub refuses {what} (HTTP {answer.status_code})", place=place, remedy=remedy)
    if answer.status_code != 201:
        raise HostRefused(f"GitHub refuses {what}: {_said(answer)}", place=place)
    found: dict[str, Any] = answer.json()
    return found


def _said(answer: httpx.Response) -> str:
    try:
        found = answer.json()
        words = [str(found.get("message"))] + [str(one.get("message") or one) for one in found.get("errors") or ()]
    except (ValueError, AttributeError):
        words = [f"HTTP {answer.status_code}"]
    return "; ".join(words)[:300]
