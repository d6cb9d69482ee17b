"""The tail of a story is known by its topic and its form, without a heading that a rule file lists."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.summarize.bullets import condense
from bot.summarize.clean import read, story
from bot.summarize.explain import explained

STORY = (
    "The council of Westport voted on Monday to rebuild the harbour bridge within three years.",
    "Engineers had warned in March that the northern pillar of the bridge had moved eleven centimetres.",
    "Two builders are to hand in their bids for the work before the end of the month.",
    "Mayor Ruth Callan said the council would pay half of the cost of the bridge itself.",
    "“Nobody wants to wait for another winter,” she told reporters at the harbour.",
    "The old bridge was closed in April after a lorry fell through its northern deck.",
    "Ferries have carried traffic across the harbour since then, free of charge for residents.",
    "The council expects the first builders at the northern pillar in September.",
)
TEASERS = (
    "A baker from Linden has won the national prize for sourdough for the third time.",
    "Scientists in Oslo find traces of salt beneath the ice of a distant moon.",
    "Tennis player Mara Ilves reached her first final after a match of five hours.",
    "Seven recipes with pumpkin that need neither sugar nor cream.",
)
GERMAN = (
    "Der Stadtrat von Westhafen hat am Montag beschlossen, die Hafenbrücke neu zu bauen.",
    "Gutachter hatten im März gewarnt, dass sich der nördliche Pfeiler der Brücke verschoben hat.",
    "Zwei Baufirmen sollen ihre Angebote für die Brücke bis Ende des Monats abgeben.",
    "Bürgermeisterin Ruth Kallmann sagte, die Stadt werde die Hälfte der Kosten tragen.",
    "Die alte Brücke wurde im April gesperrt, nachdem ein Lastwagen eingebrochen war.",
    "Seitdem bringen Fähren den Verkehr kostenlos über den Hafen, sagte die Bürgermeisterin.",
)
GERMAN_TEASERS = (
    "Bäckerin aus Lindau gewinnt zum dritten Mal den Preis für das beste Roggenbrot.",
    "Forscher in Oslo entdecken Salzspuren unter dem Eis eines fernen Mondes.",
    "Tennisspielerin Mara Ilves erreicht nach fünf Stunden ihr erstes Finale.",
)


def told(*lines: str, language: str = "en", title: str | None = None) -> list[str]:
    return [each.text for each in story("\n".join(lines), language, title)]


@pytest.mark.parametrize(
    "tail",
    [
        TEASERS,
        ("Elsewhere in the paper", *TEASERS),
        tuple(teaser.rstrip(".") for teaser in TEASERS),
        tuple(f"{teaser[:50].rsplit(' ', 1)[0]} ..." for teaser in TEASERS),
        ("Prize for baker from Linden", TEASERS[0], "Salt on distant moon", TEASERS[1]),
        ("5 hours ago", TEASERS[0], "6 hours ago", TEASERS[1], "1 day ago", TEASERS[2]),
        ("The Weekly Norseman is printed on paper from Oslo and read in four counties by farmers and their families",),
    ],
    ids=["sentences", "heading", "headlines", "dots", "headline and sentence", "stamps", "one long line"],
)
def test_a_tail_goes_without_a_heading_that_is_known(tail: tuple[str, ...]) -> None:
    assert told(*STORY, *tail) == list(STORY)


def test_in_one_line_it_takes_more_to_be_sure() -> None:
    assert [each.text for each in story(" ".join((*STORY, *TEASERS)), "en")] == list(STORY)
    assert len(story(" ".join((*STORY, *TEASERS[:2])), "en")) == len(STORY) + 2


def test_in_german() -> None:
    assert told(*GERMAN, *GERMAN_TEASERS, language="de") == list(GERMAN)


@pytest.mark.parametrize(
    "ends",
    [
        STORY,
        (*STORY, "Mayor Callan grew up in Linden and studied law in Oslo before she turned to politics."),
        (*STORY, "He joined Norwegian pilots in Tromsø. But Kirkwall's Olaf Lindqvist stayed. They wept."),
        (*STORY, "“Love your grandmothers, Scotland.” “Bring umbrellas, Glasgow.” “Paint every window yellow, Leeds.”"),
        (*STORY, TEASERS[0]),
        (TEASERS[0], *STORY),
        TEASERS,
    ],
    ids=["as it is", "a known name", "leaning words", "speech", "one sentence", "at the head", "too short to tell"],
)
def test_a_storys_own_end_stays(ends: tuple[str, ...]) -> None:
    text = "\n".join(ends)
    assert read(text, "en").tail == ()


def test_words_of_the_title_are_at_home() -> None:
    last = "Olaf Lindqvist, Tromsø: Kirkwall wept, umbrellas everywhere, windows painted yellow, trumpets and drums"
    assert told(*STORY, last) == list(STORY)
    title = "Kirkwall wept for Olaf Lindqvist, with umbrellas, painted windows and drums"
    assert told(*STORY, last, title=title) == [*STORY, last]


def test_every_line_of_it_is_explained() -> None:
    text = "\n".join((*STORY, "Elsewhere in the paper", *TEASERS))
    rules = {piece.text: piece.rule for piece in explained(text, language="en").removed}
    assert [rules[teaser] for teaser in TEASERS] == ["tail"] * len(TEASERS)
    assert not any(each.text in TEASERS for each in explained(text, language="en").sentences)


def test_none_of_it_becomes_a_bullet() -> None:
    text = "\n".join((*STORY, *TEASERS))
    assert not {bullet.text for bullet in condense(text, count=99).bullets} & set(TEASERS)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.one_of(st.sampled_from((*STORY, *TEASERS, *GERMAN)), st.text(max_size=60)), max_size=20),
    st.sampled_from(["\n", " "]),
    st.sampled_from(["en", "ar", "zh", "tr", None]),
)
def test_any_text_keeps_its_beginning(lines: list[str], gap: str, language: str | None) -> None:
    text = gap.join(lines)
    told = read(text, language)
    assert told == read(text, language)
    assert told.sentences or not told.tail
    every = [*told.sentences, *told.tail]
    assert [each.start for each in every] == sorted(each.start for each in every)
    assert all(" ".join(text[each.start : each.end].split()) == each.text for each in every)
