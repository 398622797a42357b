"""Publishing from the editor's desk, with real repositories: checked first, nothing else touched, nothing forced."""

from __future__ import annotations

import http.server
import json
import shutil
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sitegen import settings
from sitegen.errors import GitFailed, GitRefused, SecretMissing, SitegenError
from sitegen.publish.changes import Changes
from sitegen.publish.github import repository_of
from sitegen.publish.publication import Published, PublishOptions, publish

BRIEF = "---\ntitle: {title}\nstatus: {status}\nsource: {source}\n---\n{body}\n"


class Desk:
    """An editor's clone of a site, and the bare repository that it came from."""

    def __init__(self, folder: Path, site: str = ".") -> None:
        self.remote = folder / "remote.git"
        self.top = folder / "desk"
        self.root = self.top / site
        run(folder, "init", "--quiet", "--bare", "--initial-branch=main", str(self.remote))
        run(folder, "clone", "--quiet", str(self.remote), str(self.top))
        self.configure(self.top)
        self.write("sitegen.toml", '[site]\ntitle = "Town"\n')
        self.write(".gitignore", "/public/\n/.sitegen/\n")
        self.brief("one", title="One")
        self.git("add", ".")
        self.git("commit", "--quiet", "-m", "First")
        self.git("push", "--quiet", "origin", "HEAD")

    @staticmethod
    def configure(clone: Path) -> None:
        run(clone, "config", "user.name", "Ed Itor")
        run(clone, "config", "user.email", "ed@example.org")

    def git(self, *words: str) -> str:
        return run(self.top, *words)

    def write(self, path: str, text: str) -> None:
        target = self.root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)

    def brief(self, name: str, title: str = "T", status: str = "published", body: str = "Text.") -> None:
        self.write(f"briefs/{name}.md", BRIEF.format(title=title, status=status, source=f"folder:{name}", body=body))

    def publish(self, **options: Any) -> Published | None:
        return publish(settings.load(self.root, {}), PublishOptions(**options), lambda text: None)

    def there(self, path: str, branch: str = "main") -> str:
        return run(self.remote, "show", f"{branch}:{path}")

    def log(self, branch: str = "main") -> list[str]:
        return run(self.remote, "log", "--format=%s", branch).splitlines()


def run(folder: Path, *words: str) -> str:
    done = subprocess.run(["git", "-C", folder, *words], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def test_what_changed_is_committed_in_words_and_pushed(desk: Desk) -> None:
    desk.brief("one", title="One", body="Better text.")
    desk.brief("two", title="Two")
    desk.brief("three", title="Three", status="draft")
    done = desk.publish()
    assert done is not None
    assert done.pushed == "origin/main"
    assert run(desk.remote, "log", "-1", "--format=%B").strip() == (
        "Publish 1 brief, revise 1\n\nAdded:\n- Two\n\nRevised:\n- One\n\n1 that the public does not see."
    )
    assert "Better text." in desk.there("briefs/one.md")
    assert desk.publish() is None, "the second time there is nothing to do"
    assert run(desk.remote, "log", "-1", "--format=%an") == "Ed Itor\n"


def test_own_words_come_first(desk: Desk) -> None:
    desk.brief("two", title="Two")
    assert desk.publish(message="June papers") is not None
    assert desk.log()[0] == "June papers"


def test_withdrawn_and_deleted_briefs_are_said_and_moved_ones_are_revised(desk: Desk) -> None:
    for name in ("two", "three"):
        desk.brief(name, title=name.title())
    desk.publish()
    desk.brief("one", title="One", status="withdrawn")
    (desk.root / "briefs/two.md").unlink()
    (desk.root / "briefs/three.md").rename(desk.root / "briefs/moved.md")
    done = desk.publish()
    assert done is not None
    assert [title for title, *_ in done.changes.withdrawn] == ["One", "Two"]
    assert [path for _, path, _ in done.changes.revised] == ["briefs/moved.md"]


def test_nothing_else_is_touched(desk: Desk) -> None:
    desk.write("content/about.md", "---\ntitle: About\n---\nHalf done\n")
    desk.write("staged.txt", "staged")
    desk.git("add", "staged.txt")
    desk.brief("two", title="Two")
    assert desk.publish() is not None
    assert desk.git("diff-tree", "-r", "--name-only", "--no-commit-id", "HEAD").split() == ["briefs/two.md"]
    assert desk.git("status", "--short").split("\n")[:2] == ["A  staged.txt", "?? content/"]


def test_a_site_that_would_not_build_is_not_committed(desk: Desk) -> None:
    desk.brief("two", title="Two", body="[gone](/nowhere/)")
    with pytest.raises(SitegenError) as caught:
        desk.publish()
    assert "nowhere" in str(caught.value.problems[0])
    assert len(desk.log()) == 1
    assert desk.git("status", "--short").strip() == "?? briefs/two.md"


def test_what_is_built_is_what_will_be_committed(desk: Desk) -> None:
    desk.write("content/later.md", "---\ntitle: Later\n---\nNot committed yet\n")
    desk.brief("two", title="Two", body="See [later](/later/).")
    with pytest.raises(SitegenError) as caught:
        desk.publish()
    assert "/later/" in str(caught.value.problems[0]), "the page is on this desk only"


def test_a_dry_run_says_and_does_nothing(desk: Desk) -> None:
    desk.brief("two", title="Two")
    done = desk.publish(dry_run=True)
    assert done is not None
    assert (done.commit, done.pages) == ("", 2)
    assert len(desk.log()) == 1
    assert desk.git("status", "--short").strip() == "?? briefs/two.md"


def test_without_pushing_the_commit_stays_here(desk: Desk) -> None:
    desk.brief("two", title="Two")
    done = desk.publish(push=False)
    assert done is not None
    assert done.commit
    assert len(desk.log()) == 1


def test_what_could_not_be_pushed_is_pushed_by_the_next_try(desk: Desk) -> None:
    desk.brief("two", title="Two")
    hook = desk.remote / "hooks/pre-receive"
    hook.write_text("#!/bin/sh\necho 'error: no right to write' >&2\nexit 1\n")
    hook.chmod(0o755)
    with pytest.raises(GitFailed, match="no right to write"):
        desk.publish()
    assert len(desk.log()) == 1
    hook.unlink()
    assert desk.publish(dry_run=True) is None
    done = desk.publish()
    assert done is not None
    assert (done.pushed, done.message, len(desk.log())) == ("origin/main", "", 2)
    assert desk.publish() is None


def test_a_branch_that_moved_on_is_refused_before_anything_is_committed(desk: Desk, tmp_path: Path) -> None:
    run(tmp_path, "clone", "--quiet", str(desk.remote), "other")
    Desk.configure(tmp_path / "other")
    run(tmp_path / "other", "commit", "--quiet", "--allow-empty", "-m", "Meanwhile")
    run(tmp_path / "other", "push", "--quiet")
    desk.brief("two", title="Two")
    head = desk.git("rev-parse", "HEAD")
    with pytest.raises(GitRefused, match="1 commits") as caught:
        desk.publish()
    assert "git pull --rebase" in caught.value.remedy
    assert desk.git("rev-parse", "HEAD") == head
    desk.git("pull", "--quiet", "--rebase")
    assert desk.publish() is not None


def test_unfinished_business_is_refused(desk: Desk) -> None:
    desk.brief("two", title="Two")
    desk.git("switch", "--quiet", "--detach")
    with pytest.raises(GitRefused, match="no branch"):
        desk.publish()
    desk.git("switch", "--quiet", "main")
    (desk.top / ".git/MERGE_HEAD").write_text(desk.git("rev-parse", "HEAD"))
    with pytest.raises(GitRefused, match="merge"):
        desk.publish()


def test_a_site_outside_of_git_or_without_a_remote_is_told(tmp_path: Path, desk: Desk) -> None:
    lone = tmp_path / "lone"
    lone.mkdir()
    (lone / "sitegen.toml").write_text("")
    with pytest.raises(GitRefused, match="not in a git repository"):
        publish(settings.load(lone, {}), PublishOptions(), lambda text: None)
    desk.git("remote", "remove", "origin")
    desk.brief("two", title="Two")
    with pytest.raises(GitRefused, match="no remote"):
        desk.publish()
    assert desk.publish(push=False) is not None


def test_a_site_in_a_part_of_a_repository_is_published_alone(tmp_path: Path) -> None:
    desk = Desk(tmp_path, "sites/town")
    (desk.top / "elsewhere.txt").write_text("not ours")
    desk.brief("two", title="Two « ü » (1)")
    done = desk.publish()
    assert done is not None
    assert "« ü »" in desk.there("sites/town/briefs/two.md")
    assert desk.git("status", "--short").strip() == "?? elsewhere.txt"


def test_a_hook_that_refuses_is_heard(desk: Desk) -> None:
    hook = desk.top / ".git/hooks/pre-commit"
    hook.write_text("#!/bin/sh\necho 'error: not on a Sunday' >&2\nexit 1\n")
    hook.chmod(0o755)
    desk.brief("two", title="Two")
    with pytest.raises(GitFailed, match="not on a Sunday"):
        desk.publish()


# ---------------------------------------------------------------------------------------------------- pull requests


@pytest.fixture
def github(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[dict[str, Any]]]:
    """GitHub's API, as far as it takes pull requests; what it was asked for."""
    asked: list[dict[str, Any]] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            asked.append({"path": self.path, "token": self.headers["Authorization"], **body})
            known = len(asked) > 1
            self.tell(
                422 if known else 201, {"message": "exists"} if known else {"html_url": "https://gh.example/pull/1"}
            )

        def do_GET(self) -> None:
            self.tell(200, [{"html_url": "https://gh.example/pull/1"}])

        def tell(self, status: int, value: object) -> None:
            raw = json.dumps(value).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(raw)))
            self.end_headers()
            self.wfile.write(raw)

        def log_message(self, *_: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        monkeypatch.setenv("GITHUB_API_URL", f"http://127.0.0.1:{server.server_port}")
        monkeypatch.setenv("GITHUB_TOKEN", "secret")
        yield asked
        server.shutdown()
        thread.join()


def at_github(desk: Desk, folder: Path) -> None:
    place = folder / "github.example/town/papers.git"
    place.parent.mkdir(parents=True)
    shutil.move(desk.remote, place)
    desk.remote = place
    desk.git("remote", "set-url", "origin", "https://github.example/town/papers.git")
    desk.git("config", f"url.file://{folder}/github.example/.insteadOf", "https://github.example/")


def test_more_briefs_go_into_the_pull_request_that_is_open(
    desk: Desk, tmp_path: Path, github: list[dict[str, Any]]
) -> None:
    at_github(desk, tmp_path)
    desk.brief("two", title="Two")
    first = desk.publish(pull_request=True)
    desk.brief("three", title="Three")
    second = desk.publish(pull_request=True)
    assert first is not None
    assert second is not None
    assert second.pushed == first.pushed
    assert [one["base"] for one in github] == ["main", "main"]
    assert len(desk.log(first.pushed.removeprefix("origin/"))) == 3


def test_a_pull_request_that_failed_is_opened_by_the_next_try(
    desk: Desk, tmp_path: Path, github: list[dict[str, Any]]
) -> None:
    at_github(desk, tmp_path)
    hook = desk.remote / "hooks/pre-receive"
    hook.write_text("#!/bin/sh\nexit 1\n")
    hook.chmod(0o755)
    desk.brief("two", title="Two")
    with pytest.raises(GitFailed):
        desk.publish(pull_request=True)
    hook.unlink()
    done = desk.publish(pull_request=True)
    assert done is not None
    assert done.pull_request == "https://gh.example/pull/1"
    assert (github[0]["base"], github[0]["title"]) == ("main", "Publish 1 brief")


def test_a_hook_that_refuses_leaves_no_branch_behind(desk: Desk, tmp_path: Path, github: list[dict[str, Any]]) -> None:
    at_github(desk, tmp_path)
    hook = desk.top / ".git/hooks/pre-commit"
    hook.write_text("#!/bin/sh\nexit 1\n")
    hook.chmod(0o755)
    desk.brief("two", title="Two")
    with pytest.raises(GitFailed):
        desk.publish(pull_request=True)
    assert desk.git("branch", "--format=%(refname:short)").split() == ["main"]
    assert "sitegenbase" not in desk.git("config", "--list")
    assert not github


def test_a_table_fits_into_a_pull_request_however_much_changed() -> None:
    added = [("A title " * 30, f"briefs/{number}.md", f"folder:{number}") for number in range(3000)]
    body = Changes(added=added).table(lambda source: {})
    assert len(body) < 65_536
    assert "And 2900 more." in body


def test_a_pull_request_has_a_branch_and_a_readable_body(
    desk: Desk, tmp_path: Path, github: list[dict[str, Any]]
) -> None:
    at_github(desk, tmp_path)
    desk.brief("two", title="Two | <b>")
    done = desk.publish(pull_request=True)
    assert done is not None
    branch = done.pushed.removeprefix("origin/")
    assert branch.startswith("briefs-")
    assert done.pull_request == "https://gh.example/pull/1"
    assert github[0]["base"] == "main"
    assert github[0]["head"] == branch
    assert github[0]["path"] == "/repos/town/papers/pulls"
    assert "| Two \\| &lt;b&gt;<br>`briefs/two.md` | added |" in github[0]["body"]
    assert len(desk.log()) == 1, "the branch that is published is as it was"
    assert len(desk.log(branch)) == 2


def test_without_a_token_nothing_is_begun(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GITHUB_TOKEN", raising=False)
    desk.brief("two", title="Two")
    with pytest.raises(SecretMissing):
        desk.publish(pull_request=True)
    assert desk.git("branch", "--show-current").strip() == "main"


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("https://github.com/town/papers.git", ("town", "papers")),
        ("https://user@github.com/town/papers", ("town", "papers")),
        ("git@github.com:town/papers.git", ("town", "papers")),
        ("ssh://git@github.com:22/town/pa.pers.git", ("town", "pa.pers")),
        ("/srv/git", None),
    ],
)
def test_the_repository_is_read_from_the_address_of_the_remote(address: str, expected: tuple[str, str] | None) -> None:
    assert repository_of(address) == expected


def test_a_brief_that_cannot_be_read_counts_as_a_draft() -> None:
    texts = {"b/a.md": "---\ntitle: [\n---\n", "b/.provenance/x.json": "{}"}
    found = Changes.of([("A", path) for path in texts], lambda path: None, texts.get)
    assert found.unseen == [("b/a.md", "b/a.md", "")]
