"""Assets of an earlier build go on being there for some days, and nothing else does."""

from __future__ import annotations

import datetime as dt
import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from sitegen.errors import SitegenError
from tests.site.sites import TODAY, Site

LIST = "carried/assets.json"


def day(number: int) -> dt.date:
    return TODAY + dt.timedelta(days=number)


@pytest.fixture
def deploys(site: Site, tmp_path: Path) -> Deploys:
    site.brief("a", title="A")
    return Deploys(site, tmp_path)


class Deploys:
    """One build after another, each published to a folder of its own."""

    def __init__(self, site: Site, root: Path) -> None:
        self.site, self.root, self.number = site, root, 0
        self.options: dict[str, Any] = {}

    def publish(self, colour: str, on: int, **options: Any) -> Path:
        """Builds with a style sheet of this colour, on the day of this number."""
        self.site.write("themes/tiny/static/css/main.css", f"a {{ color: {colour} }}")
        self.options = {"today": day(on), **options}
        if self.number:
            self.options["carry_from"] = self.last
        self.site.build(**self.options)
        self.number += 1
        shutil.copytree(self.site.output, self.last)
        return self.last

    @property
    def last(self) -> Path:
        return self.root / f"deploy-{self.number}"

    def colours(self) -> set[str]:
        """Of all style sheets that are there."""
        texts = [data.decode() for path, data in self.site.tree().items() if path.startswith("assets/css/main.")]
        return {text.removeprefix("a{color:").removesuffix("}") for text in texts}

    def since(self) -> dict[str, str]:
        """The days in the list, by colour."""
        found = json.loads(self.site.out(LIST))["assets"]
        return {
            (self.site.output / path).read_text()[8:-1]: entry["since"]
            for path, entry in found.items()
            if "since" in entry
        }


def test_old_assets_stay_for_some_days_from_when_they_were_first_not_made(deploys: Deploys) -> None:
    deploys.publish("red", 0)
    assert deploys.since() == {}
    deploys.publish("blue", 2)
    assert (deploys.colours(), deploys.since()) == ({"red", "blue"}, {"red": str(day(2))})
    deploys.publish("green", 5)
    assert deploys.since() == {"red": str(day(2)), "blue": str(day(5))}
    deploys.publish("green", 8)
    assert deploys.colours() == {"red", "blue", "green"}
    deploys.publish("green", 9)
    assert deploys.colours() == {"blue", "green"}, "red was not made for seven days"
    deploys.publish("blue", 10)
    assert deploys.since() == {"green": str(day(10))}, "blue is made again"
    deploys.publish("green", 11, carry_days=1)
    assert deploys.since() == {"blue": str(day(11))}


def test_a_plain_build_carries_nothing(deploys: Deploys) -> None:
    deploys.publish("red", 0)
    deploys.publish("blue", 1)
    deploys.site.build(today=day(1))
    assert deploys.colours() == {"blue"}
    assert deploys.since() == {}


def test_the_same_build_again_does_nothing_and_one_from_nothing_is_equal(deploys: Deploys, tmp_path: Path) -> None:
    deploys.publish("red", 0)
    deploys.publish("blue", 1)
    deploys.publish("green", 2)
    deploys.publish("black", 3)
    report = deploys.site.build(**deploys.options)
    assert (report.written, report.removed) == (0, 0)
    assert deploys.site.rebuilt(tmp_path / "clean", **deploys.options) == deploys.site.tree()
    for number in (4, 8, 9, 10, 3):  # the same earlier build on other days
        options = deploys.options | {"today": day(number)}
        deploys.site.build(**options)
        assert deploys.site.rebuilt(tmp_path / f"clean-{number}", **options) == deploys.site.tree()


def test_pages_and_files_of_the_site_are_not_carried(deploys: Deploys) -> None:
    deploys.site.write("static/old.txt", "1")
    deploys.publish("red", 0)
    deploys.site.remove("static/old.txt")
    deploys.site.remove("briefs/a.md")
    deploys.publish("blue", 1)
    assert not deploys.site.has("old.txt")
    assert not deploys.site.has("briefs/a/index.html")


def entries(folder: Path, **assets: Any) -> None:
    path = folder / LIST
    found = json.loads(path.read_text())
    path.write_text(
        json.dumps({**found, "assets": {**found["assets"], **{k.replace("|", "/"): v for k, v in assets.items()}}})
    )


def wrong(deploys: Deploys) -> SitegenError:
    (found,) = deploys.site.problems(today=day(1), carry_from=deploys.last)
    assert found.code == "SG515"
    return found


SHA = {"sha256": "0" * 64}


@pytest.mark.parametrize(
    ("path", "entry", "words"),
    [
        ("../secret", SHA, "no path below assets/"),
        ("assets/../../secret", SHA, "no path below assets/"),
        ("assets//x", SHA, "no path below assets/"),
        ("index.html", SHA, "no path below assets/"),
        ("/etc/passwd", SHA, "no path below assets/"),
        ("assets/a\\..\\b", SHA, "no build writes"),
        ("assets/a\0b", SHA, "no build writes"),
        ("assets/x.css", {}, "has no hash"),
        ("assets/x.css", "text", "has no hash"),
        ("assets/x.css", {"sha256": "0" * 63 + "G"}, "has no hash"),
        ("assets/x.css", {**SHA, "since": "yesterday"}, "no day"),
        ("assets/x.css", {**SHA, "since": None}, "no day"),
    ],
)
def test_a_list_with_an_entry_that_no_build_writes_is_refused(
    deploys: Deploys, path: str, entry: Any, words: str
) -> None:
    folder = deploys.publish("red", 0)
    entries(folder, **{path: entry})
    assert words in wrong(deploys).message


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"version": 2, "assets": {}}', '{"version": 1, "assets": []}'])
def test_what_is_no_list_is_refused(deploys: Deploys, text: str) -> None:
    folder = deploys.publish("red", 0)
    (folder / LIST).write_text(text)
    assert wrong(deploys).place is not None


def test_a_folder_that_is_no_earlier_build_is_told(deploys: Deploys) -> None:
    folder = deploys.publish("red", 0)
    (folder / LIST).unlink()
    assert "no earlier build" in wrong(deploys).message


def test_a_file_that_was_changed_or_is_gone_is_left_out_with_a_warning(deploys: Deploys) -> None:
    folder = deploys.publish("red", 0)
    (sheet,) = (folder / "assets/css").glob("main.*")
    sheet.write_text("a{color:pink}")
    (font,) = (folder / "assets/fonts").iterdir()
    deploys.site.write("themes/tiny/static/css/main.css", "a { color: blue }")
    (deploys.site.root / "themes/tiny/static/fonts" / "t.woff2").write_bytes(b"new")
    font.unlink()
    report = deploys.site.build(today=day(1), carry_from=folder)
    assert [warning.code for warning in report.warnings if warning.code == "SG515"] == ["SG515"] * 2
    assert deploys.colours() == {"blue"}
    codes = {problem.code for problem in deploys.site.problems(today=day(1), carry_from=folder, strict=True)}
    assert codes == {"SG515"}


def test_links_in_an_earlier_build_are_not_followed(deploys: Deploys) -> None:
    folder = deploys.publish("red", 0)
    (sheet,) = (folder / "assets/css").glob("main.*")
    sheet.rename(deploys.root / "elsewhere")
    sheet.symlink_to(deploys.root / "elsewhere")
    deploys.site.write("themes/tiny/static/css/main.css", "a { color: blue }")
    (problem,) = deploys.site.problems(today=day(1), carry_from=folder)
    assert problem.code == "SG603"


def test_a_day_in_the_future_keeps_nothing_for_ever(deploys: Deploys) -> None:
    deploys.publish("red", 0)
    folder = deploys.publish("blue", 1)
    text = (folder / LIST).read_text()
    (folder / LIST).write_text(text.replace(str(day(1)), "9000-01-01"))
    deploys.publish("blue", 2)
    assert deploys.since() == {"red": str(day(2))}


def test_the_output_folder_is_no_earlier_build(deploys: Deploys) -> None:
    deploys.publish("red", 0)
    for folder in (deploys.site.output, deploys.site.output / "assets", deploys.site.root):
        (problem,) = deploys.site.problems(carry_from=folder)
        assert problem.code == "SG503"
