"""The outbox under everything that can happen to it in any order: nothing is lost, nothing comes three times.

A Telegram that remembers what it took stands beside a real outbox. Whatever the sends come to, however often the
process dies and the clock moves on, every delivery is settled or will be claimed.
"""

import asyncio
import atexit
import random
import shutil
import tempfile
from collections import Counter
from collections.abc import Callable, Coroutine
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from bot.domain.models import Delivery, Message, Owed
from bot.storage import backlog, chats, outbox
from bot.storage.database import Database, open_database
from bot.storage.sql import Tx, rows
from tests.conftest import Clock
from tests.storage.making import add_chat

pytestmark = pytest.mark.untraced

LEASE = timedelta(minutes=10)
PATIENCE = timedelta(days=1)  # nothing is put off for longer than this
SETTLED = {"sent", "refused", "in_doubt", "expired", "folded"}
NO_COPY = {"folded", "expired"}  # what may have arrived ends otherwise
REFS = ((1, 0), (-3, 0), (-3, 5), (-4, 0), (-1004, 0))  # a reader, a forum, a group, and what it may move to
IDS = sorted({telegram_id for telegram_id, _ in REFS})
MOVES = {-4: -1004}

PAUSE = timedelta(minutes=5)
OUTCOMES = ("sent", "answer lost", "answer lost", "lost", "none yet", "wait", "moved", "gone", "refused")
EVENTS = (
    *("send",) * 6, *("compose",) * 4, *("chat_back",) * 3, "crash", "time_goes_by", "time_goes_by", "chat_leaves",
    "fold",
)  # fmt: skip
TAKEN = {"sent", "answer lost"}

Work = Callable[[Tx], Coroutine[Any, Any, Any]]


@cache
def _template() -> Path:
    path = Path(tempfile.mkdtemp(prefix="nutgraf-model-")) / "nutgraf.db"
    atexit.register(shutil.rmtree, path.parent)

    async def make() -> None:
        await (await open_database(f"sqlite:///{path}")).close()

    asyncio.run(make())
    return path


class Outbox(RuleBasedStateMachine):
    """`taken`: what Telegram took, in its order. `in_flight`: what this process has claimed and not settled.

    `owed_to`: the Telegram chat that a delivery was owed to at first, and our number for it. The chat may move, and
    what is owed to its old name later is owed to a chat that is new to us, which keeps an order of its own.
    """

    def __init__(self) -> None:
        super().__init__()
        self.clock = Clock()
        self.taken: list[int] = []
        self.in_flight: dict[int, Delivery] = {}
        self.owed_to: dict[int, tuple[int, int]] = {}
        self.briefings = 0

    @initialize()
    def open(self) -> None:
        self.loop = asyncio.new_event_loop()
        self.folder = tempfile.mkdtemp(prefix="nutgraf-model-")
        path = shutil.copyfile(_template(), Path(self.folder) / "nutgraf.db")
        self.database: Database = self.loop.run_until_complete(open_database(f"sqlite:///{path}"))

    def do(self, work: Work) -> Any:
        async def in_transaction() -> Any:
            async with self.database.write() as tx:
                return await work(tx)

        return self.loop.run_until_complete(in_transaction())

    def look(self) -> list[dict[str, Any]]:
        """All deliveries with their chats, in the order in which they were owed."""

        async def read(tx: Tx) -> list[dict[str, Any]]:
            found = await rows(
                tx,
                """
                SELECT d.*, c.telegram_id, c.dormant_at_ms
                  FROM deliveries d JOIN chats c ON c.id = d.chat_id ORDER BY d.id
                """,
            )
            return [dict(each) for each in found]

        found: list[dict[str, Any]] = self.do(read)
        return found

    # ---- what happens --------------------------------------------------------------------------------

    @rule(seed=st.integers(0, 2**32), what=st.sampled_from(EVENTS))
    def happen(self, what: str, seed: int) -> None:
        """One rule for all, chosen by weight: Hypothesis leaves whole rules out of most of its runs."""
        self.chance = random.Random(seed)
        getattr(self, what)()

    def compose(self) -> None:
        parts = self.chance.randint(1, 3)

        async def work(tx: Tx) -> None:
            chat = await add_chat(tx, self.clock(), *self.chance.choice(REFS))
            if not chat.dormant:
                await self.owe(tx, chat.id, parts)

        self.do(work)

    async def owe(self, tx: Tx, chat_id: int, parts: int) -> int:
        self.briefings += 1
        messages = tuple(Message(f"{self.briefings}.{part}") for part in range(parts))
        owed = Owed(chat_id, f"{self.briefings}", self.clock(), messages, stale_at=self.clock())
        (briefing_id,) = (await outbox.add(tx, [owed], self.clock())).values()
        return briefing_id

    def fold(self) -> None:
        """What waits for a chat becomes one briefing."""

        async def work(tx: Tx) -> None:
            for chat_id in (await backlog.stale_chats(tx, self.clock(), 9))[:1]:
                if waiting := await backlog.foldable(tx, chat_id):
                    into = await self.owe(tx, chat_id, 1)
                    await backlog.fold(tx, waiting, into=into, story_ids=(), at=self.clock())

        self.do(work)

    def send(self) -> None:
        """Claim some; each of those in flight then has its outcome, or stays in flight."""
        most = self.chance.randint(1, 8)
        claimed = self.do(lambda tx: outbox.claim(tx, self.clock(), self.clock() + LEASE, most))
        assert len(claimed) <= most
        assert not self.in_flight.keys() & {each.id for each in claimed}
        self.in_flight |= {each.id: each for each in claimed}
        for delivery in list(self.in_flight.values()):
            if (outcome := self.chance.choice(OUTCOMES)) != "none yet":
                self.attempt(delivery, outcome)

    def attempt(self, delivery: Delivery, outcome: str) -> None:
        """As the service does: what is doubtful is looked for first; a proof is true, or there is none."""
        del self.in_flight[delivery.id]
        if delivery.doubtful:
            proof = self.chance.random() < 0.5
            if proof and delivery.id in self.taken:
                self.do(lambda tx: outbox.sent(tx, delivery.id, message_id=1, at=self.clock()))
                return
            if not self.may_repeat(delivery, proof=proof):
                self.do(lambda tx: outbox.in_doubt(tx, delivery.id, "again", self.clock()))
                return
        self.come_to(delivery, outcome)

    def may_repeat(self, delivery: Delivery, *, proof: bool) -> bool:
        """Written down before anything is sent again."""
        cleared: bool = self.do(lambda tx: outbox.cleared(tx, delivery.id, proven=proof, after_id=None))
        return cleared

    def come_to(self, delivery: Delivery, outcome: str) -> None:
        self.taken += [delivery.id] * (outcome in TAKEN)
        self.do(lambda tx: self.settle(tx, delivery, outcome))

    async def settle(self, tx: Tx, delivery: Delivery, outcome: str) -> None:
        now, why = self.clock(), outcome
        match outcome:
            case "sent":
                await outbox.sent(tx, delivery.id, message_id=len(self.taken), at=now)
            case "wait":
                await outbox.postponed(tx, delivery.id, due_at=now + PAUSE, why=why)
            case "lost" | "answer lost":
                await outbox.doubted(tx, delivery.id, due_at=now, why=why)
            case "moved" if new_id := MOVES.get(delivery.ref.telegram_id):
                await chats.moved(tx, delivery.ref.telegram_id, new_id)
                await outbox.postponed(tx, delivery.id, due_at=now, why=why)
            case _:
                await outbox.refused(tx, delivery.id, why, now)
                if outcome == "gone":
                    await chats.sleep(tx, delivery.ref.telegram_id, why, now)

    def chat_leaves(self) -> None:
        """The bot is told that it was thrown out."""
        telegram_id = self.chance.choice(IDS)
        self.do(lambda tx: chats.sleep(tx, telegram_id, "thrown out", self.clock()))

    def chat_back(self) -> None:
        telegram_id = self.chance.choice(IDS)
        self.do(lambda tx: chats.wake(tx, telegram_id))

    def crash(self) -> None:
        """With some of what was in flight taken, and nobody told."""
        for delivery in sorted(self.in_flight.values(), key=lambda each: each.id):
            if self.chance.random() < 0.5 and (not delivery.doubtful or self.may_repeat(delivery, proof=False)):
                self.taken.append(delivery.id)
        self.in_flight.clear()
        self.do(lambda tx: outbox.recover(tx, self.clock(), dead=True))

    def time_goes_by(self) -> None:
        self.clock.advance(seconds=self.chance.randint(1, 7200))

    # ---- what always holds ---------------------------------------------------------------------------

    @invariant()
    def nothing_is_lost_repeated_or_out_of_order(self) -> None:
        deliveries = self.look()
        for each in deliveries:
            self.owed_to.setdefault(each["id"], (each["telegram_id"], each["chat_id"]))
            self.check(each)
        assert max(Counter(self.taken).values(), default=0) <= 2
        for chat in set(self.owed_to.values()):
            ids = [each for each in self.taken if self.owed_to[each] == chat]
            assert ids == sorted(ids)

    def check(self, each: dict[str, Any]) -> None:
        """A delivery is settled, or it will be claimed."""
        if each["state"] == "waiting":
            assert each["due_at_ms"] <= (self.clock() + PATIENCE).timestamp() * 1000
        elif each["state"] == "sending":
            assert each["id"] in self.in_flight
        else:
            assert each["state"] in SETTLED
            assert each["settled_at_ms"] is not None
            assert each["state"] != "sent" or each["id"] in self.taken
            assert each["state"] not in NO_COPY or each["id"] not in self.taken

    def teardown(self) -> None:
        """After the last crash, in good weather, all that is open is paid out."""
        if not hasattr(self, "database"):
            return
        try:
            self.in_flight.clear()
            self.do(lambda tx: outbox.recover(tx, self.clock(), dead=True))
            self.pay_out()
            assert {each["state"] for each in self.look()} <= SETTLED
            self.nothing_is_lost_repeated_or_out_of_order()
        finally:
            self.loop.run_until_complete(self.database.close())
            self.loop.close()
            shutil.rmtree(self.folder)

    def pay_out(self) -> None:
        """Each turn settles something; what waits in a chat that is gone expires."""
        while waiting := [each for each in self.look() if each["state"] == "waiting"]:
            there = [each["due_at_ms"] for each in waiting if each["dormant_at_ms"] is None]
            latest = max(there) / 1000 if there else (self.clock() + outbox.LIFE).timestamp()
            self.clock.advance(seconds=max(0.0, latest - self.clock().timestamp()) + 1)
            claimed = self.do(lambda tx: outbox.claim(tx, self.clock(), self.clock() + LEASE, 8))
            for delivery in claimed:
                self.in_flight[delivery.id] = delivery
                self.attempt(delivery, "sent")
            assert claimed or not there
            if not there:
                assert self.do(lambda tx: outbox.expire(tx, self.clock()))


TestOutbox = Outbox.TestCase
# not shrunk: what fails is to be told within the time that a test has
TestOutbox.settings = settings(
    max_examples=30,
    stateful_step_count=50,
    deadline=None,
    database=None,
    report_multiple_bugs=False,
    phases=[Phase.generate],
)
