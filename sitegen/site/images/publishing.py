"""Publishing: of all variants that could be made, those that the outputs of a build show."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from sitegen import files
from sitegen.errors import ImageBroken, ImageRevealing, Place, StateDamaged, raise_all
from sitegen.site.images.gallery import Gallery
from sitegen.site.images.variants import Variant
from sitegen.site.inputs import Inputs, Stamp, stamp_of
from sitegen.site.outputs import Change, Folder, Made
from sitegen.site.tracking import digest

if TYPE_CHECKING:
    from sitegen.site.images.cache import Cache

Progress = Callable[[str, int, int], None]


class Publisher:
    """Has the variants made that are shown, and writes those that are not in the output folder already."""

    def __init__(self, gallery: Gallery, folder: Path, versions: str, inputs: Inputs, target: Folder) -> None:
        """``folder`` is that of the cache; ``versions`` are those of ``store.versions``."""
        self._gallery, self._inputs, self._target = gallery, inputs, target
        self._folder = folder
        self._versions = [line for line in versions.splitlines() if line.lower().startswith("pillow-")]
        self._todo: dict[str, list[Variant]] = {}
        self.kept: dict[str, Made] = {}
        """Variants that are in the folder as they were made."""
        self.changes: list[Change] = []
        """Variants that are new, or were damaged."""

    @cached_property
    def _cache(self) -> Cache:
        from sitegen.site.images.cache import Cache

        return Cache(self._folder, self._versions)

    @property
    def paths(self) -> list[str]:
        """All variants that the site has, as paths in the output folder."""
        return [*self.kept, *(change.path for change in self.changes)]

    def prepare(
        self, reads: Iterable[Iterable[str]], taken: Collection[str], jobs: int, progress: Progress | None
    ) -> None:
        """Has everything made that is shown, but writes nothing.

        ``reads`` are the recorded reads of all outputs, ``taken`` their paths. Raises what is wrong, for each place at
        which a page shows a broken image.
        """
        if not self._gallery:
            return
        for key in sorted(self._gallery.shown(name for names in reads for name in names)):
            for variant in self._gallery.files(key):
                if variant.path not in self.kept and variant.path not in taken:
                    self._look_at(key, variant)
        if self._todo:
            self._make(jobs, progress)

    def _look_at(self, key: str, variant: Variant) -> None:
        made = self._target.made.get(variant.path)
        if made is not None and made.depends == _depends(variant) and self._target.intact(variant.path, made):
            self.kept[variant.path] = made
        else:
            self._todo.setdefault(key, []).append(variant)

    def _make(self, jobs: int, progress: Progress | None) -> None:
        from sitegen.site.images import making

        problems = making.make(self._gallery, self._todo, self._inputs.read, self._cache, jobs, progress)
        raise_all([told for key, problem in problems.items() for told in self._gallery.told(key, problem) or [problem]])
        # Two images of the same content and name have the same variants.
        for variant in {variant.path: variant for found in self._todo.values() for variant in found}.values():
            data = self._read(variant)
            sha = files.sha256(data)
            differs = self._target.differs(variant.path, data, sha)
            self.changes.append(Change(variant.path, sha, _depends(variant), (), differs))

    def write(self) -> dict[str, Stamp]:
        """Writes what differs; returns the stamps of what was written."""
        wanted = {change.path for change in self.changes if change.differs}
        writer = files.Writer(self._target.root)
        return {
            variant.path: stamp_of(writer.write(variant.path, self._read(variant)))
            for variants in self._todo.values()
            for variant in variants
            if variant.path in wanted
        }

    def prune(self) -> None:
        """Removes from the cache what no image of the site needs with the present settings."""
        if self._folder.exists():
            self._cache.prune(self._gallery.every())

    def _read(self, variant: Variant) -> bytes:
        data = self._cache.get(variant)
        if data is None:
            raise StateDamaged(
                f"{variant.path} vanished from the cache while the site was built", remedy="Build again."
            )
        return data


def _depends(variant: Variant) -> bytes:
    return digest("variant", variant.path)


def published(inputs: Inputs, key: str, name: str, gallery: Gallery) -> bytes:
    """A file as it is published when its metadata is to stay private. Raises ``ImageBroken`` for each place at which a
    page shows it, else ``ImageRevealing``."""
    from sitegen.site.images import strip

    raw = inputs.read(key)
    try:
        return strip.stripped(raw)
    except strip.Malformed as error:
        broken = ImageBroken(f"the image {name} cannot be read: {error}")
        raise_all(gallery.told(key, broken))
        raise ImageRevealing(f"its metadata cannot be removed: {error}", place=Place(name)) from None
