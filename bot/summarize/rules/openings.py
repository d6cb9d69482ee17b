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
_OTHERS = ""
"""What is no letter in any of the patterns: they are all alike to them."""
_PLACES, _END = ("^", "\\b", "\\B"), "$"


class Openings:
    """Patterns that are matched where a text begins; only those are asked that may begin with the text's first letter.

    A hundred alternatives that are all asked take five times as long.
    """

    def __init__(self, patterns: Iterable[str]) -> None:
        read = [(each, _PIECE.findall(each)) for each in patterns]
        letters = frozenset(filter(str.isalpha, map(_small, "".join(each for each, _ in read))))
        self._by_letter: dict[str, list[str]] = {}
        for each, pieces in read:
            for letter in _beginnings(pieces, letters):
                self._by_letter.setdefault(letter, []).append(each)
        self._letters = letters
        self._asked: dict[str, Pattern | None] = {}

    def match(self, text: str) -> bool:
        """Whether one of the patterns matches at the beginning of `text`."""
        letter = _small(text[:1])
        if letter not in self._letters:
            letter = _OTHERS
        if letter not in self._asked:
            self._asked[letter] = either(self._by_letter.get(letter, []))
        asked = self._asked[letter]
        return bool(asked and asked.match(text))


def either(patterns: Iterable[str]) -> Pattern | None:
    """One pattern of several, None of none."""
    joined = "|".join(f"(?:{each})" for each in patterns)
    return re.compile(joined, re.IGNORECASE) if joined else None


def _beginnings(pieces: list[str], letters: frozenset[str]) -> frozenset[str]:
    """Those of the letters that a match may begin with, and _OTHERS where it may be something else; all if in doubt."""
    return frozenset().union(*[_of_branch(branch, letters) for branch in _branches(pieces)])


def _of_branch(pieces: list[str], letters: frozenset[str]) -> frozenset[str]:
    if not pieces or pieces[0] in _PLACES:
        return letters | {_OTHERS}
    first, size = pieces[0], 1
    if first == _END:
        return frozenset({_OTHERS})
    if first.startswith("("):
        size = _length_of_group(pieces)
        is_plain = _GROUP.fullmatch(first)
        found = _beginnings(pieces[1 : size - 1], letters) if is_plain else letters | {_OTHERS}
    elif first.isalpha():
        found = frozenset({_small(first)})
    else:
        asked = re.compile(first, re.IGNORECASE)
        found = frozenset(filter(asked.fullmatch, letters)) | {_OTHERS}
    if "".join(pieces[size : size + 1]).startswith(_OPTIONAL):
        return found | _of_branch(pieces[size + 1 :], letters)
    return found


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
