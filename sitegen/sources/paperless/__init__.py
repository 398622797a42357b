"""Paperless-ngx as a source: the tagged documents of one server, over its REST API (versions 10 and 9).

``api`` speaks HTTP, ``lookups`` turns ids into names and tags into a scope, ``listing`` walks through documents while
they change, ``paper`` makes a ``Document`` of an answer, ``doctor`` explains what is wrong, ``source`` joins them.
docs/decisions/paperless-*.md say why it works as it does.
"""

from sitegen.sources.paperless.source import PaperlessSource

__all__ = ["PaperlessSource"]
