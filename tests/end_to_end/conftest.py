"""The real service as its own process, against the sandbox and a news site on loopback."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest

from bot.compose import utc_now
from bot.sandbox.server import Sandbox
from tests.services.conftest import Site, site

__all__ = ["site"]

READY_S = 30.0


class Running:
    """A `nutgraf` process and what it said on standard error."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        self.log: list[str] = []
        self._reading = asyncio.create_task(self._read())
        self._said = asyncio.Condition()

    async def _read(self) -> None:
        assert self.process.stderr
        async for line in self.process.stderr:
            async with self._said:
                self.log.append(line.decode())
                self._said.notify_all()

    async def says(self, words: str) -> None:
        """Wait until a log line has these words."""
        async with asyncio.timeout(READY_S), self._said:
            await self._said.wait_for(lambda: any(words in line for line in self.log))

    async def kill(self) -> None:
        """SIGKILL, to it and all its workers' parent."""
        self.process.kill()
        await self.ended()

    async def terminate(self) -> int:
        """SIGTERM; returns the exit status."""
        self.process.send_signal(signal.SIGTERM)
        return await self.ended()

    async def ended(self) -> int:
        """Wait for the end; returns the exit status."""
        async with asyncio.timeout(READY_S):
            status = await self.process.wait()
            await self._reading
        return status


def tracebacks(log: list[str]) -> list[str]:
    """The log lines that hold a traceback."""
    return [line.replace("\\n", "\n") for line in log if "Traceback" in line]


Start = Callable[..., Coroutine[Any, Any, Running]]


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    async with Sandbox(now=utc_now) as sandbox:
        yield sandbox


@pytest.fixture
async def start(tmp_path: Path, sandbox: Sandbox) -> AsyncIterator[Start]:
    """Starts `nutgraf run` on the sandbox with a database in the test's folder; ended with the test."""
    running: list[Running] = []

    async def run(*command: str, **environ: str) -> Running:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "bot",
            *(command or ("run",)),
            env=service_environ(sandbox, tmp_path) | environ,
            cwd=tmp_path,
            stderr=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.DEVNULL,
        )
        running.append(Running(process))
        if not command:
            await running[-1].says('"started"')
        return running[-1]

    yield run
    for one in running:
        if one.process.returncode is None:
            one.process.kill()
        await one.ended()


def service_environ(sandbox: Sandbox, folder: Path) -> dict[str, str]:
    """An environment that holds nothing of whoever runs the tests."""
    return {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(Path(__file__).parents[2]),
        "NUTGRAF_TELEGRAM_TOKEN": sandbox.token,
        "NUTGRAF_TELEGRAM_API_URL": sandbox.api_url,
        "NUTGRAF_ADMIN_IDS": "1",
        "NUTGRAF_DATA_DIR": str(folder / "data"),
        "NUTGRAF_HTTP_ADDRESS": "",
        "NUTGRAF_POLL_INTERVAL_S": "5",
        "NUTGRAF_ALLOWED_NETWORKS": "127.0.0.0/8",
    }


def texts(sandbox: Sandbox, chat_id: int) -> list[str]:
    """What the bot wrote in a chat."""
    return [m["text"] for m in sandbox.messages(chat_id) if m.get("from", {}).get("is_bot") and "text" in m]


async def answer(sandbox: Sandbox, user_id: int, text: str, *, chat_id: int | None = None, has: str = "") -> str:
    """Send a message as a user and wait for the bot's next one that has these words."""
    chat = chat_id or user_id
    before = len(texts(sandbox, chat))
    sandbox.message(user_id, chat, text)
    return await sandbox.wait_for(lambda: next((t for t in texts(sandbox, chat)[before:] if has in t), None) or "")


async def press(sandbox: Sandbox, user_id: int, label: str, *, then: str) -> None:
    """Press the newest button with this label and wait until a message says `then`."""
    found = [
        (message["message_id"], button["callback_data"])
        for message in sandbox.messages(user_id)
        for row in message.get("reply_markup", {}).get("inline_keyboard", [])
        for button in row
        if button["text"] == label
    ]
    sandbox.press(user_id, user_id, *found[-1])
    await sandbox.wait_for(lambda: any(then in text for text in texts(sandbox, user_id)))


async def subscribed_site(sandbox: Sandbox, site: Site, *user_ids: int) -> None:
    """The site is a source, and each of the users gets its news at once."""
    await answer(sandbox, 1, f"/addsource {site.url}/feed.xml", has="Coast Daily")
    await press(sandbox, 1, "Add", then="Added.")
    for user_id in user_ids:
        await answer(sandbox, user_id, "/subscribe instant", has="You get everything")
