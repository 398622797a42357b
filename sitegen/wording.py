"""Wording: what is wrong with a value of the settings or of front matter, in the words of people who write files.

pydantic speaks to programmers ("Input should be a valid tuple", "String should match pattern …"). Imported only when
there is something to say.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sitegen.shapes import HTTP_URL, LANGUAGE, NAME, PERMALINK, REDIS_URL, TEMPLATE

_LIST = "must be a list, as in [one, two]"
_TABLE = "must be a table of names and values"
_DAY = "must be a day of the calendar, as in 2026-03-01"
_WHOLE = "must be a whole number"
_BY_TYPE = {
    "int_type": _WHOLE, "int_parsing": _WHOLE, "int_from_float": _WHOLE, "int_parsing_size": _WHOLE,
    "float_type": "must be a number", "float_parsing": "must be a number", "finite_number": "must be a number",
    "bool_type": "must be true or false", "bool_parsing": "must be true or false",
    "string_type": "must be text", "path_type": "must be text: a path",
    "tuple_type": _LIST, "list_type": _LIST,
    "dict_type": _TABLE, "mapping_type": _TABLE, "model_type": _TABLE, "model_attributes_type": _TABLE,
    "date_type": _DAY, "date_parsing": _DAY, "date_from_datetime_parsing": _DAY, "date_from_datetime_inexact": _DAY,
    "missing": "is missing",
}  # fmt: skip
_BY_LIMIT = {
    "greater_than_equal": "must be {ge:g} or more",
    "greater_than": "must be more than {gt:g}",
    "less_than_equal": "must be {le:g} or less",
    "less_than": "must be less than {lt:g}",
    "string_too_short": "must have at least {min_length} characters",
    "string_too_long": "must have at most {max_length} characters",
}
SHAPES = {
    LANGUAGE: "must be a code such as en, de or pt-BR",
    NAME: "must begin with a small letter and hold nothing but small letters, digits, - and _",
    PERMALINK: "must begin and end with / and may hold {year}, {month}, {day}, {folder} and {slug}",
    TEMPLATE: "must name a template, as in page.html",
    HTTP_URL: "must be an address, as in https://www.example.org/",
    f"^$|{HTTP_URL}": "must be an address, as in http://127.0.0.1:4318",
    REDIS_URL: "must be an address of Redis, as in redis://queue.example.org:6379/0",
    r"^[^/\\]+(/[^/\\]+)*$": "must be a folder, as in content/events",
    r"^[^:/\\]+\.py:[A-Za-z_]\w*$": "must name a file of plugins/ and a class in it, as in schemas.py:Event",
    r"^[^\"<>&]+$": "must not hold quotation marks, <, > or &",
    r"^(sha256:)?[0-9a-f]{12,64}$": "must be 12 to 64 digits of the hash, as in sha256:500a1f067a9f",
    r"^-?\d+(\.\d+)?(ns|us|ms|s|m|h)$": "must be a span of time, as in 30m or 2h",
    r"^[A-Z]{2}$": "must be two capital letters, as in GB",
    r"^(([01]\d|2[0-3]):[0-5]\d-([01]\d|2[0-3]):[0-5]\d)?$": "must be two times of the day, as in 22:00-07:00",
    r"^#[0-9a-fA-F]{6}$": "must be a colour, as in #003b33",
    r"^[\w.-]*$": "must hold nothing but letters, digits, dots, - and _",
    r"^([A-Za-z0-9_.][A-Za-z0-9_.@-]*)?$": "must be a host as ssh knows it, as in deploy@www.example.org",
    r"^(/[^\x00-\x1f]*)?$": "must be a path from the root, as in /srv/www/site",
}
"""What each pattern of a setting or field asks for. A test holds it against the models."""


def said(item: Mapping[str, Any]) -> str:
    """One of pydantic's errors (``ValidationError.errors()``) as the end of a sentence that begins with the name."""
    kind, context = item["type"], item.get("ctx", {})
    if kind in _BY_TYPE:
        return _BY_TYPE[kind]
    if kind in _BY_LIMIT:
        return _BY_LIMIT[kind].format(**context) if context.get("min_length") != 1 else "must not be empty"
    if kind in ("literal_error", "enum"):
        return f"must be {context['expected']}"
    if kind == "string_pattern_mismatch" and context["pattern"] in SHAPES:
        return SHAPES[context["pattern"]]
    if kind in ("value_error", "assertion_error"):
        return str(context["error"])
    return str(item["msg"]).replace("Input should be", "must be").replace("Input should", "must")
