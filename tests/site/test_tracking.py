"""Whatever a template reads is recorded: one template and one edit for each kind of read."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from sitegen.site import tracking
from sitegen.site.tracking import Digests, Tracked
from tests.site.pictures import drawing, photo
from tests.site.sites import Site

READS = [
    "{{ site.briefs|length }}",
    "{% if site.briefs[2:] %}three{% endif %}",
    "{{ site.briefs[0].title }}",
    "{% if site.search %}{{ site.search.url }} {{ site.search.bundle }}{% endif %}",
    "{{ site.briefs[-1].body }}",
    "{{ (site.briefs|first).summary }}",
    "{{ (site.briefs|last).summary }}",
    "{% for brief in site.briefs|reverse %}{{ brief.title }}{% endfor %}",
    "{{ site.briefs|map(attribute='title')|join(',') }}",
    "{% for brief in site.briefs %}{{ brief.toc|length }}{{ brief.words }}{{ brief.edited }}{% endfor %}",
    "{% for brief in site.briefs if brief.next %}{{ brief.next.title }}{% endfor %}",
    "{% for tag in site.taxonomies.tags.terms %}{{ tag.name }}{{ tag.count }}{% endfor %}",
    "{{ site.taxonomies.tags.terms|length }}",
    "{% if site.taxonomies.types.terms %}types{% endif %}",
    "{% if site.taxonomies.correspondents.terms|length > 1 %}two{% endif %}",
    "{{ (site.taxonomies.tags.terms|first).pages[0].body }}",
    "{% for tag in site.taxonomies.tags.terms %}{% for page in tag.pages %}{{ page.summary }}{% endfor %}{% endfor %}",
    "{{ (site.pages|selectattr('title', 'equalto', 'Shows')|first).body }}",
    "{{ picture('/photo.jpg', 'A') }}",
    "{{ (image('/new.png') or page).url }}",
    "{{ image('/photo.jpg').width }}",
    "{% for link in site.menu %}{{ link.title }}{% endfor %}",
    "{{ site.pages|length }}",
    "{% for page in site.pages %}{{ page.title }}{% endfor %}",
    "{% for section in site.sections.values() %}{{ section.title }}{% for p in section.pages %}{{ p.url }}{% endfor %}"
    "{% endfor %}",
    "{{ site.sections.news.page.body if 'news' in site.sections }}",
    "{{ page.section.title if page.section }}",
    "{{ data|join }}{{ data.towns|join if data.towns is defined }}",
    "{{ data.towns.north.size if data.towns is defined and data.towns.north is defined }}",
    "{% for tag in site.taxonomies.tags.terms if tag.page %}{{ tag.page.title }}{{ tag.page.body }}{% endfor %}",
    "{{ site.taxonomies.tags.page.title if site.taxonomies.tags.page }}",
    "{% for of in page.translations %}{{ of.name }}{{ of.title }}{{ of.url }}{% endfor %}",
    "{% for of in site.languages %}{{ of.title }}{{ of.url }}{% endfor %}",
    "{{ site.briefs|map(attribute='translations')|map('join')|join }}",
    "{{ t('home') }}",
]


def test_outputs_follow_what_their_templates_read(site: Site, tmp_path: Path) -> None:
    site.write("themes/tiny/templates/base.html", "{% block main %}{% endblock %}")
    for number, template in enumerate(READS):
        site.write(f"templates/read-{number}.html", template)
        site.page(f"page-{number}", title="Reads", template=f"read-{number}.html", menu=False)
    site.page("shows", "![A](photo.jpg)\n", title="Shows", menu=False)
    site.write("content/photo.jpg", photo(40, 30))
    site.brief("a", title="A", slug="a", tags=["One"], correspondent="C")
    site.brief("m", title="M", slug="m", tags=["Two"])
    site.build()
    edits: list[Callable[[], object]] = [
        lambda: site.brief("a", "## New\n\nOther words here.\n", title="A", slug="a", tags=["One"], correspondent="C"),
        lambda: site.brief("m", title="M", slug="m", tags=["Two"], summary="Short."),
        lambda: site.brief("m", title="Mm", slug="m", tags=["Two"], summary="Short."),
        lambda: site.brief(
            "z", "Last.\n", title="Z", slug="z", tags=["One"], document_type="Letter", correspondent="D"
        ),
        lambda: site.brief("0", "First.\n", title="0", slug="0", tags=["Above"]),
        lambda: site.remove("briefs/0.md"),
        lambda: site.page("new", title="New"),
        lambda: site.write("sitegen.toml", f"{(site.root / 'sitegen.toml').read_text()}\n[languages.de]\n"),
        lambda: site.brief("k.de", title="K", slug="k", tags=["Eins"]),
        lambda: site.page("shows.de", "![A](photo.jpg)\n", title="Shows", menu=False),
        lambda: [
            site.page(f"page-{number}.de", title="Liest", template=f"read-{number}.html")
            for number in range(len(READS))
        ],
        lambda: site.brief("m.de", title="M", slug="m", tags=["Zwei"]),
        lambda: site.brief("m.de", title="Mm", slug="mm", tags=["Zwei"]),
        lambda: site.page("index.de", title="Anfang"),
        lambda: site.write("i18n/de.toml", 'home = "Daheim"\n'),
        lambda: site.remove("briefs/m.de.md"),
        lambda: site.page("news/_index", title="News"),
        lambda: site.page("news/_index", "Words.\n", title="News"),
        lambda: site.page("news/one", title="One"),
        lambda: site.page("tags/one/_index", "About one.\n", title="The one"),
        lambda: site.page("tags/one/_index", "About one.\n", title="The very one"),
        lambda: site.page("tags/_index", title="All tags"),
        lambda: site.write("data/towns/north.toml", "size = 1"),
        lambda: site.write("data/towns/north.toml", "size = 2"),
        lambda: site.write("data/towns/south.toml", ""),
        lambda: site.remove("data/towns/north.toml"),
        lambda: site.remove("content/news/_index.md"),
        lambda: site.write("templates/search.html", "{{ page.title }}"),
        lambda: site.remove("templates/search.html"),
        lambda: site.write("content/photo.jpg", photo(30, 40)),
        lambda: site.write("content/new.png", drawing(20, 10)),
        lambda: site.write("content/new.png", drawing(10, 20)),
        lambda: site.remove("content/new.png"),
    ]
    for number, edit in enumerate(edits):
        edit()
        site.build()
        expected, found = site.rebuilt(tmp_path / f"clean-{number}"), site.tree()
        assert [path for path in expected if found.get(path) != expected[path]] == []
        assert found.keys() == expected.keys()


def test_what_an_imported_file_reads_is_recorded_for_every_page_that_imports_it(site: Site, tmp_path: Path) -> None:
    site.write("themes/tiny/templates/base.html", "{% block main %}{% endblock %}")
    site.write("templates/macros.html", "{% set count = site.briefs|length %}{% macro m() %}{{ count }}{% endmacro %}")
    site.write("templates/with.html", '{% from "macros.html" import m %}{{ m() }}')
    site.write("templates/without.html", '{% include "macros.html" without context %}{{ asset("logo.svg") }}')
    for number in range(3):
        site.page(f"with-{number}", title="W", template="with.html", menu=False)
        site.page(f"without-{number}", title="W", template="without.html", menu=False)
    site.build()
    site.brief("a", title="A")
    site.build()
    expected, found = site.rebuilt(tmp_path / "clean"), site.tree()
    assert [path for path in expected if found.get(path) != expected[path]] == []
    assert found["with-2/index.html"] == b"1"


def test_what_a_macro_changes_does_not_pass_from_page_to_page(site: Site) -> None:
    site.write(
        "templates/macros.html",
        "{% set seen = namespace(n=0) %}{% macro m() %}{% set seen.n = seen.n + 1 %}{{ seen.n }}{% endmacro %}",
    )
    site.write("templates/count.html", '{% from "macros.html" import m %}{{ m() }}{{ m() }}')
    for number in range(3):
        site.page(f"p{number}", title="P", template="count.html", menu=False)
    site.build()
    assert [site.out(f"p{number}/index.html") for number in range(3)] == ["12"] * 3


def test_a_page_follows_the_assets_that_it_asked_for(site: Site) -> None:
    site.write("templates/404.html", '{{ asset("css/colours.css") }}')
    site.build()
    for text in (":root { --ink: red }", ":root { --ink: black }\n"):
        site.write("themes/tiny/static/css/colours.css", text)
        site.build()
        (sheet,) = (path for path in site.tree() if path.startswith("assets/css/colours."))
        assert site.out("404.html") == f"/{sheet}"


def test_an_output_that_read_nothing_else_is_not_made_again(site: Site) -> None:
    site.write("themes/tiny/templates/404.html", "{{ site.briefs|length }}")
    site.brief("a", title="A")
    site.build()
    (site.output / "404.html").write_text("damaged")
    inode = (site.output / "index.html").stat().st_ino
    assert site.build().written == 1
    assert site.out("404.html") == "1"
    assert (site.output / "index.html").stat().st_ino == inode


def test_reads_are_told_apart() -> None:
    tracked = Tracked("things", [1, 2])
    cases: list[tuple[Callable[[], object], tuple[str, ...]]] = [
        (lambda: len(tracked), ("things#",)),
        (lambda: bool(tracked), ("things?",)),
        (lambda: tracked[0], ("things",)),
        (lambda: tracked[:1], ("things",)),
        (lambda: list(tracked), ("things", "things#")),
        (lambda: 2 in tracked, ("things",)),
        (lambda: tracked == [1, 2], ("things",)),
    ]
    for read, names in cases:
        tracking.begin()
        read()
        assert set(tracking.reads()) >= set(names[:1])
        assert set(tracking.reads()) <= {"things", "things#", "things?"}


def test_what_was_read_and_is_gone_makes_an_output_stale() -> None:
    digests = Digests({"a": lambda: b"1"}, {})
    assert digests.of(b"own", ("a",)) == digests.of(b"own", ("a",))
    assert digests.of(b"own", ("a", "gone")) is None


def test_a_page_follows_the_address_of_a_page_that_it_links_to(site: Site) -> None:
    site.brief("a", "[b](b.md)\n", title="A")
    site.brief("b", title="B", slug="before")
    site.build()
    site.brief("b", title="B", slug="after")
    site.build()
    assert 'href="/briefs/after/"' in site.out("briefs/a/index.html")
