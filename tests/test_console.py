"""console: progress on a terminal, silence elsewhere."""

from __future__ import annotations

import fcntl
import os
import pty
import struct
import subprocess
import sys
import termios

import pytest

from sitegen.console import Console
from sitegen.errors import SitegenError

SCRIPT = """
from sitegen.console import Console
console = Console()
with console.progress("Pulling", "documents") as bar:
    bar.total(2)
    bar.advance("one", {"failed": 0, "from cache": 1})
    bar.at("render", 1, 2)
console.say("done", "ok")
"""


def on_terminal(*words: str, columns: int = 100, **environ: str) -> str:
    ours, theirs = pty.openpty()
    command = [sys.executable, *words]
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
    environment = {**os.environ, "TERM": "xterm", "COLUMNS": "100", **environ}
    process = subprocess.Popen(command, stdout=theirs, stderr=theirs, env=environment)
    os.close(theirs)
    shown = b""
    while True:
        try:
            part = os.read(ours, 4096)
        except OSError:
            break
        if not part:
            break
        shown += part
    os.close(ours)
    assert process.wait() == 0
    return shown.decode()


def test_a_terminal_gets_a_bar_with_counts_and_colour() -> None:
    shown = on_terminal("-c", SCRIPT)
    assert "Pulling" in shown
    assert "1/2" in shown
    assert "1 from cache" in shown
    assert "render" in shown
    assert "\x1b[32mdone" in shown


def test_no_colour_when_nobody_wants_it() -> None:
    assert "\x1b[32m" not in on_terminal("-c", SCRIPT, NO_COLOR="1")


def test_a_pipe_gets_no_bar() -> None:
    done = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("", "done\n")


def test_tables_fit_the_terminal() -> None:
    script = "from sitegen.console import Console; Console().table(('A', 'B'), [('x', 'y' * 300), ('大', 'z')])"
    lines = on_terminal("-c", script, NO_COLOR="1").replace("\r", "").rstrip("\n").split("\n")
    assert len(lines) == 3
    assert lines[1].endswith("…")
    assert max(map(len, lines)) <= 100


def test_a_terminal_that_does_not_know_its_width_cuts_nothing() -> None:
    script = "from sitegen.console import Console; Console().table(('A', 'B'), [('x' * 30, 'y' * 60)])"
    assert "x" * 30 + "  " + "y" * 60 in on_terminal("-c", script, columns=0, NO_COLOR="1")


HOSTILE = "A\x1b]0;owned\x07\x9b31m\r\x7f\u202e\ud800B\tC\nD"
SHOWN = r"A\x1b]0;owned\x07\x9b31m\x0d\x7f\u202e\ud800B" + "\tC\nD"


def test_texts_from_outside_are_shown_and_never_obeyed(capsys: pytest.CaptureFixture[str]) -> None:
    console = Console(verbose=True)
    console.out(HOSTILE)
    console.say(HOSTILE)
    console.detail(HOSTILE)
    console.warn(HOSTILE)
    console.finding("error", HOSTILE, HOSTILE, HOSTILE)
    console.error(SitegenError(HOSTILE, place=HOSTILE, remedy=HOSTILE))
    shown = capsys.readouterr()
    assert shown.out.count(SHOWN) == 4
    assert shown.err.count(SHOWN) == 6


def test_a_row_of_a_table_stays_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    Console().table(("A", "B"), [(HOSTILE, "x\ndraft  forged")])
    assert len(capsys.readouterr().out.splitlines()) == 2


def test_letters_of_all_scripts_and_their_blanks_are_left_as_they_are(capsys: pytest.CaptureFixture[str]) -> None:
    text = "Grün 5\u202f000\u00a0€ 北京 می\u200cخواهم 👩\u200d🚀"
    Console().out(text)
    assert capsys.readouterr().out == f"{text}\n"
