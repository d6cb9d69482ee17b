"""Topics: folding, tokens, ranking, and what may have been meant."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.models import Hit, Story
from bot.stories.topics import MOST_TOKENS, fold, ranked, suggest, tokens

NOW = datetime(2026, 11, 22, 8, tzinfo=UTC)


def hit(number: int, match: float, age_days: float) -> Hit:
    at = NOW - timedelta(days=age_days)
    return Hit(Story(number, f"Story {number}", None, 1, "Coast Daily", at, at, "en", ()), match)


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("Café Müller", "cafe muller"),
        ("U.S.-China trade", "u s china trade"),
        ("İstanbul", "istanbul"),
        ("snake_case", "snake case"),
        ("港の橋", "港 の 橋"),
        ("ﬁne", "fine"),
        ("𝛢thens 𝐍ews", "αthens news"),
        ("", ""),
    ],
)
def test_folding(text: str, folded: str) -> None:
    assert fold(text) == folded


@given(st.text(max_size=200))
def test_folding_twice_is_folding_once(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@given(st.text(max_size=500))
def test_tokens_are_few_each_once_and_in_the_index_form(words: str) -> None:
    found = tokens(words)
    assert len(found) <= MOST_TOKENS
    assert len(set(found)) == len(found)
    assert all(fold(token) == token for token in found)


def test_match_and_freshness_weigh_alike() -> None:
    fresh, fitting, both = hit(1, 1.0, 0), hit(2, 4.0, 20), hit(3, 4.0, 0)
    assert [story.id for story in ranked([fresh, fitting, both], NOW)] == [3, 1, 2]


def test_nothing_found_is_nothing_ranked() -> None:
    assert ranked([], NOW) == ()


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("syrai", "syria"),
        ("Damacsus news", "damascus news"),
        ("syria", None),
        ("syri", None),
        ("xqzzy", None),
        ("syrai xqzzy", None),
        ("ab", None),
        ("", None),
    ],
)
def test_what_may_have_been_meant(typed: str, meant: str | None) -> None:
    assert suggest(typed, ["News from Syria", "Damascus book fair"]) == meant
