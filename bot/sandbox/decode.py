"""What a bot sent, whatever way it sent it: query string, JSON, form or multipart, each value as its method takes it.

Nested objects come as JSON or as a string of JSON; numbers and booleans come as themselves or as strings. Bodies hold
at most 1 MiB beside files, and files at most 20 MiB together.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any
from urllib.parse import parse_qsl

from aiohttp import BodyPartReader, web

from bot.sandbox.errors import ApiError, bad_request
from bot.sandbox.files import MOST_FILE_BYTES
from bot.sandbox.nouns import Json

MOST_BODY_BYTES = 2**20
MOST_PARTS = 100


class Kind(Enum):
    """How a method takes a parameter. CHAT: an id or an @username. FILE: an `Upload`, or a string that names a file."""

    INT = auto()
    TEXT = auto()
    FLAG = auto()
    OBJECT = auto()
    LIST = auto()
    CHAT = auto()
    FILE = auto()


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that came with a request."""

    name: str
    mime_type: str
    data: bytes


async def read_params(request: web.Request, kinds: Mapping[str, Kind]) -> Json:
    """The parameters of a call; those that the method does not know stay as they came.

    Raises:
        ApiError: the body is too large or not what it says it is, or a value does not fit.
    """
    raw: dict[str, Any] = dict(request.query)
    if request.can_read_body:
        raw |= await _body(request)
    known = {name: typed(name, value, kinds.get(name)) for name, value in raw.items() if value is not None}
    _check_unicode(known)
    return known


def loggable(params: Json) -> Json:
    """The parameters without the bytes of files."""
    return {name: f"attach://{v.name}" if isinstance(v, Upload) else v for name, v in params.items()}


async def _body(request: web.Request) -> dict[str, Any]:
    if request.content_type == "application/json":
        return _json_object(await read_bounded(request))
    if request.content_type == "multipart/form-data":
        return await _multipart(request)
    if request.content_type == "application/x-www-form-urlencoded":
        return await _form(request)
    return {}


async def read_bounded(request: web.Request) -> bytes:
    """The body.

    Raises:
        ApiError: it holds more than 1 MiB.
    """
    body = bytearray()
    async for chunk in request.content.iter_chunked(2**16):
        body += chunk
        if len(body) > MOST_BODY_BYTES:
            raise ApiError(413, "Request Entity Too Large")
    return bytes(body)


def _json_object(body: bytes) -> dict[str, Any]:
    try:
        found = json.loads(body or b"{}", parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise bad_request("can't parse request: can't parse JSON object") from error
    if not isinstance(found, dict):
        raise bad_request("can't parse request: JSON object expected")
    return found


def _no_constant(name: str) -> None:
    raise ValueError(name)


async def _form(request: web.Request) -> dict[str, Any]:
    try:
        text = (await read_bounded(request)).decode()
        return dict(parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=MOST_PARTS))
    except ValueError as error:
        raise _not_unicode() from error


async def _multipart(request: web.Request) -> dict[str, Any]:
    found: dict[str, Any] = {}
    left = MOST_BODY_BYTES + MOST_FILE_BYTES
    try:
        async for part in await request.multipart():
            if not isinstance(part, BodyPartReader) or part.name is None or len(found) >= MOST_PARTS:
                raise bad_request("can't parse request: unexpected part")
            found[part.name] = await _part(part, left)
            left -= len(found[part.name].data if isinstance(found[part.name], Upload) else found[part.name])
    except ValueError as error:
        raise bad_request("can't parse request: wrong multipart body") from error
    return found


async def _part(part: BodyPartReader, left: int) -> Upload | str:
    most = min(left, MOST_BODY_BYTES if part.filename is None else MOST_FILE_BYTES)
    data = bytearray()
    while chunk := await part.read_chunk():
        data += chunk
        if len(data) > most:
            raise ApiError(413, "Request Entity Too Large")
    if part.filename is None:
        return data.decode()
    return Upload(part.filename, part.headers.get("Content-Type", "application/octet-stream"), bytes(data))


# ---- values -----------------------------------------------------------------------------------


def typed(name: str, value: Any, kind: Kind | None) -> Any:
    """One value as its method takes it.

    Raises:
        ApiError: it does not fit.
    """
    if kind in (Kind.INT, Kind.CHAT):
        return _number(name, value, kind)
    if kind is Kind.FLAG:
        return value if isinstance(value, bool) else str(value).lower() in ("true", "yes", "1")
    if kind in (Kind.OBJECT, Kind.LIST):
        return _nested(name, value, dict if kind is Kind.OBJECT else list)
    if kind is Kind.TEXT and not isinstance(value, str):
        return _scalar_text(name, value)
    return value


def fields(name: str, value: Any, kinds: Mapping[str, Kind]) -> Json:
    """A nested object with its fields typed, those that are null left out; unknown ones stay as they came."""
    nested: Json = _nested(name, value, dict)
    return {key: typed(key, field, kinds.get(key)) for key, field in nested.items() if field is not None}


def _number(name: str, value: Any, kind: Kind) -> int | str:
    text = str(value).strip()
    digits = text.removeprefix("-")
    if digits.isascii() and digits.isdigit() and len(digits) < 20:
        return int(text)
    if kind is Kind.CHAT and isinstance(value, str):
        return value
    raise bad_request(f"invalid {name} specified")


def _nested(name: str, value: Any, wanted: type) -> Any:
    if isinstance(value, str):
        try:
            value = json.loads(value, parse_constant=_no_constant)
        except (ValueError, RecursionError) as error:
            raise bad_request(f"can't parse {name} JSON object") from error
    if not isinstance(value, wanted):
        raise bad_request(f"{'object' if wanted is dict else 'array'} expected as {name}")
    return value


def _scalar_text(name: str, value: Any) -> str:
    if isinstance(value, int | float):
        return json.dumps(value)
    raise bad_request(f"string expected as {name}")


def _check_unicode(params: Json) -> None:
    try:
        json.dumps(loggable(params), ensure_ascii=False).encode()
    except (UnicodeEncodeError, RecursionError) as error:
        raise _not_unicode() from error


def _not_unicode() -> ApiError:
    return bad_request("strings must be encoded in UTF-8")
