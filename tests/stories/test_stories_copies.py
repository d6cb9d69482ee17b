"""Copies: one text told again is recognised; reports of one's own, editions and forms filled in anew are not copies."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.stories.copies import Report, compare, place
from bot.stories.shingles import MOST_WORDS, between, fingerprint, shared, shingles_of
from bot.stories.topics import fold

TITLE = "Council votes to rebuild the harbour bridge"
LEAD = (
    "PORT ELLERY (Example Agency) - The council voted on Sunday to rebuild the harbour bridge, which closed in March."
)
BODY = (
    "The work will cost 48 million euros and take three years, the mayor said after the vote.",
    "Engineers warned in March that the northern pillar had moved by eleven centimetres since the last survey.",
    "Two contractors must submit their final bids by the end of the month, according to the harbour office.",
    "“We have waited long enough for this,” said Ann Roe, who runs a ferry from the southern quay.",
    "Opponents had asked for a tunnel, which the office put at more than twice the price of a bridge.",
    "Lorries over seven tonnes will have to drive through the old town until the work is done.",
    "The bridge was opened in 1931 and carried some 20,000 vehicles a day before it was closed.",
    "A first design is to be shown to residents in the town hall on the second Saturday in January.",
    "Shop owners on the quay said they would ask for help with the rent while the street is closed.",
)
TEXT = "\n".join((LEAD, *BODY))
OWN_REPORT = """
Port Ellery will get a new crossing. After a debate of six hours the town's councillors agreed late on Sunday to replace
the structure that spans the harbour. Mayor Jan Doe called it the largest investment in a generation and put the bill at
48 million euros. Ferry operator Ann Roe was among the forty residents in the gallery. “We have waited long enough for
this,” she said. Work is expected to begin next summer, once one of two bidders has been picked. Critics had campaigned
for an underwater road instead. Until then heavy traffic goes around the medieval centre, to the annoyance of those who
live there, and the harbour office says that it does not know how long the detour through Westgate can bear the load.
"""


def verdict(first: str, second: str, *, own: bool = False, titles: tuple[str, str] = (TITLE, TITLE)) -> bool:
    reports = {1: Report(1, titles[0], first), 2: Report(1 if own else 2, titles[1], second)}
    return compare(reports, [(1, 2)])[1, 2]


def related(first: str, second: str) -> bool:
    return bool({*fingerprint(fold(first))} & {*fingerprint(fold(second))})


CHANGED = {
    "as it came": TEXT,
    "byline, dateline and credit": f"By Jo Doe\nGENEVA, Nov 22 - {TEXT}\nReporting by Sam Poe; Editing by Ann Moe",
    "another lead": "\n".join(
        ("Ellery's harbour is to be bridged anew, a majority of its councillors decided.", *BODY)
    ),
    "its end cut": "\n".join((LEAD, *BODY[:5])),
    "a paragraph added": "\n".join((LEAD, *BODY[:3], "Our reporter saw long queues on the quay on Monday.", *BODY[3:])),
    "another spelling": TEXT.replace("centimetres", "centimeters").replace("tonnes", "tons").replace("48 m", "48m"),
    "quotes and case": re.sub("[“”]", '"', TEXT).upper(),
}


@pytest.mark.parametrize("changed", CHANGED.values(), ids=CHANGED)
@pytest.mark.parametrize("title", [TITLE, "Ellery says yes to a bridge of 48 million"])
def test_what_outlets_do_to_an_agency_s_text_leaves_it_a_copy(changed: str, title: str) -> None:
    assert related(TEXT, changed)
    assert verdict(TEXT, changed, titles=(TITLE, title))
    assert verdict(changed, TEXT, titles=(title, TITLE))


def test_a_report_of_one_s_own_is_no_copy_though_it_quotes_the_same() -> None:
    assert not verdict(TEXT, OWN_REPORT)


def test_an_outlet_s_own_repost_is_a_copy_and_what_it_tells_on_is_not() -> None:
    assert verdict(TEXT, TEXT.replace("on Sunday", "Sunday"), own=True)
    later = "The council's vote for a new bridge was annulled on Monday because two members had voted twice. " * 2
    going_on = "\n".join((later, *BODY))
    assert verdict(TEXT, going_on)
    assert not verdict(TEXT, going_on, own=True)


@pytest.mark.parametrize("own", [True, False])
def test_editions_of_a_series_are_no_copies(own: bool) -> None:
    form = (
        "Here is the weather for {place} on {day} November. In the morning it will be cloudy with {low} degrees and in "
        "the afternoon sunny with up to {high} degrees. The wind comes from the west with {wind} kilometres an hour, "
        "the chance of rain is {rain} percent. The sun rises at 7.{low} and sets at 16.{high}. Our forecast is made of "
        "the figures of the weather service and appears each morning at six. Have a good day in {place}, stay dry, and "
        "send us your pictures of the sky over {place} as so many of our readers did in the last weeks."
    )
    sunday = form.format(place="Ellery", day=22, low=11, high=19, wind=31, rain=10)
    monday = form.format(place="Ellery", day=23, low=12, high=17, wind=24, rain=60)
    elsewhere = form.format(place="Northwick", day=22, low=11, high=19, wind=31, rain=10)
    assert related(sunday, monday)
    assert not verdict(sunday, monday, own=own, titles=("Weather in Ellery", "Ellery: how the weather turns out"))
    assert not verdict(sunday, monday, own=own, titles=("Weather on 22 November", "Weather on 23 November"))
    assert not verdict(sunday, elsewhere, own=own, titles=("The weather in Ellery", "The weather in Northwick"))


def test_headlines_that_differ_in_the_word_that_the_texts_differ_in_are_of_a_series() -> None:
    group = TEXT.replace("bridge", "bridge B"), TEXT.replace("bridge", "bridge C")
    assert not verdict(*group, titles=("Bridge B of the harbour", "Bridge C of the harbour"))
    assert verdict(TEXT, TEXT, titles=("Council votes for a bridge", "Council votes for a crossing"))
    assert not verdict(TEXT, TEXT, titles=("Harbour bridge: 1 of 2", "Harbour bridge: 2 of 3"))
    assert not verdict(TEXT, TEXT, titles=("Harbour bridge: day 3", "Harbour bridge: day 4"))


def test_boilerplate_under_two_headlines_is_no_copy() -> None:
    notice = " ".join(f"Please switch on cookie number {n} to see what this page holds for you." for n in "abcdefghij")
    assert not verdict(notice, notice, titles=("Harbour bridge opened", "Ferry strike ends"))


def test_a_teaser_is_no_copy_and_has_no_fingerprint() -> None:
    assert fingerprint(fold(LEAD)) == ()
    assert not verdict(LEAD, LEAD)


def test_an_excerpt_of_a_long_report_is_no_copy() -> None:
    long = "\n".join([TEXT, *(f"In chapter {n} of its report the office tells of year {1900 + n}." for n in range(90))])
    assert not verdict(long, "\n".join((LEAD, *BODY[:6])))


def test_signs_without_blanks_are_words() -> None:
    chinese = "市议会周日投票决定重建三月关闭的港口大桥工程将耗资四千八百万欧元历时三年市长在投票后表示" * 2
    assert verdict(chinese, f"记者李明报道{chinese}", titles=("港口大桥将重建", "市议会决定重建大桥"))


def test_a_fingerprint_is_small_numbers_the_same_in_every_process() -> None:
    values = fingerprint(fold(TEXT))
    assert values == tuple(sorted(set(values)))
    assert 8 <= len(values) <= 12
    assert all(0 <= value < 1 << 48 for value in values)
    assert values[0] == 1838981089141


def test_shared_stretches_and_what_is_between() -> None:
    words = ["a", "b", "c", "d", "e", "f", "x", "y", "b", "c", "d", "e", "f", "z", "a", "b", "c", "d", "e"]
    stretches = shared(words, set(shingles_of(["q", "a", "b", "c", "d", "e", "f", "q"])))
    assert stretches == [range(6), range(8, 13), range(14, 19)]
    assert between(stretches, len(words)) == [range(6, 8), range(13, 14)]
    assert shared(words, set()) == []
    assert between([], 3) == [range(3)]


def test_only_the_beginning_of_a_very_long_text_is_read() -> None:
    words = [f"word{n}" for n in range(MOST_WORDS + 50)]
    assert fingerprint(" ".join(words)) == fingerprint(" ".join(words[:MOST_WORDS]))


@settings(max_examples=50, deadline=None)
@given(st.text(), st.text())
def test_any_text_can_be_compared(one: str, other: str) -> None:
    assert compare({1: Report(1, one, other), 2: Report(2, other, one)}, [(1, 2)]).keys() == {(1, 2)}
    assert len(fingerprint(fold(one))) <= 12


def test_places_are_given_in_order_and_a_copy_is_nobody_s_first() -> None:
    verdicts = {(1, 2): True, (2, 3): True, (1, 3): False, (1, 4): False, (3, 4): True}
    assert place([1, 2, 3, 4], {2: (1,), 3: (1, 2), 4: (1, 3)}, verdicts) == {1: None, 2: 1, 3: None, 4: 3}


def test_who_has_a_candidate_without_verdict_gets_no_place_yet_nor_do_those_behind() -> None:
    assert place([5, 6, 7], {5: (9,), 6: (5,)}, {(5, 6): True}) == {7: None}
    assert place([5, 6, 7], {5: (9,), 6: (5,)}, {(5, 6): True, (9, 5): False}) == {5: None, 6: 5, 7: None}
