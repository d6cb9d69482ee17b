"""Chats that change: accounts and chats that go, the bot thrown out or silenced, topics closed, groups that migrate."""

from typing import Any

import pytest
import telegram

from bot.sandbox.errors import Impossible
from bot.sandbox.server import Sandbox
from bot.sandbox.world import CHANNEL_ID, GROUP_ID
from tests.sandbox.conftest import Api
from tests.sandbox.test_sandbox_clients import aiogram_bot

NOT_MODIFIED = "Bad Request: message is not modified"
NOT_FOUND = "Bad Request: message to edit not found"
NOT_OURS = "Bad Request: message can't be edited"


async def refused(api: Api, chat_id: int, **more: Any) -> str:
    said = await api.refusal("sendMessage", chat_id=chat_id, text="x", **more)
    assert not any(message.get("text") == "x" for message in api.sandbox.messages(chat_id))
    return said


async def standings(api: Api) -> list[tuple[str, str]]:
    changes = [update["my_chat_member"] for update in await api.call("getUpdates") if "my_chat_member" in update]
    return [(change["old_chat_member"]["status"], change["new_chat_member"]["status"]) for change in changes]


# ---- accounts and chats that go --------------------------------------------------------------------


async def test_a_deleted_account(api: Api, sandbox: Sandbox) -> None:
    sandbox.deactivate(2)
    answer = await api.answer("sendMessage", chat_id=2, text="x")
    assert answer == {"ok": False, "error_code": 403, "description": "Forbidden: user is deactivated"}
    assert await standings(api) == []
    for act in (lambda: sandbox.message(2, 2, "x"), lambda: sandbox.block(2), lambda: sandbox.deactivate(GROUP_ID)):
        with pytest.raises(Impossible):
            act()
    sandbox.add_user(2, "Omar")
    await api.call("sendMessage", chat_id=2, text="x")


@pytest.mark.parametrize("chat_id", [2, GROUP_ID, CHANNEL_ID])
async def test_a_deleted_chat(api: Api, sandbox: Sandbox, chat_id: int) -> None:
    sandbox.delete_chat(chat_id)
    assert await refused(api, chat_id) == "Bad Request: chat not found"
    with pytest.raises(Impossible):
        sandbox.message(2, chat_id, "x")
    with pytest.raises(Impossible):
        sandbox.delete_chat(77)


# ---- thrown out, silenced --------------------------------------------------------------------------


async def test_thrown_out_of_a_group_and_taken_in_again(api: Api, sandbox: Sandbox) -> None:
    sent = await api.call("sendMessage", chat_id=GROUP_ID, text="before")
    sandbox.kick(GROUP_ID)
    sandbox.kick(GROUP_ID)
    assert await refused(api, GROUP_ID) == "Forbidden: bot was kicked from the supergroup chat"
    for method, more in (
        ("editMessageText", {"message_id": sent["message_id"], "text": "y"}),
        ("getChatMember", {"user_id": 1}),
        ("sendChatAction", {"action": "typing"}),
    ):
        assert (await api.answer(method, chat_id=GROUP_ID, **more))["error_code"] == 403
    sandbox.message(2, GROUP_ID, "unheard")
    sandbox.add_bot(GROUP_ID)
    assert await standings(api) == [("member", "kicked"), ("kicked", "member")]
    assert not any("message" in update for update in await api.call("getUpdates"))
    assert (await api.call("sendMessage", chat_id=GROUP_ID, text="x"))["text"] == "x"


async def test_taken_out_of_a_channel(api: Api, sandbox: Sandbox) -> None:
    sandbox.kick(CHANNEL_ID)
    assert await refused(api, CHANNEL_ID) == "Forbidden: bot is not a member of the channel chat"
    sandbox.add_bot(CHANNEL_ID)
    assert await standings(api) == [("member", "left"), ("left", "member")]


async def test_who_left_can_be_taken_in_again(api: Api, sandbox: Sandbox) -> None:
    await api.call("leaveChat", chat_id=GROUP_ID)
    sandbox.add_bot(GROUP_ID)
    await api.call("sendMessage", chat_id=GROUP_ID, text="x")


async def test_no_right_to_post_in_a_channel(api: Api, sandbox: Sandbox) -> None:
    sandbox.silence(CHANNEL_ID)
    assert await refused(api, CHANNEL_ID) == "Bad Request: need administrator rights in the channel chat"
    own = await api.call("getChatMember", chat_id=CHANNEL_ID, user_id=42)
    assert (own["status"], own["can_post_messages"], own["can_edit_messages"]) == ("administrator", False, True)
    sandbox.unsilence(CHANNEL_ID)
    await api.call("sendMessage", chat_id=CHANNEL_ID, text="x")
    assert await standings(api) == []


async def test_no_right_to_post_in_a_group(api: Api, sandbox: Sandbox) -> None:
    sandbox.silence(GROUP_ID)
    assert await refused(api, GROUP_ID) == "Bad Request: not enough rights to send text messages to the chat"
    said = await api.refusal("sendDocument", chat_id=GROUP_ID, document="x")
    assert said == "Bad Request: not enough rights to send documents to the chat"
    assert (await api.call("getChatMember", chat_id=GROUP_ID, user_id=42))["status"] == "restricted"
    admins = await api.call("getChatAdministrators", chat_id=GROUP_ID, return_bots=True)
    assert [admin["user"]["id"] for admin in admins] == [1]
    sandbox.unsilence(GROUP_ID)
    await api.call("sendMessage", chat_id=GROUP_ID, text="x")
    assert await standings(api) == [("member", "restricted"), ("restricted", "member")]


def test_what_cannot_become_of_chats(sandbox: Sandbox) -> None:
    sandbox.kick(CHANNEL_ID)
    for act in (
        lambda: sandbox.kick(1),
        lambda: sandbox.add_bot(77),
        lambda: sandbox.silence(CHANNEL_ID),
        lambda: sandbox.migrate(GROUP_ID),
        lambda: sandbox.close_topic(GROUP_ID, 13),
        lambda: sandbox.close_topic(CHANNEL_ID, 0),
        lambda: sandbox.delete_topic(GROUP_ID, 0),
    ):
        with pytest.raises(Impossible):
            act()


# ---- topics ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("thread_id", [0, 11])
async def test_a_closed_topic(api: Api, sandbox: Sandbox, thread_id: int) -> None:
    where = {"message_thread_id": thread_id} if thread_id else {}
    sandbox.close_topic(GROUP_ID, thread_id)
    sandbox.close_topic(GROUP_ID, thread_id)
    assert await refused(api, GROUP_ID, **where) == "Bad Request: TOPIC_CLOSED"
    await api.call("sendMessage", chat_id=GROUP_ID, text="elsewhere", message_thread_id=12)
    with pytest.raises(Impossible, match="closed"):
        sandbox.message(2, GROUP_ID, "x", thread_id)
    assert sandbox.message(1, GROUP_ID, "the owner may", thread_id)
    sandbox.reopen_topic(GROUP_ID, thread_id)
    await api.call("sendMessage", chat_id=GROUP_ID, text="x", **where)
    told = [update["message"] for update in await api.call("getUpdates")]
    assert "forum_topic_closed" in told[0]
    assert "forum_topic_reopened" in told[-1]
    assert told[0].get("message_thread_id", 0) == thread_id


async def test_a_deleted_topic(api: Api, sandbox: Sandbox) -> None:
    sent = await api.call("sendMessage", chat_id=GROUP_ID, text="old", message_thread_id=11)
    for thread_id in (11, 12):
        sandbox.delete_topic(GROUP_ID, thread_id)
        said = await refused(api, GROUP_ID, message_thread_id=thread_id)
        assert said == "Bad Request: message thread not found"
    target = {"chat_id": GROUP_ID, "message_id": sent["message_id"]}
    assert await api.refusal("editMessageText", **target, text="y") == NOT_FOUND
    assert (await api.call("getChat", chat_id=GROUP_ID))["is_forum"] is True


# ---- migration -------------------------------------------------------------------------------------


async def test_a_basic_group_becomes_a_supergroup(api: Api, sandbox: Sandbox) -> None:
    old = sandbox.add_group("Crew")
    assert (await api.call("getChat", chat_id=old))["type"] == "group"
    await api.call("sendMessage", chat_id=old, text="before")
    new = sandbox.migrate(old)
    answer = await api.answer("sendMessage", chat_id=old, text="x")
    assert answer == {
        "ok": False,
        "error_code": 400,
        "description": "Bad Request: group chat was upgraded to a supergroup chat",
        "parameters": {"migrate_to_chat_id": new},
    }
    there, here = [update["message"] for update in await api.call("getUpdates")]
    assert (there["chat"]["id"], there["migrate_to_chat_id"]) == (old, new)
    assert (here["chat"]["id"], here["migrate_from_chat_id"], here["message_id"]) == (new, old, 1)
    assert (await api.call("sendMessage", chat_id=new, text="after"))["message_id"] == 2
    assert (await api.call("getChat", chat_id=new))["type"] == "supergroup"
    sandbox.message(2, new, "hello")
    with pytest.raises(Impossible):
        sandbox.message(2, old, "x")
    with pytest.raises(Impossible):
        sandbox.migrate(old)


async def test_kicked_from_a_basic_group(api: Api, sandbox: Sandbox) -> None:
    one, other = sandbox.add_group("Crew"), sandbox.add_group("Deck")
    assert one != other
    sandbox.kick(one)
    assert await refused(api, one) == "Forbidden: bot was kicked from the group chat"
    assert await standings(api) == [("member", "kicked")]
    sandbox.migrate(one)
    assert await api.call("getUpdates", offset=-1, timeout=0)
    assert not any("message" in update for update in await api.call("getUpdates"))


async def test_clients_understand(sandbox: Sandbox) -> None:
    from aiogram import types as aio  # not above: it takes seconds
    from aiogram.exceptions import TelegramForbiddenError, TelegramMigrateToChat

    old = sandbox.add_group("Crew")
    new = sandbox.migrate(old)
    sandbox.kick(GROUP_ID)
    sandbox.silence(new)
    sandbox.close_topic(GROUP_ID, 11)
    async with aiogram_bot(sandbox) as bot:
        with pytest.raises(TelegramMigrateToChat) as moved:
            await bot.send_message(old, "x")
        assert moved.value.migrate_to_chat_id == new
        with pytest.raises(TelegramForbiddenError):
            await bot.send_message(GROUP_ID, "x")
        changes = [update.my_chat_member for update in await bot.get_updates() if update.my_chat_member]
        assert [type(change.new_chat_member) for change in changes] == [
            aio.ChatMemberBanned,
            aio.ChatMemberRestricted,
        ]
    base = f"{sandbox.api_url}/bot"
    async with telegram.Bot(sandbox.token, base_url=base) as ptb:
        with pytest.raises(telegram.error.ChatMigrated) as migrated:
            await ptb.send_message(old, "x")
        assert migrated.value.new_chat_id == new
        updates = await ptb.get_updates(allowed_updates=telegram.Update.ALL_TYPES)
        assert next(update.message for update in updates if update.message).migrate_to_chat_id == new


# ---- ids and edits ---------------------------------------------------------------------------------


async def test_one_counter_for_private_chats_and_basic_groups_together(api: Api, sandbox: Sandbox) -> None:
    group = sandbox.add_group("Crew")
    ids = [(await api.call("sendMessage", chat_id=chat_id, text="x"))["message_id"] for chat_id in (1, 2, group, 1)]
    ids += [sandbox.message(2, 2, "in").id, sandbox.message(2, group, "in").id]
    assert ids == [1, 2, 3, 4, 5, 6]
    for chat_id in (GROUP_ID, CHANNEL_ID):
        sent = [await api.call("sendMessage", chat_id=chat_id, text="x") for _ in range(2)]
        assert [message["message_id"] for message in sent] == [1, 2]
    assert (await api.call("sendMessage", chat_id=2, text="x"))["message_id"] == 7


async def test_a_refused_message_takes_no_id(api: Api, sandbox: Sandbox) -> None:
    await api.refusal("sendMessage", chat_id=1, text="")
    assert (await api.call("sendMessage", chat_id=1, text="x"))["message_id"] == 1


async def test_an_edit_tells_whether_a_message_arrived(api: Api, sandbox: Sandbox) -> None:
    group = sandbox.add_group("Crew")
    sandbox.drop_next("sendMessage")
    with pytest.raises(Exception, match="disconnected"):
        await api.answer("sendMessage", chat_id=1, text="in doubt")
    await api.call("sendMessage", chat_id=group, text="other chat")
    sandbox.message(1, 1, "theirs")
    said = [await api.refusal("editMessageReplyMarkup", chat_id=1, message_id=number) for number in (1, 2, 3, 4)]
    assert [":".join(why.split(":")[:2]) for why in said] == [NOT_MODIFIED, NOT_FOUND, NOT_OURS, NOT_FOUND]
    assert (await api.refusal("editMessageText", chat_id=1, message_id=1, text="in doubt")).startswith(NOT_MODIFIED)
    assert (await api.call("editMessageText", chat_id=1, message_id=1, text="changed"))["text"] == "changed"


async def test_forwards_and_service_messages_cannot_be_edited(api: Api, sandbox: Sandbox) -> None:
    await api.call("sendMessage", chat_id=1, text="x")
    await api.call("forwardMessage", chat_id=1, from_chat_id=1, message_id=1)
    assert await api.refusal("editMessageText", chat_id=1, message_id=2, text="y") == NOT_OURS
    sandbox.close_topic(GROUP_ID, 11)
    assert await api.refusal("editMessageText", chat_id=GROUP_ID, message_id=1, text="y") == NOT_OURS
