"""A new site: the files that ``sitegen init`` writes. It builds at once."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from sitegen import files
from sitegen.errors import FolderNotEmpty
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

_HOME = """\
---
title: {title}
summary: {description}
---

Short briefs of our documents. Each says what it was made from.
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

DEMO = ("The Continuum Report", "Briefs from the archive of an invented town.")
PLAIN = ("My briefs", "Short briefs of public documents.")


def demo_documents() -> Path:
    """The demo archive: inside the installed package, or in the checkout that this module stands in."""
    package = Path(__file__).resolve().parent
    installed = package / "demo" / "documents"
    return installed if installed.is_dir() else package.parent / "demo" / "documents"


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
            shutil.copytree(demo_documents(), folder / "documents", dirs_exist_ok=True)
    return sorted(texts)


def _holds_something(folder: Path) -> bool:
    return os.path.lexists(folder) and not (folder.is_dir() and not any(folder.iterdir()))


def _texts(demo: bool) -> Iterator[tuple[str, str]]:
    title, description = DEMO if demo else PLAIN
    status = "published" if demo else "draft"
    yield FILE_NAME, _SETTINGS.format(title=title, description=description, status=status)
    yield "content/index.md", _HOME.format(title=title, description=description)
    yield "content/about.md", _ABOUT
    yield ".gitignore", _IGNORED
    if not demo:
        yield "documents/README", _README_DOCUMENTS
