"""A small site for the browser: every kind of page, four languages, one of them from the right, and hard cases."""

from __future__ import annotations

import datetime as dt
import json
import shutil
from pathlib import Path

from sitegen import files

ROOT = Path(__file__).parents[2]

SETTINGS = """\
[site]
title = "The Continuum Report"
description = "Short briefs about public documents."
base_url = "https://report.example/"
author = "The editors"

[build]
per_page = 10
"""

LONG_WORD = (
    "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaftsvorsitzendenstellvertreter"
)
LONG_URL = f"https://archive.example/{'document/' * 30}"

POINTS = """\
The Council resolved to repair the bridge and released the money for it.

## Key points

- The bridge is repaired, not replaced.

  > “The Weir Bridge is repaired according to option A.” — Page 2

- The clock of the Town Hall stays seven minutes slow.

  > “Decided (11 for the petition, 12 against): The clock is not adjusted.” — Page 2

## Dates

| Date | What |
| --- | --- |
| 12 July 2024 | The works are put out to open tender |
| 28 June 2024 | The hardship forms are due |

## Amounts

| Amount | What | Paid by | Until | Under | Remarks |
| ---: | --- | --- | --- | --- | --- |
| EUR 3,850,000 | Repair of the bridge | Town Treasury | October 2025 | Item 2 | Renewal reserve and a loan |
| EUR 11,200 | A shelter | Town Treasury | 7 June 2024 | Item 1 | Ordered |

## People

- Margarethe Quillon
- Agnes Thornbury
- Konrad Ellbrecht
- Lothar Weidinger
- Yvette Lanquetin

## Organisations

- Town Treasury

## Places

- Weir Bridge
- Town Hall
"""
EXTRACT = """\
Die Hauptprüfung ergab eine Zustandsnote von 3,4.

## Das Wichtigste

- Ein Riss von 85 mm wurde am Knotenblech festgestellt.

  > Seite 4

- Die Brücke ist für den Kraftfahrzeugverkehr zu sperren.

  > Seite 7
"""
ARABIC = """\
قرر المجلس ترميم الجسر بدل استبداله.

## النقاط

- الجسر يرمم ولا يستبدل.

  > صفحة 2
"""
HARD = f"""\
{LONG_WORD} and <{LONG_URL}> and `{"x" * 300}`.

```python
def measure(crack: float) -> str:
    return "{"millimetre" * 30}"  # a long line
```
"""
WIDE = """\
---
title: A wide picture
menu: false
---

![A bridge with one arch](bridge.svg)
"""
PICTURE = '<svg xmlns="http://www.w3.org/2000/svg" width="3000" height="200"><rect width="3000" height="200"/></svg>'


def write(folder: Path, language: str = "en") -> Path:
    """Writes the site's sources into ``folder``; its interface speaks ``language``. Returns the folder."""
    settings = SETTINGS.replace("[build]", f'language = "{language}"\n\n[build]')
    shutil.copytree(ROOT / "content", folder / "content")
    (folder / "sitegen.toml").write_text(settings)
    (folder / "briefs" / ".provenance").mkdir(parents=True)
    _brief(
        folder,
        "council",
        900,
        POINTS,
        title="Council will repair the Weir Bridge",
        method="summary",
        aliases=["/old/bridge/"],
    )
    _brief(folder, "inspection", 899, EXTRACT, title="Bauwerksprüfung Wehrbrücke", language="de", method="extract")
    _brief(folder, "arabic", 898, ARABIC, title="مجلس المدينة يقرر ترميم الجسر", language="ar", method="extract")
    _brief(folder, "hard", 897, HARD, title=f"A title with {LONG_WORD}", correspondent=LONG_WORD, tags=[LONG_WORD])
    _brief(folder, "secret", 896, "Nobody may read this yet.", title="Not yet public", status="draft", tags=["secret"])
    notice = "The sums were those of another town.\n\nA new brief will follow."
    _brief(folder, "back", 895, "Nobody may read this again.", title="Taken back", status="withdrawn", notice=notice)
    _brief(folder, "waiting", 894, "Read me first.", title="Waiting", status="review", tags=["secret"])
    _brief(folder, "revised", 300, POINTS, title="A summary that was edited", method="summary")
    _brief(folder, "amended", 299, EXTRACT, title="An extract that was edited", method="extract")
    for name in ("revised", "amended"):
        _edit(folder, name)
    _brief(folder, "unknown", 298, POINTS, title="A summary without a record", method="summary")
    _brief(folder, "untold", 297, EXTRACT, title="An extract without a record", method="extract")
    for name in ("unknown", "untold"):
        (folder / "briefs" / ".provenance" / f"{name}.json").unlink()
    (folder / "content" / "wide.md").write_text(WIDE)
    (folder / "content" / "bridge.svg").write_text(PICTURE)
    for number in range(24):
        _brief(folder, f"letter-{number}", 800 - 20 * number, "A letter about a hedge.", title=f"Letter {number}")
    return folder


def _brief(
    folder: Path, name: str, day: int, body: str, *, tags: list[str] | None = None, **more: str | list[str]
) -> None:
    fields = {
        "correspondent": "Town Council",
        "document_type": "Minutes",
        "summary": f"What {name} is about.",
        "status": "published",
        **more,
    }
    date = (dt.date(2023, 1, 1) + dt.timedelta(days=day)).isoformat()
    head = {"date": date, "slug": name, "source": f"folder:{name}", "tags": tags or ["bridges", "council"], **fields}
    # JSON is YAML.
    lines = [f"{key}: {json.dumps(value, ensure_ascii=False)}" for key, value in head.items() if key != "date"]
    text = "\n".join(["---", f"date: {date}", *lines, "---", "", body])
    (folder / "briefs" / f"{name}.md").write_text(text)
    if fields.get("method", "written") != "written":
        model = "qwen3:8b" if fields["method"] == "summary" else ""
        made: dict[str, object] = {"engine": "ollama" if model else "extractive", "model": model, "prompt": "1"}
        made |= {"at": "2026-11-22T01:00:00Z", "pages_read": 2, "pages_total": 3, "dropped": 1}
        made["notes"] = ["Page 3 has no text."]
        generated = {
            "sha256": files.sha256(text),
            "fields": {"date": date, **head},
            "body": body,
        }
        record = {"source": f"folder:{name}", "brief": f"{name}.md", "made": made, "generated": generated}
        (folder / "briefs" / ".provenance" / f"{name}.json").write_text(json.dumps(record))


def _edit(folder: Path, name: str) -> None:
    """Changes the summary of a brief, as an editor would, after it was generated."""
    path = folder / "briefs" / f"{name}.md"
    text = path.read_text()
    edited = text.replace(f"What {name} is about.", "What the editor wrote.")
    assert edited != text
    path.write_text(edited)
