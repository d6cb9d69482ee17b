"""Telegram's limits on sending: overall, for a private chat, for a group. Telegram does not publish them exactly.

Only messages that were accepted count; edits do not. A refusal is a 429 that says how long to wait, at least a second.
"""

import math
from collections import Counter, deque
from dataclasses import dataclass

from bot.domain.ports import Now
from bot.sandbox.errors import ApiError
from bot.sandbox.nouns import PRIVATE, Chat

MINUTE_S = 60.0


@dataclass(frozen=True, slots=True)
class Limits:
    """The most messages that are accepted; None for no such limit.

    Args:
        overall_per_s: in any second, all chats together.
        chat_per_s: to a private chat, in the long run.
        group_per_min: to a group, supergroup or channel, in any minute.
        chat_burst: so many at once a private chat takes after a rest.

    Raises:
        ValueError: one of them is below 1.
    """

    overall_per_s: int | None = 30
    chat_per_s: int | None = 1
    group_per_min: int | None = 20
    chat_burst: int = 5

    def __post_init__(self) -> None:
        given = (self.overall_per_s, self.chat_per_s, self.group_per_min, self.chat_burst)
        if any(most is not None and most < 1 for most in given):
            raise ValueError("a limit is 1 or more, or None")


class _Window:
    """At most `most` in any `span_s` seconds."""

    def __init__(self, most: int, span_s: float) -> None:
        self._span_s = span_s
        self._taken: deque[float] = deque(maxlen=most)

    def wait_s(self, at: float) -> float:
        if self._taken and self._taken[-1] > at:
            self._taken.clear()  # the clock was set back; that must not close the gate until it catches up
        full = len(self._taken) == self._taken.maxlen
        return self._taken[0] + self._span_s - at if full else 0.0

    def take(self, at: float) -> None:
        self._taken.append(at)


class _Bucket:
    """`burst` at once, then `per_s` a second."""

    def __init__(self, per_s: int, burst: int) -> None:
        self._step_s = 1 / per_s
        self._slack_s = (burst - 1) / per_s
        self._paid_until = -math.inf

    def wait_s(self, at: float) -> float:
        if self._paid_until > at + self._slack_s + self._step_s:
            self._paid_until = -math.inf  # as above
        return self._paid_until - self._slack_s - at

    def take(self, at: float) -> None:
        self._paid_until = max(self._paid_until, at) + self._step_s


Gauge = _Window | _Bucket


class Limiter:
    """Keeps one set of limits by the clock; `refusals` counts the 429s by what was over: overall, chat, group."""

    def __init__(self, now: Now) -> None:
        self._now = now
        self._limits: Limits | None = None
        self._gauges: dict[int, Gauge | None] = {}
        self._overall: _Window | None = None
        self.refusals: Counter[str] = Counter()

    @property
    def limits(self) -> Limits | None:
        """What is kept, None for nothing."""
        return self._limits

    @limits.setter
    def limits(self, limits: Limits | None) -> None:
        self._limits = limits
        self._gauges.clear()
        self._overall = _Window(limits.overall_per_s, 1.0) if limits and limits.overall_per_s else None

    def check(self, chat: Chat) -> None:
        """Whether a chat may get one more message now.

        Raises:
            ApiError: 429 with `retry_after`, whole seconds.
        """
        at = self._now().timestamp()
        waits = {name: gauge.wait_s(at) for name, gauge in self._over(chat)}
        wait_s = max(waits.values(), default=0.0)
        if wait_s > 0:
            self.refusals[max(waits, key=lambda name: waits[name])] += 1
            raise flood(math.ceil(wait_s))

    def took(self, chat: Chat) -> None:
        """A message to the chat was accepted."""
        at = self._now().timestamp()
        for _, gauge in self._over(chat):
            gauge.take(at)

    def _over(self, chat: Chat) -> list[tuple[str, Gauge]]:
        """The gauges that a message to a chat has to pass, by what they limit."""
        if self._limits is None:
            return []
        if chat.id not in self._gauges:
            self._gauges[chat.id] = _gauge(self._limits, chat)
        own = self._gauges[chat.id], "chat" if chat.type == PRIVATE else "group"
        return [(name, gauge) for gauge, name in (own, (self._overall, "overall")) if gauge]


def _gauge(limits: Limits, chat: Chat) -> Gauge | None:
    if chat.type == PRIVATE:
        return _Bucket(limits.chat_per_s, limits.chat_burst) if limits.chat_per_s else None
    return _Window(limits.group_per_min, MINUTE_S) if limits.group_per_min else None


def flood(retry_after_s: int) -> ApiError:
    """A 429 as the Bot API words it; it never asks for less than a second."""
    wait_s = max(1, retry_after_s)
    return ApiError(429, f"Too Many Requests: retry after {wait_s}", {"retry_after": wait_s})
