"""Deliveries are paid out to Telegram, and what became of each is recorded.

`sending` is committed before a call and the outcome after it. Where the outcome is not known, because the process or
the link died in between, proof of arrival is looked for before anything is repeated (`services/proof`); what cannot be
proven is repeated once and never again. So a reader gets each message at least once where Telegram takes it, and twice
at most.
"""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog

from bot.domain.cadence import send_back_off
from bot.domain.errors import (
    ChatGone,
    ChatMoved,
    InDoubt,
    RetryLater,
    SendError,
    StorageError,
    ThreadGone,
    TokenRefused,
)
from bot.domain.models import Delivery
from bot.domain.ports import Now, Sender
from bot.services import proof
from bot.services.routes import Routes
from bot.storage import chats, counters, outbox
from bot.storage.database import Database, Tx

log = structlog.get_logger()

IN_FLIGHT = 8
LEASE = timedelta(minutes=10)
TOKEN_PAUSE = timedelta(minutes=1)
PATIENCE = 4  # attempts that wait exactly as long as Telegram asks
NEWEST_SHARE = 1 / 4  # of the places go to what became due last: a backlog does not keep today's news waiting

Record = Callable[[Tx], Awaitable[str]]


@dataclass(frozen=True, slots=True)
class Flushed:
    """What one flush did."""

    sent: int = 0
    postponed: int = 0
    refused: int = 0


@dataclass(slots=True)
class _Outcomes:
    """What is known and not yet recorded: nothing more is claimed while the database takes no outcomes."""

    waiting: dict[int, Record] = field(default_factory=dict)
    done: Counter[str] = field(default_factory=Counter)


class Deliveries:
    """Pays the outbox out."""

    def __init__(self, database: Database, sender: Sender, routes: Routes, now: Now) -> None:
        self._database = database
        self._sender = sender
        self._routes = routes
        self._now = now
        self._stopping = False
        self._flushing = asyncio.Lock()
        self._in_flight: dict[asyncio.Task[None], int] = {}
        self._outcomes = _Outcomes()
        self._newest = 0.0

    async def recover(self) -> None:
        """What a process that died left in `sending` becomes doubtful; call once at start, before the first flush."""
        async with self._database.write(durable=True) as tx:
            doubtful = await outbox.recover(tx, self._now(), dead=True)
        if doubtful:
            log.warning("deliveries are in doubt", number=doubtful)

    async def drain(self) -> None:
        """Claim no more, and wait until what is in flight has its outcome."""
        self._stopping = True
        async with self._flushing:
            pass

    async def flush(self) -> Flushed:
        """Send what is due, at most eight at a time and one a chat, until nothing is due.

        Raises:
            StorageError: the database takes no outcomes; they are kept and recorded by the next flush.
        """
        async with self._flushing:
            self._outcomes.done.clear()
            await self._record_waiting()
            try:
                while await self._begin(IN_FLIGHT - len(self._in_flight)):
                    # a slow chat holds one place, the others go on
                    await asyncio.wait(self._in_flight, return_when=asyncio.FIRST_COMPLETED)
                    self._sweep()
            finally:
                while self._in_flight:
                    await asyncio.wait(self._in_flight)
                    self._sweep()
            await self._record_waiting()
            done = self._outcomes.done
            return Flushed(sent=done["sent"], postponed=done["postponed"], refused=done["refused"])

    async def tidy(self) -> None:
        """Settle what no process will settle: claims without an owner, and news that are none any more."""
        now = self._now()
        async with self._database.write() as tx:
            lost = await outbox.recover(tx, now, in_flight=[*self._in_flight.values()])
            expired = await outbox.expire(tx, now)
        if lost or expired:
            log.warning("deliveries settled", outcome_unknown=lost, expired=expired)

    async def _begin(self, most: int) -> bool:
        """Claim and begin as many as there is room for; whether any are in flight."""
        if most and not self._stopping and not self._outcomes.waiting:
            now = self._now()
            self._newest += most * NEWEST_SHARE
            newest, self._newest = divmod(self._newest, 1)
            # durable: after a power loss a delivery must still say that it was being sent
            async with self._database.write(durable=True) as tx:
                claimed = await outbox.claim(tx, now, now + LEASE, int(newest), newest=True) if newest else ()
                claimed += await outbox.claim(tx, now, now + LEASE, most - len(claimed))
            for delivery in claimed:
                self._in_flight[asyncio.create_task(self._pay(delivery))] = delivery.id
        return bool(self._in_flight)

    def _sweep(self) -> None:
        for task in [task for task in self._in_flight if task.done()]:
            del self._in_flight[task]
            if error := task.exception():
                # its claim runs out and is settled then
                log.error("delivery failed", error=type(error).__name__)

    async def _pay(self, delivery: Delivery) -> None:
        """Bring one to an outcome and record it."""
        try:
            record = await self._attempt(delivery)
        except SendError as error:
            record = self._failed(delivery, error)
        self._outcomes.waiting[delivery.id] = record
        try:
            await self._record(delivery.id, record)
        except StorageError as error:
            log.error("outcome not recorded", delivery_id=delivery.id, why=str(error))

    async def _attempt(self, delivery: Delivery) -> Record:
        wait_s = self._sender.wait_s(delivery.ref)
        if wait_s > 0:
            # a chat that has to wait holds no place that another could use
            due_at = self._now() + timedelta(seconds=wait_s)
            return _always("put back", lambda tx: outbox.put_back(tx, delivery.id, due_at=due_at))
        if delivery.doubtful:
            record = await self._look(delivery)
            if record is not None:
                return record
        return self._sent(delivery, await self._sender.send(delivery.ref, delivery.message))

    async def _look(self, delivery: Delivery) -> Record | None:
        """What became of an earlier attempt; None: it is to be repeated, and that is written down."""
        found = await proof.look(self._database, self._sender, delivery, self._now())
        if found.message_id is not None:
            log.info("a delivery in doubt had arrived", delivery_id=delivery.id)
            return self._sent(delivery, found.message_id)
        async with self._database.write(durable=True) as tx:
            last = await counters.last(tx, delivery.ref.telegram_id)
            if await outbox.cleared(tx, delivery.id, proven=found.absent, after_id=last):
                return None
        log.warning("delivery left in doubt", delivery_id=delivery.id)
        why = "repeated once, and its outcome is unknown again"
        return _always("refused", lambda tx: outbox.in_doubt(tx, delivery.id, why, self._now()))

    def _sent(self, delivery: Delivery, message_id: int) -> Record:
        async def record(tx: Tx) -> str:
            await outbox.sent(tx, delivery.id, message_id=message_id, at=self._now())
            await counters.learn(tx, delivery.ref.telegram_id, message_id)
            return "sent"

        return record

    def _failed(self, delivery: Delivery, error: SendError) -> Record:
        async def record(tx: Tx) -> str:
            outcome = await self._settle(tx, delivery, error, self._now())
            log.warning(
                "delivery not sent",
                delivery_id=delivery.id,
                outcome=outcome,
                attempts=delivery.attempts,
                why=str(error),
            )
            return outcome

        return record

    async def _settle(self, tx: Tx, delivery: Delivery, error: SendError, now: datetime) -> str:
        """What becomes of a delivery that was not, or perhaps not, sent."""
        why = str(error)
        match error:
            case RetryLater(retry_after_s=wait_s):
                # as long as Telegram asks; longer only when it has asked again and again
                wait = max(timedelta(seconds=wait_s), send_back_off(max(0, delivery.attempts - PATIENCE)))
                await outbox.postponed(tx, delivery.id, due_at=now + wait, why=why)
                return "postponed"
            case TokenRefused():
                # nothing is lost while the operator mends it; `/readyz` says so meanwhile
                await outbox.postponed(tx, delivery.id, due_at=now + TOKEN_PAUSE, why=why)
                return "postponed"
            case InDoubt():
                await outbox.doubted(tx, delivery.id, due_at=now + send_back_off(delivery.attempts), why=why)
                return "postponed"
            case ChatMoved(new_id=new_id):
                await chats.moved(tx, delivery.ref.telegram_id, new_id)
                await outbox.postponed(tx, delivery.id, due_at=now, why=why)
                return "postponed"
            case ThreadGone():
                await outbox.refused(tx, delivery.id, why=why, at=now)
                await self._routes.pause(tx, delivery.chat_id, why, now)
                return "refused"
        await outbox.refused(tx, delivery.id, why=why, at=now)
        if isinstance(error, ChatGone):
            await chats.sleep(tx, delivery.ref.telegram_id, why, now)
        return "refused"

    async def _record_waiting(self) -> None:
        for delivery_id, record in list(self._outcomes.waiting.items()):
            await self._record(delivery_id, record)

    async def _record(self, delivery_id: int, record: Record) -> None:
        async with self._database.write() as tx:
            outcome = await record(tx)
        del self._outcomes.waiting[delivery_id]
        self._outcomes.done[outcome] += 1


def _always(outcome: str, write: Callable[[Tx], Awaitable[None]]) -> Record:
    async def record(tx: Tx) -> str:
        await write(tx)
        return outcome

    return record
