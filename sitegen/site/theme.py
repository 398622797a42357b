"""Theme: the templates, assets and words that give a site its face."""

from __future__ import annotations

import re
import traceback
from collections.abc import Mapping
from pathlib import Path
from types import CodeType
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin

import jinja2

from sitegen import __version__
from sitegen.errors import Place, SitegenError, TemplateBroken, raise_all
from sitegen.site import store
from sitegen.site.assets import Assets
from sitegen.site.inputs import Inputs
from sitegen.site.languages import Languages
from sitegen.site.words import Problem, Voice, Words, near

if TYPE_CHECKING:
    from types import TracebackType

    from jinja2.bccache import Bucket

    from sitegen.settings import Project

_OURS = re.compile(r"'sitegen\.[\w.]*?(?:Stored)?(\w+) object'")


class _Compiled(jinja2.BytecodeCache):
    """Keeps compiled templates. Jinja's own would read them with pickle, which runs whatever a file says."""

    def __init__(self, folder: Path, versions: str) -> None:
        self._folder = folder
        self._versions = versions

    def load_bytecode(self, bucket: Bucket) -> None:
        code = store.load(self._folder / bucket.key, f"{self._versions}\n{bucket.checksum}")
        if isinstance(code, CodeType):
            bucket.code = code

    def dump_bytecode(self, bucket: Bucket) -> None:
        store.save(self._folder / bucket.key, f"{self._versions}\n{bucket.checksum}", bucket.code)


class Theme:
    """The templates, ready to render."""

    def __init__(
        self,
        project: Project,
        root: Path,
        inputs: Inputs,
        assets: Assets,
        languages: Languages,
        base_url: str,
        versions: str,
    ) -> None:
        self.root = root
        self._site = project.root
        self._folders = [str(project.root / "templates"), str(root / "templates")]
        self._assets = assets
        self._base_url = base_url
        code = project.settings.site.language
        voice = Voice(Words.read(inputs, ("theme/i18n",), code, languages), languages[code], languages)
        self._environment = jinja2.Environment(
            loader=jinja2.FileSystemLoader(self._folders),
            autoescape=True,
            undefined=jinja2.StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
            cache_size=-1,
            bytecode_cache=_Compiled(project.state / "build" / "templates", versions),
        )
        self._environment.globals.update(
            asset=self._asset,
            absolute=self._absolute,
            build={"version": __version__},
            **voice.functions(),
        )
        self._environment.filters.update(voice.filters())

    def offer(self, **values: object) -> None:
        """Makes values known to all templates."""
        self._environment.globals.update(values)

    def load(self) -> None:
        """Compiles all templates, so that forked workers share them. Raises ``TemplateBroken`` for all broken ones."""
        problems = []
        for template in self._environment.list_templates(extensions=["html"]):
            try:
                self._environment.get_template(template)
            except jinja2.TemplateError as error:
                problems.append(self.broken(error, template, ""))
        raise_all(problems)

    def render(self, template: str, context: Mapping[str, Any], name: str) -> bytes:
        """An output; ``name`` says in errors what was rendered. Raises ``TemplateBroken``."""
        try:
            return self._environment.get_template(template).render(context).encode("utf-8", "replace")
        except SitegenError:
            raise
        except Exception as error:  # whatever a template does, it is its author who must hear of it
            raise self.broken(error, template, name) from error

    def broken(self, error: Exception, template: str, name: str) -> TemplateBroken:
        """The error of ours for one that came out of a template."""
        while_doing = f" (in the page {name})" if name else ""
        if isinstance(error, jinja2.TemplateSyntaxError):
            place = self._place(error.filename or template, error.lineno)
            return TemplateBroken(f"{error.message}{while_doing}", place=place)
        spot = self._spot(error.__traceback__)
        if isinstance(error, jinja2.TemplateNotFound):
            missing = str(error.name or template)
            guess = near(missing, self._environment.list_templates())
            return TemplateBroken(f"there is no template {missing!r}{guess}{while_doing}", place=spot or template)
        reason = str(error) or type(error).__name__
        reason = _OURS.sub(r"\1", reason)
        if not isinstance(error, jinja2.TemplateError | Problem):
            reason = f"{type(error).__name__}: {reason}"
        return TemplateBroken(f"{reason}{while_doing}", place=spot or template)

    def _spot(self, trace: TracebackType | None) -> Place | None:
        found = None
        for frame, line in traceback.walk_tb(trace):
            if frame.f_code.co_filename.startswith(tuple(self._folders)):
                found = self._place(frame.f_code.co_filename, line)
        return found

    def _place(self, filename: str, line: int) -> Place:
        path = Path(filename)
        return Place(str(path.relative_to(self._site)) if path.is_relative_to(self._site) else filename, line)

    def _asset(self, path: str) -> str:
        try:
            return self._assets.urls[path]
        except KeyError:
            raise Problem(f"there is no file static/{path}{near(path, self._assets.urls)}") from None

    def _absolute(self, url: str) -> str:
        return urljoin(self._base_url, url)
