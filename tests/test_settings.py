"""settings: one file, the environment above it, all problems at once."""

from __future__ import annotations

from pathlib import Path
from typing import get_args, get_origin

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from sitegen import settings
from sitegen.errors import SecretMissing, SettingsInvalid, SettingsMissing, SettingsUnreadable, Several
from tests.test_docs import GENERATOR


def site(tmp_path: Path, text: str) -> Path:
    (tmp_path / "sitegen.toml").write_text(text)
    return tmp_path


def problems(tmp_path: Path, text: str, environ: dict[str, str] | None = None) -> list[str]:
    with pytest.raises((SettingsInvalid, Several)) as caught:
        settings.load(site(tmp_path, text), environ or {})
    return [str(problem).replace(str(tmp_path) + "/", "") for problem in caught.value.problems]


def test_an_empty_file_is_a_site_with_defaults(tmp_path: Path) -> None:
    project = settings.load(site(tmp_path, ""), {})
    assert project.settings == settings.Settings()
    assert set(project.origins.values()) == {"default"}
    assert project.settings.briefs.initial_status == "draft"


def test_the_nearest_file_upwards_is_found(tmp_path: Path) -> None:
    site(tmp_path, "")
    (tmp_path / "a" / "b").mkdir(parents=True)
    assert settings.find_root(tmp_path / "a" / "b") == tmp_path.resolve()


def test_no_file_is_a_clear_error(tmp_path: Path) -> None:
    with pytest.raises(SettingsMissing, match=r"no sitegen\.toml"):
        settings.load(tmp_path, {})


def test_broken_toml_names_its_line(tmp_path: Path) -> None:
    with pytest.raises(SettingsUnreadable) as caught:
        settings.load(site(tmp_path, "[site]\ntitle = \n"), {})
    assert caught.value.place
    assert caught.value.place.line == 2


@pytest.mark.parametrize("raw", [b"title = '\xff'", b"[site\n", b"\0"])
def test_hostile_bytes_are_a_clear_error(tmp_path: Path, raw: bytes) -> None:
    (tmp_path / "sitegen.toml").write_bytes(raw)
    with pytest.raises(SettingsUnreadable) as caught:
        settings.load(tmp_path, {})
    assert caught.value.place


def test_all_problems_are_reported_at_once_each_with_its_line(tmp_path: Path) -> None:
    text = '[site]\ntitel = "x"\nlanguage = 3\n\n[source]\nkind = "mail"\n\n[build]\nper_page = 0\n'
    assert problems(tmp_path, text, {"SITEGEN_ENGINE__KIMD": "x"}) == [
        "environment variable SITEGEN_ENGINE__KIMD: no setting has this name; did you mean SITEGEN_ENGINE__KIND?",
        "sitegen.toml:3: site.language: must be text",
        "sitegen.toml:2: unknown setting site.titel; did you mean site.title?",
        "sitegen.toml:9: build.per_page: must be 1 or more",
        "sitegen.toml:6: source.kind: must be 'paperless' or 'folder'",
    ]


def test_an_option_in_the_wrong_section_is_pointed_to_the_right_one(tmp_path: Path) -> None:
    assert problems(tmp_path, '[source]\npublish_tag = "x"\n') == [
        "sitegen.toml:2: unknown setting source.publish_tag; did you mean source.paperless.publish_tag?"
    ]


def test_an_unknown_section_is_refused(tmp_path: Path) -> None:
    assert problems(tmp_path, "[sites]\na = 1\n") == [
        "sitegen.toml:1: unknown setting sites; did you mean site?",
    ]


def test_the_environment_wins_and_says_so(tmp_path: Path) -> None:
    root = site(tmp_path, '[source.folder]\npath = "a"\n')
    environ = {
        "SITEGEN_SOURCE__FOLDER__PATH": "b",
        "SITEGEN_SOURCE__PAPERLESS__NEVER_TAGS": "private, medical",
        "SITEGEN_ENGINE__OLLAMA__ENDPOINTS": '["http://a:1", "http://b:1"]',
        "SITEGEN_BUILD__PER_PAGE": "7",
        "SITEGEN_BUILD__STRICT": "true",
        "PATH": "/bin",
    }
    project = settings.load(root, environ)
    assert project.settings.source.folder.path == Path("b")
    assert project.settings.source.paperless.never_tags == ("private", "medical")
    assert [str(one) for one in project.settings.engine.ollama.endpoints] == ["http://a:1", "http://b:1"]
    assert project.settings.build.per_page == 7
    assert project.settings.build.strict is True
    assert project.origins["source.folder.path"] == "SITEGEN_SOURCE__FOLDER__PATH"
    assert project.origins["site.title"] == "default"


def test_a_wrong_value_in_the_environment_names_the_variable(tmp_path: Path) -> None:
    found = problems(tmp_path, "", {"SITEGEN_BUILD__PER_PAGE": "many"})
    assert found[0].startswith("environment variable SITEGEN_BUILD__PER_PAGE: build.per_page: must be a whole number")


ADDRESSES = [
    "http://localhost:11434",
    "https://paperless.example.org/base/",
    "http://[::1]:8080/v1",
    "http://bücher.de/",
]
NO_ADDRESSES = [
    "localhost:11434", "http://", "http:///path", "ftp://host", "http://u:s3cret@host", "http://s3cret@host/",
    "http://host/<s3cret>", 'http://host/"', "http://host/'", "http://ho st", "http://host/a b", "http://host?x=s3cret",
    "http://host#x", "http://host:port", "http://host\\\\x", "http://host/\\u0000", "http://[host", "",
]  # fmt: skip
URL_OPTIONS = ["engine.ollama.endpoints", "engine.openai.endpoints", "source.paperless.url", "site.base_url"]


@pytest.mark.parametrize("option", URL_OPTIONS)
@pytest.mark.parametrize("address", NO_ADDRESSES)
def test_what_is_no_address_is_refused_and_not_repeated(tmp_path: Path, option: str, address: str) -> None:
    section, name = option.rsplit(".", 1)
    value = f'"{address}"' if '"' not in address else f"'{address}'"
    text = f"[{section}]\n{name} = {f'[{value}]' if name == 'endpoints' else value}\n"
    with pytest.raises(SettingsInvalid) as caught:
        settings.load(site(tmp_path, text), {})
    assert caught.value.message.endswith("is not an address that sitegen can use")
    assert str(caught.value.place).endswith("sitegen.toml:2")
    assert "http://localhost:11434" in caught.value.remedy
    assert "s3cret" not in f"{caught.value}{caught.value.remedy}"


@pytest.mark.parametrize("address", ADDRESSES)
def test_addresses_are_taken_as_they_are(tmp_path: Path, address: str) -> None:
    environ = {settings.env_name(option): address for option in URL_OPTIONS}
    found = settings.load(site(tmp_path, ""), environ).settings
    assert [one.url for one in (*found.engine.ollama.endpoints, *found.engine.openai.endpoints)] == [address] * 2
    assert found.source.paperless.url == found.site.base_url == address


@pytest.mark.parametrize("value", ["x, y", '["x", "y"]'])
def test_lists_in_the_environment_are_json_or_separated_by_commas(tmp_path: Path, value: str) -> None:
    project = settings.load(site(tmp_path, ""), {"SITEGEN_SOURCE__PAPERLESS__NEVER_TAGS": value})
    assert project.settings.source.paperless.never_tags == ("x", "y")


@pytest.mark.parametrize(("value", "tag"), [('"x, y"', "x, y"), ("2026", "2026"), ("[" * 100_000, "[" * 100_000)])
def test_one_value_for_a_list_in_the_environment(tmp_path: Path, value: str, tag: str) -> None:
    project = settings.load(site(tmp_path, ""), {"SITEGEN_SOURCE__PAPERLESS__NEVER_TAGS": value})
    assert project.settings.source.paperless.never_tags == (tag,)


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("SITEGEN_ENGINE__OLLAMA__ENDPOINTS", '["http://a:1", 3]'),
        ("SITEGEN_SITE__MENU", '[{"title": "A", "url": 3}]'),
        ("SITEGEN_SITE__MENU", '[{"title": "A", "url": "/", "color": "x"}]'),
        ("SITEGEN_SITE__MENU", "About"),
    ],
)
def test_a_wrong_value_inside_a_list_names_the_variable(tmp_path: Path, variable: str, value: str) -> None:
    text = '[site]\nmenu = [{title = "Home", url = "/"}]\n'
    assert problems(tmp_path, text, {variable: value})[0].startswith(f"environment variable {variable}: ")


def test_an_empty_token_in_the_environment_is_no_token(tmp_path: Path) -> None:
    root = site(tmp_path, '[source.paperless]\ntoken_file = "t"\n')
    (tmp_path / "t").write_text("abc\n")
    project = settings.load(root, {"SITEGEN_SOURCE__PAPERLESS__TOKEN": " "})
    paperless = project.settings.source.paperless
    assert paperless.token is None
    assert project.origins["source.paperless.token"] == "default"
    assert settings.secret(paperless.token, paperless.token_file, "o", root) == "abc"
    assert settings.secret(SecretStr("\n"), paperless.token_file, "o", root) == "abc"
    assert settings.secret(SecretStr("x\n"), None, "o", root) == "x"


@pytest.mark.parametrize("token", ["abc\ns3cret", "abc s3cret", "s3crét", "s3cret\x7f"])
def test_a_token_that_no_header_can_hold_is_refused_and_not_repeated(tmp_path: Path, token: str) -> None:
    (tmp_path / "t").write_text(token)
    for value, file in ((SecretStr(token), None), (None, Path("t"))):
        with pytest.raises(SecretMissing, match="was more than the token copied") as caught:
            settings.secret(value, file, "publish.netlify.token", tmp_path)
        assert "s3cr" not in str(caught.value) + caught.value.remedy
        assert settings.secret(value, file, "backup.passphrase", tmp_path) == token


def test_a_token_in_the_file_is_refused_and_not_repeated(tmp_path: Path) -> None:
    found = problems(tmp_path, '[source.paperless]\ntoken = "s3cret"\n')
    assert "must not stand in sitegen.toml" in found[0]
    assert "s3cret" not in "".join(found)


def test_secrets_come_from_the_environment_or_a_file_and_are_masked(tmp_path: Path) -> None:
    root = site(tmp_path, '[source.paperless]\ntoken_file = "t"\n')
    project = settings.load(root, {"SITEGEN_SOURCE__PAPERLESS__TOKEN": "s3cret"})
    assert "s3cret" not in repr(project.settings)
    assert settings.secret(SecretStr("x"), None, "o", root) == "x"
    assert settings.secret(None, None, "o", root) is None
    with pytest.raises(SecretMissing, match="cannot be read"):
        settings.secret(None, Path("t"), "o", root)
    (tmp_path / "t").write_text(" \n")
    with pytest.raises(SecretMissing, match="empty"):
        settings.secret(None, Path("t"), "o", root)
    (tmp_path / "t").write_text("abc\n")
    assert settings.secret(None, Path("t"), "o", root) == "abc"


def test_every_option_has_a_docstring() -> None:
    def walk(model: type[settings._Section]) -> None:
        assert model.__doc__
        told = GENERATOR.docstrings(model)
        for name, field in model.model_fields.items():
            inner = field.annotation
            if get_origin(inner) is dict:
                inner = get_args(inner)[1]
            if isinstance(inner, type) and issubclass(inner, settings._Section):
                walk(inner)
            else:
                assert told.get(name), f"{model.__name__}.{name}"

    walk(settings.Settings)


@given(st.dictionaries(st.text(), st.text() | st.integers() | st.dictionaries(st.text(), st.none()), max_size=4))
def test_no_environment_breaks_the_program(environ: dict[str, object]) -> None:
    dressed = {f"SITEGEN_{name}": str(value) for name, value in environ.items()}
    found = settings._overlay({}, {}, dressed)
    assert len(found) == len(dressed)


def test_an_endpoint_is_its_address_or_a_table_with_slots_of_its_own(tmp_path: Path) -> None:
    text = '[engine.ollama]\nslots = 2\nendpoints = ["http://a:1", { url = "http://b:2", slots = 4 }]\n'
    found = settings.load(site(tmp_path, text), {}).settings.engine.ollama.endpoints
    assert [(one.url, one.slots) for one in found] == [("http://a:1", None), ("http://b:2", 4)]
    assert [one.model_dump() for one in found] == ["http://a:1", {"url": "http://b:2", "slots": 4}]


def test_a_table_of_an_endpoint_is_checked_like_any_other(tmp_path: Path) -> None:
    found = problems(tmp_path, '[engine.openai]\nendpoints = [{ url = "http://a:1", slot = 4 }, { slots = 0 }]\n', {})
    assert any("unknown setting engine.openai.endpoints.0.slot" in problem for problem in found)
    assert any("engine.openai.endpoints.1.url" in problem for problem in found)
    assert any("engine.openai.endpoints.1.slots" in problem for problem in found)


@pytest.mark.parametrize(("digest", "fits"), [("sha256:" + "a" * 64, True), ("0123456789ab", True), ("latest", False)])
def test_a_pinned_digest_looks_like_one(tmp_path: Path, digest: str, fits: bool) -> None:
    text = f'[engine.ollama]\ndigest = "{digest}"\n'
    if fits:
        assert settings.load(site(tmp_path, text), {}).settings.engine.ollama.digest == digest
    else:
        assert "engine.ollama.digest" in problems(tmp_path, text, {})[0]
