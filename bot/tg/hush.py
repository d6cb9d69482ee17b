"""No secret in a log: neither in a message, nor in its arguments, nor in a traceback.

HTTP clients write addresses, and Telegram's addresses hold the token; python-telegram-bot writes parameters at DEBUG
and names a refused token in its exception. These loggers are set to WARNING, and whatever any logger writes while
the hush lasts is searched for the secrets as well.
"""

import logging
import traceback
from collections.abc import Callable, Iterable
from typing import Any

LOUD = ("httpx", "httpcore", "telegram", "hpack")
STARS = "***"


class Hush:
    """Keeps secrets out of everything that goes through `logging`."""

    def __init__(self, secrets: Iterable[str]) -> None:
        self._secrets = tuple(secret for secret in secrets if secret)
        self._factory: Callable[..., logging.LogRecord] | None = None

    def begin(self) -> None:
        """From now on."""
        for name in LOUD:
            logging.getLogger(name).setLevel(logging.WARNING)
        if self._factory is None:
            self._factory = logging.getLogRecordFactory()
            logging.setLogRecordFactory(self._record)

    def end(self) -> None:
        """No longer: the factory that was there before is back, unless somebody put another on top."""
        if self._factory is not None and logging.getLogRecordFactory() == self._record:
            logging.setLogRecordFactory(self._factory)
        self._factory = None

    def clean(self, text: str) -> str:
        """The text without the secrets."""
        for secret in self._secrets:
            text = text.replace(secret, STARS)
        return text

    def _record(self, *args: Any, **kwargs: Any) -> logging.LogRecord:
        record = (self._factory or logging.LogRecord)(*args, **kwargs)
        message = record.getMessage()
        if (cleaned := self.clean(message)) != message:
            record.msg, record.args = cleaned, ()
        if record.exc_info and record.exc_info[0]:
            # a formatter takes exc_text where it stands already
            record.exc_text = self.clean("".join(traceback.format_exception(*record.exc_info))).rstrip("\n")
        return record
