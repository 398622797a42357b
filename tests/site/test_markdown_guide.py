"""What docs/guide/markdown.md shows is what happens: all its examples as one site, built strictly."""

from __future__ import annotations

import re
from pathlib import Path

from sitegen import settings
from sitegen.site.build import BuildOptions, build
from tests.site.pictures import encoded, pixels
from tests.site.sites import TODAY

GUIDE = Path(__file__).parents[2] / "docs/guide/markdown.md"


def test_the_examples_of_the_guide(tmp_path: Path) -> None:
    text = GUIDE.read_text(encoding="utf-8")
    examples = re.findall(r"````markdown\n(.*?)````", text, re.S)
    (macro,) = re.findall(r"```html\n(.*?)```", text, re.S)
    (toml,) = re.findall(r"```toml\n(.*?)```", text, re.S)
    content = tmp_path / "content"
    (tmp_path / "templates/shortcodes").mkdir(parents=True)
    content.mkdir()
    (tmp_path / "sitegen.toml").write_text(toml)
    (tmp_path / "templates/shortcodes/callout.html").write_text(macro)
    (content / "bridge.jpg").write_bytes(encoded(pixels(64, 48), "JPEG"))
    (content / "plan.pdf").write_bytes(b"%PDF-1.7")
    (content / "about.md").write_text("## Who we are\n")
    for number, example in enumerate(examples):
        (content / f"example-{number}.md").write_text(example)
    build(settings.load(tmp_path, {}), BuildOptions(today=TODAY, strict=True))
    made = "".join(path.read_text() for path in (tmp_path / "public").glob("example-*/index.html"))
    for sign in (
        *('class="admonition warning"', "High water", '<li class="task"><label>', "<dt>Weir</dt>", 'class="footnotes"'),
        *(
            '<h2 id="work" class="wide">',
            '<p class="lead">',
            '<span class="marked">',
            'class="button"',
            "<math>",
            "(1)",
        ),
        *("<figcaption>Built in 1911.</figcaption>", "<details>", "<b>1911</b> years", "highlight"),
    ):
        assert sign in made, sign
    assert len(examples) > 8
