"""Where documents come from. Each source is one module; ``open_source`` chooses by the settings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sitegen.errors import SecretMissing, SettingsInvalid
from sitegen.settings import Project, env_name, place_of, secret

if TYPE_CHECKING:
    from pathlib import Path

    from sitegen.sources.base import Source


def open_source(project: Project) -> Source:
    """The source that the settings name. Raises ``SettingsError`` when its secret is missing or its folder ours."""
    settings = project.settings.source
    if settings.kind == "folder":
        from sitegen.sources.folder import FolderSource

        folder = project.path(settings.folder.path)
        _refuse_own(project, folder)
        return FolderSource(folder)
    from sitegen.sources.paperless import PaperlessSource

    option = "source.paperless.token"
    token = secret(settings.paperless.token, settings.paperless.token_file, option, project.root)
    if token is None:
        raise SecretMissing(
            "Paperless needs a token", remedy=f"Set {env_name(option)}, or [source.paperless] token_file."
        )
    return PaperlessSource(settings.paperless, token, root=project.root)


def _refuse_own(project: Project, folder: Path) -> None:
    """Briefs and pages must not be taken for documents, of which briefs are made, and so on for ever."""
    folder = folder.resolve()
    made = [own.resolve() for own in (project.briefs, project.path(project.settings.build.output), project.state)]
    held = next((own for own in (*made, project.content.resolve()) if own.is_relative_to(folder)), None)
    inside = next((own for own in made if folder.is_relative_to(own)), None)
    if own := inside or held:
        raise SettingsInvalid(
            f"source.folder.path: the folder of documents {'lies in' if inside else 'is or holds'} {own}",
            place=place_of(project.root, "source", "folder", "path"),
            remedy="Put the documents into a folder of their own, such as `documents`.",
        )
