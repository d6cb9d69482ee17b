"""The only place where objects are built, opened and closed."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urljoin

import structlog

from bot import __version__
from bot.domain.ports import Now, Workers
from bot.engine.workers import ProcessWorkers
from bot.feeds.fetch import Fetcher
from bot.feeds.guard import Guard
from bot.feeds.visits import Visits
from bot.jobs import Jobs, then
from bot.services.adding import Adding
from bot.services.briefings import Briefings
from bot.services.catch_ups import CatchUps
from bot.services.condense import Condense
from bot.services.delivery import Deliveries
from bot.services.finding import Finder
from bot.services.importing import Importing
from bot.services.inbox import Inbox
from bot.services.ingest import Ingest
from bot.services.moves import Moves
from bot.services.presence import Presence
from bot.services.previews import Previews
from bot.services.pushes import Pushes
from bot.services.reading import Reading
from bot.services.routes import Routes
from bot.services.sources import Sources
from bot.services.subscriptions import Subscriptions
from bot.services.trouble import Trouble
from bot.services.upkeep import Upkeep
from bot.settings import Settings
from bot.storage.database import Database, open_database
from bot.tg.app import TelegramBot
from bot.tg.render import briefing_messages
from bot.tg.views import paused, source_failing
from bot.web.server import Check, HttpPort, Webhook

log = structlog.get_logger()

USER_AGENT = f"Nutgraf/{__version__} (news briefings for Telegram; one reader for many)"
DRAIN_LIMIT_S = 20.0


def utc_now() -> datetime:
    """The system's clock."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Desk:
    """What a shell command needs: the store, and the services that work without Telegram."""

    database: Database
    reading: Reading
    sources: Sources
    importing: Importing
    ingest: Ingest


@contextlib.asynccontextmanager
async def open_fetcher(settings: Settings) -> AsyncIterator[Fetcher]:
    """The fetcher behind the address guard."""
    fetcher = Fetcher(Guard(settings.allowed_networks), user_agent=USER_AGENT)
    try:
        yield fetcher
    finally:
        await fetcher.close()


@contextlib.asynccontextmanager
async def _open_workers() -> AsyncIterator[Workers]:
    workers = ProcessWorkers()
    try:
        yield workers
    finally:
        await workers.close()


@contextlib.asynccontextmanager
async def _open_store(settings: Settings) -> AsyncIterator[Database]:
    database = await open_database(settings.database_url)
    try:
        yield database
    finally:
        await database.close()


@contextlib.asynccontextmanager
async def open_desk(settings: Settings, now: Now = utc_now) -> AsyncIterator[Desk]:
    """The services for a shell command; closed at the end."""
    async with _open_store(settings) as database, open_fetcher(settings) as fetcher, _open_workers() as workers:
        visits = Visits(fetcher, now)
        sources = Sources(database, Finder(visits, workers, now), now, settings.poll_interval_s)
        yield Desk(
            database=database,
            reading=Reading(database, now),
            sources=sources,
            importing=Importing(sources, workers),
            ingest=Ingest(database, visits, workers, now),
        )


class Service:
    """The running service: scheduler, ingest, condensing, bot, HTTP port."""

    def __init__(self, settings: Settings, database: Database, fetcher: Fetcher, workers: Workers, now: Now) -> None:
        visits = Visits(fetcher, now)
        finder = Finder(visits, workers, now)
        self.sources = Sources(database, finder, now, settings.poll_interval_s)
        moves = Moves(database, finder, now)
        catch_ups = CatchUps(database, briefing_messages, now)
        self._presence = Presence(database, now)
        self.bot = TelegramBot(
            token=settings.telegram_token or "",
            api_url=settings.telegram_api_url,
            admin_ids=settings.admin_ids,
            reading=Reading(database, now),
            subscriptions=Subscriptions(database, now),
            sources=self.sources,
            moves=moves,
            adding=Adding(database, finder, Previews(visits, workers), now, settings.poll_interval_s),
            importing=Importing(self.sources, workers),
            catch_ups=catch_ups,
            inbox=Inbox(database, now),
            now=now,
            per_s=settings.messages_per_s,
            chat_per_s=settings.chat_messages_per_s,
            webhook=_webhook(settings),
        )
        trouble = Trouble(database, moves, settings.admin_ids, source_failing, now)
        self._ingest = ingest = Ingest(database, visits, workers, now, trouble)
        self._deliveries = Deliveries(database, self.bot.sender, Routes(settings.admin_ids, paused), now)
        self._pushes = _pushes(settings, database, fetcher, ingest, now, self._look_for_news)
        condense = Condense(database, workers, now)
        briefings = Briefings(database, briefing_messages, self._presence, now)
        # a tick is for what is due by the clock; what one step leaves to the next is taken up at once
        self._gathering = Jobs(
            {
                **({"ask hubs": (self._pushes.ask_hubs, 60.0)} if self._pushes else {}),
                "poll what is due": (then(ingest.poll_due, lambda: self._gathering.at_once("read pages")), 2.0),
                "tell of trouble": (trouble.tell_due, 10.0),
                "read pages": (then(ingest.read_pages, lambda: self._gathering.at_once("condense what is new")), 1.0),
                "condense what is new": (
                    then(condense.condense_new, lambda: self._gathering.at_once("brief who is due")),
                    1.0,
                ),
                "brief who is due": (then(briefings.brief_due, lambda: self._telling.at_once("flush the outbox")), 1.0),
                "note that it is there": (self._presence.note, 60.0),
                "upkeep": (Upkeep(database, now).work, 3600.0),
            }
        )
        self._telling = Jobs(
            {
                "flush the outbox": (self._deliveries.flush, 1.0),
                "tidy the outbox": (self._deliveries.tidy, 60.0),
                "fold what waits too long": (catch_ups.fold_stale, 20.0),
            }
        )
        self._port = _port(settings, database, self.bot, self._pushes)

    def _look_for_news(self) -> None:
        """A hub brought something: articles to read, or a source to poll."""
        self._gathering.at_once("poll what is due")
        self._gathering.at_once("read pages")

    async def start(self) -> None:
        """Settle what was in doubt, then begin.

        Raises:
            UserError: the token was refused, or the HTTP port is taken.
        """
        await self._deliveries.recover()
        await self._ingest.recover()
        await self._presence.begin()
        if self._port:
            host, port = await self._port.start()
            log.info("listening", host=host, port=port)
        # news are gathered while Telegram cannot be reached
        self._gathering.start()
        self._gathering.at_once("upkeep")
        await self.bot.start()
        self._telling.start()
        log.info("started", version=__version__)

    async def stop(self) -> None:
        """Claim nothing more, finish what is in flight, close."""
        self._telling.pause()
        await self._gathering.stop()
        try:
            async with asyncio.timeout(DRAIN_LIMIT_S):
                await self._deliveries.drain()
        except TimeoutError:
            log.warning("stopped with deliveries in flight")
        await self._telling.stop()
        await self.bot.stop()
        if self._port:
            await self._port.stop()
        log.info("stopped")


@contextlib.asynccontextmanager
async def open_service(settings: Settings, now: Now = utc_now) -> AsyncIterator[Service]:
    """The service, started; drained and closed at the end.

    Raises:
        UserError: another instance runs on this database, the token was refused, the HTTP port is taken.
    """
    async with _open_store(settings) as database, open_fetcher(settings) as fetcher, _open_workers() as workers:
        await database.lock_instance()
        service = Service(settings, database, fetcher, workers, now)
        try:
            await service.start()
            yield service
        finally:
            await service.stop()


def _webhook(settings: Settings) -> tuple[str, str] | None:
    return (settings.webhook_url, settings.webhook_secret) if settings.webhook_url and settings.webhook_secret else None


def _pushes(
    settings: Settings, database: Database, fetcher: Fetcher, ingest: Ingest, now: Now, taken: Callable[[], None]
) -> Pushes | None:
    """Where Telegram reaches us, hubs do too: beside the webhook's address."""
    if settings.http_address is None or settings.webhook_url is None:
        return None
    return Pushes(database, fetcher, ingest, now, urljoin(settings.webhook_url, "."), taken)


def _port(settings: Settings, database: Database, bot: TelegramBot, pushes: Pushes | None) -> HttpPort | None:
    if settings.http_address is None:
        return None

    async def database_answers() -> bool:
        await database.ping()
        return True

    async def telegram_answers() -> bool:
        return bot.healthy

    checks: dict[str, Check] = {"database": database_answers, "telegram": telegram_answers}
    webhook = _webhook(settings)
    return HttpPort(settings.http_address, checks, Webhook(webhook[1], bot.feed) if webhook else None, pushes)
