"""THREATS that reach the summarize room: T45, T46, T57 and texts made to be slow."""

import subprocess
import sys

import pytest

from bot.summarize.bullets import METHODS, condense
from bot.summarize.clean import MOST_CHARS, MOST_SENTENCES, story

pytestmark = pytest.mark.untraced

SENTENCE = "The council voted on Monday to rebuild bridge number {}. "
MANY = "".join(SENTENCE.format(n) for n in range(100_000))
WALLS = {
    "one word": "a" * 1_000_000,
    "one sentence of 100 kB": "the bridge and " * 7_000 + "the end.",
    "full stops": ". " * 500_000,
    "open quotes and no end": "“Go " * 200_000,
    "open brackets": "(Go. " * 200_000,
    "quotes": '" ' * 500_000,
    "opening quotes": "“Go. " * 200_000,
    "apostrophes": "' a " * 200_000,
    "brackets": "(" * 1_000_000,
    "capitals": "A" * 1_000_000,
    "capital words": "Aa " * 300_000,
    "datelines": "LONDON (Wire) - " * 60_000,
    "bylines": "By. Jane Doe. " * 60_000,
    "stamps": "PUBLISHED:. 07:12 " * 50_000,
    "empty lines": "\n" * 1_000_000,
    "short lines": "a\n" * 500_000,
    "small letters": "go on. " * 150_000,
    "abbreviations": "Dr. " * 250_000,
    "white space": " " * 1_000_000,
    "combining marks": "e" + "\u0301" * 1_000_000,
    "surrogates": "\ud800" * 500_000,
    "Chinese": "市议会投票" * 100_000,
    "Arabic": "المجلس " * 100_000,
}


def test_t46_a_hundred_thousand_sentences() -> None:
    found = condense(MANY, count=1000)
    assert len(found.bullets) == 1000
    assert len(story(MANY, "en")) <= MOST_SENTENCES
    assert all(MANY[bullet.start : bullet.end] == bullet.text for bullet in found.bullets)


def test_ten_thousand_sentences_are_all_read() -> None:
    text = "".join(f"It is bridge {n} of them all. " for n in range(10_000))
    assert len(story(text, "en")) == MOST_SENTENCES


def test_a_text_that_is_cut_ends_with_a_whole_sentence() -> None:
    last = story(MANY[: MOST_CHARS + 20], "en")[-1]
    assert last.text.endswith(".")
    assert last.text in MANY


@pytest.mark.parametrize("method", METHODS)
def test_t46_for_every_method(method: str) -> None:
    assert len(condense(MANY, method=method).bullets) == 3


@pytest.mark.timeout(20)
@pytest.mark.parametrize("name", WALLS)
def test_t45_walls_of_text_end(name: str) -> None:
    """Each takes well under a second; anything worse than linear takes hours at these sizes."""
    text = WALLS[name]
    found = condense(text, title=text[:1_000_000], language="en")
    assert all(" ".join(text[b.start : b.end].split()) == b.text and len(b.text) <= 700 for b in found.bullets)


def test_t57_lone_surrogates_never_reach_a_bullet() -> None:
    text = "The council \ud83d voted on Monday. Engineers warned in March that the pillar had moved."
    assert [bullet.text[:9] for bullet in condense(text).bullets] == ["Engineers"]


def test_a_hundred_thousand_sentences_fit_in_a_small_worker() -> None:
    program = (
        "import re, pathlib; from bot.summarize.bullets import condense; "
        "condense('The council voted on Monday to rebuild it. ' * 100_000); "
        "print(re.search(r'VmHWM:\\s+(\\d+)', pathlib.Path('/proc/self/status').read_text())[1])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert int(done.stdout) < 100_000  # kB
