"""What buttons say when pressed: small, and read back only if we could have written it (T65)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.tg import keyboards
from bot.tg.keyboards import Action, Press, encode, parse
from tests.tg.examples import BRIDGE, found, subscription

FORGED = [
    None,
    7,
    "",
    "end",
    "end:",
    "end:0",
    "end:-1",
    "end:+1",
    "end: 1",
    "end:01",
    "end:1:2",
    "end:1:",
    "end:٣",
    "end:1e3",
    "end:99999999999999999999",
    "END:1",
    "end:1\n",
    "now:1",
    "keep:x",
    "topic:1:0:0:5",
    "topic:1:7:0:11",
    "topic:1:7:999999:5",
    "at:1:1440",
    "find:",
    "find: ",
    "zone:",
    "drop:1",
    "x" * 65,
    "find:" + "é" * 40,
    "latest:0:0:0",
]


@pytest.mark.parametrize("data", FORGED)
def test_t65_forged_data_is_no_press(data: object) -> None:
    assert parse(data) is None


@given(
    st.one_of(
        st.text(max_size=80), st.sampled_from(list(Action)).flatmap(lambda a: st.text(max_size=30).map(f"{a}:".__add__))
    )
)
def test_t65_whatever_is_read_was_written_so(data: str) -> None:
    press = parse(data)
    assert press is None or encode(press) == data


@pytest.mark.parametrize(
    "press",
    [
        Press(Action.INSTANT),
        Press(Action.END, (2**63 - 1,)),
        Press(Action.TOPIC, (2**63 - 1, 365, 10_000, 10)),
        Press(Action.LATEST, (0, 5, 10)),
        Press(Action.AT, (12, 23 * 60 + 59)),
        Press(Action.FIND, words="harbour: bridge"),
        Press(Action.ZONE, words="America/Argentina/ComodRivadavia"),
    ],
)
def test_what_is_written_is_read_back(press: Press) -> None:
    data = encode(press)
    assert data is not None
    assert len(data.encode()) <= 64
    assert parse(data) == press


def test_words_that_do_not_fit_make_no_button() -> None:
    assert keyboards.look_for("é" * 30) == ()
    assert keyboards.look_for("") == ()
    assert len(keyboards.look_for("harbour bridge")) == 1


def test_every_button_can_be_pressed() -> None:
    rows = (
        *keyboards.start(),
        *keyboards.latest(found(BRIDGE, offset=5, total=9), 5),
        *keyboards.topic(found(BRIDGE, words="x", total=9, days=3), 5),
        *keyboards.standing(subscription()),
        *keyboards.hours(12),
        *keyboards.zones(),
        *keyboards.sources(20, 20, 50),
        *keyboards.ask_removal(3),
        *keyboards.proposal(1_700_000_000_000, 9, 2),
        *keyboards.added(3, 1_700_000_000_000, 2),
        *keyboards.changed(subscription(), subscription()),
    )
    buttons = [button for row in rows for button in row]
    assert len(buttons) > 30
    assert all(parse(button.data) and button.text for button in buttons)


def test_the_longest_look_back_offers_no_longer_one() -> None:
    (row,) = keyboards.topic(found(BRIDGE, words="x", days=30), 5)
    assert [button.text for button in row] == ["🔔 Follow this topic"]
