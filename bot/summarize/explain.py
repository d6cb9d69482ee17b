"""Why the bullets are what they are: what was left out by which rule, and what each sentence was worth.

For people who ask, not for the service: it goes over the text a second time, rule by rule.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bot.summarize import ranker
from bot.summarize.clean import MOST_CHARS, Told, is_byline, is_subhead, read
from bot.summarize.features import NAMES, Words, measured, words_of
from bot.summarize.language import known
from bot.summarize.rank import best_first, candidates, is_own_voice, is_teaser, leans, usable
from bot.summarize.rules import Cues, cues, load, single
from bot.summarize.rules.openings import Pattern
from bot.summarize.sentences import Sentence, fold, lines, trimmed

_MOST_REASONS = 3
_FORM_CHARS = 300
_ENDS = ("ending", "headline")


@dataclass(frozen=True, slots=True)
class Removed:
    """A piece of the text that is not the story, and the rule that says so: `kind.group` of a rule file, or a word."""

    text: str
    start: int
    end: int
    rule: str


@dataclass(frozen=True, slots=True)
class Rated:
    """A sentence of the story: its score (None: it cannot be a bullet), the main reasons, and whether it was chosen."""

    text: str
    start: int
    end: int
    score: float | None
    reasons: tuple[str, ...]
    chosen: bool


@dataclass(frozen=True, slots=True)
class Explained:
    """All that was decided about one article. `place` and `agency` are its dateline's, `notes` its corrections."""

    language: str | None
    place: str | None
    agency: str | None
    notes: tuple[str, ...]
    removed: tuple[Removed, ...]
    sentences: tuple[Rated, ...]


def explained(text: str, *, title: str | None = None, language: str | None = None, count: int = 3) -> Explained:
    """What `bullets.condense` with its own method does to an article, and why; the arguments are the same."""
    code = known(language, text)
    told = read(text, code, title)
    removed, rated = tuple(_removed(text, told, code, title)), tuple(_rated(told.sentences, title, code, count))
    return Explained(code, told.place, told.agency, told.notes, removed, rated)


# ---- what was left out -----------------------------------------------------------------------------


def _removed(text: str, told: Told, language: str | None, title: str | None) -> Iterator[Removed]:
    rules = list(single(language))
    endings = [each for each in rules if each[0].startswith(_ENDS)]
    for start, end in _gaps(text[:MOST_CHARS], told.sentences):
        piece = text[start:end]
        if told.tail and start >= told.tail[0].start:
            rule = "tail"
        elif told.ended is not None and start > told.ended:
            rule = "after the end"
        else:
            rule = _rule(piece, endings if start == told.ended else rules, language, title)
        yield Removed(fold(piece), start, end, rule)


def _gaps(text: str, told: Sequence[Sentence]) -> Iterator[tuple[int, int]]:
    """Spans of what is between the sentences of the story, line by line."""
    spans = iter([(each.start, each.end) for each in told])
    kept = next(spans, None)
    for line, end in lines(text):
        at = line
        while kept and kept[0] < end:
            yield from _piece(text, at, kept[0])
            at, kept = kept[1], next(spans, None)
        yield from _piece(text, at, end)


def _piece(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    start, end = trimmed(text, start, max(start, end))
    if start < end:
        yield start, end


def _rule(piece: str, rules: list[tuple[str, Pattern]], language: str | None, title: str | None) -> str:
    head = piece[:_FORM_CHARS]
    if title and fold(piece).casefold() == fold(title).casefold():
        return "title"
    for name, pattern in rules:
        if name.startswith("prefix") and pattern.fullmatch(f"{head} A", 0, len(head) + 1):
            return name
    for name, pattern in rules:
        if not name.startswith("prefix") and (pattern.search if name.startswith("anywhere") else pattern.match)(head):
            return name
    if is_byline(head, load(language)):
        return "byline"
    return next((name for name, pattern in rules if pattern.match(f"{piece} A")), "") or (
        "subhead" if is_subhead(piece) else "beside the story"
    )


# ---- what the sentences were worth -----------------------------------------------------------------


def _rated(told: Sequence[Sentence], title: str | None, language: str | None, count: int) -> Iterator[Rated]:
    listed = cues(language)
    words = words_of([each.text for each in told], listed)
    good, may = candidates(words, listed), set(usable(words))
    chosen = set(best_first(told, count, title, language))
    by = ranker.model()
    rows = dict(zip(good, measured(words, good, title, listed).rows, strict=True)) if good else {}
    for at, each in enumerate(told):
        score = ranker.scores([rows[at]], by)[0] if at in rows else None
        reasons = _why(rows[at]) if at in rows else (_why_not(words[at], at in may, listed),)
        if at and leans(words[at], listed):
            reasons = ("leans on the sentence before", *reasons)
        yield Rated(each.text, each.start, each.end, None if score is None else round(score, 2), reasons, at in chosen)


def _why(row: list[float]) -> tuple[str, ...]:
    by = ranker.model()
    parts = [weight * (value - mean) for weight, value, mean in zip(by.weights, row, by.means, strict=True)]
    most = sorted(range(len(parts)), key=lambda at: -abs(parts[at]))[:_MOST_REASONS]
    return tuple(f"{NAMES[at]} {parts[at]:+.1f}" for at in most)


def _why_not(words: Words, may: bool, listed: Cues) -> str:
    if may and is_own_voice(words, listed):
        return "the writer's own voice"
    if may:
        return "a teaser" if is_teaser(words, listed) else "poor as a bullet"
    return "a repeat, a question, or not whole"
