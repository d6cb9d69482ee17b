"""What feeds say about being read."""

import pytest

from bot.feeds.hints import Hints, read_hints
from bot.feeds.parse import parse_feed
from tests.feeds.samples import RSS

WEEK = ("Mon", "Tues", "Wednes", "Thurs", "Fri", "Satur", "Sun")
NONE = Hints(None, frozenset(), frozenset(), None, None)


def test_hints_of_rss() -> None:
    feed = parse_feed(RSS.encode(), url="https://harbour.example/feed")
    assert (feed.ttl_s, feed.skip_hours, feed.skip_days) == (1800, frozenset({2, 3}), frozenset({6}))
    assert (feed.hub, feed.self_url) == ("https://hub.example/", "https://harbour.example/feed")


def test_hints_of_json() -> None:
    body = (
        b'{"version": "https://jsonfeed.org/version/1.1", "items": [], "feed_url": "/feed.json",'
        b' "hubs": [3, {"type": "WebSub", "url": "javascript:x"}, {"type": "WebSub", "url": "/hub"}]}'
    )
    feed = parse_feed(body, url="https://h.example/")
    assert (feed.hub, feed.self_url) == ("https://h.example/hub", "https://h.example/feed.json")


def test_of_several_hubs_the_first() -> None:
    text = "<feed><link href='/a' rel='hub'/><atom:link rel=\"alternate hub\" href='https://b.example/'/></feed>"
    assert read_hints(text, "https://h.example/").hub == "https://h.example/a"


@pytest.mark.parametrize(
    "text",
    [
        "<rss><channel><ttl>soon</ttl><ttl>-5</ttl></channel></rss>",
        "<rss><channel><item><ttl>5</ttl><link rel='hub' href='https://h.example/'/></item></channel></rss>",
        f"<rss><skipDays>{''.join(f'<day>{day}day</day>' for day in WEEK)}</skipDays></rss>",
        f"<rss><skipHours>{''.join(f'<hour>{hour}</hour>' for hour in range(24))}</skipHours></rss>",
        "<rss><skipHours><hour>77</hour></skipHours><skipDays><day>Someday</day></skipDays></rss>",
        "<feed><link rel='hub' href='javascript:x'/><link rel='self'/></feed>",
    ],
)  # fmt: skip
def test_hints_that_make_no_sense(text: str) -> None:
    assert read_hints(text, "https://h.example/") == NONE


def test_hour_24_is_midnight() -> None:
    assert read_hints("<skipHours><hour>24</hour></skipHours>", None).skip_hours == {0}
