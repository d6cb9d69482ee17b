"""What the bot may know of a chat and its members."""

from bot.sandbox.decode import Kind
from bot.sandbox.errors import bad_request
from bot.sandbox.methods.method import Method
from bot.sandbox.nouns import PRIVATE, Json
from bot.sandbox.sending import reachable_chat
from bot.sandbox.shapes import full_chat_json, member_json
from bot.sandbox.world import World


def _get(world: World, params: Json) -> Json:
    return full_chat_json(world.chat(params.get("chat_id")))


def _member(world: World, params: Json) -> Json:
    chat = reachable_chat(world, params.get("chat_id"))
    user = world.users.get(params.get("user_id", 0))
    if user is None:
        raise bad_request("user not found" if params.get("user_id") else "invalid user_id specified")
    return member_json(chat, user)


def _administrators(world: World, params: Json) -> list[Json]:
    """All bots are left out unless `return_bots`; Telegram would list the asking one always.

    Its rights are the one object on which Bot API 10.2 and 10.3 contradict each other: 10.3 demands a field that 10.2
    does not know. Left out, the list can be read by clients of both.
    """
    chat = reachable_chat(world, params.get("chat_id"))
    if chat.type == PRIVATE:
        raise bad_request("there are no administrators in the private chat")
    with_bots = params.get("return_bots", False)
    return [
        member_json(chat, user)
        for user in chat.members.values()
        if chat.is_admin(user.id) and (with_bots or not user.is_bot)
    ]


def _count(world: World, params: Json) -> int:
    return len(reachable_chat(world, params.get("chat_id")).members)


_CHAT = {"chat_id": Kind.CHAT}

METHODS = (
    Method("getChat", _get, _CHAT),
    Method("getChatMember", _member, _CHAT | {"user_id": Kind.INT}),
    Method("getChatAdministrators", _administrators, _CHAT | {"return_bots": Kind.FLAG}),
    Method("getChatMemberCount", _count, _CHAT),
)
