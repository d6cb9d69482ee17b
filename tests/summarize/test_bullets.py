"""What `condense` promises of any text: verbatim spans, order, count, determinism."""

import pickle
from functools import partial
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.models import Bullet
from bot.summarize.bullets import METHODS, condense

BRIDGE = (
    "The council voted on Monday to rebuild the harbour bridge.\n"
    "The work will cost 48 million euros and take three years, the mayor said.\n"
    "Engineers warned in March that the northern pillar had moved by eleven centimetres.\n"
    "Two contractors must submit their final bids by the end of the month.\n"
)
PIECES = st.sampled_from(
    [
        "The council voted on Monday to rebuild the bridge. ",
        'The mayor said: "We begin. Now," and left the hall at once. ',
        "By Jane Doe",
        "LONDON (Wire) – ",
        "More City News",
        "Copyright 2024 City News",
        "Read more: the other bridge",
        "今天市议会投票决定重建港口大桥。",
        "قال المجلس إن الجسر سيبنى من جديد هذا العام.",
        "PUBLISHED:. 07:12 EST, 5 May 2013. ",
        '"',
        "'",
        "\n",
        "\r\n",
        "\u2028",
        "\x0b",
        " ",
        "\ud83d",
        "\udc00",
        "\0",
        "\u202e",
        "e\u0301",
        "👩‍👩‍👧 ",
        "Dr. ",
        "i.e. ",
        "lower case goes on. ",
        "(",
        "...",
    ]
)
TEXTS = st.one_of(st.text(), st.lists(st.one_of(PIECES, st.text(max_size=12)), max_size=30).map("".join))


def fold(text: str) -> str:
    return " ".join(text.split())


@given(text=TEXTS, count=st.integers(1, 8), language=st.sampled_from([None, "en", "de", "ar", "zh", "xx"]))
@settings(max_examples=400, deadline=None)
def test_any_text_gives_verbatim_bullets_in_order(text: str, count: int, language: str | None) -> None:
    found = condense(text, count=count, language=language)
    assert len(found.bullets) <= count
    assert all(fold(text[bullet.start : bullet.end]) == bullet.text != "" for bullet in found.bullets)
    assert all(one.end <= two.start for one, two in pairwise(found.bullets))
    assert len({bullet.text.casefold() for bullet in found.bullets}) == len(found.bullets)
    assert found == condense(text, count=count, language=language)


@given(text=TEXTS)
@settings(max_examples=200, deadline=None)
def test_bullets_never_cut_a_word_and_can_be_written(text: str) -> None:
    for bullet in condense(text, count=20).bullets:
        before, after = text[: bullet.start][-1:], text[bullet.end :][:1]
        assert not (
            before.isalnum() and text[bullet.start].isascii() and text[bullet.start].isalnum() and before.isascii()
        )
        assert not (after.isalpha() and text[bullet.end - 1].isalpha() and after.isascii())
        bullet.text.encode()
        assert "\0" not in bullet.text


@given(text=TEXTS, method=st.sampled_from(METHODS))
@settings(max_examples=60, deadline=None)
def test_every_method_keeps_the_promise(text: str, method: str) -> None:
    found = condense(text, method=method)
    assert len(found.bullets) <= 3
    assert all(fold(text[bullet.start : bullet.end]) == bullet.text for bullet in found.bullets)
    assert list(found.bullets) == sorted(found.bullets, key=lambda bullet: bullet.start)


def test_the_lead_comes_first() -> None:
    found = condense(BRIDGE)
    assert found.language == "en"
    assert [bullet.text.split()[0] for bullet in found.bullets] == ["The", "The", "Engineers"]
    assert found.bullets[0] == Bullet("The council voted on Monday to rebuild the harbour bridge.", 0, 58)


def test_white_space_is_folded_in_the_text_but_not_in_the_span() -> None:
    text = "  The council\tvoted  on Monday\u00a0to rebuild the harbour bridge. "
    (bullet,) = condense(text).bullets
    assert bullet.text == "The council voted on Monday to rebuild the harbour bridge."
    assert (bullet.start, text[bullet.end - 1]) == (2, ".")


@pytest.mark.parametrize(
    "text", ["", " \n\t ", "\0\0", "\ud800", "…", "?", "12345", "https://example.org/a", "Ja.", "👍" * 50]
)
def test_nothing_usable_gives_no_bullets(text: str) -> None:
    assert condense(text).bullets == ()


@pytest.mark.parametrize(
    "poor",
    [
        "Will the council really rebuild the old harbour bridge?",
        "THE COUNCIL VOTED ON MONDAY TO REBUILD THE BRIDGE.",
        "It was so.",
        "The council voted on Monday to rebuild the old harbour bridge, which had been closed for a year […]",
        "The council voted on \ud800 Monday to rebuild the bridge.",
        "The council voted on \x07 Monday to rebuild the bridge.",
    ],
    ids=["question", "shouted", "short", "cut off", "half a surrogate pair", "control"],
)
def test_a_sentence_that_cannot_stand_alone_is_no_bullet(poor: str) -> None:
    good = "Engineers warned in March that the northern pillar had moved."
    assert [bullet.text for bullet in condense(f"{poor}\n{good}").bullets] == [good]


@pytest.mark.parametrize(
    "poor",
    ["Broken: The northern pillar of the harbour bridge on Monday.", "JANE DOE, HOST: The bridge is closed tonight."],
)
def test_a_poor_sentence_is_taken_only_when_better_ones_run_out(poor: str) -> None:
    assert poor not in [bullet.text for bullet in condense(f"{poor}\n{BRIDGE}").bullets]
    assert condense(f"{poor}\n{BRIDGE}", count=9).bullets[0].text == poor


def test_there_is_no_padding() -> None:
    assert len(condense(BRIDGE, count=1000).bullets) == 4
    assert len(condense(BRIDGE, count=1).bullets) == 1


def test_a_sentence_told_twice_is_one_bullet() -> None:
    assert len(condense(BRIDGE + BRIDGE, count=100).bullets) == 4


def test_the_title_is_no_bullet() -> None:
    title = "The council voted to rebuild the bridge after eleven years of a long and bitter debate in the city."
    assert condense(f"{title}\n{BRIDGE}", title=title.upper()).bullets[0].text.startswith("The council voted on Monday")


@pytest.mark.parametrize(("count", "method"), [(0, "news"), (-1, "news"), (3, "guess")])
def test_wrong_arguments_are_refused(count: int, method: str) -> None:
    with pytest.raises(ValueError, match="method"):
        condense(BRIDGE, count=count, method=method)


def test_it_can_be_sent_to_a_worker_process() -> None:
    work = pickle.loads(pickle.dumps(partial(condense, BRIDGE, count=2)))
    assert pickle.loads(pickle.dumps(work())) == condense(BRIDGE, count=2)
