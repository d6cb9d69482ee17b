"""Logs: one form for all, and no secret in any of them (T75)."""

import json
import logging
from collections.abc import Iterator

import pytest
import structlog

from bot.cli.logs import configure

TOKEN = "123456789:AAcanarycanarycanarycanarycanary00"
SECRET = "canary-webhook-secret"


@pytest.fixture(autouse=True)
def undo() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    root.handlers, root.level = handlers, level
    structlog.reset_defaults()


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, object]]:
    return [json.loads(line) for line in capsys.readouterr().err.splitlines()]


def test_ours_and_the_libraries_lines_have_one_form(capsys: pytest.CaptureFixture[str]) -> None:
    configure("json")
    structlog.get_logger().info("delivery postponed", delivery_id=7, wait_s=45.0)
    logging.getLogger("some.library").warning("it %s", "happened")
    ours, theirs = lines(capsys)
    assert (ours["event"], ours["delivery_id"], ours["level"]) == ("delivery postponed", 7, "info")
    assert (theirs["event"], theirs["level"]) == ("it happened", "warning")
    assert str(ours["timestamp"]).endswith("Z")


@pytest.mark.parametrize("form", ["json", "text"])
def test_t75_no_secret_is_printed(capsys: pytest.CaptureFixture[str], form: str) -> None:
    configure(form, (TOKEN, SECRET))
    log = structlog.get_logger()
    log.info("asked", url=f"https://api.telegram.org/bot{TOKEN}/getMe", secret=SECRET)
    logging.getLogger("other").warning("POST https://api.telegram.org/bot%s/sendMessage", TOKEN)
    try:
        raise ValueError(f"no route to bot{TOKEN}")
    except ValueError:
        log.exception("failed")
        logging.getLogger("other").exception("failed")
    said = capsys.readouterr().err
    assert "canary" not in said
    assert "no route to bot" in said


def test_tokens_of_others_are_hidden_too(capsys: pytest.CaptureFixture[str]) -> None:
    configure("json")
    structlog.get_logger().info("asked", url=f"/bot{TOKEN}/getMe")
    assert "canary" not in capsys.readouterr().err


def test_chatty_libraries_are_quiet(capsys: pytest.CaptureFixture[str]) -> None:
    configure("json")
    logging.getLogger("httpx").info("HTTP Request: GET https://api.telegram.org/bot%s/getMe", TOKEN)
    assert lines(capsys) == []
