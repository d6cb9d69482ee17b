"""The newswire's HTML: the list of outlets, their front pages, and article pages, each outlet's in its own structure.

Pure. `templates/<outlet>.html` is a `string.Template`; every value put into it is escaped here.
"""

import json
from datetime import datetime
from functools import cache
from html import escape
from pathlib import Path
from string import Template

from bot.sandbox.newswire.feeds import CONTENT_TYPES, image
from bot.sandbox.newswire.model import FICTION, RTL_LANGUAGES, Block, Outlet, Published

TEMPLATES = Path(__file__).parent / "templates"

Items = tuple[Published, ...]

_CAPITAL_SUBHEADS = frozenset({"harbour-wire"})
_WITH_JSON_LD = frozenset({"lantern", "meridian"})
_MORE = {"en": "Read more", "de": "Lesen Sie auch", "es": "Lea también", "ar": "اقرأ أيضًا"}
_MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip


def index_page(outlets: tuple[Outlet, ...], out: Items, total: int) -> str:
    """The list of outlets and their feeds."""
    rows = "".join(
        f'<li><h2><a href="{outlet.path}">{escape(outlet.name)}</a></h2><p>{escape(outlet.tagline)}</p>'
        f'<p><a class="feed" href="{outlet.feed_path}">{outlet.feed_path}</a> {outlet.feed_style.value}, '
        f"{sum(one.article.outlet == outlet.slug for one in out)} articles out</p></li>"
        for outlet in outlets
    )
    return _template("index").substitute(fiction=FICTION, rows=rows, out=len(out), total=total)


def front_page(outlet: Outlet, items: Items, base: str) -> str:
    """An outlet's front page: its articles with their teasers, newest first."""
    lead, rest = items[:1], items[1:]
    return _template("front").substitute(
        _shared(outlet),
        head=_links(outlet, base),
        title=escape(outlet.name),
        lead="".join(_teaser(outlet, one, base, with_image=True) for one in lead),
        rest="".join(_teaser(outlet, one, base, with_image=False) for one in rest),
    )


def article_page(outlet: Outlet, one: Published, items: Items, base: str) -> str:
    """The page of an article; `items` are the outlet's that are out, newest first.

    What it offers to read beside itself are older articles only, so that a page never changes.
    """
    article = one.article
    others = _related(one, items)
    return _template(outlet.slug).substitute(
        _shared(outlet),
        lang=article.language,
        dir="rtl" if article.language in RTL_LANGUAGES else "ltr",
        head=_links(outlet, base) + _meta(outlet, one, base),
        title=escape(f"{article.headline} | {outlet.name}"),
        headline=escape(article.headline),
        teaser=escape(article.teaser),
        byline=escape(article.byline),
        place=escape(article.place),
        dateline=escape(_dateline(article.place)),
        section=escape(article.section),
        iso=one.published_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        time=_clock(one.published_at, outlet.language),
        image=image(one, base),
        caption=escape(article.caption),
        year=one.published_at.year,
        first=escape(article.body[0].text),
        rest=_rest(outlet, article.body[1:], _inline(outlet, one, others[:1], base)),
        related="".join(f"<li>{_line(outlet, other, base)}</li>" for other in others[1:]),
    )


def _dateline(place: str) -> str:
    """`Homs, Syria` as `HOMS, Syria`."""
    city, comma, country = place.partition(",")
    return city.upper() + comma + country


def _related(one: Published, items: Items) -> Items:
    """Up to four older articles, those of the same story first."""
    older = [other for other in items if other.published_at < one.published_at]
    older.sort(key=lambda other: other.article.story != one.article.story)
    return tuple(older[:4])


def _rest(outlet: Outlet, blocks: tuple[Block, ...], inline: str) -> str:
    """All blocks after the first; the inline teaser stands in their middle, but never under a subhead."""
    html = [_block(outlet, block) for block in blocks]
    middle = len(html) // 2
    middle -= blocks[middle - 1].is_subhead
    return "\n".join([*html[:middle], inline, *html[middle:]])


def _block(outlet: Outlet, block: Block) -> str:
    if not block.is_subhead:
        return f"<p>{escape(block.text)}</p>"
    if outlet.slug in _CAPITAL_SUBHEADS:
        return f"<p><strong>{escape(block.text.upper())}</strong></p>"
    return f"<h2>{escape(block.text)}</h2>"


def _inline(outlet: Outlet, one: Published, others: Items, base: str) -> str:
    more = _MORE[_primary(one.article.language)]
    return "".join(f'<aside class="more"><span>{more}:</span> {_line(outlet, other, base)}</aside>' for other in others)


def _line(outlet: Outlet, one: Published, base: str) -> str:
    return f'<a dir="auto" href="{base}{outlet.path}{one.path}">{escape(one.article.headline)}</a>'


def _teaser(outlet: Outlet, one: Published, base: str, *, with_image: bool) -> str:
    picture = f'<img src="{image(one, base)}" alt="">' if with_image else ""
    language, direction = one.article.language, "rtl" if one.article.language in RTL_LANGUAGES else "ltr"
    return (
        f'<article class="teaser" lang="{language}" dir="{direction}">{picture}'
        f'<p class="section">{escape(one.article.section)}</p><h2>{_line(outlet, one, base)}</h2>'
        f"<p>{escape(one.article.teaser)}</p></article>"
    )


def _links(outlet: Outlet, base: str) -> str:
    kind = CONTENT_TYPES[outlet.feed_style]
    comments = (
        f'<link rel="alternate" type="application/rss+xml" title="{escape(outlet.name)} » Comments feed" '
        f'href="{base}{outlet.path}comments/feed.xml">'
    )
    return f'<link rel="alternate" type="{kind}" title="{escape(outlet.name)}" href="{base}{outlet.feed_path}">' + (
        comments if outlet.comments else ""
    )


def _meta(outlet: Outlet, one: Published, base: str) -> str:
    link = f"{base}{outlet.path}{one.path}"
    properties = {
        "og:type": "article",
        "og:site_name": outlet.name,
        "og:title": one.article.headline,
        "og:description": one.article.teaser,
        "og:url": link,
        "og:image": image(one, base),
        "article:published_time": one.published_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
    }
    meta = "".join(f'<meta property="{name}" content="{escape(value)}">' for name, value in properties.items())
    linked = _json_ld(outlet, one, link) if outlet.slug in _WITH_JSON_LD else ""
    return (
        f'<link rel="canonical" href="{link}"><meta name="author" content="{escape(one.article.byline)}">{meta}{linked}'
    )


def _json_ld(outlet: Outlet, one: Published, link: str) -> str:
    data = {
        "@context": "https://schema.org",
        "@type": "NewsArticle",
        "headline": one.article.headline,
        "datePublished": one.published_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "author": {"@type": "Person", "name": one.article.byline},
        "publisher": {"@type": "Organization", "name": outlet.name},
        "mainEntityOfPage": link,
    }
    # a "</script>" in a headline would end the script in the eyes of an HTML parser
    safe = json.dumps(data).replace("<", "\\u003c")
    return f'<script type="application/ld+json">{safe}</script>'


def _shared(outlet: Outlet) -> dict[str, object]:
    sections = dict.fromkeys(article.section for article in outlet.articles)
    return {
        "fiction": FICTION,
        "slug": outlet.slug,
        "home": outlet.path,
        "feed": outlet.feed_path,
        "name": escape(outlet.name),
        "tagline": escape(outlet.tagline),
        "lang": outlet.language,
        "nav": "".join(f'<li><a href="{outlet.path}">{escape(section)}</a></li>' for section in sections),
    }


def _clock(at: datetime, language: str) -> str:
    if _primary(language) == "de":
        return f"{at:%d.%m.%Y, %H:%M} Uhr (UTC)"
    return f"{at.day} {_MONTHS[at.month - 1]} {at:%Y, %H:%M} UTC"


def _primary(language: str) -> str:
    return language.partition("-")[0]


@cache
def _template(name: str) -> Template:
    return Template((TEMPLATES / f"{name}.html").read_text("utf-8"))
