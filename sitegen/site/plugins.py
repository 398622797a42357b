"""Plugins: the site's own Python files, and installed modules, loaded for one build."""

from __future__ import annotations

import importlib.util
import sys
import traceback
from collections.abc import Iterator
from types import ModuleType
from typing import TYPE_CHECKING, Any

from sitegen import files
from sitegen.errors import Place, PluginBroken
from sitegen.site.inputs import Inputs

if TYPE_CHECKING:
    from sitegen.project import Project

TREE = "plugins"
_loaded: dict[tuple[str, str], ModuleType] = {}
"""By key and hash: a server that builds again and again runs each file once."""


def module(name: str, inputs: Inputs) -> ModuleType:
    """The Python file ``plugins/NAME``. Raises ``PluginBroken`` when it is not there or fails."""
    key = f"{TREE}/{name}"
    if key not in inputs.files:
        raise PluginBroken(f"there is no file {key}", place="sitegen.toml")
    found = _loaded.get((key, inputs.sha(key)))
    if found is None:
        found = ModuleType(f"sitegen_plugin_{name.removesuffix('.py')}_{inputs.sha(key)[:8]}")
        found.__file__ = inputs.files[key].path
        sys.modules[found.__name__] = found  # pydantic looks there for the names in annotations
        try:
            exec(compile(inputs.read(key), found.__file__, "exec"), found.__dict__)  # noqa: S102  # the site's own code
        except Exception as error:
            raise broken(error, key, found.__file__) from error
        _loaded[key, inputs.sha(key)] = found
    return found


def named(project: Project, inputs: Inputs) -> list[Any]:
    """The plugins that the settings name, in their order. Raises ``PluginBroken``."""
    return list(_named(project, inputs))


def _named(project: Project, inputs: Inputs) -> Iterator[Any]:
    for name in project.settings.plugins:
        if name.endswith(".py"):
            yield module(name, inputs)
            continue
        try:
            yield importlib.import_module(name)
        except Exception as error:  # whatever a module does while it is imported
            place = project.origins.get("plugins", "sitegen.toml")
            raise PluginBroken(f"cannot import {name!r}: {error}", place=place) from error


def versions(project: Project, inputs: Inputs) -> str:
    """What rendered texts depend on: the content of all plugin files, and of installed modules that are named."""
    found = [(key, inputs.sha(key)) for key in inputs.of(TREE) if key.endswith(".py")]
    for name in project.settings.plugins:
        if not name.endswith(".py"):
            spec = importlib.util.find_spec(name)
            path = spec.origin if spec else None
            found.append((name, _sha(path) if path else ""))
    return repr((project.settings.plugins, found)) if found else ""


def _sha(path: str) -> str:
    try:
        with open(path, "rb") as file:  # noqa: PTH123
            return files.sha256(file.read())
    except OSError:
        return ""


def blamed(error: Exception) -> PluginBroken | None:
    """The error of ours for one that a plugin of the site raised; None when no plugin had a part in it."""
    files_of = {found.__file__: key for (key, _), found in _loaded.items()}
    for frame, _ in traceback.walk_tb(error.__traceback__):
        path = frame.f_code.co_filename
        if path in files_of:
            return broken(error, files_of[path], path)
    return None


def broken(error: Exception, name: str, path: str) -> PluginBroken:
    """The error of ours for one that came out of a plugin's file ``path``."""
    if isinstance(error, SyntaxError):
        return PluginBroken(error.msg, place=Place(name, error.lineno))
    lines = [line for frame, line in traceback.walk_tb(error.__traceback__) if frame.f_code.co_filename == path]
    return PluginBroken(f"{type(error).__name__}: {error}", place=Place(name, lines[-1] if lines else None))
