"""Visits: fetching as a good guest. Every request waits for its turn at the host, and pages for leave by robots.txt.

A host that answers 429 or 503 is left alone as a whole. Hosts of the operator's own networks, where the address says so
itself, get one connection too but no pauses between two, and rest only for as long as they name.
"""

from bot.domain.errors import NotAPage, SourceError
from bot.domain.politeness import host_pause_s
from bot.domain.ports import Now
from bot.feeds.fetch import Fetched, Fetcher
from bot.feeds.hosts import FEED_APART_S, PAGE_APART_S, PATIENCE_S, HostGate
from bot.feeds.robots import Robots

_NO_LEAVE = "Its host asks programs to leave that page alone (robots.txt)."


class Visits:
    """One per process, as all requests to a host must meet at one gate."""

    def __init__(self, fetcher: Fetcher, now: Now, gate: HostGate | None = None) -> None:
        self._fetcher = fetcher
        self._gate = gate or HostGate()
        self._robots = Robots(fetcher, now)

    async def feed(
        self,
        url: str,
        *,
        etag: str | None = None,
        last_modified: str | None = None,
        patience_s: float = PATIENCE_S,
    ) -> Fetched:
        """Fetch a feed, a second after the host's last answer at the soonest.

        Raises:
            HostBusy: its turn would come too late; nothing was asked.
            SourceError: as of `Fetcher.get`.
        """
        async with self._gate.turn(url, apart_s=self._apart(url, FEED_APART_S), patience_s=patience_s):
            return await self._get(url, etag, last_modified)

    async def page(self, url: str, *, patience_s: float = PATIENCE_S) -> Fetched:
        """Fetch an article's page, two seconds after the host's last answer at the soonest.

        Raises:
            NotAPage: its host does not want it read.
            HostBusy: its turn would come too late; nothing was asked.
            SourceError: as of `Fetcher.get`.
        """
        async with self._gate.turn(url, apart_s=self._apart(url, PAGE_APART_S), patience_s=patience_s):
            if not await self._robots.allows(url):
                raise NotAPage(_NO_LEAVE)
            return await self._get(url, None, None)

    async def _get(self, url: str, etag: str | None, last_modified: str | None) -> Fetched:
        try:
            return await self._fetcher.get(url, etag=etag, last_modified=last_modified)
        except SourceError as error:
            self._rest(url, error)
            raise

    def _rest(self, url: str, error: SourceError) -> None:
        pause_s = host_pause_s(error.status, error.retry_after_s)
        if pause_s is not None and self._fetcher.is_own(url):
            pause_s = error.retry_after_s
        if pause_s:
            self._gate.pause(url, pause_s)

    def _apart(self, url: str, seconds: float) -> float:
        return 0.0 if self._fetcher.is_own(url) else seconds
