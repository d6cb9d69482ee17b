"""The queue of updates that the bot has not acknowledged, in order and bounded."""

from collections import deque
from collections.abc import Sequence
from itertools import count

from bot.sandbox.changes import Changes
from bot.sandbox.nouns import Json

MOST_UPDATES = 10_000
NOT_BY_DEFAULT = frozenset({"chat_member", "message_reaction", "message_reaction_count"})


class Updates:
    """Updates wait here for getUpdates or the webhook; the oldest are lost when too many wait.

    `poll` numbers the newest getUpdates call: an older one that still waits has been taken over.
    """

    def __init__(self, changes: Changes, first_id: int) -> None:
        self._changes = changes
        self._ids = count(first_id)
        self._allowed: frozenset[str] = frozenset()
        self.waiting: deque[Json] = deque(maxlen=MOST_UPDATES)
        self.poll = 0

    @property
    def allowed(self) -> list[str]:
        """The kinds the bot asked for; empty for the default."""
        return sorted(self._allowed)

    def allow(self, kinds: Sequence[str]) -> None:
        """From now on queue only these kinds; none of them means the default."""
        self._allowed = frozenset(str(kind) for kind in kinds)

    def add(self, kind: str, content: Json) -> None:
        """Queue one update, if the bot wants its kind."""
        wanted = kind in self._allowed if self._allowed else kind not in NOT_BY_DEFAULT
        if wanted:
            self.waiting.append({"update_id": next(self._ids), kind: content})
            self._changes.notify()

    def acknowledge(self, offset: int) -> None:
        """Forget updates below `offset`; a negative offset keeps that many of the newest."""
        while self.waiting and offset > self.waiting[0]["update_id"]:
            self.waiting.popleft()
        while offset < 0 and len(self.waiting) > -offset:
            self.waiting.popleft()
        self._changes.notify()

    def begin_poll(self) -> int:
        """A new getUpdates call begins; one that waits sees that it was taken over."""
        self.poll += 1
        self._changes.notify()
        return self.poll

    def first(self, limit: int) -> list[Json]:
        """The oldest updates, at most `limit`; they stay until acknowledged."""
        return [self.waiting[i] for i in range(min(limit, len(self.waiting)))]
