"""The tags of the site: those that a model may choose from, and whether it may add others."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sitegen.enrich.claims import content_stems, stems
from sitegen.enrich.grounding import shown

if TYPE_CHECKING:
    from sitegen.settings import Project

MOST_TAGS = 6
"""Of one summary."""
MOST_SHOWN = 80
"""Tags that a model is shown: those in use most, so that the question stays short."""
LONGEST = 40
"""Characters of a tag that a model may choose."""


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """``tags`` as they are written on the site, sorted; ``new`` when a model may also use others."""

    tags: tuple[str, ...] = ()
    new: bool = True

    def kept(self, tags: Sequence[str], passages: str) -> tuple[str, ...]:
        """Of the tags that a model gave: those of the site, as they are written there, and new ones, when they are
        allowed and stand in the passages in some form."""
        ours = {_folded(tag): tag for tag in self.tags}
        known = stems(passages)
        found: list[str] = []
        for said in tags:
            tag = shown(said).strip(" #.,;")
            if _folded(tag) in ours:
                found.append(ours[_folded(tag)])
            elif self.new and 1 < len(tag) <= LONGEST and (wanted := content_stems(tag)) and wanted <= known:
                found.append(tag.lower())
        return tuple(dict.fromkeys(found))[:MOST_TAGS]


def of_site(project: Project) -> Vocabulary:
    """The tags of the settings; else those that the briefs bear, which are the source's and the editors'. Reads all
    briefs. Raises ``StorageError``."""
    settings = project.settings.briefs
    found = Counter(settings.tags) if settings.tags else _in_use(project)
    fitting = {shown(tag): count for tag, count in found.items() if 0 < len(shown(tag)) <= LONGEST}
    most = sorted(fitting, key=lambda tag: (-fitting[tag], tag))[: len(fitting) if settings.tags else MOST_SHOWN]
    return Vocabulary(tuple(sorted(most, key=_folded)), settings.new_tags)


def _in_use(project: Project) -> Counter[str]:
    from sitegen.briefs.store import each

    return Counter(tag for brief in each(project.briefs) for tag in brief.matter.tags)


def _folded(tag: str) -> str:
    return " ".join(tag.casefold().replace("-", " ").split())
