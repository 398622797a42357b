"""What a build does to the output folder: only what is needed, nothing by halves, and nothing to files of others."""

from __future__ import annotations

import os
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from sitegen import files, settings
from sitegen.errors import DiskFull, Locked, NotPermitted, OutputRefused, SitegenError
from sitegen.site.build import BuildOptions, build
from tests.site.sites import TODAY, Site

BUILD = f"""
import datetime, sys
from pathlib import Path
from sitegen import settings
from sitegen.errors import SitegenError
from sitegen.site.build import BuildOptions, build
try:
    options = BuildOptions(today=datetime.date.fromisoformat("{TODAY}"), jobs=int(sys.argv[2]))
    build(settings.load(Path(sys.argv[1]), {{}}), options)
except SitegenError as error:
    print(*(problem.code for problem in error.problems))
    raise SystemExit(error.exit_code)
"""


def filled(site: Site, count: int) -> Site:
    for number in range(count):
        site.brief(
            f"b{number}",
            f"## Head\n\nText {number}.\n\n```python\nx = {number}\n```\n",
            title=f"Brief {number}",
            tags=[f"T{number % 7}"],
        )
    return site


def test_a_second_build_writes_nothing(site: Site) -> None:
    first = filled(site, 3).build()
    before = {path: (site.output / path).stat().st_mtime_ns for path in site.tree()}
    second = site.build()
    assert (second.written, second.unchanged, second.removed) == (0, first.written, 0)
    assert {path: (site.output / path).stat().st_mtime_ns for path in site.tree()} == before


def test_one_edit_writes_only_what_it_changes(site: Site) -> None:
    filled(site, 3).build()
    site.brief("b1", "Other.\n", title="Brief 1", tags=["T1"])
    before = {path: (site.output / path).stat().st_mtime_ns for path in site.tree()}
    report = site.build()
    changed = {path for path, time_ns in before.items() if (site.output / path).stat().st_mtime_ns != time_ns}
    # The tiny theme shows the text of a brief on the page of a term that has no other.
    assert changed == {"briefs/brief-1/index.html", "briefs/brief-1/index.md", "tags/t1/index.html"}
    assert report.written == 3


def test_a_build_without_changes_does_not_load_what_it_does_not_need(site: Site) -> None:
    site.build()
    code = BUILD + "print(sorted(name for name in ('jinja2', 'markdown_it', 'pygments', 'nh3') if name in sys.modules))"
    done = subprocess.run([sys.executable, "-c", code, str(site.root), "1"], capture_output=True, text=True, timeout=60)
    assert done.stdout == "[]\n", done.stderr


def test_many_processes_make_the_same_bytes_as_one(site: Site, tmp_path: Path) -> None:
    filled(site, 150).build(jobs=1)
    assert site.rebuilt(tmp_path / "other", jobs=3) == site.tree()


def test_the_bytes_do_not_depend_on_the_place_or_the_process(site: Site, tmp_path: Path) -> None:
    filled(site, 5).build()
    twin = Site(tmp_path / "elsewhere/deeper")
    filled(twin, 5)
    environment = {**os.environ, "PYTHONHASHSEED": "7", "TZ": "Pacific/Auckland", "LC_ALL": "C"}
    subprocess.run([sys.executable, "-c", BUILD, str(twin.root), "1"], env=environment, check=True, timeout=60)
    assert twin.tree() == site.tree()


def test_what_is_gone_is_removed_with_its_folder(site: Site) -> None:
    filled(site, 2).build()
    site.remove("briefs/b1.md")
    report = site.build()
    assert report.removed == 3
    assert not (site.output / "briefs/brief-1").exists()
    assert not (site.output / "tags/t1").exists()


def test_deleted_and_damaged_outputs_are_restored(site: Site) -> None:
    filled(site, 2).build()
    before = site.tree()
    (site.output / "index.html").unlink()
    page = site.output / "briefs/brief-1/index.html"
    info = page.stat()
    page.write_bytes(page.read_bytes().swapcase())
    os.utime(page, ns=(info.st_atime_ns, info.st_mtime_ns))
    report = site.build()
    assert site.tree() == before
    assert report.written == 2


def test_files_of_others_stay(site: Site) -> None:
    site.build()
    (site.output / "google123.html").write_text("mine")
    (site.output / "archive/notes.txt").write_text("mine")
    site.brief("a", title="A")
    site.build()
    site.build(clean=True)
    assert site.out("google123.html") == site.out("archive/notes.txt") == "mine"


def test_a_file_of_others_in_the_way_is_not_overwritten(site: Site) -> None:
    site.build()
    (site.output / "about").mkdir()
    (site.output / "about/index.html").write_text("mine")
    site.page("about", title="About")
    (problem,) = site.problems()
    assert isinstance(problem, OutputRefused)
    assert site.out("about/index.html") == "mine"


def test_a_folder_with_files_of_others_is_refused(site: Site) -> None:
    site.output.mkdir()
    (site.output / "thesis.txt").write_text("mine")
    (problem,) = site.problems()
    assert isinstance(problem, OutputRefused)
    assert "thesis.txt" in problem.message
    assert list(site.tree()) == ["thesis.txt"]


@pytest.mark.parametrize("clean", [False, True])
def test_a_build_whose_memory_is_lost_is_taken_on_and_mended(site: Site, clean: bool) -> None:
    filled(site, 2).build()
    before = site.tree()
    shutil.rmtree(site.root / ".sitegen")
    (site.output / "index.html").write_text("damaged")
    report = site.build(clean=clean)
    assert report.written == 1
    assert site.tree() == before
    assert site.build().written == 0
    site.remove("briefs/b1.md")
    assert site.build().removed == 3, "what was taken on is ours again"


def test_a_site_that_was_moved_or_copied_builds_on(site: Site, tmp_path: Path) -> None:
    filled(site, 2).build()
    shutil.copytree(site.root, tmp_path / "copy")
    copy = object.__new__(Site)
    copy.root, copy.output = tmp_path / "copy", tmp_path / "copy/public"
    assert copy.build().written == 0
    assert copy.tree() == site.tree()


def test_a_lost_memory_does_not_make_files_of_others_ours(site: Site) -> None:
    filled(site, 2).build()
    for name in ("a.txt", "b/c.txt", "d.txt", "e.txt"):
        site.write(f"public/{name}", "mine")
    shutil.rmtree(site.root / ".sitegen")
    before = site.tree()
    for clean in (False, True):
        (problem,) = site.problems(clean=clean)
        assert isinstance(problem, OutputRefused)
        assert "a.txt, b/c.txt, d.txt and 1 more" in problem.message
        assert "index.html" not in problem.message
        assert "nothing but an old build" in problem.remedy
        assert site.tree() == before


def test_a_link_where_an_output_belongs_is_not_taken_on(site: Site, tmp_path: Path) -> None:
    (tmp_path / "mine.html").write_text("mine")
    site.output.mkdir()
    (site.output / "index.html").symlink_to(tmp_path / "mine.html")
    (problem,) = site.problems()
    assert isinstance(problem, OutputRefused)
    assert (site.output / "index.html").is_symlink()


def test_a_folder_that_only_git_uses_is_accepted(site: Site) -> None:
    site.write("public/.git/HEAD", "ref")
    site.write("public/.gitkeep", "")
    site.build()
    site.build(clean=True)
    assert site.out(".git/HEAD") == "ref"


@pytest.mark.parametrize(
    "output", [".", "..", "content", "content/out", "briefs", "themes", "themes/tiny", "static", "/", ".git"]
)
def test_the_sites_own_folders_are_refused(site: Site, output: str) -> None:
    site.page("about", title="About")
    (problem,) = site.problems(output=Path(output))
    assert isinstance(problem, OutputRefused)
    assert (site.root / "content/about.md").exists()


def test_a_file_as_output_folder_is_refused(site: Site) -> None:
    site.write("public", "a file")
    assert [problem.code for problem in site.problems()] == ["SG503"]


def test_an_output_folder_behind_a_link_is_used(site: Site, tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    site.output.symlink_to(tmp_path / "real")
    site.build()
    assert (tmp_path / "real/index.html").exists()
    assert site.build().written == 0


def test_a_link_inside_the_output_folder_leads_nothing_out(site: Site, tmp_path: Path) -> None:
    filled(site, 1).build()
    outside = tmp_path / "outside"
    (site.output / "briefs").rename(outside)
    (site.output / "briefs").symlink_to(outside)
    site.brief("new", title="New")
    assert {problem.code for problem in site.problems(jobs=1)} <= {"SG606"}
    assert not (outside / "new").exists()
    site.remove("briefs/new.md")
    site.remove("briefs/b0.md")
    site.build()
    assert (outside / "brief-0/index.html").exists(), "nothing behind the link is removed either"


def test_two_output_folders_do_not_disturb_each_other(site: Site, tmp_path: Path) -> None:
    filled(site, 1).build()
    site.build(output=tmp_path / "preview", drafts=True, base_url="https://preview.example/")
    assert site.build().written == 0
    assert site.build(output=tmp_path / "preview", drafts=True, base_url="https://preview.example/").written == 0


def test_clean_forgets_everything_and_makes_the_same(site: Site) -> None:
    filled(site, 2).build()
    before = site.tree()
    report = site.build(clean=True)
    assert (report.written, report.unchanged) == (len(before), 0)
    assert site.tree() == before


@pytest.mark.parametrize("name", ["records", "bodies", "state-", "templates/"])
@pytest.mark.parametrize("how", ["cut", "flip", "gone", "empty"])
def test_a_damaged_memory_does_no_harm(site: Site, name: str, how: str) -> None:
    filled(site, 3).build()
    site.brief("other", "Text.\n")  # what changes is kept apart from the rest
    site.build()
    before = site.tree()
    folder = site.root / ".sitegen/build"
    assert [*folder.glob("state-*.changes")]
    assert (folder / "records.changes").exists()
    for path in [
        path for path in folder.rglob("*") if path.is_file() and str(path.relative_to(folder)).startswith(name)
    ]:
        raw = path.read_bytes()
        if how == "gone":
            path.unlink()
        else:
            path.write_bytes(
                {"cut": raw[: len(raw) // 2], "flip": raw[:-9] + bytes([raw[-9] ^ 255]) + raw[-8:], "empty": b""}[how]
            )
    site.write("themes/tiny/templates/partials/card.html", "<li>{{ of.title }}")
    site.build()
    site.write(
        "themes/tiny/templates/partials/card.html",
        (Path(__file__).parent / "theme/templates/partials/card.html").read_text(),
    )
    site.build()
    assert site.tree() == before


def test_old_texts_are_thrown_away_in_time(site: Site) -> None:
    site.brief("keep", "Keep me.\n", title="Keep")
    for number in range(4):
        site.brief("big", f"{number} {'word ' * 600_000}\n", title="Big")
        site.build()
    size = (site.root / ".sitegen/build/bodies").stat().st_size
    assert size < 15_000_000
    site.write("themes/tiny/templates/brief.html", "{{ page.body }}")
    site.build()
    assert site.out("briefs/keep/index.html") == "<p>Keep me.</p>\n"


def test_a_build_waits_for_another_and_then_gives_up(site: Site) -> None:
    site.build()
    with files.lock(site.root / ".sitegen/build/lock", "build"), pytest.raises(Locked):
        site.build(wait=0.05)
    assert site.build().written == 0


def test_two_builds_at_once_end_as_one(site: Site) -> None:
    filled(site, 80)
    command = [sys.executable, "-c", BUILD, str(site.root), "2"]
    both = [subprocess.Popen(command) for _ in range(2)]
    assert [process.wait(60) for process in both] == [0, 0]
    assert site.build().written == 0


def killed_in_the_middle(site: Site, at_least: int) -> bool:
    """Starts a build and kills it with all its workers once it has written some files; whether that came in time."""
    process = subprocess.Popen([sys.executable, "-c", BUILD, str(site.root), "2"], start_new_session=True)
    while process.poll() is None:
        if sum(1 for _ in site.output.glob("briefs/*/index.html")) >= at_least:
            os.killpg(process.pid, signal.SIGKILL)
            break
        time.sleep(0.001)
    return process.wait(30) == -signal.SIGKILL


def test_a_killed_build_leaves_no_half_file_and_the_next_mends_all(site: Site, tmp_path: Path) -> None:
    filled(site, 300)
    expected = site.rebuilt(tmp_path / "clean")
    killed = killed_in_the_middle(site, 20)
    for path, data in site.tree().items():
        assert files.is_temporary(path.rpartition("/")[2]) or data == expected[path], path
    report = site.build()
    assert site.tree() == expected
    assert not killed or report.written < len(expected)


AS_SOMEBODY = f"""
import os, sys
from pathlib import Path
from sitegen import settings
from sitegen.site.build import BuildOptions, build
build(settings.load(Path(sys.argv[3]), {{}}), BuildOptions(jobs=1, clean=True))  # loads all modules
if os.geteuid() == 0:
    os.seteuid(65534)  # permissions do not apply to root
{BUILD}"""


def test_a_folder_that_may_not_be_written_or_read_is_told(site: Site) -> None:
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)  # unlike those of pytest
        other = Site(Path(folder) / "site")
        filled(other, 2).build()
        filled(site, 1)
        for path in (other.root / ".sitegen", *(other.root / ".sitegen").rglob("*")):
            path.chmod(0o777)
        for path in other.output.rglob("*"):
            path.chmod(0o555 if path.is_dir() else 0o444)
        before = other.tree()
        other.brief("b1", title="Changed")
        command = [sys.executable, "-c", AS_SOMEBODY, str(other.root), "1", str(site.root)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60)
        assert (done.returncode, done.stdout.split()) == (1, [NotPermitted.code]), done.stderr
        assert other.tree() == before
        (other.root / "briefs/b0.md").write_text("x")
        (other.root / "briefs/b0.md").chmod(0)
        done = subprocess.run(command, capture_output=True, text=True, timeout=60)
        assert (done.returncode, done.stdout.split()) == (1, [NotPermitted.code]), done.stderr
        for path in other.output.rglob("*"):
            path.chmod(0o755)


def test_a_full_disk_is_told_and_leaves_no_half_file(site: Site) -> None:
    filled(site, 2)
    site.brief("big", "word " * 60_000, title="Big")
    code = f"import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, resource.RLIM_INFINITY))\n{BUILD}"
    done = subprocess.run([sys.executable, "-c", code, str(site.root), "1"], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout.split()) == (1, [DiskFull.code]), done.stderr
    assert not list(site.root.rglob("*.tmp"))
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[0] == resource.RLIM_INFINITY
    site.build()
    assert "word word" in site.out("briefs/big/index.html")


def test_an_error_in_one_worker_ends_the_build(site: Site) -> None:
    filled(site, 200)
    site.write(
        "themes/tiny/templates/brief.html", "{{ page.title }}{% if page.title == 'Brief 150' %}{{ nope }}{% endif %}"
    )
    with pytest.raises(SitegenError, match="nope"):
        site.build(jobs=2)
    assert not site.output.exists()


def test_options_have_sound_defaults() -> None:
    options = BuildOptions()
    assert (options.drafts, options.future, options.clean, options.strict, options.jobs) == (
        False,
        False,
        False,
        False,
        0,
    )


def test_a_page_of_somebody_is_not_the_remains_of_a_build(site: Site) -> None:
    site.output.mkdir(parents=True)
    (site.output / "index.html").write_text("mine")
    with pytest.raises(OutputRefused, match=r"index\.html"):
        site.build()
    assert (site.output / "index.html").read_text() == "mine"


def test_a_site_that_was_moved_goes_on_where_it_stopped(site: Site, tmp_path: Path) -> None:
    filled(site, 3).build()
    moved = tmp_path / "elsewhere" / "site"
    moved.parent.mkdir()
    shutil.copytree(site.root, moved, symlinks=True)
    (moved / "briefs" / "b1.md").unlink()  # whose page is in the folder, and is not made any more
    (moved / "public" / "mine.txt").write_text("mine")
    code = subprocess.run([sys.executable, "-c", BUILD, str(moved), "1"], capture_output=True, text=True)
    assert (code.returncode, code.stdout, code.stderr) == (0, "", "")
    assert not (moved / "public" / "briefs" / "brief-1").exists()
    assert (moved / "public" / "mine.txt").read_text() == "mine"


def test_whoever_has_briefs_and_none_that_is_public_is_told_how_to_see_them(site: Site) -> None:
    site.brief("a", title="A", status="draft")
    assert site.build().notes == (
        "1 brief is there, and none is public; `sitegen serve --drafts` shows drafts to you.",
    )
    site.brief("b", title="B", status="draft")
    assert site.build().notes[0].startswith("2 briefs are there, and none is public")
    site.brief("b", title="B")
    assert site.build().notes == ()


def test_a_folder_for_looking_is_ours_whoever_wrote_there(site: Site) -> None:
    folder = site.root / ".sitegen" / "check"
    options = BuildOptions(output=folder, today=TODAY)
    build(settings.load(site.root, {}), options)
    shutil.rmtree(site.root / ".sitegen" / "build")  # what is remembered of builds may be deleted
    (folder / "of-an-earlier-version.css").write_text("a {}")
    build(settings.load(site.root, {}), options)
    assert not (folder / "of-an-earlier-version.css").exists()
