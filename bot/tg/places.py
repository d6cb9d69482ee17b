"""Where an update happens, in our words."""

from telegram import Chat, MaybeInaccessibleMessage, Message
from telegram.constants import ChatType

from bot.domain.models import ChatKind, ChatRef, Place
from bot.domain.text import cut, plain

MOST_TITLE_CHARS = 120

_KINDS = {ChatType.PRIVATE: ChatKind.PRIVATE, ChatType.CHANNEL: ChatKind.CHANNEL}


def place_of(chat: Chat, message: MaybeInaccessibleMessage | None) -> Place:
    """The chat, and the forum thread of the message where it stands in one."""
    thread_id = 0
    if isinstance(message, Message) and message.is_topic_message:
        thread_id = message.message_thread_id or 0
    title = plain(chat.title or chat.full_name or chat.username or str(chat.id))
    kind = _KINDS.get(ChatType(chat.type), ChatKind.GROUP) if chat.type in list(ChatType) else ChatKind.GROUP
    return Place(ChatRef(chat.id, thread_id), kind, cut(title, MOST_TITLE_CHARS))
