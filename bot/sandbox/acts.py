"""What users do: they write, press buttons, send files, block the bot."""

from typing import Any

from bot.sandbox.entities import compose
from bot.sandbox.errors import Impossible
from bot.sandbox.nouns import CHANNEL, Chat, Message, User
from bot.sandbox.sending import MOST_TEXT_U16, may_post
from bot.sandbox.shapes import bot_standing_json, chat_json, message_json, user_json
from bot.sandbox.units import u16_len
from bot.sandbox.world import World

MOST_DATA_BYTES = 64


def write(
    world: World, user_id: int, chat_id: int, text: str, *, thread_id: int = 0, reply_to: int | None = None, **more: Any
) -> Message:
    """A user sends a message; `more` are fields of `Message`.

    Raises:
        Impossible: the user or chat is unknown, the user may not write there, or the text is empty or too long.
    """
    user, chat = who_and_where(world, user_id, chat_id)
    if not may_post(chat, user_id):
        raise Impossible("You blocked the bot." if chat.blocked else "You cannot write here.")
    if thread_id and thread_id not in chat.threads:
        raise Impossible("There is no such topic.")
    if thread_id in chat.closed and not chat.is_admin(user_id):
        raise Impossible("This topic is closed.")
    parsed = compose(text, (), lambda _: None)
    if not parsed.text and "document" not in more:
        raise Impossible("The message is empty.")
    if u16_len(parsed.text) > MOST_TEXT_U16:
        raise Impossible(f"A message holds at most {MOST_TEXT_U16} characters.")
    replied = reply_to if reply_to in chat.messages else None
    message = world.post(
        chat, user, parsed.text, entities=parsed.entities, thread_id=thread_id, reply_to=replied, **more
    )
    if world.bot.id in chat.members:
        kind = "channel_post" if chat.type == CHANNEL else "message"
        world.updates.add(kind, message_json(chat, message))
    return message


def send_file(world: World, user_id: int, chat_id: int, name: str, data: bytes, caption: str = "") -> Message:
    """A user sends a document.

    Raises:
        Impossible: as for `write`.
    """
    document = world.files.add(name, "application/octet-stream", data)
    return write(world, user_id, chat_id, caption, document=document)


def press(world: World, user_id: int, chat_id: int, message_id: int, data: str) -> str:
    """A user presses an inline button, or a forged client pretends to; returns the query id.

    Raises:
        Impossible: there is no such message for this user, or the data is not 1 to 64 bytes.
    """
    user, chat = who_and_where(world, user_id, chat_id)
    message = chat.messages.get(message_id)
    if message is None:
        raise Impossible("That message is gone.")
    if not 1 <= len(data.encode()) <= MOST_DATA_BYTES:
        raise Impossible("That button has no data.")
    query_id = world.ask(user_id)
    query = {"id": query_id, "from": user_json(user), "message": message_json(chat, message)}
    world.updates.add("callback_query", query | {"chat_instance": str(abs(chat.id)), "data": data})
    return query_id


def set_blocked(world: World, user_id: int, *, blocked: bool) -> None:
    """A user blocks or unblocks the bot in the private chat.

    Raises:
        Impossible: the user is unknown.
    """
    user, chat = who_and_where(world, user_id, user_id)
    if chat.deactivated:
        raise Impossible("This account is deleted.")
    if chat.blocked == blocked:
        return
    chat.blocked = blocked
    old, new = (bot_standing_json(world.bot, welcome=welcome) for welcome in (blocked, not blocked))
    change = {"chat": chat_json(chat), "from": user_json(user), "date": world.time()}
    world.updates.add("my_chat_member", change | {"old_chat_member": old, "new_chat_member": new})
    world.events.add("chat", {}, chat_id=chat.id)


def who_and_where(world: World, user_id: int, chat_id: int) -> tuple[User, Chat]:
    """A user and a chat that the user sees.

    Raises:
        Impossible: there is no such user, or no such chat for them.
    """
    user = world.users.get(user_id)
    if user is None or user.is_bot:
        raise Impossible("There is no such user.")
    if not world.sees(user_id, chat_id):
        raise Impossible("There is no such chat.")
    return user, world.chats[chat_id]
