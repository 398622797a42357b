"""What a pull leaves behind: no secret anywhere, no field that was not asked for, no text but what the brief quotes."""

from __future__ import annotations

import json
import re
import sqlite3
import zlib
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

import pytest

from sitegen.cli import run
from sitegen.privacy.echo import unechoed
from tests.servers.openai import OpenAIServer
from tests.servers.paperless import PaperlessServer

TOKEN, KEY = "canary-paperless-token-5e1f", "canary-engine-token-77ab"
SENTENCES = [
    f"On day {number} of the year 2026 the council of Weirton spoke about canary{number:03d}x for a long time."
    for number in range(300)
]
TEXT = "\n\n".join(SENTENCES)
FIELDS = {
    "archive_serial_number": 918273645,
    "original_file_name": "canary-original-name.pdf",
    "archived_file_name": "canary-archived-name.pdf",
    "notes": [{"id": 1, "note": "canary-note", "user": 3}],
    "custom_fields": [{"field": 1, "value": "canary-custom-field"}],
}
FORBIDDEN = ("918273645", "canary-original", "canary-archived", "canary-note", "canary-custom", TOKEN, KEY)


def everything(folder: Path) -> dict[str, str]:
    """All bytes below a folder as text; what is packed or in databases unpacked."""
    found = {}
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        raw = path.read_bytes()
        rows = _rows(path) if raw.startswith(b"SQLite format 3") else ()
        found[path.relative_to(folder).as_posix()] = "\n".join((path.name, *map(_text, (raw, *rows))))
    return found


def _rows(path: Path) -> Iterator[object]:
    with closing(sqlite3.connect(path)) as database:
        tables = [name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        for table in tables:
            for row in database.execute(f'SELECT * FROM "{table}"'):
                yield from row


def _text(value: object) -> str:
    if not isinstance(value, bytes):
        return str(value)
    with suppress(zlib.error):
        value = value + zlib.decompress(value)
    return value.decode("utf-8", "replace")


def canaries(text: str) -> set[str]:
    return set(re.findall(r"canary\d{3}x", text))


class Pulled:
    """One site after one pull with a model, and all that the command said."""

    def __init__(self, root: Path, said: str, exit_code: int, paperless_url: str) -> None:
        self.root, self.said, self.exit_code, self.paperless_url = root, said, exit_code, paperless_url
        self.files = everything(root)

    def of(self, prefix: str) -> str:
        return "\n".join(text for path, text in self.files.items() if path.startswith(prefix))

    @property
    def brief(self) -> str:
        return "\n".join(text for path, text in self.files.items() if re.fullmatch(r"briefs/[^.][^/]*\.md", path))


def pulled(
    root: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    *faults: tuple[str, object],
    options: tuple[str, ...] = (),
    nonsense: str = "",
) -> Pulled:
    monkeypatch.setenv("SITEGEN_SOURCE__PAPERLESS__TOKEN", TOKEN)
    monkeypatch.setenv("SITEGEN_ENGINE__OPENAI__TOKEN", KEY)
    with PaperlessServer() as paperless, OpenAIServer(token=KEY) as model:
        paperless.add_user(TOKEN)
        number = paperless.add_document("Minutes of Weirton", TEXT, created="2026-01-05")
        paperless.update(number, **FIELDS)
        if nonsense:
            model.reply = lambda messages, schema: nonsense
        for name, value in faults:
            model.fail_next(name, value, times=30)
        (root / "sitegen.toml").write_text(
            f'[source]\nkind = "paperless"\n[source.paperless]\nurl = "{paperless.url}"\nretries = 0\n'
            f'[engine]\nkind = "openai"\n[engine.openai]\nendpoints = ["{model.url}/v1"]\ntimeout = 5\n'
        )
        code = run(["--site", str(root), *options, "pull"])
        shown = capsys.readouterr()
        return Pulled(root, shown.out + shown.err, code, paperless.url)


def test_a_pull_leaves_no_secret_and_no_field_that_was_not_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    done = pulled(tmp_path, monkeypatch, capsys, options=("--json", "--verbose"))
    assert done.exit_code == 0, done.said
    assert canaries(done.brief), "the brief quotes something"
    for path, text in [*done.files.items(), ("said", done.said)]:
        assert [word for word in FORBIDDEN if word in text] == [], path
        assert path == "sitegen.toml" or done.paperless_url not in text, path


def test_only_what_is_quoted_stands_anywhere_but_in_the_cache(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    done = pulled(tmp_path, monkeypatch, capsys, options=("--json", "--verbose"))
    quoted = canaries(done.brief)
    assert 0 < len(quoted) < len(SENTENCES) / 3
    assert canaries(done.of("briefs/.provenance")) <= quoted
    for path, text in done.files.items():
        if not path.startswith(("briefs/", ".sitegen/cache/")):
            assert canaries(text) == set(), path
    assert canaries(done.said) == set()
    kept = canaries(done.of(".sitegen/cache/"))
    assert quoted <= kept, "the cache holds the model's answers, which quote the document"


def test_the_cache_holds_answers_and_not_the_document(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    done = pulled(tmp_path, monkeypatch, capsys)
    with_prompts = "you are given" in done.of(".sitegen/cache/").lower() or "BEGINS]" in done.of(".sitegen/cache/")
    assert not with_prompts
    assert len(canaries(done.of(".sitegen/cache/"))) < len(SENTENCES)


@pytest.mark.usefixtures("short_pauses")
@pytest.mark.parametrize("fault", ["rejected", "broken_json", "html", "schema", "truncated", "error_event", "crash"])
def test_a_pull_that_fails_tells_nothing_of_the_text(
    fault: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Also when the server repeats the question in its error, as some do."""
    echo = f"cannot answer this: {SENTENCES[7]}" if fault == "rejected" else None
    done = pulled(tmp_path, monkeypatch, capsys, (fault, echo), options=("--json", "--verbose"))
    for path, text in [*done.files.items(), ("said", done.said)]:
        assert [word for word in (TOKEN, KEY) if word in text] == [], path
        if not path.startswith(("briefs/", ".sitegen/cache/")):
            assert canaries(text) == set(), path


@pytest.mark.parametrize(
    "nonsense",
    [SENTENCES[7], json.dumps({SENTENCES[7]: 1}), json.dumps({"points": SENTENCES[7]}), f'{{"points": "{SENTENCES[7]}'],
)
def test_a_model_that_answers_nonsense_gets_no_text_into_a_log(
    nonsense: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    done = pulled(tmp_path, monkeypatch, capsys, options=("--json", "--verbose"), nonsense=nonsense)
    for path, text in [*done.files.items(), ("said", done.said)]:
        if not path.startswith("briefs/"):
            assert canaries(text) == set(), path


def test_what_is_said_back_is_left_out_of_messages() -> None:
    told = ["The council of Weirton met on Monday to talk about the weir bridge and its repair."]
    said = "invalid prompt: 'of Weirton met on\\nMonday to TALK about the weir' (code 17)"
    assert unechoed(said, told) == "invalid prompt: '…' (code 17)"
    assert unechoed("the model is loading", told) == "the model is loading"
    assert unechoed("İ " + told[0], told) == "…"
    assert unechoed(told[0], []) == told[0]


def test_a_password_in_an_address_is_refused_and_not_repeated(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "sitegen.toml").write_text('[source.paperless]\nurl = "http://jane:canary-pw@paper.example/"\n')
    assert run(["--site", str(tmp_path), "--json", "pull"]) == 3
    shown = capsys.readouterr()
    assert "canary-pw" not in shown.out + shown.err
    assert json.loads(shown.out or shown.err.splitlines()[-1])
