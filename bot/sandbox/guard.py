"""The chat page is for this machine: names that are not loopback and pages from elsewhere are turned away.

A page on the web can make a browser send requests here, under a name of its own that it points at 127.0.0.1 (DNS
rebinding) or across origins. The Host header tells the first, the Origin and Sec-Fetch-Site headers the second.
"""

from collections.abc import Awaitable, Callable

from aiohttp import web
from yarl import URL

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
_READING = frozenset({"GET", "HEAD"})
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def page_only(handler: Handler) -> Handler:
    """A handler of the page, guarded: 403 for a foreign Host, and for a foreign Origin where something is changed."""

    async def guarded(request: web.Request) -> web.StreamResponse:
        if _host(f"http://{request.headers.get('Host', '')}") not in LOOPBACK:
            raise web.HTTPForbidden(text="The chat page answers only under a loopback name.")
        if request.method not in _READING and not same_origin(request):
            raise web.HTTPForbidden(text="The request comes from another page.")
        return await handler(request)

    return guarded


def same_origin(request: web.Request) -> bool:
    """Whether the request comes from no browser, or from a page of this very server."""
    origin = request.headers.get("Origin")
    if request.headers.get("Sec-Fetch-Site", "none") not in ("none", "same-origin"):
        return False
    return origin is None or origin.lower() == f"http://{request.headers.get('Host', '')}".lower()


def _host(address: str) -> str | None:
    try:
        return URL(address).host
    except ValueError:
        return None
