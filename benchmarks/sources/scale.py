"""Many sources on one core: are they polled in time, and what does that take?

`nutgraf run` on one core and a seeded database, against outlets, a sandbox and PostgreSQL's server on the other; first
with SQLite, then with PostgreSQL. The rate is that of all sources once in a quarter of an hour, for as long as is
measured: due times are spread evenly, no source comes twice. An admin looks at the sources every ten seconds. A poll is
late by the time from when it was due to when the outlet was asked; where nobody listens, to when the failure was
recorded; where nothing came, to the end.
"""

import asyncio
import random
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

import psutil

from benchmarks.at_rest import cpu_s
from benchmarks.common.figures import line, percentile, title
from benchmarks.common.processes import apart
from benchmarks.common.stores import analyse, new_database, opened, postgresql_server
from benchmarks.sources.loopback import control, host, web_apart
from benchmarks.sources.outlets import OLD, Outlets, feed, feed_url
from benchmarks.sources.service import running
from benchmarks.sources.watched import keep_to
from bot.domain.models import NewArticle
from bot.feeds.identity import new_articles
from bot.feeds.parse import parse_feed
from bot.sandbox.server import Sandbox
from bot.storage.database import Tx
from bot.storage.sql import rows, run, run_given
from bot.storage.times import to_ms
from bot.summarize.bullets import VERSION

SPREAD_S = 900
INTERVAL_S = 857  # with the source's own share of up to a tenth more it is a quarter of an hour
WARM_S = 15
SHARE = 0.05
LATE_S = 30.0
GRACE_S = 31.0  # a poll that was due shortly before the end still may come
LOOK_AT_SOURCES_S = 10.0
ADMIN = 1
SERVICE_CORE, OTHER_CORE = 0, 1

_SOURCES = """
    INSERT INTO sources (url, canonical_url, title, interval_s, next_poll_at_ms, added_at_ms, last_polled_at_ms, etag)
    SELECT url, url, title, :interval, due_at, :at, :at, etag FROM given ORDER BY n
"""
_ARTICLES = """
    INSERT INTO articles (source_id, key, url, canonical_url, title, text, published_at_ms, fetched_at_ms, due_at_ms,
                          state, news, entry_digest, condensed_version)
    SELECT s.id, given.key, given.url, given.url, given.title, given.text, given.published_at, :at, :at, 'ready', TRUE,
           given.digest, :version
      FROM given JOIN sources s ON s.url = given.source
"""


@dataclass(frozen=True, slots=True)
class Found:
    """What was measured: seconds late of each poll, waits of the admin in ms, and what the service took.

    Shares are of a core; `server_share` is that of the database's server, where it has one.
    """

    late_s: list[float]
    answers_ms: list[float]
    heaviest: list[tuple[str, float]]
    lags_ms: list[tuple[float, float]]
    cpu_share: float
    server_share: float
    pages: int
    stored: int
    waiting: int


def table(count: int, seconds: float) -> None:
    """Measure with both databases and print."""
    title(f"{count:,} sources every {SPREAD_S // 60} minutes, {seconds:.0f} s of it, the service on one core")
    line("", "SQLite", "PostgreSQL")
    found = [apart(_measured, kind, count, seconds) for kind in ("sqlite", "postgresql")]
    for name, of in _LINES.items():
        line(name, *map(of, found))


def _late(found: Found) -> str:
    return f"{100 * sum(each > LATE_S for each in found.late_s) / len(found.late_s):.2f}"


def _lag(found: Found, share: float) -> str:
    clock, own = (percentile(lags, share) for lags in zip(*found.lags_ms, strict=True))
    return f"{clock:.1f} ({own:.1f})"


_LINES: dict[str, Callable[[Found], str]] = {
    "polls that were due": lambda found: f"{len(found.late_s):,}",
    f"more than {LATE_S:.0f} s late, %": _late,
    "late by, p50, s": lambda found: f"{percentile(found.late_s, 0.5):.1f}",
    "late by, p99, s": lambda found: f"{percentile(found.late_s, 0.99):.1f}",
    "late by, most, s": lambda found: f"{max(found.late_s):.1f}",
    "pages read": lambda found: f"{found.pages:,}",
    "articles new; of these not yet ready": lambda found: f"{found.stored:,}; {found.waiting:,}",
    "memory of all processes at most, MB": lambda found: f"{sum(mb for _, mb in found.heaviest):.0f}",
    "   of each": lambda found: ", ".join(f"{mb:.0f}" for _, mb in found.heaviest),
    "event loop lag (own CPU time), p50, ms": lambda found: _lag(found, 0.5),
    "event loop lag (own CPU time), p99, ms": lambda found: _lag(found, 0.99),
    "event loop lag (own CPU time), most, ms": lambda found: _lag(found, 1.0),
    "the core busy, %": lambda found: f"{100 * found.cpu_share:.0f}",
    "beside it the database's server, %": lambda found: f"{100 * found.server_share:.0f}",
    "/sources answered after, p50, ms": lambda found: f"{percentile(found.answers_ms, 0.5):.0f}",
    "/sources answered after, most, ms": lambda found: f"{max(found.answers_ms):.0f}",
}


def _measured(kind: str, count: int, seconds: float) -> Found:
    keep_to(OTHER_CORE)
    with ExitStack() as stack:
        port = stack.enter_context(web_apart(Outlets, SHARE, OTHER_CORE))
        server = stack.enter_context(postgresql_server()) if kind == "postgresql" else ""
        url = stack.enter_context(new_database(kind, server))
        return asyncio.run(_run(url, port, count, seconds))


async def _run(url: str, port: int, count: int, seconds: float) -> Found:
    due = [SPREAD_S * number / count for number in range(count)]
    random.Random(2).shuffle(due)
    async with opened(url) as database, database.write() as tx:
        await _seed(tx, port, due)
        begin = time.time() + WARM_S
        await run(tx, "UPDATE sources SET next_poll_at_ms = next_poll_at_ms + :begin", begin=int(1000 * begin))
        await analyse(tx, "sources", "articles")
        server = await _server(tx)
    with tempfile.TemporaryDirectory() as folder:
        async with Sandbox(now=_utc_now) as sandbox, running(sandbox, Path(folder), url, SERVICE_CORE) as service:
            await asyncio.sleep(max(begin - time.time(), 0.0))
            before_s, server_s, began = service.cpu_s(), _cpu_s(server), time.perf_counter()
            answers_ms = await _look_at_sources(sandbox, begin + seconds)
            took_s = time.perf_counter() - began
            cpu_share, server_share = (service.cpu_s() - before_s) / took_s, (_cpu_s(server) - server_s) / took_s
            await asyncio.sleep(GRACE_S)
            seen = await asyncio.to_thread(control, port, "arrivals")
            ended = time.time()
    async with opened(url) as database, database.read() as tx:
        asked = {int(number): at for number, at in seen["arrivals"].items()} | await _refused(tx)
        stored = await rows(tx, "SELECT state, count(*) AS number FROM articles GROUP BY state")
    states = {each["state"]: int(each["number"]) for each in stored}
    return Found(
        late_s=[asked.get(number, ended) - begin - at for number, at in enumerate(due) if at < seconds],
        answers_ms=answers_ms,
        heaviest=service.heaviest,
        lags_ms=service.lags_ms,
        cpu_share=cpu_share,
        server_share=server_share,
        pages=seen["pages"],
        stored=sum(states.values()) - count * OLD,
        waiting=sum(states.values()) - states["ready"],
    )


def _cpu_s(server: psutil.Process | None) -> float:
    return cpu_s(server) if server else 0.0


async def _server(tx: Tx) -> psutil.Process | None:
    """PostgreSQL's first process, the parent of who serves this connection."""
    if tx.dialect.name != "postgresql":
        return None
    (found,) = await rows(tx, "SELECT pg_backend_pid() AS pid")
    return psutil.Process(found["pid"]).parent()


async def _look_at_sources(sandbox: Sandbox, until: float) -> list[float]:
    """Ask for the list as an admin, again and again; ms until each answer."""
    waits_ms: list[float] = []
    while time.time() < until:
        before, began = _answers(sandbox), time.perf_counter()
        sandbox.message(ADMIN, ADMIN, "/sources")
        await sandbox.wait_for(lambda before=before: _answers(sandbox) > before, 60)  # type: ignore[misc]
        waits_ms.append(1000 * (time.perf_counter() - began))
        await asyncio.sleep(min(LOOK_AT_SOURCES_S, max(until - time.time(), 0.0)))
    return waits_ms


def _answers(sandbox: Sandbox) -> int:
    return sum(message.get("from", {}).get("is_bot", False) for message in sandbox.messages(ADMIN))


async def _refused(tx: Tx) -> dict[int, float]:
    """Outlets where nobody listens → when that was seen."""
    found = await rows(tx, "SELECT url, failing_since_ms FROM sources WHERE url LIKE :at AND errors > 0", at="%:9/f/%")
    return {int(each["url"].rpartition("/")[2]): each["failing_since_ms"] / 1000 for each in found}


async def _seed(tx: Tx, port: int, due: list[float]) -> None:
    """Sources that were polled a quarter of an hour ago, with the articles that their feeds hold.

    `due`: for each the seconds from the beginning to when it is due.
    """
    at = _utc_now() - timedelta(seconds=SPREAD_S)
    urls = [feed_url(number, port) for number in range(len(due))]
    await run_given(
        tx,
        _SOURCES,
        {"url": "TEXT", "title": "TEXT", "due_at": "BIGINT", "etag": "TEXT"},
        ((url, f"Outlet {n}", int(1000 * due[n]), f'"{n}-0"') for n, url in enumerate(urls)),
        interval=INTERVAL_S,
        at=at,
    )
    columns = {"source": "TEXT", "key": "TEXT", "url": "TEXT", "title": "TEXT", "text": "TEXT"}
    for start in range(0, len(due), 1000):
        given = [row for n in range(start, min(start + 1000, len(due))) for row in _known(n, port, urls[n])]
        await run_given(
            tx, _ARTICLES, columns | {"published_at": "BIGINT", "digest": "TEXT"}, given, at=at, version=VERSION
        )


def _known(number: int, port: int, url: str) -> list[tuple[object, ...]]:
    """What a source's first poll would have stored; the text is the same at all outlets."""
    known: list[tuple[object, ...]] = []
    for each in _template(port):
        k = each.key.rpartition("-")[2]
        link = f"http://{host(number)}:{port}/a/{number}/{k}"
        published_at = to_ms(each.published_at or _utc_now())
        known.append((url, f"id:o-{number}-{k}", link, each.title, each.text, published_at, each.entry_digest))
    return known


@cache
def _template(port: int) -> tuple[NewArticle, ...]:
    return new_articles(parse_feed(feed(0, port, OLD), url=feed_url(0, port)))


def _utc_now() -> datetime:
    return datetime.now(UTC)
