"""Alembic's entry: runs the versions on the connection that `migrations.upgrade` hands over, in its transaction."""

from alembic import context

from bot.storage.migrations import VERSION_TABLE
from bot.storage.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    version_table=VERSION_TABLE,
    render_as_batch=True,
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
