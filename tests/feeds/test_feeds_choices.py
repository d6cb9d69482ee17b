"""Feeds as choices."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from bot.domain.models import Entry, Feed, FeedKind
from bot.feeds.choices import Choice, best_first, choice_of

NOW = datetime(2026, 11, 22, 8, tzinfo=UTC)
URL = "https://post.example/feed"


def feed(*entries: Entry, title: str | None = "Harbour") -> Feed:
    return Feed(kind=FeedKind.RSS, title=title, link=None, language=None, entries=entries)


def entry(days_ago: float, title: str = "Ferry", text: str = "") -> Entry:
    return Entry(id=None, title=title, link=None, published_at=NOW - timedelta(days=days_ago), content=text)


def test_what_a_feed_offers() -> None:
    offered = choice_of(URL, feed(entry(7, "Old"), entry(1, "New"), entry(3, "Third", "x" * 2000)), NOW, "News")
    assert offered == Choice(URL, "Harbour", "New", NOW - timedelta(days=1), 3.0, False, "Harbour")


def test_full_text_is_half_of_the_entries() -> None:
    long, short = entry(1, text="x" * 1500), entry(1, text="x" * 1499)
    assert choice_of(URL, feed(long, short), NOW).full_text
    assert not choice_of(URL, feed(long, short, short), NOW).full_text
    assert choice_of(URL, feed(replace(long, content=None, summary="y" * 1500)), NOW).full_text


def test_what_cannot_be_told() -> None:
    undated = Entry(id=None, title="", link=None, summary="A crane fell.")
    assert choice_of(URL, feed(undated, title=None), NOW, "News") == Choice(
        URL, "News", "A crane fell.", None, None, False
    )
    assert choice_of(URL, feed(title=None), NOW) == Choice(URL, URL, None, None, None, False)
    assert choice_of(URL, feed(entry(2)), NOW).articles_per_week is None


def test_a_silent_feed_publishes_less() -> None:
    assert choice_of(URL, feed(entry(70), entry(63)), NOW).articles_per_week == 0.2
    assert choice_of(URL, feed(*[entry(0.01)] * 10), NOW).articles_per_week == 70.0


def test_the_best_comes_first() -> None:
    plain = Choice("a", "A", None, None, 5.0, False)
    choices = [
        plain,
        replace(plain, url="b", full_text=True, articles_per_week=None),
        replace(plain, url="c", articles_per_week=9.0),
    ]
    assert [choice.url for choice in best_first(choices)] == ["b", "c", "a"]
