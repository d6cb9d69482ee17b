"""What is not the story, as data: one readable file for all languages and one a language.

Each file has tables of regular expressions, matched without regard to case unless they say `(?-i:…)`. In `form.toml`
stands what holds whatever the language, and its table `names` says what `<name>` in a pattern means; a name is made of
names above it.
"""

import re
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any

_FALLBACK = "en"
"""Whose rules stand in where the language is unknown or has no file: its furniture stands on pages everywhere."""

_KINDS = ("prefix", "anywhere", "ending", "headline", "byline", "unfinished", "missed")
_KEPT = {"dateline": "prefix", "corrections": "furniture"}

Pattern = re.Pattern[str]
_Table = dict[str, dict[str, Any]]

_LITERAL = re.compile(r"[a-z](?![?*{|])")
_NESTED = re.compile(r"\\.|\[[^\]]*\]|\([^()]*\)")
_OTHER_LETTERS = {"İ": "i", "ı": "i", "ſ": "s", "\u212a": "k"}
"""What else a letter of ASCII stands for where case does not matter (`re.IGNORECASE`)."""


class Openings:
    """Patterns that are matched where a text begins; most of them are asked only where its first letter is theirs.

    A hundred alternatives that are all asked take three times as long.
    """

    def __init__(self, patterns: Iterable[str]) -> None:
        groups: dict[str, list[str]] = {}
        for each in patterns:
            groups.setdefault(_first_letter(each), []).append(each)
        self._by_letter = {letter: _either(group) for letter, group in groups.items()}

    def match(self, text: str) -> bool:
        """Whether one of the patterns matches at the beginning of `text`."""
        letter = text[:1].lower()
        own, rest = self._by_letter.get(_OTHER_LETTERS.get(text[:1], letter)), self._by_letter.get("")
        return bool((own and letter and own.match(text)) or (rest and rest.match(text)))


def _first_letter(pattern: str) -> str:
    """The letter of ASCII that all its matches begin with, "" where there may be several."""
    outer = pattern
    while outer != (outer := _NESTED.sub("", outer)):
        pass
    return pattern[0] if _LITERAL.match(pattern) and "|" not in outer else ""


@dataclass(frozen=True, slots=True)
class Rules:
    """One language's rules together with the common ones; None where no rule of the kind exists.

    prefix: matched where a line begins; what it covers is left out of the first sentence. furniture: matched where a
    line or sentence begins; that line or sentence goes. anywhere: the same, but found anywhere in it; looked for only
    where one of `marks` stands, as one of them does in every text that such a rule finds. ending: matched
    against a whole short line or sentence; nothing after it belongs to the story. headline: an ending that only counts
    as a line of its own. byline: matched where a line begins, before a name. unfinished: found at the end of a piece
    that is not a whole sentence yet. missed: found where one sentence ends and another begins though the splitter saw
    one. dateline and corrections: those of the prefixes and of the furniture whose words
    are worth keeping.
    """

    prefix: Pattern | None
    furniture: Openings
    anywhere: Pattern | None
    marks: tuple[str, ...]
    ending: Pattern | None
    headline: Pattern | None
    byline: Pattern | None
    unfinished: Pattern | None
    missed: Pattern | None
    dateline: Pattern | None
    corrections: Pattern | None


@dataclass(frozen=True, slots=True)
class Cues:
    """Words of one language, in small letters; empty where nobody listed them.

    small: its commonest. back: what points to something said before, `he`, `this`. connective: what joins a sentence to
    the one before. own, first, second: `I`, `I` or `we`, and `you`. reporting: `said`, `according`.
    teaser: what opens a sentence that only announces others, one word or two joined by `_`, `here_are`, `imagine`.
    appeal: what opens a call to readers where `you` stands too, or a comma behind it, `share`.
    """

    small: frozenset[str]
    back: frozenset[str]
    connective: frozenset[str]
    own: frozenset[str]
    first: frozenset[str]
    second: frozenset[str]
    reporting: frozenset[str]
    teaser: frozenset[str]
    appeal: frozenset[str]
    the: frozenset[str]
    deed: frozenset[str]


def load(language: str | None) -> Rules:
    """The rules for a language (ISO 639-1)."""
    return _load(language if language in _known() else _FALLBACK)


@lru_cache(maxsize=1)
def _known() -> frozenset[str]:
    names = (file.name for file in files(__name__).iterdir())
    return frozenset(name.removesuffix(".toml") for name in names if name.endswith(".toml") and len(name) == 7)


@lru_cache(maxsize=8)
def _load(language: str) -> Rules:
    # a language's own rules first, as they know more: of a dateline they take the agency too
    tables = [_read(language), _read("form")]
    names: dict[str, str] = tables[1]["names"]
    patterns = {kind: _joined(tables, names, kind) for kind in _KINDS}
    kept = {group: _joined(tables, names, kind, group) for group, kind in _KEPT.items()}
    marks = tuple(mark for table in tables for mark in table.get("marks", {}).get("anywhere", ()))
    return Rules(**patterns, **kept, furniture=Openings(_meant(tables, names, "furniture")), marks=marks)


def single(language: str | None) -> Iterator[tuple[str, Pattern]]:
    """Every rule that acts by itself as `kind.group` and its pattern, to say which of them was at work."""
    tables = [_read("form"), _read(language if language and language in _known() else _FALLBACK)]
    names: dict[str, str] = tables[0]["names"]
    for kind in ("prefix", "furniture", "anywhere", "ending", "headline"):
        for group in dict.fromkeys(group for table in tables for group in table.get(kind, {})):
            found = _joined(tables, names, kind, group)
            if found:
                yield f"{kind}.{group}", found


@lru_cache(maxsize=64)
def cues(language: str | None) -> Cues:
    """The words of a language (ISO 639-1)."""
    table: dict[str, str] = _read(language).get("cues", {}) if language in _known() else {}
    listed = {kind: frozenset(table.get(kind, "").split()) for kind in Cues.__slots__}
    return Cues(**(listed | {"small": listed["small"] | common_words().get(language or "", frozenset())}))


@lru_cache(maxsize=1)
def common_words() -> dict[str, frozenset[str]]:
    """The commonest words by language (ISO 639-1)."""
    lines = files(__name__).joinpath("words.txt").read_text(encoding="utf-8").splitlines()
    pairs = (line.partition(":") for line in lines)
    return {code: frozenset(words.split()) for code, _, words in pairs}


def _read(name: str) -> _Table:
    return tomllib.loads(files(__name__).joinpath(f"{name}.toml").read_text(encoding="utf-8"))


def _joined(tables: list[_Table], names: dict[str, str], kind: str, only: str | None = None) -> Pattern | None:
    """One pattern of all rules of a kind, or of those of one group."""
    patterns = _meant(tables, names, kind, only)
    return _either(patterns) if patterns else None


def _meant(tables: list[_Table], names: dict[str, str], kind: str, only: str | None = None) -> list[str]:
    """The same rules one by one, the names in them replaced by what they mean."""
    groups = [(group, rules) for table in tables for group, rules in table.get(kind, {}).items()]
    patterns = [rule for group, rules in groups if only in (None, group) for rule in rules]
    for name, meaning in reversed(names.items()):
        patterns = [each.replace(f"<{name}>", meaning) for each in patterns]
    return patterns


def _either(patterns: Iterable[str]) -> Pattern:
    return re.compile("|".join(f"(?:{each})" for each in patterns), re.IGNORECASE)
