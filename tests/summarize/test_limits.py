"""Texts that are no ordinary article: each has its outcome, and nothing is padded or cut within a word."""

import pytest

from bot.summarize import features
from bot.summarize.bullets import condense
from bot.summarize.rules import cues

LEAD = "The council voted on Monday to rebuild the harbour bridge within three years."
SHOUTED = "THE COUNCIL VOTED ON MONDAY TO REBUILD THE HARBOUR BRIDGE. NOBODY WAS HURT WHEN IT FELL."
LIST = "\n".join(["What you should pack", "- a warm coat", "- two pairs of boots", "- a map of the harbour"])
LIVE = "\n".join(
    f"1{n}:05 – The council voted on part {n} of the plan to rebuild the bridge at the harbour." for n in range(6)
)
TRANSCRIPT = "\n".join(["DOE: Will you rebuild it?", "ROE: I will, and soon.", "DOE: When?", "ROE: When I can."] * 4)
POEM = "The harbour sleeps beneath the snow\nand all its boats lie in a row\nwhile far away the rivers go"
VERSE = (
    "The harbour sleeps beneath the snow,\nAnd all its boats lie in a row;\nWhile far away the rivers go\nTo the sea."
)
SHOPPING = "What to pack:\n- a warm coat for the evening,\n- two pairs of boots that are dry,\n- a map of the harbour."
INTERVIEW = "City News: Who pays for the bridge?\nRuth Callan: The county pays for the rest of it, as it always has."
RECIPE = "Ingredients\n200 g flour\n3 eggs\nMix the flour and the eggs in a large bowl until the dough is smooth."
CODE = "def f(x):\n    return x + 1\n\nprint(f(3))"
SCORES = "21 | Ann Dillon | 700 | 0 |\n22 | Mat Bened | 699 | 3 |\n23 | Ricky House Jr. | 679 | 1 |"
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
        (VERSE, 0),
        (f"{LEAD}\n{VERSE}", 1),
        (SHOPPING, 0),
        (INTERVIEW, 1),
        (RECIPE, 1),
        (CODE, 0),
        (f"{LEAD}\n{SCORES}", 1),
        ("Will the bridge be rebuilt by the council this year?", 0),
        ("Bridge closed.", 0),
        ("a" * 100_000, 0),
        ("市议会投票决定，" * 15_000 + "。", 0),
        ("https://news.example/a https://news.example/b\nhttps://news.example/c", 0),
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
        "verse",
        "and verse",
        "list with commas",
        "interview",
        "recipe",
        "code",
        "and scores",
        "question",
        "two words",
        "one word of 100 kB",
        "Chinese of 100 kB",
        "addresses",
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


def test_a_live_blogs_stamps_in_lines_of_their_own() -> None:
    entries = [
        "The council has begun its session on the harbour bridge.",
        "The mayor says that the city will pay half of the cost of it.",
        "Two builders are to hand in their bids before Friday.",
    ]
    assert texts_of("\n".join(f"{n}.05pm\n{entry}" for n, entry in enumerate(entries, 1))) == entries


def test_answers_keep_who_gave_them() -> None:
    assert texts_of(INTERVIEW) == ["Ruth Callan: The county pays for the rest of it, as it always has."]


def test_rows_of_a_table_are_no_sentences() -> None:
    row = "DL | Myles Garrett | 57 | 77% | 1 tackle and no more than that (1 combined)."
    assert texts_of(f"{row}\n{LEAD}\n{row}") == [LEAD]


def test_right_to_left_and_left_to_right_in_one_line() -> None:
    mixed = "قال المجلس إن شركة Harbour Works ستبني الجسر الجديد خلال 3 سنوات بتكلفة 48 million euros."
    assert texts_of(f"{mixed} {LEAD}") == [mixed, LEAD]


def test_short_lines_of_news_are_no_verse() -> None:
    text = f"The bridge is closed, the council says.\nFerries sail, and sail often.\n{LEAD}"
    assert len(texts_of(text)) == 3


def test_ten_thousand_sentences() -> None:
    text = " ".join(f"Bridge number {n} in the harbour of town {n} was rebuilt in {1000 + n}." for n in range(10_000))
    assert len(texts_of(text)) == 3
    assert len(texts_of(text, count=500)) == 500


def test_long_words_are_not_remembered() -> None:
    words = [f"{number}" + "x" * 50_000 for number in range(10)]
    condense(f"{LEAD} {' '.join(words)}.", language="en")
    assert max(map(len, features._terms(cues("en")))) <= 40
