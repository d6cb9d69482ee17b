"""`nutgraf summarize`: articles as bullets, one for people to read or many as JSON lines."""

import argparse
import json
import re
import sys
from collections.abc import Iterator
from dataclasses import asdict
from functools import partial
from itertools import chain, islice
from math import isfinite
from typing import TYPE_CHECKING, BinaryIO

from bot.cli.batch import spread
from bot.cli.output import dumped, say
from bot.domain.errors import NutgrafError, SourceError
from bot.domain.models import Condensed, Page
from bot.domain.text import cut, plain
from bot.summarize.bullets import METHODS, condense

if TYPE_CHECKING:
    from bot.cli.inputs import Given
    from bot.summarize.explain import Explained

_TOLD_CHARS = 80
_MOST_BULLETS = 1000
_MOST_BYTES = 10 << 20
_PAGE_LIMIT_S = 20.0
_LINE_LIMIT_S = 10.0
_CHUNK_LINES = 32
_FEW_LINES = 64
"""So many are done sooner in this process than others start."""

_HTML = re.compile(rb"<(?:!doctype html|html|head|body|article|main|section|div|p|h1|meta)\b", re.IGNORECASE)

_Line = tuple[int, bytes]
_Answer = tuple[str, str | None]


def register(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command to the parser."""
    parser = commands.add_parser("summarize", help="condense articles into sentences taken word for word")
    parser.add_argument("input", nargs="?", metavar="PATH|URL|-", help="one article, text or HTML; - is standard input")
    parser.add_argument("--bullets", type=_count, default=3, metavar="N", help="most bullets, 1 to 1000 (3)")
    parser.add_argument("--method", choices=METHODS, default="news", help="how to choose them (news)")
    parser.add_argument("--json", action="store_true", help="one JSON object")
    parser.add_argument("--jsonl", action="store_true", help="many: JSON lines with id and text from standard input")
    parser.add_argument(
        "--explain", action="store_true", help="say on standard error, or in the JSON, why (method news)"
    )
    parser.set_defaults(handler=_run, refuse=parser.error)


def _run(args: argparse.Namespace) -> int:
    if args.jsonl:
        if args.input not in (None, "-"):
            args.refuse("--jsonl reads standard input and takes no PATH")
        if args.explain:
            args.refuse("--explain explains one article, not --jsonl")
        return _many(sys.stdin.buffer, args.bullets, args.method)
    if args.input is None and sys.stdin.isatty():
        args.refuse("name a file, an address, or - for standard input")
    return _one(args)


def _count(word: str) -> int:
    if not (word.isascii() and word.isdigit() and len(word) < 5 and 1 <= int(word) <= _MOST_BULLETS):
        raise argparse.ArgumentTypeError(f"1 to {_MOST_BULLETS}, not {word!r}")
    return int(word)


# ---- one article ---------------------------------------------------------------------------------


def _one(args: argparse.Namespace) -> int:
    given = _given(args.input or "-")
    body = given.read()
    page = _page(given) if is_html(body) else None
    text = page.text if page else decoded(body)
    named = {"title": page.title if page else None, "language": page.language if page else None}
    found = condense(text, **named, count=args.bullets, method=args.method)
    why = _explained(text, named, args.bullets) if args.explain else None
    if args.json:
        say(_dumped(_fields(found) | ({"text": text} if page else {}) | ({"explained": asdict(why)} if why else {})))
    else:
        _show(found)
        if why:
            _tell(why)
    return 0


def _explained(text: str, named: dict[str, str | None], count: int) -> "Explained":
    from bot.summarize.explain import explained

    return explained(text, **named, count=count)


def _tell(why: "Explained") -> None:
    """What was left out and what each sentence was worth, a line each, on standard error."""
    for piece in why.removed:
        sys.stderr.write(f"- {piece.rule}: {cut(plain(piece.text), _TOLD_CHARS)}\n")
    for each in why.sentences:
        score = "  none" if each.score is None else f"{each.score:+6.1f}"
        mark = "•" if each.chosen else " "
        sys.stderr.write(f"{mark} {score} {cut(plain(each.text), _TOLD_CHARS)} [{', '.join(each.reasons)}]\n")


def _show(found: Condensed) -> None:
    for bullet in found.bullets:
        say(f"• {bullet.text}")
    if not found.bullets:
        sys.stderr.write("nutgraf: summarize: no sentence of it can stand as a bullet\n")


def _given(name: str) -> "Given":
    from bot.cli.inputs import Given, Inputs

    if name != "-":
        given = next(iter(Inputs([name])))
        try:
            return given if given.body is not None else Given(name, given.read())
        except SourceError as error:
            raise SourceError(f"{cut(plain(name), 100)}: {error.why}") from error
    body = sys.stdin.buffer.read(_MOST_BYTES + 1)
    if len(body) > _MOST_BYTES:
        raise SourceError(f"Standard input is larger than {_MOST_BYTES >> 20} MiB.")
    return Given(name, body)


def is_html(body: bytes) -> bool:
    """Whether the bytes are a page rather than a text."""
    head = body[:4096].replace(b"\0", b"").lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n\f")
    return head.startswith(b"<") and bool(_HTML.search(head))


def decoded(body: bytes) -> str:
    """The text of a file: UTF-16 where it says so, else UTF-8, else Windows' western letters."""
    if body[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return body.decode("utf-16", "replace")
    try:
        return body.decode()
    except UnicodeDecodeError:
        return body.decode("cp1252", "replace")


def _page(given: "Given") -> Page:
    from bot.cli.extract import read_page

    # a hostile page can cost minutes and gigabytes, so it is read in a process that may be killed
    page = next(spread(read_page, [given], limit_s=_PAGE_LIMIT_S))
    if isinstance(page, NutgrafError):
        raise page
    return page


# ---- many ------------------------------------------------------------------------------------------


def _many(stream: BinaryIO, count: int, method: str) -> int:
    failed = False
    for line, problem in _answers(_lines(stream), partial(answer, count=count, method=method)):
        say(line)
        if problem:
            failed = True
            sys.stderr.write(f"nutgraf: summarize: {problem}\n")
    return 1 if failed else 0


def _lines(stream: BinaryIO) -> Iterator[_Line]:
    """Lines with their numbers, blank ones left out; a line that is too long is given as no bytes at all."""
    number = 0
    while line := stream.readline(_MOST_BYTES):
        number += 1
        rest = line
        while len(rest) == _MOST_BYTES and not rest.endswith(b"\n"):
            rest = stream.readline(_MOST_BYTES)
        if line.strip():
            yield number, line if rest is line else b""


def _answers(lines: Iterator[_Line], one: "partial[_Answer]") -> Iterator[_Answer]:
    few = list(islice(lines, _FEW_LINES + 1))
    if len(few) <= _FEW_LINES:
        yield from map(one, few)
        return
    chunks: list[list[_Line]] = []  # those under way
    work = partial(_chunk, one=one)
    for outcome in spread(work, _noted(chain(few, lines), chunks), limit_s=_LINE_LIMIT_S):
        chunk = chunks.pop(0)
        if isinstance(outcome, NutgrafError):
            yield from _singly(chunk, one)
        else:
            yield from outcome


def _noted(lines: Iterator[_Line], chunks: list[list[_Line]]) -> Iterator[list[_Line]]:
    while chunk := list(islice(lines, _CHUNK_LINES)):
        chunks.append(chunk)
        yield chunk


def _chunk(lines: list[_Line], one: "partial[_Answer]") -> list[_Answer]:
    return [one(line) for line in lines]


def _singly(lines: list[_Line], one: "partial[_Answer]") -> Iterator[_Answer]:
    """A chunk that failed, line by line, so that one bad line costs only itself."""
    for line, outcome in zip(lines, spread(one, lines, limit_s=_LINE_LIMIT_S), strict=True):
        yield _refused(line[0], None, str(outcome)) if isinstance(outcome, NutgrafError) else outcome


def answer(line: _Line, count: int, method: str) -> _Answer:
    """One JSON line → the answer's line, and what was wrong with it (None: nothing)."""
    number, raw = line
    if not raw:
        return _refused(number, None, f"it is larger than {_MOST_BYTES >> 20} MiB")
    try:
        asked = json.loads(raw.decode(), parse_constant=_no_constant)
    except (ValueError, RecursionError):
        return _refused(number, None, "it is no JSON")
    if not isinstance(asked, dict):
        return _refused(number, None, "it is no JSON object")
    if not _is_key(asked.get("id")):
        return _refused(number, None, "its id is neither a string nor a number")
    problem = _problem(asked)
    if problem:
        return _refused(number, asked.get("id"), problem)
    found = condense(
        asked["text"], title=asked.get("title"), language=asked.get("language"), count=count, method=method
    )
    return _dumped({"id": asked.get("id")} | _fields(found)), None


def _fields(found: Condensed) -> dict[str, object]:
    bullets = [{"text": each.text, "start": each.start, "end": each.end} for each in found.bullets]
    return {"language": found.language, "bullets": bullets}


def _is_key(key: object) -> bool:
    return isfinite(key) if isinstance(key, float) else isinstance(key, str | int | None)


def _problem(asked: dict[str, object]) -> str | None:
    if not isinstance(asked.get("text"), str):
        return "it has no text"
    wrong = [name for name in ("title", "language") if not isinstance(asked.get(name), str | None)]
    return f"its {wrong[0]} is no string" if wrong else None


def _refused(number: int, key: object, why: str) -> _Answer:
    problem = f"line {number}: {why}"
    return _dumped({"id": key, "language": None, "bullets": [], "error": problem}), problem


def _no_constant(name: str) -> float:
    raise ValueError(name)


def _dumped(value: dict[str, object]) -> str:
    line = dumped(value)
    # half a surrogate pair, which an id may hold, can only be written as an escape
    return line if line.isascii() or _is_utf8(line) else json.dumps(value)


def _is_utf8(line: str) -> bool:
    try:
        line.encode()
    except UnicodeEncodeError:
        return False
    return True
