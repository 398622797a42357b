"""Resident: a build that stays in memory, and is brought up to date after an edit in the time that the edit deserves.

Most edits change the text of a page or a template. Then pages and outputs are the same objects as before: what such a
file says is exchanged in them, digests are worked out anew where they stand for it, and those outputs are made again
whose dependencies have changed, by the same recorded reads as in any build (see ``tracking``). Whatever else an edit
changes (addresses, dates, terms, states, files that come and go, assets, settings) is left to a whole build, and
``update`` says so.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import time
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from sitegen import files
from sitegen.errors import SitegenError, raise_all
from sitegen.site.ahead import SupersededError
from sitegen.site.faults import Faults
from sitegen.site.inputs import Input, Inputs, Stamp, stamp_of
from sitegen.site.maker import Maker, Pending, blamed
from sitegen.site.outputs import NEVER, Change, Made
from sitegen.site.patch import Patch, Patcher, WholeNeeded, settled

if TYPE_CHECKING:
    from sitegen.site.ahead import Ahead
    from sitegen.site.output import Output
    from sitegen.site.stored import StoredPage
    from sitegen.site.work import Work

_MOST = 200
"""So many files that changed at once are left to a whole build."""


class Updated(NamedTuple):
    """What was written."""

    changed: tuple[str, ...]
    """The paths of outputs that are others than before."""
    seconds: float
    warnings: tuple[SitegenError, ...]


class Resident:
    """The last build, in memory."""

    def __init__(self, work: Work, ahead: Ahead) -> None:
        """``ahead`` shows outputs as they are made, and as long as they are not written."""
        self._work, self._ahead = work, ahead
        self._made = work.target.made = dict(work.run.state.outputs)
        self._stamp = self._left()
        self._outputs = {output.path: output for output in work.plan.outputs}
        self._users = _users(work.plan.outputs)
        self._readers: defaultdict[tuple[str, ...], set[str]] = defaultdict(set)
        for path in self._outputs:
            if path in self._made:
                self._readers[self._made[path].reads].add(path)
        self._digests = self._read_digests()
        self._patcher = Patcher(work)
        self._pending: set[str] = set()
        """Files that changed and are not taken on yet: one of them is wrong."""
        self._stale: dict[str, Output] = {}
        self._ready: dict[str, Change] = {}
        """Outputs that are made and not written yet."""
        self._unwritten: dict[str, bytes] = {}
        self._templates = {key: file.sha for key, file in work.inputs.files.items() if _is_template(key)}
        """The hash that each template had when it was looked at last; the theme reads them again by itself."""
        self._undressed: set[str] = set()
        """Those that have changed since the theme was made."""
        self._maker = self._new_maker()

    def close(self) -> None:
        """Lets go of what is open. What is not written yet, the next build makes again."""
        self._work.library.close()

    def finish(self) -> None:
        """Writes what is not written yet."""
        self._ahead.begin(firm=True)
        with contextlib.suppress(SitegenError, WholeNeeded):  # the next build makes it again
            self._write()

    def update(self, changed: Iterable[Path]) -> Updated:
        """Brings the output folder up to date when these files have changed since the last time, as a build would.

        Raises ``WholeNeeded`` when a whole build must be made, and this one is of no use any more; ``SupersededError``
        when something newer came; else what a build raises. After either of those the next update takes up the rest.
        """
        started = time.perf_counter()
        if not self._lasts() or self._left() != self._stamp:  # or somebody else has built this site
            raise WholeNeeded
        changed = set(changed)
        if any(path.is_dir() for path in changed):  # it is not told what became of what is in there
            changed |= self.missed()
        self._pending |= self._keys(path for path in changed if not path.is_dir())
        if len(self._pending) > _MOST:
            raise WholeNeeded
        try:
            self._take_on()
            outputs = self._bring_up()
        finally:
            self._write()
        return Updated(tuple(outputs), time.perf_counter() - started, tuple(self._work.content.warnings))

    def missed(self) -> set[Path]:
        """The files that are others than those that were taken on, by their stamps."""
        inputs = self._work.inputs
        try:
            there = Inputs(self._work.run.project.root, inputs.trees, {}).files
        except SitegenError:
            return set()
        every = there.keys() | inputs.files.keys()
        differing = (key for key in every if _stamp_of(there, key) != _stamp_of(inputs.files, key))
        return {Path((there.get(key) or inputs.files[key]).path) for key in differing if key not in self._pending}

    # ------------------------------------------------------------------------------------------------- what changed

    def _keys(self, changed: Iterable[Path]) -> set[str]:
        """The keys of inputs behind paths."""
        trees = sorted(self._work.inputs.trees.items(), key=lambda tree: -len(str(tree[1])))
        found = set()
        for path in changed:
            tree, folder = next(((tree, folder) for tree, folder in trees if path.is_relative_to(folder)), ("", path))
            inside = path.relative_to(folder).as_posix()
            if not tree:
                raise WholeNeeded
            if not any(part.startswith(".") for part in inside.split("/")):  # no build reads them
                found.add(f"{tree}/{inside}")
        return found

    def _take_on(self) -> None:
        """Exchanges what the pending files say. Raises ``WholeNeeded``, or all that is wrong with them."""
        patches: list[Patch] = []
        problems: list[SitegenError] = []
        for key in sorted(self._pending):
            if key not in self._work.inputs.files:
                raise WholeNeeded
            if _is_template(key):
                self._renew(key)
                continue
            try:
                patch = self._patcher.look(key)
            except SitegenError as error:
                problems += error.problems
                continue
            if patch is not None:
                patches.append(patch)
        raise_all(problems)
        if dress := bool(self._undressed):
            self._work.dress()
            self._maker.theme = self._work.theme
            self._undressed.clear()
        touched = self._patcher.apply(patches)
        self._pending.clear()
        if touched or dress:
            self._stale |= self._affected(touched, dress=dress)

    def _renew(self, key: str) -> None:
        """Reads a template, and remembers it when it is another one."""
        file = self._work.inputs.files[key]
        try:
            file.stamp, _ = settled(Path(file.path))
        except OSError:
            raise WholeNeeded from None
        self._work.inputs.read(key)
        if file.sha != self._templates.get(key):
            self._templates[key] = file.sha
            self._undressed.add(key)

    # ------------------------------------------------------------------------------------------- what depends on it

    def _affected(self, touched: Collection[StoredPage], *, dress: bool) -> dict[str, Output]:
        """The outputs that must be made again, those of the pages themselves first."""
        plan = self._work.plan
        plan.digests.forget()
        candidates: dict[str, Output] = {}
        for page in touched:
            for output in self._users.get(id(page), ()):
                plan.seal(output, self._work.theme.closure)
                candidates[output.path] = output
        own = {path: output for path, output in candidates.items() if output.context.get("page") in touched}
        if dress:
            candidates |= {path: output for path, output in self._outputs.items() if output.template}
        digests = self._read_digests()
        for reads, paths in self._readers.items():
            if any(digests[name] != self._digests.get(name) for name in reads):
                candidates |= {path: self._outputs[path] for path in sorted(paths)}
        self._digests = digests
        return {path: output for path, output in (own | candidates).items() if self._is_stale(path, output)}

    def _is_stale(self, path: str, output: Output) -> bool:
        if not output.own:
            return False  # made in each build, of what does not change here
        made = self._made.get(path)
        return made is None or made.depends != self._work.plan.digests.of(output.own, made.reads)

    def _read_digests(self) -> dict[str, bytes | None]:
        """The digest of each thing that any output read."""
        names = {name for reads in self._readers for name in reads}
        digests = self._work.plan.digests
        found: dict[str, bytes | None] = {}
        for name in names:
            try:
                found[name] = digests[name]
            except KeyError:
                found[name] = None
        return found

    # --------------------------------------------------------------------------------------------------- making them

    def _new_maker(self) -> Maker:
        work = self._work
        return Maker(work.plan, work.theme, work.target, work.inputs, work.run.hooks, None, ahead=self._ahead)

    def _bring_up(self) -> list[str]:
        """Makes what is stale and writes it; returns the paths of what differs."""
        faults = Faults()
        todo = [output for output in self._stale.values() if not self._is_ready(output)]
        for output in self._ahead.order(todo):
            try:
                change = self._maker.one(output)
            except Exception as error:
                faults.add(blamed(error), output.owner)
                self._ahead.fail(output.path)
                continue
            if _images(change.reads) != _images(self._made[output.path].reads):
                raise WholeNeeded  # other sizes of images may be needed
            self._ready[output.path] = change
        raise_all(faults.problems())
        return self._settle()

    def _is_ready(self, output: Output) -> bool:
        change = self._ready.get(output.path)
        return change is not None and change.depends == self._work.plan.digests.of(output.own, change.reads)

    def _settle(self) -> list[str]:
        """Takes what was made for what there is, though it is not written yet; returns the paths of what differs."""
        pending = self._maker.pending
        changed = [path for path in self._stale if path in pending or path in self._unwritten]
        for path in self._stale:
            change, before = self._ready[path], self._made[path]
            stamp = before.stamp if change.sha == before.sha and path not in pending else NEVER
            self._made[path] = made = Made(stamp, change.sha, change.depends, change.reads)
            if made.reads != before.reads:
                self._readers[before.reads].discard(path)
                self._readers[made.reads].add(path)
            self._unwritten.pop(path, None)
        differing = {path: _data(pending[path]) for path in self._stale if path in pending}
        self._unwritten |= differing
        self._ahead.keep(differing)
        self._digests = self._read_digests()
        self._stale.clear()
        self._ready.clear()
        self._maker = self._new_maker()
        return changed

    def _write(self) -> None:
        """Writes what is made, until there is something newer."""
        from sitegen.site.build import alone

        work = self._work
        if not self._unwritten:
            return
        with alone(work.run.folder / "lock", work.run.options.wait):
            if self._left() != self._stamp:
                raise WholeNeeded
            self._patcher.file()
            if not work.target.unfinished:
                work.target.begin(())
            writer = files.Writer(work.target.root)
            with contextlib.suppress(SupersededError):
                for path, data in tuple(self._unwritten.items()):
                    writer.write(path, data)
                    del self._unwritten[path]
                    self._ahead.written(path)
                    self._ahead.check()
            if not self._unwritten:
                work.target.close()

    def _lasts(self) -> bool:
        """Whether the same pages are shown as on the day of the build."""
        run = self._work.run
        today = run.options.today or dt.date.today()  # noqa: DTZ011  # the editor's own day decides
        return run.state.first_day <= today.toordinal() <= run.state.last_day

    def _left(self) -> tuple[object, ...]:
        """What tells whether another build has been made."""
        path = self._work.run.state_path
        return tuple(_stamp(file) for file in (path, path.with_name(f"{path.name}.changes")))


def _stamp(path: Path) -> Stamp | None:
    try:
        return stamp_of(path.stat())
    except OSError:
        return None


def _users(outputs: Sequence[Output]) -> dict[int, list[Output]]:
    """The outputs that depend on a page by themselves, by its identity."""
    from sitegen.site.stored import StoredPage

    found: defaultdict[int, list[Output]] = defaultdict(list)
    for output in outputs:
        for part in output.parts or ():
            if isinstance(part, StoredPage):
                found[id(part)].append(output)
    return found


def _is_template(key: str) -> bool:
    tree, *inside = key.split("/")
    return tree == "templates" or (tree == "theme" and inside[1:2] == ["templates"])


def _images(reads: Iterable[str]) -> set[str]:
    return {name for name in reads if name.startswith("image:")}


def _stamp_of(found: Mapping[str, Input], key: str) -> Stamp | None:
    return found[key].stamp if key in found else None


def _data(pending: Pending) -> bytes:
    return pending if isinstance(pending, bytes) else pending()
