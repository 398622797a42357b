"""The districts of the study: their figures, and the sentences and tables that follow from them."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

YEARS = (2015, 2018, 2021, 2024)
PERIODS = ("before 1919", "1919 to 1948", "1949 to 1978", "1979 to 2000", "since 2001")
Cells = list[str]
_COUNTS = {2: "Two", 3: "Three", 4: "Four"}
_WELCOME = (
    "That leaves room for {} households from other parts of the town.",
    "The district can thus take in {} households from elsewhere, if it is asked nicely.",
    "Some {} households from districts with less land could move here, and a number of them would.",
)


@dataclass(frozen=True)
class Site:
    """A piece of building land."""

    name: str
    hectares: float
    owner: str
    dwellings: int
    year: int
    obstacle: str


@dataclass(frozen=True)
class District:
    """One district; four figures in a list stand for the four years."""

    name: str
    residents: list[int]
    households: int
    dwellings: int
    periods: list[int]
    owned: int
    vacant: int
    short_lets: int
    waiting: int
    rents: list[float]
    over65: int
    under18: int
    completed: list[int]
    portrait: str
    voices: str
    assessment: str
    advice: list[str]
    streets: list[tuple[str, int, float]]
    sites: list[Site]

    @classmethod
    def from_table(cls, table: dict[str, Any]) -> District:
        """Make a district from its table in the TOML file."""
        sites = [Site(*site) for site in table.pop("sites")]
        return cls(**table, sites=sites)

    @property
    def change(self) -> int:
        """Residents gained or lost since the first year."""
        return self.residents[-1] - self.residents[0]

    @property
    def potential(self) -> int:
        """Dwellings that the sites of the district can take."""
        return sum(site.dwellings for site in self.sites)


def read_districts(path: Path) -> list[District]:
    """Read the districts."""
    return [District.from_table(table) for table in tomllib.loads(path.read_text(encoding="utf-8"))["district"]]


def table(head: Cells, rows: list[Cells]) -> str:
    """Write a table as a source has it."""
    return "\n".join("| " + " | ".join(row) + " |" for row in [head, *rows])


def share(part: float, whole: float) -> str:
    """A percentage with one decimal."""
    return f"{100 * part / whole:.1f}%"


def rent(value: float) -> str:
    """An amount for each square metre, in a column."""
    return f"{{#{value:.2f}}}"


def figures(district: District) -> str:
    """The table of a district's main figures."""
    size = f"{district.residents[-1] / district.households:.2f}"
    rows = [
        ["Residents", *(f"{count:,}" for count in district.residents)],
        ["Median asking rent, EUR a sq m", *(rent(value) for value in district.rents)],
        ["Households", "", "", "", f"{district.households:,}"],
        ["Persons per household", "", "", "", size],
        ["Residents under 18", "", "", "", f"{district.under18}%"],
        ["Residents over 65", "", "", "", f"{district.over65}%"],
        ["Dwellings", "", "", "", f"{district.dwellings:,}"],
        ["occupied by their owner", "", "", "", f"{district.owned}%"],
        ["empty", "", "", "", str(district.vacant)],
        ["let to visitors, {2024-03}", "", "", "", str(district.short_lets)],
        ["Households waiting", "", "", "", str(district.waiting)],
    ]
    return table(["Figure", *map(str, YEARS)], rows)


def describe_people(district: District, town: list[District]) -> str:
    """Say how the number of residents has moved, and compare it with the town."""
    total = [sum(other.residents[year] for other in town) for year in range(len(YEARS))]
    growth, whole = district.change / district.residents[0], (total[-1] - total[0]) / total[0]
    late = district.residents[-1] - district.residents[-2]
    direction = "gained" if district.change > 0 else "lost"
    text = (
        f"Between 2015 and 2024 the district {direction} {abs(district.change)} residents, "
        f"or {abs(growth):.1%}; the town as a whole grew by {whole:.1%}. "
    )
    verb = "gained" if late > 0 else "lost"
    if late * district.change < 0:
        text += f"The direction has changed of late: from 2021 to 2024 it {verb} {abs(late)}. "
    elif abs(late) > abs(district.change) * 0.5:
        text += f"More than half of the movement, {abs(late)} persons, falls in the last three years. "
    else:
        text += f"In the last three years the movement has been gentler: {abs(late)} persons. "
    size, mean = district.residents[-1] / district.households, total[-1] / sum(other.households for other in town)
    relation = "more than" if size > mean + 0.04 else "fewer than" if size < mean - 0.04 else "about as many as"
    return text + f"A household counts {size:.2f} persons on average, {relation} in the town ({mean:.2f})."


def describe_stock(district: District) -> str:
    """Say how old the stock is and how it has been added to."""
    largest = max(range(len(PERIODS)), key=lambda period: district.periods[period])
    built, recent = sum(district.completed), sum(district.completed[-3:])
    text = (
        f"Of {district.dwellings:,} dwellings the largest group, {district.periods[largest]:,} or "
        f"{share(district.periods[largest], district.dwellings)}, dates from the period {PERIODS[largest]}. "
    )
    best = max(range(len(district.completed)), key=lambda year: district.completed[year])
    text += f"{built} dwellings were completed from 2015 to 2024, most of them in {2015 + best} "
    text += f"({district.completed[best]}), and {recent} in the last three years. "
    vacancy = district.vacant / district.dwellings
    if vacancy > 0.032:
        return text + f"Vacancy, at {vacancy:.1%}, is above what a district needs so that people can move."
    if vacancy < 0.021:
        return text + f"At {vacancy:.1%} vacancy is so low that moving within the district is hardly possible."
    return text + f"Vacancy stands at {vacancy:.1%}, which is within the usual range."


def describe_rents(district: District, town: list[District]) -> str:
    """Say how rents have risen and where they stand in the town."""
    first, last = district.rents[0], district.rents[-1]
    rank = 1 + sum(other.rents[-1] > last for other in town)
    ordinal = ("highest", "second highest", "third highest", "fourth highest")
    place = f"the {ordinal[rank - 1]}" if rank < 5 else f"the {ordinal[len(town) - rank].replace('high', 'low')}"
    yearly = (last / district.rents[-2]) ** (1 / 3) - 1
    pace = "faster than" if yearly > 0.052 else "more slowly than" if yearly < 0.042 else "in step with"
    text = (
        f"The median asking rent rose from {{€{first:.2f}}} to {{€{last:.2f}}} a square metre, by "
        f"{last / first - 1:.0%}, and is {place} of the eight districts. In the last three years it rose by "
        f"{yearly:.1%} a year, {pace} the town. "
    )
    dearest = max(district.streets, key=lambda street: street[2])
    return (
        text + f"The dearest street in our sample was {dearest[0]}, with {{€{dearest[2]:.2f}}} and {dearest[1]} offers."
    )


def describe_land(district: District) -> str:
    """Say what can be built in the district."""
    area, free = sum(site.hectares for site in district.sites), [s for s in district.sites if s.obstacle == "none"]
    text = (
        f"{_COUNTS[len(district.sites)]} sites with {area:.1f} hectares can take {district.potential} dwellings, which "
        f"is {share(district.potential, district.dwellings)} of the present stock. "
    )
    early = sum(site.dwellings for site in district.sites if site.year <= 2028)
    text += (
        f"By the end of 2028, {early} of these can be ready. " if early else "None of these can be ready before 2029. "
    )
    if not free:
        return text + "Not one of the sites is without an obstacle."
    return text + "No obstacle was found at " + " and ".join(site.name for site in free) + "."


def site_table(sites: list[Site]) -> str:
    """The table of sites."""
    rows = [
        [site.name, f"{site.hectares:.1f}", site.owner, str(site.dwellings), str(site.year), site.obstacle]
        for site in sites
    ]
    return table(["Site", "Hectares", "Owner", "Dwellings", "Ready", "Obstacle"], rows)


def _expected(district: District, town: list[District], gain: int) -> int:
    """The share of the town's new households that a district can expect: half by demand, half by room."""
    demand = district.waiting / sum(other.waiting for other in town)
    room = district.potential / sum(other.potential for other in town)
    return round(gain * (demand + room) / 2)


def outlook_table(district: District, town: list[District]) -> str:
    """Households of a district in the three scenarios."""
    rows = []
    for name, gain in (("Low", 320), ("Middle", 780), ("High", 1240)):
        new = _expected(district, town, gain)
        steps = [district.households + round(new * part) for part in (0.0, 0.42, 0.74, 1.0)]
        rows.append([name, *(f"{count:,}" for count in steps), f"{new:,}"])
    return table(["Scenario, households", "2024", "2030", "2035", "2040", "Gain"], rows)


def describe_outlook(district: District, town: list[District]) -> str:
    """Say what the scenarios mean for a district, and compare the gain with the room there is."""
    new = _expected(district, town, 780)
    won = round(district.short_lets * 168 / 412 * 0.55 + district.vacant * 0.16)
    text = (
        f"In the middle scenario we expect {new} more households by 2040, {share(new, district.households)} more than "
        f"today. The sites have room for {district.potential}, and "
    )
    text += f"about {won} dwellings" if won > 2 else "hardly a dwelling"
    text += " can be won back from short-term letting and from disuse. "
    balance = district.potential + won - new
    if balance > 30:
        return text + _WELCOME[len(district.streets) % len(_WELCOME)].format(balance)
    if balance < 0:
        return (
            text + f"For {-balance} households there will be no room within the district, and they will look elsewhere."
        )
    return text + f"With a margin of {balance} the district can meet its own demand and little beyond it."
