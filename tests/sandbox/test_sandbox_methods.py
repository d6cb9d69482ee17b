"""The methods around messages: chats, commands, profile, queries, files, ways to send parameters."""

import io
from typing import Any

import aiohttp
import pytest

from bot.sandbox.server import Sandbox
from bot.sandbox.world import CHANNEL_ID, GROUP_ID
from tests.conftest import Clock
from tests.sandbox.conftest import Api

SCOPE = "can't parse BotCommandScope"
TOO_OLD = "Bad Request: query is too old and response timeout expired or query ID is invalid"


def menu(*names: str) -> list[dict[str, str]]:
    return [{"command": name, "description": f"does {name}"} for name in names]


# ---- who, where --------------------------------------------------------------------------------


async def test_who_am_i_whatever_the_case(api: Api) -> None:
    me = await api.call("GETME")
    assert (me["id"], me["is_bot"], me["username"]) == (42, True, "nutgraf_sandbox_bot")


async def test_no_such_method_and_no_such_token(api: Api, session: aiohttp.ClientSession, sandbox: Sandbox) -> None:
    unknown = {"ok": False, "error_code": 404, "description": "Not Found: method not found"}
    assert await api.answer("sendNothing") == unknown
    async with session.get(f"{sandbox.api_url}/bot999:WRONG/getMe") as reply:
        assert await reply.json() == {"ok": False, "error_code": 401, "description": "Unauthorized"}


async def test_pages_of_the_web_do_not_speak_for_the_bot(session: aiohttp.ClientSession, api: Api) -> None:
    for headers in ({"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}):
        async with session.get(f"{api.base}/getMe", headers=headers) as reply:
            assert reply.status == 403


async def test_chats(api: Api) -> None:
    assert (await api.call("getChat", chat_id=1))["first_name"] == "Ada"
    group = await api.call("getChat", chat_id=GROUP_ID)
    assert (group["type"], group["title"], group["is_forum"]) == ("supergroup", "Harbour neighbours", True)
    assert (await api.call("getChat", chat_id=CHANNEL_ID))["title"] == "Harbour daily"
    assert await api.call("getChatMemberCount", chat_id=GROUP_ID) == 3


async def test_members(api: Api, sandbox: Sandbox) -> None:
    standing = {}
    sandbox.add_user(3, "Ines")
    for user_id in (1, 2, 3, 42):
        standing[user_id] = (await api.call("getChatMember", chat_id=GROUP_ID, user_id=user_id))["status"]
    assert standing == {1: "creator", 2: "member", 3: "member", 42: "administrator"}
    assert (await api.call("getChatMember", chat_id=1, user_id=2))["status"] == "left"
    assert await api.refusal("getChatMember", chat_id=1, user_id=9) == "Bad Request: user not found"
    [owner] = await api.call("getChatAdministrators", chat_id=CHANNEL_ID)
    assert owner["user"]["id"] == 1
    admins = await api.call("getChatAdministrators", chat_id=CHANNEL_ID, return_bots=True)
    assert {admin["user"]["id"]: admin.get("can_post_messages") for admin in admins} == {1: None, 42: True}
    alone = "Bad Request: there are no administrators in the private chat"
    assert await api.refusal("getChatAdministrators", chat_id=1) == alone


async def test_pins(api: Api) -> None:
    sent = await api.call("sendMessage", chat_id=GROUP_ID, text="x")
    target = {"chat_id": GROUP_ID, "message_id": sent["message_id"]}
    assert await api.call("pinChatMessage", **target)
    assert (await api.call("getChat", chat_id=GROUP_ID))["pinned_message"] == sent
    assert await api.call("unpinChatMessage", **target)
    assert await api.refusal("unpinChatMessage", **target) == "Bad Request: message to unpin not found"
    missing = "Bad Request: message to pin not found"
    assert await api.refusal("pinChatMessage", chat_id=GROUP_ID, message_id=99) == missing


async def test_goodbyes(api: Api) -> None:
    assert await api.call("logOut") is True
    assert await api.call("close") is True


# ---- commands and profile ------------------------------------------------------------------------


async def test_each_user_sees_the_narrowest_menu(api: Api, sandbox: Sandbox) -> None:
    scopes: list[tuple[str, dict[str, Any]]] = [
        ("everyone", {"type": "default"}),
        ("private", {"type": "all_private_chats"}),
        ("groups", {"type": "all_group_chats"}),
        ("admins", {"type": "all_chat_administrators"}),
        ("ada", {"type": "chat", "chat_id": 1}),
        ("here", {"type": "chat_administrators", "chat_id": GROUP_ID}),
        ("omar", {"type": "chat_member", "chat_id": CHANNEL_ID, "user_id": 2}),
    ]
    for name, scope in scopes:
        assert await api.call("setMyCommands", commands=menu(name), scope=scope)
        assert await api.call("getMyCommands", scope=scope) == menu(name)
    assert await api.call(
        "setMyCommands", commands=menu("english"), scope={"type": "all_group_chats"}, language_code="en"
    )
    world = sandbox.world
    seen = {
        (chat_id, user_id): world.commands.seen_by(world.chats[chat_id], user_id)[0]["command"]
        for chat_id, user_id in [(1, 1), (2, 2), (GROUP_ID, 1), (GROUP_ID, 2), (CHANNEL_ID, 1), (CHANNEL_ID, 2)]
    }
    assert list(seen.values()) == ["ada", "private", "here", "english", "admins", "omar"]
    assert await api.call("deleteMyCommands", scope={"type": "chat", "chat_id": 1})
    assert world.commands.seen_by(world.chats[1], 1) == menu("private")
    assert await api.call("getMyCommands", scope={"type": "chat", "chat_id": 1}) == []


@pytest.mark.parametrize(
    ("params", "why"),
    [
        ({"commands": menu("Start")}, "BOT_COMMAND_INVALID"),
        ({"commands": menu("x" * 33)}, "BOT_COMMAND_INVALID"),
        ({"commands": [{"command": "x", "description": ""}]}, "BOT_COMMAND_DESCRIPTION_INVALID"),
        ({"commands": menu("x") * 101}, "BOT_COMMANDS_TOO_MUCH"),
        ({"commands": menu("x"), "scope": {"type": "chat", "chat_id": 9}}, "chat not found"),
        ({"commands": menu("x"), "scope": {"type": "planet"}}, f"{SCOPE}: unsupported type specified"),
        ({"commands": menu("x"), "scope": {"type": "chat_administrators", "chat_id": 1}},
         "can't set commands for members of a private chat"),
        ({"commands": menu("x"), "language_code": "english"}, "language code is invalid"),
    ],
)  # fmt: skip
async def test_commands_refused(api: Api, params: dict[str, Any], why: str) -> None:
    assert await api.refusal("setMyCommands", **params) == f"Bad Request: {why}"


async def test_names_and_descriptions(api: Api) -> None:
    assert await api.call("getMyName") == {"name": "Nutgraf"}
    for what, key in [("Name", "name"), ("Description", "description"), ("ShortDescription", "short_description")]:
        assert await api.call(f"setMy{what}", **{key: "for all"})
        assert await api.call(f"setMy{what}", **{key: "für alle"}, language_code="de")
        assert await api.call(f"getMy{what}", language_code="de") == {key: "für alle"}
        assert await api.call(f"getMy{what}", language_code="fr") == {key: "for all"}
        assert (
            await api.refusal(f"setMy{what}", **{key: "x" * 513}) == f"Bad Request: {key.replace('_', ' ')} is too long"
        )


async def test_menu_buttons(api: Api) -> None:
    assert await api.call("getChatMenuButton", chat_id=1) == {"type": "default"}
    assert await api.call("setChatMenuButton", menu_button={"type": "commands"})
    assert await api.call("setChatMenuButton", chat_id=2, menu_button={"type": "default"})
    assert await api.call("getChatMenuButton", chat_id=1) == {"type": "commands"}
    assert await api.call("getChatMenuButton", chat_id=2) == {"type": "default"}
    unknown = "Bad Request: can't parse menu button: unsupported type specified"
    assert await api.refusal("setChatMenuButton", menu_button={"type": "x"}) == unknown


# ---- queries, actions, reactions -------------------------------------------------------------------


async def test_a_press_is_answered_while_it_is_young(api: Api, sandbox: Sandbox, clock: Clock) -> None:
    sent = await api.call("sendMessage", chat_id=1, text="x")
    query_id = sandbox.press(1, 1, sent["message_id"], "more:1")
    [update] = await api.call("getUpdates")
    query = update["callback_query"]
    assert (query["id"], query["data"], query["from"]["id"], query["message"]) == (query_id, "more:1", 1, sent)
    assert await api.call("answerCallbackQuery", callback_query_id=query_id, text="done")
    clock.advance(seconds=16 * 60)
    assert await api.refusal("answerCallbackQuery", callback_query_id=query_id) == TOO_OLD
    assert await api.refusal("answerCallbackQuery", callback_query_id="zz") == TOO_OLD
    assert await api.refusal("answerCallbackQuery") == TOO_OLD


async def test_the_oldest_queries_are_forgotten(api: Api, sandbox: Sandbox) -> None:
    sent = await api.call("sendMessage", chat_id=1, text="x")
    first, *_, last = [sandbox.press(1, 1, sent["message_id"], "x") for _ in range(1001)]
    assert await api.refusal("answerCallbackQuery", callback_query_id=first) == TOO_OLD
    assert await api.call("answerCallbackQuery", callback_query_id=last)


async def test_an_answer_has_200_characters(api: Api, sandbox: Sandbox) -> None:
    sent = await api.call("sendMessage", chat_id=1, text="x")
    query_id = sandbox.press(1, 1, sent["message_id"], "x")
    said = await api.refusal("answerCallbackQuery", callback_query_id=query_id, text="x" * 201)
    assert said == "Bad Request: MESSAGE_TOO_LONG"


async def test_actions_and_reactions(api: Api, sandbox: Sandbox) -> None:
    assert await api.call("sendChatAction", chat_id=GROUP_ID, message_thread_id=11, action="typing")
    assert (
        await api.refusal("sendChatAction", chat_id=1, action="x") == "Bad Request: wrong parameter action in request"
    )
    message = sandbox.message(1, 1, "x")
    thumb = [{"type": "emoji", "emoji": "👍"}]
    assert await api.call("setMessageReaction", chat_id=1, message_id=message.id, reaction=thumb)
    assert await api.refusal("setMessageReaction", chat_id=1, message_id=9) == "Bad Request: message to react not found"
    many = await api.refusal("setMessageReaction", chat_id=1, message_id=message.id, reaction=thumb * 2)
    assert many == "Bad Request: REACTIONS_TOO_MANY"


# ---- files -----------------------------------------------------------------------------------------


def form(part: str, data: bytes, **fields: str) -> aiohttp.FormData:
    body = aiohttp.FormData(quote_fields=False)
    for name, value in fields.items():
        body.add_field(name, value)
    body.add_field(part, io.BytesIO(data), filename="../sources.opml", content_type="text/x-opml")
    return body


@pytest.mark.parametrize(("part", "named"), [("document", {}), ("file0", {"document": "attach://file0"})])
async def test_a_document_goes_there_and_back(
    api: Api, session: aiohttp.ClientSession, sandbox: Sandbox, part: str, named: dict[str, str]
) -> None:
    data = form(part, b"<opml/>", chat_id="1", caption="<b>all</b>", parse_mode="HTML", **named)
    async with session.post(f"{api.base}/sendDocument", data=data) as reply:
        sent = (await reply.json())["result"]
    assert sent["document"]["file_name"] == "sources.opml"
    assert sent["caption_entities"] == [{"type": "bold", "offset": 0, "length": 3}]
    file = await api.call("getFile", file_id=sent["document"]["file_id"])
    async with session.get(f"{sandbox.api_url}/file/bot{sandbox.token}/{file['file_path']}") as reply:
        assert await reply.read() == b"<opml/>"
    again = await api.call("sendDocument", chat_id=2, document=file["file_id"])
    assert again["document"] == sent["document"]
    text = "Bad Request: there is no text in the message to edit"
    assert await api.refusal("editMessageText", chat_id=1, message_id=sent["message_id"], text="x") == text


async def test_files_refused(api: Api, session: aiohttp.ClientSession, sandbox: Sandbox) -> None:
    assert await api.refusal("sendDocument", chat_id=1) == "Bad Request: there is no document in the request"
    wrong = "Bad Request: wrong remote file identifier specified: Wrong string length"
    assert await api.refusal("sendDocument", chat_id=1, document="https://x.org/a") == wrong
    assert await api.refusal("getFile", file_id="x") == "Bad Request: invalid file_id"
    async with session.post(f"{api.base}/sendDocument", data=form("document", b"", chat_id="1")) as reply:
        assert (await reply.json())["description"] == "Bad Request: file must be non-empty"
    async with session.post(
        f"{api.base}/sendDocument", data=form("document", bytes(20 * 2**20 + 1), chat_id="1")
    ) as reply:
        assert (await reply.json())["error_code"] == 413
    long = form("document", b"x", chat_id="1", caption="x" * 1025)
    async with session.post(f"{api.base}/sendDocument", data=long) as reply:
        assert (await reply.json())["description"] == "Bad Request: message caption is too long"
    for token, status in (("9:X", 401), (sandbox.token, 404)):
        async with session.get(f"{sandbox.api_url}/file/bot{token}/documents/file_9.txt") as reply:
            assert reply.status == status


async def test_a_user_sends_a_document(api: Api, sandbox: Sandbox) -> None:
    sandbox.document(1, 1, "feeds.opml", b"<opml/>", "mine")
    [update] = await api.call("getUpdates")
    assert update["message"]["caption"] == "mine"
    assert (await api.call("getFile", file_id=update["message"]["document"]["file_id"]))["file_size"] == 7


async def test_old_files_make_room(sandbox: Sandbox) -> None:
    files = sandbox.world.files
    first = files.add("a", "x/y", bytes(60 * 2**20))
    second = files.add("b", "x/y", bytes(60 * 2**20))
    assert files.get(first.file_id) is None
    assert files.get(second.file_id) is not None


# ---- ways to send parameters -------------------------------------------------------------------------


async def test_every_way_to_send_parameters(api: Api, session: aiohttp.ClientSession, sandbox: Sandbox) -> None:
    given = {"chat_id": "1", "text": "5", "disable_notification": "true", "reply_markup": '{"inline_keyboard":[]}'}
    multipart = aiohttp.FormData(given, default_to_multipart=True)
    for request in (
        session.get(f"{api.base}/sendMessage", params=given),
        session.post(f"{api.base}/sendMessage", params=given),
        session.post(f"{api.base}/sendMessage", data=given),
        session.post(f"{api.base}/sendMessage", data=multipart),
        session.post(f"{api.base}/sendMessage", json=given | {"text": 5, "chat_id": 1, "disable_notification": True}),
    ):
        async with request as reply:
            assert (await reply.json())["ok"] is True
    typed = {"chat_id": 1, "text": "5", "disable_notification": True, "reply_markup": {"inline_keyboard": []}}
    assert [call["params"] for call in sandbox.calls] == [typed] * 5


@pytest.mark.parametrize(
    ("body", "content_type", "code"),
    [
        (b"{", "application/json", 400),
        (b"[1]", "application/json", 400),
        (b'{"chat_id": NaN}', "application/json", 400),
        (b"[" * 100_000, "application/json", 400),
        (b'{"chat_id": 1, "text": "x", "reply_markup": ' + b"[" * 900 + b"]" * 900 + b"}", "application/json", 400),
        (b'{"chat_id": ' + b"9" * 5000 + b"}", "application/json", 400),
        (b"\xff\xfe", "application/json", 400),
        (b"chat_id=1&text=%FF", "application/x-www-form-urlencoded", 400),
        (b"\xff", "application/x-www-form-urlencoded", 400),
        (b"x=1&" * 200, "application/x-www-form-urlencoded", 400),
        (b"x=" + b"x" * 2**20, "application/json", 413),
        (b"x=" + b"x" * 2**20, "application/x-www-form-urlencoded", 413),
        (b"no boundary", "multipart/form-data", 400),
        (b"no boundary", "multipart/form-data; boundary=x", 400),
        (b"--x\r\n\r\nno name\r\n--x--", "multipart/form-data; boundary=x", 400),
        (b'--x\r\nContent-Disposition: form-data; name="text"\r\n\r\ncut', "multipart/form-data; boundary=x", 400),
        (b"text", "text/plain", 400),
    ],
)
async def test_broken_bodies(
    api: Api, session: aiohttp.ClientSession, body: bytes, content_type: str, code: int
) -> None:
    async with session.post(
        f"{api.base}/sendMessage", data=io.BytesIO(body), headers={"Content-Type": content_type}
    ) as reply:
        assert (await reply.json())["error_code"] == code
