"""The six feeds: what an outlet has out, in its own format and with its own manners.

Pure: everything is built from an outlet, its published articles (newest first) and the address that was asked for it.
"""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import format_datetime
from html import escape

from bot.sandbox.newswire.model import FICTION, FeedStyle, Outlet, Published

TTL_MIN = 5
"""What the RSS feeds ask readers to wait between two polls."""

Items = tuple[Published, ...]

CONTENT_TYPES = {
    FeedStyle.RSS_TEASER: "application/rss+xml",
    FeedStyle.RSS_FULL: "application/rss+xml",
    FeedStyle.RSS_BARE: "application/rss+xml",
    FeedStyle.ATOM: "application/atom+xml",
    FeedStyle.RDF: "application/rdf+xml",
    FeedStyle.JSON: "application/feed+json",
}

CHARSETS = {FeedStyle.RSS_BARE: "iso-8859-1"}
"""Where a feed is not UTF-8; characters outside it are written as references."""


def feed(outlet: Outlet, items: Items, base: str) -> bytes:
    """The outlet's feed.

    Args:
        outlet: whose.
        items: what is out, newest first.
        base: scheme and host of absolute addresses, without a slash at its end.
    """
    return _BUILDERS[outlet.feed_style](outlet, items, base).encode(charset(outlet), "xmlcharrefreplace")


def charset(outlet: Outlet) -> str:
    """The character set of the outlet's feed."""
    return CHARSETS.get(outlet.feed_style, "utf-8")


def comment_feed(outlet: Outlet, base: str) -> bytes:
    """Readers' comments as RSS: no news, and nothing that a search for the outlet's feed should pick."""
    items = "".join(
        f"<item><title>Comment {number}</title><link>{base}{outlet.path}#comment-{number}</link>"
        f"<description>{escape(comment)}</description></item>"
        for number, comment in enumerate(outlet.comments, 1)
    )
    title = f"Comments on: {outlet.name}"
    return _rss(outlet, _channel(outlet, base, title, "") + items).encode()


def description(outlet: Outlet) -> str:
    """What the outlet says about itself, and that it is made up."""
    return f"{outlet.tagline} {FICTION}."


def _rss_teaser(outlet: Outlet, items: Items, base: str) -> str:
    def item(one: Published) -> str:
        link = f"{base}{outlet.path}{one.path}"
        return (
            f"<item><title>{escape(one.article.headline)}</title><link>{link}</link>"
            f'<guid isPermaLink="false">{outlet.slug}-{one.article.slug}</guid>'
            f"<pubDate>{_rfc822(one.published_at)}</pubDate><category>{escape(one.article.section)}</category>"
            f"<description>{escape(one.article.teaser)}</description>"
            f'<media:thumbnail url="{image(one, base)}"/></item>'
        )

    return _rss(outlet, _channel(outlet, base, outlet.name, _built(items)) + "".join(map(item, items)))


def _rss_full(outlet: Outlet, items: Items, base: str) -> str:
    def item(one: Published) -> str:
        link = f"{base}{outlet.path}{one.path}"
        return (
            f"<item><title>{escape(one.article.headline)}</title><link>{link}</link>"
            f'<guid isPermaLink="true">{link}</guid><dc:creator>{escape(one.article.byline)}</dc:creator>'
            f"<pubDate>{_rfc822(one.published_at)}</pubDate>"
            f"<description>{escape(f'<p>{escape(one.article.teaser)}</p>')}</description>"
            f"<content:encoded><![CDATA[{_html(one, base)}]]></content:encoded></item>"
        )

    return _rss(outlet, _channel(outlet, base, outlet.name, _built(items)) + "".join(map(item, items)))


def _rss_bare(outlet: Outlet, items: Items, base: str) -> str:
    """Links relative to the front page, and nothing else to tell entries apart by."""
    body = "".join(
        f"<item><title>{escape(one.article.headline)}</title><link>{one.path}</link>"
        f"<pubDate>{_rfc822(one.published_at)}</pubDate>"
        f"<description>{escape(one.article.teaser)}</description></item>"
        for one in items
    )
    return _rss(outlet, _channel(outlet, base, outlet.name, _built(items)) + body)


def _rss(outlet: Outlet, channel: str) -> str:
    return (
        f'<?xml version="1.0" encoding="{charset(outlet).upper()}"?>\n'
        '<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/" '
        'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:media="http://search.yahoo.com/mrss/">'
        f"<channel>{channel}</channel></rss>\n"
    )


def _channel(outlet: Outlet, base: str, title: str, built: str) -> str:
    return (
        f"<title>{escape(title)}</title><link>{base}{outlet.path}</link>"
        f"<description>{escape(description(outlet))}</description><language>{outlet.language}</language>"
        f"<copyright>{escape(FICTION)}</copyright><ttl>{TTL_MIN}</ttl>{built}"
    )


def _built(items: Items) -> str:
    return f"<lastBuildDate>{_rfc822(items[0].published_at)}</lastBuildDate>" if items else ""


def _atom(outlet: Outlet, items: Items, base: str) -> str:
    def entry(one: Published) -> str:
        at = _iso(one.published_at)
        return (
            f"<entry><id>tag:{outlet.slug}.example,2026:{one.article.slug}</id>"
            f'<title type="html">{escape(escape(one.article.headline, quote=False))}</title>'
            f'<link rel="alternate" type="text/html" href="{base}{outlet.path}{one.path}"/>'
            f"<published>{at}</published><updated>{at}</updated>"
            f"<author><name>{escape(one.article.byline)}</name></author>"
            f'<category term="{escape(one.article.section)}"/>'
            f'<summary type="html">{escape(f"<p>{escape(one.article.teaser)}</p>")}</summary></entry>'
        )

    return (
        '<?xml version="1.0" encoding="utf-8"?>\n'
        f'<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="{outlet.language}">'
        f"<id>tag:{outlet.slug}.example,2026:feed</id><title>{escape(outlet.name)}</title>"
        f"<subtitle>{escape(description(outlet))}</subtitle><rights>{escape(FICTION)}</rights>"
        f'<link rel="self" href="{base}{outlet.feed_path}"/><link rel="alternate" href="{base}{outlet.path}"/>'
        f"<updated>{_iso(_newest(items))}</updated>{''.join(map(entry, items))}</feed>\n"
    )


def _rdf(outlet: Outlet, items: Items, base: str) -> str:
    links = [f"{base}{outlet.path}{one.path}" for one in items]
    listed = "".join(f'<rdf:li rdf:resource="{link}"/>' for link in links)
    entries = "".join(
        f'<item rdf:about="{link}"><title>{escape(one.article.headline)}</title><link>{link}</link>'
        f"<description>{escape(one.article.teaser)}</description><dc:date>{_iso(one.published_at)}</dc:date>"
        f"<dc:creator>{escape(one.article.byline)}</dc:creator></item>"
        for link, one in zip(links, items, strict=True)
    )
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" '
        'xmlns="http://purl.org/rss/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/" '
        'xmlns:sy="http://purl.org/rss/1.0/modules/syndication/">'
        f'<channel rdf:about="{base}{outlet.feed_path}"><title>{escape(outlet.name)}</title>'
        f"<link>{base}{outlet.path}</link><description>{escape(description(outlet))}</description>"
        f"<dc:language>{outlet.language}</dc:language><dc:rights>{escape(FICTION)}</dc:rights>"
        "<sy:updatePeriod>hourly</sy:updatePeriod><sy:updateFrequency>12</sy:updateFrequency><items><rdf:Seq>"
        f"{listed}</rdf:Seq></items></channel>{entries}</rdf:RDF>\n"
    )


def _json(outlet: Outlet, items: Items, base: str) -> str:
    """The first two paragraphs only, as outlets do that want their pages read."""

    def item(one: Published) -> dict[str, object]:
        link = f"{base}{outlet.path}{one.path}"
        first = "".join(f"<p>{escape(text)}</p>" for text in one.article.paragraphs[:2])
        return {
            "id": link,
            "url": link,
            "title": one.article.headline,
            "summary": one.article.teaser,
            "content_html": f'{first}<p><a href="{link}">Continue reading</a></p>',
            "image": image(one, base),
            "date_published": _iso(one.published_at),
            "authors": [{"name": one.article.byline}],
            "language": one.article.language,
            "tags": [one.article.section],
        }

    return json.dumps(
        {
            "version": "https://jsonfeed.org/version/1.1",
            "title": outlet.name,
            "home_page_url": f"{base}{outlet.path}",
            "feed_url": f"{base}{outlet.feed_path}",
            "description": description(outlet),
            "language": outlet.language,
            "items": [item(one) for one in items],
        },
        ensure_ascii=False,
        indent=1,
    )


def image(one: Published, base: str) -> str:
    """The absolute address of the article's drawing."""
    return f"{base}/wire/static/art/{one.article.art}.svg"


def _html(one: Published, base: str) -> str:
    tagged = ((("h3" if block.is_subhead else "p"), escape(block.text, quote=False)) for block in one.article.body)
    paragraphs = "".join(f"<{tag}>{text}</{tag}>" for tag, text in tagged)
    return f'<p><img src="{image(one, base)}" alt=""></p>{paragraphs}'


def _newest(items: Items) -> datetime:
    return items[0].published_at if items else datetime(2026, 1, 1, tzinfo=UTC)


def _rfc822(at: datetime) -> str:
    return format_datetime(at.astimezone(UTC), usegmt=True)


def _iso(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


_BUILDERS: dict[FeedStyle, Callable[[Outlet, Items, str], str]] = {
    FeedStyle.RSS_TEASER: _rss_teaser,
    FeedStyle.RSS_FULL: _rss_full,
    FeedStyle.RSS_BARE: _rss_bare,
    FeedStyle.ATOM: _atom,
    FeedStyle.RDF: _rdf,
    FeedStyle.JSON: _json,
}
