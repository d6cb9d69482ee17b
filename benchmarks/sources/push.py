"""From publication to push: how long after its hub says so a story stands in the chat that wants it at once.

A feed, its hub (WebSub, with TLS, so that it is told the secret) and the sandbox are in this process, `nutgraf run` in
its own, its HTTP port where hub and Telegram reach it. Each story has a page, which is asked for and read. Every tenth
comes after a rest that is longer than idle worker processes are kept.
"""

import asyncio
import hashlib
import hmac
import random
import shutil
import socket
import ssl
import subprocess
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from aiohttp import ClientSession, web

from benchmarks.common.figures import line, percentile, title
from benchmarks.common.processes import apart
from benchmarks.sources.service import running
from bot.sandbox.server import Sandbox

MISSING = "openssl is not installed: without it there is no certificate for a hub"
READER, ADMIN = 501, 1
GAPS_S = 1.1, 1.7  # a chat gets one message a second
REST_S = 22.0  # idle workers end after 20 s
REST_EVERY = 10
HUB_ASKED_S = 130.0  # hubs are asked every minute
PATIENCE_S = 60.0

_PARAGRAPH = (
    "<p>Paragraph {p} about story {n} says that the council spent {p} hours on the plans for the bridge. A spokeswoman "
    "said that work would begin within {p} weeks and cost {p} million euros, and ferries would sail until then.</p>"
)


class Outlet:
    """A feed, its pages and its hub."""

    def __init__(self) -> None:
        self.stories = 1
        self.url = self.hub_url = ""
        self.form: dict[str, str] = {}
        self.confirmed = asyncio.Event()

    def feed(self) -> bytes:
        """The newest stories, each with a teaser."""
        items = "".join(
            f"<item><guid>{n}</guid><title>{_headline(n)}</title><link>{self.url}/story/{n}</link>"
            f"<description>The council decides on plan {n}.</description></item>"
            for n in range(self.stories, max(self.stories - 20, 0), -1)
        )
        return (
            "<rss version='2.0' xmlns:atom='http://www.w3.org/2005/Atom'><channel><title>Coast Daily</title>"
            f"<atom:link rel='hub' href='{self.hub_url}'/><atom:link rel='self' href='{self.url}/feed.xml'/>{items}"
            "</channel></rss>"
        ).encode()

    async def answer(self, request: web.Request) -> web.Response:
        """The feed or a page."""
        if request.path == "/feed.xml":
            return web.Response(body=self.feed(), content_type="application/rss+xml")
        if not request.path.startswith("/story/"):
            return web.Response(status=404)
        number = int(request.path.rpartition("/")[2])
        paragraphs = "".join(_PARAGRAPH.format(p=p, n=number) for p in range(2, 14))
        head = f"<html lang='en'><head><title>{_headline(number)}</title></head>"
        page = f"{head}<body><article><h1>{_headline(number)}</h1>{paragraphs}</article></body></html>"
        return web.Response(text=page, content_type="text/html")

    async def subscribe(self, request: web.Request) -> web.Response:
        """Take a subscription, and ask back a moment later."""
        self.form = {name: str(value) for name, value in (await request.post()).items()}
        asyncio.get_running_loop().call_later(0.1, lambda: asyncio.ensure_future(self._ask_back()))
        return web.Response(status=202)

    async def _ask_back(self) -> None:
        query = {"hub.mode": "subscribe", "hub.topic": self.form["hub.topic"], "hub.challenge": "c1"}
        async with ClientSession() as session, session.get(self.form["hub.callback"], params=query) as answer:
            assert await answer.text() == "c1"
            self.confirmed.set()

    async def publish(self, session: ClientSession) -> str:
        """One story more, told to the subscriber; its headline."""
        self.stories += 1
        body = self.feed()
        signature = "sha256=" + hmac.new(self.form["hub.secret"].encode(), body, hashlib.sha256).hexdigest()
        headers = {"X-Hub-Signature": signature, "Content-Type": "application/rss+xml"}
        async with session.post(self.form["hub.callback"], data=body, headers=headers) as answer:
            assert answer.status == 202, answer.status
        return _headline(self.stories)


def table(publications: int) -> None:
    """Measure and print."""
    title(f"From a hub's push to the chat, {publications} publications")
    if shutil.which("openssl") is None:
        print(MISSING)
        return
    waits_s = apart(_measured, publications)
    rested = [wait for number, wait in enumerate(waits_s) if _rests(number)]
    line("seconds", "all", "after a rest", "others")
    others = [wait for number, wait in enumerate(waits_s) if not _rests(number)]
    for name, share in (("p50", 0.5), ("p99", 0.99), ("most", 1.0)):
        line(name, *(f"{percentile(each, share):.2f}" for each in (waits_s, rested, others)))


def _measured(publications: int) -> list[float]:
    with tempfile.TemporaryDirectory(prefix="nutgraf-benchmark-") as folder:
        return asyncio.run(_run(Path(folder), publications))


async def _run(folder: Path, publications: int) -> list[float]:
    certificate, key = await asyncio.to_thread(_certificate, folder)
    port = _free_port()
    environ = {
        "NUTGRAF_HTTP_ADDRESS": f"127.0.0.1:{port}",
        "NUTGRAF_WEBHOOK_URL": f"http://127.0.0.1:{port}/telegram",
        "NUTGRAF_WEBHOOK_SECRET": "a-secret-of-this-benchmark",
        "SSL_CERT_FILE": str(certificate),
    }
    async with (
        _outlet(certificate, key) as outlet,
        Sandbox(now=lambda: datetime.now(UTC)) as sandbox,
        running(sandbox, folder, f"sqlite:///{folder}/nutgraf.db", None, **environ),
        ClientSession() as session,
    ):
        sandbox.add_user(READER, "Reader")
        await _told(sandbox, ADMIN, f"/addsource {outlet.url}/feed.xml", "Coast Daily")
        await _pressed(sandbox, ADMIN, "Add", "Added.")
        await _told(sandbox, READER, "/subscribe instant", _headline(1))
        async with asyncio.timeout(HUB_ASKED_S):
            await outlet.confirmed.wait()
        chance = random.Random(3)
        waits_s = []
        for number in range(publications):
            await asyncio.sleep(REST_S if _rests(number) else chance.uniform(*GAPS_S))
            waits_s.append(await _wait_for(sandbox, outlet, session))
        return waits_s


async def _wait_for(sandbox: Sandbox, outlet: Outlet, session: ClientSession) -> float:
    began = time.perf_counter()
    headline = await outlet.publish(session)
    await sandbox.wait_for(lambda: _has(sandbox, READER, headline), PATIENCE_S)
    return time.perf_counter() - began


async def _told(sandbox: Sandbox, user: int, text: str, answer: str) -> None:
    sandbox.message(user, user, text)
    await sandbox.wait_for(lambda: _has(sandbox, user, answer), PATIENCE_S)


async def _pressed(sandbox: Sandbox, user: int, label: str, answer: str) -> None:
    message = sandbox.messages(user)[-1]
    buttons = [button for row in message["reply_markup"]["inline_keyboard"] for button in row]
    data = next(button["callback_data"] for button in buttons if button["text"] == label)
    sandbox.press(user, user, message["message_id"], data)
    await sandbox.wait_for(lambda: _has(sandbox, user, answer), PATIENCE_S)


def _has(sandbox: Sandbox, user: int, words: str) -> bool:
    messages: list[dict[str, Any]] = sandbox.messages(user)[-5:]
    return any(each["from"]["is_bot"] and words in each.get("text", "") for each in messages)


def _rests(number: int) -> bool:
    return number % REST_EVERY == 0


def _headline(number: int) -> str:
    return f"Story number {number:04}: the bridge closes"


@asynccontextmanager
async def _outlet(certificate: Path, key: Path) -> AsyncIterator[Outlet]:
    outlet = Outlet()
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, key)
    app = web.Application()
    app.router.add_post("/hub", outlet.subscribe)
    app.router.add_get("/{path:.*}", outlet.answer)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context).start()
    plain, encrypted = (address[1] for address in runner.addresses)
    outlet.url, outlet.hub_url = f"http://127.0.0.1:{plain}", f"https://127.0.0.1:{encrypted}/hub"
    try:
        yield outlet
    finally:
        await runner.cleanup()


def _certificate(folder: Path) -> tuple[Path, Path]:
    """A certificate for 127.0.0.1 and its key, made for this run."""
    certificate, key = folder / "hub.pem", folder / "hub.key"
    options = "req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=127.0.0.1 -addext subjectAltName=IP:127.0.0.1"
    subprocess.run(
        ["openssl", *options.split(), "-out", str(certificate), "-keyout", str(key)], check=True, capture_output=True
    )
    return certificate, key


def _free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])
