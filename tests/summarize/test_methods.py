"""sumy's interfaces: its methods on our documents, our summarizer on its documents, and no download anywhere."""

import socket
import subprocess
import sys
from typing import Any

import nltk
import pytest
from sumy.nlp.stemmers import Stemmer
from sumy.parsers.plaintext import PlaintextParser
from sumy.summarizers._summarizer import AbstractSummarizer
from sumy.summarizers.lex_rank import LexRankSummarizer
from sumy.summarizers.lsa import LsaSummarizer
from sumy.summarizers.luhn import LuhnSummarizer
from sumy.summarizers.text_rank import TextRankSummarizer
from sumy.utils import get_stop_words

from bot.summarize.bullets import METHODS, condense
from bot.summarize.clean import story
from bot.summarize.documents import SpannedSentence, document
from bot.summarize.lexrank import ratings
from bot.summarize.methods import MOST_SENTENCES, choose
from bot.summarize.news import NewsSummarizer
from bot.summarize.sentences import Sentence
from bot.summarize.words import NewsTokenizer

TEXT = """By Jane Doe
LONDON (Wire) – The council voted on Monday to rebuild the harbour bridge after a long debate.
The bridge will cost the council 48 million euros and take three years, the mayor said.
Engineers warned in March that the northern pillar of the bridge had moved.
Shop owners at the harbour plan to appeal to the court against the new bridge.
The mayor said that the council had listened to the shop owners and to the engineers.
Copyright 2024 City News
The zoo has a new lion, and the council paid for the bridge to its cage, the mayor said.
"""
LONG = TEXT.replace(
    "Copyright",
    """The northern pillar moved, and the northern pillar of the old bridge will be replaced by a new pillar of steel.
Nobody was hurt when the old harbour bridge was closed to cars, buses and trains in January of last year.
Copyright""",
)
SUMYS = [method for method in METHODS if method != "news"]


@pytest.fixture
def cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    """No NLTK data, no network."""

    def refuse(*_: Any, **__: Any) -> None:
        raise AssertionError("something reached for the network")

    monkeypatch.setattr(nltk.data, "path", [])
    monkeypatch.setattr(socket, "socket", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)


@pytest.mark.usefixtures("cut_off")
@pytest.mark.parametrize("method", SUMYS)
@pytest.mark.parametrize("language", ["en", "de", "ar", "zh", "hi", "ru", "xx"])
def test_sumys_methods_need_no_data_and_no_network(method: str, language: str) -> None:
    found = condense(TEXT, language=language if language not in ("ar", "zh", "hi", "ru") else None, method=method)
    assert len(found.bullets) == 3
    assert all(TEXT[bullet.start : bullet.end] == bullet.text for bullet in found.bullets)
    assert not any(word in bullet.text for bullet in found.bullets for word in ("Jane", "LONDON", "zoo", "Copyright"))
    assert choose(list(story(TEXT, "en")), language, 2, method)


@pytest.mark.parametrize(
    ("method", "theirs"),
    [
        ("lexrank", LexRankSummarizer),
        ("textrank", TextRankSummarizer),
        ("lsa", LsaSummarizer),
        ("luhn", LuhnSummarizer),
    ],
)
def test_a_method_chooses_as_sumy_does(method: str, theirs: Any) -> None:
    # one bullet: further down sumy's ratings tie, and its choice then follows the order of Python's sets
    cleaned = "\n\n".join(sentence.text for sentence in story(LONG, "en"))
    summarizer = theirs(Stemmer("english"))
    summarizer.stop_words = get_stop_words("english")
    expected = summarizer(PlaintextParser.from_string(cleaned, NewsTokenizer("en")).document, 1)
    assert [bullet.text for bullet in condense(LONG, method=method, count=1).bullets] == [str(s) for s in expected]


@pytest.mark.parametrize("method", SUMYS)
@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        "One sentence that stands alone in this text.",
        "All words differ here today. Nothing shared by that one then.",
    ],
)
def test_the_methods_bear_tiny_texts(method: str, text: str) -> None:
    assert len(condense(text, language="en", method=method).bullets) == len(condense(text, language="en").bullets)


def test_ratings_do_not_change_from_process_to_process() -> None:
    program = (
        "import sys; from bot.summarize.bullets import condense; "
        f"print([condense({TEXT!r}, method=m).bullets for m in ('news', 'lexrank', 'lsa')])"
    )
    answers = {
        subprocess.run(
            [sys.executable, "-c", program], env={"PYTHONHASHSEED": seed}, capture_output=True, text=True, check=True
        ).stdout
        for seed in ("1", "2", "3")
    }
    assert len(answers) == 1


def test_sumy_sees_a_bounded_document() -> None:
    sentences = [
        Sentence(f"Sentence number {n} tells of bridge {n % 7}.", n, n + 1) for n in range(MOST_SENTENCES + 50)
    ]
    assert all(sentence.start < MOST_SENTENCES for sentence in choose(sentences, "en", 1000, "luhn"))


def test_our_summarizer_is_one_of_sumys() -> None:
    summarizer = NewsSummarizer("en")
    assert isinstance(summarizer, AbstractSummarizer)
    given = document(story(TEXT, "en"), "en")
    chosen = summarizer(given, 3)
    assert all(isinstance(sentence, SpannedSentence) for sentence in chosen)
    assert {sentence.ours for sentence in chosen} <= set(story(TEXT, "en"))
    assert [TEXT[s.ours.start : s.ours.end] for s in chosen] == [bullet.text for bullet in condense(TEXT).bullets]


def test_our_summarizer_takes_any_document_of_sumys() -> None:
    given = PlaintextParser.from_string(TEXT, NewsTokenizer("en")).document
    chosen = [str(sentence) for sentence in NewsSummarizer("en")(given, 2)]
    assert len(chosen) == 2
    assert chosen[1].startswith("The bridge will cost")
    assert set(chosen) <= {str(sentence) for sentence in given.sentences}
    assert NewsSummarizer()(PlaintextParser.from_string("", NewsTokenizer()).document, 3) == ()


def test_the_tokenizer_has_sumys_shape() -> None:
    tokenizer = NewsTokenizer("en")
    assert tokenizer.to_sentences("Dr. Doe left. He ran.") == ("Dr. Doe left.", "He ran.")
    assert tokenizer.to_words("It's a state-of-the-art bridge, isn't it? 48 times!") == (
        *("It's", "a", "state-of-the-art", "bridge", "isn't", "it", "times"),
    )
    assert tokenizer.to_words("नगर परिषद ने") == ("नगर", "परिषद", "ने")
    assert tokenizer.to_words("北京市政府 said") == ("北京", "京市", "市政", "政府", "said")
    assert tokenizer.to_words("\ud800 – 12") == ()


def test_lexrank_rates_as_sumys_loops_do() -> None:
    summarizer = LexRankSummarizer(Stemmer("english"))
    summarizer.stop_words = get_stop_words("english")
    words = [summarizer._to_words_set(each) for each in document(story(LONG, "en"), "en").sentences]
    tf, idf = summarizer._compute_tf(words), summarizer._compute_idf(words)
    theirs = summarizer.power_method(summarizer._create_matrix(words, 0.1, tf, idf), 0.1)
    assert ratings(words) == pytest.approx(list(theirs))
    assert len(set(ratings(words))) > 2


def test_lexrank_bears_sentences_that_share_nothing() -> None:
    assert ratings([]) == []
    assert ratings([[], ["bridge"]]) == ratings([["bridge"], []]) == [0.0, 0.0]
