"""What python-telegram-bot raised, as errors of ours: the one place where the two meet.

Whether a message left matters most: what surely did not is `RetryLater`, what may have is `InDoubt`. What a server said
is kept, as logs and the store need it, but never with a token in it.
"""

import os
import re
from datetime import timedelta

from telegram.error import (
    BadRequest,
    ChatMigrated,
    Conflict,
    EndPointNotFound,
    Forbidden,
    InvalidToken,
    NetworkError,
    RetryAfter,
    TelegramError,
    TimedOut,
)

from bot.domain.errors import (
    BadMarkup,
    ChatGone,
    ChatMoved,
    InDoubt,
    Refused,
    RetryLater,
    SendError,
    ThreadGone,
    TokenRefused,
)
from bot.tg.transport import NotSent

# retry_after as a timedelta; without it python-telegram-bot warns at every one it reads
os.environ.setdefault("PTB_TIMEDELTA", "true")

NETWORK_PAUSE_S = 5.0
MISSING_PAUSE_S = 60.0

_GONE = (
    "chat not found",
    "user is deactivated",
    "bot was kicked",
    "bot was blocked",
    "not a member",
    "have no rights to send",
    "not enough rights",
    "chat_write_forbidden",
    "need administrator rights",
    "group chat was deactivated",
    "peer_id_invalid",
)
_THREAD_GONE = ("topic_closed", "topic_deleted", "message thread not found")

_TOKEN = re.compile(r"\d+:[\w-]{20,}")


def as_ours(error: Exception) -> SendError:
    """The error that says what became of a message."""
    match error:
        case RetryAfter():
            return RetryLater("Telegram asks to wait", _seconds(error.retry_after))
        case ChatMigrated():
            return ChatMoved(error.new_chat_id)
        case Forbidden():
            return ChatGone(_said(error))
        case InvalidToken() if is_unauthorized(error):
            return TokenRefused("Telegram refuses the token")
        case InvalidToken() | EndPointNotFound():
            return RetryLater("the Bot API server does not know this call", MISSING_PAUSE_S)
        case BadRequest():  # a kind of NetworkError, so it stands before it
            return _refusal(_said(error))
        case Conflict():
            return RetryLater(_said(error), NETWORK_PAUSE_S)
        case NetworkError():
            return _network(error)
        case TelegramError():
            return InDoubt(_said(error))
    return InDoubt(f"unreadable answer ({type(error).__name__})")


def is_unauthorized(error: InvalidToken) -> bool:
    """Whether the token was refused (401), not merely the method unknown (404)."""
    cause = error.__cause__
    said = f"{error.message} {cause.message if isinstance(cause, TelegramError) else ''}"
    return "unauthorized" in said.lower()


def _refusal(message: str) -> SendError:
    lower = message.lower()
    if "can't parse entities" in lower:
        return BadMarkup(message)
    if any(sign in lower for sign in _THREAD_GONE):
        return ThreadGone(message)
    return ChatGone(message) if any(sign in lower for sign in _GONE) else Refused(message)


def _network(error: NetworkError) -> SendError:
    if isinstance(error.__cause__, NotSent):
        return RetryLater(f"Telegram cannot be reached ({error.__cause__})", NETWORK_PAUSE_S)
    if "too many requests" in error.message.lower():
        return RetryLater("Telegram asks to wait", NETWORK_PAUSE_S)
    return InDoubt("no answer in time" if isinstance(error, TimedOut) else _said(error))


def _said(error: TelegramError) -> str:
    return _TOKEN.sub("***", error.message)


def _seconds(after: int | timedelta) -> float:
    return after.total_seconds() if isinstance(after, timedelta) else float(after)
