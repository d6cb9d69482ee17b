"""The chat page's panel of bad days: limits, latency and weather, read and set for everybody who looks on.

Levels stand for probabilities: whoever clicks wants to see something happen, not to compute.
"""

from dataclasses import replace
from typing import Any

from aiohttp import web

from bot.sandbox.botapi import Troubles
from bot.sandbox.errors import Impossible
from bot.sandbox.guard import page_only
from bot.sandbox.limits import Limits
from bot.sandbox.nouns import Json
from bot.sandbox.page_bodies import acting, integer
from bot.sandbox.weather import KINDS, Weather
from bot.sandbox.world import World

LEVELS = {"off": 0.0, "sometimes": 0.07, "often": 0.2}
LATENCIES_MS = (0, 50, 500)


class WeatherPage:
    """GET and POST `/page/weather`; a POST changes what it names and answers, as a GET does, with all there is."""

    def __init__(self, world: World, troubles: Troubles) -> None:
        self._world = world
        self._troubles = troubles

    def add_routes(self, app: web.Application) -> None:
        """Mount the routes."""
        app.router.add_get("/page/weather", page_only(self._get))
        app.router.add_post("/page/weather", page_only(acting(self._set)))

    async def _get(self, _: web.Request) -> web.StreamResponse:
        return web.json_response(self._shown(), headers={"Cache-Control": "no-store"})

    def _shown(self) -> Json:
        weather = self._troubles.sky.weather
        return {
            "limits": self._troubles.limiter.limits is not None,
            "latency_ms": round(self._troubles.faults.delay_s * 1000),
            "kinds": {kind: _level(getattr(weather, kind)) for kind in KINDS},
        }

    def _set(self, body: Json) -> Json:
        limits, latency_ms = _switch(body), _latency_ms(body)
        chances = _chances(body.get("kinds", {}))
        if chances:
            self._troubles.sky.weather = self._weather(chances)
        if limits is not None:
            self._troubles.limiter.limits = Limits() if limits else None
        if latency_ms is not None:
            self._troubles.faults.delay_s = latency_ms / 1000
        self._world.events.add("weather", self._shown())
        return self._shown()

    def _weather(self, chances: dict[str, Any]) -> Weather:
        """The weather with some probabilities changed, and another luck than the last time."""
        try:
            return replace(self._troubles.sky.weather, seed=self._world.events.newest_id, **chances)
        except ValueError as error:
            raise Impossible("That is more trouble than one call can meet.") from error


def _level(chance: float) -> str:
    """The level whose probability is nearest, but never off where something may happen."""
    levels = [level for level in LEVELS if chance == 0 or level != "off"]
    return min(levels, key=lambda level: abs(LEVELS[level] - chance))


def _switch(body: Json) -> bool | None:
    limits = body.get("limits")
    if limits is not None and not isinstance(limits, bool):
        raise Impossible("“limits” has to be true or false.")
    return limits


def _latency_ms(body: Json) -> int | None:
    if body.get("latency_ms") is None:
        return None
    latency_ms = integer(body, "latency_ms")
    if latency_ms not in LATENCIES_MS:
        raise Impossible(f"“latency_ms” is one of {', '.join(map(str, LATENCIES_MS))}.")
    return latency_ms


def _chances(kinds: object) -> dict[str, Any]:
    if not isinstance(kinds, dict) or not all(kind in KINDS for kind in kinds):
        raise Impossible(f"“kinds” holds some of {', '.join(KINDS)}.")
    if not all(isinstance(level, str) and level in LEVELS for level in kinds.values()):
        raise Impossible(f"Each kind is one of {', '.join(LEVELS)}.")
    return {kind: LEVELS[level] for kind, level in kinds.items()}
