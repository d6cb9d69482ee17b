"""Shingles: the runs of five words of a text, and what two texts have in common by them."""

from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from hashlib import blake2b
from heapq import nsmallest
from zlib import crc32

MOST_WORDS = 3000  # of an article; the rest is not looked at
FEWEST_WORDS = 40  # a teaser says too little to tell a copy from a coincidence
SHINGLE = 5
HEAD = 200
FROM_HEAD = 8
FROM_ALL = 4

Shingles = AbstractSet[tuple[str, ...]]


def words_of(folded: str) -> list[str]:
    """The words that are looked at of a text as `bot.stories.topics.fold` leaves it."""
    return folded.split(maxsplit=MOST_WORDS)[:MOST_WORDS]


def shingles_of(words: Sequence[str]) -> Iterator[tuple[str, ...]]:
    """The runs of five words, in order."""
    return zip(*(words[at:] for at in range(SHINGLE)), strict=False)


def fingerprint(folded: str) -> tuple[int, ...]:
    """At most twelve numbers under 2**48 of which texts with much in common share some; none for a short text.

    They stand for the shingles with the lowest checksums, a min-wise sketch (Broder, "On the resemblance and
    containment of documents", 1997). Most are of the text's beginning, because what outlets cut is its end.

    Args:
        folded: the text as `bot.stories.topics.fold` leaves it.
    """
    words = words_of(folded)
    if len(words) < FEWEST_WORDS:
        return ()
    shingles = list(map(" ".join, shingles_of(words)))
    chosen = {*nsmallest(FROM_HEAD, set(shingles[:HEAD]), key=_rank), *nsmallest(FROM_ALL, set(shingles), key=_rank)}
    return tuple(sorted(int.from_bytes(blake2b(each.encode(), digest_size=6).digest()) for each in chosen))


def shared(words: Sequence[str], shingles: Shingles) -> list[range]:
    """The stretches of these words that stand in one of these shingles, in order; none touches the next."""
    stretches: list[range] = []
    for at, shingle in enumerate(shingles_of(words)):
        if shingle in shingles:
            start = stretches.pop().start if stretches and at <= stretches[-1].stop else at
            stretches.append(range(start, at + SHINGLE))
    return stretches


def between(stretches: Sequence[range], end: int) -> list[range]:
    """What is not in these stretches of a text of `end` words, in order."""
    starts = (0, *(stretch.stop for stretch in stretches))
    ends = (*(stretch.start for stretch in stretches), end)
    return [range(start, stop) for start, stop in zip(starts, ends, strict=True) if start < stop]


def _rank(shingle: str) -> tuple[int, str]:
    return crc32(shingle.encode()), shingle
