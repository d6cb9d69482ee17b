"""Text fragments in a real browser: one tap shows the sentence that a bullet was taken from."""

import html
from typing import Any

import pytest

from bot.summarize.fragments import fragment

pytestmark = [pytest.mark.browser, pytest.mark.untraced, pytest.mark.asyncio(loop_scope="session")]

ADDRESS = "http://news.example/bridge"
LONG = (
    "The council of the old harbour city voted late on Monday evening, after two days of hearings and one long recess, "
    "to rebuild the bridge that had carried its trams, buses and bicycles over the northern arm of the river."
)
PARAGRAPHS = [
    "The mayor spoke first. It was late.",
    "The council voted 5-4, after a day-long debate, to spend R&D money on it.",
    LONG,
    "It was late. Nobody left the hall before midnight.",
    "“We begin – now,” said Zoë Müller, 48 % of whose voters were against it.",
    "市议会周一投票决定重建港口大桥。工程需要三年。",
    "صوت المجلس يوم الاثنين لصالح إعادة بناء الجسر. هل هذا صحيح؟",
    "Городской совет проголосовал в понедельник за новый мост.",
]
TEXT = "\n".join(PARAGRAPHS)
SENTENCES = [
    (0, "It was late."),
    (1, PARAGRAPHS[1]),
    (2, LONG),
    (3, "It was late."),
    (3, "Nobody left the hall before midnight."),
    (4, PARAGRAPHS[4]),
    (5, "工程需要三年。"),
    (6, "صوت المجلس يوم الاثنين لصالح إعادة بناء الجسر."),
    (7, PARAGRAPHS[7]),
]
SEEN = """() => [...document.querySelectorAll("p")].flatMap((p, at) => {
    const box = p.getBoundingClientRect();
    return box.bottom > 0 && box.top < innerHeight ? [at] : [];
})"""
"""Which paragraphs stand in the window."""


def page_of(paragraphs: list[str]) -> str:
    """A page that shows one paragraph at a time, the words of each broken by markup as pages do."""
    told = "".join(f"<p>{_marked(html.escape(each))}</p>" for each in paragraphs)
    return (
        "<!doctype html><meta charset=utf-8><title>Bridge</title><link rel=icon href='data:,'>"
        f"<style>p{{margin:0 0 2000px;width:30em}}</style><h1 style='margin-bottom:2000px'>The bridge</h1>{told}"
    )


def _marked(words: str) -> str:
    first, blank, rest = words.partition(" ")
    return f"<b>{first}</b>{blank}{rest}"


async def _shown(pages: Any, address: str, body: str) -> list[int]:
    page = await pages.page()

    async def serve(route: Any) -> None:
        await route.fulfill(body=body, content_type="text/html; charset=utf-8")

    await page.route("**/*", serve)
    await page.goto(address)
    await page.evaluate("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
    return list(await page.evaluate(SEEN))


@pytest.mark.parametrize(("paragraph", "sentence"), SENTENCES, ids=range(len(SENTENCES)))
async def test_the_browser_goes_to_the_sentence(pages: Any, paragraph: int, sentence: str) -> None:
    start = TEXT.index(sentence, sum(len(each) + 1 for each in PARAGRAPHS[:paragraph]))
    address = fragment(ADDRESS, TEXT, start, start + len(sentence))
    assert address
    assert await _shown(pages, address, page_of(PARAGRAPHS)) == [paragraph]


async def test_without_a_fragment_it_stays_at_the_top(pages: Any) -> None:
    assert await _shown(pages, ADDRESS, page_of(PARAGRAPHS)) == []
    assert await _shown(pages, f"{ADDRESS}#:~:text=Nothing%20of%20it", page_of(PARAGRAPHS)) == []
