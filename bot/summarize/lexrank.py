"""LexRank as sumy computes it, in a few operations on whole matrices.

Erkan and Radev 2004, in sumy's reading: tf by the commonest word of the sentence, idf = log(N / (1 + n)), an edge where
the cosine is above 0.1, the power method until a step moves by less than 0.1. A term that stands in all sentences but
one counts for nothing, one in all of them counts against; that is sumy's formula, kept so that its ranking is ours.
"""

from collections import Counter
from collections.abc import Sequence
from math import log

import numpy as np
from numpy.typing import NDArray

THRESHOLD, EPSILON = 0.1, 0.1

_Matrix = NDArray[np.float64]


def ratings(sentences: Sequence[Sequence[str]]) -> list[float]:
    """One rating for each sentence, given as its stemmed words without stop words; sumy's up to rounding."""
    if not sentences:
        return []
    vectors = _vectors(sentences)
    rated: list[float] = _stationary(_graph(vectors)).tolist()
    return rated


def _vectors(sentences: Sequence[Sequence[str]]) -> _Matrix:
    """TF-IDF, a sentence a row."""
    counts = [Counter(words) for words in sentences]
    found_in = Counter(word for each in counts for word in each)
    at = {word: column for column, word in enumerate(found_in)}
    vectors = np.zeros((len(counts), len(at)))
    for row, each in enumerate(counts):
        most = max(each.values(), default=1)
        for word, times in each.items():
            vectors[row, at[word]] = times / most
    weighed: _Matrix = vectors * np.array([log(len(counts) / (1 + number)) for number in found_in.values()])
    return weighed


def _graph(vectors: _Matrix) -> _Matrix:
    """Where two sentences are alike, the chance to step from one to the other."""
    lengths = np.sqrt((vectors**2).sum(1))
    lengths[lengths == 0] = np.inf  # alike to none, itself included
    edges = (vectors @ vectors.T) / np.outer(lengths, lengths) > THRESHOLD
    steps: _Matrix = edges / np.maximum(edges.sum(1, keepdims=True), 1)
    return steps


def _stationary(graph: _Matrix) -> _Matrix:
    now, moved = np.full(len(graph), 1 / len(graph)), 1.0
    while moved > EPSILON:
        then = graph.T @ now
        then /= np.linalg.norm(then) or 1.0
        moved, now = float(np.linalg.norm(then - now)), then
    return now
