"""Sending, editing, deleting: what the Bot API answers, what it refuses and in which words."""

from typing import Any

import pytest

from bot.sandbox.server import Sandbox
from bot.sandbox.world import CHANNEL_ID, GROUP_ID
from tests.conftest import Clock
from tests.sandbox.conftest import Api

NOT_MODIFIED = (
    "Bad Request: message is not modified: specified new message content and reply markup are exactly the same as a "
    "current content and reply markup of the message"
)
UNPARSED = "can't parse entities"
NO_BUTTON = "can't parse inline keyboard button"
WRONG_URL = "inline keyboard button URL '{}' is invalid: Wrong HTTP URL"


def keyboard(**button: Any) -> dict[str, Any]:
    return {"inline_keyboard": [[{"text": "x", **button}]]}


async def test_a_message_is_stored_as_it_is_answered(api: Api, sandbox: Sandbox) -> None:
    sent = await api.call(
        "sendMessage", chat_id=1, text="<b>a</b> 😀", parse_mode="HTML", reply_markup=keyboard(url="x.org")
    )
    assert sandbox.messages(1) == [sent]
    assert sent["text"] == "a 😀"
    assert sent["date"] == 1795334400
    assert sent["reply_markup"] == keyboard(url="http://x.org/")


async def test_private_chats_share_one_counter_and_others_have_their_own(api: Api, sandbox: Sandbox) -> None:
    ids = [sandbox.message(1, 1, "a").id, sandbox.message(2, 2, "b").id]
    sent = [await api.call("sendMessage", chat_id=c, text="x") for c in (1, 2, GROUP_ID, CHANNEL_ID, GROUP_ID)]
    assert ids + [message["message_id"] for message in sent] == [1, 2, 3, 4, 1, 1, 2]


MANY_BUTTONS = {"inline_keyboard": [[{"text": "x", "url": "x.org"}]] * 101}


@pytest.mark.parametrize(
    ("params", "why"),
    [
        ({"chat_id": 987654321987}, "chat not found"),
        ({"chat_id": "@nobody"}, "chat not found"),
        ({"chat_id": None}, "chat_id is empty"),
        ({"text": None}, "message text is empty"),
        ({"text": " \n "}, "message text is empty"),
        ({"text": "<b></b>", "parse_mode": "HTML"}, "message text is empty"),
        ({"text": "x" * 4097}, "message is too long"),
        ({"text": "😀" * 2049}, "message is too long"),
        ({"text": "<b></b>" * 5000 + "x", "parse_mode": "HTML"}, "message is too long"),
        ({"text": "<b>x", "parse_mode": "HTML"}, f'{UNPARSED}: Can\'t find end tag corresponding to start tag "b"'),
        ({"parse_mode": "MarkdownV2"}, "unsupported parse_mode"),
        ({"text": "\ud800"}, "strings must be encoded in UTF-8"),
        ({"text": ["x"]}, "string expected as text"),
        ({"message_thread_id": 11}, "message thread not found"),
        ({"chat_id": GROUP_ID, "message_thread_id": 1}, "message thread not found"),
        ({"reply_parameters": {"message_id": 9}}, "message to be replied not found"),
        ({"reply_parameters": "{"}, "can't parse reply_parameters JSON object"),
        ({"reply_markup": keyboard(callback_data="x" * 65)}, "BUTTON_DATA_INVALID"),
        ({"reply_markup": keyboard(callback_data="é" * 33)}, "BUTTON_DATA_INVALID"),
        ({"reply_markup": keyboard(callback_data="")}, "BUTTON_DATA_INVALID"),
        ({"reply_markup": keyboard(url="http://localhost:1/")}, WRONG_URL.format("http://localhost:1/")),
        ({"reply_markup": keyboard(url="javascript:x")}, WRONG_URL.format("javascript:x")),
        ({"reply_markup": keyboard()}, f"{NO_BUTTON}: Text buttons are unallowed in the inline keyboard"),
        ({"reply_markup": {"inline_keyboard": [[{"callback_data": "x"}]]}},
         f"{NO_BUTTON}: Button text must be non-empty"),
        ({"reply_markup": {"inline_keyboard": [["x"]]}},
         f"{NO_BUTTON}: InlineKeyboardButton must be an Object"),
        ({"reply_markup": {"inline_keyboard": "x"}}, "object expected as reply markup"),
        ({"reply_markup": MANY_BUTTONS}, "reply markup is too long"),
        ({"reply_markup": [1]}, "object expected as reply_markup"),
        ({"entities": [{"type": "bold", "offset": 1, "length": 1}], "text": "😀"},
         f"{UNPARSED}: entity begins or ends in the middle of a UTF-16 symbol"),
        ({"entities": [7]}, "object expected as MessageEntity"),
    ],
)  # fmt: skip
async def test_refused(api: Api, sandbox: Sandbox, params: dict[str, Any], why: str) -> None:
    given = {"chat_id": 1, "text": "x"} | params
    assert await api.refusal("sendMessage", **given) == f"Bad Request: {why}"
    assert sandbox.messages(1) == []


async def test_4096_units_are_taken_and_tags_do_not_count(api: Api) -> None:
    sent = await api.call("sendMessage", chat_id=1, text=f"<b>{'😀' * 2048}</b>", parse_mode="html")
    assert sent["entities"] == [{"type": "bold", "offset": 0, "length": 4096}]


async def test_given_entities_are_kept(api: Api) -> None:
    entities = [
        {"type": "text_link", "offset": 0, "length": 1, "url": "x.org"},
        {"type": "pre", "offset": 2, "length": 2, "language": "py"},
        {"type": "bold", "offset": 90, "length": 1},
        {"type": "text_link", "offset": 5, "length": 1, "url": "javascript:x"},
    ]
    sent = await api.call("sendMessage", chat_id=1, text="a 😀 b", entities=entities)
    assert sent["entities"] == [entities[0] | {"url": "http://x.org/"}, entities[1]]


async def test_mentions_by_id_and_protection(api: Api) -> None:
    text = '<a href="tg://user?id=2">you</a> and <a href="tg://user?id=9">nobody</a>'
    sent = await api.call("sendMessage", chat_id=GROUP_ID, text=text, parse_mode="HTML", protect_content=True)
    assert [entity["user"]["first_name"] for entity in sent["entities"]] == ["Omar"]
    assert sent["has_protected_content"] is True


async def test_threads_and_replies(api: Api, sandbox: Sandbox) -> None:
    asked = sandbox.message(2, GROUP_ID, "question", thread_id=12)
    answer = await api.call("sendMessage", chat_id=GROUP_ID, text="x", reply_parameters={"message_id": asked.id})
    assert (answer["message_thread_id"], answer["is_topic_message"]) == (12, True)
    assert answer["reply_to_message"]["text"] == "question"
    lost = {"message_id": 99, "allow_sending_without_reply": True}
    assert "reply_to_message" not in await api.call("sendMessage", chat_id=1, text="x", reply_parameters=lost)


async def test_a_channel_by_its_name(api: Api) -> None:
    sent = await api.call("sendMessage", chat_id="@Harbour_Daily", text="x")
    assert sent["sender_chat"]["id"] == CHANNEL_ID
    assert "from" not in sent


async def test_edits(api: Api, sandbox: Sandbox, clock: Clock) -> None:
    sent = await api.call("sendMessage", chat_id=1, text="a", reply_markup=keyboard(callback_data="x"))
    target = {"chat_id": 1, "message_id": sent["message_id"]}
    clock.advance(seconds=60)
    edited = await api.call("editMessageText", **target, text="b")
    assert edited["edit_date"] - edited["date"] == 60
    assert "reply_markup" not in edited
    assert await api.refusal("editMessageText", **target, text="b") == NOT_MODIFIED
    await api.call("editMessageReplyMarkup", **target, reply_markup=keyboard(callback_data="y"))
    assert (
        await api.refusal("editMessageReplyMarkup", **target, reply_markup=keyboard(callback_data="y")) == NOT_MODIFIED
    )
    assert sandbox.messages(1)[0]["reply_markup"] == keyboard(callback_data="y")


async def test_what_cannot_be_edited(api: Api, sandbox: Sandbox) -> None:
    theirs = sandbox.message(1, 1, "mine")
    elsewhere = await api.call("sendMessage", chat_id=2, text="x")
    for message_id, why in [
        (theirs.id, "message can't be edited"),
        (elsewhere["message_id"], "message to edit not found"),
        (99, "message to edit not found"),
        (None, "message identifier is not specified"),
        ("x", "invalid message_id specified"),
    ]:
        assert await api.refusal("editMessageText", chat_id=1, message_id=message_id, text="y") == f"Bad Request: {why}"


async def test_deleting(api: Api, sandbox: Sandbox, clock: Clock) -> None:
    old = sandbox.message(1, 1, "old")
    clock.advance(seconds=48 * 3600)
    young = sandbox.message(1, 1, "young")
    gone = "Bad Request: message to delete not found"
    assert await api.refusal("deleteMessage", chat_id=1, message_id=99) == gone
    too_old = "Bad Request: message can't be deleted for everyone"
    assert await api.refusal("deleteMessage", chat_id=1, message_id=old.id) == too_old
    assert await api.call("deleteMessages", chat_id=1, message_ids=[old.id, young.id, 99])
    assert [message["text"] for message in sandbox.messages(1)] == ["old"]
    assert (
        await api.refusal("deleteMessages", chat_id=1, message_ids=[])
        == "Bad Request: message identifiers are not specified"
    )
    many = "Bad Request: too many message identifiers specified"
    assert await api.refusal("deleteMessages", chat_id=1, message_ids=list(range(101))) == many


async def test_copy_and_forward(api: Api, sandbox: Sandbox) -> None:
    source = await api.call("sendMessage", chat_id=CHANNEL_ID, text="<b>news</b>", parse_mode="HTML")
    named = {"from_chat_id": CHANNEL_ID, "message_id": source["message_id"]}
    await api.call("copyMessage", chat_id=1, **named)
    forwarded = await api.call("forwardMessage", chat_id=1, **named)
    assert forwarded["forward_origin"]["message_id"] == source["message_id"]
    assert [message["entities"] for message in sandbox.messages(1)] == [source["entities"]] * 2
    asked = sandbox.message(2, 2, "question")
    personal = await api.call("forwardMessage", chat_id=1, from_chat_id=2, message_id=asked.id)
    assert personal["forward_origin"]["sender_user"]["id"] == 2
    assert (
        await api.refusal("copyMessage", chat_id=1, from_chat_id=1, message_id=99)
        == "Bad Request: message to copy not found"
    )


async def test_a_blocked_bot_is_told_so(api: Api, sandbox: Sandbox) -> None:
    sandbox.block(2)
    sandbox.block(2)
    answer = await api.answer("sendMessage", chat_id=2, text="x")
    assert answer == {"ok": False, "error_code": 403, "description": "Forbidden: bot was blocked by the user"}
    sandbox.unblock(2)
    await api.call("sendMessage", chat_id=2, text="x")
    changes = [update["my_chat_member"] for update in await api.call("getUpdates")]
    assert [change["new_chat_member"]["status"] for change in changes] == ["kicked", "member"]


async def test_after_leaving_there_is_no_way_back_in(api: Api) -> None:
    assert await api.call("leaveChat", chat_id=GROUP_ID)
    said = await api.refusal("sendMessage", chat_id=GROUP_ID, text="x")
    assert said == "Forbidden: bot is not a member of the supergroup chat"
    private = "Bad Request: chat member status can't be changed in private chats"
    assert await api.refusal("leaveChat", chat_id=1) == private


async def test_chats_forget_their_oldest_messages(api: Api, sandbox: Sandbox) -> None:
    first = sandbox.message(1, 1, "x")
    for _ in range(2000):
        sandbox.message(1, 1, "x")
    assert len(sandbox.messages(1)) == 2000
    said = await api.refusal("editMessageText", chat_id=1, message_id=first.id, text="y")
    assert said == "Bad Request: message to edit not found"
