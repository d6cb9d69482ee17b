"""Search: both databases find the same stories for the same words, whatever signs the words hold."""

from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.domain.models import Hit
from bot.storage import search, sources
from bot.storage.database import Database
from bot.storage.search import _match, _tsquery, _vector, _words
from tests.conftest import Clock
from tests.storage.making import add_source, add_story

CORPUS = {
    "aleppo": ("Bakers of Aleppo win a prize", "The bread of Syria is known far beyond the town. 100% rye, they say."),
    "syria": ("Syrian orchestra plays in Hama", "A concert with 40 musicians; it's the first in under_score years."),
    "ferry": ("Ferry begins its summer timetable", "The ferry sails every hour and not at night, or-so we hear."),
    "arabic": ("مهرجان الموسيقى في حلب", "يبدأ المهرجان في سوريا غدا"),
    "german": ("Zwölf Boote für Köln", "Die Straße am Fluß ist naß."),
    "hindi": ("दिल्ली में पुस्तक मेला", "किताबें और लेखक"),
    "kanji": ("東京 の 祭り", "夏 祭り は 土曜日"),
    "long": ("A" * 300, "x " * 20_000 + "lighthouse"),
}

QUERIES: dict[tuple[str, ...], set[str]] = {
    ("syria",): {"aleppo", "syria"},
    ("aleppo", "syria"): {"aleppo"},
    ("syri",): {"aleppo", "syria"},
    ("syr",): set(),  # too short for a prefix
    ("Aleppo's",): set(),  # an s of its own
    ("bread'",): {"aleppo"},
    ('"bakers"',): {"aleppo"},
    ('bakers" OR "ferry',): set(),  # all four are words to be found
    ("AND",): {"ferry"},
    ("NOT", "night"): {"ferry"},
    ("NEAR(bread town)",): set(),
    ("title:ferry",): set(),
    ("title", ":", "ferry"): set(),
    ("-ferry",): {"ferry"},
    ("ferry -night",): {"ferry"},
    ("or-so",): {"ferry"},
    ("ferr*",): {"ferry"},
    ("f*",): set(),
    ("*",): set(),
    ("%",): set(),
    ("_",): set(),
    ("b%d",): set(),
    ("under_score",): {"syria"},
    ("score",): {"syria"},
    ("100",): {"aleppo"},
    ("40",): {"syria"},
    ("(" * 2000,): set(),
    ("(" * 2000 + "ferry" + ")" * 2000,): {"ferry"},
    ("' OR 1=1 --",): set(),
    ("ferry'; DROP TABLE stories; --",): set(),
    ("ferry | syria & !bread <-> :*",): set(),
    ("حلب",): {"arabic"},
    ("المهرجان",): {"arabic"},
    ("zwölf",): {"german"},
    ("STRASSE",): {"german"},
    ("दिल्ली",): {"hindi"},
    ("東京",): {"kanji"},
    ("a" * 300,): {"long"},
    ("lighthouse",): set(),  # beyond the words that are indexed
    ("\x00ferry\x1f",): {"ferry"},
    ("\ud800ferry",): {"ferry"},
    ("",): set(),
    (): set(),
    tuple("ferry" for _ in range(5000)): {"ferry"},
    tuple(f"w{number}" for number in range(5000)): set(),
}


async def _fill(database: Database, clock: Clock) -> dict[int, str]:
    async with database.write() as tx:
        source = await add_source(tx, clock())
        return {
            await add_story(tx, source, clock(), key, title=title, text=text): key
            for key, (title, text) in CORPUS.items()
        }


async def test_t72_t73_t74_words_are_data(database: Database, clock: Clock) -> None:
    keys = await _fill(database, clock)
    found = {}
    async with database.read() as tx:
        for tokens in QUERIES:
            hits = await search.stories(tx, tokens, since=clock())
            found[tokens] = {keys[hit.story.id] for hit in hits}
    assert found == QUERIES


_SIGNS = st.text(alphabet=st.sampled_from("ab\"'*-+^:(){}|&!<>%_\\.,;=~ \x00\n\ud800\u0301é東ⅷ²"), max_size=40)


@given(tokens=st.lists(st.one_of(_SIGNS, st.text(max_size=20)), max_size=6))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_no_token_is_an_error(database: Database, clock: Clock, tokens: list[str]) -> None:
    async with database.read() as tx:
        assert await search.stories(tx, tuple(tokens), since=clock()) == ()


@given(text=st.text(max_size=60))
def test_words_hold_nothing_that_could_be_syntax(text: str) -> None:
    words = _words(text)
    assert all(not set(word) & set(" \t\n\"'\\*:&|!()<>-+^%_.,;\x00\ud800") for word in words)
    assert _words(" ".join(words)) == words


def test_queries_in_both_dialects() -> None:
    words = ["syria", "war"]
    assert _match(words, 4) == '"syria"* "war"'
    assert _tsquery(words, 4) == "'syria':* & 'war'"
    assert _vector(words) == "'syria':1 'war':2"


async def test_a_match_in_the_title_comes_before_one_in_the_text(database: Database, clock: Clock) -> None:
    async with database.write() as tx:
        source = await add_source(tx, clock())
        for number in range(8):
            await add_story(tx, source, clock(), f"other {number}", title="Market day", text="Apples and pears.")
        title = await add_story(tx, source, clock(), "title", title="Harbour news today", text="Gulls came by at noon.")
        text = await add_story(tx, source, clock(), "text", title="Something else today", text="The harbour at noon.")
        hits = await search.stories(tx, ("harbour",), since=clock())
        assert [hit.story.id for hit in hits] == [title, text]
        assert hits[0].match > hits[1].match > 0


async def test_only_the_newest_are_looked_at_and_none_before_since(database: Database, clock: Clock) -> None:
    async with database.write() as tx:
        source = await add_source(tx, clock())
        ids = [
            await add_story(tx, source, clock(), f"{age}", title="Ferry", published_at=clock() - timedelta(days=age))
            for age in (5, 4, 3, 2, 1)
        ]

        async def found(days: float, limit: int = 300) -> set[int]:
            since = clock() - timedelta(days=days)
            return {hit.story.id for hit in await search.stories(tx, ("ferry",), since=since, limit=limit)}

        assert await found(9) == set(ids)
        assert await found(3) == set(ids[2:])
        assert await found(9, 2) == set(ids[3:])
        await sources.remove(tx, source.id, clock())
        assert await found(9) == set()


@pytest.mark.parametrize("prefix_from", [3, 6])
async def test_how_long_a_prefix_must_be(database: Database, clock: Clock, prefix_from: int) -> None:
    await _fill(database, clock)
    async with database.read() as tx:
        hits: tuple[Hit, ...] = await search.stories(tx, ("syr",), since=clock(), prefix_from=prefix_from)
    assert len(hits) == (2 if prefix_from == 3 else 0)
