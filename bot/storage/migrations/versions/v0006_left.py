"""Articles: an image from before an edit; hubs that are to stop, those of removed sources among them."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

Id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.add_column("articles", sa.Column("image_outdated", sa.Boolean, nullable=False, server_default=sa.false()))
    _leave_hubs()


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
