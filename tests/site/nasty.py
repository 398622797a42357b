"""Markdown made by hypothesis: tidy texts as briefs are, tidy texts with a slip in them, and heaps of marks."""

from __future__ import annotations

from hypothesis import strategies as st

WORDS = [
    "a",
    "Two words",
    "Ümläut",
    "snake_case",
    "3 * 4",
    "AT&T",
    "x < y",
    "R&D;",
    "é\u00a0è",
    "東京",
    "😀",
    '"quoted"',
    "-",
    "100 %",
]
SPANS = [
    *("*em*", "**strong**", "_em_", "__strong__", "**Bold:**", "*a **b** c*", "**a *b* c**", "(*x*)", "**“x”**"),
    *("`code`", "` a `", "`<b>&amp;`", "`a_b*c`", "``x``"),
    *(
        "[text](https://a.example/b)",
        "[a *b* c](https://a.example/?x=1)",
        "[up](../up.md#x)",
        "[r](/r/)",
        "[m](mailto:a@b.example)",
    ),
    *("[^1]", "[^2]", "[^note]", "[x]", "[ ]", "\\*no\\*", "\\[a\\]", "\\&amp;", "\\\\", "5\\. x", "\\_"),
]
ODD = [
    *(
        "*",
        "**",
        "***",
        "_",
        "__",
        "`",
        "``",
        "~~",
        "~",
        "[",
        "]",
        "](",
        "![",
        "!",
        "^[",
        "<",
        ">",
        "&",
        "\\",
        "|",
        "\\|",
        "$",
        "{",
        ":",
    ),
    *(
        "&amp;",
        "&#60;",
        "&nosuch;",
        "<b>",
        "</b>",
        "<!-- c -->",
        "<https://a.example>",
        "<a@b.example>",
        "[a][b]",
        "[a]: /x",
        "[a]",
    ),
    *(
        "![i](i.png)",
        "[t](/u 'title')",
        "[p](a(b)c)",
        "[s](<a b>)",
        "[j](javascript:x)",
        "[^gone]",
        "``x``",
        "[e](&#106;s:x)",
        "^[inline]",
        "[^1]: ",
        "===",
        "\n: meaning",
        "\n~ meaning",
        "> [!NOTE]",
        "[x] ",
        "!!! ",
        "---",
    ),
    *(
        "\t",
        "  ",
        "    ",
        "\u00a0",
        "\u2003",
        "\u3000",
        "\u200b",
        "\x0c",
        "\0",
        "\u2028",
        "\ufeff",
        "\r",
        "- ",
        "1. ",
        "> ",
        "# ",
        "```",
    ),
]
words = st.sampled_from(WORDS)
spans = st.sampled_from(SPANS)
sentence = st.lists(words | words | spans, min_size=1, max_size=6).map(" ".join)
joined = st.lists(words | spans, min_size=1, max_size=4).map("".join)
line = sentence | sentence | sentence | sentence | joined
notes = st.dictionaries(st.sampled_from(["1", "2", "note", "unused"]), line, max_size=3)
heading = st.tuples(st.integers(1, 6), line).map(lambda parts: f"{'#' * parts[0]} {parts[1]}")
paragraph = st.lists(line, min_size=1, max_size=3).map("\n".join) | st.lists(line, min_size=2, max_size=3).map(
    "  \n".join
)
fence = st.tuples(
    st.sampled_from(["```", "````"]),
    st.sampled_from(["", "python", "json", "nonsense", "c++", "two words"]),
    st.lists(
        st.sampled_from(["x = 1", "", "    y < '&'", '{"a": [1]}', "```", "---", "[^1]: x", "a\u00a0b"]), max_size=4
    ),
).map(lambda parts: "\n".join((parts[0] + parts[1], *parts[2], parts[0])))
cells = st.lists(line, min_size=1, max_size=3).map(" | ".join)
table = st.tuples(
    cells, st.sampled_from(["---", "---|---", ":--|:-:|--:", " --- | --: "]), st.lists(cells, max_size=3), st.booleans()
).map(lambda parts: "\n".join(f"| {row} |" if parts[3] else row for row in (parts[0], parts[1], *parts[2])))
rule = st.sampled_from(["---", "***", "- - -", "___"])


def _indented(text: str, by: str) -> str:
    return "\n".join(by + line if line else line for line in text.split("\n"))


def _items(block: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    def text(parts: tuple[str, list[list[str]], str, str]) -> str:
        mark, items, between, inside = parts
        found = []
        for number, blocks in enumerate(items, 1):
            marker = f"{number}{mark} " if mark in ".)" else f"{mark} "
            body = _indented(inside.join(blocks), " " * len(marker))
            found.append(marker + body[len(marker) :])
        return between.join(found)

    gaps = st.sampled_from(["\n", "\n", "\n\n"])
    items = st.lists(st.lists(block, min_size=1, max_size=3), min_size=1, max_size=3)
    return st.tuples(st.sampled_from([*"-*+.)"]), items, gaps, gaps).map(text)


def _quotes(block: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.lists(block, min_size=1, max_size=2).map(lambda blocks: _indented("\n\n".join(blocks), "> "))


nested = st.recursive(line | paragraph, lambda block: _items(block) | _quotes(block), max_leaves=6)
blocks = paragraph | heading | nested | table | fence | rule


def _text(parts: tuple[list[str], dict[str, str], bool]) -> str:
    """Blocks with their notes below or above; notes that were not made are, so that all references lead to one."""
    blocks, notes, above = parts
    used = {label for label in ("1", "2", "note") if f"[^{label}]" in "".join(blocks)}
    made = [f"[^{label}]: {text}" for label, text in (dict.fromkeys(sorted(used), "Note.") | notes).items()]
    return "\n\n".join((*made, *blocks) if above else (*blocks, *made)) + "\n"


tidy = st.tuples(st.lists(blocks, max_size=5), notes, st.booleans()).map(_text)
"""What most briefs are like."""


@st.composite
def slips(draw: st.DrawFn) -> str:
    """A tidy text into which odd marks slipped, or from which something was cut."""
    text = draw(tidy)
    for _ in range(draw(st.integers(1, 3))):
        at = draw(st.integers(0, len(text)))
        cut = draw(st.sampled_from([0, 0, 1, 2]))
        text = text[:at] + draw(st.sampled_from([*ODD, "\n", "\n\n", "\n  "])) + text[at + cut :]
    return text


heaps = st.lists(
    st.sampled_from([*ODD, *SPANS, *WORDS, "\n", "\n", "\n\n", "\n  ", "|---|---|", "a | b", "[^1]: n"]), max_size=14
).map("".join)
characters = st.text(st.sampled_from("ab *_`[]()<>!#|-:\\&~^1.\n\t\"'="), max_size=40)
nasty = slips() | heaps | characters
"""Anything."""
