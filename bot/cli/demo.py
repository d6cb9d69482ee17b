"""`nutgraf demo`: the same service against the built-in sandbox, with its sample newswire."""

import argparse
import asyncio
import contextlib
import importlib
import tempfile
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from bot.cli.logs import configure
from bot.cli.service import run_until, stop_signals
from bot.domain.errors import UserError
from bot.settings import Settings, load

if TYPE_CHECKING:
    from bot.sandbox.server import Sandbox

ADMIN_ID = 1  # the sandbox's Ada
WIRE_INTERVAL_S = 5  # for the newswire alone: real sources beside it are polled as politely as ever


def register(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command."""
    parser = commands.add_parser("demo", help="try it: the service against a sandbox in your browser, no token needed")
    parser.add_argument("--port", type=int, default=8080, help="port of the chat page on this machine (default 8080)")
    parser.set_defaults(handler=_run)


def _run(args: argparse.Namespace) -> int:
    configure(None)
    asyncio.run(_serve(args.port))
    return 0


async def _serve(port: int) -> None:
    with stop_signals() as stop:
        await run_until(stop, _open_demo(port))


@contextlib.asynccontextmanager
async def _open_demo(port: int) -> AsyncIterator[None]:
    """Sandbox, newswire and service, which share nothing but HTTP; what they store is gone at the end."""
    from bot.sandbox.newswire import Newswire, add_routes
    from bot.sandbox.server import Sandbox

    wire = Newswire(now=_now, started_at=_now())
    sandbox = Sandbox(now=_now, extra_routes=lambda app: add_routes(app, wire))
    try:
        await sandbox.start("127.0.0.1", port)
    except OSError as error:
        raise UserError(f"port {port} is taken; try --port {port + 1}") from error
    try:
        print(f"Open {sandbox.url}/ in a browser. Ctrl+C ends the demo.", flush=True)
        # the page answers already; loading the service's libraries takes a moment
        compose = await asyncio.to_thread(importlib.import_module, "bot.compose")
        with tempfile.TemporaryDirectory(prefix="nutgraf-demo-") as folder:
            async with compose.open_service(_settings(sandbox, Path(folder))) as service:
                for path in wire.feed_paths():
                    await service.sources.add(sandbox.url + path, interval_s=WIRE_INTERVAL_S)
                yield
    finally:
        await sandbox.stop()


def _settings(sandbox: "Sandbox", folder: Path) -> Settings:
    """The demo's own settings: neither the environment's nor those of `.env`, which may hold a real token."""
    return load(
        {
            "NUTGRAF_TELEGRAM_TOKEN": sandbox.token,
            "NUTGRAF_TELEGRAM_API_URL": sandbox.api_url,
            "NUTGRAF_ADMIN_IDS": str(ADMIN_ID),
            "NUTGRAF_DATA_DIR": str(folder),
            "NUTGRAF_HTTP_ADDRESS": "",
            "NUTGRAF_ALLOWED_NETWORKS": "127.0.0.0/8",
        },
        env_file=None,
    )


def _now() -> datetime:
    return datetime.now(UTC)
