"""Functions: how templates show images."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from markupsafe import Markup

from sitegen.site.images.gallery import Gallery, Image, attributes
from sitegen.site.page import Page
from sitegen.site.words import Problem, near


def of(gallery: Gallery) -> dict[str, Callable[..., Any]]:
    """The functions ``picture`` and ``image``, by their names in templates.

    Paths are as in Markdown: from the file of ``page`` when one is given, else from ``content/``, as with a slash at
    their beginning.
    """

    def picture(
        path: str, alt: str, page: Page | None = None, *, sizes: str = "", lazy: bool = True, **more: object
    ) -> Markup:
        """The HTML that shows an image. Raises ``Problem`` when there is none, ``ContentError`` for a broken one."""
        key = gallery.find(*_written(path, page))
        if key is None:
            raise Problem(f"there is no image {path!r}{near(path, gallery.names)}")
        if (fault := gallery.fault(key)) is not None:
            raise fault
        told = attributes({"alt": alt, **more, "loading": "lazy" if lazy else None})
        return Markup(gallery.picture(key, told, sizes))  # noqa: S704  # attributes are escaped

    def image(path: str | None, page: Page | None = None) -> Image | None:
        """An image as one plain file with its size; None when there is none, or no such one."""
        return gallery.image(*_written(path, page)) if path else None

    return {"picture": picture, "image": image}


def _written(path: str, page: Page | None) -> tuple[str, str]:
    """A path as it is written in Markdown, and in which file."""
    if page is not None and page.path:
        return path, page.path
    return path if path.startswith("/") else f"/{path}", ""
