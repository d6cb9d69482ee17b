"""What a request carries: the form that the Bot API takes, with files or without.

Promises: a body knows whether any of it was handed to the network. As long as it was not, the request cannot have had
an effect, whatever else went wrong.
"""

import asyncio
import io

from aiohttp import BytesPayload, FormData, Payload
from aiohttp.abc import AbstractStreamWriter
from telegram.request import RequestData

FORM = "application/x-www-form-urlencoded"


class Body(Payload):
    """A form on its way out; `begun` says whether writing it began. Taking longer than `limit_s` ends the writing."""

    def __init__(self, form: Payload, limit_s: float | None) -> None:
        super().__init__(form, headers=form.headers)
        self._size = form.size
        self._autoclose = form.autoclose
        self._form = form
        self._limit_s = limit_s
        self.begun = False

    def decode(self, encoding: str = "utf-8", errors: str = "strict") -> str:
        """The form as text."""
        return self._form.decode(encoding, errors)

    async def write(self, writer: AbstractStreamWriter) -> None:
        """Write the form.

        Raises:
            TimeoutError: the other side did not take it in time.
        """
        self.begun = True
        async with asyncio.timeout(self._limit_s):
            await self._form.write(writer)

    async def close(self) -> None:
        """Close the files that are read from."""
        await self._form.close()


def form(data: RequestData | None) -> Payload:
    """The parameters as a form; with files it has several parts."""
    if data is None or not data.contains_files:
        encoded = data.url_encoded_parameters() if data else ""
        return BytesPayload(encoded.encode(), content_type=FORM)
    return _parts(data)


def _parts(data: RequestData) -> Payload:
    parts = FormData(quote_fields=False)  # Telegram takes file names as they are, not as %C3%BC
    for name, value in data.json_parameters.items():
        parts.add_field(name, value)
    for name, (filename, content, content_type) in data.multipart_data.items():
        # as a stream: bytes would be written in one piece
        stream = content if isinstance(content, io.IOBase) else io.BytesIO(_bytes(content))
        parts.add_field(name, stream, filename=filename, content_type=content_type)
    return parts()


def _bytes(content: object) -> bytes:
    return content.encode() if isinstance(content, str) else bytes(content)  # type: ignore[call-overload]
