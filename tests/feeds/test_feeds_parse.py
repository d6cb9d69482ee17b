"""Parsing: the fields of each format, relative addresses, odd encodings, and bytes of any kind."""

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.errors import NotAFeed
from bot.domain.models import Entry, Feed, FeedKind
from bot.feeds.parse import parse_feed

RSS = """<?xml version="1.0" encoding="utf-8"?>
<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/"
     xmlns:media="http://search.yahoo.com/mrss/" xmlns:dc="http://purl.org/dc/elements/1.1/">
<channel><title>Harbour &amp; Hill</title><link>https://harbour.example/</link><language>en-GB</language>
<item><title>Ferry &lt;i&gt;returns&lt;/i&gt;</title><link>/ferry</link><guid isPermaLink="false">f-1</guid>
<dc:creator>Ada Quay</dc:creator><pubDate>Sun, 22 Nov 2026 09:00:00 +0200</pubDate>
<description>&lt;p&gt;It is back.&lt;/p&gt;&lt;p&gt;Tickets &amp;pound;2.&lt;/p&gt;</description>
<content:encoded><![CDATA[<h2>Back</h2><p>It is back&nbsp;again.<br>Today.</p>]]></content:encoded>
<media:thumbnail url="/ferry.jpg"/></item>
</channel></rss>"""
ATOM = """<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="de"><title>Hafen</title>
<link rel="self" href="https://hafen.example/feed"/><link href="https://hafen.example/"/>
<entry><id>tag:hafen.example,2026:1</id><title type="text">Fähre &amp; Kran</title><link href="/1"/>
<author><name>Ada</name></author>
<published>2026-11-22T06:00:00Z</published>
<updated>2026-11-22T07:30:00+01:00</updated>
<summary type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml">Sie <b>fährt</b> wieder.</div></summary>
</entry></feed>"""
RDF = """<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/"
 xmlns:dc="http://purl.org/dc/elements/1.1/"><channel rdf:about="https://h.example/"><title>H</title>
<link>https://h.example/</link></channel><item rdf:about="https://h.example/1"><title>One</title>
<link>https://h.example/1</link><dc:date>2026-11-22T06:00:00Z</dc:date></item></rdf:RDF>"""
JSON = """{"version": "https://jsonfeed.org/version/1.1", "title": "Harbour", "home_page_url": "https://harbour.example/",
 "language": "en", "items": [{"id": 7, "url": "/7", "title": "Crane", "authors": [{"name": "Ada"}, {"name": "Bo"}],
 "content_html": "<p>It <b>fell</b>.</p>", "summary": "Fell", "image": "/7.png",
 "date_published": "2026-11-22T08:00:00+02:00"}, null, 3, {"content_text": "Only text"}]}"""
SEVEN = datetime(2026, 11, 22, 7, tzinfo=UTC)
SIX = datetime(2026, 11, 22, 6, tzinfo=UTC)


def test_rss() -> None:
    assert parse_feed(RSS.encode(), url="https://harbour.example/feed.xml") == Feed(
        kind=FeedKind.RSS,
        title="Harbour & Hill",
        link="https://harbour.example/",
        language="en-GB",
        entries=(
            Entry(
                id="f-1",
                title="Ferry returns",
                link="https://harbour.example/ferry",
                author="Ada Quay",
                published_at=SEVEN,
                updated_at=None,
                summary="It is back.\nTickets £2.",
                content="Back\nIt is back again.\nToday.",
                image="https://harbour.example/ferry.jpg",
            ),
        ),
    )


def test_atom() -> None:
    feed = parse_feed(ATOM.encode(), url="https://hafen.example/feed")
    assert (feed.kind, feed.title, feed.link, feed.language) == ("atom", "Hafen", "https://hafen.example/", "de")
    entry = feed.entries[0]
    assert (entry.id, entry.title, entry.link) == (
        "tag:hafen.example,2026:1",
        "Fähre & Kran",
        "https://hafen.example/1",
    )
    assert (entry.published_at, entry.author, entry.summary) == (SIX, "Ada", "Sie fährt wieder.")
    assert entry.updated_at == datetime(2026, 11, 22, 6, 30, tzinfo=UTC)


def test_rdf() -> None:
    feed = parse_feed(RDF.encode())
    assert (feed.kind, feed.title) == ("rdf", "H")
    assert (feed.entries[0].link, feed.entries[0].published_at) == ("https://h.example/1", SIX)


def test_json() -> None:
    feed = parse_feed(JSON.encode(), url="https://harbour.example/feed.json")
    assert (feed.kind, feed.title, feed.language, len(feed.entries)) == ("json", "Harbour", "en", 2)
    assert feed.entries[0] == Entry(
        id="7",
        title="Crane",
        link="https://harbour.example/7",
        author="Ada, Bo",
        published_at=SIX,
        summary="Fell",
        content="It fell.",
        image="https://harbour.example/7.png",
    )
    assert feed.entries[1].content == "Only text"


def test_relative_addresses_stay_so_without_a_base() -> None:
    assert parse_feed(RSS.encode()).entries[0].link == "/ferry"
    assert parse_feed(RSS.replace("/ferry<", "javascript:alert(1)<").encode()).entries[0].link is None
    assert parse_feed(RSS.replace("/ferry<", "//ferry.example/<").encode()).entries[0].link is None
    based = ATOM.replace("<feed ", '<feed xml:base="https://base.example/x/" ').replace('href="/1"', 'href="1"')
    assert parse_feed(based.encode()).entries[0].link == "https://base.example/x/1"


def test_ids_do_not_change_with_the_address_of_the_feed() -> None:
    feed = ATOM.replace("tag:hafen.example,2026:1", "post-1").encode()
    ids = {parse_feed(feed, url=url).entries[0].id for url in ("https://a.example/f", "https://b.example/f", None)}
    assert ids == {"post-1"}


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (RSS.replace("Ferry", "Café").encode("utf-16"), None),
        (RSS.replace("Ferry", "Café").replace('"utf-8"', '"iso-8859-1"').encode("cp1252"), None),
        (RSS.replace("Ferry", "Café").encode("cp1252"), None),
        (RSS.replace("Ferry", "Café").replace('"utf-8"', '"utf-16"').encode(), None),
        (RSS.replace("Ferry", "Café").replace('"utf-8"', '"x-none"').encode(), None),
        (RSS.replace("Ferry", "Caf&eacute;").encode(), None),
        (
            RSS.replace("Ferry", "Café").replace(' encoding="utf-8"', "").encode("cp1250"),
            "text/xml; charset=windows-1250",
        ),
        (b"\xef\xbb\xbf\r\n  " + RSS.replace("Ferry", "Café").encode(), "text/xml; charset=us-ascii"),
        (b"Warning: something in /srv/x.php<br />\n" + RSS.replace("Ferry", "Café").encode(), None),
        (RSS.replace("Ferry", "Café").encode() + b"\xc3", None),
    ],
    ids=["utf-16", "latin-1", "not utf-8", "not utf-16", "unknown", "entity", "header", "mark", "junk", "cut"],
)
def test_encodings(body: bytes, content_type: str | None) -> None:
    assert parse_feed(body, content_type=content_type).entries[0].title == "Café returns"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b" \n",
        b"<!DOCTYPE html><html><head><title>404</title></head><body><rss></rss></body></html>",
        b"\x89PNG\r\n\x1a\n" + bytes(range(256)),
        b'{"hello": [1, 2]}',
        b'{"version": "https://jsonfeed.org/version/1", "items": 3}',
        b"[1, 2]",
        b"just words",
    ],
)
def test_what_is_no_feed(body: bytes) -> None:
    with pytest.raises(NotAFeed, match="not a feed"):
        parse_feed(body)


def test_a_feed_cut_off_keeps_what_came() -> None:
    body = RSS.partition("</channel>")[0] + "<item><title>Second sto"
    assert parse_feed(body.encode()).entries[0].title == "Ferry returns"


def test_references_and_ampersands() -> None:
    body = RSS.replace("Ferry", "Fish & chips&nbsp;&mdash; AT&T &#0;&#150; &xyzzy; &amp;amp; ")
    assert parse_feed(body.encode()).entries[0].title == "Fish & chips — AT&T – &xyzzy; & returns"


SNIPPETS = st.sampled_from(
    ["<rss>", "<feed xmlns='http://www.w3.org/2005/Atom'>", "<item>", "</item>", "<entry>", "<title>", "</title>",
     "<!--", "-->", "<![CDATA[", "]]>", "&lt;", "&#x", "&amp;", "<a href='", '"', ">", "<", "\x00", "\ud800", "ф",
     "<!DOCTYPE x [", '{"version":"jsonfeed.org","items":[', "{", "}", "]", "<link/>", "<pubDate>1 Jan",
     "<guid>", "<author>a@b.c"]
)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(
    st.one_of(
        st.binary(max_size=200),
        st.lists(SNIPPETS, max_size=40).map(lambda parts: "".join(parts).encode("utf-8", "surrogatepass")),
    )
)
def test_any_bytes_are_a_feed_or_none(body: bytes) -> None:
    try:
        feed = parse_feed(body, url="https://h.example/")
    except NotAFeed:
        return
    for entry in feed.entries:
        for text in (entry.id, entry.title, entry.author, entry.summary, entry.content):
            (text or "").encode()
        for link in (entry.link, entry.image):
            assert link is None or link.startswith(("http://", "https://"))
