"""Bullets: which version of condensing found them, and where each stands in its article."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("articles", sa.Column("condensed_version", sa.Integer))
    op.add_column("bullets", sa.Column("link", sa.Text))
