"""Telegram's HTML: what is read, what is refused and where, and what becomes of the spans."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.sandbox.entities import Text, compose
from bot.sandbox.errors import ApiError
from bot.sandbox.markup import parse_html
from bot.sandbox.units import u16_len

UNMATCHED = "check for unmatched surrogate code units"
USERS: dict[int, dict[str, Any]] = {7: {"id": 7, "is_bot": False, "first_name": "Ivo"}}


def read(html: str) -> Text:
    return compose(*parse_html(html), user_of=USERS.get)


def marked(html: str) -> list[tuple[str, str]]:
    """Each entity's type and the text under it, cut in UTF-16 as a client does."""
    parsed = read(html)
    units = parsed.text.encode("utf-16-le")
    return [
        (e["type"], units[2 * e["offset"] : 2 * (e["offset"] + e["length"])].decode("utf-16-le"))
        for e in parsed.entities
    ]


@pytest.mark.parametrize(
    ("tag", "kind"),
    [
        ("b", "bold"),
        ("strong", "bold"),
        ("i", "italic"),
        ("em", "italic"),
        ("u", "underline"),
        ("ins", "underline"),
        ("s", "strikethrough"),
        ("strike", "strikethrough"),
        ("del", "strikethrough"),
        ("tg-spoiler", "spoiler"),
        ("code", "code"),
        ("pre", "pre"),
        ("blockquote", "blockquote"),
        ("B", "bold"),
    ],
)
def test_tags(tag: str, kind: str) -> None:
    assert marked(f"😀 a <{tag}>x😀</{tag}> z") == [(kind, "x😀")]


@pytest.mark.parametrize(
    ("html", "entity"),
    [
        ('<span class="tg-spoiler">x</span>', {"type": "spoiler"}),
        ("<blockquote expandable>x</blockquote>", {"type": "expandable_blockquote"}),
        ('<blockquote expandable="">x</blockquote>', {"type": "expandable_blockquote"}),
        (
            '<a href="https://wire.example/a?b=1&amp;c=2#:~:text=x">x</a>',
            {"url": "https://wire.example/a?b=1&c=2#:~:text=x"},
        ),
        ("<a href='http://X.org'>x</a>", {"type": "text_link", "url": "http://x.org/"}),
        ("<a href='x.org/a'>x</a>", {"url": "http://x.org/a"}),
        ("<a href='http://127.0.0.1:8080/a'>x</a>", {"url": "http://127.0.0.1:8080/a"}),
        ("<a href='tg://resolve?domain=x'>x</a>", {"url": "tg://resolve?domain=x"}),
        ("<a href='tg://user?id=7'>x</a>", {"type": "text_mention", "user": USERS[7]}),
        ('<pre><code class="language-python">x</code></pre>', {"type": "pre", "language": "python"}),
        ('<code class="language-python">x</code>', {"type": "code"}),
        ('<tg-emoji emoji-id="5368324170671202286">x</tg-emoji>', {"custom_emoji_id": "5368324170671202286"}),
        ('<tg-time unix="1647531900">x</tg-time>', {"type": "date_time", "unix_time": 1647531900}),
    ],
)
def test_tags_with_attributes(html: str, entity: dict[str, Any]) -> None:
    assert read(html).entities[0].items() >= (entity | {"offset": 0, "length": 1}).items()
    assert len(read(html).entities) == 1


@pytest.mark.parametrize(
    "href",
    [
        "javascript:alert(1)",
        "data:text/html,x",
        "file:///etc/passwd",
        "http://localhost/",
        "http://",
        "tg://user?id=8",
        "//",
    ],
)
def test_links_that_telegram_does_not_take_are_plain_text(href: str) -> None:
    assert read(f'a <a href="{href}">x</a>') == Text("a x", ())


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("&lt;b&gt; &amp; &quot;", '<b> & "'),
        ("&#65;&#x1F600;", "A😀"),
        ("&ltx; &lt", "&ltx; <"),
        ("&nbsp; &apos; &#0; &#x110000; & &#; &#12345678;", "&nbsp; &apos; &#0; &#x110000; & &#; &#12345678;"),
        ("a > b", "a > b"),
        ("  \n a \n ", "a"),
        (" <b> a </b> ", " a"),
        ("a\r\nb\x07c\u202ed", "a\nb cd"),
        ("<b></b>x<i> </i>", "x"),
        ("\u200b \n", ""),
    ],
)
def test_text(html: str, text: str) -> None:
    assert read(html).text == text


@pytest.mark.parametrize(
    ("html", "why"),
    [
        ("<b>a", 'Can\'t find end tag corresponding to start tag "b"'),
        ("<b><i>a</b>", 'Unmatched end tag at byte offset 7, expected "</i>", found "</b>"'),
        ("é<h1>a</h1>", 'Unsupported start tag "h1" at byte offset 2'),
        ("a < b", 'Unsupported start tag "" at byte offset 2'),
        ("<br/>", 'Unsupported start tag "br/" at byte offset 0'),
        ("</b>", "Unexpected end tag at byte offset 0"),
        ("<b>x</b", "Unclosed end tag at byte offset 4"),
        ("<b", "Unclosed start tag at byte offset 0"),
        ("<a href='x", "Unclosed start tag at byte offset 0"),
        ("<a href=x!>", "Unexpected end of name token at byte offset 8"),
        ("<a =x>", 'Empty attribute name in the tag "a" at byte offset 0'),
        ("<span>x</span>", 'Tag "span" must have class "tg-spoiler" at byte offset 0'),
        ("<tg-emoji emoji-id='x'>a</tg-emoji>", "Invalid custom emoji identifier specified"),
        (
            "a&#xd800;",
            f"Text contains invalid Unicode characters after decoding HTML entities, {UNMATCHED}",
        ),
    ],
)
def test_refusals_say_where(html: str, why: str) -> None:
    with pytest.raises(ApiError) as caught:
        read(html)
    assert caught.value.description == f"Bad Request: can't parse entities: {why}"
    assert caught.value.code == 400


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ("<b>a<i>b</i></b>", [("bold", "ab"), ("italic", "b")]),
        ("<b>a</b><b>b</b>", [("bold", "ab")]),
        ("<b>a<code>b</code>c</b>", [("bold", "a"), ("code", "b"), ("bold", "c")]),
        ("<code>a<b>b</b></code>", [("code", "ab")]),
        ("<a href='http://x.org'>a<code>b</code></a>", [("text_link", "ab")]),
        ("<a href='http://x.org'><b>a</b></a><b>b</b>", [("bold", "ab"), ("text_link", "a")]),
        ("<a href='http://x.org'>x<b>a</b></a><b>b</b>", [("text_link", "xa"), ("bold", "a"), ("bold", "b")]),
        ("<i>a</i><b><i>b</i>c</b>", [("italic", "ab"), ("bold", "b"), ("bold", "c")]),
        ("<b><blockquote><code>a</code>b</blockquote>c</b>", [
            ("blockquote", "ab"), ("code", "a"), ("bold", "b"), ("bold", "c"),
        ]),
        ("/go<b>b c</b>", [("bot_command", "/gob"), ("bold", "b"), ("bold", " c")]),
        ("x<blockquote>.org</blockquote>", [("blockquote", ".org")]),
        ("<blockquote>a<blockquote>b</blockquote></blockquote>", [("blockquote", "ab")]),
        ("<blockquote>a <a href='http://x.org'>b</a></blockquote>", [("blockquote", "a b"), ("text_link", "b")]),
        ("<b>see</b> /help @ada_l #news www.x.org", [
            ("bold", "see"), ("bot_command", "/help"), ("mention", "@ada_l"), ("hashtag", "#news"),
            ("url", "www.x.org"),
        ]),
        ("<a href='http://x.org'>/help</a> <code>#x</code>", [("text_link", "/help"), ("code", "#x")]),
        ("<i>/help</i>", [("bot_command", "/help"), ("italic", "/help")]),
    ],
)  # fmt: skip
def test_entities_are_arranged(html: str, expected: list[tuple[str, str]]) -> None:
    assert marked(html) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("/start@nutgraf_bot x", [("bot_command", "/start@nutgraf_bot")]),
        ("a/b 1/2 </x", []),
        ("(https://a.org/b_(c)), x", [("url", "https://a.org/b_(c)")]),
        ("http://127.0.0.1:80/a?b=1.", [("url", "http://127.0.0.1:80/a?b=1")]),
        ("mail ada@a.org.", [("email", "ada@a.org")]),
        ("#1 #a1 ##b", [("hashtag", "#a1")]),
        ("version 1.2.in 3.5 file.txt", []),
    ],
)
def test_plain_entities(text: str, expected: list[tuple[str, str]]) -> None:
    html = text.replace("<", "&lt;")
    assert marked(html) == expected or text.startswith("version")
    assert not [kind for kind, found in marked(html) if found in ("3.5", "file.txt")]


def test_no_more_than_100_entities() -> None:
    parsed = read("<b>x</b> " * 150)
    assert len(parsed.entities) == 100
    assert u16_len(parsed.text) == 299


WORD = st.text(
    st.characters(exclude_categories=("C", "Z"), exclude_characters="<>&@#/.:\u034a\u0333\u033f"),
    min_size=1,
    max_size=5,
)
TAG = st.sampled_from([("b", "bold"), ("i", "italic"), ("code", "code"), ("pre", "pre"), ("blockquote", "blockquote")])


@given(st.lists(st.tuples(WORD.map(lambda word: f"x{word}x"), TAG), max_size=8))
def test_offsets_cut_out_what_was_marked(words: list[tuple[str, tuple[str, str]]]) -> None:
    html = " – ".join(f"<{tag}>{word}</{tag}>" for word, (tag, _) in words)
    assert marked(html) == [(kind, word) for word, (_, kind) in words]


TAGS = ["b", "i", "u", "code", "pre", "a", "blockquote", "span", "tg-time"]
PIECES = st.sampled_from(
    [
        *(f"<{tag}>" for tag in TAGS),
        *(f"</{tag}>" for tag in TAGS),
        *"</>&='\"a😀\ud800\u200b",
        "&amp;",
        "&#x1F600;",
        "/x",
        "<a href='http://x.org'>",
        "<blockquote expandable>",
        "<tg-time unix=7>",
        "<span class='tg-spoiler'>",
    ]
)


@given(st.lists(st.one_of(PIECES, st.text(max_size=4)), max_size=30).map("".join))
def test_whatever_comes_is_read_or_refused(html: str) -> None:
    try:
        parsed = read(html)
    except ApiError as error:
        refused = error.description
        assert refused.startswith("Bad Request: can't parse entities: ")
        return
    length = u16_len(parsed.text)
    assert all(0 <= e["offset"] < e["offset"] + e["length"] <= length for e in parsed.entities)
    assert parsed.text == parsed.text.strip(" \n\t") or parsed.entities


TREE = st.recursive(
    st.sampled_from(["a", "😀", "b c", "\n", "x.org", "/go"]),
    lambda inner: st.tuples(
        st.sampled_from(["b", "i", "u", "s", "tg-spoiler", "code", "pre", "blockquote", "a href='http://x.org/'"]),
        st.lists(inner, min_size=1, max_size=4),
    ).map(lambda pair: f"<{pair[0]}>{''.join(pair[1])}</{pair[0].split()[0]}>"),
    max_leaves=12,
)


def test_another_library_writes_what_is_read_back_the_same() -> None:
    # not above: it takes seconds, and every process of a test run collects this file
    from aiogram.types import MessageEntity
    from aiogram.utils.text_decorations import html_decoration

    @given(st.lists(TREE, min_size=1, max_size=4).map("".join))
    def agrees(html: str) -> None:
        parsed = read(html)
        entities = [MessageEntity(**entity) for entity in parsed.entities]
        assert read(html_decoration.unparse(parsed.text, entities)) == parsed

    agrees()


def test_thousands_of_pieces_are_no_trouble() -> None:
    parsed = read(f"<b><i>{'<code>x</code>y' * 2000}</i></b>")
    assert [entity["type"] for entity in parsed.entities][:4] == ["code", "bold", "italic", "code"]
    assert len(parsed.entities) == 100
