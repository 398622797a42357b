"""scores: how far what a summary says stands in its document, counted by rule."""

from __future__ import annotations

import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sitegen.briefs import provenance
from sitegen.briefs.provenance import Made
from sitegen.enrich.engines.extractive import extract
from sitegen.enrich.overview import overview, worst_first
from sitegen.enrich.scores import Scores, fragments, score
from sitegen.enrich.summary import DateMention, Evidence, Point, Summary, Usage
from sitegen.settings import Project
from sitegen.sources.base import Document
from tests.enrich.pulls import MORE, Engine, run

TEXT = (
    "The council of Dornavel closed the weir bridge to lorries on 3 March 2026. Maria Keller, who inspected it, found "
    "cracks in two bearings. The repair will cost the town EUR 1,250,000 and take about nine months."
)


def summary(dek: str, *points: str, made: int = 0, dropped: int = 0, title: str = "", **more: Any) -> Summary:
    """A written summary whose points quote ``TEXT``."""
    return Summary(
        method="summary",
        title=title,
        dek=dek,
        points=tuple(Point(text=quote, evidence=_evidence(quote)) for quote in points),
        language="en",
        made=made or len(points) + dropped,
        dropped=dropped,
        **more,
    )


def _evidence(quote: str) -> Evidence:
    start = max(TEXT.find(quote), 0)
    return Evidence(quote=quote, start=start, end=start + len(quote))


def test_what_stands_in_the_document_has_full_shares() -> None:
    found = score(TEXT, summary("Dornavel closed a bridge on 3 March 2026.", "cracks in two bearings"))
    assert found.shares() == {"quotation": 1, "numbers": 1, "dates": 1, "names": 1}
    assert found.weakest == 1


@pytest.mark.parametrize(
    ("dek", "share"),
    [
        ("The repair costs 1.25 million.", 1),
        ("The repair costs 1 250 000 euros.", 1),
        ("It costs 1.3 million and takes 9 months.", 0.5),
        ("It costs a lot.", None),
    ],
)
def test_numbers_count_in_whatever_form_they_are_written(dek: str, share: float | None) -> None:
    assert score(TEXT, summary(dek)).numbers == share


@pytest.mark.parametrize(
    ("dek", "share"),
    [
        ("The bridge closed on March 3, 2026.", 1),
        ("The bridge closed on 2026-03-03.", 1),
        ("The bridge closed in March 2026.", 1),
        ("The bridge closed on 4 March 2026.", 0),
        ("The bridge closed.", None),
    ],
)
def test_dates_count_in_whatever_form_they_are_written(dek: str, share: float | None) -> None:
    assert score(TEXT, summary(dek)).dates == share


def test_a_day_that_only_the_passage_tells_the_order_of_counts() -> None:
    text = "The lease ends on 03/04/2025 for all tenants."
    point = Point(text="The lease ends on 3 April 2025.", evidence=Evidence(quote=text, start=0, end=len(text)))
    assert score(text, summary("It ends.").model_copy(update={"points": (point,)})).dates == 1


def test_invented_names_and_dates_of_lists_count_as_well() -> None:
    dates = (DateMention(text="3 March 2026", iso="2026-03-03"), DateMention(text="9 May 2031", iso="2031-05-09"))
    found = score(TEXT, summary("The bridge is closed.", people=("Maria Keller", "Otto Weiss"), dates=dates))
    assert (found.names, found.dates) == (0.5, 0.5)


def test_a_title_with_an_invented_number_counts() -> None:
    assert score(TEXT, summary("It is closed.", title="Bridge closed for 17 months")).numbers == 0


def test_a_quotation_that_does_not_stand_there_counts_although_the_summary_says_that_it_does() -> None:
    found = score(TEXT, summary("It.", "cracks in two bearings", "a bridge to nowhere was never built by anybody"))
    assert found.quotation == 0.5


def test_points_that_were_dropped_count_as_missing_and_those_not_shown_do_not() -> None:
    found = score(TEXT, summary("It.", "cracks in two bearings", made=20, dropped=5))
    assert (found.quotation, found.dropped) == (0.75, 5)


def test_an_extract_has_full_shares() -> None:
    found = score(MORE, extract(Document("folder:a.txt", "Report 1999 by Nobody Known", MORE)))
    assert found.weakest == 1
    assert found.coverage == 1


def test_coverage_density_and_compression_are_those_of_the_newsroom_paper() -> None:
    found = score("one two three four five six seven eight", summary("one two three nine seven"))
    assert (found.coverage, found.density, found.compression) == (0.8, 2.0, 1.6)


def test_seconds_and_tokens_are_those_of_the_engine() -> None:
    usage = Usage(calls=2, prompt_tokens=900, answer_tokens=100, seconds=1.5)
    found = score(TEXT, summary("It is closed.", usage=usage))
    assert (found.tokens, found.seconds) == (1000, 1.5)


def test_nothing_said_has_no_shares_and_is_not_the_worst() -> None:
    found = score("", Summary(method="extract", title="", dek=""))
    assert set(found.shares().values()) == {None}
    assert (found.weakest, str(found)) == (1, "nothing to count")


def test_a_share_that_is_not_full_is_never_shown_as_100_percent() -> None:
    assert str(Scores(names=0.9999, numbers=1)) == "numbers 100 %, names 99 %"


words = st.lists(st.sampled_from("abcd"), max_size=25)


@given(words, words)
def test_runs_are_those_of_the_slow_way(own: list[str], source: list[str]) -> None:
    def longest(start: int) -> int:
        stops = range(len(own), start, -1)
        pieces = {tuple(source[at : at + size]) for size in range(len(own) + 1) for at in range(len(source))}
        return next((stop - start for stop in stops if tuple(own[start:stop]) in pieces), 0)

    expected, at = [], 0
    while at < len(own):
        run = longest(at)
        expected += [run] if run else []
        at += run or 1
    assert fragments(own, source) == expected


def test_a_text_that_repeats_one_word_costs_no_more_than_another() -> None:
    """The obvious way compares every place with every other: 10^8 steps, minutes."""
    start = time.process_time()
    assert fragments(["a"] * 500, ["a"] * 200_000) == [500]
    assert time.process_time() - start < 5


def test_a_long_text_full_of_months_is_taken_apart_in_linear_time() -> None:
    """Each month used to be looked at from the beginning of the text."""
    text = "On 3 March 2026 it may rain in May, and in June of 2027. " * 20_000
    start = time.process_time()
    assert score(text, summary("It rained on 4 April 1999.")).dates == 0
    assert time.process_time() - start < 20


def test_scores_stand_in_the_provenance_record(project: Project) -> None:
    run(project, Engine())
    record = provenance.read(project.briefs, "folder:a.txt")
    assert record
    assert record.made
    assert record.made.scores
    assert record.made.scores.numbers == 1


def test_a_record_from_before_there_were_scores_is_read(project: Project) -> None:
    run(project, Engine())
    record = provenance.read(project.briefs, "folder:a.txt")
    assert record
    assert record.made
    old = record.made.model_dump(mode="json", exclude={"scores"})
    assert Made.model_validate(old).scores is None


def test_briefs_are_listed_worst_first_and_those_without_scores_last(project: Project) -> None:
    run(project, Engine())
    for name, scores in (("b", Scores(names=0.4, numbers=1)), ("c", None)):
        record = provenance.read(project.briefs, f"folder:{name}.txt")
        assert record
        assert record.made
        made = record.made.model_copy(update={"scores": scores})
        provenance.write(project.briefs, record.model_copy(update={"made": made}))
    lines, _ = overview(project)
    assert [line.source for line in worst_first(lines)] == ["folder:b.txt", "folder:a.txt", "folder:c.txt"]
    assert {line.source: line.as_dict()["scores"] for line in lines}["folder:c.txt"] is None
