"""The whole flow in one hand, without Telegram: what the service's jobs do, step by step."""

from datetime import datetime

from bot.domain.models import Briefing, Cadence, Chat, Message, Move, Schedule, Source, Wish
from bot.domain.ports import Now, Sender
from bot.feeds.fetch import Fetcher
from bot.feeds.hosts import HostGate
from bot.feeds.visits import Visits
from bot.services.adding import Adding
from bot.services.briefings import Briefings
from bot.services.catch_ups import CatchUps
from bot.services.condense import Condense
from bot.services.delivery import Deliveries
from bot.services.finding import Finder
from bot.services.ingest import Ingest
from bot.services.moves import Moves
from bot.services.presence import Presence
from bot.services.previews import Previews
from bot.services.reading import Reading
from bot.services.routes import Routes
from bot.services.sources import Sources
from bot.services.subscriptions import Subscriptions
from bot.services.trouble import Trouble
from bot.storage.database import Database
from tests.services.conftest import InlineWorkers, Site

INTERVAL_S = 800  # shorter than a quarter of an hour, so that it is kept
INSTANT = Schedule(Cadence.INSTANT)
EVERYTHING_NOW = Wish("", INSTANT)


def plain_render(briefing: Briefing, _: datetime) -> tuple[Message, ...]:
    """One message: the headlines, a line each; above them what a catch-up is, below how many more there are."""
    head = ["while you were away"] if briefing.away_since else []
    rest = [f"and {briefing.more} more"] if briefing.away_since and briefing.more else []
    return (Message("\n".join([*head, *(story.title for story in briefing.stories), *rest])),)


def plain_paused(chat: Chat) -> tuple[Message, ...]:
    """Which thread."""
    return (Message(f"thread {chat.ref.thread_id} pauses"),)


def plain_failing(source: Source, move: Move | None, chat: Chat, now: datetime) -> tuple[Message, ...]:
    """How many errors, and where else it may be."""
    assert chat.id
    assert now >= (source.failing_since or now)
    elsewhere = f" {move.url}" if move else ""
    return (Message(f"{source.title} {'ended' if source.ended_at else 'failed'} {source.errors}{elsewhere}"),)


class _Forward:
    """Seconds that pass on a clock, and those slept through; leaps back do not count."""

    def __init__(self, now: Now) -> None:
        self._now = now
        self._last = now()
        self._passed_s = 0.0

    def __call__(self) -> float:
        self._passed_s += max((self._now() - self._last).total_seconds(), 0.0)
        self._last = self._now()
        return self._passed_s

    async def sleep(self, seconds: float) -> None:
        self._passed_s += seconds


class Newsroom:
    """All services on one database."""

    def __init__(self, database: Database, fetcher: Fetcher, sender: Sender, now: Now) -> None:
        workers = InlineWorkers()
        self.database = database
        self.clock = now
        forward = _Forward(now)
        self.gate = HostGate(clock=forward, sleep=forward.sleep)
        visits = Visits(fetcher, now, self.gate)
        finder = Finder(visits, workers, now)
        self.sources = Sources(database, finder, now, INTERVAL_S)
        self.adding = Adding(database, finder, Previews(visits, workers), now, INTERVAL_S)
        self.moves = Moves(database, finder, now)
        self.trouble = Trouble(database, self.moves, frozenset({1}), plain_failing, now)
        self.ingest = Ingest(database, visits, workers, now, self.trouble)
        self.condense = Condense(database, workers, now)
        self.presence = Presence(database, now)
        self.briefings = Briefings(database, plain_render, self.presence, now)
        self.catch_ups = CatchUps(database, plain_render, now)
        self.deliveries = Deliveries(database, sender, Routes(frozenset({1}), plain_paused), now)
        self.subscriptions = Subscriptions(database, now)
        self.reading = Reading(database, now)

    async def gather(self) -> int:
        """Poll, read and condense what is due; how many stories came of it."""
        await self.ingest.poll_due()
        await self.ingest.read_pages()
        return await self.condense.condense_new()

    async def tell(self) -> None:
        """Brief who is due, tell of trouble, and send it."""
        await self.trouble.tell_due()
        while await self.briefings.brief_due():
            pass
        await self.deliveries.flush()


async def begin(room: Newsroom, site: Site, *titles: str) -> None:
    """A source whose first articles are stored and condensed."""
    for number, title in enumerate(titles):
        site.tell(f"first-{number}", title)
    await room.sources.add(f"{site.url}/feed.xml")
    await room.gather()
