"""Many patterns asked at once where a text begins."""

import re
from collections.abc import Iterable

Pattern = re.Pattern[str]

_WORDS = re.compile(r"\(\?(?:-i)?:([^\W\d_][^()\[\]\\|?*+{}.]*(?:\|[^\W\d_][^()\[\]\\|?*+{}.]*)*)\)(?![?*{])")
_LETTER = re.compile(r"[^\W\d_](?![?*{])")
_OTHER_LETTERS = {"İ": "i", "ı": "i", "ſ": "s", "\u212a": "k"}
"""What else a letter of ASCII stands for where case does not matter (`re.IGNORECASE`)."""


class Openings:
    """Patterns that are matched where a text begins; most are asked only where its first letter is one of theirs.

    English: a hundred and forty that are all asked take a third longer.
    """

    def __init__(self, patterns: Iterable[str]) -> None:
        groups: dict[str, list[str]] = {}
        for each in patterns:
            for letter in _first_letters(each):
                groups.setdefault(letter, []).append(each)
        self._by_letter = {letter: either(group) for letter, group in groups.items()}
        self._rest = self._by_letter.pop("", None)

    def match(self, text: str) -> bool:
        """Whether one of the patterns matches at the beginning of `text`."""
        own = self._by_letter.get(_small(text[:1]))
        return bool((own and own.match(text)) or (self._rest and self._rest.match(text)))


def either(patterns: Iterable[str]) -> Pattern | None:
    """One pattern of several, None of none."""
    joined = "|".join(f"(?:{each})" for each in patterns)
    return re.compile(joined, re.IGNORECASE) if joined else None


def _first_letters(pattern: str) -> frozenset[str]:
    """The letters that its matches begin with, where it opens with a letter or a choice of words; else only ""."""
    if _is_choice(pattern):
        return frozenset({""})
    words = _WORDS.match(pattern)
    if words:
        return frozenset(_small(word[0]) for word in words[1].split("|"))
    return frozenset({_small(pattern[0]) if _LETTER.match(pattern) else ""})


def _is_choice(pattern: str) -> bool:
    """Whether a pattern is several, one of which may begin otherwise."""
    outer = pattern
    while outer != (outer := re.sub(r"\\.|\[[^\]]*\]|\([^()]*\)", "", outer)):
        pass
    return "|" in outer


def _small(letter: str) -> str:
    return _OTHER_LETTERS.get(letter, letter.lower())
