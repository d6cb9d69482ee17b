"""`nutgraf run`: the service, until SIGTERM or SIGINT."""

import argparse
import asyncio
import contextlib
import gc
import signal
from collections.abc import Iterator

from bot.cli.logs import configure
from bot.domain.errors import SettingsError
from bot.settings import Settings, load

HOW_TO_GET_A_BOT = (
    "NUTGRAF_TELEGRAM_TOKEN: is not set; ask @BotFather on Telegram for a bot (/newbot) and put its token into .env "
    "(`nutgraf demo` needs none)"
)


def register(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command."""
    parser = commands.add_parser("run", help="the service: scheduler, ingest, bot, HTTP port")
    parser.set_defaults(handler=_run)


def _run(_: argparse.Namespace) -> int:
    settings = load()
    if settings.telegram_token is None:
        raise SettingsError((HOW_TO_GET_A_BOT,))
    configure(settings.log_format, (settings.telegram_token, settings.webhook_secret))
    asyncio.run(_serve(settings))
    return 0


async def _serve(settings: Settings) -> None:
    from bot.compose import open_service

    with stop_signals() as stop:
        await run_until(stop, open_service(settings))


async def run_until(stop: asyncio.Event, opening: contextlib.AbstractAsyncContextManager[object]) -> None:
    """Keep a context open until `stop` is set; a stop while it is still opening ends that too."""
    async with contextlib.AsyncExitStack() as stack:
        entering = asyncio.create_task(stack.enter_async_context(opening))
        stopping = asyncio.create_task(stop.wait())
        await asyncio.wait({entering, stopping}, return_when=asyncio.FIRST_COMPLETED)
        if not entering.done():
            entering.cancel()
        try:
            await entering
            _keep_what_is_there()
            await stopping
        except asyncio.CancelledError:
            if not stop.is_set():
                raise
        finally:
            stopping.cancel()


def _keep_what_is_there() -> None:
    """What a start leaves stays: looking through it for garbage again and again held the event loop for 90 ms."""
    gc.collect()
    gc.freeze()


@contextlib.contextmanager
def stop_signals() -> Iterator[asyncio.Event]:
    """An event that SIGTERM and SIGINT set, while the block runs."""
    loop, stop = asyncio.get_running_loop(), asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    try:
        yield stop
    finally:
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.remove_signal_handler(number)
