"""How the page's requests are read and refused: bodies are JSON objects, a refusal is `{"error": "one sentence"}`."""

import json
from collections.abc import Callable
from typing import Any

from aiohttp import web

from bot.sandbox.decode import MOST_BODY_BYTES
from bot.sandbox.errors import Impossible
from bot.sandbox.guard import Handler
from bot.sandbox.nouns import Json


def refusal(status: int, why: str) -> web.HTTPException:
    """A 400 or 404 that says why."""
    body = json.dumps({"error": why})
    wrong = {400: web.HTTPBadRequest, 404: web.HTTPNotFound}[status]
    return wrong(text=body, content_type="application/json")


def acting(act: Callable[[Json], Json]) -> Handler:
    """A handler that reads a JSON object, lets the user act, and says what came of it."""

    async def handler(request: web.Request) -> web.StreamResponse:
        body = await _json_body(request)
        try:
            return web.json_response(act(body))
        except Impossible as error:
            raise refusal(400, str(error)) from error

    return handler


async def _json_body(request: web.Request) -> Json:
    body = await request.clone(client_max_size=MOST_BODY_BYTES).read()
    try:
        found: Any = json.loads(body)
        json.dumps(found, ensure_ascii=False).encode()
    except (ValueError, RecursionError) as error:
        raise refusal(400, "The request is not JSON.") from error
    if not isinstance(found, dict):
        raise refusal(400, "The request is not an object.")
    return found


def integer(body: Json, name: str, default: int | None = None) -> int:
    """A whole number of a body, `default` where there is none.

    Raises:
        Impossible: it is missing or something else.
    """
    value = body.get(name, default)
    value = default if value is None else value
    if not isinstance(value, int) or isinstance(value, bool):
        raise Impossible(f"“{name}” has to be a whole number.")
    return value


def string(body: Json, name: str) -> str:
    """A text of a body.

    Raises:
        Impossible: it is missing or something else.
    """
    value = body.get(name)
    if not isinstance(value, str):
        raise Impossible(f"“{name}” has to be text.")
    return value
