"""Static files: style sheets become one, scripts find each other, names say what is in a file."""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sitegen.site.scripts import references, replaced
from sitegen.site.styles import Sheet, bundle
from tests.site.sites import Site


@pytest.fixture
def bare(site: Site) -> Site:
    """A site with one style sheet, ``css/main.css``, to be written by the test."""
    site.write("themes/tiny/static/css/main.css", "")
    return site


def sheet(site: Site, text: str, **others: str) -> str:
    """What becomes of ``css/main.css``."""
    site.write("themes/tiny/static/css/main.css", text)
    for name, content in others.items():
        site.write(f"themes/tiny/static/css/{name}.css", content)
    site.build()
    return site.out(published(site, "css/main"))


def published(site: Site, name: str) -> str:
    (found,) = (path for path in site.tree() if path.startswith(f"assets/{name}."))
    return found


def told(site: Site) -> list[str]:
    assert {problem.code for problem in site.problems()} == {"SG514"}
    return [str(problem) for problem in site.problems()]


def test_assets_are_named_by_their_content_and_found(site: Site) -> None:
    site.build()
    main, font = published(site, "css/main"), published(site, "fonts/t")
    assert f'href="/{main}"' in site.out("index.html")
    text = site.out(main)
    assert text.startswith(":root{--ink:black}@font-face{")
    assert f'url("../fonts/{font.rpartition("/")[2]}")' in text
    assert 'url("../../logo.svg#a")' in text
    assert "nothing.png" not in text
    site.write("themes/tiny/static/css/colours.css", ":root { --ink: blue }")
    site.build()
    assert not site.has(main), "a sheet that imports another changes its name with it"


def test_an_import_keeps_its_layer_features_and_media(bare: Site) -> None:
    text = sheet(
        bare,
        '@layer a, b;\n@import "x.css" layer(a) supports(display: grid) screen and (min-width: 1px), print;\n'
        '@import url(x.css) layer;@import url("x.css") supports(not (display: grid));'
        '@import "y.css" (width > 1px) and (hover);p { color: red; }',
        x="a { b: c }",
        y='@import "x.css" print; d { e: f }',
    )
    assert text == (
        "@layer a,b;@media screen and (min-width: 1px),print{@supports (display: grid){@layer a{a{b:c}}}}"
        "@layer{a{b:c}}@supports not (display: grid){a{b:c}}"
        "@media (width > 1px) and (hover){@media print{a{b:c}}d{e:f}}p{color:red}"
    )


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("a :hover , b:hover > c{ }", "a :hover,b:hover>c{}"),
        ("a { & b { c: d } &:hover { e: f } > p { g: h } i:hover { j: k } }", None),
        ("a { b : c ; ; d: e !important ; }", "a{b:c;d:e!important}"),
        ("a { --empty: ; --x:  { a:b } ; --y: c  d /* e */ f }", "a{--empty: ;--x:{a:b};--y:c d f}"),
        ("a { width: calc( 100% - 2 * ( 1px + 2em ) ) }", "a{width:calc(100% - 2 * (1px + 2em))}"),
        ('@charset "utf-8"; a { b: light-dark( #fff , #000 ) }', "a{b:light-dark(#fff,#000)}"),
        ("@page :first { margin: 0 } @font-face { font-family: T }", "@page :first{margin:0}@font-face{font-family:T}"),
        ("@scope (a :hover) to (.b) { c { d: e } }", "@scope (a :hover) to (.b){c{d:e}}"),
        ("/* gone */ a/* gone */b { } /*! kept */", "a/**/b{}/*! kept */"),
        ("a { min-height: 100vh; min-height: 100dvh }", "a{min-height:100vh;min-height:100dvh}"),
        ('a { content: "  \\201C  ;}" }', 'a{content:"  “ ;}"}'),
        (".\\31 0 { a: b } .sm\\:x { a: b }", ".\\31 0{a:b}.sm\\:x{a:b}"),
        ("@layer x { @layer y; a { b: c } }", "@layer x{@layer y;a{b:c}}"),
        ("a { width: if(style(--a: 1): 1px; else: 2px) }", "a{width:if(style(--a: 1): 1px; else: 2px)}"),
    ],
)
def test_only_what_browsers_skip_is_left_out(bare: Site, text: str, written: str | None) -> None:
    found = sheet(bare, text)
    assert found == (written or "a{& b{c:d}&:hover{e:f}>p{g:h}i:hover{j:k}}")


def test_addresses_are_right_for_where_the_sheet_is_published(bare: Site) -> None:
    bare.write("themes/tiny/static/css/parts/pic ture.png", b"1")
    bare.write(
        "themes/tiny/static/css/parts/p.css",
        'a { b: url("pic ture.png?q#f"), url(pic%20ture.png), url("data:x"), url(/root.png), url(#id); '
        'c: image-set("pic ture.png" 1x type("image/png"), url(../../logo.svg) 2x) }',
    )
    text = sheet(bare, '@import "parts/p.css";')
    assert text == (
        'a{b:url("../../css/parts/pic%20ture.png?q#f"),url("../../css/parts/pic%20ture.png"),url("data:x"),'
        'url("/root.png"),url("#id");c:image-set("../../css/parts/pic%20ture.png" 1x type("image/png"),'
        'url("../../logo.svg") 2x)}'
    )


def test_all_that_is_wrong_in_style_sheets_is_told_with_its_line(bare: Site) -> None:
    bare.write(
        "themes/tiny/static/css/main.css",
        "@import 'https://x.example/a.css';\n@import 'gone.css';\n@import;\na { b: url(gone.png) }\n"
        "@import 'colours.css';\nc { d: url(//x.example/y.png) }\ne { f g }\nh { i: 'j\n }\n",
    )
    place = "themes/tiny/static/css/main.css"
    assert [line.replace(place, "") for line in told(bare)] == [
        ":1: @import of 'https://x.example/a.css': style sheets of other sites are forbidden by the page's policy",
        ":2: the style sheet imports 'gone.css', which is not there",
        ":3: @import names no style sheet",
        ":4: the style sheet refers to 'gone.png', which is not there",
        ":5: @import 'colours.css' stands after other rules, where browsers ignore it",
        ":6: '//x.example/y.png': files of other sites are forbidden by the page's policy",
        ":7: this is neither a declaration nor a rule: EOF reached before {} block for a qualified rule.",
        ":8: this is not CSS: Bad string token",
    ]


@pytest.mark.parametrize(
    "text", ["b { c: d", "@media print { b { c: d }", "b { c: url(", "/* b", "b { c: (d }", "b { c: 'd }", "b { } }"]
)
def test_what_is_not_closed_is_told_with_the_line_where_it_begins(bare: Site, text: str) -> None:
    bare.write("themes/tiny/static/css/main.css", f"a {{ }}\n{text}\n")
    assert told(bare)[0].startswith("themes/tiny/static/css/main.css:2: ")


def test_a_file_of_the_site_cannot_stand_where_names_say_what_is_in_a_file(site: Site) -> None:
    for path in ("static/assets/note.txt", "content/assets/note.txt"):
        site.write(path, "1")
        (line,) = told(site)
        assert line.startswith(f"{path}: ")
        site.remove(path)


def test_style_sheets_that_import_each_other_are_told(site: Site) -> None:
    site.write("themes/tiny/static/css/colours.css", '@import "main.css";')
    assert ["imports itself" in line for line in told(site)] == [True, True]


def test_a_part_is_only_imported(bare: Site) -> None:
    bare.write("themes/tiny/static/css/_part.css", "a { b: c }")
    assert sheet(bare, '@import "_part.css";') == "a{b:c}"
    assert not [path for path in bare.tree() if "_part" in path]


def test_a_sheet_imports_the_one_that_it_replaces(bare: Site) -> None:
    sheet(bare, "a { b: url(../logo.svg) }")
    bare.write("static/css/main.css", '@import "tiny:css/main.css";\na { c: d }')
    bare.build()
    assert bare.out(published(bare, "css/main")) == 'a{b:url("../../logo.svg")}a{c:d}'


def test_options_become_custom_properties(bare: Site) -> None:
    bare.write(
        "themes/tiny/theme.toml",
        '[settings.accent]\ntype = "string"\ndefault = ""\n'
        '[settings.brand]\ntype = "colour"\ndefault = "#123"\nproperty = "--brand"\n'
        '[settings.width]\ntype = "number"\ndefault = 36.5\nproperty = "--width"\n',
    )
    text = '@import "../theme-settings.css" layer(settings);'
    assert sheet(bare, text) == "@layer settings{:root{--brand:#123;--width:36.5}}"
    before = published(bare, "css/main")
    bare.write("sitegen.toml", '[site]\ntheme = "tiny"\n[theme]\nbrand = "#456"\n')
    assert sheet(bare, text) == "@layer settings{:root{--brand:#456;--width:36.5}}"
    assert published(bare, "css/main") != before


def test_integrity_is_the_hash_of_what_is_published(site: Site) -> None:
    site.write(
        "templates/404.html",
        '{% for path in ["css/main.css", "own.css", "logo.svg"] %}'
        "{{ asset(path) }} {{ asset(path).integrity }}\n{% endfor %}",
    )
    site.write("static/own.css", "a { b: c }")
    site.build()
    lines = [line.split(" ") for line in site.out("404.html").splitlines()]
    for url, integrity in lines[:2]:
        digest = hashlib.sha384((site.output / url[1:]).read_bytes()).digest()
        assert integrity == f"sha384-{base64.b64encode(digest).decode()}"
    assert lines[2] == ["/logo.svg", ""]
    site.write("static/own.css", "a { b: d }")
    site.build()
    assert site.out("404.html").splitlines()[1] != " ".join(lines[1]), "the address is the same, the hash is not"


def test_modules_find_each_other_under_their_published_names(site: Site, tmp_path: Path) -> None:
    site.write("themes/tiny/static/js/main.js", 'import { a } from "./lib/a.js";\nimport("./lib/b.mjs");\n')
    site.write("themes/tiny/static/js/lib/a.js", "export const a = new URL('../../logo.svg', import.meta.url);\n")
    site.write("themes/tiny/static/js/lib/b.mjs", "export * from './a.js';\n")
    site.build()
    main, a, b = (published(site, name) for name in ("js/main", "js/lib/a", "js/lib/b"))
    assert (
        site.out(main)
        == f'import {{ a }} from "./lib/{a.rpartition("/")[2]}";\nimport("./lib/{b.rpartition("/")[2]}");\n'
    )
    assert site.out(a) == 'export const a = new URL("../../../logo.svg", import.meta.url);\n'
    site.write("themes/tiny/static/js/lib/a.js", "export const a = 2;\n")
    site.build()
    assert {main, a, b}.isdisjoint(site.tree())
    assert site.rebuilt(tmp_path / "clean") == site.tree()


def test_modules_in_a_ring_have_names_that_change_together(site: Site) -> None:
    def write(mark: int) -> set[str]:
        site.write("themes/tiny/static/a.js", f'import "./b.js"; // {mark}\n')
        site.write("themes/tiny/static/b.js", 'import "./a.js"; import "./c.js"; import "./b.js";\n')
        site.write("themes/tiny/static/c.js", "1;\n")
        site.build()
        return {published(site, name) for name in "abc"}

    first, second = write(1), write(2)
    assert len(first & second) == 1, "only c is as it was"
    a, b, c = (published(site, name).rpartition("/")[2] for name in "abc")
    assert site.out(f"assets/{a}") == f'import "./{b}"; // 2\n'
    assert site.out(f"assets/{b}") == f'import "./{a}"; import "./{c}"; import "./{b}";\n'


def test_all_that_is_wrong_in_scripts_is_told_with_its_line(site: Site) -> None:
    site.write(
        "themes/tiny/static/js/main.js",
        '// import "./comment.js"\nimport "./gone.js";\nimport x from "lit";\nexport * from "https://x.example/y.js";\n'
        'const s = "import \'./text.js\'", r = /import "x"/, t = `import "./t.js"`;\n'
        'new URL("./gone.wasm", import.meta.url);\n',
    )
    place = "themes/tiny/static/js/main.js"
    assert [line.replace(place, "") for line in told(site)] == [
        ":2: the script refers to './gone.js', which is not there",
        ":3: the script imports 'lit', which browsers cannot find: a file begins with ./ or ../",
        ":4: the script loads 'https://x.example/y.js': scripts of other sites are forbidden by the page's policy",
        ":6: the script refers to './gone.wasm', which is not there",
    ]


def test_a_sheet_that_is_not_text_is_told(site: Site) -> None:
    site.write("themes/tiny/static/css/main.css", b"a { }\n\xff")
    (problem,) = site.problems()
    assert (problem.code, str(problem.place)) == ("SG406", "themes/tiny/static/css/main.css:2")


def test_files_of_the_site_that_replace_none_are_left_as_they_are(site: Site) -> None:
    site.write("static/own.css", "a  { b: url(gone.png) }")
    site.build()
    assert site.out("own.css") == "a  { b: url(gone.png) }"


def test_an_empty_sheet_has_the_integrity_of_nothing(bare: Site) -> None:
    bare.write("templates/404.html", '{{ asset("css/main.css").integrity }}')
    assert sheet(bare, "/* nothing */") == ""
    assert bare.out("404.html") == f"sha384-{base64.b64encode(hashlib.sha384(b'').digest()).decode()}"


PIECES = st.lists(
    st.sampled_from(
        [
            *(
                "a",
                "--x",
                ":hover",
                "{",
                "}",
                "(",
                ")",
                "[",
                "]",
                ";",
                ":",
                ",",
                " ",
                "\n",
                "!important",
                "@media",
                "@layer",
            ),
            *(
                "@import",
                '"t"',
                "'",
                '"',
                "/*",
                "*/",
                "url(x)",
                "url(",
                "calc(1px + 2px)",
                "#f",
                "1.5e3",
                "\\",
                "u+a",
                "<!--",
            ),
            *("é", "\0", "&", ">", "+", "~", "%", "$", "image-set('x' 1x)", "supports(", "layer(a)", "@charset 'x';"),
        ]
    ),
    max_size=30,
)


class Anything:
    """Files that are all there."""

    def sheet(self, importer: Sheet, url: str) -> Sheet | None:
        return Sheet("other.css", "", "other.css", "i { j: k }")

    def address(self, sheet: Sheet, url: str, root: Sheet) -> str | None:
        return url


@given(PIECES)
def test_whatever_stands_in_a_sheet_it_becomes_a_sheet_or_an_error(pieces: list[str]) -> None:
    """And what has become a sheet stays as it is when it is made small once more."""
    problems: list[Any] = []
    once = bundle(Sheet("a.css", "", "a.css", "".join(pieces)), Anything(), problems)
    if not problems:
        assert bundle(Sheet("a.css", "", "a.css", once), Anything(), problems) == once
        assert not problems


@given(st.text(max_size=60) | PIECES.map("".join))
def test_whatever_stands_in_a_script_only_names_are_replaced(text: str) -> None:
    found = references(text)
    assert replaced(text, []) == text
    for reference in found:
        assert text[reference.start] in "'\""
        assert text[reference.end - 1] == text[reference.start]
