"""What readers ask for: the newest stories, and stories on a topic."""

from dataclasses import dataclass
from datetime import timedelta

from bot.domain.errors import UserError
from bot.domain.models import Source, Story
from bot.domain.ports import Now
from bot.domain.wishes import topic_words
from bot.storage import search, sources, stories, topics
from bot.storage.database import Database, Tx
from bot.stories.topics import ranked, suggest, tokens

MOST_HITS = 300
MOST_TITLES = 1000  # in which a mistyped word is looked for
LATEST_DAYS = 30


@dataclass(frozen=True, slots=True)
class Found:
    """One page of stories: `offset` of the first, `total` of all that were found, `days` looked back (None: all).

    `suggestion`: the words that may have been meant, where a topic found nothing.
    """

    words: str
    topic_id: int | None
    stories: tuple[Story, ...]
    offset: int
    total: int
    days: int | None
    suggestion: str | None = None


class Reading:
    """Finds stories for whoever asks."""

    def __init__(self, database: Database, now: Now) -> None:
        self._database = database
        self._now = now

    async def latest(self, words: str = "", *, offset: int = 0, count: int = 5) -> Found:
        """The newest stories: of all, of the source whose name has these words, or else on this topic.

        Raises:
            UserError: the words are too long.
        """
        words = topic_words(words)
        topic_id = await self._topic(words) if words else None
        async with self._database.read() as tx:
            source = _named(words, await sources.listed(tx)) if words else None
            if words and source is None:
                found = await self._search(tx, words, LATEST_DAYS)
                newest = sorted(found, key=lambda story: (story.published_at, story.id), reverse=True)
                return Found(words, topic_id, tuple(newest[offset : offset + count]), offset, len(newest), LATEST_DAYS)
            # one more than asked for tells whether there is more
            page = await stories.newest(tx, limit=count + 1, offset=offset, source_id=source.id if source else None)
        return Found(words, topic_id, page[:count], offset, offset + len(page), None)

    async def latest_again(self, topic_id: int, *, offset: int, count: int) -> Found | None:
        """Another page of `latest`, by the id of its words; None if they are gone."""
        words = await self._words(topic_id)
        return None if words is None else await self.latest(words, offset=offset, count=count)

    async def topic(self, words: str, *, days: int = 7, offset: int = 0, count: int = 5) -> Found:
        """Stories of the last `days` on a topic, best match and freshest first.

        Raises:
            UserError: there are no words, or too many.
        """
        words = topic_words(words)
        if not tokens(words):
            raise UserError("Which topic? Send for example /topic syria, or /topic harbour bridge 3d.")
        topic_id = await self._topic(words)
        async with self._database.read() as tx:
            found = await self._search(tx, words, days)
            suggestion = None if found else await self._suggestion(tx, words, days)
        return Found(words, topic_id, found[offset : offset + count], offset, len(found), days, suggestion)

    async def topic_again(self, topic_id: int, *, days: int, offset: int, count: int) -> Found | None:
        """Another page of `topic`, by its id; None if it is gone."""
        words = await self._words(topic_id)
        return None if words is None else await self.topic(words, days=days, offset=offset, count=count)

    async def _search(self, tx: Tx, words: str, days: int) -> tuple[Story, ...]:
        now = self._now()
        asked = tokens(words)
        if not asked:
            return ()
        return ranked(await search.stories(tx, asked, since=now - timedelta(days=days), limit=MOST_HITS), now)

    async def _suggestion(self, tx: Tx, words: str, days: int) -> str | None:
        since = self._now() - timedelta(days=days)
        return suggest(words, await stories.titles(tx, since=since, limit=MOST_TITLES))

    async def _topic(self, words: str) -> int:
        async with self._database.write() as tx:
            return await topics.ensure(tx, words)

    async def _words(self, topic_id: int) -> str | None:
        async with self._database.read() as tx:
            return await topics.words(tx, topic_id)


def _named(words: str, listed: tuple[Source, ...]) -> Source | None:
    """The source with this name, or the only one whose name begins with it."""
    wanted = words.casefold()
    same = [source for source in listed if source.title.casefold() == wanted]
    near = [source for source in listed if source.title.casefold().startswith(wanted)]
    return same[0] if same else near[0] if len(near) == 1 else None
