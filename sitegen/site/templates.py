"""Templates: where they come from, what each is made of, and how they are compiled once for many builds.

A page depends on the *closure* of its template: on all templates that it can reach by ``extends``, ``include`` and
``import``, found in the parsed text. A name that is worked out while rendering may be that of any template.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, MutableMapping
from pathlib import Path
from types import CodeType
from typing import TYPE_CHECKING, Any

import jinja2
from jinja2 import meta, nodes
from jinja2.environment import Template, TemplateModule
from jinja2.runtime import Context, Macro
from jinja2.utils import internalcode

from sitegen import files
from sitegen.errors import SitegenError
from sitegen.site import store, tracking
from sitegen.site.chain import Layers
from sitegen.site.inputs import Inputs
from sitegen.site.words import Words

if TYPE_CHECKING:
    from jinja2.bccache import Bucket

References = tuple[tuple[str, ...], tuple[str, ...], bool]
"""What a template extends, what else it refers to, and whether it works out names while rendering."""


class Compiled(jinja2.BytecodeCache):
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


class Loader(jinja2.BaseLoader):
    """Finds a template by name: ``partials/menu.html`` in the first layer that has it.

    ``plain/partials/menu.html`` is that of the theme ``plain``, so that a template can extend the one that it replaces.
    """

    def __init__(self, inputs: Inputs, layers: Layers, compiled: Compiled) -> None:
        self._inputs, self._layers, self._compiled = inputs, layers, compiled
        self.references: dict[str, References] = {}
        """By the hash of the text."""
        self.paths = {inputs.files[key].path for key in layers.keys()}  # noqa: SIM118  # no mapping

    def key(self, template: str) -> str | None:
        """The key of the file that the name stands for."""
        theme, _, rest = template.partition("/")
        if rest and theme in self._layers.names:
            return self._layers.seen_by(theme, rest)
        return self._layers.merged.get(template)

    def sha(self, template: str) -> str | None:
        """The hash of the text; None when there is no such template."""
        key = self.key(template)
        return None if key is None else self._inputs.sha(key)

    def path(self, template: str) -> str:
        """Where the file is on disk."""
        key = self.key(template)
        return template if key is None else self._inputs.files[key].path

    def get_source(self, environment: jinja2.Environment, template: str) -> tuple[str, str, None]:
        key = self.key(template)
        if key is None:
            raise jinja2.TemplateNotFound(template)
        path = self._inputs.files[key].path
        return files.decode(self._inputs.read(key), path), path, None

    @internalcode
    def load(
        self,
        environment: jinja2.Environment,
        name: str,
        globals: MutableMapping[str, Any] | None = None,  # noqa: A002  # as Jinja has it
    ) -> jinja2.Template:
        """As in Jinja, but parses once for the code and for what the template refers to."""
        source, path, _ = self.get_source(environment, name)
        bucket = self._compiled.get_bucket(environment, name, path, source)
        sha = self.sha(name)
        assert sha is not None
        if bucket.code is None or sha not in self.references:
            tree = environment.parse(source, name, path)
            bucket.code = environment.compile(tree, name, path)
            self._compiled.set_bucket(bucket)
            self.references[sha] = _references(tree)
        return environment.template_class.from_code(environment, bucket.code, globals or {}, None)

    def replaced(self, template: str) -> str:
        """The name of the template of a theme that the site or another theme replaces."""
        key = self.key(template)
        others = [name for name in self._layers.names if self._layers[name].get(template) not in (None, key)]
        return f"{(others or self._layers.names)[0]}/{template}"

    def list_templates(self) -> list[str]:
        return sorted(self._layers.merged)

    def every(self) -> list[str]:
        """All names under which a template can be had, short ones first."""
        inner = [f"{name}/{path}" for name in self._layers.names for path in self._layers[name]]
        return [*self.list_templates(), *sorted(inner)]


def _references(tree: nodes.Template) -> References:
    found = set(meta.find_referenced_templates(tree))
    bases = {node.template.value for node in tree.find_all(nodes.Extends) if isinstance(node.template, nodes.Const)}
    return tuple(sorted(bases)), tuple(sorted(name for name in found if name)), None in found


class PageTemplate(Template):
    """A template whose import lasts for one output.

    Jinja runs the top of an imported file once in a process. What it reads there would then be recorded for the first
    output alone, and what a macro changes there would pass from page to page.
    """

    _made_for = -1

    def _get_default_module(self, ctx: Context | None = None) -> TemplateModule:
        """As Jinja's, but without a look at the globals of each importing template: here all have the same."""
        if self._module is None or self._made_for != tracking.number():
            self._module = self.make_module()
            self._made_for = tracking.number()
        return self._module


class PageContext(Context):
    """What a template sees; the words of a theme and macros are called without a look at what they want to be given."""

    @internalcode
    def call(self, obj: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
        kind: type = type(obj)
        if kind is not Words and kind is not Macro:
            return super().call(obj, *args, **kwargs)
        kwargs.pop("_block_vars", None)
        kwargs.pop("_loop_vars", None)
        return obj(*args, **kwargs) if kind is Words else obj(self.eval_ctx, *args, **kwargs)


class Environment(jinja2.Environment):
    """Jinja with globals that are the same for all templates: a plain dict, which is copied for each template and
    include, where Jinja's own chain of dicts takes a fifth of the time that a page takes."""

    template_class = PageTemplate
    context_class = PageContext

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._loaded: dict[str, Template] = {}

    @internalcode
    def get_template(
        self,
        name: str | Template,
        parent: str | None = None,
        globals: MutableMapping[str, Any] | None = None,  # noqa: A002  # as Jinja has it
    ) -> Template:
        """As in Jinja, whose own way to a template that is there is long, and taken for each include."""
        if type(name) is not str or globals:
            return super().get_template(name, parent, globals)
        found = self._loaded.get(name)
        if found is None:
            found = self._loaded[name] = super().get_template(name, parent)
        return found

    def make_globals(self, d: MutableMapping[str, Any] | None) -> MutableMapping[str, Any]:
        assert not d, "no template has globals of its own"
        return self.globals


class Closures:
    """What each template can reach. What a text refers to is kept by its hash, so that it is parsed once."""

    def __init__(self, loader: Loader, environment: jinja2.Environment, path: Path, key: str) -> None:
        self._loader, self._environment, self._path, self._key = loader, environment, path, key
        self._kept: dict[str, References] = store.load(path, key) or {}
        self._used: set[str] = set()
        self._digests: dict[str, bytes] = {}
        self._all: bytes | None = None

    def examine(self) -> Iterator[tuple[str, Exception]]:
        """Compiles all templates that are new; yields those that cannot be used, each with what is wrong."""
        self._loader.references |= self._kept
        names = {self._loader.key(name): name for name in reversed(self._loader.every()) if name.endswith(".html")}
        sound = []
        for name in reversed(names.values()):
            try:
                self._learn(name)
                sound.append(name)
            except (jinja2.TemplateError, SitegenError) as error:
                yield name, error
        for name in sound:
            if self._circular(name):
                yield name, Circle(name)

    def _learn(self, name: str) -> References | None:
        """What the template refers to; None when there is no such template."""
        sha = self._loader.sha(name)
        if sha is None:
            return None
        if sha not in self._loader.references:
            self._environment.get_template(name)
        self._used.add(sha)
        return self._loader.references[sha]

    def keep(self) -> None:
        """Remembers what the templates of this build refer to."""
        used = {sha: self._loader.references[sha] for sha in self._used}
        if used != self._kept:
            store.save(self._path, self._key, used)

    def _circular(self, name: str) -> bool:
        """Whether the template extends itself, by itself or through others."""
        start, seen, todo = self._loader.key(name), set[str | None](), [name]
        while todo:
            for base in self._extended(todo.pop()):
                key = self._loader.key(base)
                if key == start:
                    return True
                if key not in seen:
                    seen.add(key)
                    todo.append(base)
        return False

    def _extended(self, name: str) -> tuple[str, ...]:
        sha = self._loader.sha(name)
        return self._loader.references[sha][0] if sha is not None and sha in self._loader.references else ()

    def digest(self, name: str) -> bytes:
        """The hash of all that the template can reach, missing ones included."""
        if name not in self._digests:
            reached = self._reached(name)
            if reached is None:
                self._all = self._all or self._hash(self._loader.every())
                self._digests[name] = tracking.digest(name, self._all)
            else:
                self._digests[name] = self._hash(sorted(reached))
        return self._digests[name]

    def _hash(self, names: Iterable[str]) -> bytes:
        return tracking.digest([(name, self._loader.sha(name)) for name in names])

    def reached(self, names: Iterable[str]) -> set[str]:
        """All templates that these can reach and that there are."""
        found = {reached for name in names for reached in self._reached(name) or self._loader.every()}
        return {name for name in found if self._loader.key(name) is not None}

    def _reached(self, name: str) -> set[str] | None:
        """All names that can be reached; None when that can be any."""
        reached, todo = {name}, [name]
        while todo:
            try:
                found = self._learn(todo.pop())
            except (
                jinja2.TemplateError,
                SitegenError,
            ):  # told when it is rendered; until it is mended it leads nowhere
                continue
            if found is None:
                continue
            _, names, dynamic = found
            if dynamic:
                return None
            todo += set(names) - reached
            reached.update(names)
        return reached


class Circle(Exception):
    """A template extends itself."""

    def __init__(self, name: str) -> None:
        self.name = name
        super().__init__("the template extends itself, by itself or through others")
