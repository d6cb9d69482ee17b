"""Starter lists: well-known sources by region and by language, from `starters.toml`."""

import tomllib
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from zlib import crc32


@dataclass(frozen=True, slots=True)
class Starter:
    """A source to begin with. `id` (0 to 2³²-1) comes from its address, so that it outlives a changed file."""

    id: int
    title: str
    url: str
    language: str
    region: str


@dataclass(frozen=True, slots=True)
class StarterList:
    """Starters of one region (`region`) or in one language (`language`); the other is None."""

    region: str | None
    language: str | None
    starters: tuple[Starter, ...]


@lru_cache(maxsize=1)
def starters() -> tuple[Starter, ...]:
    """All of them, in the file's order."""
    given = tomllib.loads((files("bot.feeds") / "starters.toml").read_text("utf-8"))["starter"]
    return tuple(Starter(crc32(each["url"].encode()), **each) for each in given)


@lru_cache(maxsize=1)
def starter_lists() -> tuple[StarterList, ...]:
    """A list for each region, then for each language but English, which is in most regions."""
    regions = dict.fromkeys(starter.region for starter in starters())
    languages = dict.fromkeys(starter.language for starter in starters() if starter.language != "en")
    by_region = [StarterList(each, None, tuple(s for s in starters() if s.region == each)) for each in regions]
    by_language = [StarterList(None, each, tuple(s for s in starters() if s.language == each)) for each in languages]
    return (*by_region, *by_language)
