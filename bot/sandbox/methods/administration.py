"""What the bot does to a chat, and taking leave of it or of the server."""

from bot.sandbox.decode import Kind
from bot.sandbox.errors import bad_request
from bot.sandbox.methods.method import Method
from bot.sandbox.nouns import PRIVATE, Json
from bot.sandbox.sending import reachable_chat
from bot.sandbox.world import World


def _leave(world: World, params: Json) -> bool:
    chat = reachable_chat(world, params.get("chat_id"))
    if chat.type == PRIVATE:
        raise bad_request("chat member status can't be changed in private chats")
    del chat.members[world.bot.id]
    chat.left, chat.silenced = True, False
    world.events.add("chat", {}, chat_id=chat.id)
    return True


def _pin(world: World, params: Json) -> bool:
    chat = reachable_chat(world, params.get("chat_id"))
    if params.get("message_id") not in chat.messages:
        raise bad_request("message to pin not found")
    chat.pinned_id = params["message_id"]
    return True


def _unpin(world: World, params: Json) -> bool:
    chat = reachable_chat(world, params.get("chat_id"))
    if chat.pinned_id is None or params.get("message_id", chat.pinned_id) != chat.pinned_id:
        raise bad_request("message to unpin not found")
    chat.pinned_id = None
    return True


def _goodbye(_: World, __: Json) -> bool:
    """The world is gone with the process: there is nothing to log out of or to close."""
    return True


_ONE = {"chat_id": Kind.CHAT, "message_id": Kind.INT}

METHODS = (
    Method("leaveChat", _leave, {"chat_id": Kind.CHAT}),
    Method("pinChatMessage", _pin, _ONE | {"disable_notification": Kind.FLAG}),
    Method("unpinChatMessage", _unpin, _ONE),
    Method("logOut", _goodbye),
    Method("close", _goodbye),
)
