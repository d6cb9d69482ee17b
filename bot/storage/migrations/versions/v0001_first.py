"""The first schema."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

Id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

SEARCH = {
    "sqlite": ("CREATE VIRTUAL TABLE article_search USING fts5(title, body, tokenize='ascii')",),
    "postgresql": (
        "CREATE TABLE article_search (article_id BIGINT PRIMARY KEY REFERENCES articles (id) ON DELETE CASCADE,"
        " words TSVECTOR NOT NULL)",
        "CREATE INDEX ix_article_search_words ON article_search USING gin (words)",
    ),
}


def upgrade() -> None:
    _sources_and_stories()
    _articles()
    _chats()
    _subscriptions()
    _outbox()
    op.create_table(
        "state",
        sa.Column("key", sa.String(32), primary_key=True),
        sa.Column("value", sa.Text, nullable=False),
    )
    for statement in SEARCH[op.get_bind().dialect.name]:
        op.execute(statement)


def _where(name: str, table: str, *columns: str, condition: str, unique: bool = False) -> None:
    op.create_index(
        name,
        table,
        list(columns),
        unique=unique,
        sqlite_where=sa.text(condition),
        postgresql_where=sa.text(condition),
    )


def _sources_and_stories() -> None:
    op.create_table(
        "sources",
        sa.Column("id", Id, primary_key=True),
        sa.Column("url", sa.Text, nullable=False, unique=True),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("language", sa.Text),
        sa.Column("site_url", sa.Text),
        sa.Column("interval_s", sa.Integer, nullable=False),
        sa.Column("next_poll_at_ms", sa.BigInteger, nullable=False),
        sa.Column("added_at_ms", sa.BigInteger, nullable=False),
        sa.Column("removed_at_ms", sa.BigInteger),
        sa.Column("etag", sa.Text),
        sa.Column("last_modified", sa.Text),
        sa.Column("body_digest", sa.Text),
        sa.Column("errors", sa.Integer, nullable=False, server_default=sa.text("0")),
        sa.Column("last_error", sa.Text),
        sa.Column("last_polled_at_ms", sa.BigInteger),
        sa.Column("last_article_at_ms", sa.BigInteger),
    )
    _where("ix_sources_due", "sources", "next_poll_at_ms", condition="removed_at_ms IS NULL")
    op.create_table(
        "stories",
        sa.Column("id", Id, primary_key=True),
        sa.Column("source_id", Id, sa.ForeignKey("sources.id"), nullable=False),
        sa.Column("published_at_ms", sa.BigInteger, nullable=False),
        sa.Column("ready_at_ms", sa.BigInteger, nullable=False),
    )
    op.create_index("ix_stories_newest", "stories", ["published_at_ms", "id"])
    op.create_index("ix_stories_of_source", "stories", ["source_id", "published_at_ms", "id"])
    op.create_index("ix_stories_ready", "stories", ["ready_at_ms"])


def _articles() -> None:
    op.create_table(
        "articles",
        sa.Column("id", Id, primary_key=True),
        sa.Column("source_id", Id, sa.ForeignKey("sources.id"), nullable=False),
        sa.Column("story_id", Id, sa.ForeignKey("stories.id")),
        sa.Column("lead", sa.Boolean, nullable=False, server_default=sa.false()),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("url", sa.Text),
        sa.Column("canonical_url", sa.Text),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("author", sa.Text),
        sa.Column("language", sa.Text),
        sa.Column("image", sa.Text),
        sa.Column("published_at_ms", sa.BigInteger, nullable=False),
        sa.Column("fetched_at_ms", sa.BigInteger, nullable=False),
        sa.Column("state", sa.String(8), nullable=False),
        sa.Column("due_at_ms", sa.BigInteger, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False, server_default=sa.text("0")),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("news", sa.Boolean, nullable=False),
        sa.UniqueConstraint("source_id", "key"),
        sa.CheckConstraint("state IN ('found', 'read', 'ready')", name="state"),
    )
    _where("ux_articles_canonical_url", "articles", "canonical_url", condition="canonical_url IS NOT NULL", unique=True)
    _where("ux_articles_lead", "articles", "story_id", condition="lead", unique=True)
    _where("ix_articles_story", "articles", "story_id", "source_id", condition="story_id IS NOT NULL")
    _where("ix_articles_found", "articles", "published_at_ms", "id", condition="state = 'found'")
    _where("ix_articles_read", "articles", "published_at_ms", "id", condition="state = 'read'")
    _where("ix_articles_ready", "articles", "state", condition="state = 'ready'")
    op.create_table(
        "bullets",
        sa.Column("article_id", Id, sa.ForeignKey("articles.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("position", sa.Integer, primary_key=True),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("start_chars", sa.Integer, nullable=False),
        sa.Column("end_chars", sa.Integer, nullable=False),
    )


def _chats() -> None:
    op.create_table(
        "topics",
        sa.Column("id", Id, primary_key=True),
        sa.Column("words", sa.String(100), nullable=False, unique=True),
    )
    op.create_table(
        "chats",
        sa.Column("id", Id, primary_key=True),
        sa.Column("telegram_id", sa.BigInteger, nullable=False),
        sa.Column("thread_id", sa.BigInteger, nullable=False),
        sa.Column("kind", sa.String(8), nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("zone", sa.String(64), nullable=False, server_default=sa.text("'UTC'")),
        sa.Column("added_at_ms", sa.BigInteger, nullable=False),
        sa.Column("dormant_at_ms", sa.BigInteger),
        sa.UniqueConstraint("telegram_id", "thread_id"),
        sa.CheckConstraint("kind IN ('private', 'group', 'channel')", name="kind"),
    )


def _subscriptions() -> None:
    op.create_table(
        "subscriptions",
        sa.Column("id", Id, primary_key=True),
        sa.Column("chat_id", Id, sa.ForeignKey("chats.id"), nullable=False),
        sa.Column("topic_id", Id, sa.ForeignKey("topics.id"), nullable=False),
        sa.Column("cadence", sa.String(8), nullable=False),
        sa.Column("times", sa.Text, nullable=False),
        sa.Column("weekdays", sa.String(7), nullable=False),
        sa.Column("since_at_ms", sa.BigInteger, nullable=False),
        sa.Column("next_due_at_ms", sa.BigInteger),
        sa.Column("changed_at_ms", sa.BigInteger, nullable=False),
        sa.Column("ended_at_ms", sa.BigInteger),
        sa.UniqueConstraint("chat_id", "topic_id"),
        sa.CheckConstraint("cadence IN ('instant', 'hourly', 'daily')", name="cadence"),
    )
    _where(
        "ix_subscriptions_due",
        "subscriptions",
        "next_due_at_ms",
        "id",
        condition="ended_at_ms IS NULL AND next_due_at_ms IS NOT NULL",
    )
    _where(
        "ix_subscriptions_instant",
        "subscriptions",
        "id",
        condition="cadence = 'instant' AND ended_at_ms IS NULL AND next_due_at_ms IS NULL",
    )


def _outbox() -> None:
    op.create_table(
        "briefings",
        sa.Column("id", Id, primary_key=True),
        sa.Column("subscription_id", Id, sa.ForeignKey("subscriptions.id"), nullable=False),
        sa.Column("due_at_ms", sa.BigInteger, nullable=False),
        sa.Column("composed_at_ms", sa.BigInteger, nullable=False),
        sa.UniqueConstraint("subscription_id", "due_at_ms"),
    )
    op.create_table(
        "briefed",
        sa.Column("chat_id", Id, sa.ForeignKey("chats.id"), primary_key=True),
        sa.Column("story_id", Id, sa.ForeignKey("stories.id"), primary_key=True),
        sa.Column("briefing_id", Id, sa.ForeignKey("briefings.id"), nullable=False),
    )
    op.create_index("ix_briefed_briefing", "briefed", ["briefing_id"])
    op.create_index("ix_briefed_story", "briefed", ["story_id"])
    op.create_table(
        "deliveries",
        sa.Column("id", Id, primary_key=True),
        sa.Column("briefing_id", Id, sa.ForeignKey("briefings.id"), nullable=False),
        sa.Column("part", sa.Integer, nullable=False),
        sa.Column("chat_id", Id, sa.ForeignKey("chats.id"), nullable=False),
        sa.Column("message", sa.Text, nullable=False),
        sa.Column("state", sa.String(8), nullable=False),
        sa.Column("due_at_ms", sa.BigInteger, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False, server_default=sa.text("0")),
        sa.Column("doubts", sa.Integer, nullable=False, server_default=sa.text("0")),
        sa.Column("why", sa.Text),
        sa.Column("message_id", sa.BigInteger),
        sa.Column("settled_at_ms", sa.BigInteger),
        sa.UniqueConstraint("briefing_id", "part"),
        sa.CheckConstraint("state IN ('waiting', 'sending', 'sent', 'refused', 'in_doubt')", name="state"),
    )
    _where("ix_deliveries_due", "deliveries", "due_at_ms", "id", condition="state = 'waiting'")
    _where("ix_deliveries_open", "deliveries", "chat_id", "id", "state", condition="state IN ('waiting', 'sending')")
    _where("ix_deliveries_settled", "deliveries", "state", condition="state IN ('sent', 'refused', 'in_doubt')")
