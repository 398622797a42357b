"""Shapes: the patterns and words which settings and front matter are checked by, for those who need no models."""

from __future__ import annotations

from typing import Literal

LANGUAGE = r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$"
NAME = r"^[a-z][a-z0-9_-]*$"
_PART = r"\{(year|month|day|folder|slug)\}"
PERMALINK = rf"^/(([A-Za-z0-9_~-]|{_PART})([A-Za-z0-9_.~-]|{_PART})*/)*$"
TEMPLATE = r"^[\w-]+(/[\w-]+)*\.html$"
_UNFIT = r"\s\x00-\x20\x7f?#\"'<>\\"
HTTP_URL = rf"^https?://(\[[0-9A-Fa-f:.]+\]|[^{_UNFIT}/@:\[\]]+)(:[0-9]{{1,5}})?(/[^{_UNFIT}]*)?$"
"""A host, a port and a path. No name and no password: an address stands in messages and in `sitegen config`."""
REDIS_URL = rf"^(rediss?://(\[[0-9A-Fa-f:.]+\]|[^{_UNFIT}/@:\[\]]+)(:[0-9]{{1,5}})?(/[0-9]{{1,3}})?)?$"
"""A host, a port and the number of a database, or nothing."""
PrivateKind = Literal["email", "phone", "iban", "card", "id", "credential", "address", "birth", "name"]
"""What the privacy scan looks for."""
