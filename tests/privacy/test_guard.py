"""A published brief with something private is not built; an editor allows it by its fingerprint, never by its value."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from sitegen import settings
from sitegen.cli import run
from sitegen.errors import PrivateFound
from tests.site.sites import Site

PHONE = "(212) 555-0147"
MAIL = "jane.doe@example.com"


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path / "site")


def told(site: Site, **options: object) -> list[str]:
    return [f"{one.code} {one}" for one in site.problems(**options)]


def fingerprints(site: Site) -> list[str]:
    return [re.findall(r"\((\w+-\w{4})\)", str(one))[0] for one in site.problems()]


def test_all_findings_of_all_published_briefs_are_told_at_once_with_their_places(site: Site) -> None:
    site.brief("a", f"Text.\n\nCall {PHONE}, or write to {MAIL}.\n", title="A", source="paperless:1")
    site.brief("b", "Text.\n", title="B", summary=f"Jane, {MAIL}", source="paperless:2")
    lines = told(site)
    assert [re.sub(r"-\w{4}\)", ")", line) for line in lines] == [
        "SG610 briefs/a.md:8:6: may hold a phone number: ***47 (phone)",
        "SG610 briefs/a.md:8:34: may hold an e-mail address: j***@e***.com (email)",
        "SG610 briefs/b.md:4:16: may hold an e-mail address: j***@e***.com (email)",
    ]
    assert not site.output.exists()


def test_what_the_front_matter_allows_is_built(site: Site) -> None:
    body = f"Call {PHONE} or {MAIL}.\n"
    site.brief("a", body, title="A", source="paperless:1")
    phone, mail = fingerprints(site)
    assert (phone.partition("-")[0], mail.partition("-")[0]) == ("phone", "email")
    site.brief("a", body, title="A", source="paperless:1", allow=[phone])
    assert fingerprints(site) == [mail]
    site.brief("a", body, title="A", source="paperless:1", allow=[phone, mail])
    site.build()
    assert PHONE in site.out("briefs/a/index.html")


def test_what_is_allowed_in_one_brief_is_not_allowed_in_another(site: Site) -> None:
    site.brief("a", PHONE, title="A", source="paperless:1")
    allowed = fingerprints(site)
    site.brief("a", PHONE, title="A", source="paperless:1", allow=allowed)
    site.brief("b", PHONE, title="B", source="paperless:2", allow=allowed)
    assert [str(one.place).split(":")[0] for one in site.problems()] == ["briefs/b.md"]


def test_another_value_is_not_what_was_allowed(site: Site) -> None:
    site.brief("a", PHONE, title="A", source="paperless:1")
    allowed = fingerprints(site)
    site.brief("a", "(212) 555-0148", title="A", source="paperless:1", allow=allowed)
    assert len(site.problems()) == 1


def test_drafts_expired_and_future_briefs_stop_nothing(site: Site) -> None:
    site.brief("a", PHONE, title="A", status="draft")
    site.brief("b", PHONE, title="B", expires="2026-01-01")
    site.brief("c", PHONE, title="C", date="2027-01-01")
    site.build()
    assert PHONE not in "".join(data.decode(errors="replace") for data in site.tree().values())


def test_of_a_withdrawn_brief_only_the_notice_is_public_and_looked_at(site: Site) -> None:
    site.brief("a", f"Call {PHONE}.\n", title="A", status="withdrawn", notice="It named somebody.", slug="a")
    site.build()
    site.brief("a", "Text.\n", title="A", status="withdrawn", notice=f"Ask {MAIL} why.", slug="a")
    assert [one.message.partition(":")[0] for one in site.problems()] == ["may hold an e-mail address"]


def test_the_day_on_which_a_brief_begins_to_be_shown_is_the_day_on_which_it_stops_the_build(site: Site) -> None:
    import datetime as dt

    site.brief("c", PHONE, title="C", date="2026-07-01")
    site.build()
    assert len(site.problems(today=dt.date(2026, 7, 1))) == 1


def test_pages_are_looked_at_when_the_site_says_so(site: Site) -> None:
    site.page("contact", f"Call {PHONE}.\n", title="Contact")
    site.build()
    site.write("sitegen.toml", f"{(site.root / 'sitegen.toml').read_text()}[privacy]\npages = true\n")
    assert [str(one.place) for one in site.problems()] == ["content/contact.md:4:6"]


def test_the_site_may_show_what_is_its_own(tmp_path: Path) -> None:
    own = '[privacy]\nown = ["@example.com", "+1 212 555 0147"]\n'
    site = Site(tmp_path / "site", more=own)
    site.brief("a", f"Call {PHONE} or {MAIL}.\n", title="A")
    site.build()
    site.brief("a", "Call (212) 555-0148 or jane@example.net.\n", title="A")
    assert len(site.problems()) == 2


def test_nothing_is_looked_for_when_the_site_wants_no_scan(tmp_path: Path) -> None:
    site = Site(tmp_path / "site", more="[privacy]\nkinds = []\n")
    site.brief("a", PHONE, title="A")
    site.build()


def test_a_change_of_the_settings_or_of_the_names_is_seen_by_the_next_build(tmp_path: Path) -> None:
    site = Site(tmp_path / "site", more='[privacy]\nnames = "names"\n')
    site.write("names/staff.txt", "John Doe\n")
    site.brief("a", "A letter of Jane Roe.\n", title="A")
    site.build()
    assert site.build().written == 0
    site.write("names/staff.txt", "John Doe\nJane Roe\n")
    assert ["a name from the site's list: j*** r***" in str(one) for one in site.problems()] == [True]


def test_a_folder_of_names_that_is_not_there_is_an_error_and_no_open_door(tmp_path: Path) -> None:
    site = Site(tmp_path / "site", more='[privacy]\nnames = "names"\n')
    assert [one.code for one in site.problems()] == ["SG614"]


def test_a_warm_build_remembers_what_a_cold_one_found(site: Site) -> None:
    site.brief("a", "Text.\n", title="A")
    site.build()
    site.brief("b", PHONE, title="B")
    first = told(site)
    assert told(site) == first != []
    assert told(site, clean=True) == first


def test_what_is_remembered_between_builds_holds_no_value(site: Site) -> None:
    site.brief("a", PHONE, title="A")
    site.problems()
    kept = (site.root / ".sitegen/build/records").read_bytes()
    assert b"phone-" in kept
    assert PHONE.encode() not in kept
    assert b"2125550147" not in kept


def test_a_file_with_windows_line_ends_has_the_same_places_and_fingerprints(site: Site) -> None:
    text = f"---\ntitle: A\nstatus: published\n---\n\nCall {PHONE}.\n"
    site.write("briefs/a.md", text)
    first = told(site)
    site.write("briefs/a.md", text.replace("\n", "\r\n"))
    assert told(site) == first


def test_the_local_server_shows_the_page_and_warns(site: Site) -> None:
    site.brief("a", PHONE, title="A")
    report = site.build(guard=False)
    assert [one.code for one in report.warnings] == ["SG610"]
    assert len(site.problems()) == 1, "a look at it does not open the door"


def test_the_command_tells_all_and_shows_no_value(site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    site.brief("a", f"{PHONE} and {MAIL}\n", title="A")
    assert run(["--site", str(site.root), "--json", "build"]) == 1
    shown = capsys.readouterr()
    assert PHONE not in shown.out + shown.err
    assert MAIL not in shown.out + shown.err
    assert shown.out.count("SG610") == 2 or shown.err.count("SG610") == 2
    assert "allow: [phone-" in shown.out + shown.err


def test_an_error_of_the_scan_is_one_of_content(site: Site) -> None:
    site.brief("a", PHONE, title="A")
    assert all(isinstance(one, PrivateFound) and one.exit_code == 1 for one in site.problems())
    assert json.dumps([one.as_dict() for one in site.problems()])
    assert settings.load(site.root, {}).settings.privacy.kinds
