"""Messages out over a real wire, and what becomes of them when it goes wrong."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import web
from telegram import Bot

from bot.domain.errors import ChatGone, ChatMoved, InDoubt, Refused, RetryLater, SendError, ThreadGone, TokenRefused
from bot.domain.models import Button, ChatRef, Message
from bot.sandbox.server import Sandbox
from bot.sandbox.world import GROUP_ID
from bot.tg.failures import as_ours
from bot.tg.pacing import Pacing
from bot.tg.sender import TelegramSender
from bot.tg.transport import AiohttpRequest
from tests.tg.virtual import Time

OMAR = 2
HELLO = Message("<b>Hello</b> &amp; more", ((Button("Open", url="https://wire.example/"), Button("End", "end:1")),))


@pytest.fixture
def time() -> Time:
    return Time()


async def opened(api_url: str, time: Time, read_timeout: float = 5.0) -> TelegramSender:
    bot = Bot("42:TEST", base_url=f"{api_url}/bot", request=AiohttpRequest(read_timeout=read_timeout))
    await bot._request[1].initialize()
    return TelegramSender(bot, Pacing(1000, 1000, clock=time.clock, sleep=time.sleep))


@pytest.fixture
async def sender(sandbox: Sandbox, time: Time) -> AsyncIterator[TelegramSender]:
    sender = await opened(sandbox.api_url, time)
    yield sender
    await sender._bot._request[1].shutdown()


def texts(sandbox: Sandbox, chat_id: int = OMAR) -> list[str]:
    return [message["text"] for message in sandbox.messages(chat_id)]


async def test_a_message_arrives_with_buttons_and_without_preview(sandbox: Sandbox, sender: TelegramSender) -> None:
    message_id = await sender.send(ChatRef(OMAR), HELLO)
    (message,) = sandbox.messages(OMAR)
    assert message["message_id"] == message_id
    assert message["text"] == "Hello & more"
    assert [button["text"] for button in message["reply_markup"]["inline_keyboard"][0]] == ["Open", "End"]
    assert message["link_preview_options"] == {"is_disabled": True}


async def test_the_preview_is_the_one_that_was_named(sandbox: Sandbox, sender: TelegramSender) -> None:
    await sender.send(ChatRef(OMAR), Message("x", preview_url="https://wire.example/bridge"))
    preview = sandbox.messages(OMAR)[0]["link_preview_options"]
    assert preview == {"url": "https://wire.example/bridge", "prefer_small_media": True}


async def test_a_message_arrives_in_its_thread(sandbox: Sandbox, sender: TelegramSender) -> None:
    await sender.send(ChatRef(GROUP_ID, 12), HELLO)
    assert sandbox.messages(GROUP_ID)[-1]["message_thread_id"] == 12


FAILURES: list[tuple[str, int, str, dict[str, Any] | None, type[SendError]]] = [
    ("t90", 429, "Too Many Requests: retry after 45", {"retry_after": 45}, RetryLater),
    ("t92", 500, "Internal Server Error", None, InDoubt),
    ("t92", 502, "Bad Gateway", None, InDoubt),
    ("t95", 403, "Forbidden: bot was blocked by the user", None, ChatGone),
    ("t95", 403, "Forbidden: user is deactivated", None, ChatGone),
    ("t96", 400, "Bad Request: chat not found", None, ChatGone),
    (
        "t97",
        400,
        "Bad Request: group chat was upgraded to a supergroup chat",
        {"migrate_to_chat_id": -100777},
        ChatMoved,
    ),
    ("t98", 400, "Bad Request: message thread not found", None, ThreadGone),
    ("t98", 400, "Bad Request: TOPIC_CLOSED", None, ThreadGone),
    ("t98", 400, "Bad Request: TOPIC_DELETED", None, ThreadGone),
    ("t99", 403, "Forbidden: bot was kicked from the group chat", None, ChatGone),
    ("t99", 403, "Forbidden: bot is not a member of the channel chat", None, ChatGone),
    ("t100", 400, "Bad Request: not enough rights to send text messages to the chat", None, ChatGone),
    ("t100", 400, "Bad Request: CHAT_WRITE_FORBIDDEN", None, ChatGone),
    ("t102", 401, "Unauthorized", None, TokenRefused),
    ("unknown method", 404, "Not Found", None, RetryLater),
    ("conflict", 409, "Conflict: terminated by other getUpdates request", None, RetryLater),
    ("too long", 400, "Bad Request: message is too long", None, Refused),
    ("empty", 400, "Bad Request: message text is empty", None, Refused),
]


@pytest.mark.parametrize(
    ("code", "said", "parameters", "ours"),
    [case[1:] for case in FAILURES],
    ids=[f"{name} {said[:40]}" for name, _, said, *_ in FAILURES],
)
async def test_what_telegram_refuses(
    sandbox: Sandbox,
    sender: TelegramSender,
    code: int,
    said: str,
    parameters: dict[str, Any] | None,
    ours: type[SendError],
) -> None:
    sandbox.fail_next("sendMessage", code, said, parameters)
    with pytest.raises(ours) as caught:
        await sender.send(ChatRef(OMAR), HELLO)
    assert type(caught.value) is ours
    assert sandbox.token not in str(caught.value)
    assert texts(sandbox) == []


async def test_t90_the_wait_is_the_one_that_telegram_asked_for(
    sandbox: Sandbox, sender: TelegramSender, time: Time
) -> None:
    sandbox.fail_next("sendMessage", 429, "Too Many Requests: retry after 45", {"retry_after": 45})
    with pytest.raises(RetryLater) as caught:
        await sender.send(ChatRef(OMAR), HELLO)
    assert caught.value.retry_after_s == 45
    await sender.send(ChatRef(1), HELLO)
    assert time.now < 1
    await sender.send(ChatRef(OMAR), HELLO)
    assert time.now >= 45


async def test_t97_the_new_id_is_told(sandbox: Sandbox, sender: TelegramSender) -> None:
    sandbox.fail_next("sendMessage", 400, "Bad Request: upgraded", {"migrate_to_chat_id": -100777})
    with pytest.raises(ChatMoved) as caught:
        await sender.send(ChatRef(-5), HELLO)
    assert caught.value.new_id == -100777


@pytest.mark.parametrize("accept", [True, False])
@pytest.mark.parametrize(("code", "said"), [(500, "Internal Server Error"), (502, "Bad Gateway"), (504, "Timeout")])
async def test_t92_a_server_in_trouble_may_have_taken_it(
    sandbox: Sandbox, sender: TelegramSender, code: int, said: str, accept: bool
) -> None:
    sandbox.fail_next("sendMessage", code, said, accept=accept)
    with pytest.raises(InDoubt):
        await sender.send(ChatRef(OMAR), HELLO)
    assert len(texts(sandbox)) == int(accept)


@pytest.mark.parametrize("accept", [True, False])
async def test_t94_a_connection_that_is_reset_is_in_doubt(
    sandbox: Sandbox, sender: TelegramSender, accept: bool
) -> None:
    sandbox.reset_next("sendMessage", accept=accept)
    with pytest.raises(InDoubt):
        await sender.send(ChatRef(OMAR), HELLO)
    assert len(texts(sandbox)) == int(accept)


@pytest.mark.parametrize("accept", [True, False])
async def test_t94_a_lost_reply_is_in_doubt(sandbox: Sandbox, sender: TelegramSender, accept: bool) -> None:
    sandbox.drop_next("sendMessage", accept=accept)
    with pytest.raises(InDoubt):
        await sender.send(ChatRef(OMAR), HELLO)
    assert len(texts(sandbox)) == int(accept)


async def test_t94_no_reply_in_time_is_in_doubt(sandbox: Sandbox, time: Time) -> None:
    sender = await opened(sandbox.api_url, time, read_timeout=0.2)
    sandbox.hold("sendMessage")
    with pytest.raises(InDoubt):
        await sender.send(ChatRef(OMAR), HELLO)
    sandbox.release()
    await sender._bot._request[1].shutdown()


async def test_t93_nobody_listens(time: Time, unused_tcp_port: int) -> None:
    sender = await opened(f"http://127.0.0.1:{unused_tcp_port}", time)
    with pytest.raises(RetryLater) as caught:
        await sender.send(ChatRef(OMAR), HELLO)
    assert caught.value.retry_after_s > 0
    await sender._bot._request[1].shutdown()


@pytest.mark.parametrize("body", ["nonsense", "[]", "{}", '{"ok": true, "result": {}}', '{"ok": true, "result": 7}'])
async def test_an_unreadable_answer_is_in_doubt(time: Time, body: str) -> None:
    async def answer(_: web.Request) -> web.Response:
        return web.Response(text=body)

    app = web.Application()
    app.router.add_post("/{path:.*}", answer)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    sender = await opened(f"http://127.0.0.1:{runner.addresses[0][1]}", time)
    with pytest.raises(InDoubt):
        await sender.send(ChatRef(OMAR), HELLO)
    await sender._bot._request[1].shutdown()
    await runner.cleanup()


async def test_t101_markup_that_telegram_cannot_parse_goes_once_more_as_plain_text(
    sandbox: Sandbox, sender: TelegramSender
) -> None:
    await sender.send(ChatRef(OMAR), Message("<b>1 &lt; 2<i>", HELLO.keyboard))
    (message,) = sandbox.messages(OMAR)
    assert message["text"] == "1 < 2"
    assert "entities" not in message
    assert len(message["reply_markup"]["inline_keyboard"][0]) == 2


async def test_t101_and_only_once(sandbox: Sandbox, sender: TelegramSender) -> None:
    sandbox.fail_next("sendMessage", 400, "Bad Request: can't parse entities: nothing helps", times=3)
    with pytest.raises(Refused):
        await sender.send(ChatRef(OMAR), HELLO)
    await sender.reply(ChatRef(OMAR), HELLO)  # the third refusal, and then plain
    assert texts(sandbox) == ["Hello & more"]


async def test_t102_a_refused_token_is_remembered_until_it_is_taken_again(
    sandbox: Sandbox, sender: TelegramSender, logs: list[dict[str, Any]]
) -> None:
    sandbox.fail_next("sendMessage", 401, "Unauthorized", times=2)
    for _ in range(2):
        with pytest.raises(TokenRefused):
            await sender.send(ChatRef(OMAR), HELLO)
    assert sender.refused
    assert [line["event"] for line in logs] == ["telegram refuses the token"]
    await sender.send(ChatRef(OMAR), HELLO)
    assert not sender.refused


async def test_a_reply_waits_out_a_pause_and_comes(sandbox: Sandbox, sender: TelegramSender, time: Time) -> None:
    sandbox.fail_next("sendMessage", 429, "Too Many Requests: retry after 7", {"retry_after": 7}, times=2)
    await sender.reply(ChatRef(OMAR), HELLO)
    assert texts(sandbox) == ["Hello & more"]
    assert time.now >= 14


async def test_t91_a_reply_does_not_wait_for_ever(sandbox: Sandbox, sender: TelegramSender) -> None:
    sandbox.fail_next("sendMessage", 429, "Too Many Requests: retry after 7", {"retry_after": 7}, times=9)
    with pytest.raises(RetryLater):
        await sender.reply(ChatRef(OMAR), HELLO)
    assert len(sandbox.calls) == 3


async def test_t91_nor_for_a_pause_that_is_too_long(sandbox: Sandbox, sender: TelegramSender, time: Time) -> None:
    sandbox.fail_next("sendMessage", 429, "Too Many Requests: retry after 900", {"retry_after": 900})
    with pytest.raises(RetryLater):
        await sender.reply(ChatRef(OMAR), HELLO)
    assert time.now < 1


async def test_an_edit_changes_the_message(sandbox: Sandbox, sender: TelegramSender) -> None:
    message_id = await sender.send(ChatRef(OMAR), HELLO)
    assert await sender.edit(OMAR, message_id, Message("<i>New</i>"))
    assert await sender.edit(OMAR, message_id, Message("<i>New</i>"))  # not modified is as good
    assert texts(sandbox) == ["New"]
    assert "reply_markup" not in sandbox.messages(OMAR)[0]
    assert not await sender.edit(OMAR, 4711, HELLO)


async def test_an_edit_tells_of_a_chat_that_is_gone(sandbox: Sandbox, sender: TelegramSender) -> None:
    sandbox.fail_next("editMessageText", 403, "Forbidden: bot was blocked by the user")
    with pytest.raises(ChatGone):
        await sender.edit(OMAR, 1, HELLO)


async def test_t101_an_edit_that_cannot_be_parsed_leaves_the_message_and_says_so(
    sandbox: Sandbox, sender: TelegramSender
) -> None:
    message_id = await sender.send(ChatRef(OMAR), HELLO)
    assert not await sender.edit(OMAR, message_id, Message("<b>1 &lt; 2<i>"))
    assert texts(sandbox) == ["Hello & more"]


# ---- proof of arrival ------------------------------------------------------------------------------


@pytest.mark.parametrize("sent", [HELLO, Message("without buttons")])
@pytest.mark.parametrize("ref", [ChatRef(OMAR), ChatRef(GROUP_ID), ChatRef(GROUP_ID, 12)])
async def test_t94_a_message_that_arrived_is_found_and_left_as_it_is(
    sandbox: Sandbox, sender: TelegramSender, ref: ChatRef, sent: Message
) -> None:
    before = await sender.send(ref, Message("before"))
    sandbox.message(OMAR, ref.telegram_id, "somebody else's")
    sandbox.drop_next("sendMessage", accept=True)
    with pytest.raises(InDoubt):
        await sender.send(ref, sent)
    there = sandbox.messages(ref.telegram_id)
    found = await sender.arrived(ref, sent, range(before + 5, before, -1))
    assert found == there[-1]["message_id"]
    assert sandbox.messages(ref.telegram_id) == there


async def test_t94_a_message_that_did_not_arrive_is_not_found(sandbox: Sandbox, sender: TelegramSender) -> None:
    sandbox.message(OMAR, OMAR, "somebody else's")
    await sender.send(ChatRef(1), HELLO)  # the counter is shared, the chat is not
    assert await sender.arrived(ChatRef(OMAR), HELLO, range(1, 8)) is None
    assert await sender.arrived(ChatRef(OMAR), HELLO, ()) is None
    assert len([call for call in sandbox.calls if call["method"] == "editMessageReplyMarkup"]) == 7


@pytest.mark.parametrize(
    "said", ["MESSAGE_ID_INVALID", "message can't be edited", "message identifier is not specified"]
)
async def test_t94_a_refusal_about_a_message_means_not_this_one(
    sandbox: Sandbox, sender: TelegramSender, said: str
) -> None:
    message_id = await sender.send(ChatRef(OMAR), HELLO)
    sandbox.fail_next("editMessageReplyMarkup", 400, f"Bad Request: {said}")
    assert await sender.arrived(ChatRef(OMAR), HELLO, (message_id - 1, message_id)) == message_id


@pytest.mark.parametrize(
    ("code", "said", "parameters", "ours"),
    [
        (429, "Too Many Requests: retry after 45", {"retry_after": 45}, RetryLater),
        (403, "Forbidden: bot was blocked by the user", None, ChatGone),
        (400, "Bad Request: chat not found", None, ChatGone),
        (400, "Bad Request: upgraded", {"migrate_to_chat_id": -100777}, ChatMoved),
        (400, "Bad Request: TOPIC_CLOSED", None, ThreadGone),
        (401, "Unauthorized", None, TokenRefused),
        (502, "Bad Gateway", None, InDoubt),
    ],
)
async def test_no_answer_is_no_proof(
    sandbox: Sandbox, sender: TelegramSender, code: int, said: str, parameters: Any, ours: type[SendError]
) -> None:
    message_id = await sender.send(ChatRef(OMAR), HELLO)
    sandbox.fail_next("editMessageReplyMarkup", code, said, parameters)
    with pytest.raises(ours):
        await sender.arrived(ChatRef(OMAR), HELLO, (message_id, message_id + 1))
    assert len([call for call in sandbox.calls if call["method"] == "editMessageReplyMarkup"]) == 1


async def test_t90_a_pause_asked_for_while_looking_is_kept(
    sandbox: Sandbox, sender: TelegramSender, time: Time
) -> None:
    sandbox.fail_next("editMessageReplyMarkup", 429, "Too Many Requests: retry after 45", {"retry_after": 45})
    with pytest.raises(RetryLater):
        await sender.arrived(ChatRef(OMAR), HELLO, (1,))
    assert sender.wait_s(ChatRef(OMAR)) == pytest.approx(45, abs=1)
    assert sender.wait_s(ChatRef(1)) == 0
    assert await sender.arrived(ChatRef(OMAR), HELLO, (1,)) is None
    assert time.now >= 45


async def test_t93_looking_while_nobody_listens(time: Time, unused_tcp_port: int) -> None:
    sender = await opened(f"http://127.0.0.1:{unused_tcp_port}", time)
    with pytest.raises(RetryLater):
        await sender.arrived(ChatRef(OMAR), HELLO, (1,))
    await sender._bot._request[1].shutdown()


def test_errors_of_no_kind_are_in_doubt() -> None:
    assert type(as_ours(KeyError("result"))) is InDoubt
