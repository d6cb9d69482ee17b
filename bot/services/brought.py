"""What a fetch brought, worked out in one go: what worker processes are asked for.

They import what their work needs and nothing of the database or the web, which would cost them half of their memory and
most of the time that they take to begin.
"""

from dataclasses import dataclass, replace
from datetime import datetime

from bot.domain.errors import NotAPage
from bot.domain.models import Feed, NewArticle, Page
from bot.feeds.extract import extract_page
from bot.feeds.identity import new_articles
from bot.feeds.parse import parse_feed
from bot.feeds.series import amp_url, next_page
from bot.summarize.language import detect

LITTLE_CHARS = 600  # a page under that may build its text by script


def articles_of(body: bytes, url: str, content_type: str | None, now: datetime) -> tuple[Feed, tuple[NewArticle, ...]]:
    """What a feed says of itself, its entries left out, and its articles as `new_articles` gives them.

    Raises:
        NotAFeed: the body holds none.
    """
    feed = parse_feed(body, url=url, content_type=content_type, now=now)
    return replace(feed, entries=()), new_articles(feed)


@dataclass(frozen=True, slots=True)
class Part:
    """What one page of an article holds; `page` is None where that is no article, `why` says so.

    `following` is the address of its next page, `plain` of its AMP version, which is looked for where there is little.
    """

    page: Page | None
    why: str
    following: str | None
    plain: str | None


def read_part(html: bytes, url: str, first_url: str, number: int) -> Part:
    """What one page of an article holds, and where more of it is."""
    try:
        found, why = extract_page(html, url=url), ""
        # templates say a language too, and one page in fifty is in another one
        page: Page | None = replace(found, language=detect(found.text) or found.language)
    except NotAPage as error:
        page, why = None, str(error)
    little = page is None or len(page.text) < LITTLE_CHARS
    return Part(page, why, next_page(html, first_url, number), amp_url(html, url) if little else None)
