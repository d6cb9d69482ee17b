"""Long HTML cut into messages: nothing lost, nothing broken, nothing over Telegram's limits."""

import re
import unicodedata
from html import escape
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.tg.split import MOST_BYTES, MOST_ENTITIES, split_message, u16


class Reader(HTMLParser):
    """Reads Telegram HTML as something else than the code under test; complains about what is not balanced."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.text, self.marked, self.entities = "", [], 0  # type: tuple[str, list[tuple[str, frozenset[str]]], int]
        self.open: list[str] = []
        self.feed(html)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.open.append(tag)
        self.entities += 1

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data
        self.marked += [(character, frozenset(self.open)) for character in data]


EMOJI = ["😀", "👍🏽", "👩‍👩‍👧", "🇸🇾", "🇩🇪", "✈️", "e\u0301"]
words = st.text("abc déü–«»&<>\"' \n\n", max_size=60).map(lambda text: escape(text, quote=False))
pieces = st.one_of(words, st.sampled_from(EMOJI), st.just("\n\n"), st.just("&#x1F600;"), st.just("&quot;"))
tags = st.sampled_from([("<b>", "</b>"), ("<i>", "</i>"), ('<a href="https://a.example/?x=1&amp;y=2">', "</a>")])
html = st.recursive(
    pieces,
    lambda inner: st.one_of(
        st.lists(inner, max_size=6).map("".join),
        st.tuples(tags, inner).map(lambda pair: f"{pair[0][0]}{pair[1]}{pair[0][1]}"),
    ),
    max_leaves=40,
).filter(lambda html: max(nesting(html), default=0) <= 16)


def nesting(html: str) -> list[int]:
    depth, depths = 0, []
    for match in re.finditer(r"<(/?)", html):
        depth += -1 if match[1] else 1
        depths.append(depth)
    return depths


@settings(max_examples=300)
@given(html, st.integers(16, 80))
def test_nothing_is_lost_and_every_piece_stands_alone(source: str, limit: int) -> None:
    whole = Reader(source)
    read = [Reader(piece) for piece in split_message(source, limit)]
    # pieces of white space alone are left out, all other characters keep their order and their marks
    kept = [mark for reader in read for mark in reader.marked if not mark[0].isspace()]
    assert kept == [mark for mark in whole.marked if not mark[0].isspace()]
    assert all(u16(reader.text) <= limit and reader.text.strip() for reader in read)
    if whole.text and u16(whole.text) <= limit and whole.text.strip():
        assert [reader.text for reader in read] == [whole.text]


@settings(max_examples=200)
@given(st.lists(st.sampled_from([*EMOJI, "a", " "]), min_size=1, max_size=200), st.integers(16, 40))
def test_no_emoji_is_split(parts: list[str], limit: int) -> None:
    texts = [Reader(piece).text for piece in split_message("".join(parts), limit)]
    for text in texts:
        text.encode("utf-16-le")
        assert not unicodedata.combining(text[0])
        assert text[0] not in "\u200d\ufe0f🏽"
        assert not text.endswith("\u200d")
        flags = [character for character in text if "🇦" <= character <= "🇿"]
        assert len(flags) % 2 == 0


def test_the_text_is_kept_to_the_letter() -> None:
    source = "\n\n".join(f"<b>{n}</b> {'word ' * 50}" for n in range(60))
    assert "".join(Reader(piece).text for piece in split_message(source)) == Reader(source).text


def test_cuts_fall_between_stories_else_lines_else_words() -> None:
    stories = [f"<b>{n}</b>\n{'x' * 30}\n{'y' * 30}" for n in range(6)]
    assert [piece.strip() for piece in split_message("\n\n".join(stories), 100)] == stories
    lines = [f"<i>{'x' * 40}</i>" for _ in range(4)]
    assert [piece.strip() for piece in split_message("\n".join(lines), 60)] == lines
    assert split_message("<b>one two three</b>", 9) == ["<b>one two </b>", "<b>three</b>"]


def test_open_tags_are_closed_and_opened_again() -> None:
    source = f'<b>x<a href="https://a.example/">{"word " * 10}</a></b>'
    first, *others = split_message(source, 30)
    assert first.endswith("</a></b>")
    assert all(piece.startswith('<b><a href="https://a.example/">') for piece in others)


def test_t59_units_are_utf16() -> None:
    assert [u16(Reader(piece).text) for piece in split_message("😀" * 4096)] == [4096, 4096]
    assert split_message("x" * 4096) == ["x" * 4096]
    assert len(split_message("x" * 4097)) == 2
    assert split_message("&amp;" * 4096) == ["&amp;" * 4096]


def test_entities_and_bytes_are_limited() -> None:
    many = split_message("<b>x</b> " * 350)
    assert [Reader(piece).entities for piece in many] == [MOST_ENTITIES] * 3 + [50]
    links = split_message("\n".join(f'<a href="https://a.example/{"x" * 2000}">y</a>' for _ in range(40)))
    assert len(links) == 3
    assert all(len(piece.encode()) <= MOST_BYTES for piece in links)


def test_blank_pieces_are_left_out() -> None:
    assert split_message("") == []
    assert split_message(" \n\n ") == []
    assert split_message("\n" * 50 + "x", 16) == [split_message("\n" * 50 + "x", 16)[-1]]


def test_a_flood_of_marks_is_cut_somewhere() -> None:
    assert [len(piece) for piece in split_message("e" + "\u0301" * 99, 50)] == [50, 50]


@pytest.mark.parametrize(
    "source",
    ["<b>x", "x</b>", "<b><i>x</b></i>", "a < b", "<b>" * 17 + "x" + "</b>" * 17, f'<a href="{"x" * 40_000}">y</a>'],
)
def test_what_is_not_balanced_or_too_much_is_refused(source: str) -> None:
    with pytest.raises(ValueError, match=r"not balanced|deep|too long"):
        split_message(source)
