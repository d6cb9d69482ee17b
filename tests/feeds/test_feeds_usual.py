"""Where feeds usually are, and the starter lists."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.canonical import canonical_url
from bot.feeds.starters import starter_lists, starters
from bot.feeds.urls import web_link
from bot.feeds.usual import feed_by_form, sites_of, usual_feeds

CHANNEL = "UC" + "a1_-" * 5 + "xy"
VIDEOS = "https://www.youtube.com/feeds/videos.xml?"


@pytest.mark.parametrize(
    ("url", "feed"),
    [
        (f"https://www.youtube.com/channel/{CHANNEL}", f"{VIDEOS}channel_id={CHANNEL}"),
        (f"m.youtube.com/channel/{CHANNEL}/videos", f"{VIDEOS}channel_id={CHANNEL}"),
        ("https://youtube.com/user/harbour", f"{VIDEOS}user=harbour"),
        ("https://www.youtube.com/playlist?list=PLharbour1234", f"{VIDEOS}playlist_id=PLharbour1234"),
        ("https://www.youtube.com/watch?v=abc", None),
        ("https://github.com/harbour/bridge", "https://github.com/harbour/bridge/releases.atom"),
        ("github.com/harbour/bridge.js/releases/", "https://github.com/harbour/bridge.js/releases.atom"),
        ("https://github.com/harbour", None),
        ("https://github.com/topics/news", None),
        ("https://github.com/harbour/bridge/issues", None),
        ("https://github.com.evil.example/harbour/bridge", None),
        ("https://coast.example/user/harbour", None),
    ],
)
def test_feeds_by_the_form_of_an_address(url: str, feed: str | None) -> None:
    assert feed_by_form(url) == feed


@given(st.text(max_size=80))
def test_any_text_is_taken(text: str) -> None:
    found = feed_by_form(text)
    assert found is None or found.startswith(("https://www.youtube.com/", "https://github.com/"))


def test_usual_places_are_those_of_a_site() -> None:
    assert usual_feeds("https://a.example?p=1")[:2] == ("https://a.example/feed", "https://a.example/rss.xml")
    assert usual_feeds("https://a.example/news/") == ()


def test_starters_are_whole_and_each_is_there_once() -> None:
    assert len({starter.id for starter in starters()}) == len(starters()) > 80
    assert len({canonical_url(starter.url) for starter in starters()}) == len(starters())
    assert all(web_link(starter.url) == starter.url for starter in starters())
    assert "https://www.worthynews.com/feed" in [starter.url for starter in starters()]
    regions = [each for each in starter_lists() if each.region]
    assert sum(len(each.starters) for each in regions) == len(starters())
    assert regions[0].region == "world"


@pytest.mark.parametrize(
    ("url", "site_url", "places"),
    [
        ("https://h.example/feed", None, ["https://h.example/"]),
        ("https://h.example/feed", "https://h.example/", ["https://h.example/"]),
        ("https://h.example/news/feed", "https://h.example", ["https://h.example", "https://h.example/news"]),
        ("https://h.example/", "javascript:x", []),
        ("https://h.example/a/b/c/feed.xml", "https://s.example/news",
         ["https://s.example/news", "https://h.example/a/b/c", "https://h.example/a/b", "https://h.example/"]),
    ],
)  # fmt: skip
def test_where_a_feed_may_have_gone(url: str, site_url: str | None, places: list[str]) -> None:
    assert list(sites_of(url, site_url)) == places
