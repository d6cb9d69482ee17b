"""Catch-ups: what a chat has missed, as one briefing; the stories that matter most, the rest a button away.

They come of three things: the service was away (`services/briefings` composes those), a backlog that waits for longer
than its cadence (folded here), and a chat that was dormant and is there again (offered by /start).
"""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

import structlog

from bot.domain.models import Briefing, Cadence, Chat, Message, Owed, Place, Story
from bot.domain.ports import Now, Render
from bot.services.picking import TOPIC_AGE, by_weight, gather, note_told
from bot.storage import backlog, chats, outbox, stories, subscriptions
from bot.storage.backlog import Waiting
from bot.storage.database import Database, Tx

log = structlog.get_logger()

STORIES = 5
PAGE = 5
BATCH = 100
STALE_AFTER = timedelta(hours=6)  # a catch-up, or a single briefing: folded only into something larger before
LAST_WORDS = timedelta(hours=1)  # what was on its way when the chat went dormant counts as missed
_AWAY = "away"


def slot_of(what: object, due_at: datetime) -> str:
    """A briefing's name within its chat."""
    return f"{what}@{round(due_at.timestamp() * 1000)}"


def catch_up(
    chat: Chat,
    found: Sequence[Story],
    since: datetime,
    now: datetime,
    render: Callable[[Briefing], tuple[Message, ...]],
) -> Owed:
    """One briefing of all these stories, in this order, as of now."""
    shown = tuple(found[:STORIES])
    briefing = Briefing(chat, "", Cadence.DAILY, now, shown, len(found) - len(shown), away_since=since)
    return Owed(
        chat_id=chat.id,
        slot=slot_of(_AWAY, now),
        due_at=now,
        messages=render(briefing),
        story_ids=tuple(story.id for story in found),
        stale_at=now + STALE_AFTER,
    )


class CatchUps:
    """Folds backlogs, and makes up for dormant times."""

    def __init__(self, database: Database, render: Render, now: Now) -> None:
        self._database = database
        self._render = render
        self._now = now

    # ---- backlog -----------------------------------------------------------------------------------

    async def fold_stale(self) -> int:
        """Fold what has waited for longer than its cadence into one briefing a chat; how many chats."""
        folded = 0
        while True:
            async with self._database.write() as tx:
                now = self._now()
                stale = await backlog.stale_chats(tx, now, BATCH)
                folded += sum([await self._fold(tx, chat_id, now) for chat_id in stale])
            if len(stale) < BATCH:
                return folded

    async def _fold(self, tx: Tx, chat_id: int, now: datetime) -> bool:
        chat = await chats.get(tx, chat_id)
        waiting = await backlog.foldable(tx, chat_id)
        if chat is None or not _is_worth_folding(waiting, now):
            await backlog.look_again(tx, chat_id, now, now + STALE_AFTER)
            return False
        known = await stories.get(tx, list({story_id for each in waiting for story_id in each.story_ids}))
        found = by_weight(story for story in known.values() if story.ready_at > now - TOPIC_AGE)
        since = min(each.composed_at for each in waiting)
        owed = catch_up(chat, found, since, now, lambda briefing: self._render(briefing, now))
        for briefing_id in (await outbox.add(tx, [owed], now)).values():
            await backlog.fold(tx, waiting, into=briefing_id, story_ids=owed.story_ids, at=now)
            log.info("backlog folded", chat_id=chat_id, briefings=len(waiting), stories=len(found))
        return True

    # ---- dormant chats -----------------------------------------------------------------------------

    async def missed(self, place: Place, since: datetime) -> int:
        """How many stories a chat has missed since then."""
        async with self._database.read() as tx:
            chat = await chats.find(tx, place.ref)
            return len(await self._missed(tx, chat, since)) if chat else 0

    async def make_up(self, place: Place, since: datetime) -> bool:
        """Owe a chat what it has missed since then, as one briefing; False: nothing, or it was owed already."""
        async with self._database.write() as tx:
            chat = await chats.find(tx, place.ref)
            if chat is None:
                return False
            now = self._now()
            found = await self._missed(tx, chat, since)
            owed = catch_up(chat, found, since, now, lambda briefing: self._render(briefing, now))
            return bool(found and await outbox.add(tx, [owed], now))

    async def _missed(self, tx: Tx, chat: Chat, since: datetime) -> tuple[Story, ...]:
        now = self._now()
        since = max(since - LAST_WORDS, now - TOPIC_AGE)
        wishes = await subscriptions.of_chat(tx, chat.id)
        news = await gather(tx, wishes, now, since=since)
        await note_told(tx, news, wishes)
        return by_weight(
            story for found in news.found.values() for story in found if (chat.id, story.id) not in news.told
        )

    # ---- the rest ----------------------------------------------------------------------------------

    async def rest(self, place: Place, due_ms: int, offset: int) -> tuple[tuple[Story, ...], int]:
        """Stories of a chat's catch-up from `offset` on, and how many it has; none: it is not this chat's."""
        async with self._database.read() as tx:
            chat = await chats.find(tx, place.ref)
            if chat is None:
                return (), 0
            return await stories.of_briefing(tx, chat.id, f"{_AWAY}@{due_ms}", limit=PAGE, offset=offset)


def _is_worth_folding(waiting: Sequence[Waiting], now: datetime) -> bool:
    """Several, or one that is so late that it had better say so."""
    return len(waiting) > 1 or any(now - each.composed_at >= STALE_AFTER for each in waiting)
