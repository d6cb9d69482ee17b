"""OPML: all the sources of a list added, and what became of each.

Promises: eight hosts are read at once, each one feed after the other; one that fails or hangs delays nobody but its own
host's; a host that is busy is come back to, for two minutes after everything else at most, and what could not be tried
by then is no failure; what a run did not reach is reached by running it again, since what is there stays as it is.
"""

import asyncio
from collections import Counter, deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from bot.domain.errors import HostBusy, SourceError, UserError, WorkerError
from bot.domain.models import FeedLink
from bot.domain.politeness import host_pause_s
from bot.domain.ports import Workers
from bot.feeds.opml import read_opml
from bot.services.finding import refusal
from bot.services.sources import Sources

AT_ONCE = 8
PATIENCE_S = 20.0  # for a turn at a host
MOST_WAIT_S = 120.0  # for hosts that are busy, after everything else
LEAST_WAIT_S = 1.0

_ADDED, _KNOWN = "added", "known"  # no sentence, as every reason is

Tell = Callable[[int, int], Awaitable[None]]
"""Told after each source: how many are done, of how many."""


@dataclass(frozen=True, slots=True)
class Dead:
    """A feed of a list that could not be read, and why, in one sentence."""

    link: FeedLink
    why: str


@dataclass(frozen=True, slots=True)
class Report:
    """What became of a list, in the list's order.

    How many were added or there already, what could not be read, and what was not tried, as its host was busy.
    """

    added: int
    known: int
    dead: tuple[Dead, ...]
    untried: tuple[FeedLink, ...] = ()


class Importing:
    """Adds the sources of lists."""

    def __init__(
        self, sources: Sources, workers: Workers, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    ) -> None:
        self._sources = sources
        self._workers = workers
        self._sleep = sleep

    async def run(self, document: bytes, tell: Tell) -> Report:
        """Add the sources of an OPML document.

        Raises:
            UserError: it is too large, no OPML, or names no feed.
        """
        try:
            links = await self._workers.run(read_opml, document)
        except WorkerError as error:
            raise UserError("That list is too large or too tangled to read.") from error
        run = _Run(self._sources, links, tell)
        busy = await run.over(_by_host(links))
        wait_s = waited_s = 0.0
        while busy:
            wait_s = max(2 * wait_s, min(each.wait_s for each in busy))  # ever longer, whatever they ask for
            waited_s += wait_s
            if waited_s > MOST_WAIT_S:
                break
            await self._sleep(wait_s)
            busy = await run.over([each.links for each in busy])
        return _report(links, run.outcomes)


@dataclass(frozen=True, slots=True)
class _Busy:
    """What is left of a host's feeds, the one that had to wait at the end, and the seconds until its turn may come."""

    links: Sequence[FeedLink]
    wait_s: float


class _Run:
    """One list on its way in. `outcomes`: address → `_ADDED`, `_KNOWN`, or why it is dead."""

    def __init__(self, sources: Sources, links: Sequence[FeedLink], tell: Tell) -> None:
        self._sources = sources
        self._total = len(links)
        self._tell = tell
        self.outcomes: dict[str, str] = {}

    async def over(self, hosts: Sequence[Sequence[FeedLink]]) -> list[_Busy]:
        """Go through the feeds of each host; returns those that are busy."""
        waiting, busy = deque(hosts), list[_Busy]()

        async def work() -> None:
            while waiting:
                if left := await self._host(waiting.popleft()):
                    busy.append(left)

        async with asyncio.TaskGroup() as tasks:
            for _ in range(AT_ONCE):
                tasks.create_task(work())
        return busy

    async def _host(self, links: Sequence[FeedLink]) -> _Busy | None:
        for at, link in enumerate(links):
            try:
                self.outcomes[link.url] = await self._add(link)
            except HostBusy as busy:
                return _Busy([*links[at + 1 :], link], max(busy.retry_after_s or 0.0, LEAST_WAIT_S))
            await self._tell(len(self.outcomes), self._total)
        return None

    async def _add(self, link: FeedLink) -> str:
        """Whether one was `_ADDED` or `_KNOWN`, or why it is dead.

        Raises:
            HostBusy: it was not tried, or its host asked for a pause.
        """
        try:
            _, known = await self._sources.add_unseen(link.url, link.title, patience_s=PATIENCE_S)
        except HostBusy:
            raise
        except (SourceError, WorkerError) as error:
            pause_s = host_pause_s(error.status, error.retry_after_s) if isinstance(error, SourceError) else None
            if pause_s is not None:
                raise HostBusy(str(error), None, pause_s) from error
            return refusal(error)
        return _KNOWN if known else _ADDED


def _by_host(links: tuple[FeedLink, ...]) -> list[list[FeedLink]]:
    groups: dict[str, list[FeedLink]] = {}
    for link in links:
        groups.setdefault(_host(link.url), []).append(link)
    return list(groups.values())


def _host(url: str) -> str:
    try:
        return urlsplit(url).netloc.lower()
    except ValueError:
        return ""


def _report(links: tuple[FeedLink, ...], outcomes: dict[str, str]) -> Report:
    counted = Counter(outcomes.values())
    whys = {url: why for url, why in outcomes.items() if why not in (_ADDED, _KNOWN)}
    return Report(
        added=counted[_ADDED],
        known=counted[_KNOWN],
        dead=tuple(Dead(link, whys[link.url]) for link in links if link.url in whys),
        untried=tuple(link for link in links if link.url not in outcomes),
    )
