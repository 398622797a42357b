"""Wall: whether HTML has no other tags, attributes and addresses than those that ``quick`` makes."""

from __future__ import annotations

import re

_NOT_OURS = re.compile(
    r"<(?!/?(?:p|li|td|em|code|ul|strong|tr|th|blockquote|ol|table|thead|tbody|pre)>|/(?:a|h[1-6]|sup|section|span)>"
    r'|span class="[a-z0-9]{1,3}">|br>|hr>|h[1-6] id="[\w-]+">|t[hd] class="align-[a-z]{4,6}">'
    r'|a href="(?:https?:[^"<>]*" class="external" rel="noopener|sitegen:\d+|(?:mailto|tel):[^"<>]*'
    r'|#fn\d+" id="fnref\d+(?::\d+)?|#fnref\d+(?::\d+)?" class="footnote-backref)">'
    r'|(?:sup class="footnote-ref|li id="fn\d+" class="footnote-item|hr class="footnotes-sep|section class="footnotes'
    r'|ol class="footnotes-list|ol start="\d+|blockquote class="evidence|pre class="highlight'
    r'|code class="language-[\w+#.-]+)">)'
)


def holds(html: str) -> bool:
    """Whether each ``<`` begins a tag that may stand there."""
    return _NOT_OURS.search(html) is None
