"""Troubles on demand: refusals, lost replies and slow answers, for tests of what a bot does about them."""

import asyncio
import socket
import struct
from collections import defaultdict, deque
from dataclasses import dataclass
from enum import Enum, auto

from aiohttp import web

from bot.sandbox.errors import ApiError

_NO_LINGER = struct.pack("ii", 1, 0)


class Cut(Enum):
    """How a connection ends without an answer: closed as by a server that stops, or reset as by a broken link."""

    CLOSE = auto()
    RESET = auto()


@dataclass(frozen=True, slots=True)
class Fault:
    """What happens to one call: whether it takes effect, then a refusal, or no answer at all, or a late one."""

    error: ApiError | None = None
    accept: bool = True
    cut: Cut | None = None
    delay_s: float = 0.0


CLEAR = Fault()


class Faults:
    """Planned faults by method, the methods whose answers are held back, and the latency of every answer."""

    def __init__(self) -> None:
        self._planned: dict[str, deque[Fault]] = defaultdict(deque)
        self._held: dict[str, asyncio.Event] = {}
        self.delay_s = 0.0

    def plan(self, method: str, fault: Fault, times: int) -> None:
        """The next `times` calls of a method meet a fault."""
        self._planned[method.lower()].extend([fault] * times)

    def next(self, method: str) -> Fault | None:
        """The fault that is planned for this call, if any."""
        planned = self._planned.get(method.lower())
        return planned.popleft() if planned else None

    def hold(self, method: str) -> None:
        """From now on the method's calls take effect but their answers wait."""
        self._held.setdefault(method.lower(), asyncio.Event())

    def release(self) -> None:
        """Let all held answers go."""
        for event in self._held.values():
            event.set()
        self._held.clear()

    async def wait(self, method: str, fault: Fault) -> None:
        """Wait until the answer may go."""
        if event := self._held.get(method.lower()):
            await event.wait()
        if delay_s := self.delay_s + fault.delay_s:
            await asyncio.sleep(delay_s)


def cut_off(request: web.Request, cut: Cut) -> None:
    """End the connection of a request without an answer."""
    transport = request.transport
    if transport is None:
        return
    connection = transport.get_extra_info("socket")
    if cut is Cut.RESET and connection is not None:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGER)
    transport.abort()
