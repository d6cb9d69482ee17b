"""What the services need from the edges."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Protocol, TypeVar, TypeVarTuple

from bot.domain.models import Briefing, Chat, ChatRef, Message, Move, Source

Ts = TypeVarTuple("Ts")
T = TypeVar("T")

Now = Callable[[], datetime]
"""The clock: the present as an aware UTC datetime."""

Render = Callable[[Briefing, datetime], tuple[Message, ...]]
"""A briefing, as of a time, as the messages that a reader gets, in sending order.

A catch-up's buttons name its slot by `due_at`, so `services/catch_ups` can find the rest of it.
"""

TellPaused = Callable[[Chat], tuple[Message, ...]]
"""What is said where a forum topic was closed, so that its briefings pause."""


TellFailing = Callable[[Source, Move | None, Chat, datetime], tuple[Message, ...]]
"""What an admin's chat is told, as of a time, of a source that keeps failing, and of a feed that may take its place."""


class Sender(Protocol):
    """Pays one message out to Telegram."""

    async def send(self, ref: ChatRef, message: Message) -> int:
        """Send and return Telegram's message id.

        Raises:
            SendError: the subclass says what became of it and what to do.
        """
        ...

    def wait_s(self, ref: ChatRef) -> float:
        """Seconds until this chat's own limits let a message through; 0: now, as far as this chat is concerned."""
        ...

    async def arrived(self, ref: ChatRef, message: Message, ids: Sequence[int]) -> int | None:
        """The first of these message ids that is a message of ours in this chat; None: none of them is.

        Leaves such a message as it is: it is asked to have the buttons that `message` has.

        Raises:
            SendError: no answer.
        """
        ...


class Workers(Protocol):
    """Runs pure functions in killable processes."""

    async def run(self, function: Callable[[*Ts], T], *args: *Ts, limit_s: float = 10.0) -> T:
        """Call `function` (importable, arguments and result picklable) in a worker process.

        Raises:
            WorkerError: it took longer than `limit_s` seconds or too much memory, or its process died.
            Exception: whatever `function` raised.
        """
        ...
