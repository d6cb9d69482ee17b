"""Times at the edge of the store: aware UTC datetimes outside, whole milliseconds since 1970 inside."""

from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MS = timedelta(milliseconds=1)


def to_ms(at: datetime) -> int:
    """Milliseconds since 1970, rounded down.

    Raises:
        ValueError: `at` has no zone; a naive time would be stored hours off.
    """
    if at.tzinfo is None:
        raise ValueError("a time without a zone cannot be stored")
    return (at - _EPOCH) // _MS


def from_ms(ms: int) -> datetime:
    """The aware UTC datetime of `ms`."""
    return _EPOCH + ms * _MS


def maybe_from_ms(ms: int | None) -> datetime | None:
    """`from_ms`, None staying None."""
    return None if ms is None else from_ms(ms)
