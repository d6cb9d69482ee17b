"""Plain text: what goes, what stays, and how long it may be."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.text import cut, plain, plain_lines

ANY = st.text(st.characters(codec=None), max_size=80)  # lone surrogates included


@pytest.mark.parametrize(
    ("raw", "clean"),
    [
        ("  two\t words \r\n again\u3000", "two words again"),
        ("T56 N\0U\x07L\x1b[31m \x9b", "T56 NUL[31m"),
        ("T56 ze\u200bro\ufeff wi\u2060dth\u00ad", "T56 zero width"),
        ("T55 \u202eabc\u202c \u2067def\u2069\u200f", "T55 abc def"),
        ("T57 a\ud800b \ud83d\ude00", "T57 a\ufffdb 😀"),
        ("T58 Z\u0351\u0352\u0353\u0354a", "T58 Z\u0351\u0352a"),
        ("line\u2028separator\x85next", "line separator next"),
    ],
)
def test_what_plain_text_is(raw: str, clean: str) -> None:
    assert plain(raw) == clean


@pytest.mark.parametrize(
    "word",
    [
        "می\u200cخواهم",
        "क\u094d\u200dष",
        "ന\u0d4d\u200d",
        "👨\u200d👩\u200d👧",
        "❤\ufe0f\u200d🔥",
        "1\ufe0f\u20e3",
        "နှိုင်း",
        "བསྒྲུབས",
        "ก็ได้",
        "Việt",
        "e\u0301\u0323",
    ],
)
def test_writing_that_must_survive(word: str) -> None:
    assert plain(word) == word
    assert plain_lines(word) == word


@pytest.mark.parametrize("word", ["a\u200db", "\u200ca", "a\u200d", "ب\u200d\u200d\u200dب", "1\u200c2"])
def test_joiners_that_hide(word: str) -> None:
    assert "\u200d\u200d" not in plain(word)
    assert len(plain(word)) < len(word)


def test_paragraphs_stay_apart() -> None:
    assert plain_lines(" one\r\ntwo  words \n\n\t\nthree\u2029four") == "one\ntwo words\nthree\nfour"
    assert plain_lines("one\n" * 5, 7) == "one\none"


def test_cutting_at_words() -> None:
    assert cut("short", 5) == "short"
    assert cut("the harbour bridge", 12) == "the harbour…"
    assert cut("the harbour bridge", 13) == "the harbour…"
    assert cut("the harbour, bridge", 14) == "the harbour…"
    assert cut("harbourbridge", 8) == "harbour…"
    assert cut("in harbourbridge", 8) == "in harb…"
    assert cut("any", 0) == ""


@given(ANY, st.integers(0, 60))
def test_plain_text_has_no_surprises(text: str, most: int) -> None:
    clean = plain(text, most)
    assert len(clean) <= most
    assert clean == " ".join(clean.split())
    clean.encode()
    assert not any(unicodedata.category(c) == "Cc" for c in clean)
    assert not set(clean) & set("\u200b\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff")
    assert plain(clean, most) == clean


@given(ANY)
def test_lines_say_the_same_as_one_line(text: str) -> None:
    assert plain_lines(text).split() == plain(text).split()


@given(ANY, st.integers(0, 30))
def test_a_cut_text_is_never_too_long(text: str, most: int) -> None:
    assert len(cut(text, most)) <= most
