"""Times and schedules in English words. Local times are those of the zone that is handed in."""

from collections.abc import Sequence
from datetime import datetime, time
from zoneinfo import ZoneInfo

from bot.domain.models import Cadence, Schedule, Subscription

DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip

_MINUTE_S, _HOUR_S, _DAY_S = 60, 3600, 86_400
_PARTS_OF_THE_DAY = ((5, "Night"), (12, "Morning"), (17, "Afternoon"), (23, "Evening"), (24, "Night"))


def ago(then: datetime, now: datetime) -> str:
    """How long ago: "just now", "40 min ago", "2 h ago", "3 days ago", after a month the date."""
    seconds = (now - then).total_seconds()
    if seconds < _MINUTE_S:
        return "just now"
    if seconds < _HOUR_S:
        return f"{int(seconds // _MINUTE_S)} min ago"
    if seconds < 2 * _DAY_S:
        return f"{int(seconds // _HOUR_S)} h ago"
    if seconds < 31 * _DAY_S:
        return f"{int(seconds // _DAY_S)} days ago"
    return f"{then.day} {MONTHS[then.month - 1]} {then.year}"


def until(then: datetime, now: datetime) -> str:
    """How long until then: "now", "in 12 min", "in 3 h"."""
    minutes = -int((now - then).total_seconds() // _MINUTE_S)
    if minutes <= 0:
        return "now"
    return f"in {minutes} min" if minutes < 120 else f"in {minutes // 60} h"


def date_of(at: datetime, zone: str) -> str:
    """The local date: "Saturday 22 November"."""
    local = at.astimezone(ZoneInfo(zone))
    return f"{DAYS[local.weekday()]} {local.day} {MONTHS[local.month - 1]}"


def clock_of(at: datetime, zone: str) -> str:
    """The local time: "14:05"."""
    return f"{at.astimezone(ZoneInfo(zone)):%H:%M}"


def part_of_day(at: datetime, zone: str) -> str:
    """Morning, Afternoon, Evening or Night, by the local hour."""
    hour = at.astimezone(ZoneInfo(zone)).hour
    return next(name for end, name in _PARTS_OF_THE_DAY if hour < end)


def upcoming(at: datetime, now: datetime, zone: str) -> str:
    """A time to come: "today 18:00", "tomorrow 08:00", "Monday 08:00", or with the date when a week or more away."""
    days = (at.astimezone(ZoneInfo(zone)).date() - now.astimezone(ZoneInfo(zone)).date()).days
    if days < 7:
        day = "today" if days <= 0 else "tomorrow" if days == 1 else DAYS[at.astimezone(ZoneInfo(zone)).weekday()]
        return f"{day} {clock_of(at, zone)}"
    return f"{date_of(at, zone)} {clock_of(at, zone)}"


def since(at: datetime, now: datetime, zone: str) -> str:
    """A time gone by: "14:05", "yesterday 14:05", "Thursday", or the date when a week or more ago."""
    days = (now.astimezone(ZoneInfo(zone)).date() - at.astimezone(ZoneInfo(zone)).date()).days
    if days < 2:
        return clock_of(at, zone) if days <= 0 else f"yesterday {clock_of(at, zone)}"
    return DAYS[at.astimezone(ZoneInfo(zone)).weekday()] if days < 7 else date_of(at, zone)


def place_of(zone: str) -> str:
    """What people call a zone: "Berlin", "New York"."""
    return zone.rpartition("/")[2].replace("_", " ")


def schedule(wanted: Schedule) -> str:
    """When: "as it happens", "every hour", "every day at 07:30 and 19:00", "on weekdays at 08:00"."""
    if wanted.cadence is Cadence.INSTANT:
        return "as it happens"
    if wanted.cadence is Cadence.HOURLY:
        return "every hour"
    return f"{_days(wanted.weekdays)} at {_list([_clock(at) for at in sorted(wanted.times)])}"


def next_time(subscription: Subscription, now: datetime) -> str:
    """When the next briefing comes; empty for an instant subscription, which waits for news."""
    due_at = subscription.next_due_at
    if subscription.schedule.cadence is Cadence.INSTANT or due_at is None:
        return ""
    return upcoming(due_at, now, subscription.chat.zone)


def _clock(at: time) -> str:
    return f"{at:%H:%M}"


def _days(weekdays: frozenset[int]) -> str:
    if len(weekdays) == 7:
        return "every day"
    if weekdays == frozenset(range(5)):
        return "on weekdays"
    return "on " + ("weekends" if weekdays == {5, 6} else _list([DAYS[day] for day in sorted(weekdays)]))


def _list(words: Sequence[str]) -> str:
    return " and ".join(filter(None, (", ".join(words[:-1]), words[-1])))
