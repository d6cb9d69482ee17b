"""Texts that are no ordinary article: each has its outcome, and nothing is padded or cut within a word."""

import pytest

from bot.summarize.bullets import condense

LEAD = "The council voted on Monday to rebuild the harbour bridge within three years."
SHOUTED = "THE COUNCIL VOTED ON MONDAY TO REBUILD THE HARBOUR BRIDGE. NOBODY WAS HURT WHEN IT FELL."
LIST = "\n".join(["What you should pack", "- a warm coat", "- two pairs of boots", "- a map of the harbour"])
LIVE = "\n".join(
    f"1{n}:05 – The council voted on part {n} of the plan to rebuild the bridge at the harbour." for n in range(6)
)
TRANSCRIPT = "\n".join(["DOE: Will you rebuild it?", "ROE: I will, and soon.", "DOE: When?", "ROE: When I can."] * 4)
POEM = "The harbour sleeps beneath the snow\nand all its boats lie in a row\nwhile far away the rivers go"
TABLE = "\n".join(["Bridge\tYear\tCost", "North\t1901\t3.2", "South\t1922\t4.1", "West\t1988\t17.9"])
ARABIC = "قال المجلس إن الجسر الجديد سيبنى خلال ثلاث سنوات من الآن."
MIXED = f"{LEAD}\n{ARABIC}\nThe mayor called it a day to remember for all of the city."


def texts_of(text: str, count: int = 3) -> list[str]:
    return [bullet.text for bullet in condense(text, count=count).bullets]


@pytest.mark.parametrize(
    ("text", "bullets"),
    [
        (LEAD, 1),
        ("", 0),
        (SHOUTED, 0),
        (LIST, 0),
        (TRANSCRIPT, 0),
        (POEM, 0),
        (TABLE, 0),
        (MIXED, 3),
        ("the bridge and " * 7000 + "the end.", 0),
        (f"{LEAD} " + "the bridge and " * 7000 + "the end.", 1),
        (f"{LEAD}\n{LIST}", 1),
    ],
    ids=[
        "one",
        "none",
        "capitals",
        "list",
        "transcript",
        "poem",
        "table",
        "mixed",
        "100 kB",
        "one and 100 kB",
        "and list",
    ],
)
def test_how_many_bullets(text: str, bullets: int) -> None:
    found = texts_of(text)
    assert len(found) == bullets
    assert all(" ".join(text.split()).find(each) >= 0 for each in found)


def test_a_live_blog_loses_its_stamps_and_is_not_told_twice() -> None:
    found = texts_of(LIVE)
    assert found
    assert all(each.startswith("The council voted on part") for each in found)


def test_ten_thousand_sentences() -> None:
    text = " ".join(f"Bridge number {n} in the harbour of town {n} was rebuilt in {1000 + n}." for n in range(10_000))
    assert len(texts_of(text)) == 3
    assert len(texts_of(text, count=500)) == 500
