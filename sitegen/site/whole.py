"""The whole site in one of its languages, as the hooks that make further outputs see it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from sitegen.site.inputs import Inputs
from sitegen.site.page import SiteInfo, Taxonomy
from sitegen.site.scope import Scope
from sitegen.site.sections import Node
from sitegen.site.stored import StoredPage
from sitegen.site.tracking import digest
from sitegen.site.withdrawn import Withdrawn

if TYPE_CHECKING:
    from sitegen.settings import Settings


@dataclass(frozen=True)
class Site:
    """All pages of an edition that are shown, sorted into lists, and the settings that they are shown by.

    What a hook makes of it stands below the edition's own path: ``feed.xml`` of the German one at ``/de/feed.xml``.
    """

    scope: Scope
    info: SiteInfo
    """What templates see."""
    home: StoredPage | None
    briefs: Sequence[StoredPage]
    """Newest first."""
    pages: Sequence[StoredPage]
    """Of ``content/``, neither home page nor sections, by address."""
    sections: Sequence[Node]
    taxonomies: Mapping[str, Taxonomy]
    inputs: Inputs
    """All files that the build may read."""
    withdrawn: Sequence[Withdrawn] = ()
    """What is left of pages that were taken back."""
    editions: Sequence[Site] = ()
    """The site in all its languages, the site's own first; each knows them all."""

    @property
    def main(self) -> bool:
        """Whether it is in the site's own language: what a site has only once, such as robots.txt, goes with it."""
        return not self.editions or self.editions[0] is self

    @property
    def settings(self) -> Settings:
        return self.scope.settings

    @property
    def base(self) -> str:
        """The path of the home page, with a slash at both ends."""
        return self.scope.base

    @property
    def base_url(self) -> str:
        """The full address of the home page, with a slash at its end."""
        return self.scope.base_url

    @property
    def all(self) -> Sequence[StoredPage]:
        """Every page with a file behind it."""
        home = () if self.home is None else (self.home,)
        return (*home, *self.briefs, *self.pages, *(node.page for node in self.sections))

    @cached_property
    def digest(self) -> bytes:
        """Of everything that a template can see of all pages."""
        return digest(b"".join(page.digest for page in self.all))
