"""What of a text is the story: its sentences without the page around them.

Bylines, datelines, stamps, captions and credits, newsletter and cookie lines, subheads, teasers and the tail of other
stories are known by position and form; the forms are data (`rules/`). Nothing is rewritten: what is left out of a
sentence is left out at its ends, so every sentence stays a slice of the text.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import islice

from bot.summarize.datelines import place_and_agency
from bot.summarize.rules import Rules, load
from bot.summarize.rules.openings import Pattern
from bot.summarize.sentences import FINAL, Sentence, fold, lines, split_line, trimmed
from bot.summarize.tail import length_of_story

MOST_CHARS = 500_000
MOST_SENTENCES = 10_000
_MOST_LINES = 20_000

_FORM_CHARS = 300
"""Rules look no further than this into a line or sentence, which keeps them linear."""
_SHORT_LINE_CHARS = 200
_SUBHEAD_CHARS, _SUBHEAD_WORDS = 90, 14
_BYLINE_CHARS, _BYLINE_WORDS = 140, 18
_HEAD_LINES = 8
_MOST_PREFIXES = 8
_EARLIEST_TAIL = 1 / 3
"""An ending before this part of the text is a box inside the story, not its end."""

_VERSE_CHARS, _VERSE_LINES = 70, 3
_OPEN = (",", ";", ":", "،", "؛", "，", "；", "、", "–", "—")
_LONGEST_NOTE_CHARS, _MOST_NOTES = 600, 5

_NAME_WORDS = re.compile(
    r"(?:and|und|et|y|e|de|del|der|den|van|von|vom|zu|la|le|di|da|dos|for|für|in|im|of|the|al|bin|و)", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Told:
    """A text read: the story's sentences, and what stands beside it that is worth keeping.

    `sentences` are in order, at most MOST_SENTENCES of the first MOST_CHARS characters; their spans point into it.
    `tail` goes on after them and is no longer the story; `ended` is where a line said so. `place` and `agency` are the
    dateline's, `notes` corrections.
    """

    sentences: tuple[Sentence, ...]
    tail: tuple[Sentence, ...] = ()
    place: str | None = None
    agency: str | None = None
    notes: tuple[str, ...] = ()
    ended: int | None = None


@dataclass(slots=True)
class _Beside:
    """What is met on the way and is not the story."""

    dateline: str | None = None
    notes: list[str] = field(default_factory=list)
    ended: int | None = None


def story(text: str, language: str | None = None, title: str | None = None) -> tuple[Sentence, ...]:
    """The sentences of the story that `text` tells, as `read` finds them."""
    return read(text, language, title).sentences


def read(text: str, language: str | None = None, title: str | None = None) -> Told:
    """Tell the story of a text from what stands around it.

    Args:
        text: an article as it was extracted or copied, a paragraph a line; or all of it in one line.
        language: ISO 639-1; chooses rules and abbreviations.
        title: the headline, which the text may repeat as a line.
    """
    beside = _Beside()
    found: list[Sentence] = []
    for sentence in _sentences(text[:MOST_CHARS], language, title, beside):
        found.append(sentence)
        if len(found) == MOST_SENTENCES:
            break
    ends = len(found)
    if len(text) <= MOST_CHARS:
        ends = length_of_story(text, found, language, title)
    elif found and found[-1].end > MOST_CHARS - _FORM_CHARS:
        found.pop()  # it may have been cut
    place, agency = place_and_agency(beside.dateline) if beside.dateline else (None, None)
    return Told(tuple(found[:ends]), tuple(found[ends:]), place, agency, tuple(beside.notes), beside.ended)


def _sentences(text: str, language: str | None, title: str | None, beside: _Beside) -> Iterator[Sentence]:
    rules = load(language)
    low = text.lower()
    rules = replace(rules, anywhere=tuple([each for each in rules.anywhere if each.may_find(low)]))
    for start, end, judged in _story_lines(text, rules, fold(title or "").casefold(), beside):
        for sentence in split_line(text, start, end, language):
            if (judged and sentence.text == text[start:end]) or not _is_outside(sentence.text, rules):
                yield sentence
            elif _matches(rules.ending, sentence.text):
                if _is_late(sentence.start, text):
                    beside.ended = sentence.start
                    return
            elif _matches(rules.corrections, sentence.text):
                whole = sentence.start == start and end - start < len(text.strip())
                _note(text[start:end] if whole else sentence.text, beside)
                if whole:
                    break  # the line goes on about the mistake


def _note(words: str, beside: _Beside) -> None:
    if len(words) <= _LONGEST_NOTE_CHARS and len(beside.notes) < _MOST_NOTES:
        beside.notes.append(fold(words))


def _story_lines(text: str, rules: Rules, headline: str, beside: _Beside) -> Iterator[tuple[int, int, bool]]:
    """Spans of the lines that belong to the story, each from where its first sentence proper begins.

    With each whether the rules about sentences were asked about it already: there is no need to ask them again about
    a line that is one sentence, as most are.
    """
    spans = list(islice(lines(text), _MOST_LINES))
    verse = _verse(text, spans)
    boxed = False  # inside a list of other stories' headlines
    for number, (line_start, end) in enumerate(spans):
        if number in verse:
            continue
        start = _past_prefixes(text, line_start, end, rules, beside if number < _HEAD_LINES else None)
        line = text[start:end]
        if len(spans) > 1 and _is_end(line, rules):
            if _is_late(start, text):
                beside.ended = start
                return
            boxed = True
        elif len(spans) > 1 and _is_beside(line, number, boxed, rules):
            if _matches(rules.corrections, line):
                _note(line, beside)
        else:
            boxed = False
            if not headline or fold(line).casefold() != headline:
                yield start, end, len(spans) > 1 and len(line) <= _SHORT_LINE_CHARS


def _verse(text: str, spans: list[tuple[int, int]]) -> set[int]:
    """Numbers of the lines of poems and lists: short ones in a row, half of which end in the middle of a sentence."""
    found, run = set[int](), list[int]()
    for number, (start, end) in enumerate((*spans, (0, _VERSE_CHARS + 1))):
        if end - start <= _VERSE_CHARS:
            run.append(number)
            continue
        if len(run) >= _VERSE_LINES:
            opened = sum(text.endswith(_OPEN, *spans[at]) for at in run)
            found.update(run if 2 * opened >= len(run) else ())
        run = []
    return found


def _is_beside(line: str, number: int, boxed: bool, rules: Rules) -> bool:
    """Whether a line among others is not the story: furniture, byline, subhead, or a headline in a box."""
    if boxed and not FINAL.search(line[-10:]):
        return True
    if len(line) <= _SHORT_LINE_CHARS and _is_outside(line, rules):
        return True
    return (number < _HEAD_LINES and is_byline(line, rules)) or is_subhead(line)


def _is_late(at: int, text: str) -> bool:
    return at >= len(text) * _EARLIEST_TAIL


def _past_prefixes(text: str, start: int, end: int, rules: Rules, beside: _Beside | None) -> int:
    """Where the line's first sentence proper begins; the first dateline before it is kept in `beside`."""
    for _ in range(_MOST_PREFIXES):
        found = rules.prefix.match(text, start, min(end, start + _FORM_CHARS)) if rules.prefix else None
        if not found or found.end() == start:
            break
        if beside and beside.dateline is None and rules.dateline and rules.dateline.match(text, start, end):
            beside.dateline = found.group()
        start = trimmed(text, found.end(), end)[0]
    return start


def _is_end(line: str, rules: Rules) -> bool:
    """Whether what follows this line is not the story: a copyright line, or the headline of a list of other stories."""
    if len(line) > _FORM_CHARS:
        return False
    headline = rules.headline.fullmatch(line.rstrip(" :…»>")) if rules.headline else None
    return _matches(rules.ending, line) or bool(headline)


def _is_outside(text: str, rules: Rules) -> bool:
    """Whether a line or sentence is furniture or an end."""
    head = text[:_FORM_CHARS]
    return rules.outside.match(head) or _holds(head, rules)


def _holds(head: str, rules: Rules) -> bool:
    if not rules.anywhere:
        return False
    low = head.lower()
    return any(each.may_find(low) and each.pattern.search(head) for each in rules.anywhere)


def _matches(pattern: Pattern | None, text: str) -> bool:
    return bool(pattern and pattern.match(text[:_FORM_CHARS]))


def is_byline(line: str, rules: Rules) -> bool:
    """A word like "By" and then names: hardly a word in small letters, no end of a sentence."""
    before = rules.byline.match(line) if rules.byline and len(line) <= _BYLINE_CHARS else None
    if not before or FINAL.search(line[-10:]):
        return False
    words = line[before.end() :].split()
    small = sum(word[0].islower() and not _NAME_WORDS.fullmatch(word) for word in words)
    return 0 < len(words) <= _BYLINE_WORDS and 4 * small <= len(words)


def is_subhead(line: str) -> bool:
    """A short line that ends like no sentence, or one in capitals."""
    if len(line) > _SUBHEAD_CHARS or len(line.split()) > _SUBHEAD_WORDS:
        return False
    return line.isupper() or not FINAL.search(line[-10:])
