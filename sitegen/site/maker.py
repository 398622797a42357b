"""Maker: makes the outputs that a build must make anew, or one worker's share of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from sitegen import files
from sitegen.errors import Place, SitegenError
from sitegen.site import plugins, tracking
from sitegen.site.faults import Fault, Faults
from sitegen.site.inputs import Inputs, Stamp, stamp_of
from sitegen.site.linkbook import Sheet
from sitegen.site.linkfaults import Lookout, is_page
from sitegen.site.output import Output
from sitegen.site.outputs import Change, Folder
from sitegen.site.report import Progress

if TYPE_CHECKING:
    from sitegen.site.ahead import Ahead
    from sitegen.site.layout import Plan
    from sitegen.site.theme import Theme

Found = list[tuple[tuple[str, Place | None, str], Fault]]
Pending = bytes | Callable[[], bytes]
"""An output, or what makes it again."""
_LARGE = 1 << 20
"""Bytes of an output."""


class Maker:
    """Makes the outputs of one share, and writes those that differ when it is told to."""

    def __init__(
        self,
        plan: Plan,
        theme: Theme,
        target: Folder,
        inputs: Inputs,
        hooks: Any,
        lookout: Lookout | None,
        hashes: Mapping[str, str] | None = None,
        ahead: Ahead | None = None,
    ) -> None:
        """``hashes`` are those of the outputs that are made already, for outputs that tell of them.

        ``lookout`` looks at pages, for their links; ``ahead`` shows outputs as they are made.
        """
        self._ahead = ahead
        self._plan, self.theme, self._target, self._inputs, self._hooks = plan, theme, target, inputs, hooks
        self._lookout = lookout
        self._changing = bool(hooks.hook.output_made.get_hookimpls())
        self._hashes = hashes or {}
        self._progress: Progress | None = None
        self._shares = 1
        self.pending: dict[str, Pending] = {}
        """What ``write`` will write."""

    def tell(self, progress: Progress, shares: int) -> None:
        """Reports progress, for all ``shares`` as far as this one has come."""
        self._progress, self._shares = progress, shares

    def make(self, share: Sequence[Output]) -> tuple[list[Change], Found, Sheet]:
        changes: list[Change] = []
        faults = Faults()
        for number, output in enumerate(self._ahead.order(share) if self._ahead else share):
            try:
                changes.append(self.one(output))
            except Exception as error:
                faults.add(blamed(error), output.owner)
                if self._ahead:
                    self._ahead.fail(output.path)
            if self._progress and number % 50 == 0:
                self._progress("render", number * self._shares, len(share) * self._shares)
        return changes, list(faults.found.items()), Sheet() if self._lookout is None else self._lookout.sheet()

    def one(self, output: Output) -> Change:
        """Makes one output, which is written when ``write`` is called. Raises what it raises."""
        tracking.begin()
        data = self._data(output)
        reads = tracking.reads()
        sha = files.sha256(data)
        if self._lookout is not None and is_page(output.path):
            self._lookout.look(output.path, data, sha)
        depends = self._plan.digests.of(output.own, reads) if output.own else b""
        differs = self._target.differs(output.path, data, sha)
        if differs:
            # What is large and quickly had again does not wait in memory until all is made.
            large = len(data) > _LARGE and not output.template
            self.pending[output.path] = partial(self._data, output) if large else data
        else:
            self.pending.pop(output.path, None)
        if self._ahead:
            self._ahead.show(output.path, data)
        return Change(output.path, sha, depends or b"", reads, differs)

    def _data(self, output: Output) -> bytes:
        self.theme.speak(output.language)
        if output.template:
            data = self.theme.render(output.template, output.context)
            changed = self._hooks.hook.output_made(path=output.path, data=data) if self._changing else None
            return data if changed is None else changed
        if output.make_last is not None:
            return output.make_last(self._hashes)
        if output.make is not None:
            return output.make()
        return self._inputs.read(output.copy_of)

    def write(self) -> list[tuple[str, Stamp]]:
        writer = files.Writer(self._target.root)
        return [
            (path, stamp_of(writer.write(path, data if isinstance(data, bytes) else data())))
            for path, data in self.pending.items()
        ]


def blamed(error: Exception) -> SitegenError:
    """An error of ours, for what a plugin did as well. Raises any other again: it is a fault of sitegen."""
    found = error if isinstance(error, SitegenError) else plugins.blamed(error)
    if found is None:
        raise error
    return found
