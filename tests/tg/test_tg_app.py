"""The bot as a whole: starting, stopping, troubles of Telegram, logs without secrets, chats that come and go."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from itertools import count
from typing import Any

import pytest

from bot.domain.errors import StorageError, UserError
from bot.domain.models import ChatRef, Incoming
from bot.sandbox.server import Sandbox
from bot.sandbox.shapes import bot_standing_json, chat_json, user_json
from bot.sandbox.world import GROUP_ID
from bot.services.inbox import Inbox
from bot.services.reading import Found, Reading
from bot.storage import chats
from bot.storage.database import Database
from bot.tg import polling, reaching
from bot.tg.hush import Hush
from bot.tg.locales import en as texts
from tests.conftest import Clock
from tests.tg.conftest import ADA, OMAR, Json, StartBot, Talk

CANARY = "42:CANARY_c4n4ry_CANARY_c4n4ry_CANARY_00"
_ids = count(500_000)


def events(logs: list[Json]) -> list[str]:
    return [line["event"] for line in logs]


async def until(seen: Callable[[], Any]) -> None:
    """Wait for something that nothing announces."""
    async with asyncio.timeout(10):
        while not seen():  # noqa: ASYNC110
            await asyncio.sleep(0.005)


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    for room in (reaching, polling):
        monkeypatch.setattr(room, "FIRST_PAUSE_S", 0.01)
        monkeypatch.setattr(room, "MOST_PAUSE_S", 0.02)


def user_message(user_id: int, text: str) -> Json:
    """A private message, as an update brings it."""
    entities = [{"type": "bot_command", "offset": 0, "length": len(text.split()[0])}] if text.startswith("/") else []
    sender = {"id": user_id, "is_bot": False, "first_name": "x"}
    chat = {"id": user_id, "type": "private", "first_name": "x"}
    known = {"message_id": next(_ids), "date": 1_795_334_400, "chat": chat, "from": sender}
    return known | {"text": text, "entities": entities}


# ---- starting ------------------------------------------------------------------------------------


async def test_it_waits_for_a_telegram_that_cannot_be_reached(
    start_bot: StartBot, clock: Clock, unused_tcp_port: int, logs: list[Json]
) -> None:
    bot = await start_bot(begin=False, api_url=f"http://127.0.0.1:{unused_tcp_port}")
    starting = asyncio.create_task(bot.start())
    await until(lambda: "telegram cannot be reached" in events(logs))
    assert not bot.healthy
    late = Sandbox(now=clock)
    await late.start(port=unused_tcp_port)
    async with asyncio.timeout(10):
        await starting
    assert bot.healthy
    await bot.stop()
    await late.stop()


async def test_a_token_that_telegram_does_not_know_is_said_without_showing_it(start_bot: StartBot) -> None:
    bot = await start_bot(begin=False, token=CANARY)
    with pytest.raises(UserError) as caught:
        await bot.start()
    assert "NUTGRAF_TELEGRAM_TOKEN" in caught.value.message
    assert "@BotFather" in caught.value.message
    assert "CANARY" not in f"{caught.value!r} {caught.value.__cause__!r}"
    assert caught.value.__suppress_context__


async def test_menus_are_set_for_each_kind_of_reader(talk: Talk) -> None:
    menus = [(call["params"]["scope"], call["params"]["commands"]) for call in talk.calls("setMyCommands")]
    names = {scope["type"]: [command["command"] for command in commands] for scope, commands in menus}
    assert list(names) == ["default", "all_group_chats", "chat"]
    assert "addsource" not in names["default"] + names["all_group_chats"]
    assert {"addsource", "removesource", "latest"} <= set(names["chat"])
    assert menus[2][0]["chat_id"] == ADA


async def test_an_admin_who_had_never_written_gets_the_menu_at_the_first_start(talk: Talk) -> None:
    before = len(talk.calls("setMyCommands"))
    await talk.say(OMAR, "/start")
    assert len(talk.calls("setMyCommands")) == before
    await talk.say(ADA, "/start")
    assert talk.calls("setMyCommands")[-1]["params"]["scope"] == {"type": "chat", "chat_id": ADA}


async def test_a_server_that_knows_only_five_methods_is_enough(
    sandbox: Sandbox, start_bot: StartBot, sqlite_database: Database, clock: Clock
) -> None:
    for method in ("deleteWebhook", "setWebhook", "setMyCommands", "sendChatAction", "getChatMember"):
        sandbox.fail_next(method, 404, "Not Found: method not found", times=99)
    talk = Talk(sandbox, await start_bot(), sqlite_database, clock)
    talk.bot._router._patience_s = 0.0
    message = await talk.say(ADA, "/subscribe instant")
    assert message["text"] == "You get everything, as it happens."
    await talk.press(ADA, message, "Undo")
    assert talk.now_standing(message)["text"].startswith("Ended.")
    assert talk.bot.healthy


# ---- polling ---------------------------------------------------------------------------------------


async def test_t87_another_program_with_this_token_is_named_once(talk: Talk, logs: list[Json]) -> None:
    said = "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running"
    talk.sandbox.fail_next("getUpdates", 409, said, times=3)
    await talk.say(OMAR, "/help")
    await until(lambda: "telegram answers again" in events(logs))
    assert events(logs).count("another program polls with this token") == 1
    assert talk.bot.healthy


async def test_t87_it_is_unhealthy_while_another_program_polls(talk: Talk) -> None:
    talk.sandbox.fail_next("getUpdates", 409, "Conflict: terminated by other getUpdates request", times=10_000)
    talk.sandbox.message(OMAR, OMAR, "/help")
    await until(lambda: not talk.bot.healthy)


async def test_t92_network_troubles_while_polling_are_waited_out(talk: Talk, logs: list[Json]) -> None:
    talk.sandbox.fail_next("getUpdates", 502, "Bad Gateway", times=2)
    talk.sandbox.drop_next("getUpdates", accept=False)
    await talk.say(OMAR, "/help")
    await talk.say(OMAR, "/help")
    await until(lambda: "telegram answers again" in events(logs))
    assert "no updates from telegram" in events(logs)
    assert talk.bot.healthy


async def test_t102_a_token_refused_while_polling_ends_it_unhealthy(talk: Talk, logs: list[Json]) -> None:
    talk.sandbox.fail_next("getUpdates", 401, "Unauthorized")
    talk.sandbox.message(OMAR, OMAR, "/help")
    await until(lambda: not talk.bot.healthy)
    assert talk.bot._polling is not None
    await until(talk.bot._polling.done)
    assert "telegram refuses the token" in events(logs)


async def test_t102_a_token_refused_while_sending_is_unhealthy(talk: Talk) -> None:
    talk.sandbox.fail_next("sendMessage", 401, "Unauthorized")
    talk.sandbox.message(OMAR, OMAR, "/help")
    await until(lambda: not talk.bot.healthy)


async def test_silence_from_telegram_is_unhealthy(talk: Talk) -> None:
    talk.bot._poller._clock = lambda: talk.bot._poller._fetched_at + 1000
    assert not talk.bot.healthy


# ---- stopping ------------------------------------------------------------------------------------


async def test_stopping_ends_the_polling_at_once_and_finishes_what_is_at_work(talk: Talk) -> None:
    talk.sandbox.hold("sendMessage")
    talk.sandbox.message(OMAR, OMAR, "/help")
    await until(lambda: talk.calls("sendMessage"))
    async with asyncio.timeout(8):
        stopping = asyncio.create_task(talk.bot.stop())
        await asyncio.sleep(0.05)
        assert not stopping.done()
        talk.sandbox.release()
        await stopping
    assert len(talk.heard(OMAR)) == 1
    assert not talk.bot.healthy


async def test_what_was_handled_is_not_fetched_again_after_a_restart(talk: Talk, start_bot: StartBot) -> None:
    await talk.say(OMAR, "/subscribe instant")
    await talk.bot.stop()
    assert not talk.sandbox.world.updates.waiting
    talk.sandbox.message(OMAR, OMAR, "/help")
    talk.bot = await start_bot()
    await talk.settle()
    assert [message["text"].split("\n")[0] for message in talk.heard(OMAR)] == [
        "You get everything, as it happens.",
        "What I can do here",
    ]


async def test_stopping_confirms_what_was_kept_and_nothing_else(
    sandbox: Sandbox, start_bot: StartBot, sqlite_database: Database, clock: Clock
) -> None:
    class Half(Inbox):
        """Keeps what came first and fails from then on."""

        kept = 0

        async def take(self, arrived: Sequence[Incoming], next_offset: int | None = None) -> frozenset[int]:
            if self.kept:
                raise StorageError("the disk is full")
            self.kept = arrived[-1].update_id
            return await super().take(arrived, next_offset)

    inbox = Half(sqlite_database, clock)
    bot = await start_bot(inbox=inbox)
    sandbox.message(OMAR, OMAR, "/help")
    await until(lambda: inbox.kept)
    sandbox.message(OMAR, OMAR, "/help")
    await until(lambda: bot._poller._trouble)
    await bot.stop()
    assert [update["update_id"] for update in sandbox.world.updates.waiting] == [inbox.kept + 1]


async def test_stopping_before_starting_is_no_error(start_bot: StartBot) -> None:
    await (await start_bot(begin=False)).stop()


# ---- webhook ---------------------------------------------------------------------------------------


@pytest.fixture
async def hooked(sandbox: Sandbox, start_bot: StartBot, sqlite_database: Database, clock: Clock) -> Talk:
    bot = await start_bot(webhook=("https://news.example/hook", "hook-secret"))
    return Talk(sandbox, bot, sqlite_database, clock)


async def test_t63_an_update_that_is_replayed_has_one_effect(hooked: Talk) -> None:
    update = {"update_id": 7, "message": user_message(OMAR, "/subscribe instant")}
    for _ in range(3):
        await hooked.bot.feed(update)
    await hooked.rest()
    assert len(hooked.heard(OMAR)) == 1
    assert hooked.bot.healthy
    assert hooked.calls("getUpdates") == []


async def test_the_webhook_is_set_with_its_secret_and_the_kinds_we_want(hooked: Talk) -> None:
    (call,) = hooked.calls("setWebhook")
    assert call["params"]["secret_token"] == "hook-secret"
    assert set(call["params"]["allowed_updates"]) == set(polling.ALLOWED_UPDATES)


@pytest.mark.parametrize(
    "update",
    [{}, {"update_id": "x"}, {"update_id": 1, "message": 7}, {"update_id": 2, "message": {}}, {"message": {"chat": 1}}],
)
async def test_t64_what_is_no_update_is_refused(hooked: Talk, update: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="not an update"):
        await hooked.bot.feed(update)


async def test_a_webhook_that_telegram_refuses_is_said(sandbox: Sandbox, start_bot: StartBot) -> None:
    sandbox.fail_next("setWebhook", 400, "Bad Request: bad webhook: HTTPS url must be provided for webhook")
    bot = await start_bot(begin=False, webhook=("http://news.example/hook", "hook-secret"))
    with pytest.raises(UserError, match=r"(?i)HTTPS url must be provided") as caught:
        await bot.start()
    assert "hook-secret" not in caught.value.message


async def test_a_webhook_is_set_once_telegram_answers(sandbox: Sandbox, start_bot: StartBot, logs: list[Json]) -> None:
    sandbox.drop_next("setWebhook", accept=False)
    sandbox.fail_next("setWebhook", 502, "Bad Gateway")
    sandbox.fail_next("setWebhook", 429, "Too Many Requests: retry after 0", {"retry_after": 0})
    bot = await start_bot(webhook=("https://news.example/hook", "hook-secret"))
    assert bot.healthy
    assert sandbox.world.webhook.url == "https://news.example/hook"
    assert events(logs).count("telegram cannot be reached") == 3


async def test_a_server_without_webhooks_is_said(sandbox: Sandbox, start_bot: StartBot) -> None:
    sandbox.fail_next("setWebhook", 404, "Not Found: method not found")
    bot = await start_bot(begin=False, webhook=("https://news.example/hook", "hook-secret"))
    with pytest.raises(UserError, match="does not take the webhook"):
        await bot.start()


# ---- what goes wrong -------------------------------------------------------------------------------


class Broken(Reading):
    """Reading that fails with words that somebody wrote in its error."""

    async def latest(self, words: str = "", *, offset: int = 0, count: int = 5) -> Found:
        raise StorageError(f"could not read {words}")


@pytest.fixture
async def broken(sandbox: Sandbox, start_bot: StartBot, sqlite_database: Database, clock: Clock) -> Talk:
    return Talk(sandbox, await start_bot(reading=Broken(sqlite_database, clock)), sqlite_database, clock)


async def test_an_error_of_ours_is_said_and_logged_without_what_was_written(broken: Talk, logs: list[Json]) -> None:
    assert (await broken.say(OMAR, "/latest my private words"))["text"] == texts.WENT_WRONG
    (line,) = [line for line in logs if line["log_level"] == "error"]
    assert line["event"] == "update failed"
    assert line["error"] == "StorageError"
    assert line["update_id"] > 0
    assert any("latest" in frame for frame in line["where"])
    assert "private words" not in str(logs)


async def test_an_error_behind_a_button_is_said_privately(broken: Talk, logs: list[Json]) -> None:
    message = await broken.say(OMAR, "/start")
    assert await broken.press(OMAR, message, "Latest") == texts.WENT_WRONG
    assert len(broken.heard(OMAR)) == 1
    assert "update failed" in events(logs)


async def test_an_error_that_cannot_even_be_said_is_logged(broken: Talk, logs: list[Json]) -> None:
    broken.sandbox.fail_next("sendMessage", 400, "Bad Request: message is too long")
    broken.sandbox.message(OMAR, OMAR, "/latest")
    await broken.settle()
    assert events(logs)[-2:] == ["update failed", "update failed twice"]


async def test_an_answer_that_is_not_delivered_is_logged_only(talk: Talk, logs: list[Json]) -> None:
    talk.sandbox.drop_next("sendMessage", accept=False)
    talk.sandbox.message(OMAR, OMAR, "/help")
    await talk.settle()
    assert events(logs)[-1] == "answer not delivered"
    assert talk.heard(OMAR) == []


async def test_a_press_that_is_too_old_to_be_answered_still_works(talk: Talk) -> None:
    message = await talk.say(OMAR, "/subscribe instant")
    talk.sandbox.fail_next("answerCallbackQuery", 400, "Bad Request: query is too old and response timeout expired")
    await talk.press(OMAR, message, "Undo")
    assert talk.now_standing(message)["text"].startswith("Ended.")


async def test_a_message_that_cannot_be_edited_is_sent_anew(talk: Talk) -> None:
    message = await talk.say(OMAR, "/subscribe instant")
    talk.sandbox.fail_next("editMessageText", 400, "Bad Request: message can't be edited")
    await talk.press(OMAR, message, "Undo")
    assert [each["text"].split(".")[0] for each in talk.heard(OMAR)] == ["You get everything, as it happens", "Ended"]


async def test_a_press_under_a_message_that_telegram_no_longer_shows(talk: Talk) -> None:
    await talk.say(OMAR, "/subscribe instant")
    chat = chat_json(talk.sandbox.world.chats[OMAR])
    query_id = talk.sandbox.world.ask(OMAR)
    query = {"id": query_id, "from": user_json(talk.sandbox.world.users[OMAR]), "chat_instance": "1", "data": "end:1"}
    await talk.tell("callback_query", query | {"message": {"chat": chat, "message_id": 4, "date": 0}})
    assert await talk.listed(OMAR) == []
    assert talk.heard(OMAR)[-1]["text"].startswith("Ended.")


async def test_t70_a_flood_over_the_wire_harms_nobody_else(
    sandbox: Sandbox, start_bot: StartBot, sqlite_database: Database, clock: Clock
) -> None:
    bot = await start_bot(flood=True)
    talk = Talk(sandbox, bot, sqlite_database, clock)
    over = asyncio.Event()
    bot._intake.crowd._clock = lambda: 0.0

    async def sleep(_: float) -> None:
        await over.wait()

    bot._intake.crowd._sleep = sleep
    for _ in range(300):
        sandbox.message(OMAR, OMAR, "/help")
    sandbox.message(ADA, ADA, "/help")
    await sandbox.wait_for(lambda: talk.heard(ADA) and len(talk.heard(OMAR)) >= 5, 10)
    assert len(talk.heard(OMAR)) == 5
    over.set()
    await talk.settle()
    assert len(talk.heard(OMAR)) == 25


async def test_talking_in_a_group_uses_up_nothing(
    sandbox: Sandbox, start_bot: StartBot, sqlite_database: Database, clock: Clock
) -> None:
    talk = Talk(sandbox, await start_bot(flood=True), sqlite_database, clock)
    talk.bot._intake.crowd._clock = lambda: 0.0
    for _ in range(50):
        sandbox.message(OMAR, GROUP_ID, "what a day")
    assert (await talk.say(OMAR, "/sources", chat=GROUP_ID))["text"] == texts.NO_SOURCES


# ---- chats that come and go ------------------------------------------------------------------------


async def dormant(talk: Talk, telegram_id: int) -> bool:
    async with talk.database.read() as tx:
        chat = await chats.find(tx, ChatRef(telegram_id))
    assert chat is not None
    return chat.dormant


async def test_t95_a_user_who_blocks_the_bot_sleeps_and_start_wakes(talk: Talk) -> None:
    await talk.say(OMAR, "/subscribe instant")
    talk.sandbox.block(OMAR)
    await talk.settle()
    assert await dormant(talk, OMAR)
    talk.sandbox.unblock(OMAR)
    await talk.settle()
    assert not await dormant(talk, OMAR)
    assert await talk.listed(OMAR) == ["everything instant"]


async def test_t95_a_reply_that_meets_a_block_puts_the_chat_to_sleep(talk: Talk) -> None:
    await talk.say(OMAR, "/subscribe instant")
    talk.sandbox.fail_next("sendMessage", 403, "Forbidden: bot was blocked by the user")
    talk.sandbox.message(OMAR, OMAR, "/help")
    await talk.settle()
    assert await dormant(talk, OMAR)
    assert "Welcome back" in (await talk.say(OMAR, "/start"))["text"]
    assert not await dormant(talk, OMAR)


@pytest.mark.parametrize(
    ("standing", "asleep"),
    [
        ({"status": "left"}, True),
        ({"status": "kicked", "until_date": 0}, True),
        ({"status": "restricted", "is_member": True, "until_date": 0, "can_send_messages": False}, True),
        ({"status": "restricted", "is_member": True, "until_date": 0, "can_send_messages": True}, False),
        ({"status": "member"}, False),
    ],
)
async def test_t99_t100_a_group_without_the_bot_or_its_voice_sleeps(talk: Talk, standing: Json, asleep: bool) -> None:
    await talk.say(ADA, "/subscribe instant", chat=GROUP_ID)
    world = talk.sandbox.world
    if standing["status"] == "restricted":
        rights = ["audios", "documents", "photos", "videos", "video_notes", "voice_notes", "polls", "other_messages"]
        standing = standing | {f"can_send_{right}": True for right in rights} | dict.fromkeys(
            ["can_add_web_page_previews", "can_change_info", "can_invite_users", "can_pin_messages",
             "can_manage_topics", "can_edit_tag", "can_react_to_messages"], True)  # fmt: skip
    change = {"chat": chat_json(world.chats[GROUP_ID]), "from": user_json(world.users[ADA]), "date": world.time()}
    old = bot_standing_json(world.bot, welcome=True)
    new = standing | {"user": user_json(world.bot)}
    await talk.tell("my_chat_member", change | {"old_chat_member": old, "new_chat_member": new})
    assert await dormant(talk, GROUP_ID) == asleep


@pytest.mark.parametrize("side", ["old", "new"])
async def test_t97_a_group_that_moved_keeps_what_it_gets(talk: Talk, side: str) -> None:
    await talk.say(ADA, "/subscribe instant", chat=GROUP_ID)
    world = talk.sandbox.world
    old = chat_json(world.chats[GROUP_ID])
    new = old | {"id": -100777}
    base = {"message_id": 99_999, "date": world.time(), "from": user_json(world.users[ADA])}
    told = (
        base | {"chat": old, "migrate_to_chat_id": -100777}
        if side == "old"
        else base | {"chat": new, "migrate_from_chat_id": GROUP_ID}
    )
    await talk.tell("message", told)
    assert await talk.listed(-100777) == ["everything instant"]
    assert await talk.listed(GROUP_ID) == []


# ---- secrets -----------------------------------------------------------------------------------------


@pytest.fixture
def canary_sandbox(clock: Clock) -> Sandbox:
    return Sandbox(now=clock, token=CANARY)


async def test_t75_the_token_is_in_no_log_even_at_debug(
    canary_sandbox: Sandbox, start_bot: StartBot, caplog: pytest.LogCaptureFixture, logs: list[Json]
) -> None:
    caplog.set_level(logging.DEBUG)
    async with canary_sandbox as sandbox:
        bot = await start_bot(token=CANARY, api_url=sandbox.api_url, webhook=None)
        for name in ("httpx", "httpcore", "telegram"):  # somebody turns everything up
            logging.getLogger(name).setLevel(logging.DEBUG)
        sandbox.fail_next("getUpdates", 409, "Conflict")
        sandbox.fail_next("getUpdates", 500, f"Internal error for {CANARY}")
        sandbox.fail_next("sendMessage", 400, f"Bad Request: can't parse entities of {CANARY}")
        sandbox.drop_next("sendMessage")
        sandbox.message(OMAR, OMAR, "/help")
        await sandbox.wait_for(lambda: len([c for c in sandbox.calls if c["method"] == "sendMessage"]) == 2, 10)
        sandbox.message(OMAR, OMAR, "/help")
        await sandbox.wait_for(lambda: len([c for c in sandbox.calls if c["method"] == "sendMessage"]) == 3, 10)
        try:
            raise RuntimeError(CANARY)
        except RuntimeError:
            logging.getLogger("anybody").exception("about %s", CANARY)
        await bot.stop()
    for name in ("httpx", "httpcore", "telegram"):
        logging.getLogger(name).setLevel(logging.NOTSET)
    assert "about ***" in caplog.text
    assert CANARY not in caplog.text
    assert "markup refused, sent as plain text" in events(logs)
    assert CANARY.lower() not in str(logs).lower()
    assert CANARY not in "".join(str(vars(record)) for record in caplog.records if record.name != "anybody")


def test_the_hush_ends_and_leaves_others_alone() -> None:
    before = logging.getLogRecordFactory()
    hush = Hush(["secret", ""])
    hush.begin()
    hush.begin()
    record = logging.getLogRecordFactory()("x", 20, "f", 1, "a %s b", ("secret",), None)
    assert record.getMessage() == "a *** b"
    plain = logging.getLogRecordFactory()("x", 20, "f", 1, "a %s b", ("word",), None)
    assert plain.args == ("word",)
    hush.end()
    assert logging.getLogRecordFactory() == before
