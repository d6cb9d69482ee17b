"""A sandbox on a free port and a plain HTTP client for the Bot API.

Every answer that a test provokes is checked against the Bot API's specification when the test ends, where that is at
hand.
"""

from collections.abc import AsyncIterator
from types import ModuleType
from typing import Any

import aiohttp
import pytest

from bot.sandbox.server import Sandbox
from tests.conftest import Clock


class Api:
    """Calls the sandbox as a bot would, JSON in and out."""

    def __init__(self, session: aiohttp.ClientSession, sandbox: Sandbox) -> None:
        self.session = session
        self.sandbox = sandbox
        self.base = f"{sandbox.api_url}/bot{sandbox.token}"

    async def answer(self, method: str, /, **params: Any) -> dict[str, Any]:
        async with self.session.post(f"{self.base}/{method}", json=params) as reply:
            body: dict[str, Any] = await reply.json()
            assert reply.status == body.get("error_code", 200)
            return body

    async def call(self, method: str, /, **params: Any) -> Any:
        body = await self.answer(method, **params)
        assert body["ok"], body
        return body["result"]

    async def refusal(self, method: str, /, **params: Any) -> str:
        body = await self.answer(method, **params)
        assert not body["ok"], body
        return str(body["description"])


@pytest.fixture
async def sandbox(clock: Clock, checker: ModuleType | None) -> AsyncIterator[Sandbox]:
    async with Sandbox(now=clock) as running:
        yield running
    for call in running.calls if checker else ():
        assert checker
        assert _wrong(checker, call["method"], call["answer"]) == []


def _wrong(checker: ModuleType, method: str, answer: dict[str, Any] | None) -> list[str]:
    if answer is None:
        return []
    if not answer["ok"]:
        return list(checker.check_failure(answer))
    updates = checker.updates(answer["result"]) if method == "getUpdates" else []
    return [*checker.check_answer(method, answer["result"]), *updates]


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as open_session:
        yield open_session


@pytest.fixture
def api(session: aiohttp.ClientSession, sandbox: Sandbox) -> Api:
    return Api(session, sandbox)
