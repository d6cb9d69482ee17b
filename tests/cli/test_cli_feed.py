"""`nutgraf feed` and the batch work under it, as commands in processes of their own."""

import gzip
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from bot.cli.batch import spread
from bot.domain.errors import NutgrafError, SourceError, WorkerError

ROOT = Path(__file__).parents[2]
FEED = """<rss version="2.0"><channel><title>{title}</title><item><title>Ferry returns</title><link>/1</link>
<pubDate>Sun, 22 Nov 2026 09:00:00 +0200</pubDate>
<description>&lt;p&gt;It is&lt;/p&gt;&lt;p&gt;back.</description></item>
</channel></rss>"""


def nutgraf(*words: str | Path, **environ: str) -> subprocess.CompletedProcess[str]:
    environ = {**os.environ, "LC_ALL": "C.UTF-8", **environ}
    command = [sys.executable, "-m", "bot", *map(str, words)]
    return subprocess.run(command, cwd=ROOT, env=environ, capture_output=True, text=True, check=False)


def lines(done: subprocess.CompletedProcess[str]) -> list[dict[str, Any]]:
    assert "Traceback" not in done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "good.xml").write_text(FEED.format(title="Harbour"))
    (tmp_path / "page.html").write_text("<!doctype html><html><title>no feed</title></html>")
    (tmp_path / "folder").mkdir()
    return tmp_path


def test_one_line_for_each_input_in_their_order(folder: Path) -> None:
    names = [folder / name for name in ("page.html", "good.xml", "missing.xml", "folder")]
    done = nutgraf("feed", "--json", "--base", "https://harbour.example/feed", *names)
    assert done.returncode == 1
    answers = lines(done)
    assert [answer["input"] for answer in answers] == [str(name) for name in names]
    assert [answer["ok"] for answer in answers] == [False, True, False, False]
    assert [answer["error"] for answer in answers] == [
        "That is not a feed.",
        None,
        "There is no such file.",
        "That is a folder.",
    ]
    assert answers[1] == {
        "input": str(names[1]),
        "ok": True,
        "error": None,
        "kind": "rss",
        "title": "Harbour",
        "link": None,
        "language": None,
        "entries": [
            {
                "id": None,
                "title": "Ferry returns",
                "link": "https://harbour.example/1",
                "author": None,
                "published_at": "2026-11-22T07:00:00Z",
                "updated_at": None,
                "summary": "It is back.",
                "content": None,
                "image": None,
            }
        ],
    }


def test_for_people(folder: Path) -> None:
    done = nutgraf("feed", folder / "good.xml", folder / "missing.xml")
    assert done.returncode == 1
    assert "Harbour (rss, 1 entries)" in done.stdout
    assert "2026-11-22 07:00  Ferry returns" in done.stdout
    assert "missing.xml: There is no such file." in done.stdout


def test_all_well_is_status_0_and_wrong_usage_2(folder: Path) -> None:
    assert nutgraf("feed", folder / "good.xml").returncode == 0
    assert nutgraf("feed").returncode == 2
    assert nutgraf("feed", "--colour", folder / "good.xml").returncode == 2


def test_halves_of_characters_do_not_come_out(folder: Path) -> None:
    name = os.fsdecode(os.fsencode(folder) + b"/odd-\xff.xml")
    Path(name).write_text(FEED.format(title="Harbour &#xD83D;"))
    (answer,) = lines(nutgraf("feed", "--json", name))
    assert answer["ok"] is True
    assert answer["input"].endswith("odd-?.xml")
    assert answer["title"] == "Harbour \ufffd"


class Site(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        body = gzip.compress(FEED.format(title="Fetched").encode())
        self.send_response(200 if self.path == "/feed" else 404)
        self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def site() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Site) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


def test_addresses_go_through_the_guard(site: str, folder: Path) -> None:
    inputs = (f"{site}/feed", folder / "good.xml", f"{site}/gone")
    fetched, read, gone = lines(nutgraf("feed", "--json", *inputs, NUTGRAF_ALLOWED_NETWORKS="127.0.0.0/8"))
    assert (fetched["title"], fetched["entries"][0]["link"]) == ("Fetched", f"{site}/1")
    assert read["title"] == "Harbour"
    assert gone["error"] == "It answered 404 (Not Found)."
    (refused,) = lines(nutgraf("feed", "--json", f"{site}/feed", NUTGRAF_ALLOWED_NETWORKS=""))
    assert refused["error"] == "That address is not one that sources may use."


def work(number: int) -> int:
    """Stands for all that can happen to an input."""
    if number == 3:
        raise SourceError("It is bad.")
    if number == 5:
        os._exit(9)
    if number == 7:
        raise ValueError("unexpected")
    while number == 11:
        pass
    return number * number


def test_a_batch_keeps_its_order_and_survives_its_items() -> None:
    found = list(spread(work, range(60), limit_s=1.0))
    bad = {place: outcome for place, outcome in enumerate(found) if isinstance(outcome, NutgrafError)}
    assert sorted(bad) == [3, 5, 7, 11]
    assert [type(bad[place]) for place in (3, 5, 7, 11)] == [SourceError, WorkerError, WorkerError, WorkerError]
    assert [outcome for place, outcome in enumerate(found) if place not in bad] == [
        number * number for number in range(60) if number not in bad
    ]


def test_items_are_read_only_as_fast_as_they_are_worked_on() -> None:
    given = 0

    def numbers() -> Iterator[int]:
        nonlocal given
        for number in range(20, 10_000):
            given += 1
            yield number

    outcomes = spread(work, numbers(), limit_s=5.0)
    assert next(outcomes) == 400
    assert given < 500
    outcomes.close()  # type: ignore[attr-defined]
