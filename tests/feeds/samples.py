"""Feeds of the project's own, for tests that need many, and where the evaluation data lies if it is there."""

import tarfile
from collections.abc import Iterator
from pathlib import Path

DATA = Path(__file__).parents[3] / "shared" / "data" / "feeds"
ABSENT = f"{DATA} is not beside this repository"

RSS = """<?xml version="1.0" encoding="utf-8"?>
<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:atom="http://www.w3.org/2005/Atom"
     xmlns:media="http://search.yahoo.com/mrss/" xmlns:dc="http://purl.org/dc/elements/1.1/"
     xmlns:slash="http://purl.org/rss/1.0/modules/slash/">
<channel><title>Harbour &amp; Hill</title><link>https://harbour.example/</link><language>en-GB</language>
<atom:link rel="self" type="application/rss+xml" href="https://harbour.example/feed"/><ttl>30</ttl>
<atom:link rel="hub" href="https://hub.example/"/>
<image><title>Logo</title><url>https://harbour.example/l.png</url><link>https://harbour.example/</link></image>
<skipHours><hour>2</hour><hour>3</hour></skipHours><skipDays><day>Sunday</day></skipDays>
<item><title>Ferry &lt;i&gt;returns&lt;/i&gt;</title><link>/ferry?a=1&amp;b=2</link><guid isPermaLink="false">f-1</guid>
<dc:creator>Ada Quay</dc:creator><pubDate>Sun, 22 Nov 2026 09:00:00 +0200</pubDate><slash:comments>3</slash:comments>
<description>&lt;p&gt;It is back.&lt;/p&gt;&lt;p&gt;Tickets &amp;pound;2.&lt;/p&gt;</description>
<content:encoded><![CDATA[<h2>Back</h2><p>It is back&nbsp;again.<br>Today.</p>]]></content:encoded>
<media:thumbnail url="/ferry.jpg"/></item>
<item><guid>https://harbour.example/crane</guid><title>Crane</title><pubDate>Mon, 23 Nov 2026 08:15 GMT</pubDate>
<author>bo@harbour.example (Bo)</author><media:group><media:content url="https://harbour.example/c.jpg" medium="image"/>
<media:title>A crane</media:title><media:description>Yellow.</media:description></media:group></item>
<item><media:title>First</media:title><title>Second</title><description>One</description><description>Two</description>
<enclosure url="https://harbour.example/e.png" type="image/PNG" length="1"/></item>
</channel></rss>"""
ATOM = """<?xml version="1.0"?>
<!-- made by hand --><feed xmlns="http://www.w3.org/2005/Atom" xml:lang="de_AT" xmlns:thr="http://purl.org/syndication/thread/1.0">
<title>Hafen</title><id>tag:hafen.example,2026:feed</id>
<link rel="self" href="https://hafen.example/feed"/><link href="https://hafen.example/"/>
<entry><id>tag:hafen.example,2026:1</id><title type="text">Fähre &amp; Kran</title><link href="/1"/>
<link rel="enclosure" type="image/jpeg" href="/1.jpg"/><thr:total>4</thr:total>
<author><name>Ada</name><uri>https://hafen.example/ada</uri><email>ada@hafen.example</email></author>
<published>2026-11-22T06:00:00Z</published><updated>2026-11-22T07:30:00+01:00</updated>
<summary type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml">Sie <b>fährt</b> &lt;wieder&gt;.<br/>Heute.</div>
</summary>
<content type="html">&lt;p&gt;Sie fährt.&lt;/p&gt;</content></entry>
<entry><id>https://hafen.example/2</id><title/><content>Nur Text &amp;amp; mehr</content><category term="x"/>
</entry></feed>"""
RDF = """<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/"
 xmlns:dc="http://purl.org/dc/elements/1.1/"><channel rdf:about="https://h.example/"><title>H</title>
<link>https://h.example/</link><items><rdf:Seq><rdf:li rdf:resource="https://h.example/1"/></rdf:Seq></items></channel>
<item rdf:about="https://h.example/1"><title>One</title><dc:creator>Ada</dc:creator><dc:date>2026-11-22T06:00:00Z</dc:date>
<link>https://h.example/1</link></item></rdf:RDF>"""
OWN = {"own.rss": RSS, "own.atom": ATOM, "own.rdf": RDF}


def own_feeds() -> dict[str, bytes]:
    """The samples of this file by name."""
    return {name: feed.encode() for name, feed in OWN.items()}


def saved_feeds(archive: str) -> Iterator[tuple[str, bytes]]:
    """The files of an archive of the evaluation data, by name."""
    with tarfile.open(DATA / archive) as packed:
        for member in sorted(packed.getmembers(), key=lambda one: one.name):
            if member.isfile() and (file := packed.extractfile(member)):
                yield member.name, file.read()
