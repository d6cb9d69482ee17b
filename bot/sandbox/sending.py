"""What all methods that send or edit have in common: where to, which text, answering what."""

from dataclasses import dataclass
from typing import Any

from bot.sandbox.decode import Kind, fields
from bot.sandbox.entities import CODE, QUOTES, STYLES, Text, compose
from bot.sandbox.errors import ApiError, bad_request, forbidden
from bot.sandbox.links import checked_link
from bot.sandbox.markup import parse_html
from bot.sandbox.nouns import CHANNEL, PRIVATE, Chat, Json, Message
from bot.sandbox.shapes import user_json
from bot.sandbox.spans import Span
from bot.sandbox.units import u16_len, u16_offsets
from bot.sandbox.world import World

MOST_TEXT_U16 = 4096
MOST_CAPTION_U16 = 1024
MOST_RAW_BYTES = 32 * 1024

TARGET = {"chat_id": Kind.CHAT, "message_thread_id": Kind.INT}
DELIVERY = TARGET | {
    "disable_notification": Kind.FLAG,
    "protect_content": Kind.FLAG,
    "allow_paid_broadcast": Kind.FLAG,
    "message_effect_id": Kind.TEXT,
    "business_connection_id": Kind.TEXT,
    "reply_parameters": Kind.OBJECT,
    "reply_markup": Kind.OBJECT,
}
_PREVIEW = {
    "is_disabled": Kind.FLAG,
    "url": Kind.TEXT,
    "prefer_small_media": Kind.FLAG,
    "prefer_large_media": Kind.FLAG,
    "show_above_text": Kind.FLAG,
}
_REPLY = {"message_id": Kind.INT, "chat_id": Kind.CHAT, "allow_sending_without_reply": Kind.FLAG}
_ENTITY = {"type": Kind.TEXT, "offset": Kind.INT, "length": Kind.INT, "url": Kind.TEXT, "language": Kind.TEXT}
_KEPT_KINDS = frozenset({*STYLES, *QUOTES, *CODE, "text_link"})


@dataclass(frozen=True, slots=True)
class Place:
    """Where a message goes and which message it answers."""

    chat: Chat
    thread_id: int
    reply_to: int | None


def reachable_chat(world: World, ref: int | str | None) -> Chat:
    """The chat, if the bot may write to it.

    Raises:
        ApiError: it does not exist, has become another, its user blocked the bot or is gone, or the bot is not in it.
    """
    chat = world.chat(ref)
    if chat.migrated_to:
        where = {"migrate_to_chat_id": chat.migrated_to}
        raise ApiError(400, "Bad Request: group chat was upgraded to a supergroup chat", where)
    if chat.deactivated:
        raise forbidden("user is deactivated")
    if chat.blocked:
        raise forbidden("bot was blocked by the user")
    if chat.kicked:
        raise forbidden(f"bot was kicked from the {chat.type} chat")
    if chat.left:
        raise forbidden(f"bot is not a member of the {chat.type} chat")
    return chat


def place(world: World, params: Json, what: str = "text messages") -> Place:
    """Where `params` send to; `what` they send is named when it is refused.

    Raises:
        ApiError: the bot may not write there, there is no such thread, or nothing to answer.
    """
    chat = reachable_chat(world, params.get("chat_id"))
    if chat.silenced:
        channel = "need administrator rights in the channel chat"
        raise bad_request(channel if chat.type == CHANNEL else f"not enough rights to send {what} to the chat")
    thread_id = params.get("message_thread_id") or 0
    if thread_id and thread_id not in chat.threads:
        raise bad_request("message thread not found")
    replied = _replied(chat, params.get("reply_parameters"))
    if replied and not thread_id:
        thread_id = replied.thread_id
    if thread_id in chat.closed:
        raise bad_request("TOPIC_CLOSED")
    return Place(chat, thread_id, replied.id if replied else None)


def _replied(chat: Chat, raw: Json | None) -> Message | None:
    reply = fields("reply_parameters", raw or {}, _REPLY)
    found = chat.messages.get(reply.get("message_id", 0))
    elsewhere = reply.get("chat_id", chat.id) != chat.id
    if reply and (not found or elsewhere) and not reply.get("allow_sending_without_reply"):
        raise bad_request("message to be replied not found")
    return None if elsewhere else found


def marks(params: Json) -> dict[str, Any]:
    """Fields of a `Message` that are flags of the request."""
    return {"silent": params.get("disable_notification", False), "protected": params.get("protect_content", False)}


def text_of(world: World, params: Json, *, caption: bool = False) -> Text:
    """The parsed text or caption of a request.

    Raises:
        ApiError: the text is empty, too long after parsing, or its markup cannot be read.
    """
    raw = params.get("caption" if caption else "text", "")
    if len(raw.encode()) > MOST_RAW_BYTES:
        raise _too_long(caption=caption)
    mode = (params.get("parse_mode") or "").lower()
    if mode not in ("", "html"):
        raise bad_request("unsupported parse_mode")
    given = params.get("caption_entities" if caption else "entities") or []
    plain, spans = parse_html(raw) if mode else (raw, _given_spans(raw, given))
    parsed = compose(plain, spans, lambda user_id: _user(world, user_id))
    if not parsed.text and not caption:
        raise bad_request("message text is empty")
    if u16_len(parsed.text) > (MOST_CAPTION_U16 if caption else MOST_TEXT_U16):
        raise _too_long(caption=caption)
    return parsed


def _too_long(*, caption: bool) -> Exception:
    return bad_request("message caption is too long" if caption else "message is too long")


def _user(world: World, user_id: int) -> Json | None:
    user = world.users.get(user_id)
    return user_json(user) if user else None


def _given_spans(text: str, entities: list[Any]) -> list[Span]:
    """The entities that a request names itself, without those beyond the text and those that Telegram finds itself."""
    offsets = {offset: at for at, offset in enumerate(u16_offsets(text))}
    spans = []
    for raw in entities:
        entity = fields("MessageEntity", raw, _ENTITY)
        start, end = entity.get("offset", -1), entity.get("offset", -1) + entity.get("length", 0)
        if entity.get("type") in _KEPT_KINDS and 0 <= start < end <= max(offsets):
            if start not in offsets or end not in offsets:
                raise bad_request("can't parse entities: entity begins or ends in the middle of a UTF-16 symbol")
            spans.append(Span(entity["type"], offsets[start], offsets[end], _extra(entity)))
    return [span for span in spans if span.type != "text_link" or span.extra]


def _extra(entity: Json) -> tuple[tuple[str, str | int], ...]:
    if entity["type"] == "text_link":
        link = checked_link(entity.get("url", ""))
        return (("url", link),) if link else ()
    return (("language", entity["language"]),) if entity["type"] == "pre" and entity.get("language") else ()


def preview_of(params: Json) -> Json | None:
    """The link preview options that a message keeps.

    Raises:
        ApiError: they are not an object of the right kinds.
    """
    if not params.get("link_preview_options"):
        return None
    options = fields("link_preview_options", params["link_preview_options"], _PREVIEW)
    return {name: value for name, value in options.items() if name in _PREVIEW and value} or None


def may_post(chat: Chat, user_id: int) -> bool:
    """Whether a user may write in a chat: everyone in groups, the owner in channels, the user in the private chat."""
    if chat.type == PRIVATE:
        return chat.id == user_id and not chat.blocked and not chat.deactivated
    return user_id == chat.owner_id if chat.type == CHANNEL else user_id in chat.members
