"""Redis with TLS and a password: both are used, and neither is told."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
import trustme

from sitegen.errors import EngineUnreachable
from sitegen.fleet.coordinator import FleetEngine
from sitegen.settings import Project
from tests.fleet import here
from tests.fleet.machines import new_site, settings
from tests.servers.redis import MISSING, RedisServer, executable

PASSWORD = "s3cret-of-redis"


@pytest.fixture
def secured(tmp_path: Path) -> Iterator[RedisServer]:
    if executable() is None:
        pytest.skip(MISSING)
    authority, folder = trustme.CA(), tmp_path / "tls"
    folder.mkdir()
    authority.cert_pem.write_to_path(str(folder / "ca.pem"))
    trustme.CA().cert_pem.write_to_path(str(folder / "other.pem"))
    certificate = authority.issue_cert("127.0.0.1")
    certificate.private_key_pem.write_to_path(str(folder / "key.pem"))
    for blob in certificate.cert_chain_pems:
        blob.write_to_path(str(folder / "cert.pem"), append=True)
    options = [
        "--tls-cert-file", str(folder / "cert.pem"), "--tls-key-file", str(folder / "key.pem"),
        "--tls-ca-cert-file", str(folder / "ca.pem"), "--tls-auth-clients", "no", "--requirepass", PASSWORD,
    ]  # fmt: skip
    reach = {"ssl": True, "ssl_ca_certs": str(folder / "ca.pem"), "password": PASSWORD}
    with RedisServer(tmp_path / "redis", options, tls=True, url_options=reach) as server:
        yield server


def site(folder: Path, server: RedisServer, authority: str = "ca.pem", password: str = PASSWORD) -> Project:
    text = settings(server.url, ca_file=str(folder / "tls" / authority))
    root = folder / f"site-{authority}-{len(password)}"
    return here.load(new_site(root, text, 2), SITEGEN_FLEET__PASSWORD=password)


def test_a_pull_goes_through_an_encrypted_redis_with_a_password(tmp_path: Path, secured: RedisServer) -> None:
    assert secured.url.startswith("rediss://")
    project = site(tmp_path, secured)
    assert here.run(project, here.worker(project, here.Standin())).counts == {"created": 2}


@pytest.mark.parametrize(("authority", "password"), [("other.pem", PASSWORD), ("ca.pem", "wrong"), ("ca.pem", "")])
def test_a_stranger_in_the_place_of_redis_or_a_wrong_password_is_an_error(
    tmp_path: Path, secured: RedisServer, authority: str, password: str
) -> None:
    project = site(tmp_path, secured, authority, password)

    async def go() -> None:
        engine = FleetEngine(project)
        with pytest.raises(EngineUnreachable, match="the broker of the fleet cannot be reached") as caught:
            await engine.identity()
        assert PASSWORD not in str(caught.value)
        findings = await engine.check()
        assert findings[0].state == "error"
        assert PASSWORD not in findings[0].message
        await engine.aclose()
        await asyncio.sleep(0.2)  # in which asyncio puts connections away that broke in their hand-shake

    asyncio.run(go())
