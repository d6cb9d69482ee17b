"""What is not the story, as data: one readable file for all languages and one a language.

Each file has tables of regular expressions, matched without regard to case unless they say `(?-i:…)`. In `form.toml`
stands what holds whatever the language, and its table `names` says what `<name>` in a pattern means; a name is made of
names above it.
"""

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache, partial
from importlib.resources import files
from typing import Any, NamedTuple

from bot.summarize.rules.openings import Openings, Pattern, either

_FALLBACK = "en"
"""Whose rules stand in where the language is unknown or has no file: its furniture stands on pages everywhere."""

_Table = dict[str, dict[str, Any]]


class Anywhere(NamedTuple):
    """A pattern, and pieces in small letters of which one stands in every text that it finds something in.

    They cost little to look for, and most texts have none of them. The table `marks` names them by group.
    """

    marks: tuple[str, ...]
    pattern: Pattern

    def may_find(self, low: str) -> bool:
        """Whether the pattern is to be asked about a text, given in small letters."""
        return any(mark in low for mark in self.marks)


@dataclass(frozen=True, slots=True)
class Rules:
    """One language's rules together with the common ones; None where no rule of the kind exists.

    prefix: matched where a line begins; what it covers is left out of the first sentence. outside: matched where a line
    or sentence begins; that line or sentence goes. It is the tables `furniture` and `ending`, asked at once, as most
    sentences are neither. anywhere: more furniture, found anywhere in a line or sentence. ending: those of `outside`
    that end the story: nothing after them belongs to it. headline: an ending that only counts as a line of its own.
    byline: matched where a line begins, before a name. unfinished: found at the end of a piece that is not a whole
    sentence yet. missed: found where one sentence ends and another begins though the splitter saw one. dateline and
    corrections: those of the prefixes and of the furniture whose words are worth keeping.
    """

    prefix: Pattern | None
    outside: Openings
    anywhere: tuple[Anywhere, ...]
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
    pattern = partial(_joined, tables, names)
    return Rules(
        prefix=pattern("prefix"),
        outside=Openings([*_meant(tables, names, "furniture"), *_meant(tables, names, "ending")]),
        anywhere=tuple(_anywhere(tables, names)),
        ending=pattern("ending"),
        headline=pattern("headline"),
        byline=pattern("byline"),
        unfinished=pattern("unfinished"),
        missed=pattern("missed"),
        dateline=pattern("prefix", "dateline"),
        corrections=pattern("furniture", "corrections"),
    )


def _anywhere(tables: list[_Table], names: dict[str, str]) -> Iterator[Anywhere]:
    for group in dict.fromkeys(group for table in tables for group in table.get("anywhere", {})):
        marks = dict.fromkeys(mark for table in tables for mark in table.get("marks", {}).get(group, ()))
        pattern = _joined(tables, names, "anywhere", group)
        if pattern:
            yield Anywhere(tuple(marks), pattern)


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
    return either(_meant(tables, names, kind, only))


def _meant(tables: list[_Table], names: dict[str, str], kind: str, only: str | None = None) -> list[str]:
    """The same rules one by one, the names in them replaced by what they mean."""
    groups = [(group, rules) for table in tables for group, rules in table.get(kind, {}).items()]
    patterns = [rule for group, rules in groups if only in (None, group) for rule in rules]
    for name, meaning in reversed(names.items()):
        patterns = [each.replace(f"<{name}>", meaning) for each in patterns]
    return patterns
