"""How often a source may be asked, and what its servers' answers mean for that: decisions only, times are arguments.

A source is asked about twice as often as it publishes, never sooner than its feed and its server ask for, and always a
little later than computed, by a share that is its own, so that sources added together drift apart.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

SHORTEST = timedelta(minutes=15)
LONGEST = timedelta(hours=6)
MOST_ASKED = timedelta(hours=24)
LOOK_BACK = timedelta(days=14)
MOST_SKIPPED = timedelta(days=3)
TELL_AT_ERRORS = 5
TELL_AFTER = timedelta(days=7)
UNNAMED_PAUSE_S = 600.0

_JITTER = 0.1
_HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Asked:
    """What a feed (ttl, skipHours in UTC, skipDays with Monday as 0) and its server (seconds) ask of their readers."""

    ttl_s: float | None = None
    max_age_s: float | None = None
    retry_after_s: float | None = None
    skip_hours: frozenset[int] = frozenset()
    skip_days: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Pace:
    """How often a source publishes: its articles of the last fortnight, and when the first of them was published."""

    articles: int = 0
    first_at: datetime | None = None


def adaptive_interval(pace: Pace, now: datetime, shortest: timedelta = SHORTEST) -> timedelta:
    """Half the usual time between two articles of the last fortnight, between `shortest` and six hours.

    Args:
        pace: of a source's articles of the last fortnight.
        now: the present.
        shortest: the cadence that the operator set; one longer than six hours is kept.
    """
    if not pace.articles or pace.first_at is None:
        return max(shortest, LONGEST)
    seen_for = max(now - pace.first_at, _HOUR)
    return min(max(seen_for / (2 * pace.articles), shortest), max(shortest, LONGEST))


def next_poll(source_id: int, interval: timedelta, asked: Asked, now: datetime) -> datetime:
    """When to ask next: after the longest of `interval` and what was asked for, outside of skipped hours and days.

    A ttl or max-age counts for six hours at most, a Retry-After for a day, skipping for three.
    """
    fresh_s = max(asked.ttl_s or 0.0, asked.max_age_s or 0.0)
    wait = max(interval, min(_seconds(fresh_s), LONGEST), min(_seconds(asked.retry_after_s or 0.0), MOST_ASKED))
    return _outside(now + wait * (1 + _JITTER * _share(source_id)), asked)


def tell_admins(errors: int, failing_since: datetime, told_at: datetime | None, now: datetime) -> bool:
    """Whether the admins should hear of a source that fails: at the fifth error in a row, and once more after a week.

    `told_at` is when they last heard of this row of errors.
    """
    if now - failing_since >= TELL_AFTER:
        return told_at is None or told_at - failing_since < TELL_AFTER
    return errors >= TELL_AT_ERRORS and told_at is None


def adopted_move(moved_to: str | None, seen: str | None) -> tuple[str | None, str | None]:
    """What a permanent redirect means: (the address to adopt now or None, the one to remember for the next poll).

    Adopted is what two answers in a row name; an answer without a move, or with another one, starts anew.
    """
    return (moved_to, None) if moved_to is not None and moved_to == seen else (None, moved_to)


def has_ended(status: int | None) -> bool:
    """Whether a source says that it is gone for good (410, RFC 9110 section 15.5.11)."""
    return status == 410


def host_pause_s(status: int | None, retry_after_s: float | None) -> float | None:
    """How long to leave a whole host alone after an answer, None for not at all: 429 and 503 ask for it."""
    if status not in (429, 503):
        return None
    return min(UNNAMED_PAUSE_S if retry_after_s is None else retry_after_s, MOST_ASKED.total_seconds())


def _outside(at: datetime, asked: Asked) -> datetime:
    """The first instant from `at` on that is not skipped, `at` itself where none is within three days."""
    tried = at
    while tried - at <= MOST_SKIPPED:
        if tried.hour not in asked.skip_hours and tried.weekday() not in asked.skip_days:
            return tried
        tried = tried.replace(minute=at.minute, second=at.second, microsecond=0) + _HOUR
    return at


def _seconds(seconds: float) -> timedelta:
    return timedelta(seconds=min(max(seconds, 0.0), MOST_ASKED.total_seconds()))


def _share(source_id: int) -> float:
    """A number from 0 to 1 that is the source's own."""
    return int.from_bytes(hashlib.sha256(f"source {source_id}".encode()).digest()[:4]) / (1 << 32)
