"""Sentences with their spans.

A line end always ends a sentence; within a line sentencex decides, and what it cuts too early (abbreviations that it
does not know, German ordinals) is put together again. Quoted speech stays in one piece unless its closing mark is lost.
Every sentence is a slice of the text that was given, whatever characters it holds.
"""

import re
from collections.abc import Callable, Iterator
from functools import lru_cache
from itertools import accumulate, pairwise
from typing import NamedTuple

from bot.summarize.rules import Rules, load

MOST_QUOTED_CHARS = 700
"""A piece longer than this was glued by a quotation mark that never closes, and is cut again without the marks."""

FINAL = re.compile(r"[.!?…。！？؟۔։।॥:;][\"”“»«’‘')\]」』›\s]*$")
"""The end of a sentence, in any script; quotation marks and brackets may follow."""

_SURROGATES = re.compile("[\ud800-\udfff]")
# sentencex panics where a single capital stands between such a blank and a dot
_WIDE_BLANK = re.compile(r"[^\S ]")
_STRAIGHT = re.compile('"')
_QUOTES = re.compile("[“”„«»‘’‚‹›「」『』]|(?<![^\\W_])'|'(?![^\\W_])")
_BLOCK_CHARS = 8000
_LOST_OPENING, _LOST_CLOSING = "_", " "
_WORD = re.compile(r"[^\W\d_]+")
_BEFORE_OPENING = " \t([{“‘—–-"
_LINE = re.compile(r"[^\n\r\x0b\x0c\x1c-\x1e\x85\u2028\u2029]+")


class Sentence(NamedTuple):
    """One sentence: `whole[start:end]` with white space folded is `text`."""

    text: str
    start: int
    end: int


def fold(text: str) -> str:
    """Every run of white space as one blank, none at the ends."""
    # white space other than a blank is not printable; most texts have no run of blanks either
    return text.strip() if text.isprintable() and "  " not in text else " ".join(text.split())


def lines(text: str) -> Iterator[tuple[int, int]]:
    """Spans of the lines of `text` that hold anything, without their ends."""
    for found in _LINE.finditer(text):
        start, end = trimmed(text, found.start(), found.end())
        if start < end:
            yield start, end


def trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    """The span without white space at its ends (an empty span where it held nothing else)."""
    piece = text[start:end]
    left = len(piece) - len(piece.lstrip())
    return start + left, max(start + left, end - (len(piece) - len(piece.rstrip())))


def split(text: str, language: str | None = None) -> Iterator[Sentence]:
    """All sentences of `text` in order; `language` (ISO 639-1) chooses the abbreviations."""
    for start, end in lines(text):
        yield from split_line(text, start, end, language)


def split_line(text: str, start: int, end: int, language: str | None) -> Iterator[Sentence]:
    """The sentences of one line, `text[start:end]`, which holds no line end."""
    line = text[start:end]
    if not line.isascii():
        line = _WIDE_BLANK.sub(" ", _SURROGATES.sub("�", line))
    line = _paired(line)
    rules = load(language)
    for left, right in _joined(line, _apart(line, _whole(line, language), rules), rules):
        left, right = trimmed(text, start + left, start + right)
        if left < right:
            yield Sentence(fold(text[left:right]), left, right)


def _paired(line: str) -> str:
    """The line with straight quotation marks told apart, character for character; those without a partner are neutral.

    A quotation that runs over paragraphs opens in each and closes once, which turns every later mark round.
    """
    if '"' not in line:
        return line
    told, opened = dict[int, str](), -1
    for found in _STRAIGHT.finditer(line):
        at = found.start()
        if line[at + 1 : at + 2].strip() and (at == 0 or line[at - 1] in _BEFORE_OPENING):
            opened, told[at] = at, _LOST_OPENING
        elif opened >= 0:
            told[opened], told[at], opened = "“", "”", -1
        else:
            told[at] = _LOST_CLOSING
    marks = iter(told.values())
    return _STRAIGHT.sub(lambda _: next(marks), line)


def _whole(line: str, language: str | None) -> Iterator[tuple[int, int]]:
    for left, right in _cuts(line, language):
        if right - left > MOST_QUOTED_CHARS:
            yield from ((left + a, left + b) for a, b in _asked(_bare(line[left:right]), language))
        else:
            yield left, right


def _apart(line: str, cuts: Iterator[tuple[int, int]], rules: Rules) -> Iterator[tuple[int, int]]:
    """The same, cut again where the language's rules see a beginning."""
    for left, right in cuts:
        for found in rules.missed.finditer(line, left, right) if rules.missed else ():
            yield left, found.end()
            left = found.end()
        yield left, right


def _cuts(line: str, language: str | None) -> Iterator[tuple[int, int]]:
    """Where sentencex cuts, asked block by block: its time grows with the square of a text's open quotations."""
    start = 0
    while start < len(line):
        found = _asked(line[start : start + _BLOCK_CHARS], language)
        if start + _BLOCK_CHARS < len(line):
            found = found[:-1]  # it may go on in the next block
        if not found:
            found = _asked(_bare(line[start:]), language)
        yield from ((start + left, start + right) for left, right in found)
        start += found[-1][1]


def _asked(piece: str, language: str | None) -> list[tuple[int, int]]:
    ends = list(accumulate(map(len, _segment()(language or "en", piece)), initial=0))
    return list(pairwise(ends))


@lru_cache(maxsize=1)
def _segment() -> Callable[[str, str], list[str]]:
    # not at the top of the file, as a command that condenses nothing should not load it
    from sentencex import segment

    found: Callable[[str, str], list[str]] = segment
    return found


def _bare(piece: str) -> str:
    return _QUOTES.sub(_LOST_OPENING, piece)


def _joined(line: str, cuts: Iterator[tuple[int, int]], rules: Rules) -> Iterator[tuple[int, int]]:
    held: tuple[int, int] | None = None
    for left, right in cuts:
        if held and not _goes_on(line, held, right, rules):
            yield held
            held = None
        held = (held[0] if held else left, right)
    if held:
        yield held


def _goes_on(line: str, held: tuple[int, int], right: int, rules: Rules) -> bool:
    """Whether the piece after `held` belongs to it: a small letter begins it, or an abbreviation ends `held`."""
    left, cut = held
    if right - left > MOST_QUOTED_CHARS:
        return False
    if line[cut : cut + 1].islower():
        word = _WORD.match(line, cut, right)
        if word and word[0].islower():
            return True
    # the last 20 characters hold any abbreviation
    return bool(rules.unfinished and rules.unfinished.search(line[max(left, cut - 20) : cut]))
