"""Deliveries are paid out to Telegram, and what became of each is recorded.

`sending` is committed before a call and the outcome after it. A crash between the two leaves a delivery in doubt; it is
repeated once and never again, so a reader gets each message at least once where Telegram takes it, and twice at most.
"""

import asyncio
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from bot.domain.cadence import send_back_off
from bot.domain.errors import ChatGone, ChatMoved, InDoubt, RetryLater, SendError, TokenRefused
from bot.domain.models import Delivery
from bot.domain.ports import Now, Sender
from bot.storage import chats, outbox
from bot.storage.database import Database, Tx

log = structlog.get_logger()

IN_FLIGHT = 8
LEASE = timedelta(minutes=10)
TOKEN_PAUSE = timedelta(minutes=1)
PATIENCE = 4  # attempts that wait exactly as long as Telegram asks


@dataclass(frozen=True, slots=True)
class Flushed:
    """What one flush did."""

    sent: int = 0
    postponed: int = 0
    refused: int = 0


class Deliveries:
    """Pays the outbox out."""

    def __init__(self, database: Database, sender: Sender, now: Now) -> None:
        self._database = database
        self._sender = sender
        self._now = now
        self._stopping = False
        self._flushing = asyncio.Lock()

    async def recover(self) -> None:
        """Settle what a process that died left in `sending`; call once at start, before the first flush."""
        async with self._database.write(durable=True) as tx:
            repeated, doubtful = await outbox.recover(tx, self._now())
        if repeated or doubtful:
            log.warning("deliveries were in doubt", repeated=repeated, left_in_doubt=doubtful)

    async def drain(self) -> None:
        """Claim no more, and wait until what is in flight has its outcome."""
        self._stopping = True
        async with self._flushing:
            pass

    async def flush(self) -> Flushed:
        """Send what is due, at most eight at a time and one a chat, until nothing is due."""
        outcomes: list[str] = []
        in_flight: set[asyncio.Task[str]] = set()
        async with self._flushing:
            while True:
                in_flight |= await self._begin(IN_FLIGHT - len(in_flight))
                if not in_flight:
                    break
                # a slow chat holds one place, the others go on
                done, in_flight = await asyncio.wait(in_flight, return_when=asyncio.FIRST_COMPLETED)
                outcomes += [task.result() for task in done]
        return Flushed(*(outcomes.count(outcome) for outcome in ("sent", "postponed", "refused")))

    async def _begin(self, most: int) -> set[asyncio.Task[str]]:
        if self._stopping or not most:
            return set()
        now = self._now()
        # durable: after a power loss a delivery must still say that it was being sent
        async with self._database.write(durable=True) as tx:
            claimed = await outbox.claim(tx, now, now + LEASE, most)
        return {asyncio.create_task(self._pay(delivery)) for delivery in claimed}

    async def _pay(self, delivery: Delivery) -> str:
        try:
            message_id = await self._sender.send(delivery.ref, delivery.message)
        except SendError as error:
            return await self._settle(delivery, error)
        async with self._database.write() as tx:
            await outbox.sent(tx, delivery.id, message_id=message_id, at=self._now())
        return "sent"

    async def _settle(self, delivery: Delivery, error: SendError) -> str:
        async with self._database.write() as tx:
            outcome = await _record(tx, delivery, error, self._now())
        log.warning(
            "delivery not sent",
            delivery_id=delivery.id,
            outcome=outcome,
            attempts=delivery.attempts,
            why=str(error),
        )
        return outcome


async def _record(tx: Tx, delivery: Delivery, error: SendError, now: datetime) -> str:
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
            again = now + send_back_off(delivery.attempts)
            return "postponed" if await outbox.doubted(tx, delivery.id, due_at=again, why=why) else "refused"
        case ChatMoved(new_id=new_id):
            await chats.moved(tx, delivery.ref.telegram_id, new_id)
            await outbox.postponed(tx, delivery.id, due_at=now, why=why)
            return "postponed"
    await outbox.refused(tx, delivery.id, why=why, at=now)
    if isinstance(error, ChatGone):
        await chats.sleep(tx, delivery.ref.telegram_id, now)
    return "refused"
