"""What the chat page shows: users, chats, messages and events as the page's script reads them."""

from collections.abc import Iterator
from urllib.parse import quote

from bot.sandbox.events import Event
from bot.sandbox.links import checked_link
from bot.sandbox.nouns import CHANNEL, PRIVATE, Chat, Json, Message, User
from bot.sandbox.sending import may_post
from bot.sandbox.units import u16_offsets
from bot.sandbox.world import ADA, World

MOST_SHOWN = 200
MOST_QUOTED_CHARS = 120
GENERAL = "General"


def state_json(world: World, user: User) -> Json:
    """Everything that a user sees; `event_id` names the newest event that is part of it."""
    people = [person_json(person) for person in world.users.values() if not person.is_bot]
    bot = {"id": world.bot.id, "name": world.bot.name, "username": world.bot.username}
    chats = [_full_chat_json(world, chat, user.id) for chat in world.chats_of(user.id)]
    return {
        "user": person_json(user),
        "users": people,
        "bot": bot,
        "chats": chats,
        "event_id": world.events.mark(world.events.newest_id),
    }


def person_json(user: User) -> Json:
    """A user and what they are to the service."""
    return {"id": user.id, "name": user.name, "role": "admin" if user.id == ADA.id else "member"}


def _full_chat_json(world: World, chat: Chat, user_id: int) -> Json:
    newest = list(chat.messages.values())[-MOST_SHOWN:]
    return chat_json(world, chat, user_id) | {"messages": [message_json(chat, message) for message in newest]}


def chat_json(world: World, chat: Chat, user_id: int) -> Json:
    """A chat as one user sees it, without its messages."""
    buttons = world.profile.menu_buttons
    button = buttons.get(chat.id) or buttons.get(0) or {} if chat.type == PRIVATE else {}
    return {
        "id": chat.id,
        "type": chat.type,
        "title": world.bot.name if chat.type == PRIVATE else chat.title,
        "is_forum": chat.is_forum,
        "can_write": may_post(chat, user_id),
        "topics": _topics_json(chat),
        "commands": world.commands.seen_by(chat, user_id),
        "menu_button": "commands" if button.get("type") == "commands" else "default",
        "blocked": chat.blocked,
        "bot_present": world.bot.id in chat.members,
    }


def _topics_json(chat: Chat) -> list[Json]:
    """A forum's threads; the first stands for messages outside all threads."""
    named = {0: GENERAL, **chat.threads} if chat.is_forum else {}
    return [{"thread_id": number, "name": name, "closed": number in chat.closed} for number, name in named.items()]


def message_json(chat: Chat, message: Message) -> Json:
    """A message."""
    return {
        "chat_id": chat.id,
        "thread_id": message.thread_id,
        "id": message.id,
        "from": _author_json(chat, message),
        "date": message.date,
        "edited": message.edited_at is not None,
        "text": message.text,
        "entities": [_entity_json(entity) for entity in message.entities],
        "reply_to": _reply_json(chat, message),
        "silent": message.silent,
        "keyboard": list(_rows(message)),
        "preview": _preview_json(message),
        "document": _document_json(message),
        "service": _service_text(message),
    }


def _service_text(message: Message) -> str | None:
    """What Telegram's clients write for a service message, None for all others."""
    said = {
        "forum_topic_closed": f"{message.author.name} closed the topic",
        "forum_topic_reopened": f"{message.author.name} reopened the topic",
        "migrate_to_chat_id": "The group was upgraded to a supergroup",
        "migrate_from_chat_id": "The group was upgraded to a supergroup",
    }
    return next((said[field] for field in message.service or ()), None)


def _author_json(chat: Chat, message: Message) -> Json:
    if chat.type == CHANNEL:
        return {"id": chat.id, "name": chat.title, "is_bot": False}
    return {"id": message.author.id, "name": message.author.name, "is_bot": message.author.is_bot}


def _entity_json(entity: Json) -> Json:
    return {name: entity[name] for name in ("type", "offset", "length", "url", "language") if name in entity}


def _reply_json(chat: Chat, message: Message) -> Json | None:
    replied = chat.messages.get(message.reply_to or 0)
    if replied is None:
        return None
    text = replied.text or (replied.document.name if replied.document else "")
    return {"id": replied.id, "name": _author_json(chat, replied)["name"], "text": text[:MOST_QUOTED_CHARS]}


def _rows(message: Message) -> Iterator[list[Json]]:
    for row in (message.keyboard or {}).get("inline_keyboard", ()):
        yield [_button_json(button) for button in row]


def _button_json(button: Json) -> Json:
    shown = {"text": button["text"], "data": button.get("callback_data"), "url": button.get("url")}
    return {name: value for name, value in shown.items() if value is not None}


def _preview_json(message: Message) -> Json | None:
    options = message.preview or {}
    url = options.get("url") or _first_link(message)
    if options.get("is_disabled") or message.document or not url:
        return None
    return {
        "url": url,
        "small": options.get("prefer_small_media", False),
        "above": options.get("show_above_text", False),
    }


def _first_link(message: Message) -> str | None:
    """The address that Telegram would preview when nothing is said about it."""
    places = {offset: at for at, offset in enumerate(u16_offsets(message.text))}
    for entity in message.entities:
        if entity["type"] == "text_link" and entity["url"].startswith("http"):
            return str(entity["url"])
        if entity["type"] == "url":
            start = entity["offset"]
            return checked_link(message.text[places[start] : places[start + entity["length"]]])
    return None


def _document_json(message: Message) -> Json | None:
    document = message.document
    if document is None:
        return None
    return {"name": document.name, "size": document.size_bytes, "url": f"/page/file/{quote(document.file_id)}"}


# ---- events -----------------------------------------------------------------------------------


def event_json(world: World, event: Event, user_id: int) -> Json | None:
    """An event as one user sees it, None if it is not for them."""
    if event.user_id not in (None, user_id) or (event.chat_id and not world.sees(user_id, event.chat_id)):
        return None
    if isinstance(event.body, Message):
        return {"kind": event.kind, "message": message_json(world.chats[event.body.chat_id], event.body)}
    if event.kind == "commands":
        menus = {str(chat.id): world.commands.seen_by(chat, user_id) for chat in world.chats_of(user_id)}
        return {"kind": "commands", "chats": menus}
    if event.kind == "chat" and event.chat_id:
        return {"kind": "chat"} | chat_json(world, world.chats[event.chat_id], user_id)
    return {"kind": event.kind} | event.body
