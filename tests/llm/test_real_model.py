"""The whole pipeline on a real model server: `make test-llm`.

The model may be a small one that was never taught to follow instructions, so nothing is said here about how good its
summaries are; only that all of them have their form, that what is published stands in its document, and that nothing
is called what it is not.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from sitegen import settings
from sitegen.briefs import provenance
from sitegen.briefs.provenance import Record
from sitegen.briefs.store import Brief, Store
from sitegen.cli import run
from sitegen.enrich.claims import bases, names
from sitegen.enrich.figures import missing, pool
from sitegen.enrich.grounding import Grounding
from sitegen.sources.base import Document
from sitegen.sources.folder import FolderSource
from tests.servers.llama import CONTEXT, LlamaServer

pytestmark = pytest.mark.llm

DEMO = Path(__file__).parents[2] / "demo" / "documents"
PAPERS = (
    "2024-04-09-press-notice-weir-bridge-closes.md",
    "2024-08-21-avis-ebullition-eau.txt",
    "2026-02-17-baumkataster-bericht.md",
    "2026-03-09-press-notice-weir-bridge-opens.md",
    "2024-06-03-letter-friends-of-the-commission-clock.pdf",
)
"""Short ones: three languages, text, Markdown and PDF."""
EXTRA = "2024-01-05-pressemitteilung-hochwasser.md"
"""For the server that is killed."""
ANSWER = 400
"""Tokens: a small model that has lost its thread goes on until it is stopped."""


@pytest.fixture(scope="session")
def llama(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LlamaServer]:
    server, model = os.environ.get("TEST_LLAMA_SERVER"), os.environ.get("TEST_GGUF")
    if not server or not model:
        pytest.skip("needs a server and a model: make test-llm")
    log = tmp_path_factory.mktemp("llama") / "log"
    with LlamaServer(Path(server).absolute(), Path(model).absolute(), log) as started:
        yield started


@dataclass(frozen=True)
class Pulled:
    """A site after its first pull."""

    root: Path
    code: int
    seconds: float

    def documents(self) -> dict[str, Document]:
        import asyncio

        async def all_of_them() -> list[Document]:
            changes = await FolderSource(self.root / "documents").changes(None)
            return [document async for document in changes.documents if isinstance(document, Document)]

        return {document.ref: document for document in asyncio.run(all_of_them())}

    def briefs(self) -> list[tuple[Brief, Record, Document]]:
        store = Store.open(settings.load(self.root, {}).briefs)
        documents = self.documents()
        found = []
        for brief in store.briefs.values():
            assert brief.matter.source
            record = provenance.read(store.root, brief.matter.source)
            assert record
            found.append((brief, record, documents[brief.matter.source]))
        return found


def new_site(folder: Path, llama: LlamaServer, papers: tuple[str, ...]) -> Path:
    (folder / "documents").mkdir(parents=True)
    (folder / "sitegen.toml").write_text(
        f'[engine]\nkind = "openai"\n[engine.openai]\nendpoints = ["{llama.url}"]\nnum_ctx = {CONTEXT}\n'
        f"num_predict = {ANSWER}\nslots = {llama.slots}\n"
    )
    for name in papers:
        shutil.copyfile(DEMO / name, folder / "documents" / name)
    return folder


@pytest.fixture(scope="module")
def pulled(llama: LlamaServer, tmp_path_factory: pytest.TempPathFactory) -> Pulled:
    site = new_site(tmp_path_factory.mktemp("real") / "site", llama, PAPERS)
    started = time.monotonic()
    code = run(["--site", str(site), "pull"])
    found = Pulled(site, code, time.monotonic() - started)
    assert code in (0, 6)
    report(found)
    return found


def report(pulled: Pulled) -> None:
    """What came out, for whoever runs this."""
    briefs = pulled.briefs()
    kinds = Counter(record.made.method for _, record, _ in briefs if record.made)
    rate = 60 * len(briefs) / pulled.seconds
    lines = [
        f"{len(briefs)} of {len(PAPERS)} documents in {pulled.seconds:.0f} s, {rate:.2f} a minute; "
        f"{kinds['summary']} summaries, {kinds['extract']} extracts; exit code {pulled.code}"
    ]
    for brief, record, _ in briefs:
        assert record.made
        made = record.made
        lines.append(f"  {made.method}: {brief.matter.title}: {made.scores}; {made.calls} calls, {made.seconds:.0f} s")
        lines += [f"    {note}" for note in made.notes]
    sys.stderr.write("\n" + "\n".join(lines) + "\n")


def test_every_document_has_a_brief_or_a_reason_for_none(pulled: Pulled) -> None:
    refs = {record.source for _, record, _ in pulled.briefs()}
    listed = sitegen(pulled.root, "--json", "brief", "list")
    for ref in set(pulled.documents()) - refs:
        assert pulled.code == 6
        assert f'"source": "{ref}"' in listed.stdout
        assert '"status": "failed"' in listed.stdout


def test_each_brief_is_labelled_as_what_it_is(pulled: Pulled) -> None:
    for brief, record, _ in pulled.briefs():
        assert record.made
        assert brief.matter.status == "draft"
        assert brief.matter.method == record.made.method
        assert record.made.engine == "openai"
        assert record.made.digest
        assert record.made.prompt
        assert "/" not in record.made.model
        if record.made.method == "extract":  # a model was asked for a summary: it must be said why there is none
            assert any("extract" in note for note in record.made.notes), record.made.notes


def test_every_quotation_stands_in_its_document(pulled: Pulled) -> None:
    quoted = 0
    for brief, _, document in pulled.briefs():
        text = Grounding(document.text)
        for quote in re.findall(r"^\s*> “(.*)”", brief.body, re.M):
            quoted += 1
            assert text.find(unescaped(quote)), (document.ref, quote)
    assert quoted or all(record.made and record.made.method == "extract" for _, record, _ in pulled.briefs())


def test_every_number_and_name_of_a_statement_stands_in_its_document(pulled: Pulled) -> None:
    for brief, _, document in pulled.briefs():
        numbers, known = pool(document.text), bases(f"{document.text} {document.title}")
        language = brief.matter.language or "und"
        for statement in statements(brief):
            assert not missing(statement, numbers), (document.ref, statement)
            invented = [name for name in names(statement, language) if not bases(name) <= known]
            assert not invented, (document.ref, statement)


def statements(brief: Brief) -> list[str]:
    """Every line of the brief that says something, without its marks of Markdown, headings and page numbers."""
    lines = [line for line in brief.body.splitlines() if not line.startswith(("#", "|", "  >"))]
    said = [brief.matter.summary or "", *(unescaped(line) for line in lines)]
    return [re.sub(r"\s—\s\w+\s\d+$", "", line) for line in said if line.strip()]


def test_each_record_has_scores(pulled: Pulled) -> None:
    for _, record, _ in pulled.briefs():
        assert record.made
        scores = record.made.scores
        assert scores
        assert scores.tokens > 0
        assert scores.numbers in (None, 1)
        assert scores.names in (None, 1)
        assert scores.coverage > 0.5


def test_pulling_again_asks_nothing(pulled: Pulled) -> None:
    if pulled.code == 6:
        pytest.skip("some documents failed, and are tried again")
    before = {brief.path: brief.text for brief, _, _ in pulled.briefs()}
    started = time.monotonic()
    assert run(["--site", str(pulled.root), "pull", "--quiet"]) == 0
    assert time.monotonic() - started < 60
    assert {brief.path: brief.text for brief, _, _ in pulled.briefs()} == before


def test_the_site_is_built_from_it(pulled: Pulled) -> None:
    assert run(["--site", str(pulled.root), "build", "--drafts", "--strict", "--quiet"]) == 0
    pages = list((pulled.root / "public" / "briefs").glob("*/index.html"))
    assert len(pages) == len(pulled.briefs())


def test_a_server_that_is_killed_costs_no_document(llama: LlamaServer, tmp_path: Path) -> None:
    site = new_site(tmp_path / "site", llama, (EXTRA,))
    pulling = subprocess.Popen(
        [sys.executable, "-m", "sitegen", "--site", site, "pull"], stderr=subprocess.PIPE, text=True
    )
    llama.wait_until_busy()
    llama.kill()
    _, errors = pulling.communicate(timeout=300)
    try:
        assert pulling.returncode in (5, 6), errors
        assert "Traceback" not in errors
        assert "[SG3" in errors or "SG3" in errors
        assert not list((site / "briefs").glob("*.md"))
    finally:
        llama.start()
    again = sitegen(site, "pull", "--document", f"folder:{EXTRA}")
    assert again.returncode in (0, 6), again.stderr
    if again.returncode == 0:
        assert len(list((site / "briefs").glob("*.md"))) == 1
    assert "Traceback" not in again.stderr


def unescaped(line: str) -> str:
    return re.sub(r"\\([^\w\s])", r"\1", line)


def sitegen(site: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "sitegen", "--site", site, *arguments], capture_output=True, text=True, timeout=1800
    )
