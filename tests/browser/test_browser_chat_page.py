"""The chat page in a real browser against a real sandbox: what a person sees and does, and what the bot hears of it."""

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp
import pytest
import pytest_asyncio
from playwright.async_api import Locator, Page, Request, expect

from bot.sandbox.server import Sandbox

pytestmark = [pytest.mark.browser, pytest.mark.untraced, pytest.mark.asyncio(loop_scope="session")]

expect.set_options(timeout=15_000)

ADA, OMAR = 1, 2
GROUP = -1001234567890
CHANNEL = -1009876543210
WORLD, HARBOUR = 11, 12
QUOTE = "\n".join(f"0{hour}:12 Wire — headline {hour}" for hour in range(6, 10))

# a message's HTML, where its entity has to be on the page, and the text there
DRAWN = [
    ("<b>bold</b>", "strong", "bold"),
    ("<i>italic</i>", "em", "italic"),
    ("<u>under</u>", "u", "under"),
    ("<s>struck</s>", "s", "struck"),
    ("<code>a = b</code>", "code", "a = b"),
    ("<pre>x\n  y</pre>", "pre", "x\n  y"),
    ('<pre><code class="language-python">x</code></pre>', 'pre[data-language="python"]', "x"),
    ("<tg-spoiler>hidden</tg-spoiler>", ".spoiler", "hidden"),
    ("<blockquote>said</blockquote>", "blockquote", "said"),
    ('<a href="https://a.example/b?c=d&amp;e">link</a>', 'a[href="https://a.example/b?c=d&e"]', "link"),
    ("see example.com/b now", 'a[href="https://example.com/b"]', "example.com/b"),
    ("ask @somebody now", ".link", "@somebody"),
    ("on #harbour now", ".link", "#harbour"),
    ("try /help now", "button.link", "/help"),
    ('<a href="tg://user?id=1">Ada</a>', ".link", "Ada"),
    ("😀 <b>after an emoji</b>", "strong", "after an emoji"),
    ("<b>bold <i>both</i></b>", "strong > em", "both"),
    ('<blockquote>a <a href="https://a.example">b</a></blockquote>', "blockquote > a", "b"),
    ('<b><a href="https://a.example">headline</a></b>', "strong a, a strong", "headline"),
]

Opener = Callable[..., Awaitable[Page]]


class Bot:
    """The bot's side: calls the sandbox as any client of the Bot API does."""

    def __init__(self, sandbox: Sandbox, session: aiohttp.ClientSession) -> None:
        self._base = f"{sandbox.api_url}/bot{sandbox.token}"
        self._session = session
        self._next_update_id = 0

    async def call(self, method: str, **params: object) -> Any:
        """Call a method and return its result."""
        async with self._session.post(f"{self._base}/{method}", json=params) as response:
            answer = await response.json()
        assert answer["ok"], answer
        return answer["result"]

    async def say(self, html: str, chat_id: int = ADA, **more: object) -> int:
        """Send a message in HTML and return its id."""
        sent = await self.call("sendMessage", chat_id=chat_id, text=html, parse_mode="HTML", **more)
        return int(sent["message_id"])

    async def update(self, kind: str) -> Any:
        """The next update of a kind; those before it are dropped."""
        while True:
            updates = await self.call("getUpdates", offset=self._next_update_id, timeout=10)
            for update in updates:
                self._next_update_id = update["update_id"] + 1
                if kind in update:
                    return update[kind]
            assert updates, f"no {kind} came"


@pytest_asyncio.fixture(loop_scope="session")
async def sandbox() -> AsyncIterator[Sandbox]:
    async with Sandbox(now=lambda: datetime.now(UTC)) as running:
        yield running


@pytest_asyncio.fixture(loop_scope="session")
async def bot(sandbox: Sandbox) -> AsyncIterator[Bot]:
    async with aiohttp.ClientSession() as session:
        yield Bot(sandbox, session)


@pytest_asyncio.fixture(loop_scope="session")
async def go(sandbox: Sandbox, pages: Any) -> Opener:
    """Opens the chat page at a place and waits until it is connected."""

    async def opener(place: str = f"#{ADA}", **options: object) -> Page:
        page: Page = await pages.page(**options)
        await page.goto(f"{sandbox.url}/{place}")
        await connected(page)
        return page

    return opener


async def connected(page: Page) -> None:
    await expect(page.locator("[data-chat-id]")).not_to_have_count(0)
    await expect(page.locator("#connection")).to_have_text("")


def bubble(page: Page, message_id: int) -> Locator:
    return page.locator(f'[data-message-id="{message_id}"]')


def row(page: Page, chat_id: int) -> Locator:
    return page.locator(f'#chats [data-chat-id="{chat_id}"]')


def topic(page: Page, thread_id: int) -> Locator:
    return page.locator(f'#topics [data-thread-id="{thread_id}"]')


async def height(found: Locator) -> float:
    box = await found.bounding_box()
    assert box
    return box["height"]


def texts(sandbox: Sandbox, chat_id: int) -> list[str]:
    return [message["text"] for message in sandbox.messages(chat_id)]


def keys(*rows: dict[str, str]) -> dict[str, object]:
    return {"inline_keyboard": [list(rows)]}


# ---- what is there ------------------------------------------------------------------------------


async def test_shows_who_and_which_chats(sandbox: Sandbox, go: Opener) -> None:
    sandbox.message(ADA, GROUP, "Morning, all")
    page = await go("")
    await expect(page.locator("#strip")).to_have_text("Sandbox — nothing here leaves your computer")
    await expect(page.locator('#users [aria-pressed="true"]')).to_contain_text("Ada")
    await expect(page.locator("#chats [data-chat-id]")).to_have_count(3)
    await expect(row(page, GROUP)).to_contain_text("You: Morning, all")
    await expect(row(page, CHANNEL).locator("svg use")).to_have_attribute("href", "#icon-channel")
    await expect(page.locator("#chat-title")).to_have_text("Nutgraf")
    await expect(page.locator("#chat-subtitle")).to_have_text("bot")


async def test_chats_are_sorted_by_their_newest_message(bot: Bot, go: Opener) -> None:
    page = await go()
    await bot.say("First", chat_id=CHANNEL)
    await expect(page.locator("#chats [data-chat-id]").first).to_have_attribute("data-chat-id", str(CHANNEL))
    await expect(row(page, CHANNEL).locator(".badge")).to_have_text("1")
    await row(page, CHANNEL).click()
    await expect(row(page, CHANNEL).locator(".badge")).to_have_count(0)
    await expect(page.locator(".message .text")).to_contain_text("First")


async def test_the_open_chat_survives_a_reload(sandbox: Sandbox, go: Opener) -> None:
    sandbox.message(OMAR, GROUP, "Ships", thread_id=HARBOUR)
    page = await go(f"?user={OMAR}#{GROUP}/{HARBOUR}")
    await page.reload()
    await expect(page.locator("#chat-title")).to_have_text("Harbour")
    await expect(page.locator('#users [aria-pressed="true"]')).to_contain_text("Omar")


async def test_an_unknown_user_in_the_address_becomes_the_first(pages: Any, sandbox: Sandbox) -> None:
    page = await pages.page()
    await page.goto(f"{sandbox.url}/?user=99")
    await connected(page)
    await expect(page.locator('#users [aria-pressed="true"]')).to_contain_text("Ada")
    refused = [complaint for complaint in pages.complaints if "400" in complaint]
    assert pages.complaints == refused
    pages.complaints.clear()


# ---- writing -------------------------------------------------------------------------------------


async def test_start_then_a_message(sandbox: Sandbox, bot: Bot, go: Opener) -> None:
    page = await go()
    await expect(page.locator("#composer")).to_be_hidden()
    await page.get_by_role("button", name="Start").click()
    await expect(page.locator(".message.own")).to_contain_text("/start")
    assert (await bot.update("message"))["text"] == "/start"
    box = page.locator("#message-box")
    await box.fill("two")
    await box.press("Shift+Enter")
    await box.press_sequentially("lines")
    await box.press("Enter")
    await expect(page.locator(".message.own")).to_have_count(2)
    await expect(box).to_have_value("")
    assert texts(sandbox, ADA) == ["/start", "two\nlines"]


async def test_the_send_button_and_a_reply(sandbox: Sandbox, bot: Bot, go: Opener) -> None:
    asked = await bot.say("Which town?")
    page = await go()
    await bubble(page, asked).hover()
    await bubble(page, asked).get_by_role("button", name="Reply").click()
    await expect(page.locator("#replying")).to_contain_text("Which town?")
    await page.locator("#message-box").fill("Aleppo")
    await page.locator("#send").click()
    await expect(page.locator(".message.own .quoted")).to_contain_text("Which town?")
    assert sandbox.messages(ADA)[-1]["reply_to_message"]["message_id"] == asked


async def test_what_the_sandbox_refuses_stays_in_the_box(bot: Bot, pages: Any, go: Opener) -> None:
    await bot.say("Hello")
    page = await go()
    await page.locator("#message-box").fill("x" * 5000)
    await page.locator("#send").click()
    await expect(page.locator("#toast")).to_contain_text("4096")
    await expect(page.locator("#message-box")).to_have_value("x" * 5000)
    await expect(page.locator(".message.own")).to_have_count(0)
    assert len(pages.complaints) == 1  # the browser's own line about status 400
    pages.complaints.clear()


async def test_the_command_menu(sandbox: Sandbox, bot: Bot, go: Opener, picture: Any) -> None:
    commands = [{"command": name, "description": f"About {name}"} for name in ("latest", "topic", "sources")]
    await bot.say("Hello")
    await bot.call("setMyCommands", commands=commands)
    await bot.call("setChatMenuButton", menu_button={"type": "commands"})
    page = await go()
    box, menu = page.locator("#message-box"), page.locator("#command-menu")
    await page.locator("#menu-button").click()
    await expect(menu.locator("li")).to_have_count(3)
    await picture(page, "chat-page-commands")
    await page.keyboard.press("Escape")
    await expect(menu).to_be_hidden()
    await box.press_sequentially("/T")
    await expect(menu.locator("li")).to_have_text(["N/topicAbout topic"])
    await box.press("Tab")
    await expect(box).to_have_value("/topic ")
    await box.fill("/")
    await box.press("ArrowDown")
    await box.press("ArrowDown")
    await box.press("ArrowDown")
    await box.press("ArrowUp")
    await box.press("Enter")
    await expect(page.locator(".message.own .text")).to_contain_text("/sources")
    await box.fill("/")
    await menu.locator("[data-command=latest]").click()
    await expect(page.locator(".message.own")).to_have_count(2)
    assert texts(sandbox, ADA)[1:] == ["/sources", "/latest"]


async def test_commands_that_change_are_seen_at_once(bot: Bot, go: Opener) -> None:
    await bot.say("Hello")
    page = await go()
    await expect(page.locator("#menu-button")).to_be_hidden()
    await bot.call("setMyCommands", commands=[{"command": "new", "description": "Fresh"}])
    await page.locator("#menu-button").click()
    await expect(page.locator("#command-menu li")).to_have_text(["N/newFresh"])


async def test_a_command_in_a_group_names_its_bot(sandbox: Sandbox, bot: Bot, go: Opener) -> None:
    await bot.say("See /sources", chat_id=GROUP)
    page = await go(f"#{GROUP}/0")
    await page.get_by_role("button", name="/sources").click()
    await expect(page.locator(".message.own")).to_have_count(1)
    assert texts(sandbox, GROUP)[-1] == "/sources@nutgraf_sandbox_bot"


# ---- messages as they come -------------------------------------------------------------------------


async def test_messages_come_change_and_go_without_reloading(bot: Bot, go: Opener) -> None:
    page = await go()
    await page.evaluate("window.stillTheSamePage = true")
    message_id = await bot.say("One")
    await expect(bubble(page, message_id)).to_contain_text("One")
    await bot.call("editMessageText", chat_id=ADA, message_id=message_id, text="Two")
    await expect(bubble(page, message_id)).to_contain_text("Two")
    await expect(bubble(page, message_id).locator(".edited")).to_have_text("edited ")
    await bot.call("deleteMessage", chat_id=ADA, message_id=message_id)
    await expect(bubble(page, message_id)).to_have_count(0)
    await expect(page.locator("#empty")).to_be_visible()
    assert await page.evaluate("window.stillTheSamePage")


async def test_typing_shows_until_the_message(bot: Bot, go: Opener) -> None:
    page = await go()
    await bot.call("sendChatAction", chat_id=ADA, action="typing")
    await expect(page.locator("#chat-subtitle")).to_have_text("typing…")
    await expect(row(page, ADA)).to_contain_text("typing…")
    await bot.say("Done")
    await expect(page.locator("#chat-subtitle")).to_have_text("bot")


async def test_scroll_sticks_only_at_the_bottom(bot: Bot, go: Opener) -> None:
    for number in range(30):
        await bot.say(f"Message {number}")
    page = await go()
    at_bottom = "e => e.scrollHeight - e.scrollTop - e.clientHeight < 2"
    scroller, button = page.locator("#scroller"), page.locator("#to-bottom")
    await expect(button).to_be_hidden()
    await bubble(page, await bot.say("New at the bottom")).wait_for()
    assert await scroller.evaluate(at_bottom)
    await scroller.evaluate("e => { e.scrollTop = 0 }")
    await expect(button).to_be_visible()
    await bot.say("New below")
    await expect(button.locator(".badge")).to_have_text("1")
    assert await scroller.evaluate("e => e.scrollTop") == 0
    await button.click()
    await expect(button).to_be_hidden()
    await expect(row(page, ADA).locator(".badge")).to_have_count(0)


async def test_a_cut_connection_is_shown_and_nothing_is_missed_or_twice(bot: Bot, pages: Any, go: Opener) -> None:
    await bot.say("Before")
    page = await go()
    down = True

    async def gate(route: Any) -> None:
        await (route.abort() if down else route.continue_())

    await page.route("**/page/**", gate)
    await page.evaluate("events.close(), events.onerror()")
    await expect(page.locator("#chat-subtitle")).to_have_text("Connecting…")
    await bot.say("Meanwhile")
    down = False
    await expect(page.locator("#chat-subtitle")).to_have_text("bot")
    await expect(page.locator(".message")).to_have_count(2)
    await bot.say("After")
    await expect(page.locator(".message")).to_have_count(3)
    pages.complaints.clear()  # the browser's own lines about the requests that were cut


async def test_a_sandbox_that_starts_again_is_found_again(pages: Any, go: Opener, sandbox: Sandbox) -> None:
    sandbox.message(ADA, ADA, "Before")
    page = await go()
    port = int(sandbox.url.rpartition(":")[2])
    await sandbox.stop()
    await expect(page.locator("#chat-subtitle")).to_have_text("Connecting…")
    await expect(page.locator(".message")).to_contain_text("Before")
    again = Sandbox(now=lambda: datetime.now(UTC) + timedelta(minutes=1), id_start=1000)
    await again.start(port=port)
    try:
        again.message(ADA, ADA, "After")
        await expect(page.locator(".message .text")).to_contain_text(["After"])
        await expect(page.locator("#chat-subtitle")).to_have_text("bot")
        await page.close()
    finally:
        await again.stop()
    pages.complaints.clear()  # the browser's own lines about the refused connections


async def test_a_long_chat_is_drawn_in_parts(sandbox: Sandbox, go: Opener) -> None:
    page = await go()
    sent = [sandbox.message(ADA, ADA, f"Message {number}") for number in range(230)]
    await expect(page.locator(".message")).to_have_count(230)
    await row(page, CHANNEL).click()
    await row(page, ADA).click()
    await expect(page.locator(".message")).to_have_count(200)
    await expect(page.locator(".message").last).to_be_in_viewport()
    await page.locator("#scroller").evaluate("e => { e.scrollTop = 0 }")
    await expect(page.locator(".message")).to_have_count(230)
    # not by its text: a time stands behind it, and past midnight "Message 3" and "00:34" read alike
    await expect(page.locator(f".message[data-message-id='{sent[30].id}']")).to_be_in_viewport()


# ---- text ------------------------------------------------------------------------------------------


async def test_each_kind_of_entity_is_drawn(bot: Bot, go: Opener) -> None:
    ids = [await bot.say(html) for html, _, _ in DRAWN]
    page = await go()
    for message_id, (html, selector, text) in zip(ids, DRAWN, strict=True):
        found = bubble(page, message_id).locator(".text").locator(selector)
        await expect(found, html).to_have_count(1)
        assert await found.text_content() == text, html


async def test_links_open_elsewhere_and_tell_nothing(bot: Bot, go: Opener) -> None:
    message_id = await bot.say('<a href="https://a.example/">link</a>')
    link = bubble(await go(), message_id).locator(".text a")
    await expect(link).to_have_attribute("target", "_blank")
    await expect(link).to_have_attribute("rel", "noopener noreferrer")


async def test_entities_that_overlap_are_split_not_lost(bot: Bot, go: Opener) -> None:
    page = await go()
    drawn = await page.evaluate(
        """() => {
          const part = (type, offset, length) => ({ entity: { type }, start: offset, end: offset + length });
          const node = document.createElement("div");
          renderText(node, "one two three", [part("bold", 0, 7), part("italic", 4, 9)]);
          return node.innerHTML;
        }"""
    )
    assert drawn == "<strong>one <em>two</em></strong><em> three</em>"


async def test_a_spoiler_hides_until_it_is_clicked(bot: Bot, go: Opener) -> None:
    message_id = await bot.say(
        '<tg-spoiler>the <a href="https://a.example">end</a></tg-spoiler> and <tg-spoiler>all</tg-spoiler>'
    )
    page = await go()
    spoilers = bubble(page, message_id).locator(".spoiler")
    await expect(spoilers.first).to_have_css("color", "rgba(0, 0, 0, 0)")
    await spoilers.first.click()
    await expect(bubble(page, message_id).locator(".spoiler.shown")).to_have_count(2)
    await expect(spoilers.first).to_have_css("color", "rgb(0, 0, 0)")
    assert len(page.context.pages) == 1, "the link inside was followed"


async def test_a_long_quote_folds_to_three_lines(bot: Bot, go: Opener) -> None:
    long_id = await bot.say(f"<blockquote expandable>{QUOTE}</blockquote>after")
    short_id = await bot.say("<blockquote expandable>one line</blockquote>")
    page = await go()
    await expect(bubble(page, short_id).locator(".unfold")).to_have_count(0)
    quote, arrow = bubble(page, long_id).locator("blockquote"), bubble(page, long_id).locator(".unfold")
    folded = await height(quote)
    await quote.click()
    await expect(arrow).to_have_attribute("aria-expanded", "true")
    assert await height(quote) > folded + 15
    await arrow.press("Enter")
    await expect(arrow).to_have_attribute("aria-expanded", "false")
    assert await height(quote) == folded


async def test_a_message_in_arabic_reads_from_the_right(bot: Bot, go: Opener) -> None:
    message_id = await bot.say("أخبار الصباح")
    text = bubble(await go(), message_id).locator(".text")
    await expect(text).to_have_css("direction", "rtl")


async def test_previews_and_files_are_cards(sandbox: Sandbox, bot: Bot, go: Opener) -> None:
    url = "https://www.wire.example/bridge"
    message_id = await bot.say("The bridge", link_preview_options={"url": url, "prefer_small_media": True})
    sandbox.document(ADA, ADA, "sources.opml", b"x" * 2048)
    page = await go()
    card = bubble(page, message_id).locator("a.card.small")
    await expect(card).to_have_attribute("href", url)
    await expect(card.locator("b")).to_have_text("wire.example")
    await expect(card.locator("span")).to_have_text("/bridge")
    said_id = await bot.say(f'<a href="{url}">Bridge closed</a>')
    await expect(bubble(page, said_id).locator("a.card span")).to_have_text("Bridge closed")
    file = page.locator("a.document")
    await expect(file).to_contain_text("sources.opml")
    await expect(file).to_contain_text("2.0 KB")
    async with page.expect_download() as download:
        await file.click()
    assert (await (await download.value).path()).read_bytes() == b"x" * 2048


async def test_t50_hostile_text_is_shown_and_never_run(sandbox: Sandbox, go: Opener) -> None:
    hostile = "<img src=x onerror=alert(1)><script>alert(2)</script>&amp;"
    sandbox.add_user(3, "<b>Mallory</b>")
    sandbox.message(3, GROUP, hostile)
    sandbox.message(ADA, GROUP, "why?", reply_to=1)
    page = await go(f"#{GROUP}/0")
    dialogs: list[str] = []
    page.on("dialog", lambda dialog: dialogs.append(dialog.message))
    await expect(page.locator(".message .text").first).to_contain_text(hostile)
    await expect(page.locator(".message .sender").first).to_have_text("<b>Mallory</b>")
    await expect(page.locator(".message .quoted")).to_contain_text(hostile)
    await expect(page.locator("#messages img, #messages script, #left img")).to_have_count(0)
    assert dialogs == []


async def test_t52_only_web_and_telegram_links_are_links(go: Opener) -> None:
    page = await go()
    drawn = await page.evaluate(
        """() => ["javascript:alert(1)", "data:text/html,x", "file:///etc/passwd", " java\\nscript:alert(1)", "https://a.example",
                  "tg://user?id=1"].map((url) => entityNode({ type: "text_link", url }, "words").nodeName)"""
    )
    assert drawn == ["SPAN"] * 4 + ["A"] * 2


# ---- buttons -----------------------------------------------------------------------------------------


async def test_a_button_waits_for_its_answer(bot: Bot, go: Opener) -> None:
    markup = keys({"text": "Save", "callback_data": "save:1"}, {"text": "Read", "url": "https://a.example/"})
    message_id = await bot.say("Story", reply_markup=markup)
    page = await go()
    button = bubble(page, message_id).locator(".keyboard button")
    await expect(bubble(page, message_id).locator(".keyboard a")).to_have_attribute("href", "https://a.example/")
    await button.click()
    await expect(button).to_have_attribute("aria-busy", "true")
    query = await bot.update("callback_query")
    assert (query["data"], query["from"]["id"], query["message"]["message_id"]) == ("save:1", ADA, message_id)
    await bot.call("answerCallbackQuery", callback_query_id=query["id"], text="Saved <b>it</b>")
    await expect(page.locator("#toast")).to_have_text("Saved <b>it</b>")
    await expect(button).not_to_have_attribute("aria-busy", "true")


async def test_an_alert_is_a_dialog(bot: Bot, go: Opener) -> None:
    await bot.say("Story", reply_markup=keys({"text": "Why", "callback_data": "why"}))
    page = await go()
    await page.locator(".keyboard button").click()
    query = await bot.update("callback_query")
    await bot.call("answerCallbackQuery", callback_query_id=query["id"], text="Because", show_alert=True)
    await expect(page.locator("#alert-text")).to_have_text("Because")
    await page.get_by_role("button", name="OK").click()
    await expect(page.locator("#alert")).to_be_hidden()


async def test_the_focus_stays_on_a_button_that_is_edited(bot: Bot, go: Opener) -> None:
    message_id = await bot.say("Story", reply_markup=keys({"text": "More", "callback_data": "more"}))
    page = await go()
    await page.locator(".keyboard button").focus()
    markup = keys({"text": "Less", "callback_data": "less"})
    await bot.call("editMessageReplyMarkup", chat_id=ADA, message_id=message_id, reply_markup=markup)
    await expect(page.locator(".keyboard button")).to_have_text("Less")
    await expect(page.locator(".keyboard button")).to_be_focused()


# ---- places and people -------------------------------------------------------------------------------


async def test_a_group_opens_to_its_topics(sandbox: Sandbox, bot: Bot, go: Opener, picture: Any) -> None:
    sandbox.message(OMAR, GROUP, "Any news of the bridge?", thread_id=HARBOUR)
    page = await go()
    await row(page, GROUP).click()
    await expect(page.locator("#topics .name")).to_have_text(["General", "World", "Harbour"])
    await topic(page, HARBOUR).click()
    await expect(page.locator("#chat-title")).to_have_text("Harbour")
    await expect(page.locator("#chat-subtitle")).to_contain_text("3 members")
    await expect(page.locator(".message .sender")).to_have_text("Omar")
    await bot.say("Elsewhere", chat_id=GROUP, message_thread_id=WORLD)
    await expect(topic(page, WORLD).locator(".badge")).to_have_text("1")
    await expect(page.locator(".message")).to_have_count(1)
    await page.locator("#message-box").fill("Here")
    await page.locator("#message-box").press("Enter")
    await expect(page.locator(".message")).to_have_count(2)
    assert sandbox.messages(GROUP)[-1]["message_thread_id"] == HARBOUR
    await picture(page, "chat-page-topics")
    await page.locator("#topics-back").click()
    await expect(page.locator("#topic-panel")).to_be_hidden()
    await row(page, GROUP).click()
    await expect(page.locator("#topic-panel")).to_be_visible()


async def test_the_user_is_switched(sandbox: Sandbox, bot: Bot, go: Opener) -> None:
    await bot.say("For Ada only")
    page = await go()
    await page.get_by_role("button", name="Omar").click()
    await expect(page.locator("#start")).to_be_visible()
    await expect(page.locator(".message")).to_have_count(0)
    await page.locator("#start").click()
    await expect(page.locator(".message.own")).to_contain_text("/start")
    assert texts(sandbox, OMAR) == ["/start"]
    assert texts(sandbox, ADA) == ["For Ada only"]


async def test_who_may_not_write_sees_no_box(bot: Bot, go: Opener) -> None:
    await bot.say("Briefing", chat_id=CHANNEL)
    page = await go(f"?user={OMAR}#{CHANNEL}")
    await expect(page.locator("#chat-subtitle")).to_have_text("channel")
    await expect(page.locator(".message .sender")).to_have_text("Harbour daily")
    await expect(page.locator("#composer")).to_be_hidden()


async def test_the_bot_is_blocked_and_unblocked(bot: Bot, go: Opener) -> None:
    await bot.say("Hello")
    page = await go()
    await page.locator("#chat-menu-button").click()
    await page.get_by_role("menuitem", name="Block bot").click()
    await expect(page.locator("#start")).to_have_text("Unblock")
    assert (await bot.update("my_chat_member"))["new_chat_member"]["status"] == "kicked"
    await page.locator("#start").click()
    await expect(page.locator("#composer")).to_be_visible()
    assert (await bot.update("my_chat_member"))["new_chat_member"]["status"] == "member"


async def test_a_phone_shows_the_list_or_the_chat(bot: Bot, go: Opener, picture: Any) -> None:
    await bot.say("Hello", chat_id=GROUP, message_thread_id=WORLD)
    page = await go("", width=390, height=780)
    await expect(page.locator("#chat")).to_be_hidden()
    await row(page, GROUP).click()
    await topic(page, WORLD).click()
    await expect(page.locator("#left")).to_be_hidden()
    await expect(page.locator(".message .text")).to_contain_text("Hello")
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    await picture(page, "chat-page-phone")
    await page.locator("#chat-back").click()
    await expect(page.locator("#topic-panel")).to_be_visible()
    await page.locator("#topics-back").click()
    await expect(row(page, ADA)).to_be_visible()


# ---- looks --------------------------------------------------------------------------------------------


async def test_dark_follows_the_system_and_the_switch_is_remembered(go: Opener) -> None:
    page = await go(color_scheme="dark")
    dark, light = "rgb(33, 33, 33)", "rgb(255, 255, 255)"
    bar = page.locator("#chat-bar")
    await expect(bar).to_have_css("background-color", dark)
    await page.locator("#theme").click()
    await expect(bar).to_have_css("background-color", light)
    await page.reload()
    await expect(bar).to_have_css("background-color", light)
    await page.locator("#theme").click()
    await expect(bar).to_have_css("background-color", dark)


async def test_nothing_is_fetched_from_elsewhere(sandbox: Sandbox, bot: Bot, pages: Any, go: Opener) -> None:
    page = await go()
    asked: list[str] = []

    def note(request: Request) -> None:
        asked.append(request.url)

    page.on("request", note)
    await bot.say('<a href="https://a.example/">link</a> and https://b.example/pic.png')
    await page.reload()
    await connected(page)
    await expect(page.locator(".message")).to_have_count(1)
    assert asked
    assert [url for url in asked if not url.startswith(sandbox.url)] == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_a_briefing_looks_like_one(sandbox: Sandbox, bot: Bot, go: Opener, picture: Any, scheme: str) -> None:
    sandbox.message(ADA, ADA, "/latest")
    briefing = (
        "<b>Morning briefing</b> · Saturday 22 November\n2 stories · 1 min\n\n"
        '1  <b><a href="https://wire.example/lamps">Lamp-lighters return to the old quay</a></b>\n'
        '• Twelve gas lamps will burn again from Friday. <a href="https://wire.example/lamps#a">Wire</a>\n'
        '• The last ones went out in 1962. <a href="https://coast.example/lamps">Coast Daily</a>\n'
        "<i>Wire and 1 more · 2 h ago</i>\n"
        f"<blockquote expandable>{QUOTE}</blockquote><tg-spoiler>Quiz: which lamp is oldest?</tg-spoiler>"
    )
    numbers = [{"text": str(number), "callback_data": str(number)} for number in (1, 2)]
    more = [{"text": "🔖 Save", "callback_data": "s"}, {"text": "Open", "url": "https://wire.example/"}]
    await bot.say(briefing, reply_markup={"inline_keyboard": [numbers, more]})
    page = await go(color_scheme=scheme)
    await expect(page.locator(".message")).to_have_count(2)
    await expect(page.locator(".keyboard .key")).to_have_count(4)
    await picture(page, f"chat-page-{scheme}")
