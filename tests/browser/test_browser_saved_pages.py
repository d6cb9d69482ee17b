"""Text fragments on pages as newspapers publish them: saved ones that lie beside the repository, else skipped."""

from typing import Any

import pytest
from playwright.async_api import Browser

from benchmarks.fragments import NEAR_PX, SEEN, SETTLED, Saved, answer, read
from tests.feeds.samples import DATA

PAGES = DATA.parent / "pages" / "pages.jsonl"
EVERY = 75

pytestmark = [
    pytest.mark.browser,
    pytest.mark.untraced,
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.skipif(not PAGES.exists(), reason="the saved pages are not beside the repository"),
]


async def _away(browser: Browser, saved: Saved, link: str, words: str) -> list[float]:
    """How far each place with the words is from the window's middle, in pixels, after following the link."""
    context = await browser.new_context(viewport={"width": 1000, "height": 700})
    page = await context.new_page()

    async def serve(route: Any) -> None:
        if route.request.is_navigation_request() and not route.request.frame.parent_frame:
            await route.fulfill(**answer(saved.html))
        else:
            await route.abort()

    await page.route("**/*", serve)
    await page.goto(link, wait_until="domcontentloaded")
    await page.evaluate(SETTLED)
    seen = await page.evaluate(SEEN, words)
    await context.close()
    return [float(away) for away in seen["away"]]


async def test_the_first_bullet_of_saved_pages_leads_to_its_sentence(browser: Browser) -> None:
    pages = list(read(PAGES, EVERY))
    assert len(pages) >= 3
    for saved in pages:
        bullet = saved.bullets[0]
        assert bullet.link, saved.name
        away = await _away(browser, saved, bullet.link, bullet.text)
        assert any(abs(each) <= NEAR_PX for each in away), saved.name


async def test_words_that_are_not_there_lead_nowhere(browser: Browser) -> None:
    saved = next(read(PAGES, EVERY))
    bullet = saved.bullets[0]
    away = await _away(browser, saved, f"{saved.url}#:~:text=Nothing%20of%20it%20at%20all", bullet.text)
    assert away
    assert not any(abs(each) <= NEAR_PX for each in away)
