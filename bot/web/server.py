"""The HTTP port: `/healthz`, `/readyz`, `/telegram` where Telegram is to call us, and `/websub/…` where hubs are to.

`/healthz` says that the process turns; `/readyz` that it can do its work: the database answers and Telegram is reached.
Answers hold no detail, for the port may be public.
"""

import asyncio
import hmac
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol

import structlog
from aiohttp import web

from bot.domain.errors import UserError

log = structlog.get_logger()

CHECK_LIMIT_S = 5.0
MOST_UPDATE_BYTES = 1024 * 1024
SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"  # noqa: S105  the header's name

Check = Callable[[], Awaitable[bool]]


@dataclass(frozen=True, slots=True)
class Webhook:
    """What Telegram calls: its `secret`, and who takes the updates."""

    secret: str
    feed: Callable[[dict[str, Any]], Awaitable[None]]


class Callbacks(Protocol):
    """What hubs call; the token is the last part of the callback's address."""

    async def verify(self, token: str, query: Mapping[str, str]) -> str | None:
        """The answer to a hub's question; None: nobody asked for that."""
        ...

    async def take(self, token: str, body: bytes, content_type: str | None, signature: str | None) -> bool:
        """Take a push; whether the callback is anybody's. Where it is not, the hub may end the subscription."""
        ...


class HttpPort:
    """Serves until stopped."""

    def __init__(
        self,
        address: tuple[str, int],
        checks: Mapping[str, Check],
        webhook: Webhook | None = None,
        hubs: Callbacks | None = None,
    ) -> None:
        self._address = address
        self._checks = checks
        self._webhook = webhook
        self._hubs = hubs
        self._runner: web.AppRunner | None = None

    async def start(self) -> tuple[str, int]:
        """Listen, and return the address listened on (port 0 asks for any).

        Raises:
            UserError: the address is taken or is not ours.
        """
        app = web.Application(client_max_size=MOST_UPDATE_BYTES)
        app.router.add_get("/healthz", _healthz)
        app.router.add_get("/readyz", self._readyz)
        if self._webhook:
            app.router.add_post("/telegram", partial(_telegram, self._webhook))
        if self._hubs:
            app.router.add_get("/websub/{token}", partial(_asked, self._hubs))
            app.router.add_post("/websub/{token}", partial(_pushed, self._hubs))
        self._runner = web.AppRunner(app, access_log=None, handle_signals=False)
        await self._runner.setup()
        host, port = self._address
        try:
            await web.TCPSite(self._runner, host, port).start()
        except OSError as error:
            await self._runner.cleanup()
            raise UserError(f"NUTGRAF_HTTP_ADDRESS: {host}:{port} cannot be listened on ({error.strerror})") from error
        bound: tuple[str, int] = self._runner.addresses[0][:2]
        return bound

    async def stop(self) -> None:
        """Close the port."""
        if self._runner:
            await self._runner.cleanup()

    async def _readyz(self, _: web.Request) -> web.Response:
        answers = {name: await _holds(name, check) for name, check in self._checks.items()}
        return web.json_response(
            {name: "ok" if well else "failing" for name, well in answers.items()},
            status=200 if all(answers.values()) else 503,
        )


async def _telegram(webhook: Webhook, request: web.Request) -> web.Response:
    given = request.headers.get(SECRET_HEADER, "")
    if not hmac.compare_digest(given.encode(), webhook.secret.encode()):
        return web.Response(status=403)
    try:
        update = json.loads(await request.read())
    except ValueError:
        return web.Response(status=400)
    if not isinstance(update, dict) or not isinstance(update.get("update_id"), int):
        return web.Response(status=400)
    await webhook.feed(update)
    return web.Response()


async def _asked(hubs: Callbacks, request: web.Request) -> web.Response:
    answer = await hubs.verify(request.match_info["token"], request.query)
    return web.Response(status=404) if answer is None else web.Response(text=answer)


async def _pushed(hubs: Callbacks, request: web.Request) -> web.Response:
    body, headers = await request.read(), request.headers
    known = await hubs.take(
        request.match_info["token"], body, headers.get("Content-Type"), headers.get("X-Hub-Signature")
    )
    return web.Response(status=202 if known else 410)  # W3C WebSub, section 7


async def _healthz(_: web.Request) -> web.Response:
    return web.json_response({"status": "ok"})


async def _holds(name: str, check: Check) -> bool:
    try:
        async with asyncio.timeout(CHECK_LIMIT_S):
            return await check()
    except Exception as error:  # noqa: BLE001  whatever fails, the answer is "failing"
        log.warning("not ready", check=name, why=type(error).__name__)
        return False
