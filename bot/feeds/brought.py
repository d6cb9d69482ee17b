"""What a fetch brought, worked out in one go: what worker processes are asked for.

They import what their work needs and nothing of the database or the web, which would cost them half of their memory and
most of the time that they take to begin.
"""

from dataclasses import replace
from datetime import datetime

from bot.domain.models import Feed, NewArticle, Page
from bot.feeds.extract import extract_page
from bot.feeds.identity import new_articles
from bot.feeds.parse import parse_feed
from bot.feeds.series import next_page


def articles_of(body: bytes, url: str, content_type: str | None, now: datetime) -> tuple[Feed, tuple[NewArticle, ...]]:
    """What a feed says of itself, its entries left out, and its articles as `new_articles` gives them.

    Raises:
        NotAFeed: the body holds none.
    """
    feed = parse_feed(body, url=url, content_type=content_type, now=now)
    return replace(feed, entries=()), new_articles(feed)


def read_part(html: bytes, url: str, first_url: str, number: int) -> tuple[Page, str | None]:
    """What one page of an article holds, and the address of the next one.

    Raises:
        NotAPage: there is no article on it.
    """
    return extract_page(html, url=url), next_page(html, first_url, number)
