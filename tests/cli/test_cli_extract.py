"""`nutgraf extract` as a command in a process of its own."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TEXT = [
    "The ferry between the old harbour and the island has returned after nine weeks in the dock, its owner said.",
    "Engineers replaced both shafts and a part of the hull that had been worn thin by sand from the channel.",
]
PAGE = f"""<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>Ferry returns to the island</title>
<meta property="article:published_time" content="2026-11-20T09:30:00+00:00"></head><body>
<article><h1>Ferry returns to the island</h1>{"".join(f"<p>{text}</p>" for text in TEXT)}</article></body></html>"""


@pytest.fixture
def pages(tmp_path: Path) -> list[str]:
    (tmp_path / "page.html").write_text(PAGE)
    (tmp_path / "empty.html").write_text("")
    return [str(tmp_path / name) for name in ("empty.html", "page.html", "missing.html")]


def nutgraf(*words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "bot", *words]
    return subprocess.run(command, cwd=ROOT, env=os.environ, capture_output=True, text=True, check=False)


def test_one_line_for_each_page(pages: list[str]) -> None:
    done = nutgraf("extract", "--json", *pages)
    assert done.returncode == 1
    assert done.stderr == ""
    empty, page, missing = map(json.loads, done.stdout.splitlines())
    assert (empty["ok"], empty["error"], empty["text"]) == (False, "That page holds no article that can be read.", None)
    assert missing["error"] == "There is no such file."
    assert page == {
        "input": pages[1],
        "ok": True,
        "error": None,
        "title": "Ferry returns to the island",
        "author": None,
        "published_at": "2026-11-20T09:30:00Z",
        "language": "en",
        "image": None,
        "text": page["text"],
    }
    assert page["text"].split("\n")[-2:] == TEXT


def test_for_people(pages: list[str]) -> None:
    done = nutgraf("extract", pages[1])
    assert done.returncode == 0
    assert done.stdout.startswith("Ferry returns to the island\n2026-11-20 · en\n\n")
    assert TEXT[1] in done.stdout.splitlines()
