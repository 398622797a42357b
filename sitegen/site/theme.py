"""Theme: the templates, assets and words that give a site its face."""

from __future__ import annotations

import contextlib
import re
import traceback
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin

import jinja2
from jinja2.runtime import Macro
from jinja2.utils import missing

from sitegen import __version__
from sitegen.errors import Place, SitegenError, TemplateBroken, raise_all
from sitegen.site import tracking
from sitegen.site.assets import Asset, Assets
from sitegen.site.chain import Layer, Layers
from sitegen.site.inputs import Inputs
from sitegen.site.templates import Circle, Closures, Compiled, Environment, Loader
from sitegen.site.words import Problem, Voice, near

if TYPE_CHECKING:
    from types import TracebackType

    from pluggy import PluginManager

    from sitegen.project import Project

_NAMES = (
    "page",
    "site",
    "section",
    "data",
    "theme",
    "paginator",
    "taxonomy",
    "term",
    "year",
    "build",
    "asset",
    "absolute",
    "t",
)
"""What templates may know."""
_OURS = re.compile(r"'sitegen\.[\w.]*?(?:Stored)?(\w+) object'")


class _Missing(jinja2.StrictUndefined):
    """What is not there; says what else has a similar name."""

    @property
    def _undefined_message(self) -> str:
        told = super()._undefined_message
        name, owner = self._undefined_name, self._undefined_obj
        if self._undefined_hint or not isinstance(name, str):
            return told
        known = _NAMES if owner is missing else owner if isinstance(owner, Mapping) else dir(owner)
        return told + near(name, [other for other in known if isinstance(other, str) and other[:1] != "_"])


SHORTCODES = "shortcodes/"
"""The folder of templates with one macro of the same name in each."""


class Theme:
    """The templates, ready to render."""

    def __init__(
        self,
        project: Project,
        chain: Sequence[Layer],
        inputs: Inputs,
        assets: Assets,
        voices: Mapping[str, Voice],
        base_url: str,
        versions: str,
        hooks: PluginManager,
    ) -> None:
        """``voices`` are those of the editions, the site's own first.

        Raises ``TemplateBroken`` for all templates that cannot be used.
        """
        self._site = project.root
        self._assets = assets
        self._base_url = base_url
        self._voices = {code: (voice.functions(), voice.filters()) for code, voice in voices.items()}
        self._words = {code: voice.words for code, voice in voices.items()}
        self._spoken = self._own = next(iter(voices))
        self._sites: Mapping[str, object] = {}
        functions, filters = self._voices[self._spoken]
        folder = project.state / "build" / "templates"
        compiled = Compiled(folder, versions)
        self._loader = Loader(inputs, Layers(inputs, "templates", chain), compiled)
        self.environment = Environment(
            loader=self._loader,
            autoescape=True,
            undefined=_Missing,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
            cache_size=-1,
            bytecode_cache=compiled,
        )
        self.environment.globals.update(
            asset=self._asset,
            absolute=self._absolute,
            build={"version": __version__},
            **functions,
        )
        self.environment.filters.update(filters)
        hooks.hook.templates_ready(environment=self.environment)
        self._closures = Closures(self._loader, self.environment, folder / "references", versions)
        raise_all([self.broken(error, name) for name, error in self._closures.examine()])

    def closure(self, template: str) -> bytes:
        """The hash of all templates that ``template`` can reach: what an output that is made from it depends on."""
        return self._closures.digest(template)

    def offer(self, **values: object) -> None:
        """Makes values known to all templates."""
        self.environment.globals.update(values)

    @property
    def shortcodes(self) -> Sequence[str]:
        """The names of all shortcodes that the theme and the site have."""
        names = (name for name in self._loader.list_templates() if name.startswith(SHORTCODES))
        return [name[len(SHORTCODES) : -5] for name in names if name.endswith(".html") and name.count("/") == 1]

    def macro(self, name: str, **values: object) -> Macro:
        """The macro of a shortcode, made anew, so that it sees ``values``. Raises ``TemplateBroken``."""
        template = f"{SHORTCODES}{name}.html"
        with self.told(template):
            found = getattr(self.environment.get_template(template).make_module(values), name, None)
        if not isinstance(found, Macro):
            raise TemplateBroken(f"there is no macro {name!r} in it", place=self._place(self._loader.path(template)))
        return found

    @contextlib.contextmanager
    def told(self, template: str) -> Iterator[None]:
        """While it lasts, whatever comes out of a template that is not being rendered becomes an error of ours."""
        try:
            yield
        except SitegenError:
            raise
        except Exception:  # as in ``render``
            try:
                self.environment.handle_exception()  # raises it again with the template's lines instead of the code's
            except Exception as error:
                raise self.broken(error, template) from error

    def edition_for(self, language: str) -> str:
        """The edition whose words go with a text in ``language``; the one that is being made if there is none."""
        return language if language in self._words else self._spoken

    @property
    def spoken(self) -> str:
        """The edition that is being made."""
        return self._spoken

    def title_of(self, kind: str, edition: str) -> str:
        """The title of an admonition that has none; in English for a theme that knows no such boxes."""
        try:
            return self._words[edition](f"admonition_{kind}")
        except Problem:
            return kind.capitalize()

    def tell(self, sites: Mapping[str, object]) -> None:
        """Says what ``site`` is to templates, by language of the edition."""
        self._sites = sites
        self.environment.globals["site"] = sites[self._spoken]

    def load(self, templates: Iterable[str]) -> None:
        """Compiles templates and what they reach, so that forked workers share them."""
        for name in self._closures.reached(templates):
            with contextlib.suppress(jinja2.TemplateError, SitegenError):  # told by the pages that need it
                self.environment.get_template(name)
        self._closures.keep()

    def render(self, template: str, context: Mapping[str, Any]) -> bytes:
        """An output. Raises ``TemplateBroken``."""
        try:
            return self.environment.get_template(template).render(context).encode("utf-8", "replace")
        except SitegenError:
            raise
        except Exception as error:  # whatever a template does, it is its author who must hear of it
            raise self.broken(error, template) from error

    def speak(self, language: str) -> None:
        """Goes over to the edition in ``language``, the site's own if that is empty.

        What a plugin has put in place of a filter or function of ours stays.
        """
        language = language or self._own
        if language == self._spoken:
            return
        known = (self.environment.globals, self.environment.filters)
        for names, old, new in zip(known, self._voices[self._spoken], self._voices[language], strict=True):
            names.update({name: value for name, value in new.items() if names.get(name) is old[name]})
        self.environment.globals["site"] = self._sites[language]
        self._spoken = language

    def broken(self, error: Exception, template: str) -> SitegenError:
        """The error of ours for one that came out of a template; its place is the innermost line of a template."""
        if isinstance(error, SitegenError):
            return error
        if isinstance(error, Circle):
            return TemplateBroken(
                "the template extends itself, by itself or through others",
                place=self._place(self._loader.path(template)),
                remedy="To extend the template that this one replaces, put its theme before the name: "
                f'{{% extends "{self._loader.replaced(template)}" %}}.',
            )
        if isinstance(error, jinja2.TemplateSyntaxError):
            return TemplateBroken(f"{error.message}", place=self._place(error.filename or template, error.lineno))
        spot = self._spot(error.__traceback__) or template
        if isinstance(error, jinja2.TemplateNotFound):
            name = str(error.name or template)
            return TemplateBroken(f"there is no template {name!r}{near(name, self._loader.every())}", place=spot)
        reason = _OURS.sub(r"\1", str(error) or type(error).__name__)
        if not isinstance(error, jinja2.TemplateError | Problem):
            reason = f"{type(error).__name__}: {reason}"
        return TemplateBroken(reason, place=spot)

    def _spot(self, trace: TracebackType | None) -> Place | None:
        found = None
        for frame, line in traceback.walk_tb(trace):
            if frame.f_code.co_filename in self._loader.paths:
                found = self._place(frame.f_code.co_filename, line)
        return found

    def _place(self, filename: str, line: int | None = None) -> Place:
        path = Path(filename)
        return Place(str(path.relative_to(self._site)) if path.is_relative_to(self._site) else filename, line)

    def _asset(self, path: str, otherwise: str | None = None) -> Asset | str:
        """The address of a file; where there is none, ``otherwise``. Raises ``Problem`` if that is not given."""
        tracking.note(f"asset:{path}")
        try:
            return self._assets[path]
        except KeyError:
            if otherwise is not None:
                return otherwise
            raise Problem(f"there is no file static/{path}{near(path, self._assets.urls)}") from None

    def _absolute(self, url: str) -> str:
        return urljoin(self._base_url, url)
