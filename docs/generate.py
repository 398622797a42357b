"""Writes docs/reference/ from the code: settings from their docstrings, errors from their classes, commands from click.

``make docs`` runs it; a test fails when what is committed is not what the code says.
"""

from __future__ import annotations

import ast
import inspect
import itertools
import re
import textwrap
import types
import typing
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo

from sitegen.cli import root
from sitegen.errors import ExitCode, SitegenError, catalogue
from sitegen.frontmatter import Matter
from sitegen.settings import EndpointAddress, Settings, env_name

REFERENCE = Path(__file__).parent / "reference"
GENERATED = "<!-- Written by docs/generate.py from the code. -->"

FAMILIES = {
    "1": "Settings", "2": "Sources", "3": "Engines", "4": "Pages and briefs", "5": "Builds", "6": "Files and state",
    "7": "Serving, publishing, backups", "8": "Commands", "9": "Faults of sitegen",
}  # fmt: skip

EXIT_CODES = {
    ExitCode.OK: "Done.",
    ExitCode.PROBLEMS: "The build or a check found problems, or a file could not be written.",
    ExitCode.USAGE: "The command line is wrong.",
    ExitCode.SETTINGS: "The settings are invalid.",
    ExitCode.SOURCE: "The source cannot be reached, or refused.",
    ExitCode.ENGINE: "The engine cannot be reached, or cannot summarise.",
    ExitCode.SOME_FAILED: "Some documents failed; the rest is done.",
    ExitCode.INTERRUPTED: "Interrupted (Ctrl-C, SIGTERM); the state is kept.",
}


def pages() -> dict[str, str]:
    """All reference pages: file name → text."""
    return {"settings.md": settings_page(), "errors.md": errors_page(), "commands.md": commands_page()}


# ----------------------------------------------------------------------------------------------------------- settings


def settings_page() -> str:
    parts = [
        "# Settings",
        GENERATED,
        "One file, `sitegen.toml`, in the site's folder. Every setting has a default, so that an empty file is a "
        "valid site. Relative paths are relative to that folder. An environment variable overrides each setting; two "
        "underscores stand between levels. `sitegen config` shows the settings in force and where each came from.",
        "Secrets never stand in `sitegen.toml`: they come from the environment, or from a file that a setting names.",
        *_sections(Settings, ""),
    ]
    return "\n\n".join(parts) + "\n"


def _sections(model: type[BaseModel], prefix: str) -> Iterator[str]:
    plain = {name: field for name, field in model.model_fields.items() if not _below(name, field)}
    if prefix:
        yield f"## `[{prefix.removesuffix('.')}]`"
        yield inspect.cleandoc(model.__doc__ or "")
    told = docstrings(model)
    for name, field in plain.items():
        yield f"### `{prefix}{name}`"
        yield told[name]
        facts = [f"Type: {_type(field.annotation)}{_limits(field)}", f"default: {_default(field)}"]
        if "NAME" not in prefix and typing.get_origin(field.annotation) is not dict:
            facts.append(f"environment: `{env_name(prefix + name)}`")
        yield " · ".join(facts)
    for name, field in model.model_fields.items():
        if below := _below(name, field):
            yield from _sections(below[0], f"{prefix}{below[1]}.")


def docstrings(model: type[BaseModel]) -> dict[str, str]:
    """What stands under each field of a model."""
    found: dict[str, str] = {}
    for one in reversed([base for base in model.__mro__ if issubclass(base, BaseModel) and base is not BaseModel]):
        (stated,) = ast.parse(textwrap.dedent(inspect.getsource(one))).body
        assert isinstance(stated, ast.ClassDef)
        for field, text in itertools.pairwise(stated.body):
            match field, text:
                case ast.AnnAssign(target=ast.Name(name)), ast.Expr(ast.Constant(str(words))):
                    found[name] = inspect.cleandoc(words)
    return found


def _below(name: str, field: FieldInfo) -> tuple[type[BaseModel], str] | None:
    """The model of a table, or of tables by name, and the name of the table."""
    annotation: Any = field.annotation
    if typing.get_origin(annotation) is dict:
        annotation, name = typing.get_args(annotation)[1], f"{name}.NAME"
    return (annotation, name) if isinstance(annotation, type) and issubclass(annotation, BaseModel) else None


def _type(annotation: Any) -> str:
    names = {
        str: "text",
        int: "whole number",
        float: "number",
        bool: "`true` or `false`",
        Path: "path",
        SecretStr: "secret",
    }
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is typing.Annotated:
        return _type(arguments[0])
    if origin is typing.Literal:
        return " or ".join(f'`"{value}"`' for value in arguments)
    if origin is tuple:
        return f"list of {_type(arguments[0])}"
    if origin is dict:
        return "table" if arguments[1] is Any else f"table of {_type(arguments[1])}"
    if origin in (types.UnionType, typing.Union):
        return _type(next(argument for argument in arguments if argument is not type(None)))
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        fields = ", ".join(f"`{name}`" for name in annotation.model_fields)
        return f"{'text or ' * issubclass(annotation, EndpointAddress)}tables of {fields}"
    return names[annotation]


def _limits(field: FieldInfo) -> str:
    words = {"ge": "at least", "gt": "more than", "le": "at most", "lt": "less than"}
    found = [
        f"{phrase} {getattr(limit, name)}"
        for limit in field.metadata
        for name, phrase in words.items()
        if hasattr(limit, name)
    ]
    return f", {', '.join(found)}" if found else ""


def _default(field: FieldInfo) -> str:
    value = field.default
    if value is None or value in ("", ()) or value == {}:
        return "none"
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    if isinstance(value, tuple):
        return "`[" + ", ".join(f'"{item}"' for item in value) + "]`"
    return f"`{value}`" if isinstance(value, int | float) else f'`"{value}"`'


# ------------------------------------------------------------------------------------------------------------- errors


def errors_page() -> str:
    parts = [
        "# Errors and exit codes",
        GENERATED,
        "Every error has a code that never changes its meaning. It says what happened, where, and what to do. "
        'With `--json` errors are printed as `{"errors": [{"code", "message", "place", "remedy"}]}`.',
        "## Exit codes",
        "\n".join(
            ["| code | means |", "| ---: | --- |", *(f"| {code} | {text} |" for code, text in EXIT_CODES.items())]
        ),
    ]
    family = ""
    for error in catalogue():
        if error.code[2] != family:
            family = error.code[2]
            parts.append(f"## SG{family}xx: {FAMILIES[family]}")
        parts += _error(error)
    return "\n\n".join(parts) + "\n"


def _error(error: type[SitegenError]) -> list[str]:
    return [
        f"### {error.code}",
        inspect.cleandoc(error.__doc__ or ""),
        f"**What to do:** {error.default_remedy}",
        f"Exit code {error.exit_code}.",
    ]


# ----------------------------------------------------------------------------------------------------------- commands


def commands_page() -> str:
    parts = [
        "# Commands",
        GENERATED,
        "`--site`, `--json`, `--quiet`, `--verbose` and `--debug` may stand before or after any command. Results go to "
        "stdout, everything else to stderr. Exit codes are in [errors.md](errors.md).",
        *_commands(root, click.Context(root, info_name="sitegen", terminal_width=100, **root.context_settings)),
    ]
    return "\n\n".join(parts) + "\n"


def _commands(command: click.Command, context: click.Context) -> Iterator[str]:
    yield f"## `{context.command_path}`"
    yield f"```text\n{command.get_help(context).strip()}\n```"
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            child = command.get_command(context, name)
            assert child is not None
            yield from _commands(child, click.Context(child, context, name))


# -------------------------------------------------------------------------------------------------------- front matter


def front_matter_table() -> str:
    """The table of fields that docs/guide/editors.md shows."""
    rows = ["| field | means |", "| --- | --- |"]
    told = docstrings(Matter)
    rows += [f"| `{name}` | {told[name]} |" for name in Matter.model_fields]
    return "\n".join(rows)


def with_table(text: str) -> str:
    """The editors' guide with its table of fields brought up to date."""
    return re.sub(
        r"(<!-- fields -->\n).*?(\n<!-- /fields -->)",
        lambda match: f"{match[1]}{front_matter_table()}{match[2]}",
        text,
        flags=re.S,
    )


def main() -> None:
    REFERENCE.mkdir(exist_ok=True)
    for name, text in pages().items():
        (REFERENCE / name).write_text(text, encoding="utf-8")
    guide = REFERENCE.parent / "guide" / "editors.md"
    guide.write_text(with_table(guide.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()
