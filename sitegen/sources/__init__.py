"""Where documents come from. Each source is one module; ``open_source`` chooses by the settings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sitegen.errors import SecretMissing
from sitegen.settings import Project, env_name, secret

if TYPE_CHECKING:
    from sitegen.sources.base import Source


def open_source(project: Project) -> Source:
    """The source that the settings name. Raises ``SettingsError`` when its secret is missing."""
    settings = project.settings.source
    if settings.kind == "folder":
        from sitegen.sources.folder import FolderSource

        return FolderSource(project.path(settings.folder.path))
    from sitegen.sources.paperless import PaperlessSource

    option = "source.paperless.token"
    token = secret(settings.paperless.token, settings.paperless.token_file, option, project.root)
    if token is None:
        raise SecretMissing(
            "Paperless needs a token", remedy=f"Set {env_name(option)}, or [source.paperless] token_file."
        )
    return PaperlessSource(settings.paperless, token, root=project.root)
