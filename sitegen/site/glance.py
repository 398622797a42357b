"""Glance: a look at whether a build would change anything, before the settings and all that needs them are loaded.

Loading the settings takes longer than looking at 10,000 files. So a build notes what its settings came to, with a
fingerprint of what they were read from; as long as that is the same, the next one can look without them.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import gc
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sitegen import files, root
from sitegen.errors import Locked, SitegenError, raise_all
from sitegen.site import imprint, store
from sitegen.site.inputs import Inputs
from sitegen.site.memory import State, thaw
from sitegen.site.outputs import Folder
from sitegen.site.register import Register
from sitegen.site.report import BuildOptions, BuildReport

if TYPE_CHECKING:
    from sitegen.project import Project


@dataclass
class Seen:
    """What a glance found, and a build need not look for again."""

    versions: str = ""
    asked: str = ""
    """A hash of what the settings are read from, and of the options; empty when there is nothing to note."""
    locked: bool = False
    """Whether the site's lock is held, until the glance ends."""
    noted: tuple[Any, ...] | None = None
    project: Project | None = None
    """The site with its settings, where they can be had without loading them."""
    target: Folder | None = None
    inputs: Inputs | None = None
    register: Register | None = None
    """Where the last build has left what it made."""
    report: BuildReport | None = None
    """Of the build, when it would change nothing."""

    def about(self, run: str, output: Path, trees: Mapping[str, Path]) -> tuple[Folder, Inputs, Register] | None:
        """What was found, when it is about the build that does ``run``."""
        if self.inputs is None or self.target is None or self.noted is None or self.register is None:
            return None
        same = self.noted[:2] == (run, str(output)) and self.noted[5] == _plain(trees)
        return (self.target, self.inputs, self.register) if same else None


@contextlib.contextmanager
def look(site: Path | None, options: BuildOptions) -> Iterator[Seen]:
    """Looks at the site in the folder ``site``, or upwards from here. Memory is not tidied up while the block runs."""
    collecting = gc.isenabled()
    gc.disable()  # all that is loaded lives until the end
    seen = Seen()
    try:
        with contextlib.ExitStack() as stack:
            with contextlib.suppress(SitegenError, OSError):  # whatever it is, the build says it better
                _look(site, options, seen, stack)
            if seen.report is not None and (options.strict or (seen.noted and seen.noted[4])):
                raise_all(seen.report.warnings)
            yield seen
    finally:
        if collecting:
            gc.enable()


def _look(site: Path | None, options: BuildOptions, seen: Seen, stack: contextlib.ExitStack) -> None:
    started = time.perf_counter()
    folder = root.above(Path.cwd()) if site is None else site.resolve()
    if folder is None or options.clean or options.carry_from is not None or options.today is not None:
        return
    seen.versions, seen.asked = store.versions(), asked(folder, options)
    memory = folder / root.STATE_FOLDER / "build"
    noted = store.load(memory / "glance", seen.versions + seen.asked)
    if not seen.asked or noted is None:
        return
    run, output, written, places, _, trees, themes, made = noted
    seen.project = imprint.project(folder, made)
    if str(Path(written).resolve()) != output or not all(_is_found(folder, *theme) for theme in themes):
        return
    with contextlib.suppress(Locked):
        stack.enter_context(files.lock(memory / "lock", "build"))
        seen.locked = True
        register = seen.register = Register(Path(places[0]), seen.versions)
        state = State.load(register)
        if state is None:
            return
        seen.noted = noted
        target = seen.target = Folder(Path(output), Path(places[1]), state.outputs, folder)
        inputs = seen.inputs = Inputs(folder, {name: Path(tree) for name, tree in trees}, state.inputs)
        today = dt.date.today()  # noqa: DTZ011  # the editor's own day decides
        if state.holds(run, today, inputs, target, register):
            warnings = tuple(map(thaw, state.warnings))
            seconds = time.perf_counter() - started
            seen.report = BuildReport(
                *(Path(output), state.pages, 0, len(state.outputs), 0, warnings, seconds, {"scan": seconds})
            )


def asked(folder: Path, options: BuildOptions) -> str:
    """A hash of what a build's settings are read from, and of its options; empty without a sitegen.toml."""
    found = root.fingerprint(folder)
    return found and files.sha256(repr((found, str(folder), options)))


def note(
    seen: Seen,
    options: BuildOptions,
    project: Project,
    found: tuple[str, Path, Path, tuple[Path, Path], bool],
    trees: Mapping[str, Path],
    themes: tuple[tuple[str, Path], ...],
) -> None:
    """Notes what the settings came to, unless that is known or they changed meanwhile.

    ``found`` is what the build does, its output folder as it is and as it was written, the files of its memory, and
    whether warnings are errors; ``themes`` are by name.
    """
    run, output, written, places, strict = found
    plain = tuple((name, str(theme)) for name, theme in themes)
    value = (run, str(output), str(written), tuple(map(str, places)), strict, _plain(trees), plain, imprint.of(project))
    if seen.asked and seen.noted != value and seen.asked == asked(project.root, options):
        store.save(project.root / root.STATE_FOLDER / "build" / "glance", seen.versions + seen.asked, value)


def _plain(trees: Mapping[str, Path]) -> tuple[tuple[str, str], ...]:
    return tuple((name, str(tree)) for name, tree in trees.items())


def _is_found(folder: Path, name: str, theme: str) -> bool:
    """Whether a theme of that name is still found in the same folder: another may have been put in front of it."""
    from sitegen.site.chain import find

    found = find(folder, name)
    return found is not None and str(found.folder) == theme
