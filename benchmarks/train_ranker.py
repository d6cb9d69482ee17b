r"""Trains the ranker of bullets, and says how well it does on articles that it never saw.

    python -m benchmarks.train_ranker ../shared/data/summaries/cnndm_dev.jsonl.gz \
        --titles ../shared/data/summaries/inshorts_dev.jsonl.gz --write bot/summarize

Each article's best sentences are known only as a set, so the model is fitted to sets: for every article the sets of
three among its likeliest sentences get a probability from the weights, and the weights are moved so that the expected
ROUGE (the mean of ROUGE-1 and ROUGE-2 F1) rises. That is where it learns when not to leave the lead: a set that
repeats the lead scores what the lead scores. Five folds by article; the figures printed are of articles whose fold was
left out. Seeded by nothing: there is no chance in it.
"""

import argparse
import gzip
import hashlib
import json
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from itertools import combinations, pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bot.summarize import rank, ranker
from bot.summarize.clean import story
from bot.summarize.features import NAMES, Likeness, measured, words_of
from bot.summarize.ranker import Model
from bot.summarize.rules import cues

VERSION = 2
"""Of the model that is written; grows with every model that is to replace another."""
FOLDS = 5
COUNT = 3
CNN = "cnn"
"""What the outlet of CNN's articles is called in the file; the others are the Daily Mail's."""
LIKELIEST, MOST_SENTENCES = 11, 60
PENALTY, STEPS, RATE, TEMPERATURE = 0.05, 100, 0.03, 2.0
TITLE_WEIGHTS = (0.0, 2.0, 4.0, 8.0, 12.0, 16.0)
START = {"nearness": 2.0, "repeated": 1.0, "centrality": 1.0}
"""What the first candidates are found by, in units of one standard deviation."""
Row = dict[str, Any]
Array = NDArray[np.float64]
Grams = tuple[Counter[str], Counter[tuple[str, str]]]


@dataclass
class Article:
    """One training article, measured."""

    id: str
    outlet: str
    tokens: list[list[str]]
    rows: Array
    cosine: Likeness
    reference: Grams
    lead: float
    alike: Array
    needs: dict[int, int]
    gains: dict[tuple[int, ...], float] = field(default_factory=dict)

    @property
    def fold(self) -> int:
        """Which fold it is left out with."""
        return fold_of(self.id)

    def gain(self, places: tuple[int, ...]) -> float:
        """(R1 + R2) / 2 of a set of sentences, in percent."""
        if places not in self.gains:
            self.gains[places] = rouge(self.reference, [token for at in places for token in self.tokens[at]])
        return self.gains[places]


def fold_of(key: str) -> int:
    """The fold of an article's id."""
    return int(hashlib.sha256(key.encode()).hexdigest(), 16) % FOLDS


# ---- articles and labels ---------------------------------------------------------------------------


@lru_cache(maxsize=1)
def _stem() -> Callable[[str], str]:
    from nltk.stem.porter import PorterStemmer

    return lru_cache(maxsize=None)(PorterStemmer().stem)


def tokens(text: str) -> list[str]:
    """As the usual ROUGE tool cuts them: letters and digits in small letters, stems of words over three letters."""
    return [_stem()(word) if len(word) > 3 else word for word in re.findall(r"[a-z0-9]+", text.lower())]


def grams(words: Sequence[str]) -> Grams:
    """Words and pairs of words with their numbers."""
    return Counter(words), Counter(pairwise(words))


def rouge(reference: Grams, words: Sequence[str]) -> float:
    """(R1 + R2) / 2 F1 in percent (Lin 2004)."""
    got = grams(words)
    return (_f1(reference[0], got[0]) + _f1(reference[1], got[1])) / 2


def _f1(wanted: Counter[Any], got: Counter[Any]) -> float:
    return 200 * (wanted & got).total() / max(1, wanted.total() + got.total())


def read(path: Path) -> Iterator[Row]:
    """The rows of a file of JSON lines."""
    with gzip.open(path, "rt", encoding="utf-8") if path.suffix == ".gz" else path.open(encoding="utf-8") as lines:
        yield from map(json.loads, lines)


def article(row: Row) -> Article:
    """One row, cleaned and measured as the package does it."""
    known = cues("en")
    words = words_of([each.text for each in story(row["text"], "en", row.get("title"))], known)
    at = rank.candidates(words, known)[:MOST_SENTENCES]
    found = measured(words, at, row.get("title"), known)
    lines = row.get("highlights") or row["summary"]
    reference = grams(tokens(lines if isinstance(lines, str) else "\n".join(lines)))
    told = [tokens(words[number].text) for number in at]
    lead = rouge(reference, [token for each in told[:COUNT] for token in each])
    needs = {place: other for place, other in rank.needs(words, at, known).items() if place < len(at)}
    places = range(len(at))
    likeness = np.array([[found.alike(one, two) for two in places] for one in places])
    return Article(
        row["id"], row.get("outlet", ""), told, np.array(found.rows), found.alike, reference, lead, likeness, needs
    )


# ---- fitting ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Sets:
    """Sets of sentences of many articles: features (article, set, feature), gains, and which of them are real."""

    features: NDArray[np.float32]
    gains: NDArray[np.float32]
    real: NDArray[np.bool_]


def fitted(articles: Sequence[Article]) -> Model:
    """The model of these articles, found in two rounds: each chooses the sets that the next learns from."""
    rows = np.vstack([each.rows for each in articles])
    means, scales = rows.mean(0), rows.std(0)
    scales[scales == 0] = 1
    weights = np.array([START.get(name, 0.0) for name in NAMES] + [-1.0, 0.0])
    for _ in range(2):
        weights, pair_scales = _learnt(_sets(articles, means, scales, weights[: len(NAMES)]))
    raw = weights[: len(NAMES)] / scales
    return Model(
        VERSION, tuple(raw.tolist()), tuple(means.tolist()), weights[-2] / pair_scales[0], weights[-1] / pair_scales[1]
    )


def _sets(articles: Sequence[Article], means: Array, scales: Array, weights: Array) -> Sets:
    chosen = [_likeliest((each.rows - means) / scales @ weights, each.needs) for each in articles]
    most = max(map(len, chosen))
    sets = Sets(
        np.zeros((len(articles), most, len(NAMES) + 2), np.float32),
        np.zeros((len(articles), most), np.float32),
        np.zeros((len(articles), most), np.bool_),
    )
    for number, (each, places) in enumerate(zip(articles, chosen, strict=True)):
        scaled = (each.rows - means) / scales
        sets.features[number, : len(places), :-2] = scaled[np.array(places)].sum(1)
        sets.features[number, : len(places), -2:] = [_together(each, one) for one in places]
        sets.gains[number, : len(places)] = [each.gain(one) for one in places]
        sets.real[number, : len(places)] = True
    return sets


def _likeliest(rated: Array, needs: dict[int, int]) -> list[tuple[int, ...]]:
    """Sets of three, as the rules allow them, among the likeliest sentences and the lead."""
    places = sorted({*np.argsort(-rated, kind="stable")[:LIKELIEST].tolist(), *range(min(COUNT, len(rated)))})
    sets = list(combinations(places, min(COUNT, len(places))))
    return [one for one in sets if all(needs.get(place, place) in one for place in one)] or sets[:1]


def _together(each: Article, places: tuple[int, ...]) -> list[float]:
    pairs = list(combinations(places, 2))
    return [sum(each.alike[a, b] for a, b in pairs), float(sum(b - a == 1 for a, b in pairs))]


def _learnt(sets: Sets) -> tuple[Array, Array]:
    """Weights that raise the expected gain (Adam, whole batch), and the scales of the two features of pairs."""
    features = sets.features.copy()
    scales = features[sets.real][:, -2:].std(0) + 1e-6
    features[:, :, -2:] /= scales
    weights, momentum, speed = (np.zeros(features.shape[2]) for _ in range(3))
    for step in range(1, STEPS + 1):
        slope = _slope(features, sets, weights) - PENALTY * weights
        momentum = 0.9 * momentum + 0.1 * slope
        speed = 0.99 * speed + 0.01 * slope**2
        weights = weights + RATE * (momentum / (1 - 0.9**step)) / (np.sqrt(speed / (1 - 0.99**step)) + 1e-8)
    return weights, scales.astype(float)


def _slope(features: NDArray[np.float32], sets: Sets, weights: Array) -> Array:
    rated = np.where(sets.real, features @ weights.astype(np.float32), -np.inf) / TEMPERATURE
    chance = np.exp(rated - rated.max(1, keepdims=True))
    chance /= chance.sum(1, keepdims=True)
    expected = (chance * sets.gains).sum(1, keepdims=True)
    pull = chance * (sets.gains - expected) / len(features)
    return np.tensordot(pull, features, ([0, 1], [0, 1])).astype(float)


# ---- what came of it -------------------------------------------------------------------------------


def held_out(articles: Sequence[Article], by: Sequence[Model]) -> dict[str, float]:
    """The gain of every article by the model that was fitted without its fold, by id."""
    return {each.id: each.gain(picked(each, by[each.fold])) for each in articles}


def across(articles: Sequence[Article]) -> dict[str, float]:
    """The gain of every article by the model that was fitted to the other outlet's, CNN or Daily Mail, by id."""
    by = {told: fitted([each for each in articles if (each.outlet == CNN) is told]) for told in (True, False)}
    return {each.id: each.gain(picked(each, by[each.outlet != CNN])) for each in articles}


def picked(each: Article, by: Model) -> tuple[int, ...]:
    """The places that the package chooses with this model, in text order."""
    rated = ranker.scores(each.rows.tolist(), by)
    return tuple(sorted(ranker.chosen(rated, each.cosine, COUNT, by, each.needs)))


def main() -> None:
    """Train, print the report, and write the model where asked."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path)
    parser.add_argument("--titles", type=Path, metavar="FILE", help="articles with titles, for the weight of that one")
    parser.add_argument("--write", type=Path, metavar="FOLDER", help="where ranker.json goes")
    parser.add_argument("--folds", type=Path, metavar="FILE", help="where the models of the folds go")
    asked = parser.parse_args()
    rows = list(read(asked.file))
    articles = [each for each in map(article, rows) if len(each.rows)]
    by_fold = models(articles)
    report(articles, held_out(articles, by_fold), f"{FOLDS} folds by article")
    report(articles, across(articles), "trained on the other outlet")
    if asked.folds:
        asked.folds.write_text(json.dumps([written(by) for by in by_fold]), encoding="utf-8")
    if asked.write:
        by = fitted(articles)
        titled = [each for each in map(article, read(asked.titles)) if len(each.rows)] if asked.titles else []
        model = json.dumps(written(with_title(by, titled)), indent=1, ensure_ascii=False)
        asked.write.joinpath("ranker.json").write_text(f"{model}\n", encoding="utf-8")


def models(articles: Sequence[Article]) -> list[Model]:
    """One model a fold, fitted without it."""
    return [fitted([each for each in articles if each.fold != fold]) for fold in range(FOLDS)]


def with_title(by: Model, articles: Sequence[Article]) -> Model:
    """The model with the best of a few weights for words of the title, everything else as it is."""
    at = NAMES.index("title")
    tries = [replace(by, weights=(*by.weights[:at], weight, *by.weights[at + 1 :])) for weight in TITLE_WEIGHTS]
    return max(tries, key=lambda one: sum(each.gain(picked(each, one)) for each in articles))


def report(articles: Sequence[Article], gains: dict[str, float], how: str) -> None:
    """Print, by outlet, how far the held-out choice is from the first three sentences that the rules leave."""
    print(f"{'outlet':12} articles   from our own lead, (R1+R2)/2; {how}")
    for outlet in sorted({each.outlet for each in articles}):
        away = np.array([gains[each.id] - each.lead for each in articles if each.outlet == outlet])
        print(f"{outlet:12} {len(away):8} {away.mean():+8.2f} ± {1.96 * away.std() / len(away) ** 0.5:.2f}")


def written(by: Model) -> Row:
    """A model as its JSON."""
    each = zip(NAMES, by.weights, by.means, strict=True)
    return {
        "version": by.version,
        "repeated": round(by.repeated, 5),
        "adjacent": round(by.adjacent, 5),
        "features": {name: {"weight": round(weight, 5), "mean": round(mean, 5)} for name, weight, mean in each},
    }


if __name__ == "__main__":
    main()
