"""Pictures for cards: drawn when a site wants them, with the headline in letters that a font has."""

from __future__ import annotations

import time
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from sitegen.settings import Cards
from sitegen.site.fonts import Face
from sitegen.site.machines.pictures import SIZE, Artist, Words, _wrapped
from tests.site.sites import Site

FACE = """
[fonts.serif]
family = "Town Serif"
file = "font_source_serif_pro/files/SourceSerifPro-Semibold.ttf"
weight = "600"
"""
WANTED = '[site]\ntitle = "Tiny"\ntheme = "tiny"\nbase_url = "https://example.org/"\n[cards]\npictures = true\n'


@pytest.fixture
def drawn(site: Site) -> Site:
    site.write("themes/tiny/theme.toml", (site.root / "themes/tiny/theme.toml").read_text() + FACE)
    site.write("themes/tiny/templates/404.html", "")
    site.write("themes/tiny/templates/brief.html", "{{ cards() }}")
    site.write("sitegen.toml", WANTED)
    site.brief("a", slug="a", title="The bridge")
    return site


def artist(**stated: object) -> Artist:
    face = Face("serif", "Town", "font_source_serif_pro/files/SourceSerifPro-Semibold.ttf", "600", "normal")
    return Artist(Path(), Cards.model_validate(stated), [face])


def marks(data: bytes) -> int:
    """How many pixels are not of the background."""
    with Image.open(BytesIO(data)) as picture:
        assert picture.size == SIZE
        assert (picture.format, picture.info) == ("PNG", {}), "nothing is told beside what is drawn"
        counts = picture.convert("RGB").getcolors(SIZE[0] * SIZE[1])
    assert counts is not None
    return SIZE[0] * SIZE[1] - max(count for count, _ in counts)


def test_a_page_names_its_picture_which_is_there_and_drawn_once(drawn: Site) -> None:
    drawn.build()
    head = drawn.out("briefs/a/index.html")
    assert '<meta property="og:image" content="https://example.org/briefs/a/card.png">' in head
    assert '<meta property="og:image:width" content="1200">' in head
    assert marks((drawn.output / "briefs/a/card.png").read_bytes()) > 1000
    assert drawn.build().written == 0
    before = (drawn.output / "briefs/a/card.png").read_bytes()
    drawn.brief("a", slug="a", title="The bridge opens")
    drawn.build()
    assert (drawn.output / "briefs/a/card.png").read_bytes() != before


def test_nothing_is_drawn_unless_the_site_wants_it_nor_of_drafts(drawn: Site) -> None:
    drawn.brief("b", slug="b", title="Not yet", status="draft")
    drawn.build(drafts=True)
    assert not drawn.has("briefs/b/card.png")
    assert "og:image" not in drawn.out("briefs/b/index.html")
    drawn.write("sitegen.toml", WANTED.replace("true", "false"))
    drawn.build()
    assert not drawn.has("briefs/a/card.png")


def test_without_letters_to_draw_with_the_site_is_built_and_told(drawn: Site) -> None:
    drawn.write("sitegen.toml", f'{WANTED}[fonts]\nenabled = "off"\n')
    assert [warning.code for warning in drawn.build().warnings] == ["SG536"]
    assert "og:image" not in drawn.out("briefs/a/index.html")


def test_a_font_that_is_not_there_is_an_error(drawn: Site) -> None:
    drawn.write("sitegen.toml", f'{WANTED}fonts = ["letters/no.ttf"]\n')
    (problem,) = drawn.problems()
    assert "letters/no.ttf" in str(problem.place)


def test_a_line_without_letters_is_left_out_rather_than_drawn_as_boxes() -> None:
    nothing = marks(artist().draw(Words("", "", "")))
    assert nothing == marks(artist().draw(Words("مجلس المدينة", "", ""))) == 0
    assert marks(artist().draw(Words("Council", "", ""))) > 1000


@pytest.mark.parametrize("headline", ["W" * 5000, "word " * 2000, "\u202e\x00\x1b[31mRed", " ", "\n"])
def test_no_headline_takes_long_or_leaves_its_picture(headline: str) -> None:
    before = time.process_time()
    data = artist().draw(Words(headline, headline, headline))
    assert time.process_time() - before < 20
    with Image.open(BytesIO(data)) as picture:
        edge = picture.convert("RGB").crop((SIZE[0] - 40, 0, *SIZE)).getcolors()
    assert edge is not None
    assert len(edge) == 1, "nothing is drawn at the very edge"


NOTO = Path("/usr/share/fonts/opentype/noto/NotoSansCJK-Bold.ttc")
"""A collection of fonts, as those for Chinese, Japanese and Korean mostly are."""


def rows(headline: str, width: float = 6) -> list[str]:
    """The lines of a headline in letters that are all as wide as high."""

    class Square:
        def getlength(self, line: str) -> float:
            return len(line)

    return list(_wrapped(headline, Square(), width))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("headline", "lines"),
    [
        ("町議会、橋の架け替え", ["町議会、橋の", "架け替え"]),
        ("町議会決議は、修繕", ["町議会決議", "は、修繕"]),
        ("町議会決議「修繕」案", ["町議会決議", "「修繕」案"]),
        ("費用は三八Weirユーロ", ["費用は三八", "Weirユー", "ロ"]),
        ("The bridge", ["The", "bridge"]),
        ("Bridges-everywhere", ["Bridge", "s-ever", "ywhere"]),
        ("시의회 다리 보수", ["시의회 다리", "보수"]),
        ("、、、、、、、、", ["、、、、、、", "、、"]),
    ],
)
def test_headlines_break_where_their_script_lets_them(headline: str, lines: list[str]) -> None:
    assert rows(headline) == lines


@given(st.text("a 、「町ー。x"))
def test_no_character_of_a_headline_is_lost_where_it_breaks(headline: str) -> None:
    assert "".join("".join(rows(headline)).split()) == "".join(headline.split())


@pytest.mark.skipif(not NOTO.is_file(), reason="the font Noto Sans CJK is not installed")
def test_a_font_may_be_one_of_a_collection() -> None:
    words = Words("町議会、橋の修繕を決定", "", "町議会 · 2024年5月17日")
    assert marks(artist(fonts=[str(NOTO)]).draw(words)) > marks(artist().draw(words)) == 0


def test_a_file_that_is_no_font_is_told(drawn: Site) -> None:
    drawn.write("sitegen.toml", WANTED + 'fonts = ["no.ttf"]\n')
    drawn.write("no.ttf", "not a font")
    (problem,) = drawn.problems()
    assert (problem.code, str(problem.place)) == ("SG536", "sitegen.toml")
    assert "no.ttf is no font that can be read" in problem.message
