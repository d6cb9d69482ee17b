"""Which messages were sent in answer to the update at hand.

python-telegram-bot stands between the update and whoever answers it, so the list travels in the context of the task.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from bot.services.inbox import UNKNOWN_ID

_at_hand: ContextVar[list[int] | None] = ContextVar("answers", default=None)


@contextmanager
def gathered() -> Iterator[list[int]]:
    """The ids of the messages that are noted inside, in the order of sending."""
    answers: list[int] = []
    token = _at_hand.set(answers)
    try:
        yield answers
    finally:
        _at_hand.reset(token)


def note(message_id: int) -> None:
    """This message answers the update at hand; nothing happens where none is."""
    answers = _at_hand.get()
    if answers is not None:
        answers.append(message_id)


def note_unknown() -> None:
    """A message may have answered the update at hand; its id was never told."""
    note(UNKNOWN_ID)
