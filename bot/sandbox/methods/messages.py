"""Messages: send, copy, edit, delete."""

from typing import Any

from bot.sandbox.decode import Kind
from bot.sandbox.errors import bad_request
from bot.sandbox.keyboards import inline_keyboard
from bot.sandbox.methods.method import Method
from bot.sandbox.nouns import CHANNEL, PRIVATE, Chat, Json, Message
from bot.sandbox.sending import DELIVERY, marks, place, preview_of, reachable_chat, text_of
from bot.sandbox.shapes import chat_json, message_json, user_json
from bot.sandbox.world import World

MOST_AT_ONCE = 100
PRIVATE_DELETE_S = 48 * 3600
NOT_MODIFIED = (
    "message is not modified: specified new message content and reply markup are exactly the same as a current content "
    "and reply markup of the message"
)


def _send(world: World, params: Json) -> Json:
    to = place(world, params)
    parsed = text_of(world, params)
    sent = world.post(
        to.chat,
        world.bot,
        parsed.text,
        entities=parsed.entities,
        thread_id=to.thread_id,
        reply_to=to.reply_to,
        keyboard=inline_keyboard(params.get("reply_markup")),
        preview=preview_of(params),
        **marks(params),
    )
    return message_json(to.chat, sent)


def _again(world: World, params: Json, **changed: Any) -> Message:
    """The message that `params` name, sent once more by the bot."""
    source = _named(world.chat(params.get("from_chat_id")), params, "message to copy not found")
    to = place(world, params)
    content = {"entities": source.entities, "preview": source.preview, "document": source.document}
    return world.post(
        to.chat,
        world.bot,
        source.text,
        thread_id=to.thread_id,
        reply_to=to.reply_to,
        **(content | marks(params) | changed),
    )


def _copy(world: World, params: Json) -> Json:
    return {"message_id": _again(world, params, keyboard=inline_keyboard(params.get("reply_markup"))).id}


def _forward(world: World, params: Json) -> Json:
    chat = world.chat(params.get("from_chat_id"))
    origin = _origin(chat, _named(chat, params, "message to forward not found"))
    sent = _again(world, params, origin=origin)
    return message_json(world.chats[sent.chat_id], sent)


def _origin(chat: Chat, message: Message) -> Json:
    if chat.type == CHANNEL:
        return {"type": "channel", "date": message.date, "chat": chat_json(chat), "message_id": message.id}
    return {"type": "user", "date": message.date, "sender_user": user_json(message.author)}


def _named(chat: Chat, params: Json, why_not: str) -> Message:
    message_id = params.get("message_id")
    if message_id is None:
        raise bad_request("message identifier is not specified")
    if message_id not in chat.messages:
        raise bad_request(why_not)
    return chat.messages[message_id]


def _own(world: World, params: Json) -> Message:
    """The message to edit, which has to be the bot's."""
    chat = reachable_chat(world, params.get("chat_id"))
    message = _named(chat, params, "message to edit not found")
    if message.author != world.bot or message.origin:
        raise bad_request("message can't be edited")
    return message


def _edit_text(world: World, params: Json) -> Json:
    message = _own(world, params)
    if message.document:
        raise bad_request("there is no text in the message to edit")
    parsed = text_of(world, params)
    keyboard = inline_keyboard(params.get("reply_markup"))
    return _edited(
        world, message, text=parsed.text, entities=parsed.entities, keyboard=keyboard, preview=preview_of(params)
    )


def _edit_keyboard(world: World, params: Json) -> Json:
    return _edited(world, _own(world, params), keyboard=inline_keyboard(params.get("reply_markup")))


def _edited(world: World, message: Message, **changed: Any) -> Json:
    if all(getattr(message, name) == value for name, value in changed.items()):
        raise bad_request(NOT_MODIFIED)
    return message_json(world.chats[message.chat_id], world.edit(message, **changed))


def _delete(world: World, params: Json) -> bool:
    chat = reachable_chat(world, params.get("chat_id"))
    message = _named(chat, params, "message to delete not found")
    if not _may_go(world, chat, message):
        raise bad_request("message can't be deleted for everyone")
    world.delete(chat, [message.id])
    return True


def _may_go(world: World, chat: Chat, message: Message) -> bool:
    return chat.type != PRIVATE or world.time() - message.date < PRIVATE_DELETE_S


def _delete_many(world: World, params: Json) -> bool:
    chat = reachable_chat(world, params.get("chat_id"))
    ids = params.get("message_ids") or []
    if not ids or not all(isinstance(message_id, int) for message_id in ids):
        raise bad_request("message identifiers are not specified")
    if len(ids) > MOST_AT_ONCE:
        raise bad_request("too many message identifiers specified")
    known = [chat.messages[message_id] for message_id in dict.fromkeys(ids) if message_id in chat.messages]
    world.delete(chat, [message.id for message in known if _may_go(world, chat, message)])
    return True


_ONE = {"chat_id": Kind.CHAT, "message_id": Kind.INT}
_TEXT = {
    "text": Kind.TEXT,
    "parse_mode": Kind.TEXT,
    "entities": Kind.LIST,
    "link_preview_options": Kind.OBJECT,
}
_AGAIN = DELIVERY | {"from_chat_id": Kind.CHAT, "message_id": Kind.INT}

METHODS = (
    Method("sendMessage", _send, DELIVERY | _TEXT),
    Method("copyMessage", _copy, _AGAIN),
    Method("forwardMessage", _forward, _AGAIN),
    Method("editMessageText", _edit_text, _ONE | _TEXT | {"reply_markup": Kind.OBJECT, "inline_message_id": Kind.TEXT}),
    Method(
        "editMessageReplyMarkup", _edit_keyboard, _ONE | {"reply_markup": Kind.OBJECT, "inline_message_id": Kind.TEXT}
    ),
    Method("deleteMessage", _delete, _ONE),
    Method("deleteMessages", _delete_many, {"chat_id": Kind.CHAT, "message_ids": Kind.LIST}),
)
