"""The files of ``data/`` are there for templates, and a page that read one follows it."""

from __future__ import annotations

import pytest

from tests.site.sites import Site


def page(site: Site, template: str) -> None:
    site.write("themes/tiny/templates/404.html", template)


def test_templates_read_data_of_every_kind(site: Site) -> None:
    site.write("data/toml.toml", "a = 1")
    site.write("data/json.json", '{"a": 2}')
    site.write("data/yaml.yaml", "a: 3")
    site.write("data/csv.csv", "name,size\nNorth,4\nSouth,5\n")
    site.write("data/towns/west.yml", "[6]")
    page(
        site,
        "{{ data.toml.a }}{{ data.json.a }}{{ site.data.yaml.a }}{% for row in data.csv %}{{ row.size }}{% endfor %}"
        "{{ data.towns.west[0] }} {{ data|join(',') }} {{ data.nothing is defined }} {{ data.towns|length }}",
    )
    site.build()
    assert site.out("404.html") == "123456 csv,json,toml,towns,yaml False 1"


def test_only_what_read_a_file_is_made_again_when_it_changes(site: Site) -> None:
    site.write("data/a.toml", "x = 1")
    site.write("data/b.toml", "x = 1")
    page(site, "{{ data.a.x }}{{ 'c' if data.c is defined }}")
    site.build()
    site.write("data/b.toml", "x = 2")
    assert site.build().written == 0
    site.write("data/a.toml", "x = 2")
    assert site.build().written == 1
    site.write("data/c.toml", "x = 2")
    assert site.build().written == 1
    assert site.out("404.html") == "2c"


@pytest.mark.parametrize(
    ("path", "text", "place"),
    [
        ("a.toml", "x = 1\ny = \n", "data/a.toml"),
        ("a.json", '{\n"x": }', "data/a.json:2:6"),
        ("a.yaml", "x: 1\nx: 2\n", "data/a.yaml:2"),
        ("a.yaml", "x: [\n", "data/a.yaml:2"),
        ("a.csv", "a,b\n1\n", "data/a.csv:2"),
        ("a.csv", "a,a\n", "data/a.csv:1"),
        ("a.json", b"\xff", "data/a.json:1"),
    ],
)
def test_a_broken_file_is_named_with_its_line(site: Site, path: str, text: str | bytes, place: str) -> None:
    site.write(f"data/{path}", text)
    page(site, "{{ data.a }}")
    (problem,) = site.problems()
    assert str(problem.place).startswith(place)


def test_two_files_of_one_name_are_refused(site: Site) -> None:
    site.write("data/a.toml", "")
    site.write("data/a.json", "{}")
    site.write("data/b.json", "{}")
    site.write("data/b/c.json", "{}")
    assert [str(problem.place) for problem in site.problems()] == ["data/a.toml", "data/b.json"]
