"""Turns at hosts: one connection each, some time apart, none while the host asked for a pause.

Nobody waits long: whoever would have to is told for how long, so that one slow host, or ten thousand sources on one,
hold up nothing else.
"""

import asyncio
import time
from collections import OrderedDict
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from bot.domain.errors import HostBusy

FEED_APART_S = 1.0
PAGE_APART_S = 2.0
PATIENCE_S = 20.0
MOST_PAUSE_S = 86_400.0
MOST_HOSTS = 10_000


@dataclass(slots=True)
class _Host:
    """`free_at` is when the next turn may begin; `promised` are the seconds that those before in the queue keep."""

    free_at: float = 0.0
    promised: float = 0.0
    waiting: int = 0
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)


class HostGate:
    """Gives out turns; one per process, used from one event loop. `clock` counts seconds from any start."""

    def __init__(
        self,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        most_hosts: int = MOST_HOSTS,
    ) -> None:
        self._clock = clock
        self._sleep = sleep
        self._most_hosts = most_hosts
        self._hosts: OrderedDict[str, _Host] = OrderedDict()

    @asynccontextmanager
    async def turn(
        self, url: str, *, apart_s: float = FEED_APART_S, patience_s: float = PATIENCE_S
    ) -> AsyncIterator[None]:
        """Hold the host's one connection; the next turn begins `apart_s` seconds after this one ended.

        Raises:
            HostBusy: it would take longer than `patience_s`; `retry_after_s` says how long.
        """
        host = self._host(url)
        wait_s = max(host.free_at - self._clock(), 0.0) + host.promised
        if wait_s > patience_s:
            raise _busy(wait_s)
        host.waiting += 1
        host.promised += apart_s
        try:
            async with host.lock:
                await self._until_free(host, patience_s)
                try:
                    yield
                finally:
                    host.free_at = max(host.free_at, self._clock() + apart_s)
        finally:
            host.waiting -= 1
            host.promised -= apart_s

    def pause(self, url: str, seconds: float) -> None:
        """Leave the host alone for so long, a day at most; a longer pause stays."""
        host = self._host(url)
        host.free_at = max(host.free_at, self._clock() + min(max(seconds, 0.0), MOST_PAUSE_S))

    async def _until_free(self, host: _Host, patience_s: float) -> None:
        while (wait_s := host.free_at - self._clock()) > 0:  # again: a pause may have come in the meantime
            if wait_s > patience_s:
                raise _busy(wait_s)
            await self._sleep(wait_s)

    def _host(self, url: str) -> _Host:
        name = host_of(url)
        host = self._hosts.get(name)
        if host is None:
            self._forget()
            host = self._hosts[name] = _Host()
        self._hosts.move_to_end(name)
        return host

    def _forget(self) -> None:
        """Make room: hosts that are free and that nobody waits for, else the longest unused that nobody waits for."""
        if len(self._hosts) < self._most_hosts:
            return
        now = self._clock()
        unused = [name for name, host in self._hosts.items() if not host.waiting]
        idle = [name for name in unused if self._hosts[name].free_at <= now]
        for name in idle or unused[:1]:
            del self._hosts[name]


def _busy(wait_s: float) -> HostBusy:
    return HostBusy("Its host is to be left alone for a while.", None, wait_s)


def host_of(url: str) -> str:
    """The host of an address as one name, with its port where that is not the scheme's own; else all of it."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:  # no address at all; whoever fetches it refuses it
        return url
    name = (parts.hostname or "").removesuffix(".")
    return name if port in (None, {"http": 80, "https": 443}.get(parts.scheme)) else f"{name}:{port}"
