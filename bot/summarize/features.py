"""What can be counted of each sentence in one pass over an article: the input of the ranker.

Everything is cheap (no sentence is compared with every other) and most of it holds in any language: place, length, how
much a sentence shares with the rest, names, numbers, quotation. Words that open, point back or report are the
language's own (`rules/`); a language without them has zeros there, which change no order.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain, pairwise
from math import log, sqrt
from typing import Any, NamedTuple

from bot.summarize.rules import Cues
from bot.summarize.words import parts, small, tokens_of

NAMES = (
    "first", "second", "third", "place", "nearness", "depth", "length", "first_length", "next_length",
    "short", "long",
    "centrality", "frequency", "repeated", "shared_density", "top_terms", "top_terms_wide", "pairs",
    "pairs_share",
    "like_first", "like_lead",
    "name_share", "new_names", "numbers", "has_number",
    "quoted_start", "quoted_share", "colon", "paren", "dash",
    "refers_back", "connective", "pronouns", "addressed", "own_voice", "reports",
    "title",
)  # fmt: skip
"""The features in the order of every row that `measured` gives."""

_STEM_CHARS = 6
"""Words count as one where they begin alike: a stemmer for any language that inflects at the end."""
_UNSPACED_FROM = "\u0e00"
"""Where the scripts without blanks between words begin; the others above it lose nothing by being left whole."""
_LONGEST_WORD_CHARS = 1000
_MOST_REMEMBERED, _LONGEST_REMEMBERED_CHARS = 60_000, 40
"""Some 20 MB at most, whatever a text calls a word."""
_SHORT, _LONG = 10, 32
_TOP, _TOP_WIDE = 8, 20
_QUOTED = re.compile('["“„«「][^"“”„«»「」]*["”“»」]?')


class Words(NamedTuple):
    """A sentence's words in small letters, its terms (stems without the language's commonest words) and names."""

    text: str
    words: list[str]
    terms: list[str]
    distinct: frozenset[str]
    names: frozenset[str]
    name_words: int
    numbers: int


@dataclass(frozen=True, slots=True)
class Likeness:
    """How alike two sentences are, by their places: the cosine of their terms, a term once, rare ones weighing more.

    squares: of the weights of terms. terms and scales: those terms of a sentence that it may share, and what makes its
    vector one of length 1.
    """

    squares: dict[str, float]
    terms: list[frozenset[str]]
    scales: list[float]

    def __call__(self, one: int, two: int) -> float:
        """The cosine of two sentences."""
        shared = self.terms[one] & self.terms[two]
        return sum(map(self.squares.__getitem__, shared)) * self.scales[one] * self.scales[two] if shared else 0.0


@dataclass(frozen=True, slots=True)
class Measured:
    """One row of features (NAMES) for each sentence asked about, and how alike these are."""

    rows: list[list[float]]
    alike: Likeness


def words_of(texts: Iterable[str], known: Cues) -> list[Words]:
    """The words of each sentence."""
    terms = _terms(known)
    return [_words(text, terms) for text in texts]


def measured(sentences: Sequence[Words], at: Sequence[int], title: str | None, known: Cues) -> Measured:
    """Measure the sentences at the places `at` against all of them, which stand in the article's order."""
    whole = _Whole(sentences, at)
    headline = _words(title, _terms(known)).distinct if title else frozenset[str]()
    rows = [whole.row(place, number, headline, known) for place, number in enumerate(at)]
    like = whole.alike
    return Measured(rows, Likeness(like.squares, [like.terms[n] for n in at], [like.scales[n] for n in at]))


class _Terms(dict[str, str]):
    """What a word counts as: what words of its stem begin with, nothing where it is common. Remembers."""

    def __init__(self, small: frozenset[str]) -> None:
        super().__init__()
        self._small = small

    def __missing__(self, word: str) -> str:
        found = self._of(word[:_LONGEST_WORD_CHARS])
        if len(word) <= _LONGEST_REMEMBERED_CHARS:
            if len(self) >= _MOST_REMEMBERED:
                self.clear()
            self[word] = found
        return found

    def _of(self, word: str) -> str:
        if len(word) < 2 or word in self._small:
            return ""
        return word if word[0] >= _UNSPACED_FROM else word.removesuffix("'s").removesuffix("’s")[:_STEM_CHARS]


@lru_cache(maxsize=16)
def _terms(known: Cues) -> _Terms:
    return _Terms(known.small)


def _words(text: str, known: _Terms) -> Words:
    tokens = tokens_of(text)
    words = small(tokens)
    stems = list(map(known.__getitem__, words))
    terms = list(filter(None, stems))
    # the first word is in capitals whatever it is
    later = zip(tokens[1:], words[1:], stems[1:], strict=True)
    capital = {token: stem for token, word, stem in later if token != word}
    names = frozenset(filter(None, capital.values()))
    numbers = len([stem for stem in terms if stem < ":"])
    if not text.isascii() and terms and max(terms) >= _UNSPACED_FROM:
        terms = [part for stem in terms for part in parts(stem)]
    return Words(text, words, terms, frozenset(terms), names, len(capital), numbers)


class _Whole:
    """Counts over the whole article that its sentences are measured against."""

    def __init__(self, sentences: Sequence[Words], at: Sequence[int]) -> None:
        self.sentences = sentences
        self.size, self.usable, self.leading = len(sentences), len(at), at[:3]
        self.times = Counter(chain.from_iterable([each.terms for each in sentences]))
        self.mean_times = self.times.total() / (len(self.times) or 1) or 1.0
        self.found_in = Counter(chain.from_iterable([each.distinct for each in sentences]))
        self.repeated = _over_one(self.found_in)
        # most terms are told once: what they add is the same for all of them, so they are counted and not looked at
        twice = _over_one(self.times)
        self.twice = [each.distinct & twice for each in sentences]
        self.pairs = [[(a, b) for a, b in pairwise(each.terms) if a in twice and b in twice] for each in sentences]
        self.repeated_pairs = _over_one(Counter(chain.from_iterable(self.pairs)))
        # from the terms in the order of the text, as the order of a set differs from process to process
        top = sorted(self.times, key=self.found_in.__getitem__, reverse=True)[:_TOP_WIDE]
        self.top, self.top_wide = frozenset(top[:_TOP]), frozenset(top)
        self.new_names = list(_new(each.names for each in sentences))
        alike = Counter(self.found_in.values())
        by_count = {count: log((self.size + 1) / count) ** 2 for count in alike}
        squares = {term: by_count[self.found_in[term]] for term in twice}
        self.drawn = {term: square * self.found_in[term] for term, square in squares.items()}
        self.centre = sqrt(sum([by_count[count] * count**2 * times for count, times in alike.items()])) or 1.0
        self.once = once = by_count.get(1, 0.0)
        told_once = [len(each.distinct) - len(terms) for each, terms in zip(sentences, self.twice, strict=True)]
        lengths = [
            sqrt(sum(map(squares.__getitem__, terms)) + few * once)
            for terms, few in zip(self.twice, told_once, strict=True)
        ]
        self.told_once = told_once
        self.alike = Likeness(squares, self.twice, [1 / (length or 1.0) for length in lengths])

    def row(self, place: int, number: int, headline: frozenset[str], known: Cues) -> list[float]:
        """The features of one sentence, the `place`-th of the usable ones."""
        each = self.sentences[number]
        return [
            *self._placed(place, each),
            *self._central(number, each),
            *self._near(number),
            *self._named(number, each),
            *_formed(each.text),
            *_worded(each.words, known),
            len(each.distinct & headline) / (len(headline) or 1),
        ]

    def _placed(self, place: int, each: Words) -> tuple[float, ...]:
        words = len(each.words) or 1
        length = log(words)
        first, following = float(place == 0), float(place in (1, 2))
        return (
            *(first, float(place == 1), float(place == 2), log(1 + place), 1 / (1 + place), place / self.usable),
            *(length, first * length, following * length, float(words < _SHORT), float(words > _LONG)),
        )

    def _central(self, number: int, each: Words) -> tuple[float, ...]:
        terms, count = each.distinct, len(each.distinct) or 1
        twice, once = self.twice[number], self.told_once[number]
        shared = sum(map(self.found_in.__getitem__, twice)) - len(twice)
        told_twice = sum(map(self.repeated_pairs.__contains__, self.pairs[number]))
        return (
            (sum(map(self.drawn.__getitem__, twice)) + once * self.once) * self.alike.scales[number] / self.centre,
            (sum(map(self.times.__getitem__, twice)) + once) / count / self.mean_times,
            len(twice & self.repeated) / count,
            shared / self.size / (len(each.words) or 1),
            len(terms & self.top) / count,
            len(terms & self.top_wide) / count,
            min(told_twice, 8),
            told_twice / (len(each.terms) - 1 or 1),
        )

    def _near(self, number: int) -> tuple[float, ...]:
        like = [self.alike(number, other) if other != number else 0.0 for other in self.leading]
        return like[0], sum(like) / 3

    def _named(self, number: int, each: Words) -> tuple[float, ...]:
        return (
            each.name_words / (len(each.words) or 1),
            min(self.new_names[number], 4),
            min(each.numbers, 4),
            float(each.numbers > 0),
        )


def _formed(text: str) -> tuple[float, ...]:
    quoted = sum(map(len, _QUOTED.findall(text)))
    return (
        float(text[0] in "\"“„«「'‘"),
        quoted / len(text),
        float(":" in text or ";" in text or "：" in text),
        float("(" in text or "（" in text),
        float("--" in text or "—" in text or "–" in text),
    )


def _worded(words: list[str], known: Cues) -> tuple[float, ...]:
    opening = words[0] if words else ""
    return (
        float(opening in known.back),
        float(opening in known.connective),
        sum(map(known.back.__contains__, words)) / (len(words) or 1),
        float(not known.second.isdisjoint(words)),
        float(not known.first.isdisjoint(words)),
        float(not known.reporting.isdisjoint(words)),
    )


def _new(names: Iterable[frozenset[str]]) -> Iterator[int]:
    seen = set[str]()
    for each in names:
        yield len(each - seen)
        seen |= each


def _over_one(counts: Counter[Any]) -> frozenset[Any]:
    return frozenset([key for key, count in counts.items() if count > 1])
