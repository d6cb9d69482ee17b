"""Every decision about an article can be asked for."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.summarize.bullets import condense
from bot.summarize.clean import story
from bot.summarize.explain import Rated, Removed, explained

TEXT = """By Jane Doe, Chief Correspondent
LONDON/PARIS (Wire) – The council voted on Monday to rebuild the harbour bridge.
Sign up for our newsletter to get the news of the city every day.
A LONG WAIT
Engineers warned in March that the northern pillar of the bridge had moved.
He expects the work to cost the council about 48 million euros.
Who will pay for the bridge, and when?
Correction: an earlier version of this story named another bridge.
Copyright 2024 City News
The zoo has a new lion, and a new cage for it, the keeper said.
"""


def test_each_removed_piece_names_its_rule() -> None:
    rules = {piece.text[:8]: piece.rule for piece in explained(TEXT).removed}
    assert rules == {
        "By Jane ": "byline",
        "LONDON/P": "prefix.dateline",
        "Sign up ": "furniture.newsletter",
        "A LONG W": "subhead",
        "Correcti": "furniture.corrections",
        "Copyrigh": "ending.copyright",
        "The zoo ": "after the end",
    }


def test_datelines_and_corrections_are_kept_as_data() -> None:
    found = explained(TEXT)
    assert (found.place, found.agency) == ("LONDON/PARIS", "Wire")
    assert found.notes == ("Correction: an earlier version of this story named another bridge.",)


@pytest.mark.parametrize(
    ("text", "place", "agency"),
    [
        ("KYIV, Ukraine — The council voted on Monday.", "KYIV, Ukraine", None),
        ("(Wire) – The council voted on Monday.", None, "Wire"),
        ("The council voted on Monday.", None, None),
    ],
)
def test_datelines(text: str, place: str | None, agency: str | None) -> None:
    found = explained(f"{text}\nEngineers had warned of it in March.", language="en")
    assert (found.place, found.agency) == (place, agency)


def test_the_title_is_named_as_such() -> None:
    found = explained(f"The bridge comes back!\n{TEXT}", title="The bridge comes back!")
    assert found.removed[0].rule == "title"


def test_each_sentence_has_its_score_and_reasons() -> None:
    first, second, third, asked = explained(TEXT, count=2).sentences
    assert (first.chosen, second.chosen, third.chosen, asked.chosen) == (True, True, False, False)
    assert first.score is not None
    assert len(first.reasons) == 3
    assert third.reasons[0] == "leans on the sentence before"
    assert (asked.score, asked.reasons) == (None, ("a repeat, a question, or not whole",))


PIECES = st.sampled_from([*TEXT.split("\n"), "\n", "\n", " ", "He left. ", "(", "\ud800", "市议会投票了。"])


@pytest.mark.untraced
@given(text=st.one_of(st.text(max_size=200), st.lists(PIECES, max_size=14).map("".join)))
@settings(max_examples=200, deadline=None)
def test_the_explanation_covers_the_text_and_agrees_with_the_bullets(text: str) -> None:
    found = explained(text)
    pieces: list[Removed | Rated] = [*found.removed, *found.sentences]
    assert all(" ".join(text[each.start : each.end].split()) == each.text for each in pieces)
    told = sum(len(each.text.replace(" ", "")) for each in pieces)
    assert told == len("".join(text.split()))
    assert len(found.sentences) == len(story(text, found.language))
    assert [each.text for each in found.sentences if each.chosen] == [each.text for each in condense(text).bullets]
