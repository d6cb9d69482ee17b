"""A real Chromium for the tests that look at the chat page, and a place for the pictures they take."""

import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, ConsoleMessage, Page, async_playwright

PICTURES = Path(__file__).parents[2] / "test-results"
INSTALLED = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
SWITCHES = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
TIMEOUT_MS = 15_000

Picture = Callable[[Page, str], Awaitable[None]]


def _chromium(own: str) -> str:
    installed = next(filter(None, map(shutil.which, INSTALLED)), None)
    if not installed and not Path(own).exists():
        pytest.skip("no Chromium: install chromium, or run `playwright install chromium`")
    return installed or own


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    """Chromium: an installed one, else Playwright's own, else the test is skipped."""
    async with async_playwright() as playwright:
        path = _chromium(playwright.chromium.executable_path)
        launched = await playwright.chromium.launch(executable_path=path, args=SWITCHES)
        yield launched
        await launched.close()


class Watched:
    """Browser contexts whose pages may not complain: console errors, exceptions, refusals of the content policy."""

    def __init__(self, browser: Browser) -> None:
        self._browser = browser
        self._contexts: list[BrowserContext] = []
        self.complaints: list[str] = []

    async def page(self, width: int = 1280, height: int = 860, **options: object) -> Page:
        """A page in a context of its own."""
        settings: dict[str, object] = {"viewport": {"width": width, "height": height}, "color_scheme": "light"}
        context = await self._browser.new_context(**(settings | options))  # type: ignore[arg-type]
        context.set_default_timeout(TIMEOUT_MS)
        self._contexts.append(context)
        page = await context.new_page()
        page.on("console", self._listen)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        return page

    def _listen(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.complaints.append(f"{message.type}: {message.text}")

    async def close(self) -> None:
        """Close all pages."""
        for context in self._contexts:
            await context.close()


@pytest_asyncio.fixture(loop_scope="session")
async def pages(browser: Browser) -> AsyncIterator[Watched]:
    """Opens pages; the test fails if one of them complained."""
    watched = Watched(browser)
    yield watched
    await watched.close()
    assert watched.complaints == []


@pytest.fixture
def picture() -> Picture:
    """Saves what a page looks like as test-results/<name>.png."""

    async def save(page: Page, name: str) -> None:
        PICTURES.mkdir(exist_ok=True)
        await page.screenshot(path=PICTURES / f"{name}.png")

    return save
