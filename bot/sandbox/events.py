"""What happened, for the chat page: a bounded log that event streams read from where they were."""

from collections import deque
from dataclasses import dataclass

from bot.sandbox.changes import Changes
from bot.sandbox.nouns import Json, Message

MOST_EVENTS = 2_000


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened. Seen by those who see the chat, or only by `user_id` if that is given."""

    id: int
    kind: str
    body: Message | Json
    chat_id: int | None = None
    user_id: int | None = None


class Events:
    """The newest events. `epoch` tells one run of the server from another: no stream resumes in the wrong one."""

    def __init__(self, changes: Changes, epoch: str) -> None:
        self._changes = changes
        self._log: deque[Event] = deque(maxlen=MOST_EVENTS)
        self.epoch = epoch
        self.newest_id = 0

    def add(self, kind: str, body: Message | Json, *, chat_id: int | None = None, user_id: int | None = None) -> None:
        """Log one event."""
        self.newest_id += 1
        self._log.append(Event(self.newest_id, kind, body, chat_id, user_id))
        self._changes.notify()

    def after(self, event_id: int) -> list[Event]:
        """The events later than `event_id`, oldest first."""
        missed = min(self.newest_id - event_id, len(self._log))
        return [self._log[i] for i in range(len(self._log) - missed, len(self._log))]

    async def later(self, event_id: int, timeout_s: float) -> list[Event]:
        """The same; waits for one, but not longer than `timeout_s`."""
        return await self._changes.until(lambda: self.after(event_id), timeout_s)

    def mark(self, event_id: int) -> str:
        """The name of an event, as `resume` takes it."""
        return f"{self.epoch}-{event_id}"

    def resume(self, mark: str) -> int | None:
        """The event id that `mark` names, None if what came after it is no longer known."""
        epoch, _, number = mark.partition("-")
        if epoch != self.epoch or not (number.isascii() and number.isdigit() and len(number) < 16):
            return None
        oldest_id = self.newest_id - len(self._log)
        return int(number) if oldest_id <= int(number) <= self.newest_id else None
