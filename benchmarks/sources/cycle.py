"""One poll of every source: what it costs us and what it costs `reader`, feed by feed.

Both poll the same feeds from the same loopback web into a SQLite file, each in a process of its own: once all new, then
unchanged, with one feed in twenty changed by one new entry, and with all changed, so many times as there are rounds.
Counted is the processor time of the process and of all that it started. What starts worker processes is part of the
first cycle; in a service that polls all the time they stay.
"""

import asyncio
import importlib.util
import logging
import tempfile
import time
from collections.abc import Callable
from contextlib import aclosing
from dataclasses import dataclass
from datetime import UTC, datetime
from ipaddress import ip_network
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

import psutil
import structlog

from benchmarks.at_rest import cpu_s
from benchmarks.common.figures import line, spread, title
from benchmarks.common.processes import apart
from benchmarks.common.stores import new_database, opened
from benchmarks.sources.bodies import bodies, copy_of, with_news
from benchmarks.sources.loopback import Asked, control, host, http, web_apart
from bot.engine.workers import ProcessWorkers
from bot.feeds.fetch import Fetcher
from bot.feeds.guard import Guard
from bot.feeds.visits import Visits
from bot.services.ingest import Ingest
from bot.storage import sources
from bot.storage.database import Database
from bot.storage.sql import row, run

if TYPE_CHECKING:
    from reader import Reader

SHARE = 20  # one feed in so many changes
KINDS = ("unchanged", "5 % changed", "all changed")
CLOSE = "Connection: close"  # between two polls of a quarter of an hour no server keeps a connection
MISSING = "reader is not installed: python -m pip install -e '.[bench]' (a second column then)"


@dataclass(frozen=True, slots=True)
class Cycle:
    """One cycle: processor and wall seconds, entries or articles that were new, feeds that failed."""

    kind: str
    cpu_s: float
    wall_s: float
    new: int
    failed: int


class Saved:
    """Feed n at /feed/n, with an ETag; `/-/change/k` gives every k-th feed an entry more."""

    def __init__(self, originals: list[bytes], count: int) -> None:
        self._bodies = [copy_of(originals[number % len(originals)], number) for number in range(count)]
        self._versions = [0] * count
        self._changes = 0
        self._counts = {"200": 0, "304": 0}

    def answer(self, asked: Asked) -> bytes:
        """A feed, or that it is unchanged."""
        number = int(asked.path.rpartition("/")[2])
        etag = f'"{number}-{self._versions[number]}"'
        same = asked.etag == etag
        self._counts["304" if same else "200"] += 1
        if same:
            return http(b"", f"ETag: {etag}", CLOSE, status="304 Not Modified")
        return http(self._bodies[number], f"ETag: {etag}", CLOSE, "Content-Type: application/xml")

    def control(self, words: list[str]) -> dict[str, int]:
        """Change every so manieth feed, or none at 0; what was answered since the last time."""
        counts, self._counts = self._counts, {"200": 0, "304": 0}
        self._changes += 1
        for number in range(0, len(self._bodies), int(words[1])) if int(words[1]) else ():
            self._bodies[number] = with_news(self._bodies[number], self._changes)
            self._versions[number] += 1
        return counts


def table(place: Path, count: int, rounds: int) -> None:
    """Measure and print."""
    what, originals = bodies(place)
    there = importlib.util.find_spec("reader") is not None
    broken = apart(_broken, originals) if there else []
    read = [body for number, body in enumerate(originals) if number not in broken]
    title(f"One cycle over {count:,} sources ({what}, {len(broken)} that reader refuses left out), {rounds} rounds")
    found = {"ours": _cycles(_ours, read, count, rounds)}
    if there:
        found["reader, 4 workers"] = _cycles(_theirs, read, count, rounds)
    else:
        print(MISSING)
    line("feeds a second a core", *found, *(("ratio",) if len(found) > 1 else ()))
    for kind in ("all new", *KINDS):
        _line(kind, count, [[each for each in cycles if each.kind == kind] for cycles in found.values()])
    line("seconds, unchanged", *(spread([c.wall_s for c in each if c.kind == KINDS[0]], 1) for each in found.values()))
    line("new, all changed", *(spread([float(c.new) for c in each if c.kind == KINDS[2]]) for each in found.values()))
    line("failed, all new", *(f"{each[0].failed}" for each in found.values()))


def _line(kind: str, count: int, found: list[list[Cycle]]) -> None:
    rates = [[count / each.cpu_s for each in cycles] for cycles in found]
    ratio = [f"{median(rates[0]) / median(rates[1]):.1f}"] if len(rates) > 1 else []
    line(kind, *(spread(each) for each in rates), *ratio)


def _cycles(
    measure: Callable[[int, int, int], list[Cycle]], originals: list[bytes], count: int, rounds: int
) -> list[Cycle]:
    with web_apart(Saved, originals, count) as port:
        return apart(measure, port, count, rounds)


def _ours(port: int, count: int, rounds: int) -> list[Cycle]:
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    with new_database("sqlite", "") as url:
        return asyncio.run(_polled(url, port, count, rounds))


async def _polled(url: str, port: int, count: int, rounds: int) -> list[Cycle]:
    fetcher = Fetcher(Guard((ip_network("127.0.0.0/8"),)), user_agent="benchmark")
    workers = ProcessWorkers()
    async with opened(url) as database, aclosing(_Closing(fetcher, workers)):
        ingest = Ingest(database, Visits(fetcher, _utc_now), workers, _utc_now)
        async with database.write() as tx:
            for number in range(count):
                await sources.add(
                    tx,
                    url=_feed(port, number),
                    title="Feed",
                    language=None,
                    site_url=None,
                    interval_s=900,
                    at=_utc_now(),
                )
        cycles = [await _poll("all new", database, ingest)]
        for kind, every in zip(KINDS * rounds, (0, SHARE, 1) * rounds, strict=True):
            await asyncio.to_thread(control, port, "change", every)
            cycles.append(await _poll(kind, database, ingest))
        return cycles


async def _poll(kind: str, database: Database, ingest: Ingest) -> Cycle:
    async with database.write() as tx:
        await run(tx, "UPDATE sources SET next_poll_at_ms = 0")
    process, began = psutil.Process(), time.perf_counter()
    before_s = cpu_s(process)
    new = await ingest.poll_due()
    took_s, wall_s = cpu_s(process) - before_s, time.perf_counter() - began
    async with database.read() as tx:
        failed = await row(tx, "SELECT count(*) AS number FROM sources WHERE errors > 0")
    return Cycle(kind, took_s, wall_s, new, int(failed["number"]) if failed else 0)


class _Closing:
    """A fetcher and workers, closed in that order."""

    def __init__(self, fetcher: Fetcher, workers: ProcessWorkers) -> None:
        self._fetcher = fetcher
        self._workers = workers

    async def aclose(self) -> None:
        await self._fetcher.close()
        await self._workers.close()


def _theirs(port: int, count: int, rounds: int) -> list[Cycle]:
    from reader import make_reader

    logging.getLogger("reader").setLevel(logging.CRITICAL)
    with tempfile.TemporaryDirectory(prefix="nutgraf-benchmark-") as folder:
        store = make_reader(f"{folder}/reader.sqlite")
        for number in range(count):
            store.add_feed(_feed(port, number))
        cycles = [_updated("all new", store)]
        for kind, every in zip(KINDS * rounds, (0, SHARE, 1) * rounds, strict=True):
            control(port, "change", every)
            cycles.append(_updated(kind, store))
        store.close()
        return cycles


def _broken(originals: list[bytes]) -> list[int]:
    """Which feeds reader cannot read: it asks for them again without an ETag, and nothing could be compared."""
    from reader import make_reader

    with web_apart(Saved, originals, len(originals)) as port, tempfile.TemporaryDirectory() as folder:
        store = make_reader(f"{folder}/reader.sqlite")
        for number in range(len(originals)):
            store.add_feed(_feed(port, number))
        store.update_feeds(workers=4)
        broken = [int(feed.url.rpartition("/")[2]) for feed in store.get_feeds(broken=True)]
        store.close()
        return broken


def _updated(kind: str, store: "Reader") -> Cycle:
    process, began, entries = psutil.Process(), time.perf_counter(), store.get_entry_counts().total or 0
    before_s = cpu_s(process)
    store.update_feeds(workers=4, scheduled=False)  # else what was polled lately is left out
    took_s, wall_s = cpu_s(process) - before_s, time.perf_counter() - began
    new = (store.get_entry_counts().total or 0) - entries
    return Cycle(kind, took_s, wall_s, new, store.get_feed_counts(broken=True).total or 0)


def _feed(port: int, number: int) -> str:
    return f"http://{host(number)}:{port}/feed/{number}"


def _utc_now() -> datetime:
    return datetime.now(UTC)
