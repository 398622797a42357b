"""What pages refer to, found in their HTML: nothing that is there is missed, nothing else is invented."""

from __future__ import annotations

from array import array
from html import escape
from html.parser import HTMLParser

from hypothesis import given
from hypothesis import strategies as st

from sitegen.site.linkbook import Book, Fault, Sheet, entry
from sitegen.site.references import Collector


def look(html: str, path: str = "a/b/index.html", base: str = "/") -> tuple[list[str], list[str], list[str], list[str]]:
    collector = Collector(f"https://example.org{base}", base)
    found = collector.look(html.encode(), path)
    links = [collector.table[number] for number in array("I", found.links)]
    return links, found.ids.decode().split("\n"), list(found.twice), list(found.dead)


def test_every_way_to_write_an_address_is_read() -> None:
    links, *_ = look(
        '<a href="/one/">1</a><a href=\'/two/\'>2</a><a href=/three/>3</a><a\n   href="../four/#x">4</a>'
        '<img alt="" src="five.png" srcset="/six.png 1x, /seven.png?v=1 2x"><a href="https://example.org/eight/">8</a>'
        '<a href="/n%C3%AFne/?a=1&amp;b=2#%C3%A9">9</a>'
    )
    assert links == ["one/", "two/", "three/", "a/four/#x", "a/b/five.png", "six.png", "seven.png", "eight/", "nïne/#é"]


def test_what_is_elsewhere_is_left_alone() -> None:
    links, *_ = look(
        '<a href="https://other.org/x/">x</a><a href="//other.org/x/">x</a><a href="mailto:a@b.c">x</a>'
        '<img src="data:image/gif;base64,AA">'
    )
    assert links == []


def test_an_address_of_the_host_outside_the_base_path_is_told_apart() -> None:
    assert look('<a href="/docs/a/">in</a><a href="/b/">out</a>', base="/docs/")[0] == ["a/", "/b/"]


def test_text_is_no_address() -> None:
    links, ids, twice, dead = look(
        '<p id="real">Write &lt;a href="/nowhere/" id="real"> or href="/no/".</p><!-- <a href="/old/" id="real"> -->'
        '<p data-id="x" data-href="/y/">href="/z/"</p>'
    )
    assert (links, ids, twice, dead) == ([], ["real"], [], [])


def test_ids_and_anchors_of_the_page_itself() -> None:
    _, ids, twice, dead = look(
        '<a href="#here">ok</a><a href="#gone">no</a><a href="#">top</a><a href="#top">t</a><a href="#%C3%BCber">ok</a>'
        '<a href="#:~:text=word">ok</a><h2 id="here">a</h2><h2 id="here">b</h2><h2 id="über">c</h2><i id=\'q\'></i>'
    )
    assert (ids, twice, dead) == (["here", "über", "q"], ["here"], ["gone"])


class _Parser(HTMLParser):
    """The same by the parser of the standard library."""

    def __init__(self) -> None:
        super().__init__()
        self.links: list[str] = []
        self.ids: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name in ("href", "src") and value and value.startswith("/"):
                self.links.append(value[1:])
            elif name == "id" and value:
                self.ids.append(value)


words = st.text("ab \"'<>&=", max_size=8)
attributes = st.one_of(
    st.builds(lambda name, value: f' {name}="/{value}"', st.sampled_from(["href", "src"]), st.sampled_from("xyz")),
    st.builds(lambda value: f' id="{value}"', st.sampled_from("uvw")),
    st.builds(lambda value: f' title="{escape(value)}"', words),
)
pieces = st.one_of(
    st.builds(lambda inner: f"<a{''.join(inner)}>", st.lists(attributes, max_size=3)),
    st.builds(lambda text: text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;"), words),
    st.sampled_from([' href="/t/"', ' id="t"', "</a>", "\n", "<br>"]),
)


@given(st.lists(pieces, max_size=12))
def test_a_parser_finds_the_same(parts: list[str]) -> None:
    html = "".join(parts)
    parser = _Parser()
    parser.feed(html)
    links, ids, *_ = look(html)
    assert (sorted(links), [name for name in ids if name]) == (
        sorted(set(parser.links)),
        list(dict.fromkeys(parser.ids)),
    )


# -------------------------------------------------------------------------------------------------------- the book


def book(pages: dict[str, str], before: Book | None = None) -> Book:
    collector = Collector("https://example.org/", "/")
    sheet = Sheet(
        collector.table, [(path, entry("ab" * 32, collector.look(html.encode(), path))) for path, html in pages.items()]
    )
    return (before or Book([], {})).renewed(pages, [sheet])


def test_faults_are_told_once_with_all_their_pages() -> None:
    pages = {
        "index.html": '<a href="/a/#here">x</a><a href="/a/#gone">x</a><a href="/b">x</a><a href="/logo.svg">x</a>',
        "a/index.html": '<a href="/nowhere/">x</a><h2 id="here">x</h2><h2 id="here">x</h2><a href="#no">x</a>',
        "b/index.html": '<a href="/nowhere/">x</a><a href="/moved/">x</a>',
    }
    found = book(pages).faults({*pages, "logo.svg"}, {"moved/"})
    assert found == [
        Fault("anchor", "#no", ("a/index.html",)),
        Fault("anchor", "a/#gone", ("index.html",)),
        Fault("id", "here", ("a/index.html",)),
        Fault("link", "nowhere/", ("a/index.html", "b/index.html")),
    ]


names = st.sampled_from(["a/", "b/", "c/", "d/"])
html = st.lists(
    st.builds(lambda name: f'<a href="/{name}#{name[0]}">x</a><i id="{name[0]}"></i>', names), max_size=4
).map("".join)
sites = st.dictionaries(names.map(lambda name: f"{name}index.html"), html)


@given(st.lists(sites, min_size=1, max_size=4))
def test_a_book_that_was_renewed_says_what_a_new_one_says(versions: list[dict[str, str]]) -> None:
    kept = Book([], {})
    last: dict[str, str] = {}
    for pages in versions:
        changed = {path: text for path, text in pages.items() if last.get(path) != text}
        collector = Collector("https://example.org/", "/")
        made = [(path, entry("ab" * 32, collector.look(text.encode(), path))) for path, text in changed.items()]
        kept, last = kept.renewed(pages, [Sheet(collector.table, made)]), pages
        assert kept.faults(pages) == book(pages).faults(pages)


def test_a_page_that_the_book_knows_in_another_state_is_missing() -> None:
    known = book({"index.html": ""})
    assert list(known.missing({"index.html": "ab" * 32})) == []
    assert list(known.missing({"index.html": "cd" * 32, "a/index.html": "ab" * 32})) == ["index.html", "a/index.html"]
