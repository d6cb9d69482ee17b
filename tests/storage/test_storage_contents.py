"""Contents: each text once, as it was given, and gone when nothing says it."""

from datetime import timedelta

from bot.domain.models import Button, ChatKind, ChatRef, Message, Owed
from bot.storage import contents, outbox
from bot.storage.database import Database
from bot.storage.sql import rows
from tests.conftest import Clock
from tests.storage.making import add_chat

LEASE = timedelta(minutes=2)
FULL = Message(
    "<b>سوريا</b> & “quotes” \\ 🚢",
    ((Button("‹ Back", data="b:1"), Button("Öffnen", url="https://wire.example/")), (Button("x", data="y"),)),
    "https://wire.example/p",
)


async def test_a_message_comes_back_as_it_was_given(database: Database, clock: Clock) -> None:
    async with database.write() as tx:
        chat = await add_chat(tx, clock(), -100_5, 3)
        await outbox.add(tx, [Owed(chat.id, "s", clock(), (FULL,))], clock())
        (delivery,) = await outbox.claim(tx, clock(), clock() + LEASE, 9)
        assert delivery.message == FULL
        assert (delivery.ref, delivery.chat_id, delivery.kind) == (ChatRef(-100_5, 3), chat.id, ChatKind.GROUP)
        assert (delivery.attempts, delivery.doubtful, delivery.doubts, delivery.after_id) == (1, False, 0, None)


async def test_a_text_is_kept_once_however_many_chats_get_it(database: Database, clock: Clock) -> None:
    async with database.write() as tx:
        chats = [await add_chat(tx, clock(), number) for number in (1, 2, 3)]
        same, other = Message("same"), Message("other")
        await outbox.add(tx, [Owed(chat.id, "a", clock(), (same, same)) for chat in chats], clock())
        await outbox.add(tx, [Owed(chats[0].id, "b", clock(), (same, other))], clock())
        assert [each["message"] for each in await rows(tx, "SELECT message FROM contents ORDER BY id")] == [
            contents.pack(same),
            contents.pack(other),
        ]
        ids = await contents.keep(tx, [other, same, other])
        assert ids == await contents.keep(tx, [same, other])
        assert await contents.keep(tx, []) == {}


async def test_what_was_settled_long_ago_is_let_go_a_few_at_a_time(database: Database, clock: Clock) -> None:
    async with database.write() as tx:
        chat = await add_chat(tx, clock())
        texts = tuple(Message(html) for html in ("a", "b", "c", "late", "open"))
        await outbox.add(tx, [Owed(chat.id, "a", clock(), texts)], clock())
        start = clock()
        for number in range(4):
            clock.advance(seconds=60)
            (claimed,) = await outbox.claim(tx, clock(), clock() + LEASE, 1)
            await outbox.sent(tx, claimed.id, message_id=number, at=clock())
        before = start + timedelta(minutes=3)
        assert [await contents.let_go(tx, before, 2) for _ in range(3)] == [2, 1, 0]
        assert [await contents.forget_unused(tx, 2) for _ in range(3)] == [2, 1, 0]
        left = await rows(tx, "SELECT message FROM contents ORDER BY id")
        assert [contents.unpack(each["message"]) for each in left] == [Message("late"), Message("open")]


async def test_a_text_is_kept_while_another_delivery_says_it(database: Database, clock: Clock) -> None:
    async with database.write() as tx:
        chats = [await add_chat(tx, clock(), number) for number in (1, 2)]
        await outbox.add(tx, [Owed(chat.id, "a", clock(), (Message("same"),)) for chat in chats], clock())
        (claimed,) = await outbox.claim(tx, clock(), clock() + LEASE, 1)
        await outbox.sent(tx, claimed.id, message_id=1, at=clock())
        assert (await contents.let_go(tx, clock(), 9), await contents.forget_unused(tx, 9)) == (1, 0)
        (other,) = await outbox.claim(tx, clock(), clock() + LEASE, 9)
        assert other.message == Message("same")
