"""Articles: stored once, claimed, read, made ready."""

from datetime import timedelta

from bot.domain.models import Bullet, Condensed, Message, Owed, Source
from bot.storage import articles, bullets, outbox, sources, stories
from bot.storage.database import Database
from bot.storage.sql import Tx, rows
from tests.conftest import Clock
from tests.storage.making import add_chat, add_ready, add_source, add_story, article_id, new_article

LEASE = timedelta(minutes=5)


async def _found(tx: Tx, clock: Clock, *keys: str) -> Source:
    source = await add_source(tx, clock())
    await articles.add_new(tx, source.id, [new_article(key) for key in keys], clock())
    return source


async def test_each_is_stored_once(database: Database, clock: Clock) -> None:
    async with database.write() as tx:
        first, second = await add_source(tx, clock(), "first"), await add_source(tx, clock(), "second")
        batch = [new_article(str(number)) for number in range(120)]
        assert await articles.add_new(tx, first.id, batch, clock()) == 120
        assert await articles.add_new(tx, first.id, [*batch, new_article("new")], clock()) == 1
        # the same key is another article in another source, the same address is not
        other = [
            new_article("1"),
            new_article("2", canonical_url="https://second.example/2"),
            new_article("3", canonical_url=None),
        ]
        assert await articles.add_new(tx, second.id, other, clock()) == 2
        assert await articles.add_new(tx, second.id, [], clock()) == 0
        assert await articles.counts(tx) == {"found": 123}


async def test_twice_in_one_batch_is_once(database: Database, clock: Clock) -> None:
    async with database.write() as tx:
        source = await add_source(tx, clock())
        assert (
            await articles.add_new(tx, source.id, [new_article("a"), new_article("a"), new_article("b")], clock()) == 2
        )


async def test_the_source_remembers_its_last_article(database: Database, clock: Clock) -> None:
    async with database.write() as tx:
        source = await add_source(tx, clock())
        older, newer = clock() - timedelta(days=2), clock() - timedelta(days=1)
        for key, published_at in (("a", newer), ("b", older)):
            await articles.add_new(tx, source.id, [new_article(key, published_at=published_at)], clock())
        stored = await sources.get(tx, source.id)
        assert stored is not None
        assert stored.last_article_at == newer


async def test_an_article_comes_back_as_it_was_given(database: Database, clock: Clock) -> None:
    given = new_article("k", author="A. Mole", image="https://wire.example/i.png", text="Zwölf “Boote” 🚢\nسوريا")
    async with database.write() as tx:
        source = await add_source(tx, clock())
        await articles.add_new(tx, source.id, [given], clock())
        stored = await articles.get(tx, await article_id(tx, "k"))
        assert stored is not None
        assert (stored.url, stored.title, stored.author, stored.image) == (
            given.url,
            given.title,
            given.author,
            given.image,
        )
        assert (stored.text, stored.language, stored.source_title) == (given.text, None, "Wire")
        assert stored.published_at == stored.fetched_at == clock()
        assert await articles.get(tx, 99) is None


async def test_found_are_claimed_newest_first_until_their_lease_ends(database: Database, clock: Clock) -> None:
    async with database.write() as tx:
        source = await add_source(tx, clock())
        for age, key in enumerate(("new", "old", "older")):
            published_at = clock() - timedelta(hours=age)
            await articles.add_new(tx, source.id, [new_article(key, published_at=published_at)], clock())

    async def claim(most: int) -> list[tuple[str | None, int]]:
        async with database.write() as tx:
            claimed = await articles.claim_found(tx, clock(), clock() + LEASE, most)
            return [((each.article.url or "").rpartition("/")[2], each.attempts) for each in claimed]

    assert await claim(2) == [("new", 1), ("old", 1)]
    assert await claim(2) == [("older", 1)]
    assert await claim(2) == []
    clock.advance(seconds=LEASE.total_seconds())
    assert await claim(9) == [("new", 2), ("old", 2), ("older", 2)]


async def test_found_read_ready(database: Database, clock: Clock) -> None:
    async with database.write() as tx:
        await _found(tx, clock, "k")
        (claimed,) = await articles.claim_found(tx, clock(), clock() + LEASE, 9)
        key = claimed.article.id
        await articles.postpone(tx, key, clock() + 2 * LEASE)
        clock.advance(seconds=LEASE.total_seconds())
        assert await articles.claim_found(tx, clock(), clock() + LEASE, 9) == ()
        await articles.read(tx, key, text="Full text.", author="A. Mole", at=clock())
        assert await articles.claim_found(tx, clock() + 9 * LEASE, clock(), 9) == ()
        (taken,) = await articles.claim_read(tx, clock(), clock() + LEASE, 9)
        assert (taken.article.text, taken.article.author, taken.attempts) == ("Full text.", "A. Mole", 1)
        assert taken.article.title == new_article("k").title
        condensed = Condensed("de", (Bullet("Full", 0, 4), Bullet("text.", 5, 10)), 1, "Kiel", "Wire", ("One.", "Two."))
        await articles.ready(tx, key, condensed, index_title="", index_body="", at=clock())
        await articles.ready(tx, key, condensed, index_title="", index_body="", at=clock())
        assert await articles.claim_read(tx, clock() + 9 * LEASE, clock(), 9) == ()
        assert (await bullets.of(tx, [key]))[key] == condensed.bullets
        stored = await articles.get(tx, key)
        assert stored is not None
        assert stored.language == "de"
        assert await _beside(tx) == ("Kiel", "Wire", "One.\nTwo.")
        assert await articles.counts(tx) == {"ready": 1}


async def _versions(tx: Tx) -> dict[str, int | None]:
    return {each["key"]: each["condensed_version"] for each in await rows(tx, "SELECT * FROM articles")}


async def _beside(tx: Tx) -> tuple[str | None, ...]:
    (found,) = await rows(tx, "SELECT dateline_place, dateline_agency, notes FROM articles")
    return (found["dateline_place"], found["dateline_agency"], found["notes"])


async def test_bullets_of_a_lower_version_are_replaced_once(database: Database, clock: Clock) -> None:
    linked = Bullet("The ferry", 0, 9, "https://wire.example/k#:~:text=The%20ferry")
    async with database.write() as tx:
        story = await add_story(tx, await add_source(tx, clock()), clock(), "k")
        (old,) = await articles.outdated(tx, 2, clock(), 9)
        assert await articles.outdated(tx, 0, clock(), 9) == ()
        for found in ((linked,), ()):
            await articles.renew(tx, old.id, Condensed("en", found, 2, "Kiel", "Wire", ("One.",)))
            assert (await bullets.of(tx, [old.id]))[old.id] == (linked,)
        assert (await stories.get(tx, [story]))[story].bullets == (linked,)
        assert await _beside(tx) == ("Kiel", "Wire", "One.")
        assert await articles.outdated(tx, 2, clock(), 9) == ()
        await articles.keep(tx, old.id, 3)
        await articles.renew(tx, old.id, Condensed("en", (), 3))
        assert (await bullets.of(tx, [old.id]))[old.id] == (linked,)
        assert await _versions(tx) == {"k": 3}


async def test_outdated_is_what_is_recent_and_was_told_to_nobody(database: Database, clock: Clock) -> None:
    async with database.write() as tx:
        source, chat = await add_source(tx, clock()), await add_chat(tx, clock())
        ages = {"new": 0, "told": 1, "older": 2, "week": 7, "old": 8}
        made = {
            key: await add_story(tx, source, clock(), key, published_at=clock() - timedelta(days=age))
            for key, age in ages.items()
        }
        owed = Owed(chat.id, "a", clock(), (Message("x"),), story_ids=(made["told"],))
        await outbox.add(tx, [owed], clock())
        await articles.add_new(tx, source.id, [new_article("unread")], clock())

        async def outdated(most: int) -> list[str]:
            found = await articles.outdated(tx, 2, clock() - timedelta(days=7), most)
            return [(each.url or "").rpartition("/")[2] for each in found]

        assert await outdated(9) == ["new", "older", "week"]
        assert await outdated(2) == ["new", "older"]


async def test_a_late_reader_does_not_overwrite_what_is_ready(database: Database, clock: Clock) -> None:
    async with database.write() as tx:
        key = await add_ready(tx, await add_source(tx, clock()), clock(), new_article("k"))
        await articles.read(tx, key, text="Late.", at=clock())
        stored = await articles.get(tx, key)
        assert stored is not None
        assert stored.text == new_article("k").text
        assert await articles.counts(tx) == {"ready": 1}


async def test_the_language_of_the_feed_is_kept(database: Database, clock: Clock) -> None:
    async with database.write() as tx:
        key = await add_ready(tx, await add_source(tx, clock()), clock(), new_article("k", language="ar"))
        stored = await articles.get(tx, key)
        assert stored is not None
        assert stored.language == "ar"


async def test_it_is_known_whether_articles_are_in_work(database: Database, clock: Clock) -> None:
    async with database.write() as tx:
        assert not await articles.in_work(tx)
        source = await _found(tx, clock, "a")
        assert await articles.in_work(tx)
        await articles.read(tx, await article_id(tx, "a"), text="", at=clock())
        assert await articles.in_work(tx)
        condensed = Condensed("en", ())
        await articles.ready(tx, await article_id(tx, "a"), condensed, index_title="", index_body="", at=clock())
        await add_ready(tx, source, clock(), new_article("b"))
        assert not await articles.in_work(tx)
