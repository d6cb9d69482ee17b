"""Sentences and their spans."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.summarize.sentences import MOST_QUOTED_CHARS, split


def cut(text: str, language: str = "en") -> list[str]:
    return [sentence.text for sentence in split(text, language)]


@given(text=st.text(max_size=300), language=st.sampled_from([None, "en", "de", "ar", "zh", "th", "", "!"]))
@settings(max_examples=300, deadline=None)
def test_sentences_are_slices_in_order_and_lose_no_letter(text: str, language: str | None) -> None:
    found = list(split(text, language))
    assert all(" ".join(text[s.start : s.end].split()) == s.text != "" for s in found)
    assert all(one.end <= two.start for one, two in pairwise(found))
    assert "".join("".join(s.text.split()) for s in found) == "".join(_without_breaks(text).split())


@given(
    text=st.text(alphabet="Ab.!?…“”\"' \xa0\u2009\u202f\u3000", max_size=40),
    language=st.sampled_from(["en", "ru", "zh"]),
)
@settings(max_examples=300, deadline=None)
def test_no_blank_of_any_width_breaks_the_splitter(text: str, language: str) -> None:
    found = list(split(text, language))
    assert "".join("".join(s.text.split()) for s in found) == "".join(text.split())


def test_an_initial_between_wide_blanks() -> None:
    assert cut("It was J\xa0.\xa0Smith who opened it. They left.") == ["It was J . Smith who opened it.", "They left."]


def _without_breaks(text: str) -> str:
    return "".join(" " if mark in "\x1c\x1d\x1e\x85" else mark for mark in text)


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r", "\n\n", "\u2028", "\u2029", "\x0b", "\x0c", "\x85"])
def test_a_line_end_always_ends_a_sentence(end: str) -> None:
    assert cut(f"No full stop here{end}and none here") == ["No full stop here", "and none here"]


@pytest.mark.parametrize(
    ("language", "sentences"),
    [
        ("en", ["Dr. Smith of the U.S. Army met Sen. Doe at 5 p.m. on Monday.", "He left."]),
        ("en", ["Prices rose by 3.5 percent.", "Mr. Doe paid $2.50 for No. 7."]),
        ("en", ['He said: "Go home. Now."', "Then he left."]),
        ("en", ["“We will go. Now,” she said.", "Nobody went."]),
        ("en", ["The file is at example.org.", "It is small."]),
        ("de", ["Am 3. Oktober kam Dr. Müller z. B. nach Berlin.", "Er blieb."]),
        ("de", ["Die 2. Liga spielt am Sonntag.", "Das kostet ca. 5 Mio. Euro."]),
        ("de", ["Die Brücke war gesperrt worden.", "120 Fähren fuhren seit dem 3. Mai.", "Es sind etwa 20."]),
        ("de", ["„Wir fangen an. Sofort“, sagte er.", "Niemand kam."]),
        ("es", ["El Sr. García llegó a EE. UU. el lunes.", "Se quedó."]),
        ("fr", ["M. Durand est arrivé lundi.", "« Nous partons. Vite », a-t-il dit."]),
        ("ar", ["قال د. أحمد إن الجسر سيبنى.", "هل هذا صحيح؟", "نعم، هذا صحيح."]),
        ("hi", ["परिषद ने मतदान किया।", "काम में तीन साल लगेंगे।"]),
    ],
)
def test_sentences_of_languages(language: str, sentences: list[str]) -> None:
    assert cut(" ".join(sentences), language) == sentences


def test_chinese_needs_no_blanks() -> None:
    assert cut("市议会投票了。他说：“我们开始。马上。”然后他走了。", "zh")[0] == "市议会投票了。"
    assert len(cut("市议会投票了。工程需要三年！是吗？", "zh")) == 3


def test_a_piece_in_small_letters_belongs_to_the_sentence_before() -> None:
    assert cut("The treatment has lowered his. voice a lot. He is glad.") == [
        "The treatment has lowered his. voice a lot.",
        "He is glad.",
    ]


def test_a_quotation_that_opens_in_each_paragraph_turns_no_later_mark_round() -> None:
    text = 'He said: "It is late. "We go now. "We stay," said Ann. "That is all." The end came.'
    assert cut(text)[-3:] == ['"We stay," said Ann.', '"That is all."', "The end came."]


def test_a_quotation_that_never_closes_does_not_swallow_the_rest() -> None:
    text = "“It is late. " + "We go home on Monday. " * 60
    assert max(map(len, cut(text))) < MOST_QUOTED_CHARS


def test_half_a_surrogate_pair_is_kept_in_its_place() -> None:
    (sentence,) = split("One \ud83d is broken.")
    assert (sentence.start, sentence.end, sentence.text) == (0, 16, "One \ud83d is broken.")
