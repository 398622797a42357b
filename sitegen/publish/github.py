"""GitHub: a pull request for a branch that was pushed."""

from __future__ import annotations

import re

import httpx

from sitegen.errors import HostRefused, HostUnreachable

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
    headers = {
        "Authorization": f"Bearer {token}",
        "Accept": "application/vnd.github+json",
        "X-GitHub-Api-Version": "2022-11-28",
        "User-Agent": "sitegen",
    }
    place = f"{owner}/{name}"
    with httpx.Client(base_url=api.rstrip("/") + "/", headers=headers, timeout=30, follow_redirects=False) as client:
        try:
            wanted = {"title": title, "head": branch, "base": base, "body": body}
            answer = client.post(f"repos/{owner}/{name}/pulls", json=wanted)
            if answer.status_code == 422:
                known = client.get(f"repos/{owner}/{name}/pulls", params={"head": f"{owner}:{branch}", "state": "open"})
                if known.status_code == 200 and known.json():
                    return str(known.json()[0]["html_url"])
        except httpx.HTTPError as error:
            raise HostUnreachable(
                f"GitHub does not answer: {str(error) or type(error).__name__}", place=place
            ) from error
    if answer.status_code in (401, 403, 404):
        remedy = "Set GITHUB_TOKEN to a token that may write pull requests there; the branch is pushed already."
        raise HostRefused(f"GitHub refuses the pull request (HTTP {answer.status_code})", place=place, remedy=remedy)
    if answer.status_code != 201:
        raise HostRefused(f"GitHub refuses the pull request: {_said(answer)}", place=place)
    return str(answer.json()["html_url"])


def _said(answer: httpx.Response) -> str:
    try:
        found = answer.json()
        words = [str(found.get("message"))] + [str(one.get("message") or one) for one in found.get("errors") or ()]
    except (ValueError, AttributeError):
        words = [f"HTTP {answer.status_code}"]
    return "; ".join(words)[:300]
