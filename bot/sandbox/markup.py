"""Telegram's HTML: text and marked spans, or a refusal that names the byte where it went wrong.

Only HTML is read. The Markdown modes are refused by whoever calls this: Nutgraf sends HTML only.
"""

import re
from dataclasses import dataclass

from bot.sandbox.errors import ApiError, bad_request
from bot.sandbox.links import checked_link, linked_user
from bot.sandbox.spans import Span

_STYLE_OF = {
    "b": "bold",
    "strong": "bold",
    "i": "italic",
    "em": "italic",
    "u": "underline",
    "ins": "underline",
    "s": "strikethrough",
    "strike": "strikethrough",
    "del": "strikethrough",
    "tg-spoiler": "spoiler",
    "span": "spoiler",
}
_TAGS = frozenset({*_STYLE_OF, "a", "code", "pre", "blockquote", "tg-emoji", "tg-time"})
_NAMED = {"lt": "<", "gt": ">", "amp": "&", "quot": '"'}
_SPACE = " \t\r\n\v\0"
_REFERENCE = re.compile(r"&(?:#(?:x([0-9a-fA-F]{1,6})(?![0-9a-fA-F])|([0-9]{1,7})(?![0-9]))|([A-Za-z]+));?")
_PLAIN = re.compile(r"[^<&]+")
_TAG_NAME = re.compile(rf"[^{_SPACE}>]*")
_ATTRIBUTE_NAME = re.compile(rf"[^{_SPACE}=>]*")
_GAP = re.compile(rf"[{_SPACE}]*")
_TOKEN = re.compile(r"[A-Za-z0-9.-]*")
_LONGEST_NAMED_TAG = 64


@dataclass(frozen=True, slots=True)
class _Open:
    """A tag that was opened: where its text begins, and its attributes."""

    name: str
    start: int
    attributes: dict[str, str]


def parse_html(html: str) -> tuple[str, list[Span]]:
    """Read Telegram HTML.

    Returns:
        The text without markup, and its spans in characters of that text, in the order in which they were closed.

    Raises:
        ApiError: "Bad Request: can't parse entities: …", positions in bytes of UTF-8.
    """
    reader = _Reader(html)
    reader.read()
    return "".join(reader.text), reader.spans


class _Reader:
    """One pass over the markup."""

    def __init__(self, html: str) -> None:
        self.html = html
        self.at = 0
        self.text: list[str] = []
        self.length = 0
        self.spans: list[Span] = []
        self.open: list[_Open] = []
        self._language = ""

    def read(self) -> None:
        while self.at < len(self.html):
            if plain := self._take(_PLAIN):
                self._say(plain)
            elif self.html[self.at] == "&":
                self._say(self._reference())
            elif self.html.startswith("</", self.at):
                self._end_tag()
            else:
                self._start_tag()
        if self.open:
            raise _cannot(f'Can\'t find end tag corresponding to start tag "{self.open[-1].name}"')
        if any("\ud800" <= char <= "\udfff" for piece in self.text for char in piece):
            raise _cannot(
                "Text contains invalid Unicode characters after decoding HTML entities, check for unmatched "
                "surrogate code units"
            )

    # ---- pieces -----------------------------------------------------------------------------------

    def _take(self, pattern: re.Pattern[str]) -> str:
        match = pattern.match(self.html, self.at)
        self.at = match.end() if match else self.at
        return match[0] if match else ""

    def _peek(self) -> str:
        return self.html[self.at : self.at + 1]

    def _say(self, text: str) -> None:
        self.text.append(text)
        self.length += len(text)

    def _byte(self, at: int) -> int:
        return len(self.html[:at].encode("utf-8", "surrogatepass"))

    def _reference(self) -> str:
        match = _REFERENCE.match(self.html, self.at)
        char = _character(match) if match else ""
        self.at = match.end() if match and char else self.at + 1
        return char or "&"

    # ---- tags -------------------------------------------------------------------------------------

    def _start_tag(self) -> None:
        begin = self.at
        self.at += 1
        name = self._take(_TAG_NAME).lower()
        if not self._peek():
            raise self._unclosed(begin)
        if name not in _TAGS:
            raise _cannot(f'Unsupported start tag "{name[:_LONGEST_NAMED_TAG]}" at byte offset {self._byte(begin)}')
        attributes = self._attributes(name, begin)
        self.at += 1
        if name == "span" and attributes.get("class") != "tg-spoiler":
            raise _cannot(f'Tag "span" must have class "tg-spoiler" at byte offset {self._byte(begin)}')
        self.open.append(_Open(name, self.length, attributes))

    def _attributes(self, tag: str, begin: int) -> dict[str, str]:
        """Everything up to the closing angle bracket."""
        found: dict[str, str] = {}
        while True:
            self._take(_GAP)
            if not self._peek():
                raise self._unclosed(begin)
            if self._peek() == ">":
                return found
            name = self._take(_ATTRIBUTE_NAME)
            if not name:
                raise _cannot(f'Empty attribute name in the tag "{tag}" at byte offset {self._byte(begin)}')
            self._take(_GAP)
            found[name] = self._value(begin) if self._peek() == "=" else ""

    def _value(self, begin: int) -> str:
        self.at += 1
        self._take(_GAP)
        if self._peek() in ("'", '"'):
            return self._quoted(begin)
        token_at = self.at
        value = self._take(_TOKEN).lower()
        if self._peek() and self._peek() not in f"{_SPACE}>":
            raise _cannot(f"Unexpected end of name token at byte offset {self._byte(token_at)}")
        return value

    def _quoted(self, begin: int) -> str:
        close = self.html.find(self._peek(), self.at + 1)
        if close < 0:
            raise self._unclosed(begin)
        raw = self.html[self.at + 1 : close]
        self.at = close + 1
        return _REFERENCE.sub(lambda match: _character(match) or match[0], raw)

    def _end_tag(self) -> None:
        begin = self.at
        if not self.open:
            raise _cannot(f"Unexpected end tag at byte offset {self._byte(begin)}")
        self.at += 2
        name = self._take(_TAG_NAME).lower()
        self._take(_GAP)
        if self._peek() != ">":
            raise _cannot(f"Unclosed end tag at byte offset {self._byte(begin)}")
        self.at += 1
        opened = self.open.pop()
        if name not in ("", opened.name):
            raise _cannot(
                f'Unmatched end tag at byte offset {self._byte(begin)}, expected "</{opened.name}>", '
                f'found "</{name[:_LONGEST_NAMED_TAG]}>"'
            )
        if self.length > opened.start:
            self._mark(opened)

    def _unclosed(self, begin: int) -> ApiError:
        return _cannot(f"Unclosed start tag at byte offset {self._byte(begin)}")

    # ---- spans ------------------------------------------------------------------------------------

    def _mark(self, opened: _Open) -> None:
        if style := _STYLE_OF.get(opened.name):
            self._add(style, opened)
        elif opened.name == "blockquote":
            self._add("expandable_blockquote" if "expandable" in opened.attributes else "blockquote", opened)
        elif opened.name in ("code", "pre"):
            self._mark_code(opened)
        elif opened.name == "a":
            self._mark_link(opened)
        else:
            self._mark_special(opened)

    def _add(self, kind: str, opened: _Open, **extra: str | int) -> None:
        self.spans.append(Span(kind, opened.start, self.length, tuple(extra.items())))

    def _mark_code(self, opened: _Open) -> None:
        """`<pre><code class="language-x">` is one entity, whichever of the two is outside."""
        inner = self.spans[-1] if self.spans else None
        joined = inner is not None and (inner.start, inner.end) == (opened.start, self.length)
        inner_language, self._language = self._language, _language(opened)
        language = self._language or inner_language
        if inner and joined and language and {inner.type, opened.name} == {"code", "pre"}:
            self.spans[-1] = Span("pre", opened.start, self.length, (("language", language),))
        else:
            self._add(opened.name, opened)

    def _mark_link(self, opened: _Open) -> None:
        address = opened.attributes.get("href") or "".join(self.text)[opened.start :]
        user_id, link = linked_user(address), checked_link(address)
        if user_id:
            self._add("text_mention", opened, user_id=user_id)
        elif link:
            self._add("text_link", opened, url=link)

    def _mark_special(self, opened: _Open) -> None:
        number = opened.attributes.get("emoji-id" if opened.name == "tg-emoji" else "unix", "")
        if not (number.isascii() and number.isdigit() and 0 < int(number[:20]) < 2**63):
            what = "custom emoji identifier" if opened.name == "tg-emoji" else "date-time"
            raise _cannot(f"Invalid {what} specified")
        if opened.name == "tg-emoji":
            self._add("custom_emoji", opened, custom_emoji_id=number)
        else:
            self._add("date_time", opened, unix_time=int(number))


def _cannot(why: str) -> ApiError:
    return bad_request(f"can't parse entities: {why}")


def _character(match: re.Match[str]) -> str:
    """The character of a reference, "" for one that Telegram leaves as it stands."""
    hexadecimal, decimal, name = match.groups()
    if name:
        return _NAMED.get(name, "")
    code = int(hexadecimal, 16) if hexadecimal else int(decimal)
    return chr(code) if 0 < code < 0x10FFFF else ""


def _language(opened: _Open) -> str:
    label = opened.attributes.get("class", "") if opened.name == "code" else ""
    return label[9:] if label.startswith("language-") else ""
