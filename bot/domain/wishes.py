"""What `/subscribe` says, read: `[WORDS] [instant | hourly | daily] [07:30 19:00] [weekdays]`."""

import re
from collections.abc import Sequence
from datetime import time

from bot.domain.cadence import DEFAULT_TIME
from bot.domain.errors import UserError
from bot.domain.models import Cadence, Schedule, Wish

MOST_TOPIC_CHARS = 100
MOST_TIMES = 6

_CLOCK = re.compile(r"(\d{1,2})[:.](\d{2})")
_DAYS = {"weekdays": frozenset(range(5)), "weekends": frozenset({5, 6})}


def parse_wish(words: Sequence[str]) -> Wish:
    """Read the words after the command; cadence, times and days are taken from the end, the rest is the topic.

    So `/subscribe daily mail 07:30` follows "daily mail": only trailing words are settings.

    Raises:
        UserError: a time that is none, times with a cadence that has none, a topic that is too long.
    """
    rest = [word for word in words if word.strip()]
    cadence: Cadence | None = None
    times: set[time] = set()
    days: frozenset[int] = frozenset()
    while rest:
        last = rest[-1].casefold().rstrip(",")
        if (clock := _CLOCK.fullmatch(last)) is not None:
            times.add(_time(clock))
        elif last in _DAYS:
            days |= _DAYS[last]
        elif cadence is None and last in set(Cadence):
            cadence = Cadence(last)
        else:
            break
        rest.pop()
    return Wish(topic_words(" ".join(rest)), _schedule(cadence, times, days))


def topic_words(text: str) -> str:
    """A topic as it is stored: folded white space; empty means everything.

    Raises:
        UserError: it is longer than 100 characters.
    """
    words = " ".join(text.split())
    if len(words) > MOST_TOPIC_CHARS:
        raise UserError(f"A topic may have {MOST_TOPIC_CHARS} characters; this one has {len(words)}. Try fewer words.")
    return words


def _time(clock: re.Match[str]) -> time:
    hour, minute = int(clock[1]), int(clock[2])
    if hour > 23 or minute > 59:
        raise UserError(f"{clock[0]} is no time of day. Write it like 07:30.")
    return time(hour, minute)


def _schedule(cadence: Cadence | None, times: set[time], days: frozenset[int]) -> Schedule:
    if cadence in (Cadence.INSTANT, Cadence.HOURLY):
        if times or days:
            raise UserError(f"Times and days go with daily briefings; {cadence} ones come whenever there is news.")
        return Schedule(cadence)
    if len(times) > MOST_TIMES:
        raise UserError(f"At most {MOST_TIMES} times a day, please.")
    return Schedule(Cadence.DAILY, tuple(sorted(times)) or (DEFAULT_TIME,), days or frozenset(range(7)))
