"""Layout: every output that the site consists of, in all its languages, and what templates may read for them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sitegen.errors import PluginBroken, SitegenError
from sitegen.site import data
from sitegen.site.assets import Assets
from sitegen.site.content import Content
from sitegen.site.images.gallery import READ as IMAGE
from sitegen.site.images.gallery import is_image
from sitegen.site.images.publishing import published
from sitegen.site.inputs import Inputs
from sitegen.site.languages import Languages
from sitegen.site.machines import redirecting
from sitegen.site.output import Output
from sitegen.site.page import SiteInfo, Translation
from sitegen.site.plan import Planner
from sitegen.site.shortcodes import EDITION
from sitegen.site.tracking import SIZE, Digests
from sitegen.site.whole import Site
from sitegen.site.words import Words

if TYPE_CHECKING:
    from pluggy import PluginManager

Closure = Callable[[str], bytes]
"""The hash of all templates that one can reach."""


@dataclass(slots=True)
class Plan:
    """All outputs, and what templates may read beside their own page."""

    outputs: list[Output]
    sites: Mapping[str, SiteInfo]
    """By language of the edition."""
    digests: Digests
    shared: bytes
    """The digest of what all templates depend on."""
    spoken: Mapping[str, bytes]
    """The same with all that the templates of an edition see, by its language."""
    code: bytes
    """The digest of plugins, on which all else depends."""
    _planners: Sequence[Planner]

    def retitled(self) -> None:
        """A brief has another title."""
        for planner in self._planners:
            planner.retitled()

    def seal(self, output: Output, closure: Closure) -> None:
        """Works out what an output depends on, whose pages are sealed; ``closure`` is that of its template."""
        output.seal(self.spoken.get(output.language, self.shared), self.code)
        if output.template:
            output.own += closure(output.template)

    def dress(self, closure: Closure) -> None:
        """Has sealed outputs depend on other templates."""
        for output in self.outputs:
            if output.template and output.own:
                output.own = output.own[:SIZE] + closure(output.template)


class Layout:
    """The editions of a site, laid out together."""

    def __init__(
        self,
        content: Content,
        words: Mapping[str, Words],
        languages: Languages,
        assets: Assets,
        inputs: Inputs,
        tree: data.Tree,
    ) -> None:
        self._content, self._assets, self._inputs, self._data = content, assets, inputs, tree
        self.problems: list[SitegenError] = []
        self.warnings: list[SitegenError] = []
        homes = tuple(_home(found, languages) for found in content.editions)
        sites: list[Site] = []
        self._planners = [
            Planner(found, words[found.edition.code], homes, inputs, tree, sites) for found in content.editions
        ]
        sites += (planner.site for planner in self._planners)
        lists: defaultdict[str, list[Translation]] = defaultdict(list)
        for planner in self._planners:
            for local, title in planner.lists.items():
                lists[local].append(_list(planner, local, title, languages))
        for planner in self._planners:
            planner.siblings = {local: tuple(links) for local, links in lists.items() if len(links) > 1}

    def outputs(self, hooks: PluginManager) -> list[Output]:
        """All outputs, not yet sealed."""
        outputs: list[Output] = []
        for planner in self._planners:
            edition = planner.edition
            for output in (*planner.outputs(), *_further(planner.site, hooks)):
                output.path = edition.prefix + output.path
                output.language = edition.code
                # The site's own static files go first: it may have a robots.txt of its own.
                if output.template or output.path not in self._assets.copies:
                    outputs.append(output)
            if planner.site.main:
                outputs += self._copies()
        return outputs + self._redirects(outputs)

    def _redirects(self, outputs: Sequence[Output]) -> list[Output]:
        site = self._planners[0].site
        found = redirecting.lay_out(site, outputs)
        self.problems += found.problems
        self.warnings += found.warnings
        return [output for output in redirecting.outputs(site, found) if output.path not in self._assets.copies]

    def plan(self, outputs: list[Output], shared: bytes, code: bytes) -> Plan:
        """Seals the outputs, whose pages are all sealed; their templates are still to be added.

        ``shared`` is the digest of what all templates depend on, ``code`` that of plugins, on which all else does.
        """
        digests = {planner.edition.code: planner.digest(shared) for planner in self._planners}
        for output in outputs:
            output.seal(digests.get(output.language, shared), code)
        sources = {name: source for planner in self._planners for name, source in planner.sources().items()}
        families = {data.READ: self._data.digest, "asset:": self._assets.digest, IMAGE: self._content.gallery.digest}
        families[EDITION] = digests.__getitem__
        sites = {planner.edition.code: planner.site.info for planner in self._planners}
        return Plan(outputs, sites, Digests(sources, families), shared, digests, code, self._planners)

    def _copies(self) -> Iterator[Output]:
        for path, key in (*self._content.copies.items(), *self._assets.copies.items()):
            yield self._copy(path, key)
        for path, text in self._assets.texts.items():
            yield Output(path, f"static/{path}", make=lambda text=text: text)  # type: ignore[misc]

    def _copy(self, path: str, key: str) -> Output:
        scope, sha, gallery = self._content.edition.scope, self._inputs.sha(key), self._content.gallery
        if is_image(key) and not key.startswith("theme") and not scope.settings.images.keep_metadata:
            name = scope.name_of(key)
            return Output(path, name, parts=("bare", sha), make=lambda: published(self._inputs, key, name, gallery))
        return Output(path, key, parts=("copy", sha), copy_of=key)


def _further(site: Site, hooks: PluginManager) -> Iterator[Output]:
    for found in hooks.hook.site_outputs(site=site):
        if not isinstance(found, Iterable):
            raise PluginBroken(f"site_outputs gave {type(found).__name__}, not outputs", place="plugins")
        yield from found


def _home(content: Content, languages: Languages) -> Translation:
    edition = content.edition
    title = content.home.title if content.home else edition.scope.settings.site.title
    name = languages[edition.code].name
    return Translation(edition.code, name, title, edition.scope.base, edition.scope.base_url)


def _list(planner: Planner, local: str, title: str, languages: Languages) -> Translation:
    edition, scope = planner.edition, planner.edition.scope
    return Translation(edition.code, languages[edition.code].name, title, scope.base + local, scope.base_url + local)
