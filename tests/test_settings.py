"""settings: one file, the environment above it, all problems at once."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from sitegen import settings
from sitegen.errors import SecretMissing, SettingsInvalid, SettingsMissing, SettingsUnreadable, Several


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
        "sitegen.toml:3: site.language: Input should be a valid string",
        "sitegen.toml:2: unknown setting site.titel; did you mean site.title?",
        "sitegen.toml:9: build.per_page: Input should be greater than or equal to 1",
        "sitegen.toml:6: source.kind: Input should be 'paperless' or 'folder'",
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
    assert project.settings.engine.ollama.endpoints == ("http://a:1", "http://b:1")
    assert project.settings.build.per_page == 7
    assert project.settings.build.strict is True
    assert project.origins["source.folder.path"] == "SITEGEN_SOURCE__FOLDER__PATH"
    assert project.origins["site.title"] == "default"


def test_a_wrong_value_in_the_environment_names_the_variable(tmp_path: Path) -> None:
    found = problems(tmp_path, "", {"SITEGEN_BUILD__PER_PAGE": "many"})
    assert found[0].startswith("environment variable SITEGEN_BUILD__PER_PAGE: build.per_page: Input should be")


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
        for name, field in model.model_fields.items():
            if isinstance(field.annotation, type) and issubclass(field.annotation, settings._Section):
                walk(field.annotation)
            else:
                assert field.description, f"{model.__name__}.{name}"

    walk(settings.Settings)


@given(st.dictionaries(st.text(), st.text() | st.integers() | st.dictionaries(st.text(), st.none()), max_size=4))
def test_no_environment_breaks_the_program(environ: dict[str, object]) -> None:
    dressed = {f"SITEGEN_{name}": str(value) for name, value in environ.items()}
    found = settings._overlay({}, {}, dressed)
    assert len(found) == len(dressed)
