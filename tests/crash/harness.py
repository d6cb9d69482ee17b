"""The service, started and hit again and again beside a sandbox that remembers what reached whom.

`Ordeal` is one database with one sandbox: it owes messages, each with a text of its own, lets the service pay them out,
and reads from the sandbox and from the outbox what became of each. What hits the service stands in `points`.
"""

import asyncio
import os
import random
import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Self

from bot.domain.models import ChatKind, ChatRef, Place
from bot.sandbox.nouns import CHANNEL
from bot.sandbox.server import Sandbox
from bot.sandbox.world import CHANNEL_ID, GROUP_ID, THREADS
from tests.crash import ledger
from tests.crash.tally import Tally
from tests.crash.zygote import Order, encode, hasty_clock
from tests.end_to_end.conftest import service_environ

READERS = range(101, 113)
MOST_PARTS = 3
END_S = 60.0
_ROOT = Path(__file__).parents[2]


class Running:
    """A service that was started."""

    def __init__(self, pid: int, channel: socket.socket) -> None:
        self._pid = pid
        self._ending = asyncio.create_task(_received(channel))

    @property
    def alive(self) -> bool:
        """Whether its end is not known yet."""
        return not self._ending.done()

    def send(self, number: signal.Signals) -> None:
        """Signal it, if it is still there."""
        with suppress(ProcessLookupError):
            os.kill(self._pid, number)

    async def ended(self) -> int:
        """Wait for its end; returns the exit status, below zero the signal that killed it."""
        return int(await asyncio.shield(self._ending))


class Zygote:
    """The process that forks services; belongs to no event loop."""

    def __init__(self) -> None:
        self._channel, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._channel.setblocking(False)
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.crash.zygote", str(theirs.fileno())],
            pass_fds=[theirs.fileno()],
            cwd=_ROOT,
            env={"PATH": os.environ["PATH"], "PYTHONPATH": str(_ROOT)},
        )
        theirs.close()

    async def start(self, order: Order) -> Running:
        """Start a service; the one before it has ended."""
        await asyncio.get_running_loop().sock_sendall(self._channel, encode(order))
        return Running(int(await _received(self._channel)), self._channel)

    def close(self) -> None:
        """End it, and with it a service that still runs."""
        self._process.kill()
        self._process.wait()
        self._channel.close()


async def _received(channel: socket.socket) -> bytes:
    received = await asyncio.get_running_loop().sock_recv(channel, 100)
    assert received, "the process that forks services has died"
    return received


@dataclass(frozen=True, slots=True)
class Stood:
    """A message as it stands in a chat."""

    ref: ChatRef
    message_id: int
    text: str


class Ordeal:
    """One database and one sandbox, in which a service has a hard time.

    Args:
        folder: for its log, and whatever else it needs.
        seed: decides how much is owed, and when the hits come.
    """

    def __init__(self, zygote: Zygote, url: str, folder: Path, seed: str) -> None:
        self._zygote = zygote
        self._url = url
        self._began_at = time.time()
        self._now = hasty_clock(self._began_at)
        self.sandbox = Sandbox(now=self._now)
        self.folder = folder
        self.log = folder / "service.log"
        self.chance = random.Random(seed)
        self.hits = self.faults = self.in_doubt = 0
        self._order = Order({}, str(self.log), self._began_at)
        self._places: tuple[Place, ...] = ()
        self._numbered = 0

    async def __aenter__(self) -> Self:
        await self.sandbox.start()
        self._places = _places(self.sandbox)
        environ = service_environ(self.sandbox, self.folder) | {
            "NUTGRAF_DATABASE_URL": self._url,
            "NUTGRAF_MESSAGES_PER_S": "1000",
            "NUTGRAF_CHAT_MESSAGES_PER_S": "1000",
        }
        self._order = replace(self._order, environ=environ)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.sandbox.stop()

    # ---- what is owed ------------------------------------------------------------------------------

    async def owe(self) -> None:
        """Owe a few messages to every chat that has none coming, so that there is always enough to be in flight."""
        waiting = {each.ref for each in await ledger.read(self._url) if each.state in ledger.OPEN}
        messages = {place: self._new_texts(place) for place in self._places if place.ref not in waiting}
        await ledger.owe(self._url, messages, self._now())

    def _new_texts(self, place: Place) -> list[str]:
        first, self._numbered = self._numbered, self._numbered + self.chance.randint(1, MOST_PARTS)
        return [f"{place.title}: news number {number}" for number in range(first, self._numbered)]

    # ---- the service -------------------------------------------------------------------------------

    def change(self, *, answer_s: float = 0.0, versions: str = "") -> None:
        """From now on the service is started with these."""
        self._order = replace(self._order, answer_s=answer_s, versions=versions)

    async def start(self, arm: str = "", passes: int = 1) -> Running:
        """Start the service; it ends when its outbox is empty, or at the arm's n-th pass."""
        return await self._zygote.start(replace(self._order, arm=arm, passes=passes))

    async def sends(self, running: Running, number: int) -> bool:
        """Wait until so many more messages were sent; False if the service ended before."""
        enough = self.sent + number
        looking = self.sandbox.wait_for(lambda: self.sent >= enough, END_S)
        tasks = [asyncio.create_task(running.ended()), asyncio.create_task(looking)]
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        return running.alive

    @property
    def sent(self) -> int:
        """How often a message was sent to the sandbox, taken or not."""
        return sum(call["method"] == "sendMessage" for call in self.sandbox.calls)

    async def died(self, running: Running) -> bool:
        """Wait for the end of a service that was to be killed; False if its work was done before."""
        status = await self.end_of(running)
        if status == 0:
            return False
        assert status == -signal.SIGKILL, f"exit status {status}: {self.log}"
        self.hits += 1
        await self.look_for_doubt()
        return True

    async def look_for_doubt(self) -> None:
        """What a service that has ended left in *sending* is in doubt."""
        self.in_doubt += sum(each.state == "sending" for each in await ledger.read(self._url))

    def met(self, faults: int) -> None:
        """So many calls met a fault that leaves them in doubt."""
        self.faults += faults
        self.in_doubt += faults

    async def end_of(self, running: Running) -> int:
        """The exit status of a service that must end now."""
        try:
            async with asyncio.timeout(END_S):
                return await running.ended()
        except TimeoutError:
            running.send(signal.SIGKILL)
            await running.ended()
        left = [each for each in await ledger.read(self._url) if each.state in ledger.OPEN]
        raise AssertionError(f"it did not end in {END_S:.0f} s; {len(left)} open: {left[:3]}; {self.log}")

    async def finish(self) -> None:
        """Let the service pay out what is still owed, unhindered."""
        assert await self.end_of(await self.start()) == 0, self.log

    # ---- what became of it -------------------------------------------------------------------------

    async def tally(self, point: str) -> Tally:
        """Compare what was owed with what stands in the chats."""
        owed, stood = await ledger.read(self._url), self._stood()
        copies = Counter((each.ref, each.text) for each in stood)
        owed_to = {(each.ref, each.text) for each in owed}
        ends = Counter(_end(each, copies[each.ref, each.text]) for each in owed)
        again = Counter({key: number - 1 for key, number in copies.items()})
        return Tally(
            point=point,
            database=self._url.partition(":")[0],
            hits=self.hits,
            enqueued=len(owed),
            delivered=ends["delivered"],
            lost=ends["lost"],
            wrong_chat=sum(key not in owed_to for key in copies) + _mistaken(owed, stood),
            most_copies=max(copies.values(), default=0),
            duplicates=again.total(),
            in_doubt=self.in_doubt,
            left_in_doubt=ends["listed"],
            disorder=_disorder(owed, stood),
            channel_duplicates=sum(n for (ref, _), n in again.items() if self._is_channel(ref)),
            faults=self.faults,
        )

    def _stood(self) -> list[Stood]:
        return [
            Stood(ChatRef(chat_id, message.get("message_thread_id", 0)), message["message_id"], message["text"])
            for chat_id in self.sandbox.world.chats
            for message in self.sandbox.messages(chat_id)
        ]

    def _is_channel(self, ref: ChatRef) -> bool:
        return self.sandbox.world.chats[ref.telegram_id].type == CHANNEL


def _places(sandbox: Sandbox) -> tuple[Place, ...]:
    """A dozen readers, a supergroup with its threads, a basic group and a channel."""
    for reader in READERS:
        sandbox.add_user(reader, f"Reader {reader}")
    group = sandbox.add_group("Ferry friends")
    return (
        *(Place(ChatRef(reader), ChatKind.PRIVATE, f"Reader {reader}") for reader in READERS),
        *(Place(ChatRef(GROUP_ID, thread), ChatKind.GROUP, f"Thread {thread}") for thread in (0, *THREADS)),
        Place(ChatRef(group), ChatKind.GROUP, "Ferry friends"),
        Place(ChatRef(CHANNEL_ID), ChatKind.CHANNEL, "Harbour daily"),
    )


def _end(owed: ledger.Owed, copies: int) -> str:
    if owed.state in ledger.OPEN:
        return "lost"
    if copies:
        return "delivered"
    return "listed" if owed.state in ledger.LISTED else "lost"


def _mistaken(owed: tuple[ledger.Owed, ...], stood: list[Stood]) -> int:
    """How many deliveries remember a message id that is not theirs."""
    there = {(each.ref, each.message_id, each.text) for each in stood}
    return sum(each.state == "sent" and (each.ref, each.message_id, each.text) not in there for each in owed)


def _disorder(owed: tuple[ledger.Owed, ...], stood: list[Stood]) -> int:
    """How many messages stand after one that was owed to the same Telegram chat later."""
    place = {each.text: number for number, each in enumerate(owed)}
    newest: Counter[int] = Counter()
    disorder = 0
    for each in stood:
        number = place.get(each.text, 0)
        disorder += number < newest[each.ref.telegram_id]
        newest[each.ref.telegram_id] = max(number, newest[each.ref.telegram_id])
    return disorder
