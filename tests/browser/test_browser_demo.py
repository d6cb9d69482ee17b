"""`nutgraf demo` as a newcomer meets it: the page, START, Subscribe, the first story, /latest and /topic."""

import asyncio
import os
import re
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Locator, Page, expect

from tests.browser.conftest import Picture, Watched

pytestmark = [pytest.mark.browser, pytest.mark.untraced, pytest.mark.asyncio(loop_scope="session")]

STORY_MS = 30_000  # what a newcomer waits for the first story at most
ADA, OMAR = 1, 2


@pytest_asyncio.fixture(loop_scope="session")
async def demo(tmp_path: Path) -> AsyncIterator[str]:
    """The address of a running demo; it must end by itself, and well, when asked to."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bot", "demo", "--port", "0",
        cwd=tmp_path,
        # nothing of whoever runs the tests, and a broken .env that the demo must not read
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(Path(__file__).parents[2])},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    assert process.stdout
    line = (await process.stdout.readline()).decode()
    found = re.search(r"http://\S+", line)
    assert found, line
    yield found[0]
    process.send_signal(signal.SIGTERM)
    assert await asyncio.wait_for(process.wait(), 20) == 0


async def open_chat(page: Page, url: str, user_id: int) -> None:
    await page.goto(f"{url}?user={user_id}")
    await page.locator(f"[data-chat-id='{user_id}']").click()


async def say(page: Page, text: str) -> None:
    await page.locator("#message-box").fill(text)
    await page.locator("#message-box").press("Enter")


def story(page: Page) -> Locator:
    """A bubble with a headline that is a link to the newswire, and a bullet."""
    link = page.locator("a[href*='/wire/']")
    return page.locator("[data-message-id]").filter(has=link).filter(has_text="•")


async def test_subscribe_brings_the_first_story(demo: str, pages: Watched, picture: Picture) -> None:
    page = await pages.page()
    await open_chat(page, demo, OMAR)
    await page.locator("#start").click()
    await page.get_by_role("button", name="Subscribe (instant)").click(timeout=STORY_MS)
    first = story(page).first
    await expect(first).to_be_visible(timeout=STORY_MS)
    await expect(first).to_contain_text(re.compile(r"ago|just now"))
    outlets = "Coast Daily|Field & Market|Harbour Wire|Küstenblatt|The Lantern|Meridian"
    await expect(first).to_contain_text(re.compile(outlets))
    await picture(page, "demo-first-story")

    for command, has in (("/latest", "Latest"), ("/topic syria", "syria")):
        await say(page, command)
        answer = story(page).filter(has_text=re.compile(has, re.IGNORECASE)).last
        await expect(answer).to_be_visible()
    await picture(page, "demo-topic-syria")


async def test_an_admin_adds_a_source_after_a_look_and_others_may_not(
    demo: str, pages: Watched, picture: Picture
) -> None:
    says = {OMAR: "Only the people who run this bot", ADA: "That source is there already"}
    for user_id in (OMAR, ADA):
        page = await pages.page()
        await open_chat(page, demo, user_id)
        await page.locator("#start").click()
        await expect(page.get_by_role("button", name="Subscribe (instant)")).to_be_visible(timeout=STORY_MS)
        await say(page, f"/addsource {demo}wire/coast-daily/")
        last = page.locator("[data-message-id]").last
        await expect(last).to_contain_text(says[user_id], timeout=STORY_MS)

    await say(page, f"/addsource {demo}wire/coast-daily/comments/feed.xml")
    await expect(last).to_contain_text(re.compile(r"Preview:\s*1 .+ — "), timeout=STORY_MS)
    await picture(page, "demo-add-source")
    for label, then in (("Add", "Added. First briefing material in a few minutes."), ("Undo", "Removed")):
        await last.get_by_role("button", name=label, exact=True).click()
        await expect(last).to_contain_text(then)
