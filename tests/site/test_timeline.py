"""What is told of briefs by time, who is related to whom, and what was corrected."""

from __future__ import annotations

import datetime as dt

from tests.site.sites import Site


def template(site: Site, name: str, text: str) -> None:
    site.write(f"themes/tiny/templates/{name}", text)


def day(text: str) -> dt.date:
    return dt.date.fromisoformat(text)


def test_months_and_years_are_counted_without_gaps(site: Site) -> None:
    for number, date in enumerate(("2024-11-02", "2025-02-03", "2025-02-20")):
        site.brief(f"b{number}", title=f"B{number}", date=day(date))
    template(site, "home.html", "{% for m in site.months %}{{ m.date|iso }} {{ m.count }} {{ m.url }};{% endfor %}")
    template(site, "list.html", "{{ year|default }}:{% for p in paginator.pages %}{{ p.title }},{% endfor %}")
    site.build()
    assert site.out("index.html") == (
        "2024-11-01 1 /archive/2024/#m11;2024-12-01 0 ;2025-01-01 0 ;2025-02-01 2 /archive/2025/#m2;"
    )
    assert site.out("archive/2025/index.html") == "2025:B2,B1,"
    assert site.out("archive/2024/index.html") == "2024:B0,"


def test_a_month_is_found_on_the_page_of_its_years_list(site: Site) -> None:
    site.write("sitegen.toml", (site.root / "sitegen.toml").read_text() + "[build]\nper_page = 2\n")
    for number in range(5):
        site.brief(f"b{number}", title=f"B{number}", date=dt.date(2025, number + 1, 1))
    template(site, "home.html", "{% for m in site.months %}{{ m.url }};{% endfor %}")
    site.build()
    assert site.out("index.html") == (
        "/archive/2025/page/3/#m1;/archive/2025/page/2/#m2;/archive/2025/page/2/#m3;/archive/2025/#m4;/archive/2025/#m5;"
    )


def test_the_years_of_a_term_are_counted(site: Site) -> None:
    for number, date in enumerate(("2022-01-01", "2024-01-01", "2024-05-05")):
        site.brief(f"b{number}", title=f"B{number}", date=day(date), tags=["Water"])
    template(site, "term.html", "{% for y in term.years %}{{ y.date.year }} {{ y.count }};{% endfor %}")
    site.build()
    assert site.out("tags/water/index.html") == "2022 1;2023 0;2024 2;"
    site.brief("b3", title="B3", date=day("2025-01-01"), tags=["Water"])
    site.build()
    assert site.out("tags/water/index.html") == "2022 1;2023 0;2024 2;2025 1;"


def test_the_briefs_that_share_the_rarest_term_are_related(site: Site) -> None:
    site.brief("one", title="One", date=day("2025-01-01"), tags=["Water", "Rare"])
    for number in range(2, 8):
        site.brief(f"b{number}", title=f"B{number}", date=dt.date(2025, number, 1), tags=["Water"])
    site.brief("far", title="Far", date=day("2025-12-01"), tags=["Rare"], document_type="Letter")
    site.brief("alone", title="Alone", date=day("2025-12-02"), document_type="Letter")
    template(site, "brief.html", "{% for o in page.related %}{{ o.title }} ({{ o.why.title }});{% endfor %}")
    site.build()
    assert site.out("briefs/one/index.html") == "Far (Rare);B2 (Water);"
    assert site.out("briefs/far/index.html") == "One (Rare);"
    assert site.out("briefs/alone/index.html") == ""


def test_names_in_a_brief_lead_to_those_who_wrote_and_to_the_terms_of_the_site(site: Site) -> None:
    site.write("sitegen.toml", (site.root / "sitegen.toml").read_text() + "[taxonomies.people]\n")
    text = "## People\n\n- Agnes Thornbury\n\n## Organisations\n\n- Town Council\n- Nobody\n"
    site.brief("one", text, title="One", correspondent="Town Council")
    template(site, "brief.html", "{% for n, l in page.named.items() %}{{ n }} {{ l.url }};{% endfor %}")
    site.build()
    assert site.out("briefs/one/index.html") == (
        "Agnes Thornbury /people/agnes-thornbury/;Town Council /correspondents/town-council/;"
    )
    assert "people/agnes-thornbury/index.html" in site.tree()


def test_corrections_are_told_newest_first_and_a_wrong_one_is_refused(site: Site) -> None:
    made = [{"date": day("2026-01-02"), "text": "A sum."}, {"date": day("2026-02-03"), "text": "A name."}]
    site.brief("one", title="One", corrections=made)
    template(site, "brief.html", "{% for c in page.corrections %}{{ c.date|iso }} {{ c.text }};{% endfor %}")
    template(site, "home.html", "{% for c in site.changes %}{{ c.date|iso }} {{ c.kind }} {{ c.url }};{% endfor %}")
    site.build()
    assert site.out("briefs/one/index.html") == "2026-02-03 A name.;2026-01-02 A sum.;"
    assert site.out("index.html") == "2026-02-03 corrected /briefs/one/;2026-01-02 corrected /briefs/one/;"
    site.brief("two", title="Two", publish_at=day("2026-02-03"))
    site.build()
    assert site.out("index.html").startswith("2026-02-03 corrected /briefs/one/;2026-02-03 added /briefs/two/;")


def test_a_long_term_has_a_list_for_each_year(site: Site) -> None:
    site.write("sitegen.toml", (site.root / "sitegen.toml").read_text() + "[build]\nper_page = 1\n")
    for number in range(20):
        tags = ["Water", "Dry"] if number else ["Water"]
        site.brief(f"b{number}", title=f"B{number}", date=dt.date(2024 + number % 2, 5, number + 1), tags=tags)
    template(
        site, "term.html", "{{ page.title }}:{% for y in term.years %}{{ y.url }} {% endfor %}{{ paginator.count }}"
    )
    site.build()
    assert site.out("tags/water/2025/index.html") == "Water, 2025:/tags/water/2024/ /tags/water/2025/ 10"
    assert site.out("tags/dry/index.html") == "Dry:  19"
    assert not site.has("tags/dry/2025/index.html")
    site.remove("briefs/b1.md")
    site.build()
    assert not site.has("tags/water/2025/index.html"), "it is short again"
