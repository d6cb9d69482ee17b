"""The inbox, and Telegram's message counters."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
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
    op.create_table(
        "message_counters",
        sa.Column("counter_id", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("message_id", sa.BigInteger, nullable=False),
    )


def _where(name: str, table: str, *columns: str, condition: str) -> None:
    where = sa.text(condition)
    op.create_index(name, table, list(columns), sqlite_where=where, postgresql_where=where)
