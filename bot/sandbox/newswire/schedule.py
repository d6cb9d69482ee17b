"""When articles come out: pure arithmetic on the running order, so the same start gives the same times."""

from datetime import datetime, timedelta

BACKLOG_GAP = timedelta(minutes=34)
"""Between two articles that are out at the start: 14 of them reach back about eight hours."""


def published_times(count: int, started_at: datetime, every_s: float, backlog: int) -> tuple[datetime, ...]:
    """The times at which the first `count` articles of the running order come out, ascending.

    Args:
        count: how many articles there are.
        started_at: the newswire's start, aware.
        every_s: seconds from one new article to the next.
        backlog: how many are out at the start already; their times lie before it.
    """
    return tuple(
        started_at + (_before(backlog - i) if i < backlog else timedelta(seconds=(i - backlog + 1) * every_s))
        for i in range(count)
    )


def out_count(times: tuple[datetime, ...], now: datetime) -> int:
    """How many of the ascending `times` have come."""
    return sum(time <= now for time in times)


def _before(steps: int) -> timedelta:
    # a few minutes off the regular beat, as a newsroom is; always less than the gap, so the order stands
    return -(BACKLOG_GAP * steps - timedelta(minutes=steps * 7 % 19, seconds=steps * 23 % 60))
