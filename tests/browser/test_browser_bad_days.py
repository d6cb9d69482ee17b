"""The panel of bad days in a real browser: what it switches in the sandbox, for whom it shows, and how it looks."""

import pytest
from playwright.async_api import Page, expect

from bot.sandbox.limits import Limits
from bot.sandbox.server import Sandbox
from bot.sandbox.weather import KINDS, Weather
from tests.browser.conftest import Picture

# the sandbox, the bot's side and the opener are the chat page's own
from tests.browser.test_browser_chat_page import ADA, CHANNEL, GROUP, HARBOUR, OMAR, Bot, Opener, bot, go, row, sandbox

__all__ = ["bot", "go", "sandbox"]

pytestmark = [pytest.mark.browser, pytest.mark.untraced, pytest.mark.asyncio(loop_scope="session")]


async def opened(page: Page) -> Page:
    await page.get_by_role("button", name="Bad days").click()
    await expect(page.get_by_role("dialog", name="Bad days")).to_be_visible()
    return page


async def test_every_switch_reaches_the_sandbox(go: Opener, sandbox: Sandbox) -> None:
    page = await opened(await go())
    await page.get_by_role("switch", name="limits").check()
    await sandbox.wait_for(lambda: sandbox.limits == Limits())
    for name in ("Too many requests", "Server errors", "Errors after sending", "Lost answers", "Broken connections"):
        await page.get_by_label(name).select_option("Sometimes")
    await page.get_by_label("Slow answers").select_option("Often")
    await sandbox.wait_for(lambda: sandbox.weather.delay == 0.2 and sandbox.weather.reset == 0.07)
    assert [getattr(sandbox.weather, kind) for kind in KINDS] == [0.07] * 5 + [0.2]
    await page.get_by_label("Latency").select_option("500 ms")
    await sandbox.wait_for(lambda: sandbox.delay_s == 0.5)
    await page.get_by_role("button", name="Good weather").click()
    await sandbox.wait_for(lambda: sandbox.limits is None and sandbox.delay_s == 0)
    assert not any(getattr(sandbox.weather, kind) for kind in KINDS)
    await expect(page.get_by_label("Latency")).to_have_value("0")
    await expect(page.get_by_role("switch", name="limits")).not_to_be_checked()


async def test_every_page_shows_the_weather(go: Opener, sandbox: Sandbox) -> None:
    sandbox.weather = Weather(lost=0.9)
    ada, omar = await go(), await go(f"?user={OMAR}#{OMAR}")
    for page in (ada, omar):
        await expect(page.locator("#weather-button")).to_have_attribute("aria-label", "Bad days (some are on)")
    await opened(ada)
    await expect(ada.get_by_label("Lost answers")).to_have_value("often")
    await ada.get_by_role("button", name="Good weather").click()
    await expect(omar.locator("#weather-button")).to_have_attribute("aria-label", "Bad days")


async def test_the_keyboard_alone_will_do(go: Opener, sandbox: Sandbox) -> None:
    page = await go()
    await page.locator("#weather-button").focus()
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("switch", name="limits")).to_be_focused()
    await page.keyboard.press("Space")
    await sandbox.wait_for(lambda: sandbox.limits)
    await page.keyboard.press("Escape")
    await expect(page.locator("#weather")).to_be_hidden()
    await expect(page.locator("#weather-button")).to_be_focused()


async def test_block_and_unblock_from_the_panel(go: Opener, sandbox: Sandbox) -> None:
    page = await opened(await go())
    await page.get_by_role("button", name="Block the bot").click()
    await expect(page.get_by_role("button", name="Unblock the bot")).to_be_focused()
    assert sandbox.world.chats[ADA].blocked
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("button", name="Block the bot")).to_be_visible()
    assert not sandbox.world.chats[ADA].blocked


async def test_throw_the_bot_out_and_take_it_in(go: Opener, sandbox: Sandbox) -> None:
    page = await opened(await go(f"#{CHANNEL}"))
    await page.get_by_role("button", name="Throw the bot out").click()
    await expect(page.locator("#chat-subtitle")).to_have_text("channel, without the bot")
    assert sandbox.world.chats[CHANNEL].left
    await page.get_by_role("button", name="Take the bot in").click()
    await expect(page.locator("#chat-subtitle")).to_have_text("channel")


async def test_close_and_open_a_topic(go: Opener, sandbox: Sandbox) -> None:
    page = await go(f"#{GROUP}/{HARBOUR}")
    await page.locator("#chat-menu-button").click()
    await page.get_by_role("menuitem", name="Bad days").click()
    await page.get_by_role("button", name="Close this topic").click()
    await expect(page.get_by_text("Ada closed the topic").last).to_be_visible()
    await expect(page.locator("#chat-subtitle")).to_have_text("Harbour neighbours, closed, 3 members")
    assert sandbox.world.chats[GROUP].closed == {HARBOUR}
    await page.get_by_role("button", name="Open this topic").click()
    await expect(page.get_by_text("Ada reopened the topic").last).to_be_visible()


async def test_chats_that_come_migrate_and_go(go: Opener, bot: Bot, sandbox: Sandbox) -> None:
    page = await go()
    old = sandbox.add_group("Crew")
    await row(page, old).click()
    await bot.say("before", old)
    await expect(page.locator("#messages .sender")).to_have_text("Nutgraf")
    new = sandbox.migrate(old)
    await row(page, new).click()
    await expect(page.get_by_text("The group was upgraded to a supergroup").last).to_be_visible()
    await expect(row(page, old)).to_have_count(0)
    sandbox.delete_chat(new)
    await expect(row(page, new)).to_have_count(0)
    await expect(page.locator("#nothing-open")).to_be_visible()


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("bad-days", {}),
        ("bad-days-dark", {"color_scheme": "dark"}),
        ("bad-days-phone", {"width": 360, "height": 640, "color_scheme": "dark"}),
    ],
)
async def test_the_panel_fits(go: Opener, picture: Picture, name: str, options: dict[str, object]) -> None:
    page = await go(f"#{GROUP}/{HARBOUR}", **options)
    await page.locator("#chat-menu-button").click()
    await page.get_by_role("menuitem", name="Bad days").click()
    await page.get_by_label("Lost answers").select_option("Often")
    await page.get_by_role("switch", name="limits").check()
    await expect(page.locator("#weather-button")).to_have_class("round accent")
    await expect(page.get_by_role("button", name="Good weather")).to_be_in_viewport()
    over = "node => node.scrollWidth - node.clientWidth"
    assert await page.locator("#weather").evaluate(over) <= 0
    assert await page.locator("body").evaluate(over) <= 0
    await picture(page, name)


async def test_arrows_walk_through_the_menu(go: Opener) -> None:
    page = await go()
    await page.locator("#chat-menu-button").click()
    for key, item in (("ArrowDown", "Bad days"), ("ArrowDown", "Block bot"), ("ArrowUp", "Bad days")):
        await page.keyboard.press(key)
        await expect(page.get_by_role("menuitem", name=item)).to_be_focused()
