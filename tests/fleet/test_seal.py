"""What may be read of a message: only what our key has signed, for its purpose, in its form."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sitegen import settings
from sitegen.enrich.engines.base import Identity
from sitegen.errors import MessageRefused, SecretMissing
from sitegen.fleet.messages import Claim, Grant, Job, Offer, Outcome, Wanted, differences
from sitegen.fleet.seal import Seal, seal_of

SEAL = Seal("k" * 32)
CLAIM = Claim(job="0" * 32, worker="1" * 32, nonce="2" * 32)


def test_what_was_sealed_is_opened_again() -> None:
    assert SEAL.open(Claim, SEAL.close(CLAIM)) == CLAIM
    assert SEAL.open(Claim, SEAL.close(CLAIM).decode()) == CLAIM


@given(st.data())
def test_whatever_is_changed_in_a_message_it_is_refused(data: st.DataObject) -> None:
    sealed = bytearray(SEAL.close(CLAIM))
    place = data.draw(st.integers(0, len(sealed) - 1))
    sealed[place] ^= data.draw(st.integers(1, 255))
    with pytest.raises(MessageRefused):
        SEAL.open(Claim, bytes(sealed))


@given(st.one_of(st.binary(max_size=300), st.text(max_size=300)))
def test_anything_else_is_refused(sent: bytes | str) -> None:
    with pytest.raises(MessageRefused):
        SEAL.open(Job, sent)


def test_a_message_of_another_purpose_or_key_is_refused() -> None:
    for sealed in (SEAL.close(Grant(nonce="2" * 32, granted=True)), Seal("l" * 32).close(CLAIM)):
        with pytest.raises(MessageRefused, match="not signed with our key"):
            SEAL.open(Claim, sealed)


def test_a_signed_message_of_another_version_is_refused_and_not_repeated() -> None:
    class Claim2(Claim):
        secret: str = "words of a document"

    with pytest.raises(MessageRefused, match="not of this version") as caught:
        SEAL.open(Claim, SEAL.close(Claim2(**CLAIM.model_dump())))
    assert "words of a document" not in str(caught.value)


@pytest.mark.parametrize("code", ["SG30", "os.system", "SG301 "])
def test_an_outcome_names_only_codes(code: str) -> None:
    with pytest.raises(ValueError, match="code"):
        Outcome(job="0" * 32, key="0" * 64, worker="1" * 32, result="failed", code=code)


def test_a_key_is_needed_and_a_short_one_is_none(tmp_path: Path) -> None:
    (tmp_path / "sitegen.toml").write_text('[fleet]\nbroker = "redis://localhost"\n')
    for environ in ({}, {"SITEGEN_FLEET__TOKEN": "short"}):
        with pytest.raises(SecretMissing, match="needs a key"):
            seal_of(settings.load(tmp_path, environ))


IDENTITY = Identity("ollama", "qwen3:8b", "abc123", "0.12", {"num_ctx": 8192, "runner": "x"}, "2:aaa")
WANTED = Wanted(engine="ollama", model="qwen3:8b", prompt="2:aaa", digest="abc", options={"num_ctx": 8192})


def test_a_worker_that_has_what_is_wanted_fits() -> None:
    assert differences(WANTED, Offer(identity=IDENTITY)) == []


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (
            {"prompt": "1:bbb"},
            "prompt is 2:aaa there, 1:bbb here, "
            "copy the site's folder of prompts (`engine.prompts`) beside the worker's sitegen.toml",
        ),
        ({"sitegen": "9"}, "sitegen is 0.1.0 there, 9 here"),
        ({"summary": 1}, "schema of summaries is 2 there, 1 here"),
        ({"engine": "openai"}, "engine is ollama there, openai here"),
        ({"model": "gemma3"}, "model is qwen3:8b there, gemma3 here"),
        ({"digest": "fff"}, "digest of the model is abc there, fff here"),
        ({"options": {"num_ctx": 4096}}, "option num_ctx is 8192 there, 4096 here"),
    ],
)
def test_one_that_differs_is_told_in_what(change: dict[str, object], says: str) -> None:
    assert ", ".join(differences(WANTED.model_copy(update=change), Offer(identity=IDENTITY))) == says


def test_an_endpoint_beyond_the_house_gets_only_what_is_blacked_out() -> None:
    offer = Offer(identity=IDENTITY, beyond=("https://api.example.com",))
    assert "not on the local network" in differences(WANTED, offer)[0]
    assert differences(WANTED.model_copy(update={"redacts": True}), offer) == []
