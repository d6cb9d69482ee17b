"""Delivery: slots, contents kept once, expired and folded, proof of arrival, updates in hand."""

from hashlib import sha256

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

Id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

LIFE_MS = 7 * 24 * 3600 * 1000
BATCH = 500


def upgrade() -> None:
    op.add_column("chats", sa.Column("dormant_why", sa.Text))
    op.add_column("chats", sa.Column("missed_since_ms", sa.BigInteger))
    # made anew: SQLite cannot change constraints, and both databases shall end up with the same names
    for table in ("deliveries", "briefed", "briefings"):
        op.execute(f"CREATE TEMPORARY TABLE old_{table} AS SELECT * FROM {table}")  # noqa: S608
        op.drop_table(table)
    _make_briefings()
    _make_deliveries()
    _make_updates()
    _fill()
    for table in ("deliveries", "briefed", "briefings"):
        op.execute(f"DROP TABLE old_{table}")


def _where(name: str, table: str, *columns: str, condition: str) -> None:
    where = sa.text(condition)
    op.create_index(name, table, list(columns), sqlite_where=where, postgresql_where=where)


def _make_briefings() -> None:
    op.create_table(
        "briefings",
        sa.Column("id", Id, primary_key=True),
        sa.Column("chat_id", Id, sa.ForeignKey("chats.id"), nullable=False),
        sa.Column("slot", sa.String(64), nullable=False),
        sa.Column("subscription_id", Id, sa.ForeignKey("subscriptions.id")),
        sa.Column("due_at_ms", sa.BigInteger, nullable=False),
        sa.Column("composed_at_ms", sa.BigInteger, nullable=False),
        sa.UniqueConstraint("chat_id", "slot"),
    )
    op.create_table(
        "briefed",
        sa.Column("chat_id", Id, sa.ForeignKey("chats.id"), primary_key=True),
        sa.Column("story_id", Id, sa.ForeignKey("stories.id"), primary_key=True),
        sa.Column("briefing_id", Id, sa.ForeignKey("briefings.id"), nullable=False),
        sa.Column("position", sa.Integer, nullable=False, server_default=sa.text("0")),
    )
    op.create_index("ix_briefed_briefing", "briefed", ["briefing_id"])
    op.create_index("ix_briefed_story", "briefed", ["story_id"])


def _make_deliveries() -> None:
    op.create_table(
        "contents",
        sa.Column("id", Id, primary_key=True),
        sa.Column("digest", sa.String(64), nullable=False, unique=True),
        sa.Column("message", sa.Text, nullable=False),
    )
    op.create_table(
        "deliveries",
        sa.Column("id", Id, primary_key=True),
        sa.Column("briefing_id", Id, sa.ForeignKey("briefings.id"), nullable=False),
        sa.Column("part", sa.Integer, nullable=False),
        sa.Column("chat_id", Id, sa.ForeignKey("chats.id"), nullable=False),
        sa.Column("content_id", Id, sa.ForeignKey("contents.id")),
        sa.Column("state", sa.String(8), nullable=False),
        sa.Column("due_at_ms", sa.BigInteger, nullable=False),
        sa.Column("stale_at_ms", sa.BigInteger),
        sa.Column("expires_at_ms", sa.BigInteger, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False, server_default=sa.text("0")),
        sa.Column("doubtful", sa.Boolean, nullable=False, server_default=sa.false()),
        sa.Column("doubts", sa.Integer, nullable=False, server_default=sa.text("0")),
        sa.Column("after_id", sa.BigInteger),
        sa.Column("why", sa.Text),
        sa.Column("message_id", sa.BigInteger),
        sa.Column("settled_at_ms", sa.BigInteger),
        sa.Column("folded_into", Id, sa.ForeignKey("briefings.id")),
        sa.UniqueConstraint("briefing_id", "part"),
        sa.CheckConstraint(
            "state IN ('waiting', 'sending', 'sent', 'refused', 'in_doubt', 'expired', 'folded')", name="state"
        ),
    )
    waiting = "state = 'waiting'"
    _where("ix_deliveries_due", "deliveries", "due_at_ms", "id", condition=waiting)
    _where("ix_deliveries_sending", "deliveries", "due_at_ms", condition="state = 'sending'")
    _where("ix_deliveries_open", "deliveries", "chat_id", "id", "state", condition="state IN ('waiting', 'sending')")
    _where("ix_deliveries_stale", "deliveries", "stale_at_ms", condition=f"{waiting} AND stale_at_ms IS NOT NULL")
    _where("ix_deliveries_expires", "deliveries", "expires_at_ms", condition=waiting)
    settled = "state NOT IN ('waiting', 'sending')"
    _where("ix_deliveries_settled", "deliveries", "state", "settled_at_ms", condition=settled)
    kept = "content_id IS NOT NULL"
    _where("ix_deliveries_content", "deliveries", "content_id", condition=kept)
    _where("ix_deliveries_to_let_go", "deliveries", "settled_at_ms", condition=f"{kept} AND settled_at_ms IS NOT NULL")


def _make_updates() -> None:
    op.create_table(
        "message_counters",
        sa.Column("counter_id", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("message_id", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "updates",
        sa.Column("update_id", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("telegram_id", sa.BigInteger, nullable=False),
        sa.Column("payload", sa.Text, nullable=False),
        sa.Column("received_at_ms", sa.BigInteger, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False, server_default=sa.text("0")),
        sa.Column("done_at_ms", sa.BigInteger),
        sa.Column("answers", sa.Text, nullable=False, server_default=sa.text("''")),
    )
    _where("ix_updates_open", "updates", "update_id", condition="done_at_ms IS NULL")
    _where("ix_updates_done", "updates", "done_at_ms", condition="done_at_ms IS NOT NULL")


def _fill() -> None:
    op.execute(
        """
        INSERT INTO briefings (id, chat_id, slot, subscription_id, due_at_ms, composed_at_ms)
        SELECT b.id, s.chat_id, CAST(b.subscription_id AS TEXT) || '@' || CAST(b.due_at_ms AS TEXT),
               b.subscription_id, b.due_at_ms, b.composed_at_ms
          FROM old_briefings b
          JOIN subscriptions s ON s.id = b.subscription_id
        """
    )
    op.execute(
        "INSERT INTO briefed (chat_id, story_id, briefing_id) SELECT chat_id, story_id, briefing_id FROM old_briefed"
    )
    _keep_contents()
    op.execute(
        f"""
        INSERT INTO deliveries (id, briefing_id, part, chat_id, content_id, state, due_at_ms, expires_at_ms, attempts,
                                doubts, why, message_id, settled_at_ms)
        SELECT d.id, d.briefing_id, d.part, d.chat_id, c.id, d.state, d.due_at_ms, b.composed_at_ms + {LIFE_MS},
               d.attempts, d.doubts, d.why, d.message_id, d.settled_at_ms
          FROM old_deliveries d
          JOIN briefings b ON b.id = d.briefing_id
          LEFT JOIN contents c ON c.message = d.message
        """  # noqa: S608
    )
    if op.get_bind().dialect.name == "postgresql":
        for table in ("briefings", "deliveries"):
            op.execute(
                f"SELECT setval(pg_get_serial_sequence('{table}', 'id'),"  # noqa: S608
                f" (SELECT coalesce(max(id), 0) + 1 FROM {table}), false)"
            )


def _keep_contents() -> None:
    """What may still be sent or asked for."""
    connection = op.get_bind()
    found = connection.execute(
        sa.text("SELECT DISTINCT message FROM old_deliveries WHERE state IN ('waiting', 'sending', 'in_doubt')")
    )
    put = sa.text("INSERT INTO contents (digest, message) VALUES (:digest, :message)")
    for batch in found.scalars().partitions(BATCH):
        connection.execute(put, [{"digest": sha256(each.encode()).hexdigest(), "message": each} for each in batch])
