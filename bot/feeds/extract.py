"""Extraction: an article page → its text, title, author, time, language and image, by trafilatura.

Pure and blocking, some tens of milliseconds a page and much more for hostile ones: callers run it in a worker. The text
keeps its paragraphs, one a line; comments of readers, links to other articles and the headline are left out. Where the
fast way of trafilatura finds little, or only scraps, its slow one is asked, which compares two more extractors.
"""

import re
from datetime import datetime
from typing import TYPE_CHECKING, Any

from bot.domain.errors import NotAPage, Walled
from bot.domain.models import Page
from bot.domain.text import plain, plain_lines
from bot.feeds.limits import LANGUAGE_CHARS, NAME_CHARS, TITLE_CHARS, usable_time
from bot.feeds.prune import prune
from bot.feeds.tidy import tidy
from bot.feeds.urls import web_link
from bot.feeds.walls import is_consent, is_paid, without_wall

if TYPE_CHECKING:
    from lxml.html import HtmlElement

MOST_BYTES = 5 << 20
MOST_TEXT_CHARS = 200_000
_MOST_TAGS = 12_000  # twice the largest real page seen; trafilatura's time grows with the square of them
_PACKED = (b"\x1f\x8b", b"\x28\xb5\x2f\xfd", b"\x78\x9c", b"\xce\xb2\xcf\x81")
_NO_PAGE = "That page holds no article that can be read."
_WALL = "That page asks for consent or a subscription and shows no article."
_LITTLE_CHARS = 600
_SCRAP_CHARS = 25  # menus and tables have fewer a line, articles three times as many
_SHORTEST_TEASER = 80
_TIMES = (
    "//meta[@property='article:published_time' or @itemprop='datePublished' or @name='datePublished' or "
    "@property='og:published_time' or @name='date' or @name='pubdate' or @name='DC.date.issued']/@content"
    " | //time[@itemprop='datePublished' or @pubdate]/@datetime"
)
_WORD = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]{2}|\w{4,}")
_LONGER = 1.5
_SHORTEST_HEADLINE = 8
_TAIL = r"\s+[|:–—•·»«-]+\s.*"


def extract_page(html: bytes, *, url: str | None = None) -> Page:
    """Extract the article of a page.

    Args:
        html: the page as it came; only the first 5 MiB and 12,000 tags are read.
        url: its address, for relative ones in it.

    Raises:
        Walled: it asks for consent or money and shows nothing of the article.
        NotAPage: there is no article to be found.
    """
    tree = _tree(html)
    prune(tree)
    found, text = _text(tree, html, url)
    if is_consent(text):
        raise Walled(_WALL)
    paid = is_paid(html)
    text, asked = without_wall(text, paid=paid)
    paid = paid or asked
    text = tidy(text, _headings(found, tree))
    if paid and len(text) < _SHORTEST_TEASER:
        raise Walled(_WALL)
    return Page(
        title=_headline(plain(found.title or "", TITLE_CHARS), tree) or None,
        author=plain(found.author or "", NAME_CHARS) or None,
        published_at=_published_at(found.date, tree),
        language=_language(tree),
        image=_image(tree, url) or web_link(found.image, url),
        text=text,
        paywalled=paid,
    )


def choose_text(feed_text: str, page_text: str | None, title: str, page_title: str | None = None) -> str:
    """The better text of an article: the page's if it is half as long again and is about the title, else the feed's.

    A wall that asks for consent or money has neither the entry's words nor its title. Where the feed has no text at
    all, the page's is better than nothing.
    """
    if not page_text or len(page_text) < _LONGER * len(feed_text):
        return feed_text
    if not feed_text:
        return page_text
    words = set(_WORD.findall(title.lower()))
    page = f"{page_title or ''}\n{page_text}".lower()
    shared = sum(word in page for word in words)
    return page_text if not words or shared >= max(1, len(words) // 3) else feed_text


def _tree(html: bytes) -> "HtmlElement":
    from trafilatura.utils import load_html

    if html.startswith(_PACKED):  # load_html would unpack it, however large it gets
        raise NotAPage(_NO_PAGE)
    tree = load_html(b"<".join(html[:MOST_BYTES].split(b"<", _MOST_TAGS)[:_MOST_TAGS]))
    if tree is None:
        raise NotAPage(_NO_PAGE)
    return tree


def _text(tree: "HtmlElement", html: bytes, url: str | None) -> tuple[Any, str]:
    """What trafilatura found, and its text."""
    found = _found(tree, url, fast=True)
    text = plain_lines(found.text or "", MOST_TEXT_CHARS) if found else ""
    if len(text) < _LITTLE_CHARS or len(text) < _SCRAP_CHARS * (text.count("\n") + 1):
        again = _tree(html)  # trafilatura takes its tree apart
        prune(again)
        slow = _found(again, url, fast=False)
        if slow and slow.text:
            return slow, plain_lines(slow.text, MOST_TEXT_CHARS)
    if not found or not text:
        raise NotAPage(_NO_PAGE)
    return found, text


def _found(tree: "HtmlElement", url: str | None, *, fast: bool) -> Any:
    from trafilatura import bare_extraction

    try:
        return bare_extraction(tree, url=url, fast=fast, include_comments=False, with_metadata=True)
    except MemoryError:
        raise
    except Exception as error:
        raise NotAPage(_NO_PAGE) from error


def _headings(found: Any, tree: "HtmlElement") -> list[str]:
    """The headline as the page's first headings and its title have it."""
    said = [str(heading.xpath("string()")) for heading in tree.xpath("//h1")[:5]]
    texts = [plain(text, TITLE_CHARS) for text in (*said, found.title or "")]
    return [text for text in texts if len(text) >= _SHORTEST_HEADLINE]


def _headline(title: str, tree: "HtmlElement") -> str:
    """The title without the outlet's name before or behind it, where the page's heading says so."""
    for heading in tree.xpath("//h1")[:5]:
        text = plain(str(heading.xpath("string()")), TITLE_CHARS)
        if len(text) >= _SHORTEST_HEADLINE and text in title:
            before, behind = title.split(text, 1)
            if re.fullmatch(r"(?:.*\s)?[|:–—•·»-]+\s+", before or "| ") and re.fullmatch(_TAIL, behind or " | x"):
                return text
    return title


def _published_at(day: str | None, tree: "HtmlElement") -> datetime | None:
    """The page's own instant where it has one on the day that trafilatura found, else that day's first minute."""
    try:
        found = usable_time(datetime.fromisoformat(day or ""), None)
    except ValueError:
        return None
    for written in tree.xpath(_TIMES)[:20]:
        try:
            at = usable_time(datetime.fromisoformat(str(written)[:40].strip()), None)
        except ValueError:
            continue
        if at and found and at.date() == found.date():
            return at
    return found


def _image(tree: "HtmlElement", url: str | None) -> str | None:
    """The image that the page names for previews; trafilatura passes over those without a usual ending."""
    named = tree.xpath("//meta[@property='og:image' or @name='og:image' or @property='og:image:url']/@content")
    return next(filter(None, (web_link(str(each), url) for each in named[:5])), None)


def _language(tree: "HtmlElement") -> str | None:
    said = tree.xpath("string((/html/@lang | /html/@xml:lang | //meta[@http-equiv='content-language']/@content)[1])")
    language = plain(str(said), LANGUAGE_CHARS).replace("_", "-")
    return language if re.fullmatch(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8})*", language) else None
