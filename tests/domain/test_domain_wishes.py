"""What `/subscribe` understands."""

from datetime import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.errors import UserError
from bot.domain.models import Cadence, Schedule, Wish
from bot.domain.wishes import parse_wish, topic_words

EIGHT = (time(8, 0),)


@pytest.mark.parametrize(
    ("typed", "wish"),
    [
        ("", Wish("", Schedule(Cadence.DAILY, EIGHT))),
        ("instant", Wish("", Schedule(Cadence.INSTANT))),
        ("HOURLY", Wish("", Schedule(Cadence.HOURLY))),
        ("syria", Wish("syria", Schedule(Cadence.DAILY, EIGHT))),
        ("syria instant", Wish("syria", Schedule(Cadence.INSTANT))),
        ("syria daily 7:30 19.00", Wish("syria", Schedule(Cadence.DAILY, (time(7, 30), time(19, 0))))),
        ("07:30, 07:30 weekdays", Wish("", Schedule(Cadence.DAILY, (time(7, 30),), frozenset(range(5))))),
        ("daily mail 07:30", Wish("daily mail", Schedule(Cadence.DAILY, (time(7, 30),)))),
        ("harbour  bridge weekends", Wish("harbour bridge", Schedule(Cadence.DAILY, EIGHT, frozenset({5, 6})))),
    ],
)
def test_wishes(typed: str, wish: Wish) -> None:
    assert parse_wish(typed.split(" ")) == wish


@pytest.mark.parametrize(
    "typed", ["syria 25:00", "instant 08:00", "hourly weekdays", "x" * 101, "0:00 1:00 2:00 3:00 4:00 5:00 6:00"]
)
def test_what_makes_no_sense_is_refused_in_one_sentence(typed: str) -> None:
    with pytest.raises(UserError) as refused:
        parse_wish(typed.split())
    assert "\n" not in refused.value.message
    assert len(refused.value.message) < 150


@given(st.text(max_size=300))
def test_any_text_is_a_wish_or_a_refusal(typed: str) -> None:
    try:
        wish = parse_wish(typed.split())
    except UserError:
        return
    assert len(wish.words) <= 100
    assert wish.schedule.times or wish.schedule.cadence is not Cadence.DAILY


def test_t71_a_topic_of_4_kb_is_refused() -> None:
    with pytest.raises(UserError, match="100 characters"):
        topic_words("word " * 800)
