"""Composes the study: chapters written by hand, eight districts and the annex written from their figures."""

from __future__ import annotations

import math
import re
from collections import Counter
from pathlib import Path

from .district import (
    PERIODS,
    YEARS,
    Cells,
    District,
    Site,
    describe_land,
    describe_outlook,
    describe_people,
    describe_rents,
    describe_stock,
    figures,
    outlook_table,
    read_districts,
    rent,
    share,
    site_table,
    table,
)

_SCENARIOS = (("Low", 320, 0.85), ("Middle", 780, 1.0), ("High", 1240, 1.12))
_DECADE = range(2015, 2025)


def compose_study(folder: Path) -> str:
    """Compose the source of the whole study."""
    districts = read_districts(folder / "districts.toml")
    tables = town_tables(districts)
    names = ("study", "before", "districts", "streets", "after", "methods", "chronicle")
    parts = [(folder / f"{name}.src").read_text(encoding="utf-8").strip() for name in names]
    front, before, intro, streets, after, methods, chronicle = (
        re.sub(r"<<(\w+)>>", lambda mark: tables[mark[1]], part) for part in parts
    )
    chapters = [_district(number, district, districts) for number, district in enumerate(districts, 1)]
    whole = [front, before, intro, *chapters, streets, after, _annex(districts), methods, chronicle]
    return "\n\n".join(whole) + "\n"


def _district(number: int, district: District, town: list[District]) -> str:
    """Write the section of one district."""
    letter = "ABCDEFGH"[number - 1]
    advice = "\n\n".join(f"**{letter}{place}.** {text}" for place, text in enumerate(district.advice, 1))
    streets = table(
        ["Street", "Offers in the sample", "Median rent, EUR a sq m"],
        [[name, str(count), rent(value)] for name, count, value in district.streets],
    )
    stock = table(
        ["Built", "Dwellings", "Share"],
        [
            [period, f"{count:,}", share(count, district.dwellings)]
            for period, count in zip(PERIODS, district.periods, strict=True)
        ],
    )
    parts = [
        f"@page\n\n## 7.{number} {district.name}",
        district.portrait.strip(),
        f"### {district.name} in figures",
        figures(district),
        describe_people(district, town),
        f"### {letter} a. Stock",
        describe_stock(district),
        stock,
        "Dwellings completed in each year:",
        "@chart " + " ".join(f"{year}={count}" for year, count in zip(_DECADE, district.completed, strict=True)),
        f"### {letter} b. Rents",
        describe_rents(district, town),
        streets,
        f"### {letter} c. Land",
        describe_land(district),
        site_table(district.sites),
        f"### {letter} d. Outlook",
        describe_outlook(district, town),
        outlook_table(district, town),
        f"### {letter} e. What people told us",
        district.voices.strip(),
        f"### {letter} f. Assessment",
        district.assessment.strip(),
        advice,
    ]
    return "\n\n".join(parts)


def town_tables(districts: list[District]) -> dict[str, str]:
    """The tables of the town that the chapters call for by name."""
    years = list(map(str, YEARS))
    return {
        "population": table(
            ["District", *years, "Change"],
            [
                *([d.name, *(f"{count:,}" for count in d.residents), f"{d.change:,}"] for d in districts),
                _bold(
                    [
                        "Dornavel",
                        *(f"{_sum(districts, year):,}" for year in range(4)),
                        str(sum(d.change for d in districts)),
                    ]
                ),
            ],
        ),
        "periods": table(
            ["District", *PERIODS],
            [
                *([d.name, *(f"{count:,}" for count in d.periods)] for d in districts),
                _bold(["Dornavel", *(f"{sum(d.periods[period] for d in districts):,}" for period in range(5))]),
            ],
        ),
        "rents": table(
            ["District, EUR a sq m", *years, "Rise"],
            [[d.name, *(rent(value) for value in d.rents), f"{d.rents[-1] / d.rents[0] - 1:.0%}"] for d in districts],
        ),
        "waiting": table(
            ["First choice", "Households", "Share", "For each 100 dwellings"],
            [
                [d.name, str(d.waiting), share(d.waiting, 287), f"{100 * d.waiting / d.dwellings:.1f}"]
                for d in districts
            ],
        ),
        "land": table(
            ["District", "Sites", "Hectares", "Dwellings"],
            [
                *(
                    [d.name, str(len(d.sites)), f"{sum(s.hectares for s in d.sites):.1f}", str(d.potential)]
                    for d in districts
                ),
                _bold(["Dornavel", "26", "23.0", str(sum(d.potential for d in districts))]),
            ],
        ),
        "owners": _owners([site for d in districts for site in d.sites]),
        "overview": _overview(districts),
    }


def _sum(districts: list[District], year: int) -> int:
    return sum(d.residents[year] for d in districts)


def _bold(cells: Cells) -> Cells:
    return [f"**{cell}**" for cell in cells]


def _owners(sites: list[Site]) -> str:
    """Sites and dwellings by owner."""
    counts = Counter(site.owner for site in sites)
    rows = [
        [
            owner,
            str(count),
            f"{sum(site.hectares for site in sites if site.owner == owner):.1f}",
            str(sum(site.dwellings for site in sites if site.owner == owner)),
        ]
        for owner, count in counts.most_common()
    ]
    return table(["Owner", "Sites", "Hectares", "Dwellings"], rows)


def _overview(districts: list[District]) -> str:
    rows = [
        [d.name, f"{d.residents[-1]:,}", f"{d.dwellings:,}", rent(d.rents[-1]), str(d.short_lets), str(d.potential)]
        for d in districts
    ]
    return table(["District", "Residents", "Dwellings", "Rent, EUR a sq m", "Let to visitors", "Room for"], rows)


def _annex(districts: list[District]) -> str:
    """Write the annex of tables."""
    parts = [
        "@page\n\n# Annex: tables",
        "The annex contains the figures on which the chapters rest. Figures between the years of full counts (2015, "
        "2018, 2021, 2024) are taken from the register on the nearest working day to 31 December.",
        "## T1. Residents by district, 2015 to 2024",
        _yearly(districts, [_between([float(n) for n in d.residents]) for d in districts], "{:,.0f}"),
        "## T2. Median asking rents by district, 2015 to 2024, EUR a square metre",
        _yearly(districts, [_between(d.rents) for d in districts], "{{#{:.2f}}}"),
        "## T3. Dwellings completed, 2015 to 2024",
        _yearly(districts, [[float(n) for n in d.completed] for d in districts], "{:.0f}"),
        "Completions include dwellings won by dividing larger ones, 74 in all, of which 31 are in the Old Town and on "
        "Commission Hill.",
        "@page\n\n## T4. Register of the 26 sites",
        "The year is that in which the first dwellings can be ready if the obstacle named is dealt with. Lower Meadow "
        "is listed because the plan of 2012 contains it; we advise against building there.",
        site_table(sorted((s for d in districts for s in d.sites), key=lambda site: (site.year, site.name))),
        *_scenario_tables(),
        *_survey(districts),
    ]
    return "\n\n".join(parts)


def _between(values: list[float]) -> list[float]:
    """Fill the years between the full counts, a little unevenly, as registers do."""
    filled = []
    for year in range(len(_DECADE)):
        index, step = divmod(year, 3)
        after = values[min(index + 1, len(values) - 1)]
        bend = (0.0, 0.36, 0.61)[step]
        filled.append(values[index] + (after - values[index]) * bend)
    return filled


def _yearly(districts: list[District], values: list[list[float]], form: str) -> str:
    """A table with a row for each year and a column for each district."""
    rows = [[str(year), *(form.format(column[place]) for column in values)] for place, year in enumerate(_DECADE)]
    return table(["Year", *(d.name for d in districts)], rows)


def _scenario_tables() -> list[str]:
    """One table of households and dwellings a year for each scenario."""
    parts = ["@page\n\n## T5. The three scenarios, year by year"]
    for name, gain, early in _SCENARIOS:
        reserve = {"Low": 60, "Middle": 90, "High": 110}[name]
        rows = []
        for step in range(17):
            part = (step / 16) ** (1 / early)
            households = 8720 + round(gain * part)
            needed = round(gain * part) + 12 * step + round(reserve * step / 16)
            land = round(922 * (1 - math.exp(-step / 6.5)) / (1 - math.exp(-16 / 6.5)))
            rows.append([str(2024 + step), f"{households:,}", f"{needed:,}", f"{land:,}", f"{land - needed:,}"])
        parts += [
            f"### {name} scenario",
            table(["Year", "Households", "Dwellings needed since 2024", "Land ready for", "Balance"], rows),
        ]
    return parts


def _survey(districts: list[District]) -> list[str]:
    """Results of the postal survey by district."""
    rows = []
    for district in districts:
        sent = round(2400 * district.households / 8720)
        rate = 0.44 + district.over65 / 200
        content = 62 + district.owned // 3 - district.vacant // 12
        plans = 31 - district.over65 // 2 + (100 - district.owned) // 9
        burden = round(9 + district.rents[-1] * 1.5 - district.owned / 6)
        rows.append([district.name, str(sent), str(round(sent * rate)), f"{content}%", f"{plans}%", f"{burden}%"])
    return [
        "@page\n\n## T6. Results of the postal survey by district",
        "Content: answered one or two on a scale of five. Plans: would like to move within two years. Burden: spends "
        "more than a third of net income on rent and heating, tenants and owners together.",
        table(["District", "Sent", "Returned", "Content", "Plans to move", "Burden"], rows),
    ]
