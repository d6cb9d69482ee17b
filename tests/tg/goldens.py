"""Golden files: messages as readers get them, kept as text and compared to the letter.

A file shows each message's HTML, then its link preview and its rows of buttons with what they say when pressed. Where
a change is meant, `GOLDEN_WRITE=1 python -m pytest tests/tg` writes the files anew; read the difference before keeping.
"""

import os
from difflib import unified_diff
from pathlib import Path

import pytest

from bot.domain.models import Button, Message

FOLDER = Path(__file__).parent / "golden"


def compare(name: str, messages: tuple[Message, ...]) -> None:
    """The messages are those of the golden file."""
    path, shown = FOLDER / f"{name}.txt", "\n=====\n".join(map(_shown, messages)) + "\n"
    if os.environ.get("GOLDEN_WRITE"):
        path.write_text(shown, encoding="utf-8")
    kept = path.read_text(encoding="utf-8") if path.exists() else ""
    if shown != kept:
        lines = unified_diff(kept.splitlines(), shown.splitlines(), f"{name} as kept", f"{name} now", lineterm="")
        pytest.fail("\n".join(["not the golden message (GOLDEN_WRITE=1 keeps the new one):", *lines]), pytrace=False)


def _shown(message: Message) -> str:
    preview = [f"-- preview: {message.preview_url}"] if message.preview_url else []
    rows = [f"-- buttons: {' '.join(map(_button, row))}" for row in message.keyboard]
    return "\n".join([message.html, *preview, *rows])


def _button(button: Button) -> str:
    return f"[{button.text} = {button.data or button.url}]"
