"""Sources: by which address each is known; hubs that are to stop; articles: an image from before an edit."""

import sqlalchemy as sa
from alembic import op

from bot.domain.canonical import canonical_url

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

Id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.add_column("articles", sa.Column("image_outdated", sa.Boolean, nullable=False, server_default=sa.false()))
    _leave_hubs()
    _know_sources()


def _know_sources() -> None:
    op.add_column("sources", sa.Column("canonical_url", sa.Text, nullable=False, server_default=sa.text("''")))
    connection = op.get_bind()
    found = connection.execute(sa.text("SELECT id, url FROM sources")).all()
    known = [{"id": id_, "canonical_url": canonical_url(url)} for id_, url in found]
    if known:
        connection.execute(sa.text("UPDATE sources SET canonical_url = :canonical_url WHERE id = :id"), known)
    op.create_index("ix_sources_canonical_url", "sources", ["canonical_url"])


def _leave_hubs() -> None:
    op.create_table(
        "left_hubs",
        sa.Column("token", sa.String(64), primary_key=True),
        sa.Column("source_id", Id, sa.ForeignKey("sources.id"), nullable=False),
        sa.Column("hub", sa.Text, nullable=False),
        sa.Column("topic", sa.Text, nullable=False),
        sa.Column("left_at_ms", sa.BigInteger, nullable=False),
        sa.Column("asked_at_ms", sa.BigInteger),
        sa.Column("lease_until_ms", sa.BigInteger, nullable=False),
    )
    op.execute(
        """
        INSERT INTO left_hubs (token, source_id, hub, topic, left_at_ms, asked_at_ms, lease_until_ms)
        SELECT h.token, h.source_id, h.hub, h.topic, s.removed_at_ms,
               CASE WHEN h.asked_at_ms >= s.removed_at_ms THEN h.asked_at_ms END, h.lease_until_ms
          FROM hubs h JOIN sources s ON s.id = h.source_id
         WHERE s.removed_at_ms IS NOT NULL AND h.lease_until_ms IS NOT NULL
        """
    )
    op.execute("DELETE FROM hubs WHERE source_id IN (SELECT id FROM sources WHERE removed_at_ms IS NOT NULL)")
