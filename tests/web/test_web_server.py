"""The HTTP port: health, readiness, and Telegram's webhook (T62, T64)."""

import io
import json
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from bot.domain.errors import StorageError, UserError
from bot.web.server import SECRET_HEADER, HttpPort, Webhook

SECRET = "canary-secret"


class Port:
    """A port with one check that can be made to fail."""

    def __init__(self) -> None:
        self.fed: list[dict[str, Any]] = []
        self.well: bool | Exception = True
        self.url = ""

    async def check(self) -> bool:
        if isinstance(self.well, Exception):
            raise self.well
        return self.well

    async def feed(self, update: dict[str, Any]) -> None:
        self.fed.append(update)


@pytest.fixture
async def port() -> AsyncIterator[Port]:
    port = Port()
    server = HttpPort(("127.0.0.1", 0), {"database": port.check}, Webhook(SECRET, port.feed))
    host, number = await server.start()
    port.url = f"http://{host}:{number}"
    yield port
    await server.stop()


async def get(url: str) -> tuple[int, dict[str, str]]:
    async with aiohttp.ClientSession() as session, session.get(url) as answer:
        return answer.status, await answer.json()


async def post(url: str, body: bytes, secret: str | None) -> int:
    headers = {SECRET_HEADER: secret} if secret is not None else {}
    async with aiohttp.ClientSession() as session, session.post(url, data=io.BytesIO(body), headers=headers) as answer:
        return answer.status


async def test_health_is_about_the_process(port: Port) -> None:
    port.well = False
    assert await get(f"{port.url}/healthz") == (200, {"status": "ok"})


@pytest.mark.parametrize(
    ("well", "status", "word"),
    [(True, 200, "ok"), (False, 503, "failing"), (StorageError("secret detail"), 503, "failing")],
)
async def test_readiness_is_about_its_work(port: Port, well: bool | Exception, status: int, word: str) -> None:
    port.well = well
    assert await get(f"{port.url}/readyz") == (status, {"database": word})


@pytest.mark.parametrize("secret", [None, "", "wrong", SECRET + "x", "ü"])
async def test_t62_without_the_secret_nothing_gets_in(
    port: Port, secret: str | None, capfd: pytest.CaptureFixture[str]
) -> None:
    assert await post(f"{port.url}/telegram", b'{"update_id": 1}', secret) == 403
    assert port.fed == []
    said = capfd.readouterr()
    assert SECRET not in said.out + said.err


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"7", b'{"update_id": "1"}', b"\xff\xfe", b"{}"])
async def test_t64_malformed_updates_are_refused(port: Port, body: bytes) -> None:
    assert await post(f"{port.url}/telegram", body, SECRET) == 400
    assert port.fed == []


async def test_an_update_is_fed(port: Port) -> None:
    assert await post(f"{port.url}/telegram", json.dumps({"update_id": 7}).encode(), SECRET) == 200
    assert port.fed == [{"update_id": 7}]


async def test_an_update_that_is_too_large_is_refused(port: Port) -> None:
    assert await post(f"{port.url}/telegram", b" " * (1024 * 1024 + 1), SECRET) == 413


async def test_a_taken_port_is_one_clear_line(port: Port) -> None:
    number = int(port.url.rpartition(":")[2])
    with pytest.raises(UserError, match=rf"127\.0\.0\.1:{number}"):
        await HttpPort(("127.0.0.1", number), {}).start()


async def test_without_a_webhook_there_is_no_such_path() -> None:
    server = HttpPort(("127.0.0.1", 0), {})
    host, number = await server.start()
    assert await post(f"http://{host}:{number}/telegram", b"{}", "") == 404
    await server.stop()
