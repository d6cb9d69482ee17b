"""Copies: one text in several outlets, as agencies deliver it, or again under another address of its own outlet.

Runs of five words that two articles share cover most of a copy, while reports that two outlets wrote themselves share
names and quotes only. What outlets do to an agency's report (another headline and lead, a paragraph of their own, its
end cut) is allowed for; what makes two editions of a series (other figures, other names in the same form) is not.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.stories.shingles import FEWEST_WORDS, Shingles, between, shared, shingles_of, words_of
from bot.stories.topics import fold

# thresholds: docs/decisions/0012-copies.md
ALIKE = 0.76  # of the shorter text is shared, a new lead and an added paragraph not counted
ALIKE_SHORT = 0.72  # of one under SURE_WORDS, all counted: there the background of a story can be most of the text
ALIKE_OWN = 0.85  # of both texts, all counted, within one outlet, which tells on what it told before
SURE_WORDS = 150
LEAD_WORDS = 40
PARAGRAPH_WORDS = 60
MOST_NEW = 0.25  # of a text can be such a lead and paragraph
MOST_TIMES = 5  # as long: more than that is an excerpt
NUMBERS = 0.5  # of the figures in what is shared but for them are the same
NUMBERS_OWN = 0.8
FEW_NUMBERS = 2  # so many may differ in any case
NAMED = 2 / 3  # of the words that headline and text have in common are in the other text
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
    shingles: Shingles


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


def alike(one: str, other: str) -> float:
    """Which part of the shorter of two texts is shared, a new lead and an added paragraph not counted."""
    shorter, longer = sorted((_read(Report(0, "", text)) for text in (one, other)), key=_length)
    return _part_but_new(shorter, longer)


def _is_copy(first: _Words, second: _Words) -> bool:
    shorter, longer = sorted((first, second), key=_length)
    if _length(shorter) < FEWEST_WORDS or _length(longer) > MOST_TIMES * _length(shorter):
        return False
    own = first.source_id == second.source_id
    return (
        (_is_all_known(shorter, longer) if own else _is_mostly_known(shorter, longer))
        and _same_numbers(shorter, longer, NUMBERS_OWN if own else NUMBERS)
        and not _are_editions(first, second)
        and (first.title == second.title or (_same_subject(first, second) and _same_subject(second, first)))
    )


def _is_mostly_known(shorter: _Words, longer: _Words) -> bool:
    if _length(shorter) < SURE_WORDS:
        return _part(shorter, longer) >= ALIKE_SHORT
    return _part_but_new(shorter, longer) >= ALIKE


def _is_all_known(one: _Words, other: _Words) -> bool:
    return _part(one, other) >= ALIKE_OWN and _part(other, one) >= ALIKE_OWN


def _part(one: _Words, other: _Words) -> float:
    return sum(map(len, shared(one.words, other.shingles))) / _length(one)


def _part_but_new(one: _Words, other: _Words) -> float:
    size = _length(one)
    if not size:
        return 0.0
    stretches = shared(one.words, other.shingles)
    others = between(stretches, size)
    lead = [stretch for stretch in others[:1] if stretch.start == 0]
    added = max((len(stretch) for stretch in others[len(lead) :]), default=0)
    new = min(LEAD_WORDS, sum(map(len, lead))) + min(PARAGRAPH_WORDS, added)
    return sum(map(len, stretches)) / (size - min(new, int(MOST_NEW * size)))


def _same_numbers(one: _Words, other: _Words, least: float) -> bool:
    """Whether figures are the same where the text around them is: those of two editions of a series are not."""
    around = frozenset(shingles_of(_without_figures(other.words)))
    in_form = _figures(one, shared(_without_figures(one.words), around))
    same = _figures(one, shared(one.words, other.shingles))
    return in_form - same <= FEW_NUMBERS or same >= least * in_form


def _figures(words: _Words, stretches: Sequence[range]) -> int:
    return sum(not words.words[at].isalpha() for stretch in stretches for at in stretch)


def _without_figures(words: Sequence[str]) -> list[str]:
    return [word if word.isalpha() else "0" for word in words]


def _are_editions(first: _Words, second: _Words) -> bool:
    """Whether the headlines differ in nothing but figures, or in one word of which one text tells and the other not."""
    if len(first.title) != len(second.title):
        return False
    others = [(a, b) for a, b in zip(first.title, second.title, strict=True) if a != b]
    if len(others) == 1 and any(map(str.isalpha, others[0])):
        one, other = others[0]
        return (one in first.known) > (one in second.known) or (other in second.known) > (other in first.known)
    return bool(others) and not any(word.isalpha() for pair in others for word in pair)


def _same_subject(headed: _Words, other: _Words) -> bool:
    """Whether what a headline names, as far as its own text comes back to it, is in the other text as well.

    Of a form filled in anew it is not, and a text that has nothing of its headline is boilerplate.
    """
    headline = {word for word in headed.title if len(word) >= _LONG or word[0] >= _FIRST_SIGN}
    named = [word for word in headline if word in headed.known]
    # the first sentence, which outlets like to write anew, has them all once
    repeated = {word[:_STEM] for word in named if headed.known[word] > 1}
    found = repeated & {word[:_STEM] for word in other.known}
    return not headline or (bool(named) and len(found) >= NAMED * len(repeated))


def _read(report: Report) -> _Words:
    words = words_of(fold(report.text))
    title = tuple(fold(report.title).split())
    return _Words(report.source_id, title, tuple(words), Counter(words), frozenset(shingles_of(words)))


def _length(words: _Words) -> int:
    return len(words.words)
