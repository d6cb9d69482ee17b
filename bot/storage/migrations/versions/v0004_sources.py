"""Sources: what feeds ask for, moves, long failures, hubs; articles: edits, and an index by source."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

Id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    for column in (
        sa.Column("ttl_s", sa.Integer),
        sa.Column("skip_hours", sa.Integer, nullable=False, server_default=sa.text("0")),
        sa.Column("skip_days", sa.Integer, nullable=False, server_default=sa.text("0")),
        sa.Column("moved_seen", sa.Text),
        sa.Column("failing_since_ms", sa.BigInteger),
        sa.Column("told_at_ms", sa.BigInteger),
        sa.Column("ended_at_ms", sa.BigInteger),
    ):
        op.add_column("sources", column)
    op.execute("UPDATE sources SET failing_since_ms = next_poll_at_ms WHERE errors > 0")
    for column in (
        sa.Column("entry_digest", sa.Text),
        sa.Column("previous_title", sa.Text),
        sa.Column("edited_at_ms", sa.BigInteger),
    ):
        op.add_column("articles", column)
    op.create_index("ix_articles_of_source", "articles", ["source_id", "published_at_ms"])
    op.create_table(
        "hubs",
        sa.Column("source_id", Id, sa.ForeignKey("sources.id"), primary_key=True),
        sa.Column("hub", sa.Text, nullable=False),
        sa.Column("topic", sa.Text, nullable=False),
        sa.Column("token", sa.String(64), nullable=False, unique=True),
        sa.Column("secret", sa.String(64), nullable=False),
        sa.Column("asked_at_ms", sa.BigInteger),
        sa.Column("renew_at_ms", sa.BigInteger, nullable=False),
        sa.Column("lease_until_ms", sa.BigInteger),
    )
