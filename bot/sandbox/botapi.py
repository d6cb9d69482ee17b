"""The Bot API's own routes: `/bot<token>/<method>` and `/file/bot<token>/<path>`."""

import hmac
import inspect
from collections import deque
from typing import Any

from aiohttp import web

from bot.sandbox.decode import loggable, read_params
from bot.sandbox.errors import ApiError
from bot.sandbox.faults import Faults
from bot.sandbox.guard import same_origin
from bot.sandbox.methods import METHODS
from bot.sandbox.methods.method import Method
from bot.sandbox.nouns import Json
from bot.sandbox.world import World

MOST_CALLS = 4_000


class BotApi:
    """Answers the bot. `calls` holds the newest ones: method, decoded parameters, answer."""

    def __init__(self, world: World, token: str, faults: Faults) -> None:
        self._world = world
        self._token = token
        self._faults = faults
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
        fault = self._faults.next(method.name)
        answer = await self._outcome(method, params) if fault is None or fault.accept else {}
        cut = fault is not None and fault.error is None
        if fault and fault.error:
            answer = fault.error.answer()
        self.calls.append({"method": method.name, "params": loggable(params), "answer": None if cut else answer})
        self._world.changes.notify()
        await self._faults.held(method.name)
        if cut and request.transport:
            request.transport.abort()
        return _answered(answer)

    async def _outcome(self, method: Method, params: Json) -> Json:
        try:
            found: Any = method.handler(self._world, params)
            result = await found if inspect.isawaitable(found) else found
        except ApiError as error:
            return error.answer()
        return {"ok": True, "result": result}

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
