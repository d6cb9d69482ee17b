"""The schema as it stands now, for SQLite and PostgreSQL alike.

The migrations lead a database to exactly this (a test compares the two). Times are `_at_ms`, milliseconds since 1970.
The search index differs by database and is written out for both at the end.
"""

from sqlalchemy import (
    DDL,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    event,
    false,
    text,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)

# SQLite counts up by itself only for a column that is exactly INTEGER PRIMARY KEY
Id = BigInteger().with_variant(Integer(), "sqlite")


def _where(name: str, *columns: str, condition: str, unique: bool = False) -> Index:
    return Index(name, *columns, unique=unique, sqlite_where=text(condition), postgresql_where=text(condition))


def _one_of(column: str, *values: str) -> CheckConstraint:
    return CheckConstraint(f"{column} IN ({', '.join(repr(value) for value in values)})", name=column)


sources = Table(
    "sources",
    metadata,
    Column("id", Id, primary_key=True),
    Column("url", Text, nullable=False, unique=True),
    Column("title", Text, nullable=False),
    Column("language", Text),
    Column("site_url", Text),
    Column("interval_s", Integer, nullable=False),
    Column("next_poll_at_ms", BigInteger, nullable=False),
    Column("added_at_ms", BigInteger, nullable=False),
    Column("removed_at_ms", BigInteger),
    Column("etag", Text),
    Column("last_modified", Text),
    Column("body_digest", Text),
    Column("errors", Integer, nullable=False, server_default=text("0")),
    Column("last_error", Text),
    Column("last_polled_at_ms", BigInteger),
    Column("last_article_at_ms", BigInteger),
    Column("ttl_s", Integer),
    Column("skip_hours", Integer, nullable=False, server_default=text("0")),  # bit n is hour n, in UTC
    Column("skip_days", Integer, nullable=False, server_default=text("0")),  # bit 0 is Monday
    Column("moved_seen", Text),
    Column("failing_since_ms", BigInteger),
    Column("told_at_ms", BigInteger),  # when admins heard of this row of errors
    Column("ended_at_ms", BigInteger),
    Column("canonical_url", Text, nullable=False, server_default=text("''")),  # by which it is known
    Index("ix_sources_canonical_url", "canonical_url"),
    _where("ix_sources_due", "next_poll_at_ms", condition="removed_at_ms IS NULL"),
)

stories = Table(
    "stories",
    metadata,
    Column("id", Id, primary_key=True),
    Column("source_id", Id, ForeignKey("sources.id"), nullable=False),
    Column("published_at_ms", BigInteger, nullable=False),
    Column("ready_at_ms", BigInteger, nullable=False),
    Index("ix_stories_newest", "published_at_ms", "id"),
    Index("ix_stories_of_source", "source_id", "published_at_ms", "id"),
    Index("ix_stories_ready", "ready_at_ms"),
)

articles = Table(
    "articles",
    metadata,
    Column("id", Id, primary_key=True),
    Column("source_id", Id, ForeignKey("sources.id"), nullable=False),
    Column("story_id", Id, ForeignKey("stories.id")),
    Column("lead", Boolean, nullable=False, server_default=false()),  # tells its story
    Column("key", Text, nullable=False),
    Column("url", Text),
    Column("canonical_url", Text),
    Column("title", Text, nullable=False),
    Column("author", Text),
    Column("language", Text),
    Column("image", Text),
    Column("published_at_ms", BigInteger, nullable=False),
    Column("fetched_at_ms", BigInteger, nullable=False),
    Column("state", String(8), nullable=False),
    Column("due_at_ms", BigInteger, nullable=False),
    Column("attempts", Integer, nullable=False, server_default=text("0")),
    Column("text", Text, nullable=False),
    Column("news", Boolean, nullable=False),  # false: it was old already when its source was added
    Column("condensed_version", Integer),
    Column("entry_digest", Text),  # of what the feed said, to see an edit
    Column("previous_title", Text),
    Column("edited_at_ms", BigInteger),
    Column("dateline_place", Text),
    Column("dateline_agency", Text),
    Column("notes", Text),  # corrections, one a line
    Column("copy_of", Id),  # the article that had this text first
    Column("previous_text", Text),  # what was condensed before the last edit
    Column("image_outdated", Boolean, nullable=False, server_default=false()),  # an edit gave none: the page may
    UniqueConstraint("source_id", "key"),
    _one_of("state", "found", "read", "ready"),
    _where("ux_articles_canonical_url", "canonical_url", condition="canonical_url IS NOT NULL", unique=True),
    _where("ux_articles_lead", "story_id", condition="lead", unique=True),
    _where("ix_articles_story", "story_id", "source_id", condition="story_id IS NOT NULL"),
    Index("ix_articles_of_source", "source_id", "published_at_ms"),
    _where("ix_articles_found", "published_at_ms", "id", condition="state = 'found'"),
    _where("ix_articles_read", "published_at_ms", "id", condition="state = 'read'"),
    _where("ix_articles_ready", "state", condition="state = 'ready'"),  # counts; one for all states would be preferred
)

fingerprints = Table(
    "fingerprints",
    metadata,
    Column("value", BigInteger, primary_key=True, autoincrement=False),  # what articles of one text have in common
    Column("article_id", Id, ForeignKey("articles.id", ondelete="CASCADE"), primary_key=True),
    Column("at_ms", BigInteger, nullable=False),
    Index("ix_fingerprints_at_ms", "at_ms"),
)

hubs = Table(
    "hubs",
    metadata,
    Column("source_id", Id, ForeignKey("sources.id"), primary_key=True),
    Column("hub", Text, nullable=False),
    Column("topic", Text, nullable=False),
    Column("token", String(64), nullable=False, unique=True),  # the unguessable part of the callback's address
    Column("secret", String(64), nullable=False),
    Column("asked_at_ms", BigInteger),
    Column("renew_at_ms", BigInteger, nullable=False),
    Column("lease_until_ms", BigInteger),  # NULL: not confirmed
)

left_hubs = Table(
    "left_hubs",
    metadata,
    Column("token", String(64), primary_key=True),
    Column("source_id", Id, ForeignKey("sources.id"), nullable=False),
    Column("hub", Text, nullable=False),
    Column("topic", Text, nullable=False),
    Column("left_at_ms", BigInteger, nullable=False),
    Column("asked_at_ms", BigInteger),
    Column("lease_until_ms", BigInteger, nullable=False),
)

bullets = Table(
    "bullets",
    metadata,
    Column("article_id", Id, ForeignKey("articles.id", ondelete="CASCADE"), primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("text", Text, nullable=False),
    Column("start_chars", Integer, nullable=False),
    Column("end_chars", Integer, nullable=False),
    Column("link", Text),  # opens the article at this sentence
)

topics = Table(
    "topics",
    metadata,
    Column("id", Id, primary_key=True),
    Column("words", String(100), nullable=False, unique=True),
)

chats = Table(
    "chats",
    metadata,
    Column("id", Id, primary_key=True),
    Column("telegram_id", BigInteger, nullable=False),
    Column("thread_id", BigInteger, nullable=False),
    Column("kind", String(8), nullable=False),
    Column("title", Text, nullable=False),
    Column("zone", String(64), nullable=False, server_default=text("'UTC'")),
    Column("added_at_ms", BigInteger, nullable=False),
    Column("dormant_at_ms", BigInteger),
    Column("dormant_why", Text),
    Column("missed_since_ms", BigInteger),  # it was dormant from then on, and was not yet told so
    UniqueConstraint("telegram_id", "thread_id"),
    _one_of("kind", "private", "group", "channel"),
)

subscriptions = Table(
    "subscriptions",
    metadata,
    Column("id", Id, primary_key=True),
    Column("chat_id", Id, ForeignKey("chats.id"), nullable=False),
    Column("topic_id", Id, ForeignKey("topics.id"), nullable=False),
    Column("cadence", String(8), nullable=False),
    Column("times", Text, nullable=False),  # '07:30,19:00', local
    Column("weekdays", String(7), nullable=False),  # '0123456', Monday is 0
    Column("since_at_ms", BigInteger, nullable=False),
    Column("next_due_at_ms", BigInteger),
    Column("changed_at_ms", BigInteger, nullable=False),
    Column("ended_at_ms", BigInteger),
    UniqueConstraint("chat_id", "topic_id"),
    _one_of("cadence", "instant", "hourly", "daily"),
    _where(
        "ix_subscriptions_due", "next_due_at_ms", "id", condition="ended_at_ms IS NULL AND next_due_at_ms IS NOT NULL"
    ),
    _where(
        "ix_subscriptions_instant",
        "id",
        condition="cadence = 'instant' AND ended_at_ms IS NULL AND next_due_at_ms IS NULL",
    ),
)

briefings = Table(
    "briefings",
    metadata,
    Column("id", Id, primary_key=True),
    Column("chat_id", Id, ForeignKey("chats.id"), nullable=False),
    Column("slot", String(64), nullable=False),
    Column("subscription_id", Id, ForeignKey("subscriptions.id")),  # none: of the chat as a whole
    Column("due_at_ms", BigInteger, nullable=False),
    Column("composed_at_ms", BigInteger, nullable=False),
    UniqueConstraint("chat_id", "slot"),
)

briefed = Table(
    "briefed",
    metadata,
    Column("chat_id", Id, ForeignKey("chats.id"), primary_key=True),
    Column("story_id", Id, ForeignKey("stories.id"), primary_key=True),
    Column("briefing_id", Id, ForeignKey("briefings.id"), nullable=False),
    Column("position", Integer, nullable=False, server_default=text("0")),
    Index("ix_briefed_briefing", "briefing_id"),
    Index("ix_briefed_story", "story_id"),
)

contents = Table(
    "contents",
    metadata,
    Column("id", Id, primary_key=True),
    Column("digest", String(64), nullable=False, unique=True),
    Column("message", Text, nullable=False),  # JSON, see contents.py
)

deliveries = Table(
    "deliveries",
    metadata,
    Column("id", Id, primary_key=True),
    Column("briefing_id", Id, ForeignKey("briefings.id"), nullable=False),
    Column("part", Integer, nullable=False),
    Column("chat_id", Id, ForeignKey("chats.id"), nullable=False),
    Column("content_id", Id, ForeignKey("contents.id")),
    Column("state", String(8), nullable=False),
    Column("due_at_ms", BigInteger, nullable=False),  # while sending: until when the claim holds
    Column("stale_at_ms", BigInteger),  # what waits longer is folded
    Column("expires_at_ms", BigInteger, nullable=False),
    Column("attempts", Integer, nullable=False, server_default=text("0")),
    Column("doubtful", Boolean, nullable=False, server_default=false()),  # the last attempt may have arrived
    Column("doubts", Integer, nullable=False, server_default=text("0")),  # repeats without proof
    Column("after_id", BigInteger),  # an attempt's message can only have a higher id than this
    Column("why", Text),
    Column("message_id", BigInteger),
    Column("settled_at_ms", BigInteger),
    Column("folded_into", Id, ForeignKey("briefings.id")),
    UniqueConstraint("briefing_id", "part"),
    _one_of("state", "waiting", "sending", "sent", "refused", "in_doubt", "expired", "folded"),
    _where("ix_deliveries_due", "due_at_ms", "id", condition="state = 'waiting'"),
    _where("ix_deliveries_sending", "due_at_ms", condition="state = 'sending'"),
    _where("ix_deliveries_open", "chat_id", "id", "state", condition="state IN ('waiting', 'sending')"),
    _where("ix_deliveries_stale", "stale_at_ms", condition="state = 'waiting' AND stale_at_ms IS NOT NULL"),
    _where("ix_deliveries_expires", "expires_at_ms", condition="state = 'waiting'"),
    _where("ix_deliveries_settled", "state", "settled_at_ms", condition="state NOT IN ('waiting', 'sending')"),
    _where("ix_deliveries_content", "content_id", condition="content_id IS NOT NULL"),
    _where(
        "ix_deliveries_to_let_go", "settled_at_ms", condition="content_id IS NOT NULL AND settled_at_ms IS NOT NULL"
    ),
)

message_counters = Table(
    "message_counters",
    metadata,
    # 0: the bot's one counter for private chats and basic groups; else the supergroup or channel
    Column("counter_id", BigInteger, primary_key=True, autoincrement=False),
    Column("message_id", BigInteger, nullable=False),  # the highest known
)

updates = Table(
    "updates",
    metadata,
    Column("update_id", BigInteger, primary_key=True, autoincrement=False),
    Column("telegram_id", BigInteger, nullable=False),  # 0: of no chat
    Column("payload", Text, nullable=False),  # empty once done: nothing that somebody wrote is kept
    Column("received_at_ms", BigInteger, nullable=False),
    Column("attempts", Integer, nullable=False, server_default=text("0")),
    Column("done_at_ms", BigInteger),
    Column("answers", Text, nullable=False, server_default=text("''")),  # message ids, each with a comma after it
    _where("ix_updates_open", "update_id", condition="done_at_ms IS NULL"),
    _where("ix_updates_done", "done_at_ms", condition="done_at_ms IS NOT NULL"),
)

state = Table(
    "state",
    metadata,
    Column("key", String(32), primary_key=True),
    Column("value", Text, nullable=False),
)

SEARCH = {
    # our words come folded and separated by spaces; the ascii tokenizer leaves everything beyond ASCII alone
    "sqlite": ("CREATE VIRTUAL TABLE article_search USING fts5(title, body, tokenize='ascii')",),
    "postgresql": (
        """
        CREATE TABLE article_search (
            article_id BIGINT PRIMARY KEY REFERENCES articles (id) ON DELETE CASCADE,
            words TSVECTOR NOT NULL)
        """,
        "CREATE INDEX ix_article_search_words ON article_search USING gin (words)",
    ),
}
for _kind, _statements in SEARCH.items():
    for _statement in _statements:
        event.listen(metadata, "after_create", DDL(_statement).execute_if(dialect=_kind))  # type: ignore[no-untyped-call]
