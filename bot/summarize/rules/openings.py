"""Many patterns asked at once where a text begins."""

import re
from collections.abc import Iterable, Iterator

Pattern = re.Pattern[str]

_OTHER_LETTERS = {"İ": "i", "ı": "i", "ſ": "s", "\u212a": "k"}
"""What else a letter of ASCII stands for where case does not matter (`re.IGNORECASE`)."""
_PIECE = re.compile(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|\(\?[-a-z]*:|\(\?.|(?:[?*+]|\{\d*,?\d*\})[?+]?|[^\\]", re.DOTALL)
"""A character, class, group's beginning or quantifier of a pattern."""
_OPTIONAL = ("?", "*", "{0", "{,")
_GROUP = re.compile(r"\((?:\?[-a-z]*:)?")
_PLACES, _END = ("^", "\\b", "\\B"), "$"


class Openings:
    """Patterns that are matched where a text begins; only those are asked that may begin with the text's first letter.

    A hundred alternatives that are all asked take five times as long.
    """

    def __init__(self, patterns: Iterable[str]) -> None:
        self._patterns = tuple(patterns)
        # the others are all alike to the patterns, so there is one key for them
        self._letters = frozenset(filter(str.isalpha, "".join(self._patterns).lower()))
        self._by_letter: dict[str, Pattern | None] = {}

    def match(self, text: str) -> bool:
        """Whether one of the patterns matches at the beginning of `text`."""
        letter = _small(text[:1])
        if letter not in self._letters:
            letter = ""
        if letter not in self._by_letter:
            self._by_letter[letter] = either([each for each in self._patterns if _may_begin(each, letter)])
        asked = self._by_letter[letter]
        return bool(asked and asked.match(text))


def either(patterns: Iterable[str]) -> Pattern | None:
    """One pattern of several, None of none."""
    joined = "|".join(f"(?:{each})" for each in patterns)
    return re.compile(joined, re.IGNORECASE) if joined else None


def _may_begin(pattern: str, letter: str) -> bool:
    """Whether a match may begin with a letter, or ("") with what is no letter of any pattern; yes where in doubt."""
    return any(_branch_may_begin(branch, letter) for branch in _branches(_PIECE.findall(pattern)))


def _branch_may_begin(pieces: list[str], letter: str) -> bool:
    if not pieces or pieces[0] in _PLACES:
        return True
    if pieces[0] == _END:
        return not letter
    first, size = pieces[0], 1
    if first.startswith("("):
        size = _length_of_group(pieces)
        found = not _GROUP.fullmatch(first) or any(
            _branch_may_begin(branch, letter) for branch in _branches(pieces[1 : size - 1])
        )
    elif first.isalpha():
        found = _small(first) == letter
    else:
        found = not letter or bool(re.fullmatch(first, letter, re.IGNORECASE))
    if found or not "".join(pieces[size : size + 1]).startswith(_OPTIONAL):
        return found
    return _branch_may_begin(pieces[size + 1 :], letter)


def _small(letter: str) -> str:
    return _OTHER_LETTERS.get(letter, letter.lower())


def _length_of_group(pieces: list[str]) -> int:
    depth = 0
    for size, piece in enumerate(pieces, start=1):
        depth += piece.startswith("(") - (piece == ")")
        if not depth:
            return size
    return len(pieces)


def _branches(pieces: list[str]) -> Iterator[list[str]]:
    branch: list[str] = []
    depth = 0
    for piece in pieces:
        depth += piece.startswith("(") - (piece == ")")
        if piece == "|" and not depth:
            yield branch
            branch = []
        else:
            branch.append(piece)
    yield branch
