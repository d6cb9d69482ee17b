"""Updates are neither lost nor counted twice: kept before they are confirmed, handled again after a crash."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pytest
from telegram import Update

from bot.domain.errors import StorageError
from bot.domain.models import ChatKind, ChatRef, Incoming, Place
from bot.sandbox import fates
from bot.sandbox.server import Sandbox
from bot.sandbox.world import GROUP_ID
from bot.services.inbox import UNKNOWN_ID, Inbox
from bot.storage import chats, counters, updates
from bot.storage.database import Database
from bot.storage.sql import rows, run
from bot.tg import app, intake, polling
from bot.tg.app import TelegramBot
from bot.tg.locales import en as texts
from tests.conftest import Clock
from tests.tg.conftest import ADA, OMAR, Json, StartBot, Talk, buttons


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(polling, "FIRST_PAUSE_S", 0.01)
    monkeypatch.setattr(polling, "MOST_PAUSE_S", 0.02)


def events(logs: list[Json]) -> list[str]:
    return [line["event"] for line in logs]


async def inbox(database: Database) -> list[Json]:
    async with database.read() as tx:
        return [dict(each) for each in await rows(tx, "SELECT * FROM updates ORDER BY update_id")]


async def killed(bot: TelegramBot, monkeypatch: pytest.MonkeyPatch) -> None:
    """The bot ends as if by SIGKILL: what is at work is cut off and nothing is confirmed."""
    with monkeypatch.context() as now:
        now.setattr(app, "STOP_S", 0.0)
        now.setattr(bot._poller, "confirm", _nothing)
        await bot.stop()


async def _nothing() -> None:
    pass


def heads(talk: Talk, chat_id: int = OMAR) -> list[str]:
    return [message["text"].split("\n")[0] for message in talk.heard(chat_id)]


# ---- crashes and repeats ---------------------------------------------------------------------------


@dataclass
class CutOff:
    """What was said before, and the updates that were at work when the bot was killed."""

    talk: Talk
    taken: list[Json]


@pytest.fixture
async def cut_off(talk: Talk, monkeypatch: pytest.MonkeyPatch) -> CutOff:
    """A bot that took a command and a press, and was killed before it began with either."""
    message = await talk.say(OMAR, "/subscribe harbour instant")
    never = asyncio.Event()

    async def hang(_: Update) -> None:
        await never.wait()

    monkeypatch.setattr(talk.bot._intake, "_handle", hang)
    waiting = talk.sandbox.world.updates.waiting
    talk.sandbox.message(OMAR, OMAR, "/subscribe ferry instant")
    talk.sandbox.press(OMAR, OMAR, message["message_id"], buttons(message)["Undo"])
    taken = list(waiting)
    assert len(taken) == 2
    await talk.sandbox.wait_for(lambda: talk.calls("getUpdates") and not waiting, 10)
    await killed(talk.bot, monkeypatch)
    return CutOff(talk, taken)


async def test_what_was_taken_but_not_handled_is_handled_at_the_next_start(
    cut_off: CutOff, start_bot: StartBot
) -> None:
    talk = cut_off.talk
    assert await talk.listed(OMAR) == ["harbour instant"]
    talk.bot = await start_bot()
    await talk.rest()
    assert await talk.listed(OMAR) == ["ferry instant"]
    assert len(talk.heard(OMAR)) == 2
    assert [row["payload"] for row in await inbox(talk.database)] == ["", "", ""]


async def test_t63_open_at_the_start_and_sent_again_by_telegram_is_one_effect(
    cut_off: CutOff, start_bot: StartBot
) -> None:
    talk = cut_off.talk
    talk.sandbox.world.updates.waiting.extend(cut_off.taken)
    async with talk.database.write() as tx:
        await run(tx, "DELETE FROM state")  # not even the offset is known
    talk.bot = await start_bot()
    await talk.settle()
    assert await talk.listed(OMAR) == ["ferry instant"]
    assert len(talk.heard(OMAR)) == 2
    assert len(talk.calls("answerCallbackQuery")) == 1


async def test_t63_an_update_sent_again_after_a_restart_has_one_effect(talk: Talk, start_bot: StartBot) -> None:
    talk.sandbox.message(OMAR, OMAR, "/subscribe instant")
    update = talk.sandbox.world.updates.waiting[0]
    await talk.settle()
    await talk.bot.stop()
    talk.sandbox.world.updates.waiting.append(update)
    async with talk.database.write() as tx:
        await run(tx, "DELETE FROM state")
    talk.bot = await start_bot()
    await talk.say(OMAR, "/help")
    assert heads(talk) == ["You get everything, as it happens.", "What I can do here"]


async def test_killed_while_it_answers_the_effect_is_one_and_the_answer_comes(
    talk: Talk, start_bot: StartBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    talk.sandbox.hold("sendMessage")
    talk.sandbox.message(OMAR, OMAR, "/subscribe instant")
    await talk.sandbox.wait_for(lambda: talk.heard(OMAR), 10)
    await killed(talk.bot, monkeypatch)
    talk.sandbox.release()
    talk.bot = await start_bot()
    await talk.rest()
    assert await talk.listed(OMAR) == ["everything instant"]
    assert heads(talk) == ["You get everything, as it happens."] * 2
    async with talk.database.read() as tx:
        answered = await updates.answers_of(tx, OMAR, talk.clock())
    assert answered == {UNKNOWN_ID, talk.heard(OMAR)[1]["message_id"]}


async def test_an_update_that_ends_the_program_three_times_is_given_up(
    talk: Talk, start_bot: StartBot, monkeypatch: pytest.MonkeyPatch, logs: list[Json]
) -> None:
    monkeypatch.setattr(intake, "ALONE_S", 0.05)
    talk.sandbox.hold("sendMessage")
    talk.sandbox.message(OMAR, OMAR, "/help")
    for attempt in range(1, updates.MOST_ATTEMPTS + 1):
        await talk.sandbox.wait_for(lambda n=attempt: len(talk.heard(OMAR)) == n, 10)  # type: ignore[misc]
        await killed(talk.bot, monkeypatch)
        talk.bot = await start_bot()
    assert "update given up" in events(logs)
    talk.sandbox.release()
    await talk.rest()
    assert len(talk.heard(OMAR)) == updates.MOST_ATTEMPTS
    assert {row["payload"] for row in await inbox(talk.database)} == {""}


async def test_the_stored_offset_is_where_the_next_start_goes_on(
    talk: Talk, start_bot: StartBot, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    await talk.say(OMAR, "/help")
    await killed(talk.bot, monkeypatch)
    for passed_s, known in ((0, True), (6 * 86_400 + 1, False)):
        offset = (await inbox(talk.database))[-1]["update_id"] + 1
        clock.advance(seconds=passed_s)
        talk.bot = await start_bot()
        await talk.say(OMAR, "/help")
        fruitful = [call for call in talk.calls("getUpdates") if call["answer"] and call["answer"].get("result")]
        assert fruitful[-1]["params"].get("offset") == (offset if known else 0)
        await killed(talk.bot, monkeypatch)


# ---- webhook ---------------------------------------------------------------------------------------


async def test_an_update_by_webhook_is_kept_before_it_is_confirmed_even_while_starting(
    sandbox: Sandbox, start_bot: StartBot, sqlite_database: Database, clock: Clock
) -> None:
    hook = ("https://news.example/hook", "hook-secret")
    bot = await start_bot(begin=False, webhook=hook)
    talk = Talk(sandbox, bot, sqlite_database, clock)
    sandbox.message(OMAR, OMAR, "/subscribe instant")
    update = sandbox.world.updates.waiting.popleft()
    await bot.feed(update)
    assert [row["update_id"] for row in await inbox(sqlite_database)] == [update["update_id"]]
    assert talk.heard(OMAR) == []
    await bot.start()
    await bot.feed(update)
    await talk.rest()
    assert heads(talk) == ["You get everything, as it happens."]


async def test_an_update_by_webhook_that_cannot_be_kept_is_not_confirmed(start_bot: StartBot, clock: Clock) -> None:
    bot = await start_bot(begin=False, inbox=_Full())
    chat = {"id": OMAR, "type": "private", "first_name": "Omar"}
    with pytest.raises(StorageError):
        await bot.feed({"update_id": 1, "message": {"message_id": 1, "date": 1, "chat": chat, "text": "/help"}})


@pytest.mark.parametrize("update_id", [-1, 2**63, 10**30])
async def test_t64_an_update_with_an_impossible_id_is_refused(start_bot: StartBot, update_id: int) -> None:
    bot = await start_bot(begin=False)
    with pytest.raises(ValueError, match="not an update"):
        await bot.feed({"update_id": update_id})


# ---- what is kept, and what of it ------------------------------------------------------------------


async def test_answers_and_counters_are_learnt(talk: Talk) -> None:
    answer = await talk.say(OMAR, "/help")
    in_group = await talk.say(OMAR, "/sources", chat=GROUP_ID)
    async with talk.database.read() as tx:
        assert await updates.answers_of(tx, OMAR, talk.clock()) == {answer["message_id"]}
        assert await updates.answers_of(tx, GROUP_ID, talk.clock()) == {in_group["message_id"]}
        assert await counters.last(tx, OMAR) == answer["message_id"]
        assert await counters.last(tx, GROUP_ID) == in_group["message_id"]


async def test_a_message_that_was_not_answered_is_learnt_too(talk: Talk) -> None:
    talk.sandbox.drop_next("sendMessage", accept=False)
    asked = talk.sandbox.message(OMAR, OMAR, "/help")
    await talk.settle()
    async with talk.database.read() as tx:
        assert await updates.answers_of(tx, OMAR, talk.clock()) == {UNKNOWN_ID}
        assert await counters.last(tx, OMAR) == asked.id


async def test_what_somebody_wrote_is_not_kept(talk: Talk) -> None:
    await talk.say(OMAR, "/topic my private words")
    (row,) = await inbox(talk.database)
    assert "private words" not in str(row)
    assert row["done_at_ms"] is not None


async def test_the_talk_of_a_group_is_not_kept(talk: Talk) -> None:
    for _ in range(3):
        talk.sandbox.message(OMAR, GROUP_ID, "what a day")
    await talk.settle()
    assert await inbox(talk.database) == []


async def test_an_error_that_was_told_ends_the_matter(talk: Talk, monkeypatch: pytest.MonkeyPatch) -> None:
    async def fail(*_: object) -> None:
        raise StorageError("disk")

    monkeypatch.setattr(talk.bot._subscriptions, "welcome", fail)
    assert (await talk.say(OMAR, "/start"))["text"] == texts.WENT_WRONG
    (row,) = await inbox(talk.database)
    assert row["done_at_ms"] is not None


async def test_t70_what_a_flood_drops_is_not_handled_later(
    sandbox: Sandbox, start_bot: StartBot, sqlite_database: Database, clock: Clock
) -> None:
    bot = await start_bot(flood=True)
    talk = Talk(sandbox, bot, sqlite_database, clock)
    over = asyncio.Event()
    bot._intake.crowd._clock = lambda: 0.0

    async def sleep(_: float) -> None:
        await over.wait()

    bot._intake.crowd._sleep = sleep
    for _ in range(40):
        sandbox.message(OMAR, OMAR, "/help")
    await sandbox.wait_for(lambda: len(talk.heard(OMAR)) == 5 and not sandbox.world.updates.waiting, 10)
    over.set()
    await talk.settle()
    assert len(talk.heard(OMAR)) == 25
    assert all(row["done_at_ms"] is not None for row in await inbox(sqlite_database))


# ---- a database in trouble -------------------------------------------------------------------------


class _Full(Inbox):
    """An inbox on a full disk."""

    def __init__(self) -> None:
        pass

    async def take(self, arrived: Sequence[Incoming], next_offset: int | None = None) -> frozenset[int]:
        raise StorageError("disk full") from OSError(28, "No space left on device")


async def test_t77_updates_that_cannot_be_kept_stay_with_telegram(
    talk: Talk, monkeypatch: pytest.MonkeyPatch, logs: list[Json]
) -> None:
    with monkeypatch.context() as broken:
        broken.setattr(talk.bot._intake, "_inbox", _Full())
        talk.sandbox.message(OMAR, OMAR, "/help")
        fetched = len(talk.calls("getUpdates"))
        await talk.sandbox.wait_for(lambda: len(talk.calls("getUpdates")) > fetched + 2, 10)
        assert len(talk.sandbox.world.updates.waiting) == 1
        assert events(logs).count("updates cannot be kept") == 1
    await talk.sandbox.wait_for(lambda: talk.heard(OMAR), 10)
    await talk.settle()
    assert heads(talk) == ["What I can do here"]
    assert events(logs)[-1] == "updates are kept again"


async def test_an_update_whose_end_cannot_be_noted_is_handled_again(
    talk: Talk, start_bot: StartBot, monkeypatch: pytest.MonkeyPatch, logs: list[Json]
) -> None:
    async def fail(*_: object, **__: object) -> None:
        raise StorageError("disk")

    with monkeypatch.context() as broken:
        broken.setattr(talk.bot._intake._inbox, "done", fail)
        await talk.say(OMAR, "/subscribe instant")
    assert "update not marked as done" in events(logs)
    await talk.bot.stop()
    talk.bot = await start_bot()
    await talk.rest()
    assert await talk.listed(OMAR) == ["everything instant"]
    assert len(talk.heard(OMAR)) == 2


# ---- topics ----------------------------------------------------------------------------------------


async def test_t98_a_reopened_topic_wakes_its_route_without_a_word(talk: Talk) -> None:
    ref = ChatRef(GROUP_ID, 12)
    async with talk.database.write() as tx:
        await chats.ensure(tx, Place(ref, ChatKind.GROUP, "Harbour"), talk.clock())
        await chats.sleep(tx, GROUP_ID, "closed", talk.clock())
    for closed in (True, False):
        fates.set_closed(talk.sandbox.world, GROUP_ID, 12, closed=closed)
        await talk.settle()
        async with talk.database.read() as tx:
            chat = await chats.find(tx, ref)
        assert chat
        assert chat.dormant == closed
    assert talk.calls("sendMessage") == []


async def test_t98_an_answer_into_a_closed_topic_is_logged_only(talk: Talk, logs: list[Json]) -> None:
    place: dict[str, Any] = {"chat": GROUP_ID, "thread": 12}
    await talk.say(ADA, "/subscribe instant", **place)
    fates.set_closed(talk.sandbox.world, GROUP_ID, 12, closed=True)
    talk.sandbox.message(ADA, GROUP_ID, "/help", 12)
    await talk.settle()
    assert events(logs)[-1] == "answer not delivered"
    async with talk.database.read() as tx:
        chat = await chats.find(tx, ChatRef(GROUP_ID, 12))
    assert chat
    assert not chat.dormant
