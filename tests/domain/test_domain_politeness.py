"""How often sources are asked, and what answers mean for that."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.politeness import (
    LONGEST,
    MOST_ASKED,
    SHORTEST,
    Asked,
    Pace,
    adaptive_interval,
    adopted_move,
    has_ended,
    host_pause_s,
    next_poll,
    tell_admins,
)

NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)  # a Sunday
HOUR = timedelta(hours=1)


def every(gap: timedelta, days: float = 10) -> Pace:
    number = int(timedelta(days=days) / gap)
    return Pace(number, NOW - gap * number)


@pytest.mark.parametrize(
    ("gap", "interval"),
    [
        (timedelta(minutes=10), SHORTEST),
        (timedelta(minutes=60), timedelta(minutes=30)),
        (timedelta(hours=4), timedelta(hours=2)),
        (timedelta(days=2), LONGEST),
    ],
)
def test_half_the_gap_between_two_articles(gap: timedelta, interval: timedelta) -> None:
    assert adaptive_interval(every(gap), NOW) == interval


def test_a_source_without_articles_and_one_that_has_just_begun() -> None:
    assert adaptive_interval(Pace(), NOW) == LONGEST
    assert adaptive_interval(Pace(100, NOW), NOW) == SHORTEST


def test_the_operators_cadence_is_the_shortest() -> None:
    assert adaptive_interval(every(timedelta(minutes=1), 1), NOW, HOUR) == HOUR
    assert adaptive_interval(every(HOUR), NOW, timedelta(hours=12)) == timedelta(hours=12)
    assert adaptive_interval(every(timedelta(seconds=10), 0.1), NOW, timedelta(seconds=5)) == timedelta(seconds=5)


def wait(asked: Asked, interval: timedelta = SHORTEST, source_id: int = 7, now: datetime = NOW) -> timedelta:
    return next_poll(source_id, interval, asked, now) - now


@pytest.mark.parametrize(
    ("asked", "least"),
    [
        (Asked(), SHORTEST),
        (Asked(ttl_s=60), SHORTEST),
        (Asked(ttl_s=3600), HOUR),
        (Asked(max_age_s=7200, ttl_s=3600), 2 * HOUR),
        (Asked(max_age_s=31_536_000), LONGEST),
        (Asked(retry_after_s=36_000), 10 * HOUR),
        (Asked(retry_after_s=1e12, ttl_s=1e300), MOST_ASKED),
        (Asked(ttl_s=-5, max_age_s=-5, retry_after_s=-5), SHORTEST),
    ],
)
def test_the_longest_of_what_is_asked_for(asked: Asked, least: timedelta) -> None:
    assert least <= wait(asked) <= 1.1 * least


def test_each_source_has_its_own_share() -> None:
    waits = {wait(Asked(), source_id=number) for number in range(50)}
    assert len(waits) == 50
    assert wait(Asked(), source_id=3) == wait(Asked(), source_id=3)


def test_skipped_hours_and_days() -> None:
    skips = Asked(skip_hours=frozenset({8, 9, 10}))
    assert next_poll(7, SHORTEST, skips, NOW).hour == 11
    sundays = Asked(skip_days=frozenset({6}))
    monday = next_poll(7, SHORTEST, sundays, NOW)
    assert (monday.weekday(), monday.hour) == (0, 0)
    both = next_poll(7, SHORTEST, Asked(skip_hours=frozenset({0, 1}), skip_days=frozenset({6})), NOW)
    assert (both.weekday(), both.hour) == (0, 2)


@given(st.frozensets(st.integers(0, 23)), st.frozensets(st.integers(0, 6)), st.integers(0, 10_000), st.floats(0, 1e9))
def test_it_always_comes_round(hours: frozenset[int], days: frozenset[int], source_id: int, seconds: float) -> None:
    asked = Asked(seconds, seconds, seconds, hours, days)
    assert SHORTEST <= wait(asked, source_id=source_id) <= timedelta(days=4.2)


def test_the_admins_hear_at_five_errors_and_after_a_week() -> None:
    began = NOW - timedelta(days=2)
    assert not tell_admins(4, began, None, NOW)
    assert tell_admins(5, began, None, NOW)
    assert not tell_admins(6, began, NOW - HOUR, NOW)
    later = began + timedelta(days=7)
    assert tell_admins(20, began, NOW, later)
    assert not tell_admins(21, began, later, later + HOUR)


def test_a_move_is_adopted_when_seen_twice() -> None:
    assert adopted_move("https://b.example/", None) == (None, "https://b.example/")
    assert adopted_move("https://b.example/", "https://b.example/") == ("https://b.example/", None)
    assert adopted_move("https://c.example/", "https://b.example/") == (None, "https://c.example/")
    assert adopted_move(None, "https://b.example/") == (None, None)


def test_statuses() -> None:
    assert [status for status in (200, 404, 410, 500, None) if has_ended(status)] == [410]
    assert host_pause_s(404, 30.0) is None
    assert host_pause_s(429, 30.0) == 30.0
    assert host_pause_s(503, None) == 600.0
    assert host_pause_s(503, 1e9) == 86_400.0
