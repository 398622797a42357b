"""Certificates, tokens and private addresses: whom the Paperless source trusts, and what it never tells."""

from __future__ import annotations

import asyncio
import logging
import socket
from pathlib import Path

import pytest
import trustme

from sitegen.errors import SecretMissing, SettingsInvalid, SourceRefused, SourceUnreachable, SourceUntrusted
from sitegen.settings import Paperless
from sitegen.sources.paperless import PaperlessSource
from tests.servers.paperless import PaperlessServer
from tests.servers.paperless_client import failure, pull

MINUTES = [{"title": "Minutes", "content": "The council met. " * 40, "tags": ["publish", "council"]}]


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


def test_a_certificate_of_a_private_authority_is_untrusted_until_its_file_is_named(
    authority: trustme.CA, tmp_path: Path
) -> None:
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    certificate = authority.issue_cert("127.0.0.1")
    with PaperlessServer(documents=MINUTES, certificate=certificate.configure_cert) as server:
        error = failure(lambda: pull(server))
        assert isinstance(error, SourceUntrusted)
        assert "ca_file" in error.remedy
        assert server.requests == []
        assert pull(server, ca_file=tmp_path / "ca.pem").titles == ["Minutes"]


def test_the_servers_own_certificate_may_be_named_instead(authority: trustme.CA, tmp_path: Path) -> None:
    certificate = authority.issue_cert("127.0.0.1")
    certificate.cert_chain_pems[0].write_to_path(tmp_path / "server.pem")
    with PaperlessServer(documents=MINUTES, certificate=certificate.configure_cert) as server:
        assert pull(server, ca_file=tmp_path / "server.pem").titles == ["Minutes"]
    with PaperlessServer(certificate=authority.issue_cert("127.0.0.1").configure_cert) as other:
        assert isinstance(failure(lambda: pull(other, ca_file=tmp_path / "server.pem")), SourceUntrusted)


def test_the_authoritys_file_is_looked_up_in_the_sites_folder(authority: trustme.CA, tmp_path: Path) -> None:
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")

    async def run(server: PaperlessServer) -> int:
        source = PaperlessSource(server.settings(ca_file=Path("ca.pem")), server.token, root=tmp_path)
        try:
            return len([*await source.refs()])
        finally:
            await source.aclose()

    with PaperlessServer(documents=MINUTES, certificate=authority.issue_cert("127.0.0.1").configure_cert) as server:
        assert asyncio.run(run(server)) == 1


def test_a_self_signed_certificate_is_untrusted_and_no_token_is_sent(authority: trustme.CA, tmp_path: Path) -> None:
    # The authority's own certificate is one that only itself has signed.
    own = tmp_path / "own.pem"
    own.write_bytes(authority.private_key_pem.bytes() + authority.cert_pem.bytes())
    with PaperlessServer(documents=MINUTES, certificate=lambda context: context.load_cert_chain(own)) as server:
        error = failure(lambda: pull(server))
        assert isinstance(error, SourceUntrusted)
        assert "self" in error.message
        assert server.requests == []


def test_a_certificate_of_another_host_is_untrusted(authority: trustme.CA, tmp_path: Path) -> None:
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    certificate = authority.issue_cert("paperless.example")
    with PaperlessServer(documents=MINUTES, certificate=certificate.configure_cert) as server:
        error = failure(lambda: pull(server, ca_file=tmp_path / "ca.pem"))
        assert isinstance(error, SourceUntrusted)
        assert "127.0.0.1" in error.message


@pytest.mark.parametrize("content", [None, "", "not a certificate"])
def test_a_ca_file_that_is_none_is_named(content: str | None, tmp_path: Path) -> None:
    path = tmp_path / "ca.pem"
    if content is not None:
        path.write_text(content)
    with PaperlessServer() as server:
        url = server.url.replace("http:", "https:")
        error = failure(lambda: pull(server, url=url, ca_file=path, retries=0))
        assert isinstance(error, SourceUntrusted)
        assert str(error.place) == str(path)


def test_https_to_a_server_without_it_is_unreachable() -> None:
    with PaperlessServer() as server:
        error = failure(lambda: pull(server, url=server.url.replace("http:", "https:"), retries=0))
        assert isinstance(error, SourceUnreachable)


# ------------------------------------------------------------------------------------------------------------ secrets


def test_no_token_stands_in_any_error_or_log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with PaperlessServer(documents=MINUTES) as server:
        server.fail_next(kind="drop")
        server.fail_next(status=302, headers={"Location": "/login"}, path="/api/documents/")
        error = failure(lambda: pull(server))
        shown = [caplog.text, str(error), repr(error), error.remedy, str(error.as_dict()), repr(error.__cause__)]
        assert caplog.text
        assert not any(server.token in text for text in shown)


@pytest.mark.parametrize("token", ["", "  ", "\n"])
def test_an_empty_token_is_missing(token: str) -> None:
    with pytest.raises(SecretMissing):
        PaperlessSource(Paperless(), token)


@pytest.mark.parametrize("token", ["two words", "line\r\nHost: evil", "geheimnis-ä", "nul\0"])
def test_a_token_that_cannot_be_one_is_refused_without_showing_it(token: str) -> None:
    with pytest.raises(SourceRefused) as caught:
        PaperlessSource(Paperless(), token)
    assert token not in str(caught.value)


def test_an_impossible_port_is_refused() -> None:
    with pytest.raises(SettingsInvalid, match="no port 99999"):
        PaperlessSource(Paperless(url="http://paperless.example:99999"), "token")


def test_a_proxy_from_the_environment_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    with PaperlessServer(documents=MINUTES) as server, socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{nobody.getsockname()[1]}")
        monkeypatch.setenv("no_proxy", "")
        assert pull(server).titles == ["Minutes"]
