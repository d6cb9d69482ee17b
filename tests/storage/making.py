"""Rows for tests, made with the store's own functions, everything at one time and plain unless asked otherwise."""

from dataclasses import replace
from datetime import datetime

from bot.domain.models import (
    Bullet,
    Cadence,
    Chat,
    ChatKind,
    ChatRef,
    Condensed,
    Message,
    NewArticle,
    Owed,
    Place,
    Schedule,
    Source,
    Subscription,
)
from bot.storage import articles, chats, outbox, sources, stories, subscriptions, topics
from bot.storage.sql import Tx, row
from bot.storage.times import to_ms

_PLAIN = NewArticle(
    key="",
    url=None,
    canonical_url=None,
    title="Ferry begins its summer timetable",
    author=None,
    language=None,
    image=None,
    published_at=None,
    text="The ferry sails every hour.",
)


def new_article(key: str, **changes: object) -> NewArticle:
    """An article with this key, whose address follows from it."""
    url = f"https://wire.example/{key}"
    given: dict[str, object] = {"key": key, "url": url, "canonical_url": url, **changes}
    return replace(_PLAIN, **given)  # type: ignore[arg-type]


async def add_source(tx: Tx, at: datetime, name: str = "wire") -> Source:
    url = f"https://{name}.example/feed"
    return await sources.add(tx, url=url, title=name.title(), language="en", site_url=None, interval_s=900, at=at)


async def article_id(tx: Tx, key: str) -> int:
    found = await row(tx, "SELECT id FROM articles WHERE key = :key", key=key)
    assert found is not None
    return int(found["id"])


async def add_ready(tx: Tx, source: Source, at: datetime, article: NewArticle) -> int:
    """An article condensed to its text as the one bullet and searchable by its words; its id."""
    assert await articles.add_new(tx, source.id, [article], at) == 1
    stored = await article_id(tx, article.key)
    await articles.read(tx, stored, text=article.text, at=at)
    condensed = Condensed("en", (Bullet(article.text, 0, len(article.text)),))
    await articles.ready(tx, stored, condensed, index_title=article.title, index_body=article.text, at=at)
    return stored


async def add_story(tx: Tx, source: Source, at: datetime, key: str, **changes: object) -> int:
    return await stories.add(tx, await add_ready(tx, source, at, new_article(key, **changes)), at)


async def add_chat(tx: Tx, at: datetime, telegram_id: int = 7, thread_id: int = 0) -> Chat:
    return await chats.ensure(tx, Place(ChatRef(telegram_id, thread_id), ChatKind.GROUP, "Harbour"), at)


async def subscribe(
    tx: Tx,
    chat: Chat,
    at: datetime,
    words: str = "",
    cadence: Cadence = Cadence.INSTANT,
    due_at: datetime | None = None,
) -> Subscription:
    topic_id = await topics.ensure(tx, words)
    return await subscriptions.put(
        tx,
        chat_id=chat.id,
        topic_id=topic_id,
        schedule=Schedule(cadence),
        since_at=at,
        next_due_at=due_at,
        at=at,
    )


async def owe(tx: Tx, subscription: Subscription, at: datetime, *texts: str) -> int:
    """A briefing of one message for each text; its id."""
    messages = tuple(Message(html) for html in texts)
    owed = Owed(subscription.chat.id, f"{subscription.id}@{to_ms(at)}", at, messages, subscription_id=subscription.id)
    (briefing,) = (await outbox.add(tx, [owed], at)).values()
    return briefing
