"""Who counts as alive, and what is counted of endpoints."""

from __future__ import annotations

from sitegen.enrich.engines.base import EndpointStats
from sitegen.fleet.messages import Offer, Standing, Wanted
from sitegen.fleet.roster import FORGOTTEN_SECONDS, GONE_SECONDS, Roster
from sitegen.fleet.seal import Seal
from tests.fleet.hands import IDENTITY

SEAL = Seal("k" * 32)
ONE, OTHER = "1" * 32, "2" * 32


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def standing(worker: str, beat: int, *endpoints: EndpointStats, busy: tuple[str, ...] = ()) -> bytes:
    found = Standing(
        worker=worker, name=f"w{worker[0]}", beat=beat, offer=Offer(identity=IDENTITY), queues=("bulk",), slots=2,
        busy=busy, endpoints=endpoints,
    )  # fmt: skip
    return SEAL.close(found)


def test_a_worker_lives_while_its_beats_grow_and_an_old_one_sent_again_is_no_sign_of_life() -> None:
    clock = Clock()
    roster = Roster(SEAL, clock)
    old = standing(ONE, 1)
    roster.read([old])
    roster.read([standing(ONE, 5)])
    for _ in range(10):
        clock.now += GONE_SECONDS / 9
        roster.read([old])
    assert not roster.lives(ONE)
    roster.read([standing(ONE, 6)])
    assert roster.lives(ONE)


def test_after_an_outage_all_get_their_time_anew() -> None:
    clock = Clock()
    roster = Roster(SEAL, clock)
    roster.read([standing(ONE, 1)])
    clock.now = GONE_SECONDS + 1
    assert not roster.lives(ONE)
    roster.pardon()
    assert roster.lives(ONE)
    clock.now += FORGOTTEN_SECONDS + 1
    assert roster.forgotten() == [ONE]


def test_a_worker_that_says_goodbye_is_gone_at_once_and_one_with_another_key_is_none() -> None:
    clock = Clock()
    roster = Roster(SEAL, clock)
    roster.read([standing(ONE, 1), standing(OTHER, 1), Seal("l" * 32).close(SEAL.open(Standing, standing(ONE, 9)))])
    assert (len(roster.alive), roster.refused) == (2, 1)
    clock.now += 3
    roster.read([standing(OTHER, 2)])
    assert [one.worker for one in roster.alive] == [OTHER]


def test_who_has_a_summary_in_hand_is_known() -> None:
    roster = Roster(SEAL, Clock())
    roster.read([standing(ONE, 1), standing(OTHER, 1, busy=("a" * 64,))])
    assert roster.holder("a" * 64) == OTHER
    assert roster.holder("b" * 64) == ""


def test_why_nobody_fits_is_told_for_each() -> None:
    roster = Roster(SEAL, Clock())
    wanted = Wanted(engine="extractive", model="lexrank", prompt="", digest="new", options={})
    assert roster.why_not(wanted) == "no worker gives signs of life"
    roster.read([standing(ONE, 1)])
    assert roster.why_not(wanted).startswith("w1: digest of the model is")


def test_what_is_counted_at_an_endpoint_only_grows_though_workers_come_and_go() -> None:
    clock = Clock()
    roster = Roster(SEAL, clock)

    def at(requests: int, busy: int = 0, **errors: int) -> EndpointStats:
        return EndpointStats("http://gpu", 2, busy=busy, requests=requests, errors=errors, seconds=requests / 10)

    roster.read([standing(ONE, 1, at(5, 1, SG303=1)), standing(OTHER, 1, at(2, 2))])
    (found,) = roster.endpoints
    assert (found.requests, found.busy, found.slots, found.errors) == (7, 3, 2, {"SG303": 1})
    roster.read([standing(ONE, 2, at(8, 0, SG303=2)), standing(OTHER, 2, at(2))])
    clock.now += 3
    roster.read([standing("3" * 32, 1, at(1, 1))])  # both have ended, and another one has begun
    (found,) = roster.endpoints
    assert (found.requests, found.busy, found.errors, found.seconds) == (11, 1, {"SG303": 2}, 1.1)
    clock.now += 3
    roster.read([])
    assert (roster.endpoints[0].up, roster.endpoints[0].requests) == (False, 11)
