"""A new site, and a new theme: the files that ``sitegen init`` and ``sitegen new theme`` write. They build at once."""

from __future__ import annotations

import json
import os
import re
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from sitegen import files
from sitegen.errors import FileThere, FolderNotEmpty, PathEscapes, ThemeMissing
from sitegen.root import FILE_NAME

_SETTINGS = """\
# The settings of this site. `sitegen config` shows those in force; docs/reference/settings.md lists them all.

[site]
title = "{title}"
description = "{description}"
base_url = "http://localhost:8000/"
language = "en"

[source]
kind = "folder"              # or "paperless"

[source.folder]
path = "documents"           # text, Markdown and PDF files

# [source.paperless]
# url = "https://paperless.example.org"
# publish_tag = "publish"    # only documents with this tag are pulled
# token_file = "paperless.token"   # or the environment: SITEGEN_SOURCE__PAPERLESS__TOKEN

[engine]
kind = "extractive"          # built in, needs no model; or "ollama", or "openai"

# [engine.ollama]
# endpoints = ["http://localhost:11434"]
# model = "qwen3:8b"

[briefs]
initial_status = "{status}"      # nothing is public before an editor writes `status: published`
"""

_NAMES = """
# What the briefs name, in lists of their own. There are such pages only on sites that ask for them.
[taxonomies.organisations]
[taxonomies.people]
[taxonomies.places]
"""

_HOME = """\
---
title: {title}
summary: {description}
---

Short briefs of our documents. Each says what it was made from.
"""

_HOME_DEMO = """\
---
title: Public documents, in brief
---

Dornavel and its papers are invented. Two of these briefs were written by hand: the one on
[the bridge that is open again](/briefs/press-notice-the-weir-bridge-opens-again/), and the one on
[the vote for its repair](/briefs/minutes-of-the-town-council-16-may-2024/), which had to be corrected.
The others are extracts, which the built-in engine made.
"""

_ABOUT = """\
---
title: About
summary: What this site is.
weight: 10
---

This page is `content/about.md`. Write here who you are, and why you publish these documents.

## How a brief comes to be

A document is read, and a short brief of it is written as a Markdown file. An editor reads it, mends it and publishes
it. Once an editor has changed a brief, no program overwrites it.
"""

_IGNORED = """\
/.sitegen/
/public/
*.token
"""

_README_DOCUMENTS = """\
Put text, Markdown and PDF files into this folder and run `sitegen pull`.

A file `metadata.jsonl` may say more about them, one line of JSON for each:

    {"file": "letter.pdf", "title": "Letter of 3 May", "created": "2026-05-03", "tags": ["water"]}
"""

_THEME = """\
name = {name}
description = "What {extends} does, but for what stands here."
extends = {extends_name}

# templates/, static/ and i18n/ beside this file take the place of that theme's files of the same name, one by one.
"""

DEMO = ("The Continuum Report", "Briefs from the archive of an invented town.")
PLAIN = ("My briefs", "Short briefs of public documents.")


def demo_folder(name: str) -> Path:
    """``documents`` of the demo archive, or ``briefs``, which are those that somebody wrote by hand.

    Inside the installed package, or in the checkout that this module stands in.
    """
    package = Path(__file__).resolve().parent
    installed = package / "demo" / name
    return installed if installed.is_dir() else package.parent / "demo" / name


def create(folder: Path, *, demo: bool = False) -> list[str]:
    """Writes a new site into ``folder`` and returns its files. Nothing that is there is overwritten.

    Raises ``FolderNotEmpty`` when the folder already holds one of the files, or, for the demo, documents of its own:
    the demo publishes its briefs at once, which nobody's own documents may meet by surprise.
    """
    texts = dict(_texts(demo))
    with files.guarded(folder):
        taken = [name for name in texts if os.path.lexists(folder / name)]
        if demo and _holds_something(folder / "documents"):
            taken.append("documents/")
    if taken:
        raise FolderNotEmpty(f"there is already {', '.join(taken)}", place=str(folder))
    for name, text in texts.items():
        files.write_atomic(folder / name, text)
    if demo:
        with files.guarded(folder):
            shutil.copytree(demo_folder("documents"), folder / "documents", dirs_exist_ok=True)
    return sorted(texts)


def _holds_something(folder: Path) -> bool:
    return os.path.lexists(folder) and not (folder.is_dir() and not any(folder.iterdir()))


def _texts(demo: bool) -> Iterator[tuple[str, str]]:
    title, description = DEMO if demo else PLAIN
    status = "published" if demo else "draft"
    yield FILE_NAME, _SETTINGS.format(title=title, description=description, status=status) + (_NAMES if demo else "")
    yield "content/index.md", _HOME_DEMO if demo else _HOME.format(title=title, description=description)
    yield "content/about.md", _ABOUT
    yield ".gitignore", _IGNORED
    for path in sorted(demo_folder("briefs").glob("*.md")) if demo else ():
        yield f"briefs/{path.name}", path.read_text(encoding="utf-8")
    if not demo:
        yield "documents/README", _README_DOCUMENTS


def theme(root: Path, name: str, *, extends: str = "") -> list[str]:
    """Begins a theme in the site ``root``: a copy of the theme ``plain``, or one that extends another; its files.

    The folder appears whole or not at all. Raises ``PathEscapes`` for a name that is no name for a folder,
    ``FileThere`` when there is a theme of that name, ``ThemeMissing`` and ``StorageError``.
    """
    from sitegen.site import chain

    if not re.fullmatch(r"[a-z0-9][a-z0-9_-]{0,60}", name):
        raise PathEscapes(
            f"{name!r} is no name for a theme", remedy="Take small letters of a to z, digits, hyphens and underscores."
        )
    target = root / "themes" / name
    if os.path.lexists(target) or chain.find(root, name):
        raise FileThere(f"there is a theme {name!r}", place=str(target))
    origin = chain.find(root, extends or "plain")
    if origin is None:
        raise ThemeMissing(f"there is no theme {extends!r} to extend", place=str(root / "themes"))
    if extends:
        manifest = _THEME.format(name=json.dumps(name), extends=extends, extends_name=json.dumps(extends))
        texts = {chain.FILE_NAME: manifest.encode()}
    else:
        texts = {entry: (origin.folder / entry).read_bytes() for entry in files.names(origin.folder)}
        texts[chain.FILE_NAME] = texts[chain.FILE_NAME].replace(b'"plain"', json.dumps(name).encode(), 1)
    _place(target, texts)
    return sorted(f"themes/{name}/{entry}" for entry in texts)


def _place(target: Path, texts: Mapping[str, bytes]) -> None:
    with files.guarded(target):
        target.parent.mkdir(parents=True, exist_ok=True)
        beside = Path(tempfile.mkdtemp(prefix=".", dir=target.parent))
        try:
            for name, data in texts.items():
                (beside / name).parent.mkdir(parents=True, exist_ok=True)
                (beside / name).write_bytes(data)
            beside.chmod(0o755)
            beside.rename(target)
        finally:
            shutil.rmtree(beside, ignore_errors=True)
