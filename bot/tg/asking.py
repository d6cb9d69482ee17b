"""What an update asks and what the bot answers, as plain values: commands know nothing of the wire.

A handler takes an `Ask` (and for a button its `Press`), calls a service, and returns an `Answer`. Who may do what is
checked before it is called; errors for the user are raised as `UserError`.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import Enum

from bot.domain.models import Message, Place
from bot.tg.keyboards import Press
from bot.tg.locales import en as texts


class Need(Enum):
    """What one must be to use a command or a button."""

    NOTHING = 0
    CHAT_ADMIN = 1
    SERVICE_ADMIN = 2


@dataclass(frozen=True, slots=True)
class Ask:
    """Who asks where, and with what words. `may` answers whether the asker is what something needs."""

    place: Place
    words: tuple[str, ...]
    may: Callable[[Need], Awaitable[bool]]


@dataclass(frozen=True, slots=True)
class Answer:
    """What comes back: messages, and to a button a private notice.

    A button's first message takes the place of the one it stands under, unless the answer is `fresh`. `file` is a
    document's name and content, sent after the messages.
    """

    messages: tuple[Message, ...] = ()
    notice: str = ""
    fresh: bool = False
    file: tuple[str, bytes] | None = None


CommandHandler = Callable[[Ask], Awaitable[Answer]]
PressHandler = Callable[[Ask, Press], Awaitable[Answer]]


@dataclass(frozen=True, slots=True)
class Command:
    """A command: its handler and who may use it."""

    handler: CommandHandler
    need: Need = Need.NOTHING


@dataclass(frozen=True, slots=True)
class Pressed:
    """A kind of button: its handler and who may press it."""

    handler: PressHandler
    need: Need = Need.NOTHING


def stale() -> Answer:
    """The answer to a button whose subject is gone, or which was never ours."""
    return Answer(notice=texts.STALE)
