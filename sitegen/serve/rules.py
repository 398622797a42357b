"""Rules: the site's own ``_headers`` and ``_redirects``, obeyed as Netlify and its like obey them.

What is followed: rules count from the top, and the first redirect that fits decides; a file that is there wins unless
the rule ends with ``!``; ``*`` at the end becomes ``:splat``, and ``:name`` stands for one part of a path; a query
is passed on; all headers whose path fits are sent, a later one in place of an earlier one of the same name. Conditions
on a country or a role cannot be known here, so such rules are passed over.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, quote, unquote

_OWN_HEADERS = """
accept-ranges age allow alt-svc connection content-encoding content-length content-range date location server set-cookie
trailer transfer-encoding upgrade
"""
_RESERVED = frozenset(_OWN_HEADERS.split())
"""Headers that hosts set themselves, whatever a file says."""
_STATUS = re.compile(r"(\d{3})(!?)")
_TARGET = re.compile(r"/|https?://", re.I)
_PART = re.compile(r":(\w+)")
_PARAMETER = re.compile(r"([^=\s/]+)=(:?[^\s]*)")


@dataclass(frozen=True, slots=True)
class Redirect:
    """One line of ``_redirects``."""

    path: str
    to: str
    status: int = 301
    force: bool = False
    """It counts although there is a file at ``path``."""
    query: Mapping[str, str] = field(default_factory=dict)
    """Parameters that the request must have; a value ``:name`` stands for any."""
    languages: tuple[str, ...] = ()

    def matches(self, path: str, query: Mapping[str, str], languages: Sequence[str]) -> dict[str, str] | None:
        """What the parts of the pattern stand for; None when the request is another one."""
        if self.languages and not (languages and languages[0].lower() in self.languages):
            return None
        found = _matched(self.path, path)
        if found is None or not self.query.keys() <= query.keys():
            return None
        for name, wanted in self.query.items():
            if wanted.startswith(":"):
                found[wanted[1:]] = query[name]
            elif wanted != query[name]:
                return None
        return found

    def target(self, found: Mapping[str, str], query: str) -> str:
        """Where the request leads, with what its parts stand for."""

        def put(name: re.Match[str]) -> str:
            return quote(found[name[1]], safe="/~-._!$&'()+,;=@:") if name[1] in found else name[0]

        path, mark, rest = self.to.partition("?")
        scheme, slashes, tail = path.rpartition("://")  # the colon of an address is no mark
        place = f"{scheme}{slashes}{_PART.sub(put, tail)}"
        if not slashes:
            place = f"/{place.lstrip('/')}"  # two slashes would name another host
        if mark:
            return f"{place}?{_PART.sub(put, rest)}"
        return f"{place}?{query}" if query and not self.query else place


@dataclass(frozen=True, slots=True)
class Rules:
    """What a host is told by the files of a site."""

    redirects: tuple[Redirect, ...] = ()
    headers: tuple[tuple[str, tuple[tuple[str, str], ...]], ...] = ()
    """Patterns of paths, each with names and values."""

    @classmethod
    def read(cls, headers: str, redirects: str) -> Rules:
        """The rules in the text of the two files; lines that no host would take are passed over."""
        return cls(tuple(_redirects(redirects)), tuple(_headers(headers)))

    def redirect(self, path: str, query: str, languages: Sequence[str], *, there: bool) -> tuple[Redirect, str] | None:
        """The rule for a request, and where it leads; ``there``: whether a file would answer it."""
        given = dict(parse_qsl(query, keep_blank_values=True))
        for rule in self.redirects:
            if there and not rule.force:
                continue
            found = rule.matches(path, given, languages)
            if found is not None and not _same(rule, path):
                return rule, rule.target(found, query)
        return None

    def headers_for(self, path: str) -> dict[str, str]:
        """The headers for a path, names in small letters."""
        found: dict[str, str] = {}
        for pattern, values in self.headers:
            if _fits(pattern, path):
                found |= values
        return found


def _same(rule: Redirect, path: str) -> bool:
    """Whether a redirect leads to where it comes from, as rules that only add a slash do; hosts pass over them."""
    return rule.status < 400 and "*" not in rule.path and rule.to.rstrip("/") == path.rstrip("/")


def _redirects(text: str) -> Iterator[Redirect]:
    for line in text.splitlines():
        words = line.partition(" #")[0].split()
        if len(words) < 2 or words[0].startswith("#"):
            continue
        path, *rest = words
        query = {}
        while rest and not _TARGET.match(rest[0]) and (found := _PARAMETER.fullmatch(rest[0])):
            query[found[1]] = found[2]
            rest = rest[1:]
        if not rest or not _TARGET.match(rest[0]):
            continue
        status, conditions = _STATUS.fullmatch(rest[1]) if len(rest) > 1 else None, rest[2:]
        if len(rest) > 1 and status is None:
            conditions = rest[1:]
        limits = {found[1]: found[2] for word in conditions if (found := _PARAMETER.fullmatch(word))}
        if {name.lower() for name in limits} - {"language"}:
            continue
        languages = tuple(code.lower() for value in limits.values() for code in value.split(","))
        number, force = (int(status[1]), bool(status[2])) if status else (301, False)
        yield Redirect(path, rest[0], number, force, query, languages)


def _headers(text: str) -> Iterator[tuple[str, tuple[tuple[str, str], ...]]]:
    path, values = "", dict[str, str]()
    for line in (*text.splitlines(), "/"):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        if line[0].isspace():
            name, colon, value = line.partition(":")
            name = name.strip().lower()
            if path and colon and name not in _RESERVED:
                # The same header twice below one path is one header with both values.
                values[name] = f"{values[name]}, {value.strip()}" if name in values else value.strip()
            continue
        if path and values:
            yield path, tuple(values.items())
        path, values = line.strip(), {}


def _matched(pattern: str, path: str) -> dict[str, str] | None:
    """What the parts of a redirect's path stand for; a slash at the end makes no difference."""
    wanted, given = pattern.rstrip("/").split("/"), path.rstrip("/").split("/")
    found: dict[str, str] = {}
    splat = wanted[-1] == "*"
    if splat:
        wanted = wanted[:-1]
        found["splat"] = unquote("/".join(given[len(wanted) :]))
        if len(given) < len(wanted):
            return None
        given = given[: len(wanted)]
    if len(wanted) != len(given):
        return None
    for part, value in zip(wanted, given, strict=True):
        if part.startswith(":") and len(part) > 1:
            found[part[1:]] = unquote(value)
        elif unquote(part) != unquote(value):
            return None
    return found


def _fits(pattern: str, path: str) -> bool:
    """Whether a path of ``_headers`` is meant: ``*`` stands for anything, ``:name`` for one part."""
    parts = re.split(r"(\*|:\w+)", pattern)
    sure = "".join(".*" if part == "*" else "[^/]+" if part[:1] == ":" else re.escape(part) for part in parts)
    return re.fullmatch(sure, path) is not None


def opened(policy: str) -> str:
    """A content security policy that also lets in what live reload needs from this server."""
    directives = [part.split() for part in policy.split(";") if part.split()]
    fallback = next((words[1:] for words in directives if words[0] == "default-src"), None)
    for name in ("script-src", "connect-src", "style-src"):
        words = next((words for words in directives if words[0] == name), None)
        if words is None:
            if fallback is None:
                continue
            directives.append(words := [name, *fallback])
        if "'self'" not in words and "*" not in words:
            words[1:] = [word for word in words[1:] if word != "'none'"] + ["'self'"]
    return "; ".join(" ".join(words) for words in directives)
