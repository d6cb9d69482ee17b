"""What of a text is the story: its sentences without the page around them.

Bylines, datelines, stamps, captions and credits, newsletter and cookie lines, subheads, teasers and the tail of other
stories are known by position and form; the forms are data (`rules/`). Nothing is rewritten: what is left out of a
sentence is left out at its ends, so every sentence stays a slice of the text.
"""

import re
from collections.abc import Iterator
from dataclasses import replace

from bot.summarize.rules import Pattern, Rules, load
from bot.summarize.sentences import FINAL, Sentence, fold, lines, split_line, trimmed
from bot.summarize.tail import length_of_story

MOST_CHARS = 500_000
MOST_SENTENCES = 10_000

_FORM_CHARS = 300
"""Rules look no further than this into a line or sentence, which keeps them linear."""
_SHORT_LINE_CHARS = 200
_SUBHEAD_CHARS, _SUBHEAD_WORDS = 90, 14
_BYLINE_CHARS, _BYLINE_WORDS = 140, 18
_HEAD_LINES = 8
_MOST_PREFIXES = 8
_EARLIEST_TAIL = 1 / 3
"""An ending before this part of the text is a box inside the story, not its end."""

_NAME_WORDS = re.compile(
    r"(?:and|und|et|y|e|de|del|der|den|van|von|vom|zu|la|le|di|da|dos|for|für|in|im|of|the|al|bin|و)", re.IGNORECASE
)


def story(text: str, language: str | None = None, title: str | None = None) -> tuple[Sentence, ...]:
    """The sentences of the story that `text` tells, in order, without its tail.

    Args:
        text: an article as it was extracted or copied, a paragraph a line; or all of it in one line.
        language: ISO 639-1; chooses rules and abbreviations.
        title: the headline, which the text may repeat as a line.

    Returns:
        At most MOST_SENTENCES, from the first MOST_CHARS characters; spans point into `text`.
    """
    found = with_tail(text, language, title)
    return found if len(text) > MOST_CHARS else found[: length_of_story(text, found, language, title)]


def with_tail(text: str, language: str | None, title: str | None) -> tuple[Sentence, ...]:
    """What `story` gives, and after it the tail that no known ending announces."""
    found: list[Sentence] = []
    for sentence in _sentences(text[:MOST_CHARS], language, title):
        found.append(sentence)
        if len(found) == MOST_SENTENCES:
            break
    if len(text) > MOST_CHARS and found and found[-1].end > MOST_CHARS - _FORM_CHARS:
        found.pop()  # it may have been cut
    return tuple(found)


def _sentences(text: str, language: str | None, title: str | None) -> Iterator[Sentence]:
    rules = load(language)
    low = text.lower()
    rules = replace(rules, marks=tuple([mark for mark in rules.marks if mark in low]))
    for start, end in _story_lines(text, rules, fold(title or "").casefold()):
        for sentence in split_line(text, start, end, language):
            if _matches(rules.ending, sentence.text):
                if _is_late(sentence.start, text):
                    return
            elif not _is_furniture(sentence.text, rules):
                yield sentence


def _story_lines(text: str, rules: Rules, headline: str) -> Iterator[tuple[int, int]]:
    """Spans of the lines that belong to the story, each from where its first sentence proper begins."""
    spans = list(lines(text))
    boxed = False  # inside a list of other stories' headlines
    for number, (line_start, end) in enumerate(spans):
        start = _past_prefixes(text, line_start, end, rules)
        line = text[start:end]
        if len(spans) > 1 and _is_end(line, rules):
            if _is_late(start, text):
                return
            boxed = True
        elif len(spans) > 1 and _is_beside(line, number, boxed, rules):
            continue
        else:
            boxed = False
            if fold(line).casefold() != headline:
                yield start, end


def _is_beside(line: str, number: int, boxed: bool, rules: Rules) -> bool:
    """Whether a line among others is not the story: furniture, byline, subhead, or a headline in a box."""
    if boxed and not FINAL.search(line[-10:]):
        return True
    if len(line) <= _SHORT_LINE_CHARS and _is_furniture(line, rules):
        return True
    return (number < _HEAD_LINES and is_byline(line, rules)) or is_subhead(line)


def _is_late(at: int, text: str) -> bool:
    return at >= len(text) * _EARLIEST_TAIL


def _past_prefixes(text: str, start: int, end: int, rules: Rules) -> int:
    """Where the line's first sentence proper begins."""
    for _ in range(_MOST_PREFIXES):
        found = rules.prefix.match(text, start, min(end, start + _FORM_CHARS)) if rules.prefix else None
        if not found or found.end() == start:
            break
        start = trimmed(text, found.end(), end)[0]
    return start


def _is_end(line: str, rules: Rules) -> bool:
    """Whether what follows this line is not the story: a copyright line, or the headline of a list of other stories."""
    if len(line) > _FORM_CHARS:
        return False
    headline = rules.headline.fullmatch(line.rstrip(" :…»>")) if rules.headline else None
    return _matches(rules.ending, line) or bool(headline)


def _is_furniture(text: str, rules: Rules) -> bool:
    head = text[:_FORM_CHARS]
    return _matches(rules.furniture, head) or _holds(rules, head)


def _holds(rules: Rules, head: str) -> bool:
    low = head.lower()
    for mark in rules.marks:
        if mark in low:
            return bool(rules.anywhere and rules.anywhere.search(head))
    return False


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
