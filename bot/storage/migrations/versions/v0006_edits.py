"""Articles: an image from before an edit."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("articles", sa.Column("image_outdated", sa.Boolean, nullable=False, server_default=sa.false()))
