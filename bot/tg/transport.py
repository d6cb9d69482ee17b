"""Requests to the Bot API over aiohttp, for a quarter of the CPU of python-telegram-bot's own client, or less.

Promises: whatever fails says whether the request may have had an effect (`NotSent` as the error's cause: surely not);
nothing is sent twice; no error holds an address, as that holds the token; an answer is bounded; at most so many
connections are open at once; proxies of the environment are used as python-telegram-bot's own client uses them.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import aiohttp
from telegram.error import NetworkError, TimedOut
from telegram.request import BaseRequest, RequestData

from bot.tg.body import Body, form
from bot.tg.proxies import Proxies

if TYPE_CHECKING:
    from telegram._utils.types import ODVInput

MOST_ANSWER_BYTES = 20 * 2**20  # what a server of Telegram's gives out as one file
MEDIA_WRITE_S = 20.0
IDLE_S = 15.0  # an idle connection is given up long before Telegram would do so
SHORTEST_S = 0.001  # aiohttp takes 0 for "no limit"

_TROUBLES = (aiohttp.ClientError, OSError)


class NotSent(Exception):
    """Nothing of the request went out."""


class _TooLong(aiohttp.ClientError):
    pass


class AiohttpRequest(BaseRequest):
    """A way to the Bot API; python-telegram-bot takes one for getUpdates and one for the rest.

    Args:
        connections: how many may be open at once.
        read_timeout: seconds without a byte of the answer; `write_timeout` for a whole body to be taken,
            `connect_timeout` for name, connection, proxy and TLS together, `pool_timeout` for one of the connections to
            become free. None waits for ever. They hold where a call brings no other ones.
    """

    def __init__(
        self,
        *,
        connections: int = 256,
        read_timeout: float | None = 5.0,
        write_timeout: float | None = 5.0,
        connect_timeout: float | None = 5.0,
        pool_timeout: float | None = 1.0,
    ) -> None:
        self._places = asyncio.Semaphore(connections)
        self._read_s = read_timeout
        self._write_s = write_timeout
        self._connect_s = connect_timeout
        self._pool_s = pool_timeout
        self._session: aiohttp.ClientSession | None = None
        self._proxies = Proxies({})

    @property
    def read_timeout(self) -> float | None:
        """Seconds, where a call brings no other ones."""
        return self._read_s

    async def initialize(self) -> None:
        """Get ready; again after `shutdown` if need be.

        Raises:
            UserError: the environment names a proxy of an unknown kind.
        """
        if self._session is None:
            self._proxies = Proxies.of_environment()
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=0, keepalive_timeout=IDLE_S),  # the places are the limit
                cookie_jar=aiohttp.DummyCookieJar(),
                headers={"User-Agent": self.USER_AGENT},
            )

    async def shutdown(self) -> None:
        """Close all connections; what is under way ends as in doubt."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    async def do_request(
        self,
        url: str,
        method: str,
        request_data: RequestData | None = None,
        read_timeout: "ODVInput[float]" = BaseRequest.DEFAULT_NONE,
        write_timeout: "ODVInput[float]" = BaseRequest.DEFAULT_NONE,
        connect_timeout: "ODVInput[float]" = BaseRequest.DEFAULT_NONE,
        pool_timeout: "ODVInput[float]" = BaseRequest.DEFAULT_NONE,
    ) -> tuple[int, bytes]:
        """Ask, and return the status and the body of the answer.

        Raises:
            TimedOut: one of the limits was reached; with the cause `NotSent` before anything was sent.
            NetworkError: likewise for all that is no matter of time.
        """
        write_s = MEDIA_WRITE_S if request_data and request_data.contains_files else self._write_s
        body = None if method == "GET" else Body(form(request_data), _chosen(write_timeout, write_s))
        limits = aiohttp.ClientTimeout(
            connect=_chosen(connect_timeout, self._connect_s), sock_read=_chosen(read_timeout, self._read_s)
        )
        async with self._place(_chosen(pool_timeout, self._pool_s)):
            try:
                return await self._exchange(url, method, body, limits)
            except _TROUBLES as error:
                trouble = _told(error, begun=body is None or body.begun)
        raise trouble  # out here it has no context: aiohttp's errors hold the address

    @asynccontextmanager
    async def _place(self, limit_s: float | None) -> AsyncIterator[None]:
        try:
            async with asyncio.timeout(limit_s):
                await self._places.acquire()
        except TimeoutError:
            raise TimedOut("all connections are taken") from NotSent("PoolTimeout")
        try:
            yield
        finally:
            self._places.release()

    async def _exchange(
        self, url: str, method: str, body: Body | None, limits: aiohttp.ClientTimeout
    ) -> tuple[int, bytes]:
        if self._session is None:
            raise NetworkError("the connections are closed") from NotSent("closed")
        async with self._session.request(
            method, url, data=body, timeout=limits, proxy=self._proxies.towards(url), allow_redirects=False
        ) as answer:
            return answer.status, await _read(answer.content)


def _chosen(given: "ODVInput[float]", otherwise: float | None) -> float | None:
    chosen = otherwise if given is BaseRequest.DEFAULT_NONE else given
    return max(chosen, SHORTEST_S) if isinstance(chosen, int | float) else None


async def _read(content: aiohttp.StreamReader) -> bytes:
    body = bytearray()
    while piece := await content.readany():
        body += piece
        if len(body) > MOST_ANSWER_BYTES:
            raise _TooLong
    return bytes(body)


def _told(error: Exception, *, begun: bool) -> NetworkError:
    """The error for python-telegram-bot, without anything that aiohttp's errors quote."""
    name = type(error).__name__.lstrip("_")
    told = TimedOut(f"Timed out ({name})") if isinstance(error, TimeoutError) else NetworkError(f"aiohttp: {name}")
    told.__cause__ = None if begun else NotSent(name)
    return told
