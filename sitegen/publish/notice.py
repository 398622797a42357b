"""Notice: a line to a chat or another program when a deploy is over. Its address is a secret, and told nowhere."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Literal

import httpx

from sitegen.errors import HostRefused, HostUnreachable
from sitegen.publish.outcome import Outcome, host_of

TRIES = 3


def send(
    url: str, form: Literal["slack", "json"], outcome: Outcome, *, sleep: Callable[[float], None] = time.sleep
) -> None:
    """Posts what became of a deploy: ``{"text": …}`` as Slack, Mattermost and others take it, or all there is as JSON.

    Raises ``HostUnreachable`` and ``HostRefused``, which name the host alone.
    """
    body = {"text": _escaped(outcome.text())} if form == "slack" else {**outcome.as_dict(), "text": outcome.text()}
    host = host_of(url) or "the webhook"
    for attempt in range(1, TRIES + 1):
        try:
            answer = httpx.post(url, json=body, timeout=15, follow_redirects=False)
        except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
            # What httpx says of an error may hold the address.
            if attempt == TRIES or not isinstance(error, httpx.TransportError):
                raise HostUnreachable(f"no notice: {type(error).__name__}", place=host) from None
        else:
            if answer.is_success:
                return
            if attempt == TRIES or answer.status_code not in (429, 500, 502, 503, 504):
                remedy = "Check the address of the notice, SITEGEN_PUBLISH__WEBHOOK."
                raise HostRefused(f"no notice: HTTP {answer.status_code}", place=host, remedy=remedy)
        sleep(attempt)


def _escaped(text: str) -> str:
    """Text in which Slack finds no mention of anybody and no link of its own kind."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
