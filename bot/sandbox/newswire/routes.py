"""The newswire over HTTP: everything under `/wire/`, with conditional requests answered as publishers do."""

import hashlib
from datetime import UTC, datetime
from html import escape
from pathlib import Path

from aiohttp import ETag, web

from bot.sandbox.newswire.feeds import CONTENT_TYPES, charset, comment_feed, feed
from bot.sandbox.newswire.model import Outlet
from bot.sandbox.newswire.pages import article_page, front_page, index_page
from bot.sandbox.newswire.wire import Newswire

STATIC = Path(__file__).parent / "static"


def add_routes(app: web.Application, wire: Newswire) -> None:
    """Mount the newswire under `/wire/`; absolute addresses in it follow the request's Host."""
    site = _Site(wire)
    app.router.add_static("/wire/static", STATIC)
    app.add_routes(
        [
            web.get("/wire", _with_slash),
            web.get("/wire/", site.index),
            web.get("/wire/{outlet}", _with_slash),
            web.get("/wire/{outlet}/", site.front),
            web.get("/wire/{outlet}/comments/feed.xml", site.comments),
            web.get(r"/wire/{outlet}/{path:\d{4}/[a-z0-9-]+\.html}", site.article),
            web.get("/wire/{outlet}/{file}", site.feed),
        ]
    )


class _Site:
    """The handlers. What is not out yet is not found."""

    def __init__(self, wire: Newswire) -> None:
        self._wire = wire

    async def index(self, request: web.Request) -> web.Response:
        return _page(index_page(self._wire.outlets, self._wire.out(), self._wire.total))

    async def front(self, request: web.Request) -> web.Response:
        outlet = self._outlet(request)
        return _page(front_page(outlet, self._wire.out_of(outlet), _base(request)))

    async def article(self, request: web.Request) -> web.Response:
        outlet = self._outlet(request)
        published = self._wire.find(outlet, request.match_info["path"])
        if published is None:
            raise web.HTTPNotFound
        return _page(article_page(outlet, published, self._wire.out_of(outlet), _base(request)))

    async def feed(self, request: web.Request) -> web.Response:
        outlet = self._outlet(request)
        if request.match_info["file"] != outlet.feed_file:
            raise web.HTTPNotFound
        items = self._wire.out_of(outlet)
        body = feed(outlet, items, _base(request))
        return _conditional(request, body, _content_type(outlet), items[0].published_at if items else None)

    async def comments(self, request: web.Request) -> web.Response:
        outlet = self._outlet(request)
        if not outlet.comments:
            raise web.HTTPNotFound
        return _conditional(request, comment_feed(outlet, _base(request)), _content_type(outlet), None)

    def _outlet(self, request: web.Request) -> Outlet:
        outlet = self._wire.outlet(request.match_info["outlet"])
        if outlet is None:
            raise web.HTTPNotFound
        return outlet


async def _with_slash(request: web.Request) -> web.Response:
    raise web.HTTPMovedPermanently(request.rel_url.raw_path + "/")


def _page(html: str) -> web.Response:
    return web.Response(text=html, content_type="text/html")


def _base(request: web.Request) -> str:
    return escape(f"http://{request.url.authority}")


def _content_type(outlet: Outlet) -> str:
    return f"{CONTENT_TYPES[outlet.feed_style]}; charset={charset(outlet)}"


def _conditional(request: web.Request, body: bytes, content_type: str, changed_at: datetime | None) -> web.Response:
    """The body with its validators, or 304 where the client has it."""
    tag = ETag(hashlib.sha256(body).hexdigest()[:20])
    changed_at = changed_at and changed_at.astimezone(UTC).replace(microsecond=0)
    known = _is_known(request, tag, changed_at)
    response = web.Response(status=304) if known else web.Response(body=body)
    response.headers.update({"Content-Type": content_type, "Cache-Control": "no-cache"})
    response.etag = tag
    response.last_modified = changed_at
    return response


def _is_known(request: web.Request, tag: ETag, changed_at: datetime | None) -> bool:
    """Whether the client has it already; an ETag outweighs a time (RFC 9110, 13.2.2)."""
    if request.if_none_match is not None:
        return any(known.value in (tag.value, "*") for known in request.if_none_match)
    since = request.if_modified_since
    return since is not None and changed_at is not None and changed_at <= since
