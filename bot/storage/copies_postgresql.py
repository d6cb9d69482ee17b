"""Backup and restore of a PostgreSQL database with its own pg_dump and pg_restore."""

import asyncio
import os
import re
import shutil
from pathlib import Path

from sqlalchemy import URL, text

from bot.domain.errors import StorageError, UserError
from bot.storage import engines, files, migrations
from bot.storage.addresses import Address
from bot.storage.failures import mapped_connecting


async def backup(address: Address, path: Path) -> None:
    """Write an archive (pg_dump, custom format) of one moment of the database."""
    files.must_be_new(path)
    partial = files.beside(path, ".partial")
    try:
        await _run(address, "pg_dump", "--format=custom", f"--file={partial}", connects=True)
        files.sync(partial)
        partial.rename(path)
        files.sync(path.parent)
    finally:
        partial.unlink(missing_ok=True)


async def restore(address: Address, path: Path) -> Path:
    """Replace the tables by the archive's in one transaction, after an archive of them was written beside it."""
    files.must_be_there(path)
    migrations.check_version(await _version(address, path))
    kept = files.beside(path, ".before-restore")
    engine = engines.postgresql(address)
    try:
        with mapped_connecting():
            async with engine.connect() as held:
                if not await held.scalar(text("SELECT pg_try_advisory_lock(:key)"), {"key": engines.INSTANCE_LOCK}):
                    raise UserError("Another Nutgraf is running on this database; stop it first.")
                await held.commit()
                kept.unlink(missing_ok=True)
                await backup(address, kept)
                arguments = ("--clean", "--if-exists", "--no-owner", "--single-transaction", str(path))
                await _run(address, "pg_restore", *arguments, connects=True)
    finally:
        await engine.dispose()
    return kept


async def _version(address: Address, path: Path) -> str:
    table = f"--table={migrations.VERSION_TABLE}"
    script = await _run(address, "pg_restore", "--data-only", table, "--file=-", str(path), connects=False)
    found = re.search(rf"^COPY \S*{migrations.VERSION_TABLE} .*\n(\S+)$", script, re.MULTILINE)
    if not found:
        raise UserError("This file is no backup of Nutgraf's database.")
    return found[1]


async def _run(address: Address, program: str, *arguments: str, connects: bool) -> str:
    found = shutil.which(program)
    if found is None:
        raise UserError(f"{program} is not installed: install PostgreSQL's client programs.")
    url = address.url
    target = [f"--dbname={_without_password(address)}"] if connects else []
    process = await asyncio.create_subprocess_exec(
        found,
        *target,
        "--no-password",
        *arguments,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        # never on the command line, which every user of the machine can read
        env={**os.environ, **({"PGPASSWORD": str(url.password)} if url.password else {})},
    )
    out, complaint = await process.communicate()
    if process.returncode:
        lines = complaint.decode(errors="replace").strip().splitlines() or ["no reason given"]
        raise StorageError(f"{program} failed: {lines[0]}")
    return out.decode(errors="replace")


def _without_password(address: Address) -> str:
    url = address.url  # its set() takes None for "leave as it is"
    plain = URL.create("postgresql", url.username, None, url.host, url.port, url.database, url.query)
    ssl = plain.query.get("ssl")
    libpq = plain.difference_update_query(["ssl"])
    return (libpq.update_query_dict({"sslmode": ssl}) if ssl else libpq).render_as_string(hide_password=False)
