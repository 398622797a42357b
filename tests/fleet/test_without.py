"""Whoever has no fleet pays nothing for it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from sitegen import fleet, settings
from sitegen.errors import FleetMissing
from tests.fleet.machines import environ, new_site

_SCRIPT = """
import sys
from sitegen.cli import run
code = run({words!r})
loaded = {{'dramatiq', 'redis', 'sitegen.fleet'}} & {{*sys.modules}}
sys.exit(code or (f'loaded: {{loaded}}' if loaded else 0))
"""


def test_a_pull_without_a_broker_loads_neither_the_queue_nor_redis(tmp_path: Path) -> None:
    site = new_site(tmp_path / "site", "", documents=1)
    words = ["--site", str(site), "--quiet", "pull"]
    done = subprocess.run([sys.executable, "-c", _SCRIPT.format(words=words)], env=environ(), capture_output=True)
    assert done.returncode == 0, done.stderr.decode()


def test_a_broker_without_the_extra_is_an_error_with_a_remedy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    site = new_site(tmp_path / "site", '[fleet]\nbroker = "redis://localhost"\n')
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(FleetMissing, match="dramatiq and redis") as caught:
        fleet.open_fleet(settings.load(site, {}))
    assert "sitegen[fleet]" in caught.value.remedy


@pytest.mark.parametrize("broker", ["redis://u:s3cret@host", "http://host", "redis://host/x", "redis://host:1/0?x=1"])
def test_an_address_with_a_password_is_none(tmp_path: Path, broker: str) -> None:
    from sitegen.errors import SettingsInvalid

    site = new_site(tmp_path / "site", f'[fleet]\nbroker = "{broker}"\n')
    with pytest.raises(SettingsInvalid) as caught:
        settings.load(site, {})
    assert "s3cret" not in str(caught.value)


def test_a_password_in_the_file_is_refused(tmp_path: Path) -> None:
    from sitegen.errors import SettingsInvalid

    site = new_site(tmp_path / "site", '[fleet]\npassword = "s3cret"\n')
    with pytest.raises(SettingsInvalid, match="must not stand in") as caught:
        settings.load(site, {})
    assert "s3cret" not in str(caught.value)
