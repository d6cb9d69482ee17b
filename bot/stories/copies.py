"""Copies: one text in several outlets, as agencies deliver it, or again under another address of its own outlet.

Two articles are compared by the runs of five words (shingles) that they share: such runs cover most of a copy, while
reports that two outlets wrote themselves share names and quotes only. To find whom to compare, a few shingles stand for
an article, chosen so that articles with much text in common choose the same (min-wise sketches; Broder, "On the
resemblance and containment of documents", 1997). Most come from the text's beginning, because what outlets cut is its
end.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from hashlib import blake2b
from heapq import nsmallest
from zlib import crc32

from bot.stories.topics import fold

MOST_WORDS = 3000  # of an article; the rest is not looked at
FEWEST_WORDS = 40  # a teaser says too little to tell a copy from a coincidence
SHINGLE = 5
HEAD = 200
FROM_HEAD = 8
FROM_ALL = 4
ALIKE = 0.65  # of the shorter text is in shared runs: docs/decisions/0012-copies.md
ALIKE_SHORT = 0.8  # of one under SURE_WORDS, where the background of a story can be most of the text
ALIKE_OWN = 0.85  # of both texts within one outlet, which tells on what it told before
SURE_WORDS = 120
MOST_TIMES = 5  # as long
NUMBERS = 0.5  # of the shorter one's figures; those of two editions of a series differ
NUMBERS_OWN = 0.8
NAMED = 2 / 3  # of the headline's words
FEW_NUMBERS = 2  # so many may differ in any case
_LONG = 4  # shorter words of a headline name nothing,
_STEM = 4  # letters that other spellings and endings leave alone
_FIRST_SIGN = "\u3040"  # except in Japanese and Chinese, where each sign is a word


@dataclass(frozen=True, slots=True)
class Report:
    """What is compared of an article; texts as they are stored."""

    source_id: int
    title: str
    text: str


@dataclass(frozen=True, slots=True)
class _Words:
    source_id: int
    title: tuple[str, ...]
    words: tuple[str, ...]
    known: Counter[str]
    shingles: frozenset[tuple[str, ...]]
    numbers: frozenset[str]


def fingerprint(folded: str) -> tuple[int, ...]:
    """At most twelve numbers under 2**48 of which copies have at least one in common; none for a short text.

    Args:
        folded: the text as `bot.stories.topics.fold` leaves it.
    """
    words = folded.split(maxsplit=MOST_WORDS)[:MOST_WORDS]
    if len(words) < FEWEST_WORDS:
        return ()
    shingles = list(map(" ".join, shingles_of(words)))
    chosen = {*nsmallest(FROM_HEAD, set(shingles[:HEAD]), key=_rank), *nsmallest(FROM_ALL, set(shingles), key=_rank)}
    return tuple(sorted(int.from_bytes(blake2b(each.encode(), digest_size=6).digest()) for each in chosen))


def compare(reports: Mapping[int, Report], pairs: Sequence[tuple[int, int]]) -> dict[tuple[int, int], bool]:
    """Whether the second of each pair is a copy of the first; `reports` by the ids in `pairs`."""
    read = {report_id: _read(reports[report_id]) for pair in pairs for report_id in pair}
    return {(first, second): _is_copy(read[first], read[second]) for first, second in pairs}


def place(
    ids: Sequence[int], candidates: Mapping[int, Sequence[int]], verdicts: Mapping[tuple[int, int], bool]
) -> dict[int, int | None]:
    """Of which article each of these is a copy, None for a first one.

    A copy of a copy does not count: editions that change step by step would all become one text.

    Args:
        ids: articles that have no place yet, the earliest first.
        candidates: those that each may be a copy of, the likeliest first; an earlier one of `ids` may be among them.
        verdicts: `compare` on (candidate, id).

    Returns:
        Nothing about an article that has a candidate without a verdict, or one that has no place yet itself.
    """
    placed: dict[int, int | None] = {}
    waiting = set(ids)
    for article_id in ids:
        firsts = [each for each in candidates.get(article_id, ()) if placed.get(each) is None]
        if all((each, article_id) in verdicts and each not in waiting for each in firsts):
            placed[article_id] = next((each for each in firsts if verdicts[each, article_id]), None)
            waiting.remove(article_id)
    return placed


def _is_copy(first: _Words, second: _Words) -> bool:
    shorter, longer = sorted((first, second), key=lambda each: len(each.words))
    if len(shorter.words) < FEWEST_WORDS or len(longer.words) > MOST_TIMES * len(shorter.words):
        return False
    own = first.source_id == second.source_id
    return (
        (_is_all_known(shorter, longer) if own else _is_mostly_known(shorter, longer))
        and _same_numbers(shorter, longer, NUMBERS_OWN if own else NUMBERS)
        and not _are_editions(first, second)
        and _same_subject(first, second)
        and _same_subject(second, first)
    )


def _is_mostly_known(shorter: _Words, longer: _Words) -> bool:
    least = ALIKE if len(shorter.words) >= SURE_WORDS else ALIKE_SHORT
    return shared_part(shorter.words, longer.shingles) >= least


def _is_all_known(one: _Words, other: _Words) -> bool:
    return all(shared_part(a.words, b.shingles) >= ALIKE_OWN for a, b in ((one, other), (other, one)))


def shared_part(words: Sequence[str], shingles: AbstractSet[tuple[str, ...]]) -> float:
    """Which part of these words stands in one of these runs of five."""
    shared, end = 0, 0
    for at, shingle in enumerate(shingles_of(words)):
        if shingle in shingles:
            shared += at + SHINGLE - max(at, end)
            end = at + SHINGLE
    return shared / len(words) if words else 0.0


def _same_numbers(shorter: _Words, longer: _Words, least: float) -> bool:
    other = len(shorter.numbers - longer.numbers)
    return other <= FEW_NUMBERS or 1 - other / len(shorter.numbers) >= least


def _are_editions(first: _Words, second: _Words) -> bool:
    """Whether the headlines differ in nothing but figures."""
    return first.title != second.title and _letters(first.title) == _letters(second.title)


def _same_subject(headed: _Words, other: _Words) -> bool:
    """Whether what a headline names, as far as its own text comes back to it, is in the other text as well.

    Of a form filled in anew it is not, and a text that has nothing of its headline is boilerplate.
    """
    headline = {word for word in headed.title if len(word) >= _LONG or word[0] >= _FIRST_SIGN}
    named = [word for word in headline if word in headed.known]
    # the first sentence, which outlets like to write anew, has them all once
    repeated = {word[:_STEM] for word in named if headed.known[word] > 1}
    shared = repeated & {word[:_STEM] for word in other.known}
    return not headline or (bool(named) and len(shared) >= NAMED * len(repeated))


def _read(report: Report) -> _Words:
    words = fold(report.text).split(maxsplit=MOST_WORDS)[:MOST_WORDS]
    return _Words(
        report.source_id,
        tuple(fold(report.title).split()),
        tuple(words),
        Counter(words),
        frozenset(shingles_of(words)),
        frozenset(word for word in words if not word.isalpha()),
    )


def _letters(title: Sequence[str]) -> list[str]:
    return [word for word in title if word.isalpha()]


def shingles_of(words: Sequence[str]) -> "zip[tuple[str, ...]]":
    """The runs of five words, in order."""
    return zip(*(words[at:] for at in range(SHINGLE)), strict=False)


def _rank(shingle: str) -> tuple[int, str]:
    return crc32(shingle.encode()), shingle
