"""Threats of what is polled: hosts that would hold up everybody else."""

import asyncio
import itertools
from datetime import timedelta

from bot.feeds.fetch import Fetched, Fetcher
from bot.feeds.guard import Guard
from bot.feeds.hosts import HostGate, host_of
from bot.feeds.visits import Visits
from bot.services.ingest import IN_FLIGHT, Ingest
from bot.storage import sources
from bot.storage.database import Database
from bot.storage.sql import run_given
from tests.conftest import Clock
from tests.services.conftest import InlineWorkers

CROWD = 2_000
OTHERS = 30
ADDED = """
    INSERT INTO sources (url, title, interval_s, next_poll_at_ms, added_at_ms) SELECT url, url, 900, at, at FROM given
"""


class Hand:
    """Seconds that pass only when the hand moves them; whoever sleeps waits for it."""

    def __init__(self) -> None:
        self.now = 0.0
        self._asleep: list[tuple[float, asyncio.Future[None]]] = []

    async def sleep(self, seconds: float) -> None:
        waking = asyncio.get_running_loop().create_future()
        self._asleep.append((self.now + seconds, waking))
        await waking

    def wake_next(self) -> None:
        """Move to when the next sleeper wakes, if anybody sleeps."""
        if self._asleep:
            first = min(self._asleep, key=lambda each: each[0])
            self._asleep.remove(first)
            self.now = max(self.now, first[0])
            first[1].set_result(None)


class Web(Fetcher):
    """Answers 304 to everything, a moment later, and remembers when it was asked."""

    def __init__(self, hand: Hand) -> None:
        super().__init__(Guard())
        self._hand = hand
        self.asked: list[tuple[str, float]] = []
        self.inside = self.most_inside = 0
        self.everywhere = asyncio.Event()

    async def get(
        self,
        url: str,
        *,
        etag: str | None = None,
        last_modified: str | None = None,
        most_bytes: int = 0,
        total_s: float = 30.0,
    ) -> Fetched:
        host = host_of(url)
        self.asked.append((host, self._hand.now))
        if len({name for name, _ in self.asked}) > OTHERS:
            self.everywhere.set()
        crowded = host == "crowded.example"
        self.inside += crowded
        self.most_inside = max(self.most_inside, self.inside)
        await asyncio.sleep(0)
        self.inside -= crowded
        return Fetched(url, 304, b"", None, etag, last_modified, None)

    def times(self, host: str) -> list[float]:
        return [at for name, at in self.asked if name == host]


async def test_t49_thousands_of_sources_on_one_host_delay_no_other(database: Database, clock: Clock) -> None:
    hosts = ["crowded.example"] * CROWD + [f"quiet-{number}.example" for number in range(OTHERS)]
    due = [(f"https://{host}/{n}", clock() - timedelta(seconds=len(hosts) - n)) for n, host in enumerate(hosts)]
    async with database.write() as tx:  # those of the crowded host have waited longest
        await run_given(tx, ADDED, {"url": "TEXT", "at": "BIGINT"}, due)
    hand = Hand()
    web = Web(hand)
    gate = HostGate(clock=lambda: hand.now, sleep=hand.sleep)
    polling = asyncio.create_task(Ingest(database, Visits(web, clock, gate), InlineWorkers(), clock).poll_due())
    await web.everywhere.wait()
    assert hand.now == 0.0, "nobody had to wait for the crowded host"
    while not polling.done():
        hand.wake_next()
        await asyncio.wait({polling}, timeout=0.001)

    turns = web.times("crowded.example")
    assert web.most_inside == 1
    assert all(later - earlier >= 1.0 for earlier, later in itertools.pairwise(turns))
    assert 1 < len(turns) < IN_FLIGHT
    async with database.read() as tx:
        found = await sources.listed(tx)
    assert {source.errors for source in found} == {0}
    waiting = [source.next_poll_at - clock() for source in found if source.last_polled_at is None]
    assert len(waiting) == CROWD - len(turns)
    assert min(waiting) >= timedelta(seconds=20)
    assert len(set(waiting)) > 30, "they do not come back all at once"
