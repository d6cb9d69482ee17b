"""Mutants of feeds, and entries of every shape: reading ends well, and both ways of reading say the same."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.feeds.identity import new_articles
from bot.feeds.parse import parse_feed
from tests.feeds.fuzz import complaints, corpus, examine, mutants

pytestmark = pytest.mark.untraced

SEED = 20_261_122
MOST = 500

TEXTS = st.sampled_from(
    [
        "", " ", "Ferry", "Fähre\u200b", "a &amp;lt;b&amp;gt; c", "&lt;p&gt;One&lt;/p&gt;Two",
        "<![CDATA[<b>bold</b> &amp; more]]>", "https://h.example/1", "/1", "urn:x:1",
        "Sun, 22 Nov 2026 09:00:00 +0200", "2026-11-22T07:00:00Z", "2026/1/10", "soon", "<name>Ada</name>",
        "<name>Ada</name><email>a@h.example</email>", "a@h.example (Ada)", "<b>in</b> markup", "&#8212;",
    ]
)  # fmt: skip
NAMES = st.sampled_from(
    [
        "title", "link", "guid", "id", "author", "dc:creator", "itunes:author", "pubDate", "published", "updated",
        "dc:date", "description", "summary", "itunes:summary", "content", "content:encoded", "media:title",
        "media:description", "media:thumbnail", "media:content", "enclosure", "itunes:image", "atom:link", "category",
        "source", "comments", "dc:title", "media:group", "x:title", "slash:comments",
    ]
)  # fmt: skip
ATTRIBUTES = st.sampled_from(
    [
        "", "", "", ' url="/u.jpg"', ' href="/h"', ' href="https://h.example/h" rel="enclosure" type="image/png"',
        ' type="html"', ' type="xhtml"', ' isPermaLink="false"', ' isPermaLink="true"', ' rel="self" href="/s"',
        ' url="/u.PNG" type="Image/PNG"', ' medium="image" url="https://h.example/m"', ' xml:lang="de"',
        ' xml:base="/b/"',
    ]
)  # fmt: skip
ELEMENTS = st.recursive(
    st.builds("<{0}{1}>{2}</{0}>".format, NAMES, ATTRIBUTES, TEXTS),
    lambda inner: st.builds(
        "<{0}>{1}</{0}>".format,
        st.sampled_from(["media:group", "media:content", "x:y"]),
        st.lists(inner, max_size=3).map("".join),
    ),
    max_leaves=4,
)
ENTRIES = st.lists(st.lists(ELEMENTS, max_size=7).map("".join), max_size=3)
SPACES = (
    'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd" '
    'xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:media="http://search.yahoo.com/mrss/" '
    'xmlns:x="urn:x" xmlns:atom="http://www.w3.org/2005/Atom" xmlns:slash="http://purl.org/rss/1.0/modules/slash/"'
)


@settings(max_examples=300, deadline=None)
@given(ENTRIES, st.lists(ELEMENTS, max_size=3).map("".join), st.booleans())
def test_entries_of_every_shape(entries: list[str], channel: str, atom: bool) -> None:
    if atom:
        inside = channel + "".join(f"<entry>{entry}</entry>" for entry in entries)
        feed = f'<feed xmlns="http://www.w3.org/2005/Atom" {SPACES}>{inside}</feed>'
    else:
        inside = channel + "".join(f"<item>{entry}</item>" for entry in entries)
        feed = f'<rss version="2.0" {SPACES}><channel>{inside}</channel></rss>'
    assert examine(feed.encode()) is None
    articles = new_articles(parse_feed(feed.encode(), url="https://h.example/feed.xml"))
    assert len({article.key for article in articles}) == len(articles) <= len(entries)


def test_mutants_are_read_or_refused() -> None:
    """500 of them here, 10,000 and more by `make fuzz`."""
    bodies = list(mutants(corpus(), MOST, SEED))
    assert list(complaints(bodies)) == []


def test_mutants_come_again_with_their_seed() -> None:
    feeds = corpus()
    assert list(mutants(feeds, 20, 1)) == list(mutants(feeds, 20, 1)) != list(mutants(feeds, 20, 2))
