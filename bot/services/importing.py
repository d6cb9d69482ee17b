"""OPML: all the sources of a list added, and what became of each.

Promises: eight hosts are read at once, each one feed after the other; one that fails or hangs delays nobody but its own
host's; what a run did not reach is reached by running it again, since what is there stays as it is.
"""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

from bot.domain.errors import SourceError, UserError, WorkerError
from bot.domain.models import FeedLink
from bot.domain.ports import Workers
from bot.feeds.opml import read_opml
from bot.services.finding import refusal
from bot.services.sources import Sources

AT_ONCE = 8

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
    """What became of a list: how many were added or there already, and what could not be read, in the list's order."""

    added: int
    known: int
    dead: tuple[Dead, ...]


class Importing:
    """Adds the sources of lists."""

    def __init__(self, sources: Sources, workers: Workers) -> None:
        self._sources = sources
        self._workers = workers

    async def run(self, document: bytes, tell: Tell) -> Report:
        """Add the sources of an OPML document.

        Raises:
            UserError: it is too large, no OPML, or names no feed.
        """
        try:
            links = await self._workers.run(read_opml, document)
        except WorkerError as error:
            raise UserError("That list is too large or too tangled to read.") from error
        outcomes: dict[str, str] = {}
        groups = _by_host(links)

        async def work() -> None:
            for group in groups:
                for link in group:
                    outcomes[link.url] = await self._add(link)
                    await tell(len(outcomes), len(links))

        async with asyncio.TaskGroup() as tasks:
            for _ in range(AT_ONCE):
                tasks.create_task(work())
        return _report(links, outcomes)

    async def _add(self, link: FeedLink) -> str:
        """Whether one was `_ADDED` or `_KNOWN`, or why it is dead."""
        try:
            _, known = await self._sources.add_unseen(link.url, link.title)
        except (SourceError, WorkerError) as error:
            return refusal(error)
        return _KNOWN if known else _ADDED


def _by_host(links: tuple[FeedLink, ...]) -> Iterator[list[FeedLink]]:
    groups: dict[str, list[FeedLink]] = {}
    for link in links:
        groups.setdefault(_host(link.url), []).append(link)
    return iter(list(groups.values()))


def _host(url: str) -> str:
    try:
        return urlsplit(url).netloc.lower()
    except ValueError:
        return ""


def _report(links: tuple[FeedLink, ...], outcomes: dict[str, str]) -> Report:
    counted = Counter(outcomes.values())
    dead = tuple(Dead(link, outcomes[link.url]) for link in links if outcomes[link.url] not in (_ADDED, _KNOWN))
    return Report(counted[_ADDED], counted[_KNOWN], dead)
