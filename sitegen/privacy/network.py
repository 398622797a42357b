"""Network: whether an address is on the local network, as far as it says so itself. No name is asked for."""

from __future__ import annotations

import ipaddress
from collections.abc import Collection
from urllib.parse import urlsplit

_LOCAL_ENDS = (".localhost", ".local", ".internal", ".lan", ".home.arpa")
"""RFC 6761, RFC 6762, ICANN's resolution 2024.07.29.06, custom, RFC 8375."""
_SHARED = ipaddress.ip_network("100.64.0.0/10")
"""Between a provider and its customers (RFC 6598); also what private overlay networks use."""


def is_local(url: str, ours: Collection[str] = ()) -> bool:
    """Whether an address is of this machine or of a private network; ``ours`` are names that count as such.

    What a name would resolve to is not asked: the answer may be another one a second later.
    """
    host = (urlsplit(url).hostname or "").rstrip(".").lower()
    if host in {name.rstrip(".").lower() for name in ours}:
        return True
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return bool(host) and ("." not in host or host.endswith(_LOCAL_ENDS)) and not _is_number(host)
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    return (address.is_private or address.is_link_local or address in _SHARED) and not address.is_unspecified


def _is_number(host: str) -> bool:
    """Whether a name without dots is an address after all, such as 3232235777 or 0x7f000001."""
    return host.isdigit() or host.startswith("0x")
