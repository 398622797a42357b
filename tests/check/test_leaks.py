"""``sitegen check --privacy`` finds what is private in a built site, wherever it hides and whoever built it."""

from __future__ import annotations

import gzip
import io
import json
from pathlib import Path

import pytest
from fpdf import FPDF
from PIL import Image

from sitegen import settings
from sitegen.check.inspection import Inspection
from sitegen.check.leaks import Leaks
from sitegen.cli import run
from sitegen.privacy.finding import fingerprint
from tests.site.sites import Site

PHONE = "(212) 555-0147"
MAIL = "jane.doe@example.com"
VALUES = {"phone": "+12125550147", "email": MAIL}


@pytest.fixture
def site(tmp_path: Path) -> Site:
    site = Site(tmp_path / "site")
    site.page("about", "Who we are.\n", title="About")
    site.brief("a", "Text of a brief.\n", title="A", source="paperless:1")
    site.build(search=False)
    return site


def leaks(site: Site) -> list[str]:
    found = Leaks(settings.load(site.root, {}), site.output).findings()
    return [f"{one.code} {one}" for one in found]


def pdf() -> bytes:
    document = FPDF()
    document.add_page()
    document.set_font("helvetica", size=12)
    document.cell(text=f"The clerk can be reached under {MAIL} every day.")
    return bytes(document.output())


HIDDEN: dict[str, str | bytes] = {
    "text.html": f"<p>Write to <b>{MAIL}</b>.</p>",
    "split.html": "<p>jane<wbr>.doe<b>@</b>example<i>.com</i></p>",
    "link.html": f'<p><a href="mailto:{MAIL}?subject=x">Write</a></p>',
    "percent.html": "<a href=mailto:jane.doe%40example.com>x</a>",
    "alt.html": f"<img src=/a.png alt='Sign with {MAIL}'>",
    "entity.html": "<p>jane&#46;doe&#x40;example&period;com</p>",
    "comment.html": f"<!-- ask {MAIL} -->",
    "script.html": f'<script>var mail = "{MAIL}";</script>',
    "linked.html": '<script type="application/ld+json">{"email": "jane.doe\\u0040example.com"}</script>',
    "cell.html": f"<table><tr><td>Mail</td><td>{MAIL}</td></tr></table>",
    "rss.xml": "<rss><item><description>&lt;p&gt;Ask jane.doe&amp;#64;example.com&lt;/p&gt;</description></item></rss>",
    "cdata.xml": f"<feed><content><![CDATA[<p>{MAIL}</p>]]></content></feed>",
    "feed2.json": json.dumps({"items": [{"content_html": "<p>jane.doe<b>@example.com</b></p>"}]}),
    "sitemap2.xml": "<urlset><url><loc>https://x.example/?m=jane.doe%40example.com</loc></url></urlset>",
    "llms-full.txt": f"Contact: {MAIL}\n",
    "twin.md": "Mail: jane.doe\\@example.com\n",
    "list.csv": f"name,mail\nx,{MAIL}\n",
    "drawing.svg": f'<svg xmlns="http://www.w3.org/2000/svg"><title>{MAIL}</title><path d="M4111 1111"/></svg>',
    "app.js": f'const to="{MAIL}";',
    "style.css": f"/* {MAIL} */",
    "_extra": f"/x {MAIL}\n",
    "pagefind/fragment/en_1.pf_fragment": gzip.compress(f'pagefind_dcd{{"content":"{MAIL}"}}'.encode()),
    "old.html.gz": gzip.compress(f"<p>{MAIL}</p>".encode()),
    "paper.pdf": pdf(),
    f"files/{MAIL}/x.txt": "nothing",
}


@pytest.mark.parametrize("path", HIDDEN)
def test_it_is_found_wherever_it_hides(site: Site, path: str) -> None:
    content = HIDDEN[path]
    target = site.output / path
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(content.encode() if isinstance(content, str) else content)
    found = leaks(site)
    assert len(found) == 1, found
    assert found[0].startswith(f"SG615 {path}")
    assert found[0].endswith("may hold an e-mail address: j***@e***.com")


def test_a_clean_site_has_nothing_to_tell(site: Site) -> None:
    assert leaks(site) == []


def test_a_place_with_the_count_of_its_briefs_is_no_address(site: Site) -> None:
    """In German, a street and its number look just so."""
    settings = '[site]\ntitle = "Ort"\nlanguage = "de"\nbase_url = "https://example.org/"\n'
    site.write("sitegen.toml", f"{settings}[taxonomies.places]\n")
    for name in "abc":
        site.brief(name, "Text of a brief.\n", title=name.upper(), source=f"paperless:{name}", places=["Zollhausplatz"])
    site.build(search=False)
    page = (site.output / "places/index.html").read_text()
    assert "Zollhausplatz" in page
    assert leaks(site) == []
    (site.output / "address.html").write_text("<p><b>Zollhausplatz</b> <span>3</span>, 10115 Berlin</p>")
    assert len(leaks(site)) == 1


def test_one_value_in_many_files_is_told_once_with_its_line(site: Site) -> None:
    for number in range(5):
        (site.output / f"{number}.html").write_text(f"<p>\n\nCall {PHONE}</p>")
    assert leaks(site) == [
        "SG615 0.html:3: may hold a phone number: ***47 (in 5 files: 0.html, 1.html, 2.html, and 2 more)"
    ]


def test_what_a_published_brief_allows_is_allowed_in_every_file(site: Site) -> None:
    allow = [fingerprint("phone", VALUES["phone"], "paperless:1")]
    site.brief("a", f"Call {PHONE}.\n", title="A", summary=f"Call {PHONE}.", source="paperless:1", allow=allow)
    site.build(search=False)
    assert leaks(site) == []
    (site.output / "b.html").write_text(f"<p>{MAIL}</p>")
    assert [line[:15] for line in leaks(site)] == ["SG615 b.html:1:"]


def test_a_draft_allows_nothing(site: Site) -> None:
    allow = [fingerprint("phone", VALUES["phone"], "paperless:1")]
    site.brief("a", "Text.\n", title="A", status="draft", source="paperless:1", allow=allow)
    (site.output / "b.html").write_text(f"<p>{PHONE}</p>")
    assert len(leaks(site)) == 1


def test_somebody_who_built_without_the_guard_is_stopped_here(site: Site) -> None:
    site.brief("b", f"Call {PHONE}.\n", title="B")
    site.build(search=False, guard=False)
    found = leaks(site)
    assert [line.partition(" ")[0] for line in found] == ["SG615"]
    assert "briefs/b/index.html" in found[0]


def exif(kind: str) -> bytes:
    file = io.BytesIO()
    told = Image.Exif()
    told[0x010F] = "Camera of Jane"
    Image.new("RGB", (4, 3)).save(file, kind, exif=told)
    return file.getvalue()


@pytest.mark.parametrize(
    ("name", "kind"), [("a.jpg", "JPEG"), ("a.png", "PNG"), ("a.webp", "WEBP"), ("a.avif", "AVIF")]
)
def test_images_with_metadata_are_told(site: Site, name: str, kind: str) -> None:
    (site.output / name).write_bytes(exif(kind))
    assert leaks(site) == [f"SG616 {name}: holds data beside the picture, such as a place or a name"]


def test_images_of_the_site_itself_are_clean(site: Site) -> None:
    site.write("content/photo.jpg", exif("JPEG"))
    site.page("about", "![A photo](photo.jpg)\n", title="About")
    site.build(search=False)
    assert any(path.endswith((".jpg", ".webp", ".avif")) for path in site.tree())
    assert leaks(site) == []


def test_what_nobody_can_look_into_is_a_hint(site: Site) -> None:
    (site.output / "data.zip").write_bytes(b"PK\3\4")
    (site.output / "broken.pdf").write_bytes(b"%PDF-1.7 broken")
    assert [line.partition(":")[0] for line in leaks(site)] == ["SG617 broken.pdf", "SG617 data.zip"]


def test_the_command_ends_with_one_and_shows_no_value(site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    command = ["--site", str(site.root), "--json", "check", "--privacy"]
    assert run([*command, str(site.output)]) == 0
    assert json.loads(capsys.readouterr().out) == []
    (site.output / "b.html").write_text(f"<p>{PHONE} {MAIL}, press@example.com</p>")
    assert run(command) == 1
    shown = capsys.readouterr()
    assert [(one["code"], one["hint"]) for one in json.loads(shown.out)] == [
        ("SG615", False),
        ("SG615", False),
        ("SG612", True),
    ]
    assert PHONE not in shown.out + shown.err
    assert MAIL not in shown.out + shown.err


def test_a_folder_that_is_empty_or_without_the_option_is_a_wrong_call(site: Site, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert run(["--site", str(site.root), "check", "--privacy", str(tmp_path / "empty")]) == 2
    assert run(["--site", str(site.root), "check", str(site.output)]) == 2


def test_the_check_of_the_sources_tells_of_drafts_offices_and_idle_permissions(site: Site) -> None:
    site.brief("b", f"Call {PHONE}.\n", title="B", status="draft", source="paperless:2")
    site.brief("c", "Ask press@example.org.\n", title="C", source="paperless:3")
    site.brief("d", "Nothing.\n", title="D", source="paperless:4", allow=["phone-7kq2"])
    site.brief("e", f"Ask {MAIL}.\n", title="E", source="paperless:5")
    site.brief("f", f"Ask {MAIL}.\n", title="F", source="paperless:6", date="2099-01-01")
    found = Inspection(settings.load(site.root, {})).findings()
    private = sorted(f"{one.code} {one.place}" for one in found if one.code.startswith("SG61"))
    assert private == [
        "SG610 briefs/e.md:6:5",
        "SG611 briefs/b.md:6:6",
        "SG611 briefs/f.md:7:5",
        "SG612 briefs/c.md:6:5",
        "SG613 briefs/d.md",
    ]
