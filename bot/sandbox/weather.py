"""Bad weather: troubles that come by chance, with a seed, so that a bad day can be had again."""

import random
from collections import Counter
from dataclasses import dataclass

from bot.sandbox.errors import ApiError
from bot.sandbox.faults import CLEAR, Cut, Fault
from bot.sandbox.limits import flood

EXCLUSIVE = ("flood", "error", "late_error", "lost", "reset")
KINDS = (*EXCLUSIVE, "delay")
SENDS = frozenset({"sendmessage", "senddocument", "copymessage", "forwardmessage"})
EDITS = frozenset({"editmessagetext", "editmessagereplymarkup"})


@dataclass(frozen=True, slots=True)
class Weather:
    """How probable each trouble of a call is, 0 to 1. All but `delay` exclude each other.

    Args:
        flood: a 429 that asks for `retry_after_s` seconds; nothing takes effect.
        error: a 500 or 502; nothing takes effect.
        late_error: a 502 although the call took effect.
        lost: the call takes effect, but its answer is dropped.
        reset: the connection is reset; nothing takes effect.
        delay: the answer comes `delay_ms` later.
        methods: the methods that meet it, in any case; by default all that send or edit.
        seed: decides which calls are hit.

    Raises:
        ValueError: a probability is not between 0 and 1, or those that exclude each other are over 1 together.
    """

    flood: float = 0.0
    error: float = 0.0
    late_error: float = 0.0
    lost: float = 0.0
    reset: float = 0.0
    delay: float = 0.0
    delay_ms: int = 500
    retry_after_s: int = 1
    methods: frozenset[str] = SENDS | EDITS
    seed: int = 0

    def __post_init__(self) -> None:
        chances = [getattr(self, kind) for kind in KINDS]
        if not all(0 <= chance <= 1 for chance in chances) or sum(chances[: len(EXCLUSIVE)]) > 1 + 1e-9:
            raise ValueError(
                "a probability is between 0 and 1, and those that exclude each other are at most 1 together"
            )
        if self.delay_ms < 0 or self.retry_after_s < 1:
            raise ValueError("delay_ms is 0 or more, retry_after_s 1 or more")


GOOD = Weather()


class Sky:
    """Draws what calls meet under one weather; `troubles` counts it by kind, under all weathers so far."""

    def __init__(self) -> None:
        self.troubles: Counter[str] = Counter()
        self.weather = GOOD

    @property
    def weather(self) -> Weather:
        """What is drawn from; setting it begins its seed anew."""
        return self._weather

    @weather.setter
    def weather(self, weather: Weather) -> None:
        self._weather = weather
        self._methods = frozenset(method.lower() for method in weather.methods)
        self._chance = random.Random(weather.seed)  # noqa: S311 (to be had again, not to be secret)

    def draw(self, method: str) -> Fault:
        """What this call meets."""
        if self._weather == GOOD or method.lower() not in self._methods:
            return CLEAR
        # always the same number of draws, so that one probability does not shift the luck of another
        hit, which, slow = (self._chance.random() for _ in range(3))
        kind = self._kind(hit)
        delay_s = self._weather.delay_ms / 1000 if slow < self._weather.delay else 0.0
        self.troubles.update([name for name, met in ((kind, kind), ("delay", delay_s)) if met])
        return self._fault(kind, which, delay_s)

    def _kind(self, hit: float) -> str:
        for kind in EXCLUSIVE:
            hit -= getattr(self._weather, kind)
            if hit < 0:
                return kind
        return ""

    def _fault(self, kind: str, which: float, delay_s: float) -> Fault:
        gateway = ApiError(502, "Bad Gateway")
        match kind:
            case "flood":
                return Fault(flood(self._weather.retry_after_s), accept=False, delay_s=delay_s)
            case "error":
                error = gateway if which < 0.5 else ApiError(500, "Internal Server Error")
                return Fault(error, accept=False, delay_s=delay_s)
            case "late_error":
                return Fault(gateway, delay_s=delay_s)
            case "lost":
                return Fault(cut=Cut.CLOSE, delay_s=delay_s)
            case "reset":
                return Fault(accept=False, cut=Cut.RESET, delay_s=delay_s)
            case _:
                return Fault(delay_s=delay_s)
