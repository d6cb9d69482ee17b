"""What the service costs at rest: resident memory of all its processes and its share of a core.

    python -m benchmarks.at_rest [--sources 20] [--seconds 60] [--poll-interval 900]

Starts `nutgraf run` against the sandbox with that many sources of a loopback outlet, lets it store and condense what
they hold and its workers go idle, then watches it for the given time.
"""

import argparse
import asyncio
import os
import sys
import tempfile
from datetime import UTC, datetime

import psutil
from aiohttp import web

from bot.sandbox.server import Sandbox

SETTLE_S = 45.0  # longer than idle workers are kept
ENTRY = (
    "<item><guid>{n}</guid><title>Story {n} of outlet {s}</title><description>The council of port {s} met on day {n} "
    "and decided on the new bridge, which will cost {n} million euros and take three years. Engineers had warned in "
    "March that the northern pillar moved. Two contractors must hand in their bids soon.</description></item>"
)


def add_outlet(app: web.Application) -> None:
    """Feeds of ten entries each at /outlet/<number>."""

    async def feed(request: web.Request) -> web.Response:
        number = request.match_info["number"]
        if request.headers.get("If-None-Match") == '"1"':
            return web.Response(status=304)
        entries = "".join(ENTRY.format(n=n, s=number) for n in range(10))
        body = f"<rss version='2.0'><channel><title>Outlet {number}</title>{entries}</channel></rss>"
        return web.Response(text=body, content_type="application/rss+xml", headers={"ETag": '"1"'})

    app.router.add_get("/outlet/{number}", feed)


async def main(sources: int, seconds: float, interval_s: int) -> None:
    """Measure, and print one table."""
    sandbox = Sandbox(now=lambda: datetime.now(UTC), extra_routes=add_outlet)
    await sandbox.start()
    with tempfile.TemporaryDirectory() as folder:
        environ = os.environ | {
            "NUTGRAF_TELEGRAM_TOKEN": sandbox.token,
            "NUTGRAF_TELEGRAM_API_URL": sandbox.api_url,
            "NUTGRAF_DATA_DIR": folder,
            "NUTGRAF_ADMIN_IDS": "1",
            "NUTGRAF_ALLOWED_NETWORKS": "127.0.0.0/8",
            "NUTGRAF_POLL_INTERVAL_S": str(interval_s),
            "NUTGRAF_HTTP_ADDRESS": "127.0.0.1:0",
        }
        for number in range(sources):
            adding = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "bot", "sources", "add", f"{sandbox.url}/outlet/{number}",
                env=environ, stdout=asyncio.subprocess.DEVNULL,
            )  # fmt: skip
            await adding.wait()
        service = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "bot", "run", env=environ, stderr=asyncio.subprocess.DEVNULL
        )
        await asyncio.sleep(SETTLE_S)
        report(*await watch(psutil.Process(service.pid), seconds), sources, interval_s)
        service.terminate()
        await service.wait()
    await sandbox.stop()


async def watch(service: psutil.Process, seconds: float) -> tuple[list[tuple[str, float]], float]:
    """(command and MB of each process, largest sum seen; CPU in percent of one core)."""
    began, heaviest = cpu_s(service), family(service)
    for _ in range(int(seconds)):
        await asyncio.sleep(1)
        heaviest = max(heaviest, family(service), key=lambda members: sum(mb for _, mb in members))
    return heaviest, 100 * (cpu_s(service) - began) / seconds


def family(service: psutil.Process) -> list[tuple[str, float]]:
    """The service and its children: command line's end and resident MB."""
    return [
        (" ".join(process.cmdline())[-60:], process.memory_info().rss / 1e6)
        for process in (service, *service.children(recursive=True))
    ]


def cpu_s(service: psutil.Process) -> float:
    """CPU seconds of the service and its children, those that ended included."""
    own = service.cpu_times()
    living = sum(sum(child.cpu_times()[:2]) for child in service.children(recursive=True))
    return own.user + own.system + own.children_user + own.children_system + living


def report(members: list[tuple[str, float]], percent: float, sources: int, interval_s: int) -> None:
    """Print what was measured."""
    for name, mb in members:
        print(f"{mb:7.1f} MB  {name}")
    print(f"{sum(mb for _, mb in members):7.1f} MB  together, {sources} sources polled every {interval_s} s")
    print(f"{percent:7.2f} %   of a core")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sources", type=int, default=20)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--poll-interval", type=int, default=900)
    given = parser.parse_args()
    asyncio.run(main(given.sources, given.seconds, given.poll_interval))
