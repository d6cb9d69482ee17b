"""Migrations: a database is led to this program's schema in one transaction, or left as it was.

Each file in `versions/` is named `vNNNN_what.py` and is never changed once released. Alembic is imported only when
there is something to do, so opening a database that is up to date costs one query.
"""

import re
from pathlib import Path
from typing import TYPE_CHECKING

from bot.domain.errors import WrongVersion

if TYPE_CHECKING:
    from alembic.config import Config
    from sqlalchemy import Connection

VERSIONS = Path(__file__).parent / "versions"
VERSION_TABLE = "alembic_version"
_NAME = re.compile(r"v(\d{4})_\w+\.py")


def known() -> tuple[str, ...]:
    """The versions that this program can lead to, oldest first."""
    names = (_NAME.fullmatch(path.name) for path in VERSIONS.iterdir())
    return tuple(sorted(name[1] for name in names if name))


def check_version(version: str | None) -> bool:
    """Whether a database at `version` (None: empty) is up to date; False: `upgrade` it.

    Raises:
        WrongVersion: the database is newer than this program.
    """
    versions = known()
    if version is not None and version not in versions:
        raise WrongVersion(
            f"The database is of version {version}, this Nutgraf knows up to {versions[-1]}: "
            "install the newer Nutgraf, or restore a backup made before the upgrade."
        )
    return version == versions[-1]


def upgrade(connection: "Connection") -> None:
    """Lead the database to the newest version inside the connection's open transaction."""
    from alembic import command

    command.upgrade(_config(connection), "head")


def _config(connection: "Connection") -> "Config":
    from alembic.config import Config

    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    config.set_main_option("version_locations", str(VERSIONS).replace("%", "%%"))
    config.set_main_option("path_separator", "newline")
    return config
