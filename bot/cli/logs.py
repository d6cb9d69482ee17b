"""Logs: constant events with fields, text on a terminal and JSON elsewhere, without secrets."""

import logging
import re
import sys
from collections.abc import Iterable, MutableMapping
from typing import Any

import structlog

# a bot token wherever it shows up, also inside addresses that libraries log
_TOKEN = re.compile(r"\d{1,20}:[A-Za-z0-9_-]{20,}")
_HIDDEN = "[secret]"


def configure(log_format: str | None, secrets: Iterable[str | None] = (), level: int = logging.INFO) -> None:
    """Send every log line, ours and the libraries', to standard error in one form.

    Args:
        log_format: "text" or "json"; None chooses by whether standard error is a terminal.
        secrets: texts that must never be printed.
        level: what is less than this is left out.
    """
    known = tuple(secret for secret in secrets if secret)

    def redact(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        return {key: _without(value, known) for key, value in event.items()}

    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        redact,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.make_filtering_bound_logger(level),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, redact, _renderer(log_format)],
        )
    )
    logging.basicConfig(handlers=[handler], level=level, force=True)
    # httpx prints every request's address, which holds the token
    for chatty in ("httpx", "httpcore", "telegram", "apscheduler", "alembic", "aiohttp", "trafilatura", "htmldate"):
        logging.getLogger(chatty).setLevel(logging.WARNING)


def _renderer(log_format: str | None) -> structlog.typing.Processor:
    if (log_format or ("text" if sys.stderr.isatty() else "json")) == "json":
        return structlog.processors.JSONRenderer(ensure_ascii=False)
    return structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback)


def _without(value: Any, secrets: tuple[str, ...]) -> Any:
    if not isinstance(value, str):
        return value
    for secret in secrets:
        value = value.replace(secret, _HIDDEN)
    return _TOKEN.sub(_HIDDEN, value)
