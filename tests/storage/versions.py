"""Databases as earlier versions of the program left them."""

import shutil
from collections.abc import Sequence
from pathlib import Path

import pytest

from bot.storage import migrations
from bot.storage.database import open_database
from bot.storage.sql import run


async def leave_at(
    url: str, folder: Path, later: str, monkeypatch: pytest.MonkeyPatch, made: Sequence[str] = ()
) -> None:
    """Bring a database to the version before those that the pattern `later` names, and do statements there."""
    shutil.copytree(migrations.VERSIONS, folder, ignore=shutil.ignore_patterns(later, "__pycache__"))
    with monkeypatch.context() as then:
        then.setattr(migrations, "VERSIONS", folder)
        database = await open_database(url)
        async with database.write() as tx:
            for statement in made:
                await run(tx, statement)
        await database.close()
