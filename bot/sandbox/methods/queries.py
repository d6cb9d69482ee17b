"""Short answers: to pressed buttons, that the bot is typing, reactions."""

from bot.sandbox.decode import Kind
from bot.sandbox.errors import bad_request
from bot.sandbox.methods.method import Method
from bot.sandbox.nouns import Json
from bot.sandbox.sending import TARGET, place, reachable_chat
from bot.sandbox.world import World

MOST_ANSWER_CHARS = 200
MOST_REACTIONS = 1
ACTIONS = frozenset(
    {
        "typing",
        "upload_photo",
        "record_video",
        "upload_video",
        "record_voice",
        "upload_voice",
        "upload_document",
        "choose_sticker",
        "find_location",
        "record_video_note",
        "upload_video_note",
    }
)


def _answer(world: World, params: Json) -> bool:
    query_id = params.get("callback_query_id")
    user_id = world.asked_by(query_id)
    if user_id is None:
        raise bad_request("query is too old and response timeout expired or query ID is invalid")
    text = params.get("text", "")
    if len(text) > MOST_ANSWER_CHARS:
        raise bad_request("MESSAGE_TOO_LONG")
    body = {"query_id": query_id, "text": text, "alert": params.get("show_alert", False)}
    world.events.add("answer", body, user_id=user_id)
    return True


def _action(world: World, params: Json) -> bool:
    to = place(world, params)
    if params.get("action") not in ACTIONS:
        raise bad_request("wrong parameter action in request")
    world.events.add("typing", {"chat_id": to.chat.id, "thread_id": to.thread_id}, chat_id=to.chat.id)
    return True


def _react(world: World, params: Json) -> bool:
    """Checks only: the chat page shows no reactions."""
    chat = reachable_chat(world, params.get("chat_id"))
    if params.get("message_id") not in chat.messages:
        raise bad_request("message to react not found")
    if len(params.get("reaction") or []) > MOST_REACTIONS:
        raise bad_request("REACTIONS_TOO_MANY")
    return True


METHODS = (
    Method(
        "answerCallbackQuery",
        _answer,
        {
            "callback_query_id": Kind.TEXT,
            "text": Kind.TEXT,
            "show_alert": Kind.FLAG,
            "url": Kind.TEXT,
            "cache_time": Kind.INT,
        },
    ),
    Method("sendChatAction", _action, TARGET | {"action": Kind.TEXT}),
    Method(
        "setMessageReaction",
        _react,
        {"chat_id": Kind.CHAT, "message_id": Kind.INT, "reaction": Kind.LIST, "is_big": Kind.FLAG},
    ),
)
