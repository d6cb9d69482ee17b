"""What Telegram's side knows: users, chats, messages, documents. Values are frozen; a chat changes."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]

PRIVATE, GROUP, SUPERGROUP, CHANNEL = "private", "group", "supergroup", "channel"


@dataclass(frozen=True, slots=True)
class User:
    """A person or a bot; `name` is the first name, there is no last one."""

    id: int
    name: str
    is_bot: bool = False
    username: str | None = None


@dataclass(frozen=True, slots=True)
class Document:
    """A file that a message carries; its bytes lie in `Files` under `file_id`."""

    file_id: str
    unique_id: str
    name: str
    mime_type: str
    size_bytes: int
    path: str


@dataclass(frozen=True, slots=True)
class Message:
    """One message as it stands now.

    `thread_id` is 0 outside forum threads. `entities` are Bot API objects, offsets in UTF-16 units; `text` is the
    caption where there is a document. `keyboard` is an InlineKeyboardMarkup, `preview` a LinkPreviewOptions, `origin`
    a MessageOrigin; None where there is none. `service` is what Telegram itself says in a message without text, by its
    field. `date` and `edited_at` are unix seconds.
    """

    chat_id: int
    id: int
    author: User
    date: int
    text: str
    entities: tuple[Json, ...] = ()
    thread_id: int = 0
    edited_at: int | None = None
    reply_to: int | None = None
    silent: bool = False
    protected: bool = False
    keyboard: Json | None = None
    preview: Json | None = None
    document: Document | None = None
    origin: Json | None = None
    service: Json | None = None


@dataclass(slots=True)
class Chat:
    """A chat and what was said in it. `ids` gives the next message id and may be shared with other chats.

    `blocked`: the user of a private chat blocked the bot; `deactivated`: deleted the account. `left`: the bot is not in
    the group or channel; `kicked`: nor may it come back by itself; `silenced`: it is there and may not post. `closed`
    are threads. `gone`: the chat was deleted; `migrated_to`: the supergroup that it became.
    """

    id: int
    type: str
    title: str
    ids: Iterator[int]
    members: dict[int, User]
    owner_id: int | None = None
    username: str | None = None
    threads: dict[int, str] = field(default_factory=dict)
    messages: dict[int, Message] = field(default_factory=dict)
    blocked: bool = False
    left: bool = False
    deactivated: bool = False
    kicked: bool = False
    silenced: bool = False
    closed: set[int] = field(default_factory=set)
    gone: bool = False
    migrated_to: int | None = None
    pinned_id: int | None = None
    is_forum: bool = False

    @property
    def is_over(self) -> bool:
        """Whether nobody sees the chat any more."""
        return self.gone or self.migrated_to is not None

    def is_admin(self, user_id: int) -> bool:
        """Whether the user is among the chat's administrators (nobody is in a private chat)."""
        user = self.members.get(user_id)
        if self.type == PRIVATE or user is None:
            return False
        # in a channel the bot stays an administrator, without the one right
        demoted = self.silenced and self.type != CHANNEL
        return user_id == self.owner_id or (user.is_bot and not demoted)
