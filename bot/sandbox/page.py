"""The chat page's routes: its files, what a user sees, a stream of events, and what a user does.

All of them answer only to this machine (see `guard`).
"""

import json
import re
from pathlib import Path

from aiohttp import web

from bot.sandbox import acts, fates
from bot.sandbox.guard import Handler, page_only
from bot.sandbox.nouns import Json, User
from bot.sandbox.page_bodies import acting, integer, refusal, string
from bot.sandbox.view import event_json, message_json, state_json
from bot.sandbox.world import World

STATIC = Path(__file__).parent / "static"
HEARTBEAT_S = 15
_FILE_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}")
_PAGE_HEADERS = {
    "Cache-Control": "no-cache",
    "Content-Security-Policy": "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}


class Page:
    """Serves the chat page of one world. `heartbeat_s` is the longest silence on an event stream."""

    def __init__(self, world: World, heartbeat_s: float = HEARTBEAT_S) -> None:
        self._world = world
        self._heartbeat_s = heartbeat_s

    def add_routes(self, app: web.Application) -> None:
        """Mount the routes."""
        gets: dict[str, Handler] = {
            "/": self._index,
            "/static/{name}": self._static,
            "/page/state": self._state,
            "/page/events": self._events,
            "/page/file/{file_id}": self._file,
        }
        posts = {
            "/page/message": self._message,
            "/page/press": self._press,
            "/page/block": self._block,
            "/page/bot": self._bot,
            "/page/topic": self._topic,
        }
        for path, handler in gets.items():
            app.router.add_get(path, page_only(handler), allow_head=path != "/page/events")
        for path, act in posts.items():
            app.router.add_post(path, page_only(acting(act)))

    # ---- files ------------------------------------------------------------------------------------

    async def _index(self, _: web.Request) -> web.StreamResponse:
        return _page_file("index.html")

    async def _static(self, request: web.Request) -> web.StreamResponse:
        return _page_file(request.match_info["name"])

    async def _file(self, request: web.Request) -> web.StreamResponse:
        kept = self._world.files.get(request.match_info["file_id"])
        if kept is None:
            raise refusal(404, "There is no such file.")
        response = web.Response(body=kept[1], content_type="application/octet-stream", headers=_PAGE_HEADERS)
        response.headers["Content-Disposition"] = "attachment"
        return response

    # ---- what is there ----------------------------------------------------------------------------

    async def _state(self, request: web.Request) -> web.StreamResponse:
        return web.json_response(state_json(self._world, self._user(request)), headers={"Cache-Control": "no-store"})

    def _user(self, request: web.Request) -> User:
        text = request.query.get("user", "1")
        user = self._world.users.get(int(text)) if text.isascii() and text.isdigit() and len(text) < 19 else None
        if user is None or user.is_bot:
            raise refusal(400, "There is no such user.")
        return user

    async def _events(self, request: web.Request) -> web.StreamResponse:
        """Begins after Last-Event-ID, or after the `after` of the query, else with what happens from now on."""
        user = self._user(request)
        mark = request.headers.get("Last-Event-ID") or request.query.get("after")
        start = self._world.events.resume(mark) if mark else self._world.events.newest_id
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream", "Cache-Control": "no-store"})
        await response.prepare(request)
        try:
            await self._stream(response, user.id, start)
        except ConnectionError:
            return response
        return response

    async def _stream(self, response: web.StreamResponse, user_id: int, start: int | None) -> None:
        events, changes = self._world.events, self._world.changes
        seen = events.newest_id if start is None else start
        await response.write(self._frame(seen, {"kind": "reload"}) if start is None else b"retry: 1000\n\n")
        while not changes.closed:
            fresh = await events.later(seen, self._heartbeat_s)
            shown = [(event.id, event_json(self._world, event, user_id)) for event in fresh]
            frames = [self._frame(event_id, body) for event_id, body in shown if body]
            seen = fresh[-1].id if fresh else seen
            if frames or not (fresh or changes.closed):
                await response.write(b"".join(frames) or b": still here\n\n")

    def _frame(self, event_id: int, shown: Json) -> bytes:
        return f"id: {self._world.events.mark(event_id)}\ndata: {json.dumps(shown)}\n\n".encode()

    # ---- what users do ----------------------------------------------------------------------------

    def _message(self, body: Json) -> Json:
        reply_to = integer(body, "reply_to", 0) or None
        chat_id, thread_id = integer(body, "chat_id"), integer(body, "thread_id", 0)
        message = acts.write(
            self._world, integer(body, "user"), chat_id, string(body, "text"), thread_id=thread_id, reply_to=reply_to
        )
        return {"message": message_json(self._world.chats[chat_id], message)}

    def _press(self, body: Json) -> Json:
        where = integer(body, "chat_id"), integer(body, "message_id")
        return {"query_id": acts.press(self._world, integer(body, "user"), *where, string(body, "data"))}

    def _block(self, body: Json) -> Json:
        blocked = body.get("blocked") is True
        acts.set_blocked(self._world, integer(body, "user"), blocked=blocked)
        return {"blocked": blocked}

    def _bot(self, body: Json) -> Json:
        """The open group or channel throws the bot out or takes it in, whoever looks at it."""
        present = body.get("present") is True
        fates.set_present(self._world, self._seen_chat(body), present=present)
        return {"bot_present": present}

    def _topic(self, body: Json) -> Json:
        closed = body.get("closed") is True
        fates.set_closed(self._world, self._seen_chat(body), integer(body, "thread_id"), closed=closed)
        return {"closed": closed}

    def _seen_chat(self, body: Json) -> int:
        return acts.who_and_where(self._world, integer(body, "user"), integer(body, "chat_id"))[1].id


def _page_file(name: str) -> web.FileResponse:
    path = STATIC / name
    if not _FILE_NAME.fullmatch(name) or not path.is_file():
        raise web.HTTPNotFound
    return web.FileResponse(path, headers=_PAGE_HEADERS)
