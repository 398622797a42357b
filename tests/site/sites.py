"""A small site for tests: files below a folder, built with the tiny theme."""

from __future__ import annotations

import datetime as dt
import json
import marshal
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

from sitegen import files, settings
from sitegen.errors import SitegenError
from sitegen.site import imprint
from sitegen.site.build import BuildOptions, BuildReport, build

THEME = Path(__file__).parent / "theme"
TODAY = dt.date(2026, 6, 1)


class Site:
    """One site and its output."""

    clean = False
    """Whether it is the copy that is built from nothing."""

    def __init__(self, root: Path, *, base_url: str = "https://example.org/", more: str = "") -> None:
        self.root = root
        self.output = root / "public"
        self.clean_warnings: list[str] = []
        """Of the last build from nothing."""
        self.write("sitegen.toml", f'[site]\ntitle = "Tiny"\ntheme = "tiny"\nbase_url = "{base_url}"\n{more}')
        shutil.copytree(THEME, root / "themes/tiny")

    def write(self, path: str, text: str | bytes) -> Path:
        target = self.root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(text.encode() if isinstance(text, str) else text)
        return target

    def brief(self, name: str, body: str = "Text.\n", **fields: Any) -> Path:
        head = yaml.safe_dump({"status": "published", **fields}, allow_unicode=True)
        return self.write(f"briefs/{name}.md", f"---\n{head}---\n{body}")

    def page(self, name: str, body: str = "Text.\n", **fields: Any) -> Path:
        head = yaml.safe_dump(fields, allow_unicode=True)
        return self.write(f"content/{name}.md", f"---\n{head}---\n{body}")

    def provenance(self, source: str, brief: Path, **made: Any) -> Path:
        made = {"method": "summary", "engine": "ollama", "model": "m:1b", "digest": "d", "notes": [], **made}
        record = {"source": source, "made": made, "generated": {"sha256": files.sha256(brief.read_bytes())}}
        return self.write(f"briefs/.provenance/{files.sha256(source)[:20]}.json", json.dumps(record))

    def remove(self, path: str) -> None:
        (self.root / path).unlink()

    def build(self, **options: Any) -> BuildReport:
        project = settings.load(self.root, {})
        if not self.clean:  # as a build after an edit has them
            kept = marshal.loads(marshal.dumps(imprint.of(project)))
            project = imprint.project(project.root, kept) or project
        return build(project, BuildOptions(**{"today": TODAY, "wait": 0, **options}))

    def problems(self, **options: Any) -> Sequence[SitegenError]:
        """What a build that must fail complains about."""
        try:
            self.build(**options)
        except SitegenError as error:
            return error.problems
        raise AssertionError("the build succeeded")

    def out(self, path: str) -> str:
        return (self.output / path).read_text()

    def has(self, path: str) -> bool:
        return (self.output / path).exists()

    def tree(self) -> dict[str, bytes]:
        """All files of the output folder."""
        return {entry.path: (self.output / entry.path).read_bytes() for entry in files.scan(self.output, hidden=True)}

    def rebuilt(self, into: Path, **options: Any) -> dict[str, bytes]:
        """What a build from nothing makes of the same files."""
        shutil.copytree(self.root, into, ignore=shutil.ignore_patterns(".sitegen", "public"))
        clean = object.__new__(Site)
        clean.root, clean.output, clean.clean = into, into / "public", True
        self.clean_warnings = [str(warning) for warning in clean.build(**options).warnings]
        return clean.tree()
