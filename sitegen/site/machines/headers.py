"""Headers: what hosts are to send with the files of the site, as Netlify and its like read it from ``_headers``."""

from __future__ import annotations

from collections.abc import Sequence

from sitegen.site.machines.feeds import FORMATS

POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self' data:; font-src 'self'; script-src 'self'; "
    "form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
)
"""Nothing is loaded from anywhere else, and no script or style stands in a page."""
_KEPT = "public, max-age=31536000, immutable"


def policy(*, search: bool) -> str:
    """The content security policy. The script of the search fetches its index, and runs it as WebAssembly."""
    if not search:
        return POLICY
    return POLICY.replace("script-src 'self'", "script-src 'self' 'wasm-unsafe-eval'; connect-src 'self'")


def headers(base: str, searched: Sequence[str] = ()) -> bytes:
    """The ``_headers`` file; ``base`` is the base path, and ``searched`` are the folders with an index of the search.

    A ``*`` stands for anything, with slashes in it, too.
    """
    rules: list[tuple[str, dict[str, str]]] = [
        (
            "*",
            {
                "Content-Security-Policy": policy(search=bool(searched)),
                "X-Content-Type-Options": "nosniff",
                "Referrer-Policy": "strict-origin-when-cross-origin",
            },
        ),
        ("assets/*", {"Cache-Control": _KEPT}),
        *((f"{folder}{part}/*", {"Cache-Control": _KEPT}) for folder in searched for part in ("fragment", "index")),
        # The twins of pages: for readers who ask for them, not for search engines, which have the pages.
        ("*.md", {"Content-Type": "text/markdown; charset=utf-8", "X-Robots-Tag": "noindex"}),
        ("llms.txt", {"Content-Type": "text/plain; charset=utf-8"}),
        *((f"*{kind.file}", {"Content-Type": f"{kind.media_type}; charset=utf-8"}) for kind in FORMATS.values()),
    ]
    lines = []
    for path, fields in rules:
        lines.append(f"{base}{path}")
        lines += [f"  {name}: {value}" for name, value in fields.items()]
    return "\n".join((*lines, "")).encode()
