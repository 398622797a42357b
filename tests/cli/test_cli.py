"""The command line: exit codes, manners, and errors that say what to do."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import click
import pytest

from sitegen.cli import COMMANDS, root, run
from tests.servers.paperless import PaperlessServer

TEXT = "The council closed the weir bridge to lorries on 3 March 2026. The inspectors found cracks in two bearings.\n"


@pytest.fixture
def site(tmp_path: Path) -> Path:
    assert run(["init", str(tmp_path / "site"), "--quiet"]) == 0
    folder = tmp_path / "site"
    (folder / "documents" / "bridge.txt").write_text(f"Report on the bridge\n\n{TEXT}")
    return folder


def settings(site: Path, text: str) -> None:
    (site / "sitegen.toml").write_text(text)


def out_of(capsys: pytest.CaptureFixture[str]) -> Any:
    return json.loads(capsys.readouterr().out)


# ------------------------------------------------------------------------------------------------------------ the job


def test_init_pull_and_build_make_a_site_that_keeps_drafts_private(
    site: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["--site", str(site), "pull"]) == 0
    assert re.search(r"Briefs: 1 new\. 1 summary made", capsys.readouterr().err)
    assert run(["--site", str(site), "build"]) == 0
    public = "".join(path.read_text() for path in (site / "public").rglob("*.*") if path.suffix in (".html", ".xml"))
    assert "weir bridge" not in public
    assert run(["--site", str(site), "build", "--drafts"]) == 0
    assert "weir bridge" in next((site / "public" / "briefs").rglob("index.html")).read_text()
    assert run(["--site", str(site), "build"]) == 0
    assert not (site / "public" / "briefs").exists()


def test_the_demo_site_publishes_its_briefs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "demo"
    assert run(["init", str(folder), "--demo", "--json"]) == 0
    assert "sitegen.toml" in out_of(capsys)["files"]
    assert run(["--site", str(folder), "pull", "--limit", "3", "--json"]) == 0
    report = out_of(capsys)
    assert report["counts"] == {"created": 3}
    assert report["engine_calls"] == 3
    assert run(["--site", str(folder), "build", "--json", "--strict"]) == 0
    built = out_of(capsys)
    assert built["pages"] >= 5
    assert built["warnings"] == []
    by_hand = [path.name for path in (folder / "briefs").glob("*.md") if "method: written" in path.read_text()]
    assert len(by_hand) == 2
    assert len(list((folder / "public" / "briefs").glob("*/index.html"))) == 5


def test_init_says_what_to_do_next_in_words_that_a_shell_takes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(["init", "my site"]) == 0
    said = " ".join(capsys.readouterr().err.split())
    assert "put documents into 'my site/documents', then sitegen --site 'my site' pull, then sitegen --site" in said
    assert run(["init", "try", "--demo"]) == 0
    said = " ".join(capsys.readouterr().err.split())
    assert "Next: sitegen --site try pull, then sitegen --site try serve." in said


def test_init_overwrites_nothing(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (site / "content" / "index.md").write_text("mine")
    assert run(["init", str(site)]) == 2
    assert "SG803" in capsys.readouterr().err
    assert (site / "content" / "index.md").read_text() == "mine"


@pytest.mark.parametrize("name", ["2024-01-05-pressemitteilung-hochwasser.md", "metadata.jsonl", "my-own.txt"])
def test_the_demo_leaves_documents_of_its_user_alone(
    tmp_path: Path, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "documents").mkdir()
    (tmp_path / "documents" / name).write_text("mine")
    assert run(["init", str(tmp_path), "--demo"]) == 2
    assert "there is already documents/" in capsys.readouterr().err
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == [name]
    assert (tmp_path / "documents" / name).read_text() == "mine"


def test_the_demo_takes_an_empty_folder_of_documents(tmp_path: Path) -> None:
    (tmp_path / "documents").mkdir()
    assert run(["init", str(tmp_path), "--demo"]) == 0
    assert (tmp_path / "documents" / "metadata.jsonl").exists()


def test_options_may_stand_before_or_after_the_command(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for words in (["--json", "--site", str(site), "brief", "list"], ["brief", "list", "--site", str(site), "--json"]):
        assert run(words) == 0
        assert out_of(capsys) == []


def test_the_site_is_the_nearest_one_upwards(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(site / "documents")
    assert run(["config", "--quiet"]) == 0


# ------------------------------------------------------------------------------------------------------------- briefs


def test_brief_list_and_show_tell_state_and_reason(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (site / "documents" / "bad.pdf").write_bytes(b"%PDF-1.4 broken")
    assert run(["--site", str(site), "pull"]) == 6
    assert "SG801" in capsys.readouterr().err
    assert run(["--site", str(site), "brief", "list"]) == 0
    table = capsys.readouterr().out
    assert re.search(r"^draft .*briefs/[a-z-]+\.md", table, re.M)
    assert re.search(r"^failed .*SG211", table, re.M)
    assert run(["--site", str(site), "--json", "brief", "list", "--status", "failed"]) == 0
    assert [line["source"] for line in out_of(capsys)] == ["folder:bad.pdf"]
    assert run(["--site", str(site), "brief", "show", "folder:bridge.txt"]) == 0
    shown = capsys.readouterr().out
    assert "extract by extractive lexrank" in shown
    assert "The inspectors found cracks" in shown
    assert run(["--site", str(site), "--json", "brief", "show", "folder:bridge.txt"]) == 0
    assert out_of(capsys)["provenance"]["made"]["method"] == "extract"
    assert run(["--site", str(site), "brief", "show", "nothing"]) == 1
    assert "SG407" in capsys.readouterr().err


def test_a_pull_of_which_some_failed_ends_with_6_and_says_all_as_json(
    site: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings(site, "[engine]\nattempts = 1\n")
    (site / "documents" / "bad.pdf").write_bytes(b"%PDF-1.4 broken")
    (site / "documents" / "blank.txt").write_text(" \n")
    assert run(["--site", str(site), "pull", "--json"]) == 6
    shown = capsys.readouterr()
    report = json.loads(shown.out)
    assert shown.err == "", "the summary alone"
    assert (report["counts"], report["dead"]) == ({"created": 1, "dead": 1, "empty": 1}, 1)
    assert (report["engine_calls"], report["engine_error"], report["ended_by"]) == (1, None, None)
    (bad,) = (one for one in report["documents"] if one["result"] == "dead")
    assert (bad["ref"], bad["code"]) == ("folder:bad.pdf", "SG211")
    assert "no PDF" in bad["reason"] or "damaged" in bad["reason"]
    assert len(list((site / "briefs").glob("*.md"))) == 1, "all others are done"
    assert run(["--site", str(site), "pull", "--json"]) == 0, "what was given up is not tried again"
    assert (out_of(capsys)["counts"], report["dead"]) == ({}, 1)
    assert run(["--site", str(site), "pull"]) == 0
    assert "1 given up: `sitegen brief list --status dead` says why." in capsys.readouterr().err


def test_a_document_that_was_given_up_is_asked_for_again_or_forgotten(
    site: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def sitegen(*words: str) -> int:
        return run(["--site", str(site), "--json", *words])

    settings(site, "[engine]\nattempts = 1\n")
    bad = site / "documents" / "bad.pdf"
    bad.write_bytes(b"%PDF-1.4 broken")
    assert sitegen("pull", "-q") == 6
    capsys.readouterr()
    assert sitegen("brief", "list", "--status", "dead") == 0
    assert [line["source"] for line in out_of(capsys)] == ["folder:bad.pdf"]
    assert sitegen("brief", "retry", "--dead") == 0
    assert [(one["ref"], one["was"]) for one in out_of(capsys)] == [("folder:bad.pdf", "dead")]
    assert sitegen("pull") == 6, "it is still bad"
    capsys.readouterr()
    assert sitegen("brief", "forget", "--yes", "bad.pdf") == 0
    assert [(one["ref"], one["was"]) for one in out_of(capsys)] == [("folder:bad.pdf", "dead")]
    assert sitegen("brief", "list", "--status", "dead") == 0
    assert out_of(capsys) == []
    bad.unlink()
    assert sitegen("pull") == 0
    assert out_of(capsys)["counts"] == {}
    assert sitegen("brief", "retry", "--dead") == 0
    assert out_of(capsys) == []
    assert sitegen("brief", "forget", "--yes", "bad.pdf") == 1, "nobody knows it any more"


def test_a_brief_is_not_taken_for_one_whose_name_ends_alike(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name, title in (("bridge", "The bridge"), ("weir-bridge", "A weir")):
        (site / "briefs").mkdir(exist_ok=True)
        (site / "briefs" / f"{name}.md").write_text(f"---\ntitle: {title}\nstatus: draft\n---\n\nText.\n")
    assert run(["--site", str(site), "--json", "brief", "show", "bridge"]) == 0
    shown = out_of(capsys)
    assert (shown["title"], shown["brief"]) == ("The bridge", "briefs/bridge.md")


def test_a_broken_record_hides_no_other_brief(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (site / "documents" / "pool.txt").write_text(f"Report on the pool\n\n{TEXT}")
    run(["--site", str(site), "pull", "-q"])
    record = next(path for path in (site / "briefs" / ".provenance").iterdir() if "folder:pool.txt" in path.read_text())
    record.write_text(f"<<<<<<< HEAD\n{record.read_text()}")
    assert run(["--site", str(site), "brief", "list"]) == 0
    shown = capsys.readouterr()
    assert shown.out.count("\ndraft ") == 2
    assert shown.err.count(record.name) == 1
    assert run(["--site", str(site), "brief", "show", "folder:pool.txt"]) == 0
    shown = capsys.readouterr()
    assert "folder:pool.txt" in shown.out
    assert shown.err.count(record.name) == 1


def test_a_proposal_is_shown_below_the_editors_text(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(["--site", str(site), "pull", "-q"])
    path = next((site / "briefs").glob("*.md"))
    path.write_text(path.read_text().replace("summary: The", "summary: My own words. The"))
    (site / "documents" / "bridge.txt").write_text(
        "Report\n\nThe mayor of the town opened the new swimming pool in the park on 5 May 2026 in the rain.\n"
    )
    assert run(["--site", str(site), "pull"]) == 0
    assert "1 proposed to editors" in capsys.readouterr().err
    assert run(["--site", str(site), "brief", "show", path.stem]) == 0
    _, _, proposal = capsys.readouterr().out.partition("--- proposal")
    assert "summary: The mayor of the town opened the new swimming pool" in proposal
    assert "summary: My own words." in path.read_text()


def test_cache_stats_and_prune(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(["--site", str(site), "pull", "-q"])
    assert run(["--site", str(site), "cache", "stats"]) == 0
    assert re.search(r"^1 summaries.*\n.*\nextractive +lexrank", capsys.readouterr().out)
    assert run(["--site", str(site), "--json", "cache", "prune", "--older-than", "0"]) == 0
    assert out_of(capsys) == {"removed": 1}
    assert run(["--site", str(site), "--json", "cache", "stats"]) == 0
    assert out_of(capsys)["entries"] == 0


# ------------------------------------------------------------------------------------------------ settings and errors


def test_no_settings_is_exit_3_and_says_what_to_do(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--site", str(tmp_path), "pull"]) == 3
    error = capsys.readouterr().err
    assert "error SG101" in error
    assert "what to do: Run `sitegen init`" in error


def test_all_wrong_settings_are_shown_at_once(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    settings(site, '[site]\ntitel = "x"\n[build]\nper_page = "many"\n')
    assert run(["--site", str(site), "build"]) == 3
    error = capsys.readouterr().err
    assert error.count("error SG103") == 2
    assert "sitegen.toml:2" in error
    assert "2 problems found." in error
    assert run(["--site", str(site), "--json", "build"]) == 3
    assert [problem["code"] for problem in out_of(capsys)["errors"]] == ["SG103", "SG103"]


def test_of_very_many_problems_the_first_are_shown_and_all_are_in_json(
    site: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (references := tmp_path / "wrong.jsonl").write_text("no JSON\n" * 3000)
    call = ["--site", str(site), "evaluate", str(tmp_path), "--references", str(references)]
    assert run(call) == 1
    error = capsys.readouterr().err
    assert 0 < error.count("wrong.jsonl:") <= 100
    assert "3000 problems found. The first 100 are shown, `--json` has all." in error
    assert run(["--json", *call]) == 1
    assert len(out_of(capsys)["errors"]) == 3000


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        (["biuld"], "Did you mean 'build'?"),
        (["build", "--outptu", "x"], "--output"),
        (["pull", "--limit", "0"], "0 is not in the range"),
        (["pull", "--since", "yesterday"], "does not match the format"),
        (["brief", "show"], "Missing argument"),
        (["build", "--base-url", "example.org"], "write it as in https://"),
    ],
)
def test_wrong_usage_is_exit_2_with_a_hint(words: list[str], hint: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(words) == 2
    assert hint in capsys.readouterr().err


def test_config_shows_values_origins_and_no_secret(
    site: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SITEGEN_SOURCE__PAPERLESS__TOKEN", "s3cret-token")
    monkeypatch.setenv("SITEGEN_BUILD__PER_PAGE", "7")
    assert run(["--site", str(site), "config"]) == 0
    table = capsys.readouterr().out
    assert re.search(r"^build\.per_page +7 +SITEGEN_BUILD__PER_PAGE$", table, re.M)
    assert re.search(r"^source\.paperless\.token +\*+ +SITEGEN_SOURCE", table, re.M)
    assert re.search(r"^site\.title .*sitegen\.toml:\d+$", table, re.M)
    assert "s3cret" not in table
    assert run(["--site", str(site), "--json", "config", "--changed"]) == 0
    changed = {item["option"]: item["value"] for item in out_of(capsys)["settings"]}
    assert changed["build.per_page"] == 7
    assert "serve.port" not in changed


def paperless(site: Path, server: PaperlessServer, **more: str) -> None:
    extra = "".join(f'{name} = "{value}"\n' for name, value in more.items())
    settings(site, f'[source]\nkind = "paperless"\n[source.paperless]\nurl = "{server.url}"\nretries = 0\n{extra}')


def test_paperless_end_to_end_with_a_token_from_a_file(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with PaperlessServer() as server:
        server.add_document("Bridge inspection", TEXT)
        paperless(site, server, token_file="t.token")
        assert run(["--site", str(site), "pull"]) == 3
        assert "SG104" in capsys.readouterr().err
        (site / "t.token").write_text(server.token)
        assert run(["--site", str(site), "pull", "--json"]) == 0
        assert out_of(capsys)["counts"] == {"created": 1}


@pytest.mark.parametrize(
    ("fault", "code"),
    [("down", "SG201"), ("token", "SG202"), ("path", "SG204"), ("html", "SG204"), ("5xx", "SG205"), ("tag", "SG208")],
)
def test_a_source_that_cannot_be_used_is_exit_4_with_its_own_code(
    site: Path, fault: str, code: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with PaperlessServer() as server:
        monkeypatch.setenv("SITEGEN_SOURCE__PAPERLESS__TOKEN", "bad" if fault == "token" else server.token)
        paperless(site, server, **({"publish_tag": "nope"} if fault == "tag" else {}))
        if fault == "path":
            text = (site / "sitegen.toml").read_text()
            settings(site, text.replace(server.url, f"{server.url}/elsewhere"))
        if fault == "html":
            server.fail_next(1, kind="html")
        if fault == "5xx":
            server.fail_next(5, status=500)
        if fault == "down":
            settings(site, (site / "sitegen.toml").read_text().replace(server.url, "http://127.0.0.1:9"))
        assert run(["--site", str(site), "pull"]) == 4
    error = capsys.readouterr().err
    assert f"error {code}" in error
    assert "what to do:" in error
    assert server.token not in error


def test_an_engine_that_is_down_is_exit_5(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    settings(site, '[engine]\nkind = "ollama"\n[engine.ollama]\nendpoints = ["http://127.0.0.1:9"]\n')
    assert run(["--site", str(site), "pull"]) == 5
    assert "error SG301" in capsys.readouterr().err


def test_doctor_finds_what_is_wrong_and_says_what_to_do(
    site: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run(["--site", str(site), "doctor"]) == 0
    assert re.search(r"✓ \w+ .*1 documents?", capsys.readouterr().out)
    with PaperlessServer() as server:
        paperless(site, server)
        monkeypatch.setenv("SITEGEN_SOURCE__PAPERLESS__TOKEN", "wrong")
        assert run(["--site", str(site), "doctor"]) == 1
        shown = capsys.readouterr()
        assert re.search(r"✗ \w+ .*\n +what to do: .*token", shown.out)
        assert "SG802" in shown.err
        monkeypatch.setenv("SITEGEN_SOURCE__PAPERLESS__TOKEN", server.token)
        assert run(["--site", str(site), "--json", "doctor"]) == 0
        assert {finding["topic"] for finding in out_of(capsys)} >= {"settings", "engine", "disk", "git"}


def test_a_fault_of_ours_is_no_traceback_unless_asked_for(
    site: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fault(*_: object, **__: object) -> None:
        raise ValueError("boom")

    monkeypatch.setattr("sitegen.settings.load", fault)
    assert run(["--site", str(site), "config"]) == 1
    error = capsys.readouterr().err
    assert "error SG901: ValueError: boom" in error
    assert "Traceback" not in error
    assert run(["--site", str(site), "--debug", "config"]) == 1
    error = capsys.readouterr().err
    assert error.startswith("Traceback")
    assert "error SG901: ValueError: boom" in error


def test_debug_keeps_exit_codes_and_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--site", str(tmp_path), "--debug", "--json", "pull"]) == 3
    shown = capsys.readouterr()
    assert json.loads(shown.out)["errors"][0]["code"] == "SG101"
    assert "SettingsMissing" in shown.err
    assert "Traceback" in shown.err


# ------------------------------------------------------------------------------------------------------------ manners


def shell(*words: str, site: Path | None = None, **environ: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "sitegen", *(["--site", str(site)] if site else []), *words]
    return subprocess.run(command, capture_output=True, text=True, env={**os.environ, **environ}, timeout=60)


def script(**environ: str) -> subprocess.CompletedProcess[str]:
    command = [str(Path(sys.executable).parent / "sitegen")]  # as the shell calls it, by its own name
    return subprocess.run(command, capture_output=True, text=True, env={**os.environ, **environ}, timeout=60)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself_with_examples(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run([command, "--help"]) == 0
    shown = capsys.readouterr().out
    assert "Examples:" in shown
    assert f"sitegen {command}" in re.sub(r"(?s)^.*?Examples:", "", shown) or f" {command}" in shown


def test_the_list_of_commands_says_what_each_command_says_of_itself() -> None:
    context = click.Context(root)
    said = {name: command.get_short_help_str(100) for name in COMMANDS if (command := root.get_command(context, name))}
    assert said == COMMANDS


def test_help_loads_nothing_heavy() -> None:
    script = "import sys; from sitegen.cli import run; run(['--help']); print('LOADED', *sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    loaded = set(done.stdout.rpartition("LOADED")[2].split())
    assert "sitegen.cli" in loaded
    heavy = {
        "sitegen.cli.build",
        "sitegen.console",
        "sitegen.errors",
        "pydantic",
        "httpx",
        "jinja2",
        "markdown_it",
        "yaml",
        "rich",
        "asyncio",
        "diskcache",
        "sqlite3",
        "starlette",
    }
    assert not loaded & heavy


def test_results_go_to_stdout_and_remarks_to_stderr_without_colour(site: Path) -> None:
    pulled = shell("pull", site=site)
    assert pulled.stdout == ""
    assert "Briefs: 1 new" in pulled.stderr
    assert "\x1b" not in pulled.stderr
    assert shell("pull", "--quiet", site=site).stderr == ""
    coloured = shell("brief", "list", site=site, FORCE_COLOR="1")
    assert "\x1b[1m" in coloured.stdout
    assert "\x1b" not in shell("brief", "list", site=site, FORCE_COLOR="1", NO_COLOR="1").stdout


def test_verbose_says_what_is_done_line_by_line(site: Path) -> None:
    assert re.search(r"^1 created: .* \(folder:bridge\.txt\)$", shell("pull", "-v", site=site).stderr, re.M)


def test_terminal_escapes_in_titles_are_shown_and_not_obeyed(site: Path) -> None:
    (site / "documents" / "metadata.jsonl").write_text('{"file": "bridge.txt", "title": "A\\u001b]0;owned\\u0007B"}\n')
    (site / "briefs").mkdir()
    (site / "briefs" / "mine.md").write_text(
        '---\nstatus: draft\ntitle: "A\\e]0;owned\\aB"\n---\n\nText \x1b[2J\x9b31m end.\n'
    )
    for words in (["pull", "--dry-run"], ["pull", "-v"], ["brief", "list"], ["brief", "show", "mine"]):
        done = shell(*words, site=site)
        assert done.returncode == 0, done.stderr
        assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]", done.stdout + done.stderr)
    assert "\\x1b[2J\\x9b31m end." in done.stdout


def test_a_closed_pipe_is_no_error(site: Path) -> None:
    command = f"{sys.executable} -m sitegen --site {site} config | head -1"
    done = subprocess.run(["bash", "-o", "pipefail", "-c", command], capture_output=True, text=True, timeout=60)
    assert done.stderr == ""


@pytest.mark.parametrize(
    ("name", "commands", "options"),
    [
        ("bash", "plain,build\n", "plain,--drafts\n"),
        ("zsh", "plain\nbuild\nRender the site.\n", "plain\n--drafts\nShow drafts, and what is in review, as well.\n"),
        ("fish", "plain,build\tRender the site.\n", "plain,--drafts\tShow drafts, and what is in review, as well.\n"),
    ],
)
def test_completion_for_every_shell(name: str, commands: str, options: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["completion", name]) == 0
    assert "_SITEGEN_COMPLETE" in capsys.readouterr().out
    for words, current, wanted in (("sitegen bu", "bu", commands), ("sitegen build --dr", "--dr", options)):
        # bash and zsh give the place of the word in COMP_CWORD, fish the word itself
        place = current if name == "fish" else str(len(words.split()) - 1)
        done = script(_SITEGEN_COMPLETE=f"{name}_complete", COMP_WORDS=words, COMP_CWORD=place)
        assert (done.returncode, done.stdout) == (0, wanted)


def test_the_shell_completes_the_names_of_briefs(site: Path) -> None:
    for name in ("bridge", "budget", "council"):
        (site / "briefs").mkdir(exist_ok=True)
        (site / "briefs" / f"{name}.md").write_text("")
    words = f"sitegen --site {site} brief show b"
    found = script(_SITEGEN_COMPLETE="bash_complete", COMP_WORDS=words, COMP_CWORD="5")
    assert (found.returncode, found.stdout) == (0, "plain,bridge\nplain,budget\n")
    (site / "sitegen.toml").write_text("broken")
    found = script(_SITEGEN_COMPLETE="bash_complete", COMP_WORDS=words, COMP_CWORD="5")
    assert (found.returncode, found.stdout.strip(), found.stderr) == (0, "", "")


@pytest.mark.parametrize("group", ["brief", "cache", "deploy", "prompt"])
def test_no_line_of_a_list_of_commands_breaks_off(group: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run([group, "--help"]) == 0
    assert "..." not in capsys.readouterr().out.split("Commands:")[1]


def test_the_version_is_said() -> None:
    assert re.fullmatch(r"sitegen \d+\.\d+\.\d+\n", shell("--version").stdout)


def test_the_assets_of_an_earlier_build_are_carried_forward(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--site", str(site), "build"]) == 0
    (old,) = (site / "public/assets/css").glob("continuum.*.css")
    (site / "public").rename(site / "deployed")
    (site / "static/css").mkdir(parents=True)
    (site / "static/css/_site.css").write_text("a { color: red }")
    assert run(["--site", str(site), "build", "--carry-from", str(site / "deployed")]) == 0
    assert len(list((site / "public/assets/css").glob("continuum.*.css"))) == 2
    assert old.name in (site / "public/carried/assets.json").read_text()
    assert run(["--site", str(site), "build"]) == 0
    assert len(list((site / "public/assets/css").glob("continuum.*.css"))) == 1
    assert run(["--site", str(site), "build", "--carry-from", str(site / "nowhere")]) == 2


# --------------------------------------------------------------------------------------------- what people get wrong


@pytest.mark.parametrize(
    "args",
    [
        ["bild"],
        ["brief", "list", "--status", "x"],
        ["pull", "--since", "yesterday"],
        ["build", "--nope"],
        ["brief", "show"],
    ],
)
def test_with_json_a_command_line_that_is_not_understood_is_told_as_json(
    args: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run([*args, "--json"]) == 2
    printed = capsys.readouterr()
    [error] = json.loads(printed.out)["errors"]
    assert error["message"]
    assert "--help" in error["remedy"]
    assert printed.err == ""


def test_output_that_nobody_reads_ends_no_command(site: Path) -> None:
    command = f'"{sys.executable}" -m sitegen --site "{site}" brief list'
    for closed in (">&-", "2>&-", ">&- 2>&-", "<&-"):
        assert subprocess.run(["/bin/sh", "-c", f"{command} {closed}"], capture_output=True).returncode == 0, closed


def test_init_names_the_command_that_shows_the_new_briefs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["init", str(tmp_path / "mine")]) == 0
    assert "serve --drafts." in capsys.readouterr().err
    assert run(["init", str(tmp_path / "demo"), "--demo"]) == 0
    assert "serve." in capsys.readouterr().err  # whose briefs are published


def test_a_theme_without_a_name_does_not_become_a_page(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--site", str(site), "new", "theme"]) == 2
    assert "sitegen new theme NAME" in capsys.readouterr().err
    assert not (site / "content" / "theme.md").exists()
    assert run(["--site", str(site), "new", "content/theme"]) == 0


def test_the_cache_is_not_cleared_without_a_yes(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--site", str(site), "pull", "--quiet"]) == 0
    command = [sys.executable, "-m", "sitegen", "--site", str(site), "cache", "clear"]
    said_no = subprocess.run(command, input="n\n", capture_output=True, text=True)
    assert (said_no.returncode, "Nothing was done." in said_no.stderr) == (1, True)
    nobody = subprocess.run(command, input="", capture_output=True, text=True)
    assert (nobody.returncode, "Say --yes." in nobody.stderr) == (2, True)
    assert run(["--site", str(site), "cache", "stats", "--json"]) == 0
    assert out_of(capsys)["entries"] == 1
    assert run(["--site", str(site), "cache", "clear", "--yes", "--json"]) == 0
    assert out_of(capsys) == {"removed": 1}


def test_a_name_that_is_too_long_is_no_fault_of_the_disk(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--site", str(site), "new", "a" * 300]) == 1
    assert "Choose a shorter name" in capsys.readouterr().err
