"""Lanes: a connection for each request that is under way, used again when it is free, whatever became of it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest

from sitegen.enrich.engines.transport import Lanes


class Words(httpx.AsyncByteStream):
    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield b"one "
        yield b"two"

    async def aclose(self) -> None: ...


class Lane(httpx.AsyncBaseTransport):
    """Knows how many requests are under way in it, and fails where the address says so."""

    made: list[Lane]

    def __init__(self) -> None:
        self.made.append(self)
        self.asked, self.closed = 0, False

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.asked += 1
        await asyncio.sleep(0.01)
        if request.url.path == "/broken":
            raise httpx.ConnectError("refused")
        return httpx.Response(200, stream=Words())

    async def aclose(self) -> None:
        self.closed = True


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[Lane]:
    lanes: list[Lane] = []
    monkeypatch.setattr(Lane, "made", lanes, raising=False)
    return lanes


def test_one_after_the_other_goes_the_same_way_also_after_an_error(made: list[Lane]) -> None:
    async def work() -> None:
        async with httpx.AsyncClient(transport=Lanes(Lane), base_url="http://model") as client:
            assert (await client.get("/")).text == "one two"
            with pytest.raises(httpx.ConnectError):
                await client.get("/broken")
            async with client.stream("GET", "/") as response:  # nobody reads it
                assert response.status_code == 200
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(client.get("/"), 0.001)
            assert (await client.get("/")).text == "one two"

    asyncio.run(work())
    assert [lane.asked for lane in made] == [5]
    assert made[0].closed


def test_those_at_the_same_time_have_a_way_each_until_their_answers_are_read(made: list[Lane]) -> None:
    async def work() -> None:
        async with httpx.AsyncClient(transport=Lanes(Lane), base_url="http://model") as client:
            async with client.stream("GET", "/"):
                await asyncio.gather(*(client.get("/") for _ in range(3)))
            await asyncio.gather(*(client.get("/") for _ in range(4)))

    asyncio.run(work())
    assert len(made) == 4
    assert sum(lane.asked for lane in made) == 8
    assert all(lane.closed for lane in made)
