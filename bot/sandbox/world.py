"""The world of the sandbox: its users, its chats and everything that happens in them.

Whatever changes here is seen by the chat page (`events`) and, where Telegram would tell the bot, queued in `updates`.
"""

import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Any

from bot.domain.ports import Now
from bot.sandbox.changes import Changes
from bot.sandbox.commands import Commands
from bot.sandbox.errors import bad_request
from bot.sandbox.events import Events
from bot.sandbox.files import Files
from bot.sandbox.nouns import CHANNEL, PRIVATE, SUPERGROUP, Chat, Json, Message, User
from bot.sandbox.updates import Updates

BOT = User(42, "Nutgraf", is_bot=True, username="nutgraf_sandbox_bot")
ADA = User(1, "Ada")
OMAR = User(2, "Omar")
GROUP_ID = -1001234567890
CHANNEL_ID = -1009876543210
THREADS = {11: "World", 12: "Harbour"}

MOST_MESSAGES = 2_000
MOST_QUERIES = 1_000
QUERY_LIFE_S = 900


@dataclass(frozen=True, slots=True)
class Query:
    """A button that a user pressed, waiting for its answer."""

    user_id: int
    at: int


@dataclass(slots=True)
class Profile:
    """What the bot says about itself, by language code, and its menu buttons, by chat (0: default)."""

    names: dict[str, str] = field(default_factory=dict)
    descriptions: dict[str, str] = field(default_factory=dict)
    short_descriptions: dict[str, str] = field(default_factory=dict)
    menu_buttons: dict[int, Json] = field(default_factory=dict)


@dataclass(slots=True)
class Webhook:
    """Where updates go instead of getUpdates; an empty `url` means nowhere."""

    url: str = ""
    secret: str = ""
    last_error_at: int | None = None
    last_error: str = ""


class World:
    """Everything that Telegram would know."""

    def __init__(self, now: Now, id_start: int = 1) -> None:
        self.now = now
        self.id_start = id_start
        # one counter for all private chats and basic groups of a bot; a supergroup or channel has its own
        self.shared_ids = count(id_start)
        self.changes = Changes()
        self.updates = Updates(self.changes, id_start)
        self.events = Events(self.changes, epoch=secrets.token_hex(4))
        self.commands = Commands()
        self.profile = Profile()
        self.webhook = Webhook()
        self.files = Files()
        self.bot = BOT
        self.users: dict[int, User] = {BOT.id: BOT}
        self.chats: dict[int, Chat] = {}
        self._queries: dict[str, Query] = {}
        self._query_ids = count(id_start)
        self._begin()

    def _begin(self) -> None:
        both = {BOT.id: BOT, ADA.id: ADA}
        group = Chat(GROUP_ID, SUPERGROUP, "Harbour neighbours", count(self.id_start), dict(both), ADA.id)
        group.threads, group.is_forum = dict(THREADS), True
        channel = Chat(CHANNEL_ID, CHANNEL, "Harbour daily", count(self.id_start), dict(both), ADA.id, "harbour_daily")
        self.chats = {chat.id: chat for chat in (group, channel)}
        for user in (ADA, OMAR):
            self.add_user(user)

    def time(self) -> int:
        """The present in unix seconds."""
        return int(self.now().timestamp())

    def add_user(self, user: User) -> None:
        """A new user, with a private chat, in the group and in the channel."""
        self.users[user.id] = user
        for chat in self.chats.values():
            if chat.type != PRIVATE:
                chat.members[user.id] = user
        members = {user.id: user, BOT.id: BOT}
        self.chats[user.id] = Chat(user.id, PRIVATE, user.name, self.shared_ids, members, username=user.username)

    # ---- chats ------------------------------------------------------------------------------------

    def chat(self, ref: int | str | None) -> Chat:
        """The chat of an id or an @username.

        Raises:
            ApiError: there is none.
        """
        if ref is None:
            raise bad_request("chat_id is empty")
        name = str(ref).removeprefix("@").lower()
        found = self.chats.get(ref) if isinstance(ref, int) else None
        found = found or next((c for c in self.chats.values() if c.username and c.username.lower() == name), None)
        if found is None or found.gone or (found.type == PRIVATE and found.id != ref):
            raise bad_request("chat not found")
        return found

    def chats_of(self, user_id: int) -> Iterator[Chat]:
        """The chats that a user sees: the private one first."""
        seen = [chat for chat in self.chats.values() if self.sees(user_id, chat.id)]
        yield from sorted(seen, key=lambda chat: chat.type != PRIVATE)

    def sees(self, user_id: int, chat_id: int) -> bool:
        """Whether a user sees a chat."""
        chat = self.chats.get(chat_id)
        there = chat is not None and not chat.is_over and user_id in chat.members
        return there and (chat_id == user_id or self.chats[chat_id].type != PRIVATE)

    # ---- messages ---------------------------------------------------------------------------------

    def post(self, chat: Chat, author: User, text: str, **more: Any) -> Message:
        """A new message in a chat; `more` are fields of `Message`. The oldest are forgotten beyond the bound."""
        message = Message(chat.id, next(chat.ids), author, self.time(), text, **more)
        chat.messages[message.id] = message
        while len(chat.messages) > MOST_MESSAGES:
            del chat.messages[next(iter(chat.messages))]
        self.events.add("message", message, chat_id=chat.id)
        return message

    def edit(self, message: Message, **changed: Any) -> Message:
        """The message with fields changed and its edit time set."""
        edited = replace(message, edited_at=self.time(), **changed)
        self.chats[message.chat_id].messages[message.id] = edited
        self.events.add("edit", edited, chat_id=message.chat_id)
        return edited

    def delete(self, chat: Chat, ids: list[int]) -> None:
        """Take messages away."""
        for message_id in ids:
            del chat.messages[message_id]
        if ids:
            self.events.add("delete", {"chat_id": chat.id, "ids": ids}, chat_id=chat.id)

    # ---- queries ----------------------------------------------------------------------------------

    def ask(self, user_id: int) -> str:
        """A user pressed a button: the id of a new query."""
        query_id = f"{user_id}{next(self._query_ids):010d}"
        self._queries[query_id] = Query(user_id, self.time())
        while len(self._queries) > MOST_QUERIES:
            del self._queries[next(iter(self._queries))]
        return query_id

    def asked_by(self, query_id: str | None) -> int | None:
        """Who pressed, None if the query is unknown or too old to be answered."""
        query = self._queries.get(query_id or "")
        return query.user_id if query and self.time() - query.at <= QUERY_LIFE_S else None
