"""When things are due: subscriptions in local time, sources after success and failure.

Local times follow the chat's zone through changes of the clock: a time that does not exist (spring) is due at the first
instant after the gap, a time that exists twice (autumn) is due at its first occurrence, so each slot comes once.
"""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo, available_timezones

from bot.domain.errors import UserError
from bot.domain.models import Cadence, Schedule

DEFAULT_TIME = time(8, 0)
MOST_BACK_OFF = timedelta(hours=24)
_HOUR = timedelta(hours=1)


def zone_named(name: str) -> ZoneInfo:
    """The zone of an IANA name in any spelling of case.

    Raises:
        UserError: there is no such zone.
    """
    wanted = name.strip().replace(" ", "_").casefold()
    for known in available_timezones():
        if wanted in (known.casefold(), known.rpartition("/")[2].casefold()) and wanted != "localtime":
            return ZoneInfo(known)
    raise UserError(f"I know no time zone “{name[:40]}”. Try a city, such as Berlin or America/New_York.")


def next_due(schedule: Schedule, zone: ZoneInfo, after: datetime) -> datetime | None:
    """The first due time strictly after `after`, in UTC; None for an instant schedule, which waits for news."""
    if schedule.cadence is Cadence.INSTANT:
        return None
    if schedule.cadence is Cadence.HOURLY:
        return after.replace(minute=0, second=0, microsecond=0) + _HOUR
    today = after.astimezone(zone).date()
    # the day before: its last slot may have been pushed over midnight by a gap; eight days: one weekday, just missed
    days = (today + timedelta(days=n) for n in range(-1, 9))
    due = (_instant(day, at, zone) for day in days if day.weekday() in schedule.weekdays for at in schedule.times)
    return min((slot for slot in due if slot > after), default=None)


def carried_over(due_at: datetime, old: ZoneInfo, new: ZoneInfo) -> datetime:
    """A pending due time after the chat changed its zone: the same local date and time there, past or to come.

    So the slot that is owed comes exactly once, whichever way the clocks differ.
    """
    local = due_at.astimezone(old)
    return _instant(local.date(), local.time(), new)


def _instant(day: date, at: time, zone: ZoneInfo) -> datetime:
    """The UTC instant of a local time, by the rule of the module's docstring."""
    local = datetime.combine(day, at, tzinfo=zone)
    instant = local.astimezone(UTC)
    if instant.astimezone(zone).replace(tzinfo=None) == local.replace(tzinfo=None):
        return instant
    return _end_of_gap(local, zone)


def _end_of_gap(local: datetime, zone: ZoneInfo) -> datetime:
    """The change of the clock that swallowed `local`, found to the second between the two readings of it."""
    low = local.replace(fold=1).astimezone(UTC)
    high = local.replace(fold=0).astimezone(UTC)
    before = low.astimezone(zone).utcoffset()
    while high - low > timedelta(seconds=1):
        middle = low + (high - low) / 2
        low, high = (middle, high) if middle.astimezone(zone).utcoffset() == before else (low, middle)
    return high.replace(microsecond=0)


def back_off(interval: timedelta, errors: int) -> timedelta:
    """How long to leave a source alone after `errors` failures in a row: doubling, a day at most."""
    return min(interval * (1 << min(max(errors - 1, 0), 16)), max(MOST_BACK_OFF, interval))


def send_back_off(attempts: int) -> timedelta:
    """How long a delivery waits after `attempts` that did not get through: 2 s doubling to 5 minutes."""
    return timedelta(seconds=min(2.0 ** min(attempts, 16), 300.0))
