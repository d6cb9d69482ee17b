"""What becomes of chats and of the bot in them: kicked, silenced, deleted, closed topics, a group that migrates."""

from collections.abc import Callable
from itertools import count
from typing import Any

from bot.sandbox.errors import Impossible
from bot.sandbox.nouns import CHANNEL, GROUP, PRIVATE, SUPERGROUP, Chat, Json, Message, User
from bot.sandbox.shapes import chat_json, message_json, standing_json, user_json
from bot.sandbox.world import ADA, World

_GROUP_IDS = -4_000
_SUPERGROUP_IDS = -1_002_000_000_000


def add_group(world: World, title: str) -> Chat:
    """A new basic group with every user and the bot in it; Ada owns it."""
    chat_id = min([_GROUP_IDS, *(chat.id for chat in world.chats.values() if chat.type == GROUP)]) - 1
    chat = Chat(chat_id, GROUP, title, world.shared_ids, dict(world.users), ADA.id)
    world.chats[chat.id] = chat
    world.events.add("reload", {})
    return chat


def set_present(world: World, chat_id: int, *, present: bool) -> None:
    """The owner throws the bot out of a group or channel, or takes it in again as an administrator.

    Raises:
        Impossible: there is no such group or channel.
    """
    chat = _shared(world, chat_id)
    if present == (world.bot.id in chat.members):
        return

    def change() -> None:
        if present:
            chat.members[world.bot.id] = world.bot
        else:
            del chat.members[world.bot.id]
        # Telegram bans whom it throws out of a group, and only takes out of a channel
        chat.kicked, chat.left = not present and chat.type != CHANNEL, not present and chat.type == CHANNEL
        chat.silenced = False

    _standing(world, chat, change)


def set_silenced(world: World, chat_id: int, *, silenced: bool) -> None:
    """The owner takes the bot's right to post, or gives it back.

    Raises:
        Impossible: there is no such group or channel, or the bot is not in it.
    """
    chat = _shared(world, chat_id)
    if world.bot.id not in chat.members:
        raise Impossible("The bot is not in this chat.")
    if chat.silenced != silenced:
        _standing(world, chat, lambda: setattr(chat, "silenced", silenced))


def _standing(world: World, chat: Chat, change: Callable[[], None]) -> None:
    """Change what the bot is in a chat, and tell it; a single right that goes or comes in a channel is not told."""
    old = standing_json(chat, world.bot)
    change()
    new = standing_json(chat, world.bot)
    about: Json = {"chat": chat_json(chat), "from": user_json(_owner(world, chat)), "date": world.time()}
    if old != new:
        world.updates.add("my_chat_member", about | {"old_chat_member": old, "new_chat_member": new})
    world.events.add("chat", {}, chat_id=chat.id)


def deactivate(world: World, user_id: int) -> None:
    """A user deletes the account; Telegram does not tell the bot.

    Raises:
        Impossible: there is no such user.
    """
    chat = world.chats.get(user_id)
    if chat is None or chat.type != PRIVATE:
        raise Impossible("There is no such user.")
    chat.deactivated = True
    world.events.add("chat", {}, chat_id=chat.id)


def delete_chat(world: World, chat_id: int) -> None:
    """A chat is gone; Telegram does not tell the bot.

    Raises:
        Impossible: there is no such chat.
    """
    chat = world.chats.get(chat_id)
    if chat is None:
        raise Impossible("There is no such chat.")
    chat.gone = True
    world.events.add("reload", {})


# ---- topics -----------------------------------------------------------------------------------


def set_closed(world: World, chat_id: int, thread_id: int, *, closed: bool) -> None:
    """Close a forum's topic to the bot and to members, or open it again; thread 0 is General.

    Raises:
        Impossible: there is no such topic.
    """
    chat = _topic(world, chat_id, thread_id)
    if closed == (thread_id in chat.closed):
        return
    (chat.closed.add if closed else chat.closed.remove)(thread_id)
    _tell(world, chat, "forum_topic_closed" if closed else "forum_topic_reopened", {}, thread_id=thread_id)
    world.events.add("chat", {}, chat_id=chat.id)


def delete_topic(world: World, chat_id: int, thread_id: int) -> None:
    """A forum's topic is gone, and what was said in it; Telegram does not tell the bot.

    Raises:
        Impossible: there is no such topic, or it is General.
    """
    chat = _topic(world, chat_id, thread_id)
    if not thread_id:
        raise Impossible("General cannot be deleted.")
    del chat.threads[thread_id]
    chat.closed.discard(thread_id)
    world.delete(chat, [message.id for message in chat.messages.values() if message.thread_id == thread_id])
    world.events.add("chat", {}, chat_id=chat.id)


# ---- migration --------------------------------------------------------------------------------


def migrate(world: World, chat_id: int) -> Chat:
    """A basic group becomes a supergroup with an id and message ids of its own; the bot is told on both sides.

    Raises:
        Impossible: there is no such basic group.
    """
    old = _shared(world, chat_id)
    if old.type != GROUP:
        raise Impossible("Only a basic group can become a supergroup.")
    new = Chat(_SUPERGROUP_IDS + old.id, SUPERGROUP, old.title, count(world.id_start), dict(old.members), old.owner_id)
    new.kicked, new.left, new.silenced = old.kicked, old.left, old.silenced
    world.chats[new.id] = new
    _tell(world, old, "migrate_to_chat_id", new.id)
    _tell(world, new, "migrate_from_chat_id", old.id)
    old.migrated_to = new.id
    world.events.add("reload", {})
    return new


def _tell(world: World, chat: Chat, what: str, value: Any, **more: Any) -> Message:
    """A service message, and an update if the bot is there to hear of it."""
    said = world.post(chat, _owner(world, chat), "", service={what: value}, **more)
    if world.bot.id in chat.members:
        world.updates.add("message", message_json(chat, said))
    return said


def _owner(world: World, chat: Chat) -> User:
    return world.users[chat.owner_id or ADA.id]


def _shared(world: World, chat_id: int) -> Chat:
    chat = world.chats.get(chat_id)
    if chat is None or chat.type == PRIVATE or chat.is_over:
        raise Impossible("There is no such group or channel.")
    return chat


def _topic(world: World, chat_id: int, thread_id: int) -> Chat:
    chat = _shared(world, chat_id)
    if not chat.is_forum or (thread_id and thread_id not in chat.threads):
        raise Impossible("There is no such topic.")
    return chat
