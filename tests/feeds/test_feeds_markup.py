"""Markup, decoding and repair, each by itself."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.feeds.decode import decoded
from bot.feeds.markup import line_of, text_of
from bot.feeds.repair import few_entries, find_root, repaired


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("<p>One.</p><p>Two<br/>lines.</p>", "One.\nTwo\nlines."),
        ("<b>bo</b>ld &amp; <i>brave</i>", "bold & brave"),
        ("<td>a</td><td>b</td>", "a b"),
        ('<img alt="a > b" src=x>after', "after"),
        ("one<!-- hidden > still --> two <!-- never closed", "one two"),
        ("sa<!-- closed wrongly >fe", "safe"),
        ("a < b and c > d", "a < b and c > d"),
        ("List<String> of <o:p>x</o:p><my-tag>y</my-tag>", "List<String> of xy"),
        ("Fish &amp;amp; chips &amp;#8217;", "Fish & chips ’"),
        ("<script>if (a < b) {}</script>text<style>p{}</style>", "text"),
        ("<script>never closed", ""),
        ("<![CDATA[inner]]>", "inner"),
        ("cut <a href='https://h.exam", "cut"),
        ("&lt;b&gt; is a tag", "<b> is a tag"),
    ],
)
def test_markup(markup: str, text: str) -> None:
    assert text_of(markup, 1000) == text


def test_lengths() -> None:
    assert text_of("<p>abc</p>" * 10, 5) == "abc\na"
    assert line_of("<p>abc</p>" * 10, 5) == "abc a"


@given(st.text(alphabet="<>&;!-/ab'\"=[]\n #x3c", max_size=200))
def test_any_markup_gives_bounded_text(markup: str) -> None:
    assert len(text_of(markup, 50)) <= 50


@given(st.text(max_size=60))
def test_utf_8_is_read_as_it_is(text: str) -> None:
    clean = text.replace("\0", "")
    assert decoded(b"<rss>" + clean.encode()) == "<rss>" + clean


def test_one_wrong_byte_spoils_only_itself() -> None:
    assert decoded("Café ".encode() + b"caf\xe9") == "Café café"


def test_roots() -> None:
    assert find_root("<?xml version='1.0'?><!-- x --><rss version='2.0'>") == 31
    assert find_root("rubbish <rdf:RDF ") == 8
    assert find_root("<html><rss >") is None
    assert find_root("<p>") is None


def test_declared_entities_are_put_in_place_and_bounded() -> None:
    declared = '<!ENTITY pub "Post"><!ENTITY deep "&pub;&pub;"><!ENTITY nr "&#228;">'
    text = f"<!DOCTYPE rss [{declared}]><rss>&pub; &deep; &nr;</rss>"
    assert repaired(text, text.index("<rss"), 9) == "<rss>Post &amp;deep; &#228;</rss>"


def test_references_inside_cdata_are_left_alone() -> None:
    assert repaired("<rss><![CDATA[a & b &nbsp;]]> & </rss>", 0, 9) == "<rss><![CDATA[a & b &nbsp;]]> &amp; </rss>"


def test_entries_beyond_the_wanted_number_are_cut_out() -> None:
    text = "<rss><channel>" + "".join(f"<item>{n}</item>" for n in range(5)) + "</channel></rss>"
    assert few_entries(text, 2) == "<rss><channel><item>0</item><item>1</item></channel></rss>"
    assert few_entries(text, 5) == text
