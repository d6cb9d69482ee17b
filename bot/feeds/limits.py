"""How much of a feed is read: how many entries, how long its fields may be, and which times are believable."""

from datetime import UTC, datetime, timedelta

MOST_ENTRIES = 1000
"""The longest real feeds list some hundred, and not all of them the newest first."""
TITLE_CHARS = 500
NAME_CHARS = 200
ID_CHARS = 1000
SUMMARY_CHARS = 20_000
CONTENT_CHARS = 200_000
LANGUAGE_CHARS = 35

_EARLIEST = datetime(1980, 1, 1, tzinfo=UTC)
_LATEST = datetime(2100, 1, 1, tzinfo=UTC)


def usable_time(at: datetime | None, now: datetime | None) -> datetime | None:
    """The time in UTC, or None where it is missing, the epoch of a broken clock, or more than a day ahead of `now`."""
    if at is None:
        return None
    try:
        at = at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    except (OverflowError, ValueError):
        return None
    latest = now + timedelta(days=1) if now else _LATEST
    return at.replace(microsecond=0) if _EARLIEST < at <= latest else None
