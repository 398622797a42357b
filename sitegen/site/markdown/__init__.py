"""Markdown as HTML that is safe to print as it is, in two profiles.

``"brief"`` is for the texts of documents and models, which may be hostile; ``"page"`` for the files of ``content/``,
which somebody wrote for this site. Raw HTML is text in both. Addresses may be relative or begin with http, https,
mailto or tel; a link to any other scheme stays plain text. The result then passes nh3, which lets through only what
this package makes: a second wall for the day on which a parser has a hole.

Links inside the site are left open: their addresses are written as ``sitegen:0``, ``sitegen:1`` … and filled in by
``filled`` when all pages are known, so that a rendered text can be kept whatever happens to other pages. For the same
reason it keeps placeholders where the theme has a say.
"""

from sitegen.site.markdown.addresses import allowed, filled
from sitegen.site.markdown.anchors import anchor
from sitegen.site.markdown.placeholders import PLACEHOLDER, called, worded
from sitegen.site.markdown.rendered import Call, Profile, Rendered
from sitegen.site.markdown.ways import configure, render

__all__ = [
    "PLACEHOLDER",
    "Call",
    "Profile",
    "Rendered",
    "allowed",
    "anchor",
    "called",
    "configure",
    "filled",
    "render",
    "worded",
]
