"""The trained model: weights of features, read once, and the choice that follows from them.

The weights are data (`ranker.json`, made by `benchmarks.train_ranker`; `ranker.md` tells how well). A sentence's score
is a sum over its features; a set's score takes off what its sentences repeat of each other.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from operator import mul

from bot.summarize.features import NAMES

MOST_ALIKE = 0.7
"""Two sentences with a higher cosine say the same; only one of them becomes a bullet."""


@dataclass(frozen=True, slots=True)
class Model:
    """Weights in the order of `features.NAMES`, each for one unit of its feature, and the mean it is counted from.

    repeated: a pair's cosine costs so much. adjacent: two sentences that follow each other gain so much.
    """

    version: int
    weights: tuple[float, ...]
    means: tuple[float, ...]
    repeated: float
    adjacent: float


@lru_cache(maxsize=1)
def model() -> Model:
    """The model that comes with the package."""
    return parsed(files("bot.summarize").joinpath("ranker.json").read_text(encoding="utf-8"))


def parsed(text: str) -> Model:
    """A model from its JSON.

    Raises:
        ValueError: it was trained on other features than `features.NAMES`.
    """
    read = json.loads(text)
    if set(read["features"]) != set(NAMES):
        raise ValueError("the model and the features do not belong together")
    each = [read["features"][name] for name in NAMES]
    return Model(
        read["version"],
        tuple(one["weight"] for one in each),
        tuple(one["mean"] for one in each),
        read["repeated"],
        read["adjacent"],
    )


def scores(rows: Sequence[Sequence[float]], by: Model) -> list[float]:
    """One score a row; 0 is an average sentence of the training articles."""
    base = sum(map(mul, by.weights, by.means))
    return [sum(map(mul, by.weights, row)) - base for row in rows]


_DIGITS = 6
Alike = Callable[[int, int], float]


def chosen(rated: Sequence[float], alike: Alike, count: int, by: Model, needs: Mapping[int, int]) -> list[int]:
    """The places of at most `count` sentences, the first chosen first: always the one that adds most.

    `alike` gives the cosine of two places. A place in `needs` is not chosen before the place that it needs, so never
    where that is none (-1).
    """
    # rounded, as the last digits follow the order of Python's sets
    left = {place: round(score, _DIGITS) for place, score in enumerate(rated)}
    order: list[int] = []
    while len(order) < count:
        free = [place for place in left if place not in needs or needs[place] in order]
        if not free:
            break
        best = max(free, key=left.__getitem__)
        del left[best]
        order.append(best)
        if len(order) < count:
            _take_off(left, best, alike, by)
    return order


def _take_off(left: dict[int, float], best: int, alike: Alike, by: Model) -> None:
    for place in list(left):
        same = alike(best, place)
        if same > MOST_ALIKE:
            del left[place]
        else:
            taken_off = by.repeated * same + by.adjacent * (abs(place - best) == 1)
            left[place] = round(left[place] + taken_off, _DIGITS)
