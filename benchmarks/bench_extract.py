"""What the built-in engine costs for long and for nasty documents: processor seconds and memory, each by itself.

    python -m benchmarks.bench_extract [--megabytes 3] [--only NAME] [--json]

The seconds are those of the processor, so that other work on the machine hardly counts. The bound is 10 for 3 MB.
"""

from __future__ import annotations

import argparse
import base64
import itertools
import json
import multiprocessing
import random
import resource
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from multiprocessing.connection import Connection

SENTENCES = {
    "en": "The council of district {n} approved a budget of EUR {n},500 for the {place} bridge on {day} March 2026. "
    "Inspector {name} of the {place} Water Company found {n} cracks, which must be repaired before winter. Residents "
    "asked whether the road stays open.",
    "de": "Der Rat des Bezirks {n} hat am {day}. März 2026 für die Brücke in {place} {n}.500 € bewilligt. Frau {name} "
    "von der Wasserwerk {place} GmbH fand {n} Risse, die vor dem Winter behoben werden müssen. Die Anwohner fragten.",
    "fr": "Le conseil du district {n} a approuvé le {day} mars 2026 {n} 500 euros pour le pont de {place}. "
    "Mme {name} de la Société des eaux de {place} a trouvé {n} fissures, à réparer avant l'hiver.",
}
PLACES = ("Ebersfeld", "Marlow", "Tarnstadt", "Villeneuve", "Oakham", "Lindau", "Brackwater", "Saint-Malo")
NAMES = ("Keller", "Marsh", "Okafor", "Dubois", "Weiss", "Tanaka", "Novak", "Lindqvist")
CHINESE = (
    "市议会于二〇二六年三月批准了三百万欧元的桥梁维修预算。检查员在冬季之前发现了二十四条裂缝。居民询问道路是否开放。"
)


def prose(size: int, language: str = "en", *, paragraph: str = "\n\n") -> str:
    """Sentences that differ, in paragraphs, with a heading here and there."""
    chance = random.Random(7)
    parts: list[str] = []
    length = 0
    for number in itertools.count(1):
        if length >= size:
            return paragraph.join(parts)
        values = {"n": number, "day": number % 28 + 1, "place": chance.choice(PLACES), "name": chance.choice(NAMES)}
        text = SENTENCES[language].format(**values)
        if number % 12 == 0 and paragraph == "\n\n":
            text = f"{number // 12}. Report from {values['place']}\n\n{text}"
        parts.append(text)
        length += len(text) + len(paragraph)
    raise AssertionError


def pages(size: int) -> str:
    """As from a PDF: narrow lines, hyphens, headers and footers on each page."""
    words = prose(size).split()
    lines = [" ".join(words[start : start + 11]) for start in range(0, len(words), 11)]
    sheets = [lines[start : start + 40] for start in range(0, len(lines), 40)]
    return "\f".join(
        "Town of Marlow\n" + "\n".join(sheet) + f"\nPage {n} of {len(sheets)}" for n, sheet in enumerate(sheets, 1)
    )


def noise(size: int) -> bytes:
    return random.Random(3).randbytes(size)


TEXTS: dict[str, Callable[[int], str]] = {
    "prose": prose,
    "prose, German": lambda size: prose(size, "de"),
    "prose, French": lambda size: prose(size, "fr"),
    "PDF pages": pages,
    "one line": lambda size: prose(size, paragraph=" "),
    "no punctuation": lambda size: prose(size, paragraph=" ").translate(dict.fromkeys(map(ord, ".,?;:'"), None)),
    "no blanks": lambda size: prose(size, paragraph="").replace(" ", ""),
    "one word": lambda size: "a" * size,
    "one-word lines": lambda size: "\n".join(itertools.islice(itertools.cycle(prose(50_000).split()), size // 7)),
    "base64": lambda size: base64.encodebytes(noise(size * 3 // 4)).decode(),
    "base64 in one line": lambda size: base64.b64encode(noise(size * 3 // 4)).decode(),
    "deep list": lambda size: "\n".join(
        "  " * (number % 400) + f"{number}. item {number} of the list is open" for number in range(size // 420)
    ),
    "numbered list": lambda size: "\n".join(f"{n}. The member of row {n} has paid." for n in range(size // 40)),
    "Chinese": lambda size: CHINESE * (size // len(CHINESE.encode())),
    "Chinese lines": lambda size: (CHINESE + "\n") * (size // len(CHINESE.encode())),
    "repeated sentence": lambda size: "The council approved the budget of the town on Monday. " * (size // 55),
    "repeated lines": lambda size: "The council approved the budget of the town on Monday.\n" * (size // 55),
    "capitals": lambda size: prose(size).upper(),
    "names": lambda size: "Mr John Smith of Acme Water Company Ltd met Mrs Mary Jones of Marlow. " * (size // 70),
    "dates": lambda size: " ".join(f"{n % 28 + 1} March {1900 + n % 120}, EUR {n},500;" for n in range(size // 26)),
    "months": lambda size: "May March " * (size // 10),
    "table": lambda size: "\n".join(f"| {n} | {n * 7},50 | row {n} | 3.{n % 12 + 1}.2026 |" for n in range(size // 36)),
    "brackets": lambda size: "([{" * (size // 3),
    "stars": lambda size: "*a _b `c " * (size // 9),
    "links": lambda size: "[a](b [c](d " * (size // 12),
    "hyphens": lambda size: "exam-\nple " * (size // 10),
    "dots": lambda size: "." * size,
    "blank lines": lambda size: "word\n\n\n" * (size // 7),
    "blanks": lambda size: "word" + " " * size + "word",
    "page breaks": lambda size: "Town of Marlow\nword\f" * (size // 20),
    "line numbers": lambda size: "\n".join(f"{n % 28 + 1} the witness said that it was so" for n in range(size // 36)),
    "invisible": lambda size: "the\u200b council\u00ad met\u202e and\u2060 spoke. " * (size // 40),
    "quotes": lambda size: "„»“«\"'" * (size // 12),
    "digits": lambda size: "1234567890 " * (size // 11),
    "abbreviations": lambda size: "Mr. Dr. No. p. Art. vgl. z. B. e.g. i.e. " * (size // 42),
    "controls": lambda size: "".join(map(chr, range(1, 32))) * (size // 31),
    "Thai": lambda size: "สภาอนุมัติงบประมาณสำหรับสะพานเมื่อวันจันทร์ " * (size // 130),
}


@dataclass(frozen=True)
class Row:
    """One text: its size in MB of UTF-8, processor seconds, the most memory of the process in MB, and how it grows."""

    name: str
    megabytes: float
    seconds: float
    memory: float
    growth: float
    """Seconds compared with a quarter of the text: 4 is in proportion, 16 is quadratic."""


def extracted(name: str, size: int, limit: int, pipe: Connection) -> None:
    """One text in a process of its own, which is ended after ``limit`` seconds of the processor."""
    resource.setrlimit(resource.RLIMIT_CPU, (limit, limit))
    from sitegen.enrich.engines.extractive import extract
    from sitegen.sources.base import Document

    text = TEXTS[name](size)
    extract(Document(ref="x:0", title="Report", text=prose(2000), language=""))  # what is loaded once
    begun = time.process_time()
    extract(Document(ref="x:1", title="Report of the council", text=text, language=""))
    seconds = time.process_time() - begun
    pipe.send(
        (len(text.encode("utf-8", "replace")) / 1e6, seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
    )


def measure(name: str, size: int, limit: int) -> Row:
    """Raises ``TimeoutError`` after ``limit`` seconds of the processor."""

    def once(size: int) -> tuple[float, float, float]:
        ours, theirs = multiprocessing.Pipe()
        process = multiprocessing.get_context("spawn").Process(target=extracted, args=(name, size, limit, theirs))
        process.start()
        theirs.close()
        try:
            found: tuple[float, float, float] = ours.recv()
        except EOFError as error:
            raise TimeoutError(f"{name}: more than {limit} seconds") from error
        finally:
            process.join()
        return found

    _, quarter, _ = once(size // 4)
    megabytes, seconds, memory = once(size)
    return Row(name, megabytes, seconds, memory, seconds / max(quarter, 0.01))


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--megabytes", type=float, default=3)
    parser.add_argument("--only", nargs="*", choices=list(TEXTS), default=list(TEXTS))
    parser.add_argument("--limit", type=int, default=120, help="processor seconds after which a text is given up")
    parser.add_argument("--json", action="store_true")
    words = parser.parse_args()
    rows = []
    print(f"{'text':>20} {'MB':>6} {'seconds':>8} {'memory':>8} {'growth':>7}", flush=True) if not words.json else None
    for name in words.only:
        try:
            row = measure(name, int(words.megabytes * 1e6), words.limit)
        except TimeoutError as error:
            print(error, flush=True)
            continue
        rows.append(row)
        if not words.json:
            print(
                f"{name:>20} {row.megabytes:6.1f} {row.seconds:8.2f} {row.memory:5.0f} MB {row.growth:7.1f}", flush=True
            )
    if words.json:
        print(json.dumps([asdict(row) for row in rows], indent=2))


if __name__ == "__main__":
    main()
