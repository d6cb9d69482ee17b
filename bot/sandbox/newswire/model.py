"""What the sample newswire is made of: outlets, their articles, and articles with the time they came out."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

FICTION = "Fictional sample article for the Nutgraf sandbox"
"""What every page and every feed says about itself."""

LANGUAGES = frozenset({"en", "en-GB", "en-US", "de", "es", "ar"})
"""The languages that the pages have words for."""

RTL_LANGUAGES = frozenset({"ar"})


class FeedStyle(StrEnum):
    """The format of an outlet's feed and its manners."""

    RSS_TEASER = "rss-teaser"
    RSS_FULL = "rss-full"
    RSS_BARE = "rss-bare"
    ATOM = "atom"
    RDF = "rdf"
    JSON = "json"


@dataclass(frozen=True, slots=True)
class Block:
    """A paragraph of an article, or a subhead between paragraphs. Plain text, white space folded."""

    text: str
    is_subhead: bool = False


@dataclass(frozen=True, slots=True)
class Article:
    """One made-up article.

    `slug` is unique in the whole newswire; `story` names the event, which other outlets may tell too, and `step` how
    far it had come (1 is the first news of it); `art` names a drawing in `static/art`.
    """

    outlet: str
    slug: str
    story: str
    step: int
    language: str
    headline: str
    teaser: str
    byline: str
    place: str
    section: str
    art: str
    caption: str
    body: tuple[Block, ...]

    @property
    def paragraphs(self) -> tuple[str, ...]:
        """The paragraphs without the subheads."""
        return tuple(block.text for block in self.body if not block.is_subhead)


@dataclass(frozen=True, slots=True)
class Outlet:
    """A fictional outlet; `feed_file` is its feed's name under the outlet's address."""

    slug: str
    name: str
    tagline: str
    language: str
    feed_style: FeedStyle
    feed_file: str
    articles: tuple[Article, ...]
    comments: tuple[str, ...] = ()

    @property
    def path(self) -> str:
        """The front page's path, with a slash at its end."""
        return f"/wire/{self.slug}/"

    @property
    def feed_path(self) -> str:
        """The feed's path."""
        return self.path + self.feed_file


@dataclass(frozen=True, slots=True)
class Published:
    """An article that is out, and since when."""

    article: Article
    published_at: datetime

    @property
    def path(self) -> str:
        """The article page's path below the outlet's front page."""
        return f"{self.published_at.year}/{self.article.slug}.html"
