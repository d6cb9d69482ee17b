"""Text fragments: what they ask a browser for, and that it can find nothing else."""

from urllib.parse import quote, unquote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.summarize.bullets import condense
from bot.summarize.fragments import directive, fragment

PAGE = "https://news.example.org/bridge"
TEXT = (
    "The council voted 5-4, after a long day, to spend R&D money on the bridge.\n"
    "The vote was close. It was late. Nobody left the hall before midnight.\n"
    "It was late. The “northern pillar” moved by 3,5 centimetres – more than before.\n"
)
LONG = (
    "The council of the old harbour city voted late on Monday evening, after two days of hearings and one long recess, "
    "to rebuild the bridge that had carried its trams, buses and bicycles over the northern arm of the river."
)


def named(text: str, sentence: str, nth: int = 0) -> str | None:
    start = -1
    for _ in range(nth + 1):
        start = text.index(sentence, start + 1)
    return directive(text, start, start + len(sentence))


def test_a_sentence_is_named_by_itself() -> None:
    sentence = "The council voted 5-4, after a long day, to spend R&D money on the bridge."
    assert named(TEXT, sentence) == (
        "text=The%20council%20voted%205%2D4%2C%20after%20a%20long%20day%2C%20to%20spend%20R%26D%20money%20on%20the%20bridge."
    )


def test_a_long_sentence_is_named_by_its_ends() -> None:
    text = f"{TEXT}{LONG}\n"
    assert (
        named(text, LONG)
        == "text=The%20council%20of%20the%20old%20harbour%20city%20voted,northern%20arm%20of%20the%20river."
    )


def test_what_pages_have_in_the_middle_of_a_long_sentence_does_no_harm() -> None:
    words = "Городской совет решил поздно вечером в понедельник заново построить старый мост через северный рукав"
    short, long = f"{words} реки.", f"{words} реки, да."
    assert named(f"{TEXT}{short}\n", short) == f"text={quote(short)}"
    ends = ("Городской совет решил поздно вечером в понедельник заново", "через северный рукав реки, да.")
    assert named(f"{TEXT}{long}\n", long) == "text=" + ",".join(map(quote, ends))


def test_words_beside_tell_which_of_two_is_meant() -> None:
    assert named(TEXT, "It was late.", 0) == "text=The%20vote%20was%20close.-,It%20was%20late."
    assert named(TEXT, "It was late.", 1) == "text=It%20was%20late.,-The%20%E2%80%9Cnorthern%20pillar%E2%80%9D%20moved"


def test_the_same_line_twice_cannot_be_named() -> None:
    text = "It was late.\nIt was late.\nIt was late.\nIt was late.\nIt was late.\n"
    assert named(text, "It was late.", 2) is None


def test_case_accents_and_quotation_marks_make_no_difference() -> None:
    text = '“Café” opens.\n"CAFE" OPENS.\n'
    assert directive(text, 0, 13) == "text=%E2%80%9CCaf%C3%A9%E2%80%9D%20opens."
    assert directive(text, 14, 27) == "text=%E2%80%9CCaf%C3%A9%E2%80%9D%20opens.-,%22CAFE%22%20OPENS."


def test_a_teaser_that_the_text_repeats_is_where_it_stands_first() -> None:
    teaser = "The bridge will be rebuilt. Nobody was hurt."
    text = f"{teaser}\nThe council voted on it.\n{teaser} It was late.\n"
    assert named(text, "The bridge will be rebuilt.") == "text=The%20bridge%20will%20be%20rebuilt."
    assert named(text, "Nobody was hurt.", 1) == "text=Nobody%20was%20hurt.,-It%20was%20late."
    last = "text=The%20bridge%20will%20be%20rebuilt.,-Nobody%20was%20hurt.%20It"
    assert named(text, "The bridge will be rebuilt.", 1) == last


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("", 0, 0),
        ("abc", 2, 2),
        ("abc", -1, 2),
        ("abc", 0, 4),
        ("a\nb", 0, 3),
        ("a\u200bb", 0, 3),
        ("\ud800 b", 0, 3),
        (" ", 0, 1),
    ],
)
def test_what_cannot_be_named(text: str, start: int, end: int) -> None:
    assert directive(text, start, end) is None


def test_chinese_and_arabic() -> None:
    chinese = "市议会周一投票决定重建港口大桥。工程需要三年。"
    assert unquote(named(chinese, "工程需要三年。") or "") == "text=工程需要三年。"
    arabic = "صوت المجلس يوم الاثنين. هل هذا صحيح؟"
    assert unquote(named(arabic, "صوت المجلس يوم الاثنين.") or "") == "text=صوت المجلس يوم الاثنين."


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        (PAGE, f"{PAGE}#:~:text=Nobody%20came."),
        (f"{PAGE}?a=1&b=2#top", f"{PAGE}?a=1&b=2#top:~:text=Nobody%20came."),
        (f"{PAGE}#:~:text=old", f"{PAGE}#:~:text=Nobody%20came."),
        ("HTTP://news.example.org/", "HTTP://news.example.org/#:~:text=Nobody%20came."),
        ("javascript:alert(1)", None),
        ("", None),
        (PAGE + "x" * 2000, None),
    ],
)
def test_the_fragment_goes_behind_the_address(address: str, expected: str | None) -> None:
    assert fragment(address, "It rained. Nobody came.", 11, 23) == expected


@given(text=st.text(alphabet=st.sampled_from("ab ,.-&%#“é\n市。"), max_size=80), data=st.data())
@settings(max_examples=300, deadline=None)
def test_any_span_gives_a_well_formed_directive_or_none(text: str, data: st.DataObject) -> None:
    start, end = sorted((data.draw(st.integers(0, len(text))), data.draw(st.integers(0, len(text)))))
    found = directive(text, start, end)
    assert found is None or _parts(found)
    assert found == directive(text, start, end)


def _parts(found: str) -> tuple[str, ...]:
    """The decoded parts; the marks that separate them stand nowhere else."""
    assert found.startswith("text=")
    parts = found.removeprefix("text=").split(",")
    words = [part.removesuffix("-") if not at else part for at, part in enumerate(parts)]
    words = [part.removeprefix("-") if at else part for at, part in enumerate(words)]
    assert 1 <= len(parts) <= 4
    assert all(part and not set(part) & set("-&# ") and unquote(part).strip() for part in words)
    return tuple(map(unquote, words))


@given(
    words=st.lists(
        st.sampled_from(["the", "bridge", "council", "voted", "late", "on", "Monday"]), min_size=3, max_size=60
    )
)
@settings(max_examples=200, deadline=None)
def test_what_is_asked_for_stands_nowhere_before(words: list[str]) -> None:
    text = " ".join(words)
    for start in (0, text.index(" ") + 1):
        found = directive(text, start, len(text))
        if found and len(_parts(found)) == 1:
            assert text.lower().index(_parts(found)[0].lower()) == start


def test_every_bullet_of_an_article_can_be_named() -> None:
    text = TEXT + LONG + "\n"
    assert all(fragment(PAGE, text, each.start, each.end) for each in condense(text, count=9).bullets)
