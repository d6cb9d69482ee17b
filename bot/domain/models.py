"""The nouns of HOUSE: source, entry, article, bullet, story, chat, subscription, briefing, delivery.

Every `_at` is an aware UTC datetime. Texts are plain (no markup, no control characters) unless a field says HTML.
"""

from dataclasses import dataclass, field
from datetime import datetime, time
from enum import StrEnum

# ---- sources and articles ---------------------------------------------------------------------


class FeedKind(StrEnum):
    """The formats that the parser tells apart."""

    RSS = "rss"
    ATOM = "atom"
    RDF = "rdf"
    JSON = "json"


@dataclass(frozen=True, slots=True)
class Entry:
    """One item as a feed gave it, cleaned. `id` is the publisher's own (guid), None where it gave none."""

    id: str | None
    title: str
    link: str | None
    author: str | None = None
    published_at: datetime | None = None
    updated_at: datetime | None = None
    summary: str | None = None
    content: str | None = None
    image: str | None = None


@dataclass(frozen=True, slots=True)
class Feed:
    """A parsed feed, entries in the feed's order.

    What it says about being read: `ttl_s` how long it stays fresh, `skip_hours` (UTC) and `skip_days` (Monday is 0)
    when nothing comes, `hub` who pushes its changes (WebSub), `self_url` the address that it calls its own.
    """

    kind: FeedKind
    title: str | None
    link: str | None
    language: str | None
    entries: tuple[Entry, ...]
    ttl_s: int | None = None
    skip_hours: frozenset[int] = frozenset()
    skip_days: frozenset[int] = frozenset()
    hub: str | None = None
    self_url: str | None = None


@dataclass(frozen=True, slots=True)
class FeedLink:
    """A feed that a page offers: absolute address and the page's own name for it."""

    url: str
    title: str | None


@dataclass(frozen=True, slots=True)
class Page:
    """What an article page holds; paragraphs of `text` are separated by a line feed.

    `paywalled`: the outlet asks for money for the article; `text` is as much of it as the page shows.
    """

    title: str | None
    author: str | None
    published_at: datetime | None
    language: str | None
    image: str | None
    text: str
    paywalled: bool = False


@dataclass(frozen=True, slots=True)
class Source:
    """A feed that admins added, its cadence and its health.

    `errors` counts failed polls in a row, `last_polled_at` is of one that went well; `body_digest` tells whether the
    feed changed where its server does not. `ttl_s`, `skip_hours` and `skip_days` are as in `Feed`; `moved_seen` is
    where the last answer said that the feed is for good. `failing_since` begins the row of errors, at `told_at` the
    admins heard of it; at `ended_at` its server said that it is gone: since then it is not polled.
    `articles_a_week` is None where nobody counted.
    """

    id: int
    url: str
    title: str
    language: str | None
    site_url: str | None
    interval_s: int
    next_poll_at: datetime
    added_at: datetime
    etag: str | None = None
    last_modified: str | None = None
    body_digest: str | None = None
    errors: int = 0
    last_error: str | None = None
    last_polled_at: datetime | None = None
    last_article_at: datetime | None = None
    ttl_s: int | None = None
    skip_hours: frozenset[int] = frozenset()
    skip_days: frozenset[int] = frozenset()
    moved_seen: str | None = None
    failing_since: datetime | None = None
    told_at: datetime | None = None
    ended_at: datetime | None = None
    articles_a_week: int | None = None


@dataclass(frozen=True, slots=True)
class Move:
    """A feed at `url` that may take the place of a source's; kept as the offer `offer_id`."""

    offer_id: int
    url: str


@dataclass(frozen=True, slots=True)
class NewArticle:
    """An entry on its way into the store.

    `key` identifies it within its source (guid, else link, else a hash); `canonical_url` across sources, None without a
    link. `text` is the feed's own; the page's text replaces it later where it is better. `news` is false for what was
    old already when its source was added. `entry_digest` tells an edited entry from the one that was stored.
    """

    key: str
    url: str | None
    canonical_url: str | None
    title: str
    author: str | None
    language: str | None
    image: str | None
    published_at: datetime | None
    text: str
    news: bool = True
    entry_digest: str | None = None


@dataclass(frozen=True, slots=True)
class Article:
    """A stored article. `published_at` falls back to `fetched_at` where the feed gave no usable time."""

    id: int
    source_id: int
    source_title: str
    url: str | None
    title: str
    author: str | None
    language: str | None
    image: str | None
    published_at: datetime
    fetched_at: datetime
    text: str


@dataclass(frozen=True, slots=True)
class Bullet:
    """One sentence taken verbatim: `article_text[start:end]` with white space folded is `text`.

    `link` opens the article at this very sentence (text fragment), None where nothing leads there.
    """

    text: str
    start: int
    end: int
    link: str | None = None


@dataclass(frozen=True, slots=True)
class Condensed:
    """What condensing found in one text: its language (ISO 639-1, None if undecided) and its bullets in text order.

    `version` grows whenever condensing gets better; 0 is older than all of them. `place` and `agency` are what the
    dateline says, `notes` the corrections that stand beside the story.
    """

    language: str | None
    bullets: tuple[Bullet, ...]
    version: int = 0
    place: str | None = None
    agency: str | None = None
    notes: tuple[str, ...] = ()


# ---- stories -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Story:
    """Articles about one event, told by its lead article. `ready_at`: when readers could first be told of it.

    `outlets` is how many told it, whoever was removed since: it says how widely it was told, as earlier messages do.
    """

    id: int
    title: str
    url: str | None
    source_id: int
    outlet: str
    published_at: datetime
    ready_at: datetime
    language: str | None
    bullets: tuple[Bullet, ...]
    outlets: int = 1


@dataclass(frozen=True, slots=True)
class Hit:
    """A story that a topic found; `match` is a text score, higher is better, comparable within one search."""

    story: Story
    match: float


# ---- chats and what they want --------------------------------------------------------------------


class ChatKind(StrEnum):
    """Telegram's kinds of chat; a basic group and a supergroup are both a group here."""

    PRIVATE = "private"
    GROUP = "group"
    CHANNEL = "channel"


@dataclass(frozen=True, slots=True)
class ChatRef:
    """Where messages go: Telegram's chat id, and the forum thread in it (0: none)."""

    telegram_id: int
    thread_id: int = 0


@dataclass(frozen=True, slots=True)
class Place:
    """A chat as an update shows it, before it is known to the store."""

    ref: ChatRef
    kind: ChatKind
    title: str


@dataclass(frozen=True, slots=True)
class Chat:
    """A chat, group, channel or forum thread that the bot serves. `zone` is an IANA name."""

    id: int
    ref: ChatRef
    kind: ChatKind
    title: str
    zone: str
    dormant: bool = False


class Cadence(StrEnum):
    """How often a subscription is due."""

    INSTANT = "instant"
    HOURLY = "hourly"
    DAILY = "daily"


@dataclass(frozen=True, slots=True)
class Schedule:
    """When a subscription is due: for `daily` the local `times` on `weekdays` (Monday is 0)."""

    cadence: Cadence
    times: tuple[time, ...] = ()
    weekdays: frozenset[int] = field(default_factory=lambda: frozenset(range(7)))


@dataclass(frozen=True, slots=True)
class Wish:
    """What `/subscribe` asked for: `words` empty means everything."""

    words: str
    schedule: Schedule


@dataclass(frozen=True, slots=True)
class Subscription:
    """A chat's stored wish. `next_due_at` is None while an instant one waits for news."""

    id: int
    chat: Chat
    topic_id: int
    words: str
    schedule: Schedule
    since_at: datetime
    next_due_at: datetime | None


@dataclass(frozen=True, slots=True)
class Incoming:
    """An update that Telegram sent, as JSON, and the Telegram chat that it concerns; 0: none."""

    update_id: int
    telegram_id: int
    payload: str


# ---- briefings and deliveries --------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Briefing:
    """The ordered stories composed for one chat at one due time; `words` empty means everything.

    `away_since`: the briefing makes up for what was missed since then, and `more` stories of it are a button away.
    """

    chat: Chat
    words: str
    cadence: Cadence
    due_at: datetime
    stories: tuple[Story, ...]
    more: int = 0
    away_since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Button:
    """An inline button: exactly one of `data` (callback, 1 to 64 bytes) and `url`."""

    text: str
    data: str | None = None
    url: str | None = None


Keyboard = tuple[tuple[Button, ...], ...]


@dataclass(frozen=True, slots=True)
class Message:
    """One Telegram message: HTML of at most 4096 UTF-16 units after parsing, rows of buttons, its link preview."""

    html: str
    keyboard: Keyboard = ()
    preview_url: str | None = None


class DeliveryState(StrEnum):
    """What became of a delivery."""

    WAITING = "waiting"
    SENDING = "sending"
    SENT = "sent"
    REFUSED = "refused"
    IN_DOUBT = "in_doubt"
    EXPIRED = "expired"
    FOLDED = "folded"


@dataclass(frozen=True, slots=True)
class Owed:
    """A briefing on its way into the outbox.

    `slot` names it within its chat: a second one of the same slot is never owed. `subscription_id` is None for what
    concerns the chat as a whole. From `stale_at` on it may be folded into a later briefing (None: never).
    """

    chat_id: int
    slot: str
    due_at: datetime
    messages: tuple[Message, ...]
    story_ids: tuple[int, ...] = ()
    subscription_id: int | None = None
    stale_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Delivery:
    """One message owed to one chat.

    `attempts` counts this one. `doubtful`: an earlier attempt may have arrived; if so, its message has an id above
    `after_id` (None: unknown). `doubts` counts the repeats without proof that it had not.
    """

    id: int
    chat_id: int
    ref: ChatRef
    kind: ChatKind
    message: Message
    attempts: int
    doubtful: bool
    doubts: int
    after_id: int | None
