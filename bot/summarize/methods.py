"""sumy's own summarizers by name, fed by our tokenizer and our cleaned sentences; LexRank by matrices (`lexrank`).

Nothing is downloaded: stop words and stemmers come with the packages. sumy's graph methods compare every sentence with
every other, so they see the first MOST_SENTENCES only.
"""

import importlib
import warnings
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

from sumy.nlp.stemmers import Stemmer, null_stemmer
from sumy.summarizers._summarizer import AbstractSummarizer
from sumy.utils import get_stop_words

from bot.summarize.documents import document
from bot.summarize.lexrank import ratings
from bot.summarize.sentences import Sentence

MOST_SENTENCES = 200

_CLASSES = {
    "lexrank": ("lex_rank", "LexRankSummarizer"),
    "textrank": ("text_rank", "TextRankSummarizer"),
    "lsa": ("lsa", "LsaSummarizer"),
    "luhn": ("luhn", "LuhnSummarizer"),
}


def choose(sentences: Sequence[Sentence], language: str | None, count: int, method: str) -> list[Sentence]:
    """At most `count` of the sentences, in their order, as sumy's `method` rates them.

    Args:
        sentences: in text order; those after the first MOST_SENTENCES are not looked at.
        language: ISO 639-1; chooses stop words and stemmer where sumy has them.
        count: most sentences.
        method: lexrank, textrank, lsa or luhn.
    """
    summarize = _summarizer(method, language)
    with warnings.catch_warnings():
        # sumy divides by nothing and warns of it where sentences share no word; such ratings count as 0 below
        warnings.simplefilter("ignore")
        chosen = summarize(document(sentences[:MOST_SENTENCES], language), count)
    return [sentence.ours for sentence in chosen]


def _summarizer(method: str, language: str | None) -> Any:
    module, name = _CLASSES[method]
    theirs = getattr(importlib.import_module(f"sumy.summarizers.{module}"), name)
    ours = (_Quick, _Steady) if method == "lexrank" else (_Steady,)
    summarizer = type(name, (*ours, theirs), {})(_stemmer(language))
    summarizer.stop_words = _stop_words(language)
    return summarizer


class _Steady(AbstractSummarizer):  # type: ignore[misc]  # sumy has no types
    """Rounds ratings, whose last digits follow the order of Python's sets and so change from process to process."""

    @staticmethod
    def _get_best_sentences(sentences: Any, count: Any, rating: Any, *args: Any) -> Any:
        rate: Callable[..., float] = rating.__getitem__ if isinstance(rating, dict) else rating
        return AbstractSummarizer._get_best_sentences(sentences, count, lambda s: _rounded(rate(s, *args)))  # noqa: SLF001


class _Quick(AbstractSummarizer):  # type: ignore[misc]  # sumy has no types
    """LexRank's ratings from our matrices instead of its loops over pairs."""

    def __call__(self, document: Any, sentences_count: int) -> Any:
        words = [self._to_words_set(sentence) for sentence in document.sentences]
        rated = dict(zip(document.sentences, ratings(words), strict=True))
        return self._get_best_sentences(document.sentences, sentences_count, rated)


def _rounded(rating: float) -> float:
    return round(float(rating), 9) if rating == rating else 0.0  # not a number is unlike itself


@lru_cache(maxsize=8)
def _stemmer(language: str | None) -> Any:
    try:
        return lru_cache(maxsize=20_000)(Stemmer(language or "en"))
    except LookupError:
        return null_stemmer


def _stop_words(language: str | None) -> frozenset[str]:
    try:
        return frozenset(get_stop_words(language or "en"))
    except LookupError:
        return frozenset()
