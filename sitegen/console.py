"""The only place that prints: data on stdout, everything else on stderr; progress, tables, errors, ``--json``."""

from __future__ import annotations

import contextlib
import os
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from rich.console import Console as RichConsole
    from rich.progress import Progress as RichProgress

    from sitegen.errors import SitegenError

_STYLES = {"error": "31;1", "warning": "33", "ok": "32", "dim": "2", "bold": "1", "gone": "31", "new": "32"}

MOST_PROBLEMS = 100
"""So many are shown of an error that stands for more."""


class Console:
    """Where a command writes, and how much."""

    def __init__(self, *, verbose: bool = False) -> None:
        self.json = self.quiet = self.debug = False
        self.verbose = verbose

    # ------------------------------------------------------------------------------------------------------- stdout

    def data(self, value: object) -> None:
        """The command's result for machines, as JSON on stdout."""
        import json

        _write(sys.stdout, json.dumps(value, ensure_ascii=False, indent=2, default=str))

    def out(self, text: str = "", style: str | None = None) -> None:
        """The command's result for people, on stdout."""
        _write(sys.stdout, _style(_printable(text), style, sys.stdout))

    def width(self) -> int | None:
        """The columns of the terminal that shows results; None when none does."""
        return _width(sys.stdout)

    def abreast(self, cells: Sequence[tuple[str, str | None]], width: int) -> None:
        """Texts with their styles side by side on stdout, each in a column so wide, on as many lines as they need."""
        columns = [[(line, style) for line in _wrapped(_printable(text), width)] for text, style in cells]
        for row in range(max(map(len, columns))):
            parts = [column[row] if row < len(column) else ("", None) for column in columns]
            line = "   ".join(_style(_cell(text, width), style, sys.stdout) for text, style in parts)
            _write(sys.stdout, line.rstrip())

    def table(self, head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        """Aligned columns on stdout; on a terminal the widest ones are cut until the lines fit."""
        from rich.cells import cell_len

        rows = [[_line(cell) for cell in row] for row in rows]
        widths = [max(cell_len(row[column]) for row in (head, *rows)) for column in range(len(head))]
        room = _width(sys.stdout)
        while room is not None and sum(widths) + 2 * len(widths) > room and max(widths) > 8:
            widths[widths.index(max(widths))] -= 1
        for number, row in enumerate((head, *rows)):
            line = "  ".join(_cell(cell, width) for cell, width in zip(row, widths, strict=True)).rstrip()
            _write(sys.stdout, _style(line, "bold", sys.stdout) if number == 0 else line)

    # ------------------------------------------------------------------------------------------------------- stderr

    def say(self, text: str = "", style: str | None = None) -> None:
        """A remark for people; not with ``--quiet``."""
        if not self.quiet:
            _write(sys.stderr, _style(_printable(text), style, sys.stderr))

    def detail(self, text: str) -> None:
        """A remark that only ``--verbose`` shows."""
        if self.verbose:
            _write(sys.stderr, _style(_printable(text), "dim", sys.stderr))

    def warn(self, text: str) -> None:
        """Something is not right, and the work goes on."""
        if not self.quiet:
            _write(sys.stderr, f"{_style('warning', 'warning', sys.stderr)}: {_printable(text)}")

    def finding(self, state: str, topic: str, message: str, remedy: str, width: int = 9) -> None:
        """One line of a check on stdout, with what to do below it; ``width`` is that of the longest topic."""
        mark = {"ok": "✓", "warning": "!", "error": "✗"}[state]
        _write(sys.stdout, f"{_style(mark, state, sys.stdout)} {_printable(topic):{width}} {_printable(message)}")
        if remedy and state != "ok":
            _write(sys.stdout, f"  {_style('what to do:', 'dim', sys.stdout)} {_printable(remedy)}")

    def error(self, error: SitegenError) -> None:
        """The problems behind an error: what happened, where, and what to do; with ``--json`` on stdout, and all."""
        if self.json:
            self.data({"errors": [problem.as_dict() for problem in error.problems]})
            return
        for problem in error.problems[:MOST_PROBLEMS]:
            _write(sys.stderr, self._problem(problem))
        if (count := len(error.problems)) > 1:
            more = f" The first {MOST_PROBLEMS} are shown, `--json` has all." if count > MOST_PROBLEMS else ""
            _write(sys.stderr, f"{count} problems found.{more}")

    def trace(self, error: BaseException) -> None:
        """With ``--debug``, where an error came from; it is told as ever after that."""
        if self.debug:
            import traceback

            _write(sys.stderr, _printable("".join(traceback.format_exception(error)).rstrip()))

    def _problem(self, problem: SitegenError) -> str:
        label = _style(f"error {problem.code}".strip(), "error", sys.stderr)
        where = f"{_style(_printable(str(problem.place)), 'bold', sys.stderr)}: " if problem.place else ""
        lines = [f"{label}: {where}{_printable(problem.message)}"]
        if problem.remedy:
            lines.append(f"  {_style('what to do:', 'dim', sys.stderr)} {_printable(problem.remedy)}")
        return "\n".join(lines)

    # ----------------------------------------------------------------------------------------------------- progress

    @contextlib.contextmanager
    def progress(self, label: str, unit: str, *, threads: bool = True) -> Iterator[Progress]:
        """A live bar on a terminal; on anything else a line now and then with ``--verbose``, else nothing.

        Without ``threads`` the bar moves only when it is told something: a process with threads should not fork.
        """
        if self.quiet or self.json or sys.stderr is None or not sys.stderr.isatty():
            yield Progress(self, label, unit)
            return
        from rich import progress as rich
        from rich.console import Console as Rich

        terminal: RichConsole = Rich(stderr=True, highlight=False)
        bar = rich.Progress(
            rich.SpinnerColumn(),
            rich.TextColumn("{task.description}"),
            rich.BarColumn(),
            rich.MofNCompleteColumn(),
            rich.TextColumn("{task.fields[rate]}"),
            rich.TimeRemainingColumn(),
            rich.TextColumn("{task.fields[counts]}", style="dim"),
            console=terminal,
            transient=True,
            auto_refresh=threads,
        )
        with bar:
            yield _LiveProgress(self, label, unit, bar, refresh=not threads)


class Progress:
    """Counts what is done; shows it where somebody looks."""

    def __init__(self, console: Console, label: str, unit: str) -> None:
        self.console, self.label, self.unit = console, label, unit
        self.done = 0
        self.started = time.monotonic()

    def total(self, count: int | None) -> None:
        """How many there will be, once that is known."""

    def advance(self, what: str, counts: Mapping[str, int]) -> None:
        """One more is done: ``what`` names it, ``counts`` sums up so far."""
        self.done += 1
        self.console.detail(f"{self.done} {what}")

    def note(self, text: str) -> None:
        """What stands beside the bar, until something else is told."""

    def at(self, label: str, done: int, count: int) -> None:
        """``done`` of ``count`` are done of what ``label`` names; for work in several phases."""
        self.label, self.done = label, done

    def rate(self) -> str:
        """How fast it goes, in words."""
        seconds = time.monotonic() - self.started
        if seconds < 1 or not self.done:
            return ""
        per_second = self.done / seconds
        return f"{per_second:.1f} {self.unit}/s" if per_second >= 1 else f"{per_second * 60:.1f} {self.unit}/min"


class _LiveProgress(Progress):
    def __init__(self, console: Console, label: str, unit: str, bar: RichProgress, *, refresh: bool) -> None:
        super().__init__(console, label, unit)
        self.bar = bar
        self.refresh = refresh
        self.task = bar.add_task(label, total=None, rate="", counts="")

    def total(self, count: int | None) -> None:
        self.bar.update(self.task, total=count)

    def advance(self, what: str, counts: Mapping[str, int]) -> None:
        self.done += 1
        shown = " · ".join(f"{count} {name}" for name, count in counts.items() if count)
        self.bar.update(self.task, advance=1, rate=self.rate(), counts=shown)
        if self.console.verbose:
            self.bar.console.print(_printable(what), style="dim", markup=False)

    def note(self, text: str) -> None:
        self.bar.update(self.task, rate="", counts=_printable(text))

    def at(self, label: str, done: int, count: int) -> None:
        if label != self.label:
            self.started = time.monotonic()
        super().at(label, done, count)
        self.bar.update(self.task, description=label, completed=done, total=count, rate=self.rate())
        if self.refresh:
            self.bar.refresh()


def colours(stream: TextIO | None) -> bool:
    """Whether to colour: a terminal, and nobody said no (https://no-color.org)."""
    if stream is None or os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    return stream.isatty() and os.environ.get("TERM") != "dumb"


def _style(text: str, style: str | None, stream: TextIO | None) -> str:
    return f"\x1b[{_STYLES[style]}m{text}\x1b[0m" if style and colours(stream) else text


def _printable(text: str) -> str:
    """Names and texts from outside may hold terminal escapes; they are shown, never obeyed.

    Blanks that are not ASCII, and the joiners and marks of direction that scripts need, pass: no terminal obeys them.
    """
    return "".join(char if char.isprintable() or char in _HARMLESS else _escaped(char) for char in text)


_HARMLESS = "\n\t\u00a0\u2002\u2003\u2009\u200c\u200d\u202f\u3000\u00ad"


def _escaped(char: str) -> str:
    code = ord(char)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def _line(text: str) -> str:
    """A cell of a table: a line break in a title must not begin a row."""
    return _printable(" ".join(text.splitlines())).replace("\t", " ")


def _cell(text: str, width: int) -> str:
    from rich.cells import cell_len, set_cell_size

    return set_cell_size(text, width) if cell_len(text) <= width else f"{set_cell_size(text, width - 1)}…"


def _wrapped(text: str, width: int) -> list[str]:
    """A line in pieces that fit; between words where that is possible."""
    from rich.cells import cell_len, chop_cells

    text = text.replace("\t", "    ")
    words = text.lstrip(" ").split(" ")
    lines = [text[: len(text) - len(text.lstrip(" "))][: width // 2]]
    for number, word in enumerate(words):
        longer = f"{lines[-1]} {word}" if number else f"{lines[-1]}{word}"
        if cell_len(longer) <= width:
            lines[-1] = longer
        else:
            pieces = chop_cells(word, width) or [""]
            lines = [*lines, *pieces] if lines[-1].strip() else pieces
    return lines


def _width(stream: TextIO | None) -> int | None:
    if stream is None or not stream.isatty():
        return None
    with contextlib.suppress(OSError):
        return os.get_terminal_size(stream.fileno()).columns or None  # 0: it does not know, as under some supervisors
    return None


def _write(stream: TextIO | None, text: str) -> None:
    # A file name that is no UTF-8 must not end the program; a closed pipe ends the output quietly.
    if stream is None:  # as after `>&-`: nobody wants to know
        return
    try:
        print(text.encode("utf-8", "backslashreplace").decode(), file=stream, flush=True)
    except BrokenPipeError:
        devnull = os.open(os.devnull, os.O_WRONLY)
        os.dup2(devnull, stream.fileno())
    except UnicodeEncodeError:
        encoding = stream.encoding or "ascii"
        print(text.encode(encoding, "backslashreplace").decode(encoding), file=stream, flush=True)
