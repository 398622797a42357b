"""How long it takes from saving a file to the server showing it, beside ``hugo server``, in the same run.

    python benchmarks/bench_serve.py --briefs 1000 --edits 60 [--briefs 10000] [--json FILE]

Both serve the corpus and the layouts of ``bench_build``. An edit is written as an editor writes a file, another brief
each time; the page is asked for over one kept connection, every 2 ms, until it shows the edit. The time runs from
before the file is opened until the answer is read. Rounds alternate between the two; each rests while the other is
measured.

Three kinds of edits: ``text`` (a new first paragraph), ``title``, and ``template`` (a new line in the base template,
from which all pages are made), for which the page is asked for that was looked at last (``first page``), and after it
one that nobody has asked for yet (``other page``).
"""

from __future__ import annotations

import argparse
import contextlib
import http.client
import json
import os
import platform
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks import bench_build, corpus

_EVERY = 0.002
"""Seconds between two questions."""
_PATIENCE = 120.0
"""Seconds until an edit that does not show ends the run."""


@dataclass
class Served:
    """A site behind a server."""

    name: str
    folder: Path
    briefs: Path
    base: Path
    """The template that all pages are made from."""
    port: int
    pid: int
    milliseconds: dict[str, list[float]] = field(default_factory=dict)
    torn: int = 0
    """How often an answer ended early."""
    _connection: http.client.HTTPConnection | None = None

    def edit(self, kind: str, number: int, mark: str) -> None:
        """Edits brief ``number`` and waits until its page shows it."""
        started = self.save(kind, number, mark)
        self._until(number, mark)
        self._note(kind, started)

    def save(self, kind: str, number: int, mark: str) -> float:
        """Edits brief ``number``; returns when it began to."""
        item = corpus.brief(number)
        text = corpus.text_of(item, hugo=self.name == "hugo")
        if kind == "title":
            text = text.replace(f'title: "{item.title}"', f'title: "{item.title} {mark}"', 1)
        else:
            text = text.replace(item.body[:40], f"Edited {mark}.\n\n{item.body[:40]}", 1)
        started = time.perf_counter()
        (self.briefs / f"{number:05d}.md").write_text(text)
        return started

    def edit_template(self, looked_at: int, other: int, mark: str) -> None:
        """Edits the base template and waits until two pages show it, one after the other."""
        self.ask(looked_at)
        text = self.base.read_text().partition("</html>")[0]
        started = time.perf_counter()
        self.base.write_text(f"{text}</html>\n<p hidden>{mark}</p>\n")
        self._until(looked_at, mark)
        self._note("first page", started)
        self._until(other, mark)
        self._note("other page", started)

    def ask(self, number: int) -> bytes:
        """The page of a brief."""
        if self._connection is None:
            self._connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=_PATIENCE)
        self._connection.request("GET", f"/briefs/{corpus.brief(number).slug}/")
        try:
            return self._connection.getresponse().read()
        except http.client.IncompleteRead:
            self._connection.close()
            self.torn += 1
            return b""

    def rest(self) -> None:
        """Waits until the server has done what it does after an edit."""
        if self._connection is not None:
            self._connection.close()  # servers end one that is not used for a while; it is opened again when need be
        before, still = self._cpu(), 0
        while still < 3:
            time.sleep(0.1)
            now = self._cpu()
            still = still + 1 if now - before <= 1 else 0
            before = now

    def _until(self, number: int, mark: str) -> None:
        wanted, end = mark.encode(), time.perf_counter() + _PATIENCE
        while wanted not in self.ask(number):
            if time.perf_counter() > end:
                raise SystemExit(f"{self.name} does not show {mark}")
            time.sleep(_EVERY)

    def _note(self, kind: str, started: float) -> None:
        self.milliseconds.setdefault(kind, []).append((time.perf_counter() - started) * 1000)

    def _cpu(self) -> int:
        """Processor time so far, in hundredths of a second."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return int(fields[11]) + int(fields[12])


@contextlib.contextmanager
def served(
    name: str, tool: bench_build.Tool, command: Sequence[str], base: Path, environ: Mapping[str, str]
) -> Iterator[Served]:
    """A server for the site of ``tool``; its command gets a free port."""
    port = _free_port()
    process = subprocess.Popen(
        [*command, str(port)], cwd=tool.folder, env=environ, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        _wait(process, port)
        yield Served(name, tool.folder, tool.briefs, base, port, process.pid)
    finally:
        process.terminate()
        process.wait()


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as sock:
        return int(sock.getsockname()[1])


def _wait(process: subprocess.Popen[bytes], port: int) -> None:
    end = time.monotonic() + 300
    while time.monotonic() < end:
        if process.poll() is not None:
            raise SystemExit(f"the server ended: {process.returncode}")
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=_PATIENCE)
        with contextlib.suppress(OSError, http.client.HTTPException), contextlib.closing(connection):
            connection.request("GET", "/")
            connection.getresponse().read()
            return
        time.sleep(0.1)
    raise SystemExit("the server does not answer")


def say(text: str) -> None:
    print(f"{time.perf_counter():.0f} s: {text}", file=sys.stderr, flush=True)


def measure(servers: Sequence[Served], count: int, edits: int, templates: int, pause: float) -> None:
    for server in servers:
        server.edit("first edit", 3, "warming")
        server.rest()
        say(f"{server.name} is warm")
    step = max(1, count // max(1, edits))
    block = 10
    for start in range(0, edits, block):
        for server in servers:
            for number in range(start, min(start + block, edits)):
                server.edit("text", (number * step + 11) % count, f"mark-{number}")
                time.sleep(pause)
            server.rest()
            say(f"{server.name}: {min(start + block, edits)} edits")
    for server in servers:
        for number in range(edits // 5):
            server.edit("title", (number * step + 17) % count, f"mark-{number}")
            time.sleep(pause)
        server.rest()
    for number in range(templates):
        for server in servers:
            server.edit_template(number * 2 + 100, number * 2 + 101, f"template-{number}")
            server.rest()
            say(f"{server.name}: template {number + 1}")


def percentile(values: Sequence[float], share: float) -> float:
    """The value that ``share`` of all do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, max(0, round(share * len(ordered) + 0.5) - 1))]


def table(count: int, servers: Sequence[Served]) -> dict[str, object]:
    print(f"\n{count:,} briefs, milliseconds from saving to showing")
    print(
        f"{'':12}{'':6}" + "".join(f"{server.name + ' median':>17}{'p95':>8}" for server in servers) + f"{'ratio':>9}"
    )
    rows: dict[str, dict[str, float]] = {}
    for kind, values in servers[0].milliseconds.items():
        if any(kind not in server.milliseconds for server in servers):
            continue  # the run was ended before
        row = rows[kind] = {"edits": len(values)}
        line = f"{kind:12}{len(values):>4}  "
        for server in servers:
            found = server.milliseconds[kind]
            row[f"{server.name}_median"] = statistics.median(found)
            row[f"{server.name}_p95"] = percentile(found, 0.95)
            line += f"{row[f'{server.name}_median']:>17.1f}{row[f'{server.name}_p95']:>8.1f}"
        if len(servers) == 2:
            row["ratio"] = row["sitegen_median"] / row["hugo_median"]
            line += f"{row['ratio']:>9.3f}"
        print(line, flush=True)
    print("answers that ended early:", ", ".join(f"{server.name} {server.torn}" for server in servers))
    return {"briefs": count, "rows": rows, "all": {server.name: server.milliseconds for server in servers}}


def run(count: int, options: argparse.Namespace) -> dict[str, object]:
    with contextlib.ExitStack() as stack:
        name = options.keep or stack.enter_context(tempfile.TemporaryDirectory(prefix="sitegen-bench-"))
        folder = Path(name) / str(count)
        environ, ours = our_site(folder, count)
        command = [*ours.command[:3], "--quiet", "serve", "--port"]
        base = ours.folder / "themes/bench/templates/base.html"
        servers = [stack.enter_context(served("sitegen", ours, command, base, environ))]
        if not options.without_hugo:
            theirs = bench_build.hugo(folder / "hugo", count, there=(folder / "hugo").exists())
            command = [theirs.command[0], "server", "--bind", "127.0.0.1", "--port"]
            base = theirs.folder / "layouts/baseof.html"
            servers.append(stack.enter_context(served("hugo", theirs, command, base, os.environ)))
        say(f"{count:,} briefs: both serve")
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        with contextlib.suppress(KeyboardInterrupt):  # what there is by then is told all the same
            measure(servers, count, options.edits, options.templates, options.pause)
        found = table(count, servers)
        if options.browser:
            found["browser"] = in_a_browser(servers[0], options.edits // 2)
        return found


def our_site(folder: Path, count: int) -> tuple[Mapping[str, str], bench_build.Tool]:
    """The site for sitegen, made now or in a run before."""
    there = (folder / "sitegen").exists()
    environ = bench_build.environ_in(folder) if there else bench_build.installed(folder)
    ours = bench_build.sitegen(folder / "sitegen", count, environ, there=there)
    if not there:
        ours.run("cold")  # with all cores, and not of interest here
    return environ, ours


def in_a_browser(server: Served, edits: int) -> dict[str, list[float]]:
    """The same as an open browser sees it."""
    from benchmarks import reloads

    path = f"/briefs/{corpus.brief(23).slug}/"

    def save(mark: str) -> None:
        server.save("text", 23, mark)

    found = reloads.measure(f"http://127.0.0.1:{server.port}", path, save, edits)
    for kind, values in found.items():
        print(f"{kind:12}{len(values):>4}  {statistics.median(values):>17.1f}{percentile(values, 0.95):>8.1f}")
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--briefs", type=int, action="append", help="how many briefs; may be given again [1000]")
    parser.add_argument("--edits", type=int, default=60)
    parser.add_argument("--templates", type=int, default=3, help="edits of the base template")
    parser.add_argument("--pause", type=float, default=0.2, help="seconds from one shown edit to the next")
    parser.add_argument("--browser", action="store_true", help="also until an open browser is told, and shows it")
    parser.add_argument("--keep", type=Path, metavar="DIR", help="where the sites are kept for the next run")
    parser.add_argument("--without-hugo", action="store_true")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all figures here, too")
    options = parser.parse_args()
    results = [run(count, options) for count in options.briefs or [1000]]
    load = os.getloadavg()[0]
    print(f"{os.cpu_count()} cores, load {load:.1f}, Python {platform.python_version()}")
    if options.json:
        machine = {"cores": os.cpu_count(), "load": load, "python": platform.python_version()}
        options.json.write_text(json.dumps({"machine": machine, "served": results}, indent=2))


if __name__ == "__main__":
    main()
