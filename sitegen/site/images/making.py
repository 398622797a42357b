"""Making: the variants that a build needs, encoded by several threads (Pillow computes outside Python's lock)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed

from sitegen import files
from sitegen.errors import EncoderMissing, FileFailed, ImageBroken, ImageRevealing, Place, SitegenError
from sitegen.site.images import encode, strip
from sitegen.site.images.cache import Cache
from sitegen.site.images.gallery import Gallery
from sitegen.site.images.probe import reason
from sitegen.site.images.variants import Variant
from sitegen.site.workers import cores

Progress = Callable[[str, int, int], None]


def make(
    gallery: Gallery,
    wanted: Mapping[str, Sequence[Variant]],
    read: Callable[[str], bytes],
    cache: Cache,
    jobs: int = 0,
    progress: Progress | None = None,
) -> dict[str, SitegenError]:
    """Puts those variants ``wanted`` into the cache that it lacks, and returns what is wrong, by key of the image.

    ``read`` gives the content of an image. Raises ``EncoderMissing`` when Pillow cannot write one of the formats: to go
    on without would make another site on each machine.
    """
    todo = {key: [variant for variant in variants if cache.get(variant) is None] for key, variants in wanted.items()}
    todo = {key: variants for key, variants in todo.items() if variants}
    check_encoders(variant.format for variants in todo.values() for variant in variants)
    problems: dict[str, SitegenError] = {}
    if progress and todo:
        progress("images", 0, len(todo))
    pool = ThreadPoolExecutor(min(jobs or cores(), len(todo)) or 1)
    try:
        running: dict[Future[None], str] = {
            pool.submit(_make, gallery, key, variants, read, cache): key for key, variants in todo.items()
        }
        for done, future in enumerate(as_completed(running), 1):
            if problem := _problem(future, gallery.name(running[future])):
                problems[running[future]] = problem
            if progress:
                progress("images", done, len(todo))
    finally:
        pool.shutdown(cancel_futures=True)
    return problems


def check_encoders(formats: Iterable[str]) -> None:
    """Raises ``EncoderMissing`` when Pillow cannot do what is needed to write ``formats``."""
    names = sorted(set(formats) - {"same"})
    if names and (lacking := encode.missing(names)):
        raise EncoderMissing(
            f"the installed Pillow was built without {' and '.join(lacking)}", place="[images] formats"
        )


def _make(gallery: Gallery, key: str, variants: Sequence[Variant], read: Callable[[str], bytes], cache: Cache) -> None:
    raw = read(key)
    if files.sha256(raw) != gallery.sha(key):  # or the variants of another image would be kept under these names
        raise FileFailed("the image changed while the site was built", place=gallery.name(key), remedy="Build again.")
    for variant, data in encode.encoded(raw, gallery.probe(key), variants):
        cache.put(variant, data)


def _problem(future: Future[None], name: str) -> SitegenError | None:
    """What went wrong with one image; errors of the disk are raised as they are."""
    error = future.exception()
    if error is None:
        return None
    if isinstance(error, SitegenError) or not isinstance(error, Exception):
        raise error
    if isinstance(error, strip.Malformed):
        return ImageRevealing(f"metadata cannot be removed from {name}: {error}", place=Place(name))
    return ImageBroken(f"the image {name} cannot be read: {reason(error)}", place=Place(name))
