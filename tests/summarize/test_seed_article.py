"""The real article that the project began with: three bullets, nothing of the page around it.

Its text belongs to its publisher, so it lies beside the repository and these tests are skipped without it.
"""

import re
from pathlib import Path

import pytest

from bot.summarize.bullets import METHODS, condense
from bot.summarize.clean import story

ARTICLE = Path(__file__).resolve().parents[2].parent / "shared" / "data" / "seed" / "article.txt"

pytestmark = pytest.mark.skipif(not ARTICLE.exists(), reason="the seed article is not beside the repository")


@pytest.fixture(scope="module")
def text() -> str:
    return ARTICLE.read_bytes().decode()


def _furniture(text: str) -> list[tuple[int, int]]:
    """Spans of byline, dateline, capital subheads, copyright line and the teasers after it."""
    found, at = [(0, text.index("\n"))], text.index("\n") + 1
    tail = text.index("\nCopyright ")
    found.append((at, text.index("– ", at) + 2))
    found += [match.span() for match in re.finditer(r"(?m)^[A-Z ]+$", text)]
    return [*found, (tail, len(text))]


@pytest.mark.parametrize("method", METHODS)
def test_three_bullets_without_furniture(text: str, method: str) -> None:
    found = condense(text, method=method)
    assert (found.language, len(found.bullets)) == ("en", 3)
    for bullet in found.bullets:
        assert " ".join(text[bullet.start : bullet.end].split()) == bullet.text
        assert all(bullet.end <= start or end <= bullet.start for start, end in _furniture(text))


def test_the_whole_story_is_kept(text: str) -> None:
    kept = story(text, "en")
    first, last = kept[0].start, kept[-1].end
    skipped = [line for line in text[first:last].split("\n") if not any(line[:40] in s.text for s in kept)]
    assert all(line.isupper() for line in skipped[1:])
    assert len(kept) == 24


def test_the_lead_tells_what_happened(text: str) -> None:
    lead = condense(text).bullets[0].text
    assert "Aleppo" in lead
    assert "200 people" in lead
