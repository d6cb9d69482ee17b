"""Long HTML cut into messages that each stand alone.

Telegram takes 4096 UTF-16 units of text, 100 entities and 32 KiB of source a message; more is refused or cut off.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from html import unescape

MOST_U16 = 4096
MOST_ENTITIES = 100
MOST_BYTES = 32 * 1024
MOST_DEPTH = 16

_TAG_PATTERN = r"<(?P<end>/?)(?P<tag>[A-Za-z][\w-]*)(?:[^<>\"']|\"[^\"]*\"|'[^']*')*>"
_ENTITY_PATTERN = r"&(?:lt|gt|amp|quot|\#\d{1,7}|\#[xX][\da-fA-F]{1,6});"
_TAG = re.compile(_TAG_PATTERN)
_ENTITY = re.compile(_ENTITY_PATTERN)
_ATOM = re.compile(f"{_TAG_PATTERN}|(?P<entity>{_ENTITY_PATTERN})|(?P<text>.)", re.DOTALL)
# a joiner, variation selector, skin tone or mark belongs to the character before it
_CLINGING = re.compile("[\u0300-\u036f\u200d\u20e3\ufe00-\ufe0f\U0001f3fb-\U0001f3ff\U000e0020-\U000e007f]")
_FLAG = re.compile("[\U0001f1e6-\U0001f1ff]")
_STORY, _LINE, _WORD, _CHARACTER, _NOWHERE = range(5)


@dataclass(frozen=True, slots=True)
class _Atom:
    """A tag, an entity or a character; `cut` says how good a place for a cut there is before it."""

    raw: str
    text: str
    tag: str
    opens: bool
    cut: int

    @property
    def visible(self) -> bool:
        return bool(self.text) and not self.text.isspace()

    @property
    def bytes_(self) -> int:
        """Size in the message's source; an opened tag counts with its end."""
        if self.tag and not self.opens:
            return 0
        return len(self.raw.encode("utf-8", "replace")) + (len(self.tag) + 3 if self.opens else 0)


def split_message(html: str, limit_u16: int = MOST_U16) -> list[str]:
    """Cut Telegram HTML into messages that each stand alone.

    Args:
        html: balanced Telegram HTML, any length, at most 16 tags deep.
        limit_u16: most UTF-16 code units of a message's text, tags not counted (Bot API, sendMessage).

    Returns:
        The messages in sending order; open tags are closed at a cut and opened again after it. Cuts fall between
        stories, else between lines, else between words; never inside an entity, a tag or a surrogate pair. Each has at
        most 100 entities and 32 KiB. The texts joined are the text of `html`; pieces of white space alone are left out.

    Raises:
        ValueError: `html` is not balanced, or too deep, or one tag or character is too long for any message.
    """
    entities = _opened(html)
    text = _ENTITY.sub(lambda entity: unescape(entity[0]), _TAG.sub("", html))
    if not text.strip():
        return []
    if u16(text) <= limit_u16 and entities <= MOST_ENTITIES and len(html.encode("utf-8", "replace")) <= MOST_BYTES:
        return [html]
    atoms = list(_atoms(html))
    pieces: list[str] = []
    stack: list[_Atom] = []
    start = 0
    while start < len(atoms):
        end = _end(atoms, start, stack, limit_u16)
        piece, stack = _piece(atoms[start:end], stack)
        if any(atom.visible for atom in atoms[start:end]):
            pieces.append(piece)
        start = end
    return pieces


def u16(text: str) -> int:
    """Length in UTF-16 code units, as Telegram counts."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def _opened(html: str) -> int:
    """How many tags are opened; ValueError if they are not closed in order, or too deep."""
    stack: list[str] = []
    opened = end = 0
    for match in _TAG.finditer(html):
        if "<" in html[end : match.start()]:
            raise ValueError("not balanced: < outside a tag")
        if not match["end"]:
            stack.append(match["tag"])
            opened += 1
        elif not stack or stack.pop() != match["tag"]:
            raise ValueError(f"not balanced: {match[0]}")
        if len(stack) > MOST_DEPTH:
            raise ValueError(f"more than {MOST_DEPTH} tags deep")
        end = match.end()
    if stack or "<" in html[end:]:
        raise ValueError("not balanced at the end")
    return opened


def _atoms(html: str) -> Iterator[_Atom]:
    before, flags, opened = "", 0, False
    for match in _ATOM.finditer(html):
        if tag := match["tag"]:
            closes = bool(match["end"])
            yield _Atom(match[0], "", tag, not closes, _NOWHERE if closes or opened else _place(before, ""))
            opened = not closes
            continue
        text = unescape(match[0]) if match["entity"] else match[0]
        half = flags % 2 == 1 and _FLAG.match(text)
        yield _Atom(match[0], text, "", False, _NOWHERE if opened or half else _place(before, text))
        flags = flags + 1 if _FLAG.match(text) else 0
        before, opened = (before + text)[-2:], False


def _place(before: str, text: str) -> int:
    """How good a cut is between `before` (the last two characters) and `text` (empty for a tag)."""
    if not before or before[-1] == "\u200d" or _CLINGING.match(text):
        return _NOWHERE
    if text.isspace():
        return _CHARACTER
    if before[-1] == "\n":
        return _STORY if before == "\n\n" else _LINE
    return _WORD if before[-1].isspace() else _CHARACTER


def _end(atoms: list[_Atom], start: int, stack: list[_Atom], limit_u16: int) -> int:
    """Where the message that begins at `start` with the tags of `stack` open should end."""
    full = _full(atoms, start, stack, limit_u16)
    if full == len(atoms):
        return full
    if full == start:
        raise ValueError("a tag or a character is too long for any message")
    first = next((at for at in range(start, full) if atoms[at].visible), full)
    for wanted in (_STORY, _LINE, _WORD, _CHARACTER):
        for end in range(full, first, -1):
            if atoms[end].cut <= wanted:
                return end
    return full


def _full(atoms: list[_Atom], start: int, stack: list[_Atom], limit_u16: int) -> int:
    """The first atom that no longer fits into the message."""
    units, entities, size = 0, len(stack), sum(tag.bytes_ for tag in stack)
    for at in range(start, len(atoms)):
        atom = atoms[at]
        units += u16(atom.text)
        entities += atom.opens
        size += atom.bytes_
        if units > limit_u16 or entities > MOST_ENTITIES or size > MOST_BYTES:
            return at
    return len(atoms)


def _piece(atoms: list[_Atom], stack: list[_Atom]) -> tuple[str, list[_Atom]]:
    """The message, and the tags that are open behind it."""
    still_open = list(stack)
    for atom in atoms:
        if atom.opens:
            still_open.append(atom)
        elif atom.tag:
            still_open.pop()
    raw = "".join(atom.raw for atom in (*stack, *atoms))
    return raw + "".join(f"</{tag.tag}>" for tag in reversed(still_open)), still_open
