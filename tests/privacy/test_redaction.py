"""No private thing goes to a server beyond the local network, and what stays behind is where it was."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from sitegen import settings
from sitegen.enrich.engines import open_engine
from sitegen.enrich.engines.openai import OpenAI
from sitegen.enrich.engines.redacting import Redacting
from sitegen.enrich.summarize import ModelSummarizer
from sitegen.enrich.summary import Summary
from sitegen.privacy.guard import Guard
from sitegen.privacy.network import is_local
from sitegen.privacy.redaction import BLACK, redacted
from sitegen.settings import Privacy
from sitegen.sources.base import Document
from tests.privacy.planted import ITEMS, NAMES
from tests.servers.openai import OpenAIServer

GUARD = Guard(Privacy(), {"names/a.txt": "\n".join(NAMES).encode()})
TEXT = (
    "The council of Weirton closed the weir bridge to lorries on 3 March 2026. "
    "Questions go to jane.doe@example.com or to (212) 555-0147 until 5 May 2026. "
    "The repair of the bridge will cost EUR 412,500, to be paid to DE89 3704 0044 0532 0130 00 by the county. "
    "The inspectors found cracks in two bearings of the northern span."
)
SECRETS = ("jane.doe@example.com", "(212) 555-0147", "DE89 3704 0044 0532 0130 00")


@pytest.mark.parametrize(
    "url",
    [
        *(
            "http://localhost:11434",
            "http://127.0.0.1:1",
            "http://[::1]:8080/v1",
            "http://gpu:11434",
            "http://gpu.local",
        ),
        *(
            "http://10.1.2.3",
            "http://172.31.0.1",
            "http://192.168.1.5:80/v1",
            "http://169.254.1.1",
            "http://100.99.1.2",
        ),
        *(
            "http://[fd00::1]",
            "http://[fe80::1]",
            "http://[::ffff:10.0.0.1]",
            "http://ai.internal.",
            "http://x.home.arpa",
        ),
    ],
)
def test_addresses_of_the_local_network(url: str) -> None:
    assert is_local(url)


@pytest.mark.parametrize(
    "url",
    [
        *("https://api.example.com/v1", "http://8.8.8.8", "http://172.32.0.1", "http://[2001:4860::8888]"),
        *("http://localhost.example.com", "http://local", "http://10.0.0.1.example.com", "http://0.0.0.0"),
        *("http://[::ffff:8.8.8.8]", "http://134744072", "http://0x08080808", "http://xn--local.example", ""),
    ],
)
def test_addresses_beyond_it(url: str) -> None:
    assert is_local(url) == (url == "http://local"), "a name without a dot is one of the own network"


def test_a_name_of_the_settings_is_local() -> None:
    assert is_local("https://gpu.example.org/v1", ["GPU.example.org"])
    assert not is_local("https://gpu.example.org/v1", ["example.org"])


def test_what_is_blacked_out_leaves_every_other_character_where_it_was() -> None:
    black = redacted(TEXT, GUARD)
    assert len(black) == len(TEXT)
    assert all(secret not in black for secret in SECRETS)
    assert all(ours in (theirs, BLACK) for ours, theirs in zip(black, TEXT, strict=True))
    assert "EUR 412,500" in black
    assert redacted("Nothing here.", GUARD) == "Nothing here."


def test_every_planted_value_is_blacked_out_whole() -> None:
    left = []
    for item in ITEMS:
        black = redacted(f"It says {item.label} {item.value} and ends.", GUARD)
        rest = [word for word in item.value.split() if len(word) > 3 and word in black]
        left += [(item.value, rest)] if rest else []
    assert {value for value, _ in left} == {"12 May 1950", "Flat 3, 27 Sample Road, Bristol"}


def test_a_server_beyond_the_local_network_is_sent_nothing_private() -> None:
    with OpenAIServer() as server:
        sent, summary, bodies = _asked(server, redacting=True)
    assert bodies
    assert [secret for secret in SECRETS if secret in sent] == []
    assert BLACK in sent
    for point in summary.points:
        start, end = point.evidence.start, point.evidence.end
        assert len(TEXT[start:end]) == end - start > 0
        assert all(secret not in point.evidence.quote for secret in SECRETS)


def test_a_server_of_the_local_network_reads_the_text_as_it_is() -> None:
    with OpenAIServer() as server:
        sent, _, _ = _asked(server, redacting=False)
    assert all(secret in sent for secret in SECRETS)


def _asked(server: OpenAIServer, *, redacting: bool) -> tuple[str, Summary, int]:
    async def work() -> Summary:
        inner = ModelSummarizer(OpenAI(server.settings(), None))
        engine = Redacting(inner, GUARD, ["https://far.example"]) if redacting else inner
        try:
            return await engine.summarize(Document("folder:a.txt", "Weir bridge", TEXT, language="en"))
        finally:
            await engine.aclose()

    summary = asyncio.run(work())
    bodies = [json.dumps(call.body, ensure_ascii=False) for call in server.requests if call.body]
    return "\n".join(bodies), summary, len(bodies)


def _project(folder: Path, endpoint: str, more: str = "") -> settings.Project:
    text = f'[engine]\nkind = "openai"\n[engine.openai]\nendpoints = ["{endpoint}"]\n[privacy]\n{more}\n'
    (folder / "sitegen.toml").write_text(text)
    return settings.load(folder, {})


@pytest.mark.parametrize(
    ("endpoint", "more", "guarded"),
    [
        ("http://192.168.1.5:8080/v1", "", False),
        ("https://models.example.com/v1", "", True),
        ("https://models.example.com/v1", "redact = []", False),
        ("https://models.example.com/v1", 'local_hosts = ["models.example.com"]', False),
    ],
)
def test_the_settings_say_which_engines_are_guarded(tmp_path: Path, endpoint: str, more: str, guarded: bool) -> None:
    engine = open_engine(_project(tmp_path, endpoint, more))
    assert isinstance(engine, Redacting) == guarded
    asyncio.run(engine.aclose())


def test_a_summary_of_a_blacked_out_text_is_no_other_texts_summary(tmp_path: Path) -> None:
    with OpenAIServer() as server:

        async def identities() -> list[object]:
            found: list[object] = []
            for kinds in ((), ("email",), ("email", "phone")):
                inner = ModelSummarizer(OpenAI(server.settings(), None))
                guard = Guard(Privacy(kinds=kinds), {})
                engine = Redacting(inner, guard, ["x"]) if kinds else inner
                found.append(dict((await engine.identity()).options))
                await engine.aclose()
            return found

        first, second, third = asyncio.run(identities())
    assert first != second != third != first
