"""What hits the service, and when. Each point takes an ordeal through so many hits, and leaves it to be finished."""

import asyncio
import shutil
import signal
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path

from bot.sandbox.server import Sandbox
from bot.sandbox.weather import GOOD, Weather
from bot.storage import migrations
from tests.crash.harness import Ordeal
from tests.crash.tally import IN_FLIGHT, Tally

ANSWER_S = 0.6  # how long the stopped service waits for an answer
MOST_SENDS = 20
MOST_TURNS = 300
_SENDS = frozenset({"sendMessage"})
_LEAVES_DOUBT = ("error", "late_error", "lost", "reset")
NOTHING_TAKES_EFFECT = Weather(reset=1.0, methods=_SENDS)
ROUGH = Weather(error=0.02, late_error=0.02, lost=0.02, reset=0.02, delay=0.2, delay_ms=5, methods=_SENDS)

Point = Callable[[Ordeal, int], Awaitable[None]]


# ---- SIGKILL by an arm in the process --------------------------------------------------------------


def _armed(arm: str, most_passes: int) -> Point:
    async def hit(ordeal: Ordeal, hits: int) -> None:
        while ordeal.hits < hits:
            await ordeal.owe()
            await ordeal.died(await ordeal.start(arm, ordeal.chance.randint(1, most_passes)))

    return hit


async def _migrating(ordeal: Ordeal, hits: int) -> None:
    """All but the last are killed before the commit, so that the next one migrates again."""
    ordeal.change(versions=newer_versions(ordeal.folder))
    await ordeal.owe()
    for passes in range(1, hits):
        assert await ordeal.died(await ordeal.start("in a migration", passes))
    assert await ordeal.died(await ordeal.start("after a migration"))


NEWER = '''
"""Deliveries get a weight."""
import sqlalchemy as sa
from alembic import op
revision = "{revision}"
down_revision = "{before}"

def upgrade() -> None:
    op.create_table("weights", sa.Column("id", sa.Integer, primary_key=True), sa.Column("grams", sa.Integer))
    with op.batch_alter_table("deliveries") as deliveries:
        deliveries.add_column(sa.Column("weight", sa.Integer, nullable=False, server_default=sa.text("0")))
    op.create_index("ix_weights_grams", "weights", ["grams"])
    op.execute("INSERT INTO weights (grams) SELECT count(*) FROM deliveries")
'''


def newer_versions(folder: Path) -> str:
    """A folder of migrations with one more than the program has, which rebuilds the outbox."""
    versions = folder / "versions"
    shutil.copytree(migrations.VERSIONS, versions, ignore=shutil.ignore_patterns("__pycache__"))
    before = migrations.known()[-1]
    revision = f"{int(before) + 1:04}"
    (versions / f"v{revision}_weights.py").write_text(NEWER.format(revision=revision, before=before))
    return str(versions)


# ---- SIGKILL from outside --------------------------------------------------------------------------


async def _mid_request(ordeal: Ordeal, hits: int) -> None:
    """Telegram has the requests, and none takes effect."""
    await _held(ordeal, hits, NOTHING_TAKES_EFFECT)


async def _after_accept(ordeal: Ordeal, hits: int) -> None:
    """Telegram has sent the messages, and its answers never leave."""
    await _held(ordeal, hits, GOOD)


async def _held(ordeal: Ordeal, hits: int, weather: Weather) -> None:
    while ordeal.hits < hits:
        await ordeal.owe()
        ordeal.sandbox.weather = weather
        ordeal.sandbox.hold("sendMessage")
        running = await ordeal.start()
        await ordeal.sends(running, ordeal.chance.randint(1, IN_FLIGHT))
        running.send(signal.SIGKILL)
        await ordeal.died(running)
        ordeal.sandbox.release()
    ordeal.sandbox.weather = GOOD


async def _any_moment(ordeal: Ordeal, hits: int) -> None:
    """At no point in particular, while the network is bad as well."""
    ordeal.sandbox.weather = ROUGH
    while ordeal.hits < hits:
        await ordeal.owe()
        running = await ordeal.start()
        await ordeal.sends(running, ordeal.chance.randint(1, MOST_SENDS))
        for _ in range(ordeal.chance.randint(0, MOST_TURNS)):
            await asyncio.sleep(0)
        running.send(signal.SIGKILL)
        await ordeal.died(running)
    ordeal.sandbox.weather = GOOD
    ordeal.met(sum(ordeal.sandbox.troubles[kind] for kind in _LEAVES_DOUBT))


# ---- what is no kill -------------------------------------------------------------------------------


async def _terminated(ordeal: Ordeal, hits: int) -> None:
    """It finishes what is in flight, and nothing is in doubt."""
    ordeal.sandbox.delay_s = 0.005
    while ordeal.hits < hits:
        await ordeal.owe()
        running = await ordeal.start()
        ordeal.hits += await ordeal.sends(running, ordeal.chance.randint(1, MOST_SENDS))
        running.send(signal.SIGTERM)
        assert await ordeal.end_of(running) == 0
        await ordeal.look_for_doubt()
    ordeal.sandbox.delay_s = 0.0


async def _stopped(ordeal: Ordeal, hits: int) -> None:
    """Longer than it waits for an answer; every other time the answers come meanwhile."""
    ordeal.change(answer_s=ANSWER_S)
    while ordeal.hits < hits:
        await ordeal.owe()
        ordeal.sandbox.hold("sendMessage")
        running, before = await ordeal.start(), ordeal.sent
        if await ordeal.sends(running, ordeal.chance.randint(1, IN_FLIGHT)):
            running.send(signal.SIGSTOP)
            if ordeal.hits % 2:
                ordeal.sandbox.release()
            await asyncio.sleep(1.5 * ANSWER_S)  # that time goes by is what hits it
            ordeal.hits += 1
            ordeal.in_doubt += ordeal.sent - before
            running.send(signal.SIGCONT)
        ordeal.sandbox.release()
        assert await ordeal.end_of(running) == 0


def _met(plan: Callable[[Sandbox, int], None]) -> Point:
    """Calls that meet a fault one by one; the process lives."""

    async def hit(ordeal: Ordeal, hits: int) -> None:
        while ordeal.faults < hits:
            await ordeal.owe()
            number = min(ordeal.chance.randint(1, IN_FLIGHT), hits - ordeal.faults)
            plan(ordeal.sandbox, number)
            ordeal.met(number)
            assert await ordeal.end_of(await ordeal.start()) == 0

    return hit


AT_RANDOM = "any moment, bad network"
KILLS: dict[str, Point] = {
    "before the claim's commit": _armed("before claim's commit", 12),
    "after the claim's commit": _armed("after claim's commit", MOST_SENDS),
    "mid-request": _mid_request,
    "after accept": _after_accept,
    "before the outcome's commit": _armed("before outcome's commit", MOST_SENDS),
    "in a migration": _migrating,
    AT_RANDOM: _any_moment,
}
SIGNALS: dict[str, Point] = {"SIGTERM": _terminated, "SIGSTOP, SIGCONT": _stopped}
FAULTS: dict[str, Point] = {
    "reply dropped": _met(lambda sandbox, times: sandbox.drop_next("sendMessage", times)),
    "reset before accept": _met(lambda sandbox, times: sandbox.reset_next("sendMessage", times)),
    "reset after accept": _met(lambda sandbox, times: sandbox.reset_next("sendMessage", times, accept=True)),
    "502 after accept": _met(
        lambda sandbox, times: sandbox.fail_next("sendMessage", 502, "Bad Gateway", times=times, accept=True)
    ),
}
POINTS = KILLS | SIGNALS | FAULTS
_WITHOUT_DOUBT = frozenset({"SIGTERM", "in a migration"})
_WITHOUT_DUPLICATES = _WITHOUT_DOUBT | {"mid-request", "reset before accept"}


async def run(ordeal: Ordeal, point: str, hits: int) -> Tally:
    """Take an opened ordeal through all of it."""
    await POINTS[point](ordeal, hits)
    await ordeal.finish()
    tally = await ordeal.tally(point)
    return replace(tally, may_repeat=point not in _WITHOUT_DUPLICATES, may_doubt=point not in _WITHOUT_DOUBT)
