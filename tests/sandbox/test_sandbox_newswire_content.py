"""The content of the newswire: enough of it, varied, made up, and in order."""

import re
from collections import Counter, defaultdict
from datetime import UTC, datetime, timedelta
from itertools import chain, pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sentencex import segment

from bot.sandbox.newswire import Article, FeedStyle, Newswire, load
from bot.sandbox.newswire.reading import CONTENT, ContentError, running_order
from bot.sandbox.newswire.schedule import out_count, published_times

STARTED_AT = datetime(2026, 11, 22, 8, tzinfo=UTC)
OUTLETS = load()
ORDER = running_order(OUTLETS)
SYRIA = re.compile(r"Syria|Aleppo|Damascus|Palmyra|Hasakah|Homs|Latakia|syrisch|Siria|سوري|حلب|دمشق")


def sentences(article: Article) -> list[str]:
    language = article.language[:2]
    parts = chain.from_iterable(segment(language, paragraph) for paragraph in article.paragraphs)
    return [part.strip() for part in parts if part.strip()]


def about_syria(article: Article) -> bool:
    return SYRIA.search(f"{article.headline} {article.paragraphs[0]}") is not None


# ---- what there is ------------------------------------------------------------------------------


def test_there_are_six_outlets_of_six_feed_styles_and_at_least_72_articles() -> None:
    assert {outlet.feed_style for outlet in OUTLETS} == set(FeedStyle)
    assert len(OUTLETS) == 6
    assert len(ORDER) >= 72
    assert min(len(outlet.articles) for outlet in OUTLETS) >= 8


def test_slugs_headlines_and_teasers_are_unique() -> None:
    for texts in zip(*((article.slug, article.headline, article.teaser) for article in ORDER), strict=True):
        assert [text for text, count in Counter(texts).items() if count > 1] == []


def test_at_least_twelve_stories_are_told_by_several_outlets() -> None:
    tellers = defaultdict(set)
    for article in ORDER:
        tellers[article.story].add(article.outlet)
    assert sum(len(outlets) >= 2 for outlets in tellers.values()) >= 12


def test_at_least_eight_articles_are_about_syria_and_some_name_only_a_city() -> None:
    syrian = [article for article in ORDER if about_syria(article)]
    english = [" ".join([a.headline, a.teaser, *a.paragraphs]) for a in syrian if a.language.startswith("en")]
    assert len(syrian) >= 8
    assert sum("Syria" in text for text in english) >= 8
    assert sum("Syria" not in text for text in english) >= 1


def test_four_languages_are_spoken() -> None:
    assert {article.language[:2] for article in ORDER} == {"en", "de", "es", "ar"}


# ---- how it is written ---------------------------------------------------------------------------


@pytest.mark.parametrize("article", ORDER, ids=lambda article: article.slug)
def test_an_article_is_of_a_news_article_s_length(article: Article) -> None:
    assert 8 <= len(sentences(article)) <= 16
    assert 5 <= len(article.paragraphs) <= 9
    assert sum(map(len, article.paragraphs)) >= 900
    assert 1 <= len(list(segment(article.language[:2], article.teaser))) <= 3
    assert not article.body[0].is_subhead
    assert not article.body[-1].is_subhead


def test_no_two_articles_open_alike() -> None:
    openings = Counter(tuple(article.paragraphs[0].lower().split()[:3]) for article in ORDER)
    assert openings.most_common(1)[0][1] == 1


def test_no_sentence_of_more_than_six_words_stands_in_two_articles() -> None:
    seen = Counter(sentence for article in ORDER for sentence in set(sentences(article)))
    assert [text for text, count in seen.items() if count > 1 and len(text.split()) > 6] == []


def test_outlets_tell_a_story_in_words_of_their_own() -> None:
    """Two articles of one story share few runs of six words."""
    for article, other in ((a, b) for a in ORDER for b in ORDER if a.story == b.story and a.slug < b.slug):
        runs, other_runs = _runs(article), _runs(other)
        assert len(runs & other_runs) <= 0.05 * min(len(runs), len(other_runs)), (article.slug, other.slug)


def _runs(article: Article) -> set[tuple[str, ...]]:
    words = re.findall(r"\w+", " ".join(article.paragraphs).lower())
    return set(zip(*(words[i:] for i in range(6)), strict=False))


# ---- when it comes out ----------------------------------------------------------------------------


def test_a_story_develops_in_order() -> None:
    steps = defaultdict(list)
    for article in ORDER:
        steps[article.story].append(article.step)
    assert {story: each for story, each in steps.items() if each != sorted(each) or each[0] != 1} == {}
    assert sum(each[-1] >= 3 for each in steps.values()) >= 3


def test_the_backlog_holds_every_outlet_a_shared_story_and_two_articles_about_syria() -> None:
    backlog = ORDER[:14]
    assert {article.outlet for article in backlog} == {outlet.slug for outlet in OUTLETS}
    assert sum(map(about_syria, backlog)) >= 2
    assert len({article.story for article in backlog}) < len(backlog)


def test_within_a_minute_there_is_news_about_syria() -> None:
    assert any(map(about_syria, ORDER[14:17]))


def test_no_outlet_speaks_three_times_in_a_row() -> None:
    outlets = [article.outlet for article in ORDER]
    assert not any(a == b == c for a, b, c in zip(outlets, outlets[1:], outlets[2:], strict=False))


def test_the_backlog_reaches_back_over_hours_and_then_one_comes_every_20_s() -> None:
    times = published_times(80, STARTED_AT, 20.0, 14)
    assert timedelta(hours=6) < STARTED_AT - times[0] < timedelta(hours=10)
    assert times[13] < STARTED_AT
    assert [(at - STARTED_AT).total_seconds() for at in times[14:17]] == [20, 40, 60]


@settings(deadline=None)  # a case may be 7,000 comparisons, on a machine that does other things
@given(
    count=st.integers(0, 120),
    every_s=st.floats(0.001, 3600),
    backlog=st.integers(0, 120),
)
def test_times_ascend_and_what_is_out_only_grows(count: int, every_s: float, backlog: int) -> None:
    times = published_times(count, STARTED_AT, every_s, backlog)
    assert all(earlier < later for earlier, later in pairwise(times))
    assert out_count(times, STARTED_AT) == min(count, backlog)
    assert [out_count(times, at) for at in times] == list(range(1, count + 1))


@pytest.mark.parametrize(
    ("started_at", "every_s", "backlog"),
    [(datetime(2026, 11, 22), 20.0, 14), (STARTED_AT, 0.0, 14), (STARTED_AT, 20.0, -1)],  # noqa: DTZ001
)
def test_impossible_schedules_are_refused(started_at: datetime, every_s: float, backlog: int) -> None:
    with pytest.raises(ValueError, match="must be"):
        Newswire(lambda: STARTED_AT, started_at, every_s, backlog)


# ---- broken content -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ('slug = "seed-bank-lends-beans"', "", r"field-and-market.toml: article \?: slug is missing or empty"),
        ('art = "olives"', 'art = "dodo"', "latakia-olive-oil-pressing: there is no drawing dodo.svg"),
        ('slug = "potato-fair-purple"', 'slug = "honey-record-lime-trees"', "two articles have the slug honey"),
        ('slug = "potato-fair-purple"', 'slug = "Potato fair"', "slug holds more than a-z"),
        ("step = 3", "step = 0", "storm-wendel-orchards: step is no number"),
        ("step = 3", 'step = 3\nlanguage = "eo"', "storm-wendel-orchards: language is none of"),
        ('feed_style = "rdf"', 'feed_style = "fax"', "field-and-market.toml: feed_style is none of"),
        ("body = '''\n", "body = '''\n# First\n\n", "hasakah-grain-queues: body begins or ends with a subhead"),
        ("body = '''\n", "body = '''Only this.'''\nnotes = '''\n", "hasakah-grain-queues: body has fewer than 5"),
        ('name = "Field & Market"', "name = ", "field-and-market.toml: Invalid value"),
    ],
)
def test_broken_content_is_refused_and_says_where(tmp_path: Path, old: str, new: str, problem: str) -> None:
    text = (CONTENT / "field-and-market.toml").read_text("utf-8")
    assert old in text
    (tmp_path / "field-and-market.toml").write_text(text.replace(old, new, 1), "utf-8")
    with pytest.raises(ContentError, match=problem):
        load(tmp_path)


def test_a_folder_without_outlets_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ContentError, match="holds no outlets"):
        load(tmp_path)


def test_a_wrong_running_order_is_refused_with_every_problem(tmp_path: Path) -> None:
    lines = (CONTENT / "running-order.txt").read_text("utf-8").splitlines()
    wrong = [*lines[:-1], lines[1], "lantern/not-written-yet"]
    (tmp_path / "running-order.txt").write_text("\n".join(wrong), "utf-8")
    with pytest.raises(ContentError) as caught:
        running_order(OUTLETS, tmp_path)
    assert str(caught.value).splitlines() == [
        "running-order.txt: no article lantern/not-written-yet",
        f"running-order.txt: {lines[1]} stands there twice",
        f"running-order.txt: {lines[-1]} is missing",
    ]
