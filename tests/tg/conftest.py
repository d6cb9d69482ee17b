"""The whole bot on a real wire: the sandbox, the real services, a SQLite database, and hands that write and press."""

import json
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import timedelta
from types import ModuleType
from typing import Any

import pytest
import structlog

from bot.domain.models import ChatKind, ChatRef, Place
from bot.feeds.fetch import Fetcher
from bot.feeds.visits import Visits
from bot.sandbox.server import Sandbox
from bot.services.adding import Adding
from bot.services.catch_ups import CatchUps
from bot.services.finding import Finder
from bot.services.importing import Importing
from bot.services.inbox import Inbox
from bot.services.moves import Moves
from bot.services.previews import Previews
from bot.services.reading import Reading
from bot.services.sources import Sources
from bot.services.subscriptions import Subscriptions
from bot.storage.database import Database
from bot.tg.app import TelegramBot
from bot.tg.render import briefing_messages
from tests.conftest import Clock
from tests.services.conftest import InlineWorkers, fetcher, site
from tests.storage import making

__all__ = ["fetcher", "site"]

ADA, OMAR = 1, 2  # Ada owns the group and the channel and is admin of the service, Omar is a member
Json = dict[str, Any]
StartBot = Callable[..., Any]

BRIDGE = "Council votes to rebuild the harbour bridge"


class Talk:
    """Users who write to the bot and press its buttons, and what they see."""

    def __init__(self, sandbox: Sandbox, bot: TelegramBot, database: Database, clock: Clock) -> None:
        self.sandbox = sandbox
        self.bot = bot
        self.database = database
        self.clock = clock

    def heard(self, chat_id: int) -> list[Json]:
        """The bot's messages in a chat, oldest first."""
        return [message for message in self.sandbox.messages(chat_id) if written_by_bot(message)]

    async def say(self, user_id: int, text: str, *, chat: int = 0, thread: int = 0) -> Json:
        """Write, and return the bot's last answer once it is done."""
        return (await self.say_all(user_id, text, chat=chat, thread=thread))[-1]

    async def say_all(self, user_id: int, text: str, *, chat: int = 0, thread: int = 0) -> list[Json]:
        """Write, and return all that the bot answered."""
        chat = chat or user_id
        before = len(self.heard(chat))
        self.sandbox.message(user_id, chat, text, thread)
        await self.sandbox.wait_for(lambda: len(self.heard(chat)) > before, 10)
        await self.rest()
        return self.heard(chat)[before:]

    async def tell(self, kind: str, content: Json) -> None:
        """An update that the sandbox's users cannot cause, handled to its end."""
        self.sandbox.world.updates.add(kind, content)
        await self.settle()

    async def press(self, user_id: int, message: Json, label: str) -> str:
        """Press the button with this label; returns the private notice."""
        return await self.press_data(user_id, message, buttons(message)[label])

    async def press_data(self, user_id: int, message: Json, data: str) -> str:
        """Press with this data, whether there is such a button or not."""
        query_id = self.sandbox.press(user_id, message["chat"]["id"], message["message_id"], data)

        def answered() -> list[Json]:
            return [call["params"] for call in self.calls("answerCallbackQuery", callback_query_id=query_id)]

        (answer,) = await self.sandbox.wait_for(answered, 10)
        await self.rest()
        return str(answer.get("text", ""))

    def calls(self, method: str, **params: Any) -> list[Json]:
        """The bot's calls of a method with these parameters."""
        calls = [call for call in self.sandbox.calls if call["method"] == method]
        return [call for call in calls if all(call["params"].get(key) == value for key, value in params.items())]

    async def add_source(self, address: str) -> Json:
        """Ada adds the feed at an address; returns the answer, as it stands."""
        proposal = await self.say(ADA, f"/addsource {address}")
        await self.press(ADA, proposal, "Add")
        return self.now_standing(proposal)

    async def settle(self) -> None:
        """Everything that the sandbox has queued is fetched and handled."""
        await self.sandbox.wait_for(lambda: not self.sandbox.world.updates.waiting, 10)
        await self.rest()

    async def rest(self) -> None:
        """Everything that was fetched is handled."""
        await self.bot._intake.crowd.drain(10)

    def now_standing(self, message: Json) -> Json:
        """The message as it is now."""
        return next(m for m in self.heard(message["chat"]["id"]) if m["message_id"] == message["message_id"])

    async def listed(self, chat_id: int, thread_id: int = 0) -> list[str]:
        """What a chat gets, as words."""
        place = Place(ChatRef(chat_id, thread_id), ChatKind.PRIVATE, "")
        subscriptions = await Subscriptions(self.database, self.clock).listed(place)
        return [f"{each.words or 'everything'} {each.schedule.cadence}" for each in subscriptions]

    async def add_stories(self, *titles: str, source: str = "wire") -> None:
        """Stories, the first one the newest."""
        async with self.database.write() as tx:
            outlet = await making.add_source(tx, self.clock.now(), source)
            for number, title in enumerate(titles):
                at = self.clock.now() - timedelta(hours=number + 1)
                text = f"{title}, said the mayor. The work takes three years."
                await making.add_story(tx, outlet, at, f"{source}{number}", title=title, text=text, published_at=at)


def written_by_bot(message: Json) -> bool:
    # in a channel everything is the channel's; what people post there begins with a command here
    sender = message.get("from")
    return bool(sender["is_bot"] if sender else not message["text"].startswith("/"))


def buttons(message: Json) -> dict[str, str]:
    """A message's buttons: label and data."""
    rows = message.get("reply_markup", {}).get("inline_keyboard", [])
    return {button["text"]: button["callback_data"] for row in rows for button in row}


@pytest.fixture
async def sandbox(clock: Clock, checker: ModuleType | None) -> AsyncIterator[Sandbox]:
    """A sandbox; at the end every call that the bot made is held against the Bot API."""
    async with Sandbox(now=clock) as running:
        yield running
    problems = [
        problem
        for call in running.calls
        if checker and call["answer"] is not None
        for problem in checker.check_line(json.dumps(call))
    ]
    assert problems == []


@pytest.fixture
async def start_bot(
    sandbox: Sandbox, sqlite_database: Database, fetcher: Fetcher, clock: Clock
) -> AsyncIterator[StartBot]:
    """Starts bots; they stop with the test."""
    started: list[TelegramBot] = []

    async def start(*, begin: bool = True, flood: bool = False, **changes: Any) -> TelegramBot:
        workers = InlineWorkers()
        visits = Visits(fetcher, clock)
        finder = Finder(visits, workers, clock)
        sources = Sources(sqlite_database, finder, clock, 900)
        given: dict[str, Any] = {
            "token": sandbox.token,
            "api_url": sandbox.api_url,
            "admin_ids": frozenset({ADA}),
            "reading": Reading(sqlite_database, clock),
            "subscriptions": Subscriptions(sqlite_database, clock),
            "sources": sources,
            "moves": Moves(sqlite_database, finder, clock),
            "adding": Adding(sqlite_database, finder, Previews(visits, workers), clock, 900),
            "importing": Importing(sources, workers),
            "catch_ups": CatchUps(sqlite_database, briefing_messages, clock),
            "inbox": Inbox(sqlite_database, clock),
            "now": clock,
            "per_s": 10_000,
            "chat_per_s": 10_000,
            "webhook": None,
        }
        bot = TelegramBot(**(given | changes))
        if not flood:  # a clock that runs ahead: nobody is held back for writing fast
            bot._intake.crowd._clock = iter(range(0, 10**9, 100)).__next__
        started.append(bot)
        if begin:
            await bot.start()
        return bot

    yield start
    for bot in started:
        await bot.stop()


@pytest.fixture
async def talk(sandbox: Sandbox, start_bot: StartBot, sqlite_database: Database, clock: Clock) -> Talk:
    return Talk(sandbox, await start_bot(), sqlite_database, clock)


@pytest.fixture(autouse=True)
def logs() -> Iterator[list[Json]]:
    """What was logged."""
    with structlog.testing.capture_logs() as kept:
        yield kept  # type: ignore[misc]  # mutable mappings
