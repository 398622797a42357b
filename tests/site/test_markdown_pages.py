"""What only the pages of a site's own author may contain: attributes and formulas."""

from __future__ import annotations

import re

import pytest

from sitegen.site.markdown import Rendered, render
from tests.site.sites import Site


def page(text: str, *, math: bool = True) -> Rendered:
    return render(text, "page", math=math)


# --------------------------------------------------------------------------------------------------------- attributes


def test_headings_take_the_id_and_the_classes_behind_them() -> None:
    seen = page("## The *end* {#finis .big .red}\n\n## Finis\n")
    assert '<h2 id="finis" class="big red">The <em>end</em></h2>' in seen.html
    assert seen.headings == [("finis", "The end", 2), ("finis-2", "Finis", 2)]


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("[a](https://b.example){.btn}", '<a href="https://b.example" class="btn external" rel="noopener">'),
        ("![a](b.png){#pic}", '<img src="sitegen:0" alt="a" id="pic" loading="lazy">'),
        ("`a`{.key}", '<code class="key">a</code>'),
        ("[two words]{.mark}", '<span class="mark">two words</span>'),
        ("{.lead}\nText.", '<p class="lead">Text.</p>'),
        ("{.plain}\n- a", '<ul class="plain">'),
        ("{.wide}\n| a |\n|---|\n| b |", '<table class="wide">'),
        ("{#q}\n> a", '<blockquote id="q">'),
        ("{.x}\n```python\na\n```", '<pre class="x highlight"><code class="language-python">'),
    ],
)
def test_attributes_are_for_what_they_stand_at(text: str, html: str) -> None:
    assert (
        sorted(re.findall(r'[\w"=:/.-]+', html))
        == sorted(re.findall(r'[\w"=:/.-]+', page(text).html)[: len(re.findall(r'[\w"=:/.-]+', html))])
        or html in page(text).html
    )


def test_anything_but_ids_and_classes_is_left_out_with_a_warning() -> None:
    seen = page('[a](/b/){onclick="x()" style=red target=_blank .ok}\n\n## Head {width=3}\n')
    assert 'class="ok"' in seen.html
    assert not re.search("onclick|style|target|width", seen.html)
    assert [(code, line) for code, _, line in seen.remarks] == [("SG412", 0)] * 3 + [("SG412", 2)]


def test_an_id_stands_once() -> None:
    seen = page("## A {#x}\n\n## B {#x}\n\n## C {#main}\n")
    assert [name for name, _, _ in seen.headings] == ["x", "b", "c"]
    assert [line for _, _, line in seen.remarks] == [2, 4]


def test_lines_of_code_are_marked() -> None:
    html = page("```python {1,3-4}\na\nb\nc\nd\n```\n").html
    assert html.count('<span class="hll">') == 3
    assert '<span class="n">b</span>' in html


def test_briefs_have_neither_attributes_nor_marked_lines() -> None:
    html = render("## A {#x .y}\n\n[a](/b/){.c}\n\n```python {1}\na\n```\n", "brief").html
    assert "{#x .y}" in html
    assert "{.c}" in html
    assert "hll" not in html


# ----------------------------------------------------------------------------------------------------------- formulas


def test_formulas_are_mathml() -> None:
    html = page("Inline $x^2$.\n\n$$\n\\frac{1}{2}\n$$\n\n```math\n\\sqrt{2}\n```\n").html
    assert "<p>Inline <math><msup><mi>x</mi><mn>2</mn></msup></math>.</p>" in html
    assert '<math display="block"><mfrac><mn>1</mn><mn>2</mn></mfrac></math>' in html
    assert '<math display="block"><msqrt><mn>2</mn></msqrt></math>' in html


def test_a_formula_in_a_heading_stands_in_the_contents() -> None:
    assert page("## The area $A_1$\n").headings == [("the-area-a_1", "The area A_1", 2)]


@pytest.mark.parametrize("text", ["$5 and $6", "US$ 5 or 6$", "a $ b $ c", "\\$x\\$", "`$x$`", "costs 5$x$3"])
def test_money_is_no_formula(text: str) -> None:
    assert "<math" not in page(text).html


def test_dollars_are_dollars_unless_the_settings_say_so() -> None:
    assert "$x$" in page("$x$", math=False).html
    assert "$x$" in render("$x$", "brief", math=True).html


def test_a_formula_that_cannot_be_read_is_shown_and_told() -> None:
    seen = page("a\nb $\\frac{1$ c\n\n$$\n\\nope{<b>}\n$$\n")
    assert '<code class="math-broken">\\frac{1</code>' in seen.html
    assert '<code class="math-broken">\\nope{&lt;b&gt;}</code>' in seen.html
    assert [(code, line) for code, _, line in seen.remarks] == [("SG411", 1), ("SG411", 3)]


def test_equations_are_numbered_over_the_page_and_can_be_referred_to() -> None:
    one, two = r"\begin{equation}\label{e}a\end{equation}", r"\begin{equation}b\end{equation}"
    for _ in range(2):  # each text begins anew
        seen = page(f"$${one}$$\n\n$${two}$$\n\nsee $\\eqref{{e}}$\n")
        assert "(1)" in seen.html
        assert "(2)" in seen.html
        assert '<a href="#eq-e">(1)</a>' in seen.html
        assert "eq-e" in seen.anchors


@pytest.mark.parametrize(
    "tex",
    [
        r"\begin{array}{|l|r|}\hline a&b\\\hline\end{array}",
        r"\begin{cases}1&x\\0&y\end{cases}",
        r"\begin{align}a&=b\\c&=d\end{align}",
        r"\begin{multline}a\\b\\c\end{multline}",
        r"\boxed{x}\cancel{y}\textcolor{red}{z}\!\mathrel{x}",
        r"\text{\textbf{a}\emph{b}\textsc{c}\texttt{e}\large x}",
        r"\overbrace{x}^{y}\widehat{x}\sum_{i=0}^n\iiint\begin{pmatrix}a&b\end{pmatrix}\binom{n}{k}\vphantom{x}",
    ],
)
def test_formulas_come_through_the_cleaner_as_they_were_made(tex: str) -> None:
    """All but styles, which become classes: whatever the converter learns to write must be let through by name."""
    from math_core import LatexToMathML

    made = LatexToMathML(fancy_error=False, id_prefix="eq-").convert_with_global_state(tex, displaystyle=True)
    html = page(f"$${tex}$$").html
    assert " style=" not in html
    made = re.sub(r'<menclose notation="[a-z]+"', "<mrow", made).replace("</menclose", "</mrow")
    names = re.compile(r"<([a-z]+)|(?<= )([a-z]+)=")
    added = {"class", "mathcolor", "mathsize"}
    found = [name for pair in names.findall(html) for name in pair if name and name not in added]
    assert found == [name for pair in names.findall(made) for name in pair if name and name not in {"style", "class"}]


def test_formulas_cannot_bring_in_links_scripts_or_styles() -> None:
    for tex in (
        r"\href{javascript:alert(1)}{x}",
        r"\style{color:red}{x}",
        r"\text{<script>alert(1)</script>}",
        r"\class{x}{y}",
        r"\unicode{60}script",
        r'\textcolor{red" onclick="x}{y}',
        "<mi onclick=x>",
    ):
        html = page(f"$${tex}$$").html
        assert not re.search(r"<[^>]*(javascript|onclick|style|script)", html), html


@pytest.mark.parametrize(
    "tex",
    ["{" * 20_000, r"\sqrt" * 20_000, "x_{" * 3_000, "{" * 1_999 + "}" * 1_999, r"\left(" * 650, "x^" * 1_900,
     r"\newcommand{\a}{\sqrt\a}\a", r"\begin{matrix}" * 280],
    ids=lambda tex: f"{tex[:8]}x{len(tex)}",
)  # fmt: skip
def test_nested_formulas_end_well(tex: str) -> None:
    page(f"$${tex}$$")


def test_a_formula_is_told_with_its_file_and_line(site: Site) -> None:
    (site.root / "sitegen.toml").write_text((site.root / "sitegen.toml").read_text() + "[markdown]\nmath = true\n")
    site.page("a", "Text.\n\nA $\\frac{1$ formula.\n", title="A")
    warnings = site.build().warnings
    assert [(warning.code, str(warning.place)) for warning in warnings] == [("SG411", "content/a.md:6")]
    assert site.build().warnings[0].code == "SG411"
    assert "math-broken" in site.out("a/index.html")


def test_a_draft_warns_of_nothing(site: Site) -> None:
    site.page("a", "## A {x=1}\n", title="A", status="draft")
    assert site.build().warnings == ()


def test_the_setting_takes_effect_at_once(site: Site) -> None:
    site.page("a", "$x$\n", title="A")
    site.build()
    assert "$x$" in site.out("a/index.html")
    toml = (site.root / "sitegen.toml").read_text()
    (site.root / "sitegen.toml").write_text(toml + "[markdown]\nmath = true\n")
    site.build()
    assert "<math>" in site.out("a/index.html")
    (site.root / "sitegen.toml").write_text(toml)
    site.build()
    assert "$x$" in site.out("a/index.html")
