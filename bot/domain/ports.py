"""What the services need from the edges."""

from collections.abc import Callable
from datetime import datetime
from typing import Protocol, TypeVar, TypeVarTuple

from bot.domain.models import Briefing, ChatRef, Message

Ts = TypeVarTuple("Ts")
T = TypeVar("T")

Now = Callable[[], datetime]
"""The clock: the present as an aware UTC datetime."""

Render = Callable[[Briefing, datetime], tuple[Message, ...]]
"""A briefing, as of a time, as the messages that a reader gets, in sending order."""


class Sender(Protocol):
    """Pays one message out to Telegram."""

    async def send(self, ref: ChatRef, message: Message) -> int:
        """Send and return Telegram's message id.

        Raises:
            SendError: the subclass says what became of it and what to do.
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
