"""Outcome: what became of a deploy, from the results of the steps of a workflow, in words for people."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal
from urllib.parse import urlsplit

Kind = Literal["shown", "returned", "refused", "unmade", "unclear", "back", "stayed"]
STEPS = ("site", "draft", "smoke", "promote", "public", "return", "rollback")
"""The steps of a deploy in their order: built, uploaded as a draft, checked there, shown, checked there, taken back;
and the one of a rollback by hand, which may be checked in public as well."""
RESULTS = ("success", "failure", "cancelled", "skipped", "")


@dataclass(frozen=True, slots=True)
class Outcome:
    """A deploy that is over."""

    steps: Mapping[str, str]
    """The result of each of ``STEPS`` that is known."""
    build: str = ""
    deploy: str = ""
    previous: str = ""
    """What was shown before."""
    url: str = ""
    """Of the public site."""
    draft: str = ""
    """Where the draft can be seen."""
    run: str = ""
    """Where the workflow tells more."""

    @property
    def kind(self) -> Kind:
        if "rollback" in self.steps:
            if not self._is("rollback", "success"):
                return "stayed"
            return "unclear" if self._is("public", "failure") else "back"
        if self._is("promote", "success") and self._is("public", "success"):
            return "shown"
        if self._is("return", "success"):
            return "returned"
        if self._is("promote", "success"):
            return "unclear"
        if self._is("promote", "failure") or self._is("promote", "cancelled"):
            return "unclear"
        return "refused" if self._is("draft", "success") else "unmade"

    def _is(self, step: str, result: str) -> bool:
        return self.steps.get(step) == result

    @property
    def well(self) -> bool:
        return self.kind in ("shown", "back")

    @property
    def headline(self) -> str:
        """What happened, and what the public sees now."""
        build = f"Build {self.build}" if self.build else "The build"
        before = f"deploy {self.previous}" if self.previous else "what was shown before"
        deploy = f"Deploy {self.deploy}" if self.deploy else "An earlier deploy"
        if self.kind == "refused" and self._is("smoke", "success"):
            return f"{build} passed its checks and was not promoted; the public sees what it saw."
        if self.kind == "returned" and not self._is("public", "failure"):
            return f"{build} was not checked to the end in public; {before} is shown again."
        if self.kind == "unclear" and not self._is("promote", "success"):
            if self._is("rollback", "success"):
                return f"{deploy} is shown again, and did not pass its checks there. Look at it now."
            return f"{build} passed its checks as a draft, and showing it failed. Look at what the public sees now."
        return {
            "shown": f"{build} is public.",
            "returned": f"{build} failed its checks in public; {before} is shown again.",
            "refused": f"{build} failed its checks as a draft; the public sees what it saw.",
            "unmade": "There is no new build; the public sees what it saw.",
            "unclear": f"{build} is public, but did not pass its checks there, and was not taken back. Look at it now.",
            "back": f"{deploy} is shown again, and {before} is not any more.",
            "stayed": "The rollback failed; the public sees what it saw.",
        }[self.kind]

    def markdown(self) -> str:
        """A table for the summary of a workflow."""
        rows = [
            ("public", self.url),
            ("draft", self.draft),
            ("build", f"`{self.build}`" if self.build else ""),
            ("deploy", f"`{self.deploy}`" if self.deploy else ""),
            ("before", f"`{self.previous}`" if self.previous else ""),
            ("steps", ", ".join(f"{name} {result}" for name, result in self._known())),
        ]
        mark = "✅" if self.well else "❌"
        lines = [f"## {mark} {self.headline}", "", "| | |", "|---|---|", *(f"| {a} | {b} |" for a, b in rows if b)]
        return "\n".join(lines) + "\n"

    def _known(self) -> Iterator[tuple[str, str]]:
        return ((name, result) for name in STEPS if (result := self.steps.get(name)))

    def text(self) -> str:
        """The same in a line or two, for a chat."""
        host = host_of(self.url)
        parts = [f"{host}: {self.headline}" if host else self.headline, self.url if self.well else self.draft, self.run]
        return "\n".join(part for part in parts if part)

    def as_dict(self) -> dict[str, object]:
        told = {name: getattr(self, name) for name in ("build", "deploy", "previous", "url", "draft", "run")}
        return {
            "outcome": self.kind,
            "well": self.well,
            "headline": self.headline,
            **told,
            "steps": dict(self._known()),
        }


def host_of(url: str) -> str:
    """The host in an address; empty when it is none."""
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""
