"""Paper: the templates of the desk. Whatever they are given is escaped; they hold no script and no style."""

from __future__ import annotations

from importlib import resources
from pathlib import Path
from urllib.parse import quote

from jinja2 import Environment, FileSystemLoader, StrictUndefined


class Paper:
    """Makes pages out of templates."""

    def __init__(self, token: str) -> None:
        folder = Path(str(resources.files("sitegen.review"))) / "templates"
        self._jinja = Environment(
            loader=FileSystemLoader(folder), autoescape=True, undefined=StrictUndefined, trim_blocks=True
        )
        self._jinja.lstrip_blocks = True
        self._jinja.globals["token"] = token
        self._jinja.filters["address"] = lambda path: quote(path, safe="/")
        self._jinja.filters["name"] = lambda flag: flag.replace(" ", "-")

    def page(self, name: str, **values: object) -> str:
        return self._jinja.get_template(name).render(**values)
