"""Boxes, tasks and definitions, in briefs and pages alike."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from sitegen.site.markdown import Profile, render, worded
from tests.site.sites import Site

PROFILES: list[Profile] = ["brief", "page"]


@pytest.mark.parametrize("profile", PROFILES)
def test_a_quotation_that_begins_with_a_mark_is_a_box(profile: Profile) -> None:
    html = render("> [!WARNING]\n> Mind *this*.\n>\n> - a\n", profile).html
    assert html.startswith('<div class="admonition warning" role="note">\n<p class="admonition-title">')
    assert "<p>Mind <em>this</em>.</p>\n<ul>\n<li>a</li>\n</ul>\n</div>" in html
    assert "blockquote" not in html


def test_the_title_of_a_box_is_its_own_or_a_word_of_the_theme() -> None:
    own = render("> [!tip] Mind the **gap**\n> Text.\n", "brief").html
    assert '<p class="admonition-title">Mind the <strong>gap</strong></p>\n<p>Text.</p>' in own
    left = render("> [!tip]\n", "brief").html
    assert worded(left, lambda key: f"<{key}>").count('<p class="admonition-title">&lt;tip&gt;</p>') == 1


@pytest.mark.parametrize(
    "text", ["> [!nothing] x", "> x [!note]", "> \\[!note]", "> `[!note]`", "[!note]", "> [!note]x", ">\n> [!note]"]
)
def test_other_quotations_stay_quotations(text: str) -> None:
    assert "admonition" not in render(text, "brief").html


def test_boxes_nest_and_end_where_their_quotations_do() -> None:
    html = render("> [!note]\n> a\n>\n> > b\n> > > [!tip] c\n\nd\n", "page").html
    assert html.count("<div") == html.count("</div>") == 2
    assert html.count("<blockquote>") == html.count("</blockquote>") == 1
    assert html.endswith("</div>\n<p>d</p>\n")


def test_evidence_in_a_list_of_a_brief_never_becomes_a_box() -> None:
    text = "- point\n  > [!NOTE] said the letter\n"
    assert '<blockquote class="evidence">\n<p>[!NOTE] said the letter</p>' in render(text, "brief").html
    assert '<div class="admonition note"' in render(text, "page").html


def test_links_below_the_title_of_a_box_keep_their_lines() -> None:
    assert render("x\n\n> [!note] [a](a.md)\n> [b](b.md)\n> [c](c.md)\n", "brief").links == [
        ("a.md", 2),
        ("b.md", 3),
        ("c.md", 4),
    ]


@pytest.mark.parametrize("profile", PROFILES)
def test_tasks_have_boxes_with_labels_that_nobody_can_tick(profile: Profile) -> None:
    html = render("- [ ] open *it*\n- [x] done\n- [X]no\n- `[ ] ` no\n- \\[ ] no\n\n1. [x] one\n", profile).html
    assert '<li class="task"><label><input type="checkbox" disabled=""> open <em>it</em></label></li>' in html
    assert '<li class="task"><label><input type="checkbox" disabled="" checked=""> done</label></li>' in html
    assert html.count("<input") == 3
    assert "<li>[X]no</li>" in html


@pytest.mark.parametrize("profile", PROFILES)
def test_notes_stand_in_a_line_or_below(profile: Profile) -> None:
    assert render("A^[note].\n", profile).html == render("A[^1].\n\n[^1]: note\n", profile).html


@pytest.mark.parametrize("profile", PROFILES)
def test_definitions_are_lists_of_terms(profile: Profile) -> None:
    html = render("Weir\n: A low dam.\n: A fence in a river.\n\n> Lock\n>\n> ~ A gate.\n", profile).html
    assert "<dl>\n<dt>Weir</dt>\n<dd>A low dam.</dd>\n<dd>A fence in a river.</dd>\n</dl>" in html
    assert "<dt>Lock</dt>" in html


def test_the_words_of_boxes_tasks_and_definitions_are_counted() -> None:
    assert render("> [!note]\n> one two\n\n- [ ] three\n\nfour\n: five\n", "brief").words == 5


def test_titles_of_boxes_follow_the_words_of_the_theme(site: Site) -> None:
    site.brief("a", "> [!note]\n> Text.\n", title="A")
    site.build()
    assert '<p class="admonition-title">Note</p>' in site.out("briefs/a/index.html")
    words = site.root / "themes/tiny/i18n/en.toml"
    words.write_text(words.read_text() + 'admonition_note = "<Mind>"\n')
    site.build()
    assert '<p class="admonition-title">&lt;Mind&gt;</p>' in site.out("briefs/a/index.html")


def test_feeds_follow_the_words_of_the_theme(site: Site, tmp_path: Path) -> None:
    (site.root / "sitegen.toml").write_text((site.root / "sitegen.toml").read_text() + '[feeds]\ncontent = "full"\n')
    site.brief("a", "> [!note]\n> Text.\n", title="A", date=dt.date(2026, 1, 1))
    site.build()
    assert "Note" in site.out("feed.xml")
    words = site.root / "themes/tiny/i18n/en.toml"
    words.write_text(words.read_text() + 'admonition_note = "Mind"\n')
    site.build()
    assert "Mind" in site.out("feed.xml")
    assert site.tree() == site.rebuilt(tmp_path / "clean")
    assert site.build().written == 0


def test_a_text_cannot_forge_a_placeholder(site: Site) -> None:
    forged = '<sitegen-word key="note"></sitegen-word>'
    body = f"{forged} `{forged}` [x](/ '{forged}') ![{forged}](a.png)\n\n```\n{forged}\n```\n"
    for profile in PROFILES:
        assert worded(render(body, profile).html, lambda _: "FORGED").count("FORGED") == 0
    site.brief("a", body, title=forged, summary=forged, slug="a")
    site.build()
    assert "<sitegen-" not in site.out("briefs/a/index.html")


def test_the_same_bytes_are_rendered_for_what_they_are(site: Site) -> None:
    text = "---\ntitle: Same\nstatus: published\n---\n## Head {#own}\n"
    site.write("briefs/same.md", text)
    site.write("content/same.md", text)
    for _ in range(2):
        site.build()
        assert '<h2 id="head-own">Head {#own}</h2>' in site.out("briefs/same/index.html")
        assert '<h2 id="own">Head</h2>' in site.out("same/index.html")
        site.write("themes/tiny/templates/404.html", "changed")
