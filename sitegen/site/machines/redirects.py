"""Redirects: former addresses. Each becomes a small page that leads on without a script, and a line of ``_redirects``,
which Netlify and its like answer with a real redirect."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from urllib.parse import quote, unquote

from sitegen.errors import (
    AliasUnfit,
    Place,
    RedirectBroken,
    RedirectHides,
    RedirectLoops,
    RedirectsMany,
    RedirectTwice,
    SitegenError,
)

_UNFIT = re.compile(r"[\s\x00-\x20\x7f?#\\<>\"'*]|//|(?:^|/)(?:\.{1,2}|:[^/]*)(?:/|$)")
"""What may not stand in a former address: a space would end it in ``_redirects``, and ``:name`` is a pattern there."""
_ADDRESS = re.compile(r"https?://[^\s\x00-\x20\x7f\"'<>\\]+")
_MOST = 10_000
"""Rules that Netlify takes without trouble."""
_GONE = 410


@dataclass(frozen=True, slots=True)
class Rule:
    """One former address."""

    old: str
    """Below the root of the site, as it was written: ``/old/name/``."""
    new: str
    """Where it leads: below the root of the site, or a full address; empty when it is gone."""
    status: int
    place: Callable[[], Place]
    """Finds out where the rule is written, for messages."""
    title: str = ""
    """What the page there is called."""
    language: str = ""
    owner: str = ""
    """The file of a page that was withdrawn: such a rule gives way to whatever has come to its address since."""


@dataclass(slots=True)
class Redirects:
    """All rules that can be used, and what is wrong with others."""

    rules: list[Rule] = field(default_factory=list)
    """With normal addresses, and none that leads to another."""
    problems: list[SitegenError] = field(default_factory=list)
    warnings: list[SitegenError] = field(default_factory=list)

    @property
    def pages(self) -> dict[str, Rule]:
        """The output path and the rule of each redirect that can have a page: all but patterns and foreign files."""
        return {
            path: rule for rule in self.rules if rule.status != _GONE and (path := _output(rule.old)).endswith(_HTML)
        }


_HTML = (".html", ".htm")


def gather(rules: Iterable[Rule], outputs: Mapping[str, str], exists: Callable[[str], bool]) -> Redirects:
    """Checks ``rules``; ``outputs`` are the paths of all other outputs with what each comes from, and ``exists`` says
    whether there is something at an address of the site."""
    found = Redirects()
    known: dict[str, Rule] = {}
    occupied = _occupied(outputs)
    for rule in rules:
        reason = _unfit(rule)
        if reason and rule.owner:
            continue
        if reason:
            found.problems.append(AliasUnfit(f"the former address {rule.old[:200]!r} {reason}", place=rule.place()))
            continue
        rule = _replaced(rule, old=_normal(rule.old), new=_normal_target(rule.new))
        if rule.owner and (rule.old.lower() in known or _hidden(rule, occupied) not in (None, rule.owner)):
            continue
        first = known.setdefault(rule.old.lower(), rule)
        if first is not rule:
            where = first.place()
            message = f"the former address {rule.old} is already redirected to {first.new or 'nothing'}, by {where}"
            found.problems.append(RedirectTwice(message, place=rule.place()))
        elif (owner := _hidden(rule, occupied)) is not None and owner != rule.owner:
            message = f"the former address {rule.old} is that of a page which is there: {owner}"
            found.problems.append(RedirectHides(message, place=rule.place()))
        else:
            found.rules.append(rule)
    # The first line that fits counts: that of one page before a pattern for many.
    found.rules.sort(key=lambda rule: not rule.owner)
    found.rules = [final for rule in found.rules if (final := _followed(rule, known, found, exists)) is not None]
    if len(found.rules) > _MOST:
        message = f"there are {len(found.rules)} redirects; Netlify takes {_MOST} without trouble"
        found.warnings.append(RedirectsMany(message, place="_redirects"))
    return found


def _replaced(rule: Rule, *, old: str, new: str) -> Rule:
    return Rule(old, new, rule.status, rule.place, rule.title, rule.language, rule.owner)


def _unfit(rule: Rule) -> str:
    """What is wrong with a rule as it is written."""
    pattern = rule.old.endswith("/*")
    old = rule.old.removesuffix("*") if pattern else rule.old
    if not old.startswith("/"):
        return "does not begin with a slash"
    if _UNFIT.search(old) or _UNFIT.search(unquote(old).replace(" ", "")) or "/" in unquote(old.replace("/", "")):
        return "holds characters that an address of this site cannot have"
    if old == "/" and not pattern:
        return "is the home page"
    if rule.status == _GONE and not rule.owner:
        return "is said to be gone and to lead somewhere" if rule.new else ""
    if not rule.new and not rule.owner:
        return "leads nowhere: there is no `to`"
    if rule.new and not (
        _ADDRESS.fullmatch(rule.new)
        or (rule.new.startswith("/") and not re.search(r"[\s\x00-\x20\x7f\\]|^//", rule.new))
    ):
        return f"leads to {rule.new[:200]!r}, which is no address"
    return "" if pattern or ":splat" not in rule.new else "leads to :splat, but does not end with /*"


def _normal(address: str) -> str:
    """An address as hosts compare it: percent-encoded the same way, with a slash at the end of what is no file."""
    name = address.rpartition("/")[2]
    whole = address if not name or "." in name or name == "*" else f"{address}/"
    return quote(unquote(whole), safe="/*~-._!$&()+,;=@:")


def _normal_target(address: str) -> str:
    if not address.startswith("/"):
        return address
    path, mark, tail = _cut(address)
    return f"{path if ':splat' in path else _normal(path)}{mark}{tail}"


def _cut(address: str) -> tuple[str, str, str]:
    found = re.search(r"[?#]", address)
    return (address[: found.start()], found[0], address[found.end() :]) if found else (address, "", "")


def _output(old: str) -> str:
    """The path of the output at an address."""
    path = unquote(old)[1:]
    return f"{path}index.html" if not path or path.endswith("/") else path


def _occupied(outputs: Mapping[str, str]) -> dict[str, str]:
    """All paths of files and, with a slash at the end, folders, in small letters."""
    found: dict[str, str] = {}
    for path, owner in outputs.items():
        low = path.lower()
        found[low] = owner
        at = low.rfind("/")
        while at > 0 and low[: at + 1] not in found:
            found[low[: at + 1]] = owner
            at = low.rfind("/", 0, at)
    return found


def _hidden(rule: Rule, occupied: Mapping[str, str]) -> str | None:
    """What is at a former address, or in the way of the page that it needs."""
    if rule.old.endswith("*"):
        return None  # patterns give way to what is there
    path = _output(rule.old).lower()
    ways = [path, f"{path}/"]
    while path := path.rpartition("/")[0]:
        ways.append(path)
    return next((occupied[way] for way in ways if way in occupied), None)


def _followed(rule: Rule, known: Mapping[str, Rule], found: Redirects, exists: Callable[[str], bool]) -> Rule | None:
    """The rule, leading straight to where the rules behind it lead; None when that is nowhere at all."""
    seen = [rule.old]
    new, title = rule.new, rule.title
    while new.startswith("/") and (next_rule := known.get(_cut(new)[0].lower())) is not None and next_rule.new:
        if next_rule.old in seen:
            found.problems.append(
                RedirectLoops(f"the redirects lead in a circle: {' → '.join([*seen, new])}", place=rule.place())
            )
            return None
        seen.append(next_rule.old)
        new, title = next_rule.new, next_rule.title
    if len(seen) > 1:
        found.warnings.append(
            RedirectBroken(
                f"the redirect from {rule.old} leads to {rule.new}, which is a former address itself",
                place=rule.place(),
                remedy=f"Let it lead to {new} at once; the built site does so already.",
            )
        )
    elif new.startswith("/") and ":splat" not in new and not exists(_cut(new)[0]):
        found.warnings.append(
            RedirectBroken(f"the redirect from {rule.old} leads to {new}, where nothing is", place=rule.place())
        )
    return Rule(rule.old, new, rule.status, rule.place, title, rule.language, rule.owner)


def lines(rules: Sequence[Rule], base: str) -> bytes:
    """The ``_redirects`` file; ``base`` is the base path. A ``!`` makes a rule count although its page is there."""
    return "".join(_line(rule, base) for rule in rules).encode()


def _line(rule: Rule, base: str) -> str:
    old = base + rule.old[1:]
    new = _placed(rule.new, base) if rule.new else f"{base}404.html"
    return f"{old} {new} {rule.status}{'' if old.endswith('*') else '!'}\n"


def _placed(new: str, base: str) -> str:
    return base + new[1:] if new.startswith("/") else new


def page(rule: Rule, base: str, base_url: str, language: str) -> bytes:
    """The page at a former address. It works without a script, and tells search engines where the page went.

    Its empty icon keeps browsers from asking for one on their way.
    """
    url = escape(_placed(rule.new, base))
    permalink = escape(base_url + rule.new[1:] if rule.new.startswith("/") else rule.new)
    title = escape(rule.title or rule.new)
    return (
        f'<!doctype html>\n<html lang="{escape(rule.language or language)}">\n<head>\n<meta charset="utf-8">\n'
        f'<title>{title}</title>\n<meta name="robots" content="noindex">\n'
        f'<link rel="canonical" href="{permalink}">\n<meta http-equiv="refresh" content="0; url={url}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n<link rel="icon" href="data:,">\n'
        f'</head>\n<body>\n<p><a href="{url}">{title}</a></p>\n</body>\n</html>\n'
    ).encode("utf-8", "replace")
