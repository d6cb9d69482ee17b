"""What Telegram's side knows: users, chats, messages, documents. Values are frozen; a chat changes."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]

PRIVATE, SUPERGROUP, CHANNEL = "private", "supergroup", "channel"


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
    a MessageOrigin; None where there is none. `date` and `edited_at` are unix seconds.
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


@dataclass(slots=True)
class Chat:
    """A chat and what was said in it. `ids` gives the next message id and may be shared with other chats.

    `blocked`: the user of a private chat blocked the bot; `left`: the bot left the group or channel.
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
    pinned_id: int | None = None

    @property
    def is_forum(self) -> bool:
        """Whether the chat has threads."""
        return bool(self.threads)

    def is_admin(self, user_id: int) -> bool:
        """Whether the user is among the chat's administrators (nobody is in a private chat)."""
        user = self.members.get(user_id)
        return self.type != PRIVATE and user is not None and (user.is_bot or user_id == self.owner_id)
