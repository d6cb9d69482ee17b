"""Due times through changes of the clock (T82–T84), and back-off."""

from datetime import UTC, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.cadence import back_off, carried_over, next_due, send_back_off, zone_named
from bot.domain.errors import UserError
from bot.domain.models import Cadence, Schedule

BERLIN = ZoneInfo("Europe/Berlin")
EVERY_DAY = frozenset(range(7))


def daily(*times: str, weekdays: frozenset[int] = EVERY_DAY) -> Schedule:
    return Schedule(Cadence.DAILY, tuple(time.fromisoformat(at) for at in times), weekdays)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def slots(schedule: Schedule, zone: ZoneInfo, start: datetime, count: int) -> list[datetime]:
    found = []
    for _ in range(count):
        due = next_due(schedule, zone, start)
        assert due is not None
        found.append(due)
        start = due
    return found


def test_daily_is_due_at_the_local_time() -> None:
    assert next_due(daily("08:00"), BERLIN, utc("2026-11-22 06:59")) == utc("2026-11-22 07:00")
    assert next_due(daily("08:00"), BERLIN, utc("2026-11-22 07:00")) == utc("2026-11-23 07:00")


def test_daily_takes_the_earliest_of_several_times() -> None:
    assert next_due(daily("07:30", "19:00"), BERLIN, utc("2026-11-22 07:00")) == utc("2026-11-22 18:00")


def test_weekdays_skip_the_weekend() -> None:
    friday_noon = utc("2026-11-20 12:00")
    assert next_due(daily("08:00", weekdays=frozenset(range(5))), BERLIN, friday_noon) == utc("2026-11-23 07:00")


def test_one_weekday_just_missed_is_a_week_away() -> None:
    monday = utc("2026-11-23 07:00")
    assert next_due(daily("08:00", weekdays=frozenset({0})), BERLIN, monday) == monday + timedelta(days=7)


def test_hourly_is_due_at_the_full_hour() -> None:
    assert next_due(Schedule(Cadence.HOURLY), BERLIN, utc("2026-11-22 08:00")) == utc("2026-11-22 09:00")
    assert next_due(Schedule(Cadence.HOURLY), BERLIN, utc("2026-11-22 08:59:59")) == utc("2026-11-22 09:00")


def test_instant_waits_for_news() -> None:
    assert next_due(Schedule(Cadence.INSTANT), BERLIN, utc("2026-11-22 08:00")) is None


def test_t82_a_time_in_the_gap_comes_once_at_its_end() -> None:
    # Berlin, 2026-03-29: 02:00 becomes 03:00, at 01:00 UTC
    found = slots(daily("02:30"), BERLIN, utc("2026-03-28 00:00"), 3)
    assert found == [utc("2026-03-28 01:30"), utc("2026-03-29 01:00"), utc("2026-03-30 00:30")]


def test_t82_a_gap_over_midnight_is_not_lost() -> None:
    # Asuncion, 2023-10-01: midnight becomes 01:00
    zone = ZoneInfo("America/Asuncion")
    found = slots(daily("00:15"), zone, utc("2023-09-30 00:00"), 3)
    assert [slot.astimezone(zone).strftime("%d %H:%M") for slot in found] == ["30 00:15", "01 01:00", "02 00:15"]


def test_t83_a_time_that_comes_twice_is_due_once() -> None:
    # Berlin, 2026-10-25: 03:00 becomes 02:00; 02:30 is at 00:30 and 01:30 UTC
    found = slots(daily("02:30"), BERLIN, utc("2026-10-24 12:00"), 2)
    assert found == [utc("2026-10-25 00:30"), utc("2026-10-26 01:30")]


@pytest.mark.untraced
@settings(deadline=None)  # a case is 400 days, on a machine that does other things
@given(
    st.sampled_from(["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "America/Asuncion", "Asia/Kathmandu"]),
    st.times(),
    st.datetimes(min_value=datetime(2020, 1, 1), max_value=datetime(2030, 1, 1)),  # noqa: DTZ001
)
def test_every_local_day_has_one_slot(zone_name: str, at: time, start: datetime) -> None:
    zone = ZoneInfo(zone_name)
    schedule = Schedule(Cadence.DAILY, (at.replace(microsecond=0),))
    found = slots(schedule, zone, start.replace(tzinfo=UTC), 400)
    gaps = [later - earlier for earlier, later in pairwise(found)]
    assert all(timedelta(hours=21) < gap < timedelta(hours=27) for gap in gaps)


def test_t84_east_just_before_the_slot_sends_it_now_and_once() -> None:
    due, tokyo = utc("2026-11-22 07:00"), ZoneInfo("Asia/Tokyo")
    moved = carried_over(due, BERLIN, tokyo)
    now = utc("2026-11-22 06:59")
    assert moved < now
    assert next_due(daily("08:00"), tokyo, now) == utc("2026-11-22 23:00")


def test_t84_west_just_after_the_slot_does_not_repeat_it() -> None:
    pending = utc("2026-11-23 07:00")  # that of the 22nd was sent
    assert carried_over(pending, BERLIN, ZoneInfo("America/New_York")) == utc("2026-11-23 13:00")


@pytest.mark.parametrize(
    ("typed", "name"),
    [("Europe/Berlin", "Europe/Berlin"), ("berlin", "Europe/Berlin"), ("new york", "America/New_York"), ("utc", "UTC")],
)
def test_zones_are_found_by_city(typed: str, name: str) -> None:
    assert zone_named(typed).key.endswith(name)


@pytest.mark.parametrize("typed", ["Atlantis", "", "../etc/passwd", "x" * 5000])
def test_unknown_zones_are_refused_in_one_short_line(typed: str) -> None:
    with pytest.raises(UserError) as refused:
        zone_named(typed)
    assert len(refused.value.message) < 160


def test_back_off_doubles_to_a_day() -> None:
    waits = [back_off(timedelta(minutes=15), errors) for errors in (1, 2, 3, 100)]
    assert waits == [timedelta(minutes=15), timedelta(minutes=30), timedelta(hours=1), timedelta(hours=24)]


def test_send_back_off_is_bounded() -> None:
    assert [send_back_off(n).total_seconds() for n in (1, 3, 50)] == [2.0, 8.0, 300.0]
