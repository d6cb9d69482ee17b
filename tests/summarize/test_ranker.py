"""The choice: rules about what may stand, and a model that says what tells most."""

import json
from collections.abc import Callable
from importlib.resources import files

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.summarize.bullets import condense
from bot.summarize.features import NAMES, measured, words_of
from bot.summarize.rank import leans
from bot.summarize.ranker import Model, chosen, model, parsed, scores
from bot.summarize.rules import cues

EN = cues("en")
BRIDGE = "The council voted on Monday to rebuild the harbour bridge."
COST = "The work will cost 48 million euros and take three years, according to the mayor."
PILLAR = "Engineers warned in March that the northern pillar of the bridge had moved."
TRAMS = "Trams and buses will cross the river two kilometres further north until then."


def told(*sentences: str, count: int = 3, title: str | None = None) -> list[str]:
    return [bullet.text for bullet in condense("\n".join(sentences), title=title, count=count, language="en").bullets]


@pytest.mark.parametrize(
    "poor",
    [
        "Will the council really rebuild the old harbour bridge, and when?",
        "I was there on the day when the council voted to rebuild the bridge.",
        "The bridge of my childhood will never come back to this harbour, I think.",
        "We went to the harbour to see what the council wants to rebuild.",
        "“The bridge is too old, and nobody can mend a pillar that has moved.”",
        "Here's everything you need to know about the harbour and its old bridge.",
        "Sign up for our newsletter about the council, the bridge and the harbour.",
        "Here are some of the plans for the bridge of the harbour that the council saw.",
        "Share, and the council will rebuild the bridge of the harbour twice as fast.",
        "Give what you can to the council, so that the bridge of the harbour stands again.",
        "Nobody can mend the pillar,” said the mayor, who wants another bridge in the harbour.",
        'The pillar has moved," said the mayor, who wants another bridge in the harbour.',
        "Think of your way across the harbour before the council rebuilt the bridge.",
        "(The council saw three other plans for the bridge of the harbour in March.)",
        "Imagine the harbour without the bridge that carried its trams for years.",
    ],
)
def test_what_is_no_bullet_while_there_are_others(poor: str) -> None:
    assert poor not in told(BRIDGE, COST, poor, PILLAR, TRAMS, count=4)


@pytest.mark.parametrize(
    "leaning",
    [
        "He expects the council to rebuild the bridge of the harbour within three years.",
        "They voted for the bridge of the harbour after two days of hearings.",
        "But the council did not say who will rebuild the bridge of the harbour.",
        "The move of the council ends a quarrel about the bridge of the harbour.",
        "This means that the bridge of the harbour will stay closed to trams.",
        "The two will rebuild the bridge of the harbour within three years.",
        "The company will rebuild the bridge of the harbour within three years.",
        "When he agrees, the bridge of the harbour will be rebuilt within three years.",
        "Another will rebuild the bridge of the harbour in the years after that.",
        "“They are glad that the bridge of the harbour will stand again,” the mayor said.",
        "The bridge of the harbour would not have stood for another year, she said.",
    ],
)
def test_a_sentence_that_leans_on_another_never_stands_without_it(leaning: str) -> None:
    question = "Who will rebuild the bridge of the harbour?"
    assert leaning not in told(BRIDGE, question, leaning, COST, PILLAR, count=9)
    found = told(BRIDGE, COST, leaning, PILLAR, TRAMS, count=3)
    assert leaning not in found or COST in found
    assert leaning in told(BRIDGE, COST, leaning, PILLAR, TRAMS, count=9)


def test_a_quotation_keeps_its_speaker() -> None:
    said = "“The bridge is too old, and the pillar has moved,” the mayor said on Monday."
    bare = "“Nobody can mend a pillar of the bridge that has moved so far.”"
    assert bare not in told(BRIDGE, said, bare, COST, PILLAR, count=4)
    assert said in told(BRIDGE, said, bare, COST, PILLAR, count=4)


@pytest.mark.parametrize(
    ("opening", "does"),
    [
        ("He said so.", True),
        ("It’s over.", True),
        ("But no.", True),
        ("The decision fell.", True),
        ("The council met.", False),
        ("“He is gone,” she said.", True),
        ("“Trams run again,” she said.", True),
        ("“Trams run again,” said Hector.", False),
        ("“Trams run again,” Hector Lodge said.", False),
        ("When he came, Hector said so.", False),
        ("When trams came, people cheered.", False),
        ("The council of Rome votes on Monday, he said.", False),
        ("Hector said so.", False),
        ("US troops left.", False),
        ("", False),
    ],
)
def test_which_openings_lean(opening: str, does: bool) -> None:
    assert leans(words_of([opening], EN)[0], EN) is does


def test_an_article_in_the_first_person_still_has_a_bullet() -> None:
    assert told("I went to the harbour on Monday to see the old bridge.") != []


def test_numbers_and_who_says_so_are_kept_whole() -> None:
    assert COST in told(BRIDGE, COST, PILLAR, TRAMS)


def test_what_repeats_a_chosen_sentence_is_left_out() -> None:
    again = "On Monday the council voted to rebuild the bridge at the harbour."
    found = told(BRIDGE, again, COST, PILLAR, TRAMS)
    assert not {BRIDGE, again} <= set(found)


# ---- the model -------------------------------------------------------------------------------------


def test_the_model_belongs_to_the_features() -> None:
    assert len(model().weights) == len(model().means) == len(NAMES)
    assert model().repeated < 0


def test_a_model_of_other_features_is_refused() -> None:
    read = json.loads(files("bot.summarize").joinpath("ranker.json").read_text(encoding="utf-8"))
    read["features"]["moon"] = read["features"].pop("first")
    with pytest.raises(ValueError, match="belong together"):
        parsed(json.dumps(read))


def test_an_average_sentence_scores_nothing() -> None:
    assert scores([model().means], model()) == pytest.approx([0.0])


def test_the_choice_weighs_repeats_neighbours_and_needs() -> None:
    by = Model(1, (), (), repeated=-1.0, adjacent=0.25)
    near = {(0, 1): 0.6, (1, 2): 0.8}
    twice = {(0, 1): 1.0}
    last = {(1, 2): 1.0}
    assert chosen([3.0, 2.9, 2.0], cosines(near), 2, by, {}) == [0, 1]
    assert chosen([3.0, 2.7, 2.4], cosines(near), 2, by, {}) == [0, 2]
    assert chosen([3.0, 2.9, 2.0], cosines(twice), 3, by, {}) == [0, 2]
    assert chosen([3.0, 2.9, 9.0], cosines(last), 2, by, {2: 1}) == [0, 1]
    assert chosen([3.0, 2.9, 9.0], cosines(last), 3, by, {2: -1}) == [0, 1]


def cosines(known: dict[tuple[int, int], float]) -> Callable[[int, int], float]:
    return lambda one, two: known.get((min(one, two), max(one, two)), 0.0)


@given(texts=st.lists(st.text(min_size=1, max_size=60), min_size=1, max_size=8), title=st.none() | st.text(max_size=30))
@settings(max_examples=200, deadline=None)
def test_any_sentences_are_measured(texts: list[str], title: str | None) -> None:
    for language in ("en", "zh", None):
        known = cues(language)
        found = measured(words_of(texts, known), list(range(len(texts))), title, known)
        assert all(len(row) == len(NAMES) and all(value == value for value in row) for row in found.rows)
        places = range(len(texts))
        assert all(-1e-9 <= found.alike(one, two) <= 1 + 1e-9 for one in places for two in places)
