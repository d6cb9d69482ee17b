"""Made-up news for messages: stories, briefings, subscriptions, sources, all at a fixed time."""

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

from bot.domain.models import (
    Briefing,
    Bullet,
    Cadence,
    Chat,
    ChatKind,
    ChatRef,
    Schedule,
    Source,
    Story,
    Subscription,
)
from bot.services.reading import Found

NOW = datetime(2026, 11, 22, 7, 0, tzinfo=UTC)  # 08:00 in Berlin, a Sunday
CHAT = Chat(1, ChatRef(501), ChatKind.PRIVATE, "Ada", "Europe/Berlin")


def bullets(*texts: str) -> tuple[Bullet, ...]:
    """Bullets without a link."""
    return tuple(Bullet(text, 0, len(text)) for text in texts)


BRIDGE = Story(
    id=1,
    title="Council votes to rebuild the harbour bridge",
    url="https://wire.example/bridge?id=1&page=2",
    source_id=1,
    outlet="Wire",
    published_at=NOW - timedelta(hours=2),
    ready_at=NOW - timedelta(hours=2),
    language="en",
    bullets=(
        Bullet(
            "The work will cost 48 million euros and take three years.",
            0,
            57,
            "https://wire.example/bridge?id=1&page=2#:~:text=The%20work%20will,three%20years.",
        ),
        Bullet(
            "Engineers warned in March that the northern pillar had moved by eleven centimetres.",
            58,
            141,
            "https://wire.example/bridge?id=1&page=2#:~:text=Engineers%20warned,eleven%20centimetres.",
        ),
        *bullets("Two contractors must submit final bids by the end of the month."),
    ),
    outlets=4,
)
FERRY = replace(
    BRIDGE,
    id=2,
    title="Ferry begins its winter timetable",
    url="https://coast.example/ferry",
    outlet="Coast Daily",
    published_at=NOW - timedelta(minutes=40),
    bullets=bullets("The first boat leaves at six, the last one at ten in the evening."),
    outlets=1,
)
OLIVES = replace(
    BRIDGE,
    id=3,
    title="Olive growers near Aleppo expect a good year",
    url="https://harbour.example/olives",
    outlet="Harbour Post",
    published_at=NOW - timedelta(days=3),
    bullets=bullets("Rain came early, and the presses opened a week ahead of time."),
    outlets=2,
)
THREE = (BRIDGE, FERRY, OLIVES)


def briefing(*stories: Story, cadence: Cadence = Cadence.DAILY, words: str = "", more: int = 0) -> Briefing:
    return Briefing(CHAT, words, cadence, NOW, stories, more)


def found(
    *stories: Story, words: str = "", offset: int = 0, total: int | None = None, days: int | None = None
) -> Found:
    return Found(words, 9 if words else None, stories, offset, len(stories) if total is None else total, days)


def subscription(words: str = "", schedule: Schedule | None = None, due_in: timedelta | None = None) -> Subscription:
    schedule = schedule or Schedule(Cadence.DAILY, (time(8),))
    due_at = None if schedule.cadence is Cadence.INSTANT else NOW + (due_in or timedelta(days=1))
    return Subscription(12, CHAT, 9, words, schedule, NOW, due_at)


SOURCE = Source(
    id=3,
    url="https://wire.example/feed.xml",
    title="Worthy Wire",
    language="en-GB",
    site_url="https://wire.example/",
    interval_s=900,
    next_poll_at=NOW,
    added_at=NOW - timedelta(days=9),
    last_article_at=NOW - timedelta(minutes=40),
)
