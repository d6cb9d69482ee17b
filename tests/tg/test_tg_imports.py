"""OPML files sent to the bot, and the sources as a file."""

import asyncio
from typing import Any

import pytest

from bot.feeds.opml import MOST_BYTES, read_opml
from bot.tg.locales import en as common
from bot.tg.locales import en_lists as texts
from tests.services.conftest import Site
from tests.services.test_services_importing import opml
from tests.tg.conftest import ADA, OMAR, Talk, buttons


async def send(talk: Talk, document: bytes, *, user_id: int = ADA, name: str = "feeds.opml") -> str:
    """Send a file; what the bot says in the end."""
    before = len(talk.heard(user_id))
    talk.sandbox.document(user_id, user_id, name, document)
    await talk.sandbox.wait_for(lambda: len(talk.heard(user_id)) > before, 10)
    await talk.settle()
    await talk.bot._imports.rest()
    (answer,) = talk.heard(user_id)[before:]
    return str(answer["text"])


@pytest.fixture
def news(site: Site) -> Site:
    site.tell("bridge", "Harbour bridge closed")
    return site


async def test_a_list_is_read_and_reported_in_one_message(talk: Talk, news: Site) -> None:
    said = await send(talk, opml(f"{news.url}/feed.xml", f"{news.url}/gone.xml", f"{news.url}/feed.xml/?utm_source=x"))
    lines = said.split("\n")
    assert lines[0] == "1 added, 1 there already, 1 could not be read."
    assert lines[1].replace("\u2060", "").startswith(f"• Feed 1, {news.url}/gone.xml — That address could not be read.")
    assert "Coast Daily" in (await talk.say(OMAR, "/sources"))["text"]


async def test_only_ten_failures_are_named(talk: Talk, news: Site) -> None:
    lines = (await send(talk, opml(*(f"{news.url}/{n}.xml" for n in range(12))))).split("\n")
    assert len(lines) == 12
    assert lines[-1] == "and 2 more"


async def test_t66_a_list_of_somebody_else_is_refused(talk: Talk, news: Site) -> None:
    assert await send(talk, opml(f"{news.url}/feed.xml"), user_id=OMAR) == common.ADMINS_ONLY
    assert news.asked == []
    assert talk.calls("getFile") == []


async def test_t67_a_forwarded_list_is_none(talk: Talk, news: Site) -> None:
    talk.sandbox.document(ADA, ADA, "feeds.opml", opml(f"{news.url}/feed.xml"))
    update = talk.sandbox.world.updates.waiting.pop()
    origin = {"type": "hidden_user", "sender_user_name": "x", "date": 1_795_334_400}
    await talk.tell("message", update["message"] | {"forward_origin": origin})
    assert talk.heard(ADA) == []
    assert news.asked == []


@pytest.mark.parametrize("document", [b"x", b"<opml><body/></opml>", b"<rss/>"])
async def test_what_is_no_list_gets_a_sentence(talk: Talk, document: bytes) -> None:
    assert "OPML" in await send(talk, document, name="feeds.xml")


async def test_other_files_are_no_lists(talk: Talk) -> None:
    assert await send(talk, b"picture", name="boat.jpg") == common.PLAIN_TEXT


async def test_t60_a_huge_file_is_not_even_fetched(talk: Talk) -> None:
    assert await send(talk, b" " * (MOST_BYTES + 1)) == texts.TOO_LARGE
    assert talk.calls("getFile") == []


async def test_a_file_that_telegram_does_not_give_out(talk: Talk, news: Site) -> None:
    talk.sandbox.fail_next("getFile", 400, "Bad Request: wrong file_id or the file is temporarily unavailable")
    assert await send(talk, opml(f"{news.url}/feed.xml")) == texts.NOT_FETCHED


class Slow:
    """An `add_unseen` that waits to be let go, and a clock that runs."""

    def __init__(self, talk: Talk) -> None:
        self.go = asyncio.Semaphore(0)
        self._talk = talk

    async def __call__(self, url: str, title: str | None = None, *, patience_s: float) -> tuple[Any, bool]:
        assert patience_s > 1
        await self.go.acquire()
        self._talk.clock.advance(seconds=3)
        return None, False


async def test_an_import_shows_how_far_it_is_and_holds_nobody_up(talk: Talk, monkeypatch: pytest.MonkeyPatch) -> None:
    slow = Slow(talk)
    monkeypatch.setattr(talk.bot._imports._importing._sources, "add_unseen", slow)
    talk.sandbox.document(ADA, ADA, "feeds.opml", opml(*(f"http://a.example/{n}" for n in range(5))))
    await talk.sandbox.wait_for(lambda: talk.heard(ADA), 10)
    assert (await talk.say(ADA, "/latest"))["text"] == common.NOTHING_YET
    talk.sandbox.document(ADA, ADA, "more.opml", opml("http://b.example/"))
    await talk.settle()
    assert talk.heard(ADA)[-1]["text"] == texts.ONE_AT_A_TIME
    for _ in range(5):
        slow.go.release()
    await talk.bot._imports.rest()
    shown = [call["params"]["text"] for call in talk.calls("editMessageText")]
    assert shown == [texts.importing(2, 5), texts.importing(4, 5), texts.imported(5, 0, 0)]


async def test_a_stop_says_how_far_an_import_came(talk: Talk, monkeypatch: pytest.MonkeyPatch) -> None:
    slow = Slow(talk)
    monkeypatch.setattr(talk.bot._imports._importing._sources, "add_unseen", slow)
    talk.sandbox.document(ADA, ADA, "feeds.opml", opml(*(f"http://a.example/{n}" for n in range(5))))
    slow.go.release()
    slow.go.release()
    await talk.sandbox.wait_for(lambda: talk.calls("editMessageText"), 10)
    await talk.bot.stop()
    assert talk.heard(ADA)[0]["text"] == texts.cut_short(2, 5)


async def test_all_sources_are_sent_as_a_file(talk: Talk, news: Site) -> None:
    await talk.add_source(f"{news.url}/feed.xml")
    assert "Export (OPML)" not in buttons(await talk.say(OMAR, "/sources"))
    listed = await talk.say(ADA, "/sources")
    assert await talk.press(ADA, listed, "Export (OPML)") == ""
    document = talk.sandbox.messages(ADA)[-1]["document"]
    assert document["file_name"] == "nutgraf-sources.opml"
    file = talk.sandbox.world.files.get(document["file_id"])
    assert file is not None
    assert [link.url for link in read_opml(file[1])] == [f"{news.url}/feed.xml"]


async def test_what_a_busy_host_kept_back_is_said_apart(talk: Talk, news: Site) -> None:
    news.pages["/busy.xml"] = (429, "text/plain", b"slow down")
    news.headers["Retry-After"] = "7200"
    lines = (await send(talk, opml(*(f"{news.url}/{name}.xml" for name in ("busy", "feed", "more"))))).split("\n")
    assert lines == ["0 added, 0 there already, 0 could not be read.", texts.not_tried(3)]
