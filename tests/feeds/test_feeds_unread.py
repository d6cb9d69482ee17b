"""What of a feed was not read before: entries with the same bytes are left out, in plain cases only."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.feeds.unread import MOST_ENTRIES, Seen, unread
from bot.services.brought import articles_of
from tests.conftest import Clock
from tests.feeds.samples import ABSENT, DATA, OWN, own_feeds, saved_feeds

HEAD = b"<rss version='2.0'><channel><title>Coast</title>"
END = b"</channel></rss>"


def item(key: int, text: str = "It is back.") -> bytes:
    return f"<item><guid>{key}</guid><title>Ferry {key}</title><description>{text}</description></item>\n".encode()


def feed(*items: bytes) -> bytes:
    return HEAD + b"".join(items) + END


def test_what_was_seen_is_left_out_and_the_rest_stands_as_it_was() -> None:
    first = unread(feed(item(1), item(2)), b"")
    assert first is not None
    assert (first.body, first.entries) == (feed(item(1), item(2)), 2)
    second = unread(feed(item(3), item(1, "It is not."), item(2)), first.seen)
    assert second is not None
    assert second.body.replace(b"\n", b"") == feed(item(3), item(1, "It is not.")).replace(b"\n", b"")
    assert second.entries == 3
    again = unread(feed(item(3), item(1, "It is not."), item(2)), second.seen)
    assert again is not None
    assert b"<item>" not in again.body


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b'{"version": "https://jsonfeed.org/version/1.1", "items": []}',
        feed(b"<item><title>a</title>"),
        feed(b"</item>", item(1)),
        feed(item(1, "<![CDATA[<item></item>]]>")),
        feed(item(1, "<![CDATA[</item>]]>")),
        feed(item(1), b"<entry><id>2</id></entry>"),
        feed(item(1), item(1, "the same id")),
        feed(*(item(number) for number in range(MOST_ENTRIES + 1))),
        feed(item(1)).decode().encode("utf-16"),
    ],
)
def test_all_is_read_where_entries_are_not_plainly_told_apart(body: bytes) -> None:
    assert unread(body, b"") is None


@given(st.lists(st.integers(0, 30), unique=True), st.lists(st.integers(0, 30), unique=True), st.integers(0, 2))
def test_what_is_left_brings_the_articles_that_were_not_there_before(
    before: list[int], after: list[int], changed: int
) -> None:
    now = Clock()()
    seen = unread(feed(*map(item, before)), b"")
    later = [item(key, "Edited." if key % 3 == changed else "It is back.") for key in after]
    rest = unread(feed(*later), seen.seen if seen else b"")
    _, whole = articles_of(feed(*later), "https://coast.example/feed", None, now)
    old = set(articles_of(feed(*map(item, before)), "https://coast.example/feed", None, now)[1])
    left = articles_of(rest.body if rest else feed(*later), "https://coast.example/feed", None, now)[1]
    assert [article for article in whole if article not in old] == [article for article in left if article not in old]
    assert not (set(left) & old) or rest is None or seen is None


def _one_entry_left(body: bytes) -> bool | None:
    """Whether a feed's first entry, all others left out, is the article that it is in the whole; None: not cut."""
    cut = unread(body, b"")
    if cut is None:
        return None
    only, nothing = unread(body, cut.seen[8:]), unread(body, cut.seen)
    assert only is not None
    assert nothing is not None
    url, now = "https://coast.example/feed", Clock()()
    said, whole = articles_of(body, url, None, now)
    assert articles_of(nothing.body, url, None, now) == (said, ())
    said_again, left = articles_of(only.body, url, None, now)
    return (said_again, left) == (said, whole[:1])


@pytest.mark.parametrize("name", OWN)
def test_own_feeds_are_cut_or_left_alone(name: str) -> None:
    assert _one_entry_left(own_feeds()[name]) is not False


@pytest.mark.untraced
@pytest.mark.skipif(not DATA.exists(), reason=ABSENT)
def test_saved_feeds_say_the_same_with_one_entry_left() -> None:
    told = Counter(_one_entry_left(body) for _, body in saved_feeds("real.tar.gz"))
    assert told[False] == 0
    assert told[True] > 85


def test_hostile_tags_take_no_time() -> None:
    assert unread(b"<rss>" + b"<item " * 170_000, b"") is None
    assert unread(b"<item>" + b"<guid " * 170_000 + b"</item>", b"") is not None


def test_the_longest_unused_is_forgotten() -> None:
    seen = Seen(most=2)
    for number in (1, 2, 1, 3):
        seen.keep(number, b"%d" % number)
    assert [seen.of(number) for number in (1, 2, 3)] == [b"1", b"", b"3"]
