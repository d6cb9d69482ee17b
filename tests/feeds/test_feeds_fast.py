"""The fast way of reading feeds: what it accepts, and that it says what the reference says."""

from collections.abc import Iterable

import pytest

from bot.domain.errors import NotAFeed
from bot.domain.models import Feed
from bot.feeds.decode import decoded
from bot.feeds.fast import read_fast
from bot.feeds.parse import as_feed
from bot.feeds.reference import read_any
from bot.feeds.repair import find_root
from tests.feeds.samples import ABSENT, ATOM, DATA, OWN, RSS, saved_feeds

URL = "https://h.example/news/feed.xml"


def both(body: bytes, url: str | None = URL, most: int = 20) -> tuple[Feed | None, Feed | None]:
    """What the fast way and the reference say; None where the one is silent and where the other finds no feed."""
    text = decoded(body)
    root = find_root(text)
    if root is None or text.lstrip("\ufeff \t\r\n").startswith("{"):
        return None, None
    raw = read_fast(text, root, most)
    try:
        reference = as_feed(read_any(text, root, url, most), text, url, None)
    except NotAFeed:
        reference = None
    return as_feed(raw, text, url, None) if raw else None, reference


def compared(feeds: Iterable[tuple[str, bytes]]) -> tuple[int, list[str]]:
    """How many the fast way accepts, and those of them that it reads in another way than the reference."""
    accepted, wrong = 0, []
    for name, body in feeds:
        for url in (URL, None):
            fast, reference = both(body, url)
            if fast is not None:
                accepted += 1
                wrong += [name] * (fast != reference)
    return accepted, wrong


@pytest.mark.parametrize("name", OWN)
@pytest.mark.parametrize("url", [URL, None])
def test_it_says_what_the_reference_says(name: str, url: str | None) -> None:
    fast, reference = both(OWN[name].encode(), url)
    assert fast is not None
    assert fast == reference


@pytest.mark.untraced
@pytest.mark.skipif(not DATA.exists(), reason=ABSENT)
def test_both_ways_agree_on_real_feeds() -> None:
    accepted, wrong = compared(saved_feeds("real.tar.gz"))
    assert wrong == []
    assert accepted >= 2 * 70


@pytest.mark.untraced
@pytest.mark.skipif(not DATA.exists(), reason=ABSENT)
def test_both_ways_agree_on_the_conformance_suites() -> None:
    accepted, wrong = compared(saved_feeds("conformance.tar.gz"))
    assert wrong == []
    assert accepted >= 2 * 100


def replaced(old: str, new: str, feed: str = RSS) -> bytes:
    assert old in feed
    return feed.replace(old, new, 1).encode()


NOT_PLAIN = {
    "a document type": replaced("<rss ", '<!DOCTYPE rss [<!ENTITY x "y">]><rss '),
    "junk before it": replaced("<?xml", "Warning: no such file<?xml"),
    "an entity of HTML": replaced("Harbour &amp;", "Harbour &ndash;"),
    "a bare ampersand": replaced("Harbour &amp;", "Harbour &"),
    "a number of Windows-1252": replaced("Harbour &amp;", "Harbour &#150;"),
    "a tag left open": replaced("</link>", ""),
    "an undeclared prefix": replaced("<ttl>", "<x:y/><ttl>"),
    "cut off": RSS.encode()[:-40],
    "another root": RSS.replace("rss", "xss").encode(),
    "RSS 1.0 beside RSS 2.0": replaced("<rss ", '<rss xmlns:old="http://purl.org/rss/1.0/" '),
    "two channels": replaced("</channel>", "</channel><channel/>"),
    "a channel about two things": replaced(
        "<rss ", '<rss xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd" '
    ).replace(b"<ttl>", b"<itunes:summary>a</itunes:summary><description>b</description><ttl>"),
    "a logo with documents": replaced("<image>", "<image><docs>x</docs>"),
    "a feed within the logo": replaced("<image>", "<image><item><title>x</title></item>"),
    "a title of a contributor": replaced("<author>", "<contributor><title>x</title></contributor><author>", ATOM),
    "elements in XHTML that mean something": replaced("Sie <b>", "<summary>x</summary><b>", ATOM),
    "two titles": replaced("<ttl>", "<title>Again</title><ttl>"),
    "markup as elements": replaced("<title>Crane", "<title><b>Crane</b>"),
    "an unknown element": replaced("<title>Crane", "<abstract>x</abstract><title>Crane"),
    "a taken prefix": replaced(
        'xmlns:slash="http://purl.org/rss/1.0/modules/slash/"', 'xmlns:slash="x:" xmlns:psc="y:"'
    ).replace(b"<title>Crane", b"<psc:x/><title>Crane"),
    "another base": replaced("<title>Crane", '<link xml:base="https://b.example/">c</link><title>Crane'),
    "a base for all": replaced("<feed ", '<feed xml:base="https://b.example/" ', ATOM),
    "two dates": replaced("<pubDate>Mon", "<pubDate>Sun, 22 Nov 2026 08:00:00 GMT</pubDate><pubDate>Mon"),
    "a date in an odd form": replaced("Mon, 23 Nov 2026 08:15 GMT", "2026327"),
    "a very long author": replaced("Ada Quay", "Ada" * 80),
    "a source with its own fields": replaced("<category", "<source><title>S</title></source><category", ATOM),
    "an address that would be mended": replaced("/ferry?", "https:////harbour.example/ferry?"),
    "UTF-8 read as Latin-1": replaced("Harbour", "Caf\u00c3\u00a9"),
    "an empty address": replaced('<link href="/1"/>', '<link href=""/>', ATOM),
    "binary content": replaced('<content type="html">', '<content type="image/png">', ATOM),
    "an attribute that moves it": replaced("<channel>", '<channel href="https://elsewhere.example/">'),
    "an author with a life": replaced("<name>Ada", "<biography/><name>Ada", ATOM),
    "depth": replaced("<ttl>", "<category>" * 300 + "</category>" * 300 + "<ttl>"),
}


@pytest.mark.parametrize("why", NOT_PLAIN)
def test_what_is_left_to_the_reference(why: str) -> None:
    assert both(NOT_PLAIN[why])[0] is None


ABSOLUTE = ATOM.replace('"/1', '"https://h.example/1')
LISTENERS = RSS.replace("<rss ", '<rss xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd" ')
SAME = {
    "no more than asked for": replaced("</channel>", "<item><title>More</title></item>" * 30 + "</channel>"),
    "comments in texts": replaced("Crane", "Cr<!-- x -->a<?y?>ne"),
    "the same in CDATA": replaced("Crane", "<![CDATA[Cr]]>a<![CDATA[ne &amp; more]]>"),
    "WordPress's own elements": replaced("<ttl>", '<site xmlns="com-wordpress:feed-additions:1">1</site><ttl>'),
    "a base that moves nothing": replaced(' type="html"', ' type="html" xml:base="https://b.example/"', ABSOLUTE),
    "several authors": replaced("<author>", "<author>First</author><dc:creator>Second</dc:creator><author>"),
    "a link after the guid": replaced("<title>Crane", "<link>https://h.example/c?a&amp;amp;b;c</link><title>Crane"),
    "an image for listeners": replaced(
        "<title>Crane", '<itunes:image href="/i.png"/><itunes:summary>S</itunes:summary><title>Crane', LISTENERS
    ),
    "summary after content": replaced("<content type", "<content>C</content><summary>S</summary><content type", ATOM),
    "a media title alone": replaced("<title>Crane</title>", ""),
    "a person without a name": replaced("<name>Ada</name>", "", ATOM),
    "an odd language": replaced("<language>en-GB", "<language> en_GB "),
}  # fmt: skip


@pytest.mark.parametrize("why", SAME)
def test_what_both_read_alike(why: str) -> None:
    fast, reference = both(SAME[why])
    assert fast is not None
    assert fast == reference
