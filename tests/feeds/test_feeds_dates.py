"""Times as feeds write them."""

from datetime import UTC, datetime

import pytest

from bot.feeds.dates import read_time
from bot.feeds.parse import parse_feed


@pytest.mark.parametrize(
    ("written", "at"),
    [
        ("Sun, 22 Nov 2026 09:00:00 +0200", "2026-11-22T07:00:00"),
        ("Sun, 22 Nov 2026 09:00:00 GMT", "2026-11-22T09:00:00"),
        ("22 Nov 2026 09:00 -03:30", "2026-11-22T12:30:00"),
        ("Sunday, 22-November-2026 09:00:00 EST", "2026-11-22T14:00:00"),
        ("22 Nov 2026", "2026-11-22T00:00:00"),
        ("mer, 16 nov 2022 00:38:15 +0100", "2022-11-15T23:38:15"),
        ("jeu., 5 juin 2025 10:00:00 GMT", "2025-06-05T10:00:00"),
        ("jeu., 3 juil. 2025 10:00:00 GMT", "2025-07-03T10:00:00"),
        ("Di, 3 März 2026 10:00:00 +0100", "2026-03-03T09:00:00"),
        ("2026-11-22T06:00:00Z", "2026-11-22T06:00:00"),
        ("2026-11-22T06:00:00.123456+05:30", "2026-11-22T00:30:00"),
        ("2026-11-22t06:00z", "2026-11-22T06:00:00"),
        ("2026-11-22 06:00:00 +0100", "2026-11-22T05:00:00"),
        ("2020/1/10 14:33:00", "2020-01-10T14:33:00"),
        (" 2026.11.02 ", "2026-11-02T00:00:00"),
    ],
)
def test_usual_forms(written: str, at: str) -> None:
    assert read_time(written) == datetime.fromisoformat(at).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    "written",
    ["", "now", "2026-02-30", "2026-13-01", "32 Nov 2026", "22 Foo 2026", "2026-11/22", "22 Nov 26", "0000-01-01",
     "Sun, 22 Nov 2026 25:00:00 GMT", "Sun, 22 Nov 2026 09:00:00 XYZT", "9" * 5000, "0001-01-01T00:00:00+14:00",
     "2026-11-22T06:00:00+99:00"],
)  # fmt: skip
def test_others_are_left_alone(written: str) -> None:
    assert read_time(written) is None


def test_years_come_first_where_they_are_written_first() -> None:
    feed = "<rss><channel><item><title>a</title><pubDate>2020/1/10 14:33:00</pubDate></item></channel></rss>"
    assert parse_feed(feed.encode()).entries[0].published_at == datetime(2020, 1, 10, 14, 33, tzinfo=UTC)


def test_odd_forms_are_feedparsers() -> None:
    feed = "<rss><channel><item><title>a</title><pubDate>Fri, 2006/09/15 08:19:53 EDT</pubDate></item></channel></rss>"
    assert parse_feed(feed.encode()).entries[0].published_at == datetime(2006, 9, 15, 12, 19, 53, tzinfo=UTC)
