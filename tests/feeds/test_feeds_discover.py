"""Discovery: the feeds of small pages written for this test, and of saved ones where they are at hand."""

import gzip
import json
import tarfile
from pathlib import Path

import pytest

from bot.domain.models import FeedLink
from bot.feeds.discover import feed_links

SAVED = Path(__file__).parents[3] / "shared" / "data"
PAGE = "https://harbour.example/news/1"


def offered(head: str) -> list[str]:
    return [link.url for link in feed_links(f"<html><head>{head}</head></html>".encode(), PAGE)]


def link(href: str, kind: str = "application/rss+xml", more: str = "") -> str:
    return f'<link rel="alternate" type="{kind}" href="{href}" {more}>'


def test_feeds_in_page_order_with_their_names() -> None:
    html = (
        link("/feed", more='title="Harbour &raquo; Feed"')
        + link("atom.xml", "application/atom+xml")
        + link("//cdn.example/feed.json", "application/feed+json; charset=utf-8")
        + link("https://harbour.example/feed")
        + "<LINK REL='Alternate Home' TYPE=text/xml HREF=/all.rss>"
    )
    assert feed_links(html.encode(), PAGE) == (
        FeedLink("https://harbour.example/feed", "Harbour » Feed"),
        FeedLink("https://harbour.example/news/atom.xml", None),
        FeedLink("https://cdn.example/feed.json", None),
        FeedLink("https://harbour.example/all.rss", None),
    )


@pytest.mark.parametrize(
    "html",
    [
        link("/comments/feed/"),
        link("/2026/11/ferry/feed/", more='title="Harbour &raquo; Ferry Comments Feed"'),
        link("/ferry/feed", more='title="Hafen &raquo; Kommentar-Feed"'),
        link("/feeds/77/comments/default", "application/atom+xml"),
        link("/wp-json/wp/v2/posts/7", "application/json"),
        link("/wp-json/oembed/1.0/embed?url=x", "application/json+oembed"),
        link("/oembed?format=xml", "text/xml+oembed"),
        link("/de/", "text/html", 'hreflang="de"'),
        link("/data.json", "application/json"),
        link("javascript:feed()"),
        link("http://user@harbour.example/feed"),
        '<link rel="stylesheet" type="application/rss+xml" href="/feed">',
        f"<!-- {link('/feed')} -->",
        f"<script>'{link('/feed')}'</script>",
        '<link rel="alternate" type="application/rss+xml">',
        '<a rel="alternate" type="application/rss+xml" href="/feed">',
    ],
)
def test_what_is_no_news_feed(html: str) -> None:
    assert offered(html) == []


def test_base_addresses_count() -> None:
    assert offered('<base href="/en/">' + link("feed")) == ["https://harbour.example/en/feed"]
    assert offered('<base href="javascript:x">' + link("feed")) == ["https://harbour.example/news/feed"]


def test_pages_are_bounded() -> None:
    many = "".join(link(f"/feed/{n}") for n in range(200))
    assert len(offered(many)) == 50
    for wall in ("<link ", "<link a='", "<!--", "<script>", '<link "'):
        assert offered(wall * 200_000) == []


def saved(pack: tarfile.TarFile, file: str) -> bytes:
    member = pack.extractfile(file)
    assert member is not None
    html = member.read()
    return gzip.decompress(html) if file.endswith(".gz") else html


@pytest.mark.skipif(not SAVED.exists(), reason="the saved pages are not on this machine")
def test_saved_pages() -> None:
    cases = [json.loads(line) for line in (SAVED / "feeds" / "discovery.jsonl").read_text().splitlines()]
    right = 0
    for name in {case["archive"] for case in cases}:
        with tarfile.open(SAVED / name) as pack:
            for case in (case for case in cases if case["archive"] == name):
                found = [found.url for found in feed_links(saved(pack, case["file"]), case["url"])]
                right += found == [wanted["url"] for wanted in case["offer"]]
    assert right >= 62
