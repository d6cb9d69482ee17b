"""The Bot API's own routes: `/bot<token>/<method>` and `/file/bot<token>/<path>`."""

import hmac
import inspect
from collections import deque
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from bot.sandbox.decode import loggable, read_params
from bot.sandbox.errors import ApiError
from bot.sandbox.faults import Faults, cut_off
from bot.sandbox.guard import same_origin
from bot.sandbox.limits import Limiter
from bot.sandbox.methods import METHODS
from bot.sandbox.methods.method import Method
from bot.sandbox.nouns import Json
from bot.sandbox.weather import SENDS, Sky
from bot.sandbox.world import World

MOST_CALLS = 4_000


@dataclass(frozen=True, slots=True)
class Troubles:
    """What may come between the bot and an answer: planned faults, bad weather, limits."""

    faults: Faults
    sky: Sky
    limiter: Limiter


class BotApi:
    """Answers the bot. `calls` holds the newest ones: method, decoded parameters, answer, whether it took effect."""

    def __init__(self, world: World, token: str, troubles: Troubles) -> None:
        self._world = world
        self._token = token
        self._troubles = troubles
        self.calls: deque[Json] = deque(maxlen=MOST_CALLS)

    def add_routes(self, app: web.Application) -> None:
        """Mount the routes."""
        app.router.add_route("*", "/bot{token:[^/]+}/{method:[^/]*}", self._call)
        app.router.add_get("/file/bot{token:[^/]+}/{path:.+}", self._file)

    def _authorize(self, request: web.Request) -> None:
        if not same_origin(request):
            raise ApiError(403, "Forbidden: the request comes from a web page")
        given = request.match_info["token"].encode("utf-8", "replace")
        if not hmac.compare_digest(given, self._token.encode()):
            raise ApiError(401, "Unauthorized")

    async def _call(self, request: web.Request) -> web.Response:
        try:
            self._authorize(request)
            method = METHODS.get(request.match_info["method"].lower())
            if method is None:
                raise ApiError(404, "Not Found: method not found")
            params = await read_params(request, method.takes)
        except ApiError as error:
            return _answered(error.answer())
        return await self._answer(request, method, params)

    async def _answer(self, request: web.Request, method: Method, params: Json) -> web.Response:
        troubles = self._troubles
        fault = troubles.faults.next(method.name) or troubles.sky.draw(method.name)
        outcome = await self._outcome(method, params) if fault.accept else {}
        answer = fault.error.answer() if fault.error else outcome
        known = {"method": method.name, "params": loggable(params), "accepted": outcome.get("ok", False)}
        self.calls.append(known | {"answer": None if fault.cut else answer})
        self._world.changes.notify()
        await troubles.faults.wait(method.name, fault)
        if fault.cut:
            cut_off(request, fault.cut)
        return _answered(answer)

    async def _outcome(self, method: Method, params: Json) -> Json:
        try:
            return {"ok": True, "result": await self._result(method, params)}
        except ApiError as error:
            return error.answer()

    async def _result(self, method: Method, params: Json) -> Any:
        if method.name.lower() in SENDS:
            return self._sent(method, params)
        found: Any = method.handler(self._world, params)
        return await found if inspect.isawaitable(found) else found

    def _sent(self, method: Method, params: Json) -> Any:
        """The result of a method that sends, within the limits; what is refused counts for none of them."""
        chat = self._world.chat(params.get("chat_id"))
        self._troubles.limiter.check(chat)
        sent = method.handler(self._world, params)
        self._troubles.limiter.took(chat)
        return sent

    async def _file(self, request: web.Request) -> web.Response:
        try:
            self._authorize(request)
        except ApiError as error:
            return _answered(error.answer())
        kept = self._world.files.at(request.match_info["path"])
        if kept is None:
            return _answered(ApiError(404, "Not Found: wrong file_id or the file is temporarily unavailable").answer())
        return web.Response(body=kept[1], content_type="application/octet-stream")


def _answered(answer: Json) -> web.Response:
    return web.json_response(answer, status=answer.get("error_code", 200))
