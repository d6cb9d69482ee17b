"""What becomes of a delivery, on both databases, with a sender that fails as it is told to."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest

from bot.domain.errors import (
    BadMarkup,
    ChatGone,
    ChatMoved,
    InDoubt,
    Refused,
    RetryLater,
    SendError,
    StorageError,
    ThreadGone,
    TokenRefused,
)
from bot.domain.models import ChatKind, ChatRef, Message, Owed, Place
from bot.feeds.fetch import Fetcher
from bot.services.delivery import Deliveries, Flushed
from bot.services.proof import MOST_IDS
from bot.services.routes import Routes
from bot.storage import chats, counters, outbox, updates
from bot.storage.database import Database, Tx
from bot.storage.sql import row, run
from tests.conftest import Clock
from tests.services.conftest import PLACE, KeptSender, Site
from tests.services.newsroom import EVERYTHING_NOW, Newsroom, begin, plain_paused

OTHER = Place(ChatRef(502), ChatKind.PRIVATE, "Omar")
THREAD = Place(ChatRef(-1001234567890, 11), ChatKind.GROUP, "Harbour neighbours")
CHANNEL = Place(ChatRef(-1009876543210), ChatKind.CHANNEL, "Harbour daily")


@pytest.fixture
def room(database: Database, fetcher: Fetcher, sender: KeptSender, clock: Clock) -> Newsroom:
    return Newsroom(database, fetcher, sender, clock)


async def owe(room: Newsroom, clock: Clock, place: Place = PLACE, *texts: str) -> None:
    """Messages wait for a chat."""
    async with room.database.write() as tx:
        chat = await chats.ensure(tx, place, clock())
        messages = tuple(map(Message, texts or ("Harbour bridge closed",)))
        slot = f"test {await outbox.composed(tx, chat.id, 'test', clock() - timedelta(days=9))}"
        await outbox.add(tx, [Owed(chat.id, slot, clock(), messages)], clock())


async def counts(database: Database) -> dict[str, int]:
    async with database.read() as tx:
        return await outbox.counts(tx)


async def known(room: Newsroom, clock: Clock, place: Place = PLACE) -> None:
    """Something arrived before, so a message id is known."""
    await owe(room, clock, place, "before")
    assert await room.deliveries.flush() == Flushed(sent=1)


# ---- not sent ------------------------------------------------------------------------------------


async def test_t90_waits_as_long_as_telegram_asks(room: Newsroom, sender: KeptSender, clock: Clock) -> None:
    await owe(room, clock)
    sender.next_error = RetryLater("too many requests", 45)
    assert await room.deliveries.flush() == Flushed(postponed=1)
    clock.advance(seconds=44)
    assert await room.deliveries.flush() == Flushed()
    clock.advance(seconds=1)
    assert await room.deliveries.flush() == Flushed(sent=1)
    assert len(sender.kept) == 1


async def test_t91_endless_429_is_asked_less_and_less_often_and_ends(
    room: Newsroom, sender: KeptSender, clock: Clock, database: Database
) -> None:
    await owe(room, clock)
    waits = []
    for asked in range(20):
        sender.next_error = RetryLater("too many requests", 1)
        began = clock()
        while await room.deliveries.flush() == Flushed():
            clock.advance(seconds=1 if asked < 5 else 10)
        waits.append((clock() - began).total_seconds())
    assert waits[:5] == [0, 1, 1, 1, 1]
    assert waits[-1] == 300
    clock.advance(seconds=7 * 86_400)
    await room.deliveries.tidy()
    assert await room.deliveries.flush() == Flushed()
    assert await counts(database) == {"expired": 1}


async def test_t102_a_refused_token_loses_nothing(room: Newsroom, sender: KeptSender, clock: Clock) -> None:
    await owe(room, clock)
    sender.next_error = TokenRefused("Telegram refuses the token")
    assert await room.deliveries.flush() == Flushed(postponed=1)
    clock.advance(seconds=60)
    assert await room.deliveries.flush() == Flushed(sent=1)


@pytest.mark.parametrize("error", [Refused("message is too long"), BadMarkup("can't parse entities")])
async def test_what_telegram_will_never_take_is_refused_and_the_next_goes_on(
    room: Newsroom, sender: KeptSender, clock: Clock, database: Database, error: SendError
) -> None:
    await owe(room, clock, PLACE, "too long", "fine")
    sender.next_error = error
    assert await room.deliveries.flush() == Flushed(sent=1, refused=1)
    assert await counts(database) == {"refused": 1, "sent": 1}
    assert sender.texts == ["fine"]


async def test_a_chat_that_must_wait_gives_its_place_to_others(
    room: Newsroom, sender: KeptSender, clock: Clock, database: Database
) -> None:
    await owe(room, clock, PLACE, "one", "two")
    await owe(room, clock, OTHER, "three")
    sender.waits[PLACE.ref.telegram_id] = 30.0
    assert await room.deliveries.flush() == Flushed(sent=1)
    assert sender.texts == ["three"]
    sender.waits.clear()
    assert await room.deliveries.flush() == Flushed()
    clock.advance(seconds=30)
    assert await room.deliveries.flush() == Flushed(sent=2)
    async with database.read() as tx:
        attempts = await row(tx, "SELECT max(attempts) AS most FROM deliveries")
    assert attempts is not None
    assert attempts["most"] == 1  # waiting its turn was no attempt


class SlowSender(KeptSender):
    """Keeps the messages to one chat waiting until it is told to go on."""

    def __init__(self, slow: ChatRef, others: int) -> None:
        super().__init__()
        self._slow = slow
        self._others = others
        self.go_on = asyncio.Event()
        self.others_done = asyncio.Event()

    async def send(self, ref: ChatRef, message: Message) -> int:
        if ref == self._slow:
            await self.go_on.wait()
        message_id = await super().send(ref, message)
        if len(self.kept) == self._others:
            self.others_done.set()
        return message_id


async def test_t103_one_slow_chat_delays_no_other(database: Database, fetcher: Fetcher, clock: Clock) -> None:
    slow = SlowSender(PLACE.ref, 20)
    room = Newsroom(database, fetcher, slow, clock)
    await owe(room, clock)
    for number in range(600, 620):
        await owe(room, clock, Place(ChatRef(number), ChatKind.PRIVATE, "Reader"))
    flushing = asyncio.create_task(room.deliveries.flush())
    await slow.others_done.wait()
    assert PLACE.ref not in [ref for ref, _ in slow.kept]
    slow.go_on.set()
    assert await flushing == Flushed(sent=21)


async def test_a_backlog_does_not_keep_todays_news_waiting(room: Newsroom, sender: KeptSender, clock: Clock) -> None:
    for number in range(100):
        await owe(room, clock, Place(ChatRef(600 + number), ChatKind.PRIVATE, "Reader"), f"backlog {number}")
    clock.advance(seconds=60)
    await owe(room, clock, PLACE, "news")
    await room.deliveries.flush()
    assert len(sender.texts) == 101
    assert sender.texts.index("news") < 8
    assert sender.texts.index("backlog 0") < 8


async def test_a_stopping_service_claims_nothing_more(
    room: Newsroom, sender: KeptSender, clock: Clock, database: Database
) -> None:
    await owe(room, clock)
    await room.deliveries.drain()
    assert await room.deliveries.flush() == Flushed()
    assert await counts(database) == {"waiting": 1}
    assert sender.kept == []


# ---- perhaps sent --------------------------------------------------------------------------------


@pytest.mark.parametrize("place", [PLACE, THREAD, Place(ChatRef(-77), ChatKind.GROUP, "Basic group")])
async def test_t94_a_message_that_had_arrived_is_not_repeated(
    room: Newsroom, sender: KeptSender, clock: Clock, database: Database, place: Place
) -> None:
    await known(room, clock, place)
    await owe(room, clock, place)
    sender.next_error, sender.lost = InDoubt("reply lost"), True
    assert await room.deliveries.flush() == Flushed(postponed=1)
    clock.advance(seconds=300)
    assert await room.deliveries.flush() == Flushed(sent=1)
    assert sender.texts == ["before", "Harbour bridge closed"]
    assert sender.looked_for == [(place.ref.telegram_id, list(range(2, 2 + MOST_IDS)))]
    assert await counts(database) == {"sent": 2}
    async with database.read() as tx:
        assert await counters.last(tx, place.ref.telegram_id) == 2


async def test_t94_a_message_that_surely_had_not_arrived_is_repeated_as_often_as_it_takes(
    room: Newsroom, sender: KeptSender, clock: Clock
) -> None:
    await known(room, clock)
    await owe(room, clock)
    for _ in range(4):
        sender.next_error = InDoubt("connection lost")
        while (await room.deliveries.flush()).postponed == 0:
            clock.advance(seconds=60)
        # the next flush looks, and tries again
        clock.advance(seconds=300)
        sender.looked_for.clear()
    assert await room.deliveries.flush() == Flushed(sent=1)
    assert sender.texts == ["before", "Harbour bridge closed"]


@pytest.mark.parametrize(("place", "arrives"), [(PLACE, False), (CHANNEL, True)])
async def test_t94_without_proof_it_is_repeated_once_and_then_left_in_doubt(
    room: Newsroom, sender: KeptSender, clock: Clock, database: Database, place: Place, arrives: bool
) -> None:
    if arrives:
        await known(room, clock, place)
    await owe(room, clock, place)
    for expected in (Flushed(postponed=1), Flushed(postponed=1), Flushed(refused=1)):
        sender.next_error, sender.lost = InDoubt("reply lost"), arrives
        assert await room.deliveries.flush() == expected
        clock.advance(seconds=300)
    sender.next_error = None
    assert await room.deliveries.flush() == Flushed()
    assert (await counts(database))["in_doubt"] == 1
    assert sender.texts.count("Harbour bridge closed") == (2 if arrives else 0)
    assert sender.looked_for == []


async def test_t94_when_too_many_ids_were_given_since_nothing_is_proven(
    room: Newsroom, sender: KeptSender, clock: Clock, database: Database
) -> None:
    await known(room, clock)
    await owe(room, clock)
    sender.next_error = InDoubt("reply lost")
    await room.deliveries.flush()
    async with database.write() as tx:
        await counters.learn(tx, OTHER.ref.telegram_id, 2 + MOST_IDS)
    clock.advance(seconds=300)
    sender.next_error = None
    assert await room.deliveries.flush() == Flushed(sent=1)
    async with database.read() as tx:
        found = await row(tx, "SELECT max(doubts) AS doubts FROM deliveries")
    assert found is not None
    assert found["doubts"] == 1


async def test_t94_an_answer_to_a_command_is_not_taken_for_the_message(
    room: Newsroom, sender: KeptSender, clock: Clock, database: Database
) -> None:
    await known(room, clock)
    await owe(room, clock)
    sender.next_error = InDoubt("reply lost")
    await room.deliveries.flush()
    await sender.send(PLACE.ref, Message("an answer"))  # id 2
    insert = "INSERT INTO updates (update_id, telegram_id, payload, received_at_ms) VALUES (9, 501, '{}', 0)"
    async with database.write() as tx:
        await run(tx, insert)
    clock.advance(seconds=300)
    assert await room.deliveries.flush() == Flushed(postponed=1)  # it is being answered, so nobody can tell
    async with database.write() as tx:
        await run(tx, "UPDATE updates SET done_at_ms = :now, answers = '2', payload = ''", now=clock())
        assert await updates.answers_of(tx, 501, clock() - timedelta(days=1)) == {2}
    clock.advance(seconds=300)
    assert await room.deliveries.flush() == Flushed(sent=1)
    assert sender.texts == ["before", "an answer", "Harbour bridge closed"]


async def test_t94_while_telegram_gives_no_answer_nothing_is_repeated(
    room: Newsroom, sender: KeptSender, clock: Clock, database: Database
) -> None:
    await known(room, clock)
    await owe(room, clock)
    for error in (InDoubt("reply lost"), InDoubt("no answer in time"), RetryLater("cannot be reached", 5)):
        sender.next_error, sender.lost = error, error.args[0] == "reply lost"
        assert await room.deliveries.flush() == Flushed(postponed=1)
        clock.advance(seconds=300)
    assert await room.deliveries.flush() == Flushed(sent=1)
    assert sender.texts == ["before", "Harbour bridge closed"]
    assert await counts(database) == {"sent": 2}


async def test_what_was_being_sent_when_the_process_died_is_looked_for(
    room: Newsroom, sender: KeptSender, clock: Clock, database: Database
) -> None:
    await known(room, clock)
    await owe(room, clock, PLACE, "arrived", "next")
    async with database.write() as tx:
        (claimed,) = await outbox.claim(tx, clock(), clock() + timedelta(minutes=10), 8)
    await sender.send(PLACE.ref, claimed.message)
    await room.deliveries.recover()
    assert await counts(database) == {"sent": 1, "waiting": 2}
    assert await room.deliveries.flush() == Flushed(sent=2)
    assert sender.texts == ["before", "arrived", "next"]


async def test_a_claim_whose_owner_is_gone_is_settled_when_it_runs_out(
    room: Newsroom, sender: KeptSender, clock: Clock, database: Database
) -> None:
    await known(room, clock)
    await owe(room, clock)
    async with database.write() as tx:
        await outbox.claim(tx, clock(), clock() + timedelta(minutes=10), 8)
    await room.deliveries.tidy()
    assert await room.deliveries.flush() == Flushed()
    clock.advance(seconds=600)
    await room.deliveries.tidy()
    assert await room.deliveries.flush() == Flushed(sent=1)


class FullDatabase:
    """A database that cannot write while it is `full`."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.read = database.read
        self.full_after: int | None = None

    @asynccontextmanager
    async def write(self, *, durable: bool = False) -> AsyncIterator[Tx]:
        if self.full_after is not None:
            self.full_after -= 1
            if self.full_after < 0:
                raise StorageError("The disk is full.")
        async with self._database.write(durable=durable) as tx:
            yield tx


async def test_t77_an_outcome_that_the_database_does_not_take_is_kept_and_nothing_more_is_sent(
    database: Database, fetcher: Fetcher, sender: KeptSender, clock: Clock
) -> None:
    room = Newsroom(database, fetcher, sender, clock)
    await owe(room, clock, PLACE, "one", "two")
    full = FullDatabase(database)
    deliveries = Deliveries(full, sender, Routes(frozenset(), plain_paused), clock)  # type: ignore[arg-type]
    full.full_after = 1  # the claim is written, the outcome is not
    with pytest.raises(StorageError):
        await deliveries.flush()
    with pytest.raises(StorageError):
        await deliveries.flush()
    assert sender.texts == ["one"]
    full.full_after = None
    assert await deliveries.flush() == Flushed(sent=2)
    assert sender.texts == ["one", "two"]


# ---- chats change --------------------------------------------------------------------------------


async def test_t95_a_blocked_chat_sleeps_and_start_offers_what_it_missed(
    room: Newsroom, site: Site, sender: KeptSender, clock: Clock
) -> None:
    await begin(room, site, "Harbour bridge closed")
    await room.subscriptions.subscribe(PLACE, EVERYTHING_NOW)
    sender.next_error = ChatGone("bot was blocked by the user")
    await room.tell()
    for slug, title in (("b", "Bakery wins prize"), ("c", "Library opens at night")):
        site.tell(slug, title)
    clock.advance(seconds=900)
    await room.gather()
    await room.tell()
    assert sender.texts == []
    assert len(await room.subscriptions.listed(PLACE)) == 1

    await room.subscriptions.arrive(PLACE)  # unblocked
    since = await room.subscriptions.welcome(PLACE)  # /start
    assert since == clock() - timedelta(seconds=900)
    assert await room.subscriptions.welcome(PLACE) is None
    await room.tell()
    assert sender.texts == []  # offered, not pushed
    assert await room.catch_ups.missed(PLACE, since) == 3
    assert await room.catch_ups.make_up(PLACE, since)
    await room.tell()
    clock.advance(seconds=1)
    assert not await room.catch_ups.make_up(PLACE, since)
    (told,) = sender.texts
    assert told.split("\n")[0] == "while you were away"
    assert sorted(told.split("\n")[1:]) == ["Bakery wins prize", "Harbour bridge closed", "Library opens at night"]


async def test_t97_a_migrated_group_keeps_everything(
    room: Newsroom, site: Site, sender: KeptSender, clock: Clock
) -> None:
    await begin(room, site, "Harbour bridge closed")
    await room.subscriptions.subscribe(PLACE, EVERYTHING_NOW)
    sender.next_error = ChatMoved(-100501)
    await room.tell()
    assert [ref for ref, _ in sender.kept] == [ChatRef(-100501)]
    assert len(await room.subscriptions.listed(Place(ChatRef(-100501), ChatKind.GROUP, "Ada"))) == 1


async def test_t98_a_closed_topic_pauses_alone_and_those_who_can_mend_it_are_told_once(
    room: Newsroom, sender: KeptSender, clock: Clock, database: Database
) -> None:
    admin, general = Place(ChatRef(1), ChatKind.PRIVATE, "Ada"), Place(ChatRef(-1001234567890), THREAD.kind, "")
    await owe(room, clock, admin, "hello")
    await room.deliveries.flush()
    other_thread = Place(ChatRef(-1001234567890, 12), ChatKind.GROUP, "Harbour neighbours")
    await owe(room, clock, THREAD, "one", "two")
    await owe(room, clock, other_thread, "elsewhere")
    sender.next_error = ThreadGone("TOPIC_CLOSED")
    await room.deliveries.flush()
    told = [(ref, message.html) for ref, message in sender.kept[1:]]
    assert len(told) == 3
    notices = {(place.ref, "thread 11 pauses") for place in (general, admin)}
    assert set(told) == notices | {(other_thread.ref, "elsewhere")}
    assert await counts(database) == {"sent": 4, "refused": 2}
    await owe(room, clock, THREAD, "three")
    assert await room.deliveries.flush() == Flushed()
    await room.subscriptions.reopened(THREAD)
    assert await room.deliveries.flush() == Flushed(sent=1)


@pytest.mark.parametrize(
    ("threat", "why"),
    [
        ("t95", "user is deactivated"),
        ("t96", "chat not found"),
        ("t99", "bot was kicked from the supergroup chat"),
        ("t100", "not enough rights to send text messages to the chat"),
    ],
)
async def test_t96_t99_t100_a_chat_that_is_gone_sleeps_with_its_subscriptions(
    room: Newsroom, sender: KeptSender, clock: Clock, database: Database, threat: str, why: str
) -> None:
    await room.subscriptions.subscribe(PLACE, EVERYTHING_NOW)
    await owe(room, clock, PLACE, "one", "two")
    sender.next_error = ChatGone(why)
    assert await room.deliveries.flush() == Flushed(refused=1)
    assert await counts(database) == {"refused": 2}
    async with database.read() as tx:
        found = await row(tx, "SELECT dormant_why FROM chats WHERE telegram_id = 501")
    assert found is not None
    assert found["dormant_why"] == why, threat
    assert len(await room.subscriptions.listed(PLACE)) == 1


async def test_moving_a_chat_without_deliveries(room: Newsroom, database: Database) -> None:
    await room.subscriptions.subscribe(PLACE, EVERYTHING_NOW)
    await room.subscriptions.move(501, -100777)
    async with database.read() as tx:
        assert await chats.find(tx, PLACE.ref) is None
