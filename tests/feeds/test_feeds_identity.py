"""Identity: keys of entries and the articles of a fetch."""

from datetime import UTC, datetime

from bot.domain.models import Entry, Feed, FeedKind
from bot.feeds.identity import entry_key, new_articles

AT = datetime(2026, 11, 22, 8, tzinfo=UTC)


def entry(title: str = "Ferry returns", link: str | None = "https://h.example/1", guid: str | None = "g1") -> Entry:
    return Entry(id=guid, title=title, link=link, published_at=AT, summary="It is back.")


def feed(*entries: Entry) -> Feed:
    return Feed(kind=FeedKind.RSS, title="Harbour", link=None, language="en", entries=entries)


def test_the_guid_comes_first() -> None:
    assert entry_key(entry()) == entry_key(entry(title="Ferry is back", link="https://h.example/2"))
    assert entry_key(entry()) != entry_key(entry(guid="g2"))


def test_without_a_guid_the_link_counts() -> None:
    tracked = "http://www.h.example/1/?utm_source=rss"
    assert entry_key(entry(guid=None)) == entry_key(entry(guid=None, link=tracked, title="Other"))
    assert entry_key(entry(guid=None)) != entry_key(entry(guid=None, link="https://h.example/2"))


def test_without_a_link_title_and_date_count() -> None:
    bare = entry(guid=None, link=None)
    assert entry_key(bare) == entry_key(entry(guid=None, link=None))
    assert entry_key(bare) != entry_key(entry(guid=None, link=None, title="Other"))


def test_keys_of_different_sorts_never_meet_and_are_bounded() -> None:
    assert entry_key(entry(guid="https://h.example/1")) != entry_key(entry(guid=None))
    long = [entry_key(entry(guid="x" * 900 + tail)) for tail in "ab"]
    assert len(set(long)) == 2
    assert max(map(len, long)) <= 500


def test_a_guid_repeated_inside_one_fetch() -> None:
    found = new_articles(feed(entry(), entry(title="Crane falls", link="https://h.example/2"), entry()))
    assert [article.title for article in found] == ["Ferry returns", "Crane falls"]


def test_articles_of_a_fetch() -> None:
    text = "The ferry returned to the harbour after nine weeks in the dock, and " * 4
    found = new_articles(
        feed(
            Entry(id="1", title="Ferry", link="http://www.h.example/1?utm_medium=x", summary="Short.", content=text),
            Entry(id="2", title="", link=None, summary=text),
            Entry(id="3", title="", link="https://h.example/3"),
        )
    )
    assert [article.key for article in found] == ["id:1", "id:2"]
    assert found[0].url == "http://www.h.example/1?utm_medium=x"
    assert found[0].canonical_url == "https://h.example/1"
    assert (found[0].text, found[0].language) == (text, "en")
    assert found[1].title.startswith("The ferry returned")
    assert found[1].title.endswith("…")
    assert len(found[1].title) <= 120
    assert found[1].canonical_url is None


def test_the_number_of_articles_is_bounded() -> None:
    many = feed(*(entry(guid=f"g{n}", title=f"Story {n}") for n in range(30)))
    assert [article.title for article in new_articles(many, most=3)] == ["Story 0", "Story 1", "Story 2"]


def test_an_update_time_stands_in_for_a_missing_publication() -> None:
    (article,) = new_articles(feed(Entry(id="1", title="Ferry", link=None, updated_at=AT)))
    assert article.published_at == AT
