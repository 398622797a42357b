"""Build: from the files of a site to its output folder.

A build first looks whether anything differs from the last one, which costs a look at each file's stamp. If so, files
that changed are read, pages are laid out anew, and those outputs are made again whose dependencies changed (see
``tracking``) or that are not in the folder as they were made. Nothing is written before all are made without an error.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import gc
import re
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from sitegen import errors, files
from sitegen.errors import Locked, SitegenError, raise_all
from sitegen.project import Project
from sitegen.shapes import HTTP_URL
from sitegen.site import chain, folders, fonts, store
from sitegen.site.glance import Seen, note
from sitegen.site.inputs import Inputs, Stamp
from sitegen.site.memory import State, freeze, thaw
from sitegen.site.outputs import Change, Folder, Made, known_as, settled
from sitegen.site.register import Register
from sitegen.site.report import BuildOptions, BuildReport, Progress

if TYPE_CHECKING:
    from sitegen.site.ahead import Ahead
    from sitegen.site.closing import Closing
    from sitegen.site.content import Content
    from sitegen.site.images.publishing import Publisher
    from sitegen.site.languages import Languages
    from sitegen.site.layout import Plan
    from sitegen.site.library import Library, Shelf
    from sitegen.site.machines.pictures import Artist
    from sitegen.site.output import Output
    from sitegen.site.scope import Scope
    from sitegen.site.theme import Theme
    from sitegen.site.words import Voice
    from sitegen.site.work import Work
    from sitegen.site.workers import Steps

__all__ = ["BuildOptions", "BuildReport", "Progress", "build"]


def build(
    project: Project,
    options: BuildOptions | None = None,
    progress: Progress | None = None,
    gate: AbstractContextManager[object] | None = None,
    seen: Seen | None = None,
    ahead: Ahead | None = None,
) -> BuildReport:
    """Builds the site. Afterwards the output folder is what a build from nothing would make, whatever it was before.

    ``gate`` is held while the output folder is changed, for those who read it at the same time. ``seen`` is what a
    glance found. ``ahead`` shows outputs as they are made, to those who look at them, before all is written.

    Raises ``ContentError``, ``BuildError``, ``StorageError`` or ``Several``; then the output folder is as it was,
    unless the disk failed while it was written, which the next build mends.
    """
    seen = seen or Seen()
    run = _Run(project, options or BuildOptions(), progress, gate or contextlib.nullcontext(), seen, ahead)
    with contextlib.nullcontext() if seen.locked else alone(run.folder / "lock", run.options.wait):
        report = run.build()
        run.note()
        return report


@contextlib.contextmanager
def alone(path: Path, wait: float) -> Iterator[None]:
    """Holds the lock of the site's builds; waits for another build, since most take less than a second."""
    until = time.monotonic() + wait
    while True:
        with contextlib.ExitStack() as stack:
            try:
                stack.enter_context(files.lock(path, "build"))
            except Locked:
                if time.monotonic() >= until:
                    raise
                time.sleep(0.02)
                continue
            yield
            return


class _Run:
    """One build."""

    def __init__(
        self,
        project: Project,
        options: BuildOptions,
        progress: Progress | None,
        gate: AbstractContextManager[object],
        seen: Seen,
        ahead: Ahead | None,
    ) -> None:
        self.ahead = ahead
        self.project, self.options, self.progress, self.gate, self.seen = project, options, progress, gate, seen
        self.started = self._lap = time.perf_counter()
        self.phases: dict[str, float] = {}
        self.folder = project.state / "build"
        self.output = project.path(options.output or project.settings.build.output).resolve()
        self.themes = chain.themes(project)
        self.fonts = fonts.found(project, self.themes)
        self.chain = (*self.themes, *([self.fonts.layer] if self.fonts.layer else []))
        self.earlier = options.carry_from and project.path(options.carry_from).resolve()
        folders.check_output(project, self.output, self.chain, self.earlier)
        self.base_url = _base_url(options.base_url or project.settings.site.base_url)
        self.today = options.today or dt.date.today()  # noqa: DTZ011  # the editor's own day decides
        self.versions = seen.versions or store.versions()
        self.code = ""
        """All that has a say in rendered texts: the versions, and the plugins of the site."""
        self.hooks: Any = None
        self.state = State("", 0, 0)
        name = files.sha256(known_as(project.root, self.output))[:12]
        self.state_path = self.folder / f"state-{name}"
        self.register = Register(self.state_path, self.versions)
        self.ledger = self.folder / f"outputs-{name}.json"
        self.links = self.folder / f"links-{name}"
        self.notes = self.fonts.notes
        self.warnings: list[SitegenError] = []
        self.key = repr((project.said, self.base_url))
        self.key += repr((options.drafts, options.future, options.expired, options.search, options.guard))
        self.key += repr([str(layer.folder) for layer in self.chain])
        self.key += repr((str(self.earlier), options.carry_days)) if self.earlier else ""

    def build(self) -> BuildReport:
        if self.options.clean:
            self._clean()
        self.fonts.make()
        trees = self._trees()
        if (seen := self.seen.about(self.key, self.output, trees)) is not None:
            target, inputs, self.register = seen
        else:
            state = State.load(self.register)
            target = Folder(self.output, self.ledger, state.outputs if state else {}, self.project.root)
            inputs = Inputs(self.project.root, trees, state.inputs if state else {})
            known = state if self.ahead is None else None  # else everything is wanted in memory
            if known is not None and known.holds(self.key, self.today, inputs, target, self.register):
                self._phase("scan")
                warnings = tuple(thaw(warning) for warning in known.warnings)
                self._judge(warnings)
                return self._report(known.pages, 0, len(known.outputs), 0, warnings)
        self._phase("scan")
        collecting = gc.isenabled()
        gc.disable()  # millions of small objects that live until the end: collecting takes a fifth of the time
        try:
            return self._render(target, inputs)
        finally:
            if collecting:
                gc.enable()

    def _trees(self) -> dict[str, Path]:
        trees = folders.trees(self.project, self.chain)
        if self.earlier is not None:
            from sitegen.site import carry

            trees |= carry.trees(self.earlier)
        return trees

    def note(self) -> None:
        """Lets the next build look before it loads the settings."""
        if self.seen.asked:
            written = self.project.path(self.options.output or self.project.settings.build.output)
            places = (self.state_path, self.ledger)
            found = (self.key, self.output, written, places, self.project.settings.build.strict)
            themes = tuple((layer.name, layer.folder) for layer in self.themes)
            note(self.seen, self.options, self.project, found, self._trees(), themes)

    def _clean(self) -> None:
        Folder(self.output, self.ledger, {}, self.project.root).empty()
        self.register.forget()
        Register(self.links, "").forget()
        store.forget(self.folder)

    def _phase(self, name: str) -> None:
        now = time.perf_counter()
        self.phases[name] = self.phases.get(name, 0) + now - self._lap
        self._lap = now

    def _judge(self, warnings: Sequence[SitegenError]) -> None:
        if self.options.strict or self.project.settings.build.strict:
            raise_all(warnings)

    def _render(self, target: Folder, inputs: Inputs) -> BuildReport:
        from sitegen.privacy.guard import Guard
        from sitegen.site import hooks, plugins, search, taxonomy
        from sitegen.site.library import Library
        from sitegen.site.machines.outputs import Machines
        from sitegen.site.scope import Scope

        self.code = self.versions + plugins.versions(self.project, inputs)
        self.hooks = hooks.manager([Machines(self._artist()), search, *plugins.named(self.project, inputs)])
        if self.project.settings.plugins or "sitegen.site.markdown" in sys.modules:
            from sitegen.site import markdown

            markdown.configure(self.hooks)
        base = urlsplit(self.base_url).path
        flags = {name: getattr(self.options, name) for name in ("drafts", "future", "expired", "guard")}
        lacking = None
        if self.options.search:
            flags["search"], lacking, note = search.wanted(self.project.settings, inputs, self.versions)
            self.notes += [note] if note else []
        scope = Scope(self.project.settings, self.base_url, base, self.today, **flags, root=self.project.root)
        own = taxonomy.own(self.project.settings)
        guard = Guard.of(self.project.settings.privacy, inputs)
        math = self.project.settings.markdown.math
        library = Library(self.folder, self.code, scope.name_of, own, math=math, guard=guard)
        try:
            shelf = library.read(inputs, self.options.jobs, self.progress)
            self._phase("read")
            work = self._lay_out(scope, target, inputs, library, shelf)
            content = work.content
            self.notes += _unseen(content, inputs)
            content.warnings += [*([lacking] if lacking else []), *self.fonts.warnings, *self.warnings]
            self._judge(content.warnings)
            self._phase("plan")
            report = self._make(target, inputs, scope, content, work.plan, work.theme)
            return replace(report, work=work)
        except Exception as error:
            from sitegen.site.maker import blamed

            found = blamed(error)
            raise found from (None if found is error else error)
        finally:
            library.close()

    def _artist(self) -> Artist | None:
        """Who draws pictures for cards, where the settings want them."""
        if not self.project.settings.cards.pictures:
            return None
        from sitegen.site.machines.pictures import Artist

        artist = Artist(self.project.root, self.project.settings.cards, self.fonts.faces)
        self.warnings += [artist.lacking] if artist.lacking else []
        return None if artist.lacking else artist

    def _lay_out(self, scope: Scope, target: Folder, inputs: Inputs, library: Library, shelf: Shelf) -> Work:
        from sitegen.site import assets, connections, content, data, options
        from sitegen.site.editions import Editions
        from sitegen.site.languages import Languages
        from sitegen.site.layout import Layout
        from sitegen.site.theme import Theme
        from sitegen.site.tracking import digest
        from sitegen.site.work import Work

        editions = Editions(scope)
        languages = Languages(self.folder / "languages", self.versions)
        found = content.gather(scope, editions, languages, inputs, shelf, library, self.hooks)
        languages.learn({page.language for page in found.all})
        voices = self._voices(editions, inputs, languages)
        known = options.declared(self.project, inputs, self.chain)
        chosen = options.chosen(self.project, known)
        made = {options.SHEET: text} if (text := options.sheet(known, chosen)) else {}
        made[fonts.SHEET] = self.fonts.sheet
        layers = chain.Layers(inputs, "static", self.chain)
        static = assets.collect(self.project, inputs, layers, scope.base, made, self.versions)
        tree = data.Tree(inputs)
        words = {code: voice.words for code, voice in voices.items()}
        layout = Layout(found, words, languages, static, inputs, tree)
        outputs = layout.outputs(self.hooks)
        self._carry(inputs, outputs)
        claims = [(output.path, output.owner) for output in outputs]
        misplaced = assets.misplaced({path: scope.name_of(key) for path, key in found.copies.items()})
        raise_all([*found.problems, *tree.problems, *layout.problems, *connections.collisions(claims), *misplaced])
        found.warnings += layout.warnings
        connections.connect(found, scope, dict(claims))
        raise_all(found.problems)
        connections.seal(found, inputs)
        hashes = {key: inputs.sha(key) for tree in ("theme", "templates", "static", "i18n") for key in inputs.of(tree)}
        shared = [(key, sha) for key, sha in hashes.items() if key.endswith(chain.FILE_NAME)]
        plan = layout.plan(outputs, digest(self.code, self.key, shared), digest(self.code))

        def theme() -> Theme:
            return Theme(self.project, self.chain, inputs, static, voices, self.base_url, self.code, self.hooks)

        work = Work(self, target, inputs, shelf, library, found, plan, data.Data(tree), chosen, theme)
        work.dress()
        return work

    def _voices(self, editions: Iterable[str], inputs: Inputs, languages: Languages) -> dict[str, Voice]:
        from sitegen.site.words import Voice, Words

        folders = [*(f"{layer.tree}/i18n" for layer in reversed(self.chain)), "i18n"]
        return {
            code: Voice(Words.read(inputs, folders, code, languages), languages[code], languages) for code in editions
        }

    def _carry(self, inputs: Inputs, outputs: list[Output]) -> None:
        """Adds the list of all assets, for the build after this one; reads that of an earlier build."""
        from sitegen.site import carry
        from sitegen.site.output import Output

        self.carried = carry.Carried()
        self.before = None if self.earlier is None else carry.Earlier(inputs, self.earlier)
        last = Output(carry.LIST, "the list of assets", make_last=lambda hashes: carry.listing(hashes, self.carried))
        outputs.append(last)

    def _take_over(self, closing: Closing) -> list[Output]:
        """What the build does not make itself of an earlier one; returns those that are not there yet."""
        from sitegen.site.output import Output

        if self.before is None:
            return []
        self.carried = self.before.left({*closing.paths}, closing.public(), self.today, self.options.carry_days)
        closing.paths += self.carried.copies
        missing = []
        for path, key in self.carried.copies.items():
            made = closing.target.made.get(path)
            if made is not None and made.sha == self.carried.hashes[path] and closing.target.intact(path, made):
                closing.kept[path] = made
            else:
                missing.append(Output(path, "an earlier build", copy_of=key))
        return missing

    def _make(
        self,
        target: Folder,
        inputs: Inputs,
        scope: Scope,
        content: Content,
        plan: Plan,
        theme: Theme,
    ) -> BuildReport:
        from sitegen.site.closing import Closing
        from sitegen.site.images.publishing import Publisher
        from sitegen.site.linkfaults import LinkCheck, Teller

        kept, todo = self._sort_out(plan, target)
        theme.load({output.template for output in todo if output.template})
        self._phase("plan")
        owners = {output.path: output.owner for output in plan.outputs}
        pictures = Publisher(content.gallery, self.folder / "images", self.versions, inputs, target)
        with contextlib.ExitStack() as stack:
            check = LinkCheck(self.links, self.versions, self.base_url, scope.base)
            teller = Teller(self.base_url, scope.base, self.project.root, owners, inputs)
            closing = stack.enter_context(Closing(content, target, owners, kept, check, teller))
            if scope.search:
                closing.start_search(inputs, self.folder)
            changes, stamps = self._work(todo, closing, plan, theme, inputs, pictures, stack)
            removed = target.finish(closing.paths)
        if pictures.changes or removed:
            pictures.prune()
        first, last = content.shown_between(scope)
        first, last = max(first, self.carried.first_day), min(last, self.carried.last_day)
        state = State(self.key, first, last, inputs.stamps(), pages=len(content.all))
        state.outputs = closing.kept | pictures.kept | dict(settled(changes, stamps, target, time.time_ns()))
        state.warnings = [freeze(warning) for warning in content.warnings]
        self.state = state
        closing.check.save()
        state.save(self.register)
        self._phase("write")
        written = len(stamps)
        unchanged = len(closing.paths) - written
        report = self._report(state.pages, written, unchanged, len(removed), tuple(content.warnings))
        return replace(report, changed=(*stamps, *removed))

    def _sort_out(self, plan: Plan, target: Folder) -> tuple[dict[str, Made], list[Output]]:
        """The outputs that are as they should be, and those that must be made."""
        kept: dict[str, Made] = {}
        todo: list[Output] = []
        for output in plan.outputs:
            made = target.made.get(output.path)
            if (
                made is not None
                and output.own
                and made.depends == plan.digests.of(output.own, made.reads)
                and target.intact(output.path, made)
            ):
                kept[output.path] = made
            else:
                todo.append(output)
        return kept, todo

    def _work(
        self,
        todo: Sequence[Output],
        closing: Closing,
        plan: Plan,
        theme: Theme,
        inputs: Inputs,
        pictures: Publisher,
        stack: contextlib.ExitStack,
    ) -> tuple[list[Change], dict[str, Stamp]]:
        from sitegen.site import workers
        from sitegen.site.faults import Faults
        from sitegen.site.maker import Maker

        def work(share: Sequence[Output]) -> Steps[Any]:
            maker = Maker(plan, theme, target, inputs, self.hooks, closing.check.lookout(), ahead=self.ahead)
            if share is dealt[0] and self.progress:
                maker.tell(self.progress, len(dealt))
            go = yield maker.make(share)
            if go:
                yield maker.write()

        last = [output for output in todo if output.make_last is not None]
        target, kept, paths = closing.target, closing.kept, closing.paths
        dealt = workers.shares([output for output in todo if output.make_last is None], self.options.jobs)
        crew = workers.together(work, dealt)
        try:
            results = next(crew)
            faults = Faults()
            for _, found, _ in results:
                faults.extend(found)
            raise_all(faults.problems())
            changes = [change for made, *_ in results for change in made]
            self._phase("render")
            reads = (made.reads for made in (*kept.values(), *changes))
            pictures.prepare(reads, {*paths}, self.options.jobs, self.progress)
            self._phase("images")
            paths += pictures.paths
            changes += pictures.changes
            warnings = closing.ready([sheet for *_, sheet in results])
            missing = self._take_over(closing)
            warnings += self.carried.warnings
            self._judge(warnings)
            hashes = {path: made.sha for path, made in (kept | pictures.kept).items()} | self.carried.hashes
            hashes |= {change.path: change.sha for change in (*changes, *closing.changes)}
            rest = Maker(plan, theme, target, inputs, self.hooks, closing.check.lookout(), hashes)
            made_last, found, _ = rest.make([*missing, *last])
            raise_all([fault.problem() for _, fault in found])
            changes += made_last
            self._phase("check")
            stack.enter_context(self.gate)
            target.begin(paths)
            stamps = [*crew.send(True), rest.write(), pictures.write().items(), closing.write()]
        finally:
            crew.close()
        return [*changes, *closing.changes], {path: stamp for part in stamps for path, stamp in part}

    def _report(
        self, pages: int, written: int, unchanged: int, removed: int, warnings: tuple[SitegenError, ...]
    ) -> BuildReport:
        seconds = time.perf_counter() - self.started
        counts = (pages, written, unchanged, removed)
        return BuildReport(self.output, *counts, warnings, seconds, dict(self.phases), tuple(self.notes))


def _unseen(content: Content, inputs: Inputs) -> list[str]:
    """What whoever builds a site without any public brief wants to know: where those are that they have."""
    count = 0 if content.briefs else sum(key.endswith(".md") for key in inputs.of("briefs"))
    here = f"{count} briefs are" if count > 1 else "1 brief is"
    return [f"{here} there, and none is public; `sitegen serve --drafts` shows drafts to you."] if count else []


def _base_url(url: str) -> str:
    if not re.fullmatch(HTTP_URL, url):
        raise errors.SettingsInvalid("the base URL must be a full address such as https://example.org/", place=url)
    return url if url.endswith("/") else f"{url}/"
