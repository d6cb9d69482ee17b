"""Turns at hosts, with a clock in the hand."""

import asyncio

import pytest

from bot.domain.errors import HostBusy
from bot.feeds.hosts import MOST_PAUSE_S, HostGate, host_of

URL = "https://post.example/feed"


class Hand:
    """A clock that sleeping moves on."""

    def __init__(self) -> None:
        self.now = 0.0
        self.begun: list[tuple[str, float]] = []

    async def sleep(self, seconds: float) -> None:
        self.now += seconds
        await asyncio.sleep(0)

    def gate(self, most_hosts: int = 100) -> HostGate:
        return HostGate(clock=lambda: self.now, sleep=self.sleep, most_hosts=most_hosts)

    async def visit(self, gate: HostGate, url: str, takes_s: float = 0.0, apart_s: float = 1.0) -> None:
        async with gate.turn(url, apart_s=apart_s):
            self.begun.append((url, self.now))
            self.now += takes_s


async def test_one_after_the_other_and_apart() -> None:
    hand = Hand()
    gate = hand.gate()
    await asyncio.gather(*(hand.visit(gate, URL, takes_s=3.0) for _ in range(3)))
    assert [at for _, at in hand.begun] == [0.0, 4.0, 8.0]


async def test_pages_further_apart() -> None:
    hand = Hand()
    gate = hand.gate()
    await asyncio.gather(*(hand.visit(gate, f"https://post.example/{n}", apart_s=2.0) for n in range(3)))
    assert [at for _, at in hand.begun] == [0.0, 2.0, 4.0]


async def test_other_hosts_do_not_wait() -> None:
    hand = Hand()
    gate = hand.gate()
    for number in range(5):
        await hand.visit(gate, f"https://{number}.example/")
    assert {at for _, at in hand.begun} == {0.0}


async def test_never_two_at_once() -> None:
    gate = HostGate(sleep=lambda _: asyncio.sleep(0), clock=lambda: 0.0)
    inside = most = 0

    async def visit() -> None:
        nonlocal inside, most
        async with gate.turn(URL, apart_s=0.0):
            inside += 1
            most = max(most, inside)
            await asyncio.sleep(0)
            inside -= 1

    await asyncio.gather(*(visit() for _ in range(20)))
    assert most == 1


async def test_a_pause_is_for_the_whole_host() -> None:
    hand = Hand()
    gate = hand.gate()
    gate.pause(URL, 600.0)
    with pytest.raises(HostBusy) as busy:
        await hand.visit(gate, "https://post.example/other")
    assert busy.value.retry_after_s == 600.0
    await hand.visit(gate, "https://other.example/")
    hand.now = 590.0
    await hand.visit(gate, URL)
    assert hand.begun[-1] == (URL, 600.0)


async def test_a_shorter_pause_takes_nothing_back_and_none_is_for_ever() -> None:
    hand = Hand()
    gate = hand.gate()
    gate.pause(URL, 1e12)
    gate.pause(URL, 5.0)
    with pytest.raises(HostBusy) as busy:
        await hand.visit(gate, URL)
    assert busy.value.retry_after_s == MOST_PAUSE_S


async def test_t49_ten_thousand_sources_on_one_host_wait_elsewhere() -> None:
    hand = Hand()
    gate = hand.gate()
    outcomes = await asyncio.gather(*(hand.visit(gate, URL) for _ in range(10_000)), return_exceptions=True)
    busy = [outcome for outcome in outcomes if isinstance(outcome, HostBusy)]
    assert len(hand.begun) + len(busy) == 10_000
    assert len(hand.begun) <= 25
    assert [at for _, at in hand.begun] == [float(n) for n in range(len(hand.begun))]


async def test_a_turn_that_fails_is_over() -> None:
    hand = Hand()
    gate = hand.gate()
    with pytest.raises(ValueError, match="no"):
        async with gate.turn(URL):
            raise ValueError("no")
    await hand.visit(gate, URL)
    assert hand.begun == [(URL, 1.0)]


async def test_hosts_are_forgotten_but_not_those_in_use() -> None:
    hand = Hand()
    gate = hand.gate(most_hosts=10)
    gate.pause(URL, 15.0)
    waiting = asyncio.create_task(hand.visit(gate, URL))
    await asyncio.sleep(0)
    for number in range(100):
        gate.pause(f"https://{number}.example/", 5.0)
    assert len(gate._hosts) <= 10
    assert "post.example" in gate._hosts
    await waiting


def test_names_of_hosts() -> None:
    assert host_of("https://Post.Example:443/a") == "post.example"
    assert host_of("http://post.example.:8080/") == "post.example:8080"
    assert host_of("https://data:text/x") == "https://data:text/x"  # no address: refused when it is fetched
