"""Articles: what their dateline and corrections say, and which are copies of one text; fingerprints to find copies by."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

Id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    for column in (
        sa.Column("dateline_place", sa.Text),
        sa.Column("dateline_agency", sa.Text),
        sa.Column("notes", sa.Text),
        sa.Column("copy_of", Id),
        sa.Column("previous_text", sa.Text),
    ):
        op.add_column("articles", column)
    op.create_table(
        "fingerprints",
        sa.Column("value", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("article_id", Id, sa.ForeignKey("articles.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("at_ms", sa.BigInteger, nullable=False),
    )
    op.create_index("ix_fingerprints_at_ms", "fingerprints", ["at_ms"])
