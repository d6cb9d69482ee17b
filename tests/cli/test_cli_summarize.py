"""`nutgraf summarize` as users and scripts call it."""

import io
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from bot.cli import run
from bot.cli.summarize import _answers as answers_of
from bot.cli.summarize import decoded, is_html
from bot.summarize.bullets import METHODS

ROOT = Path(__file__).resolve().parents[2]
SEED_CHECK = ROOT.parent / "shared" / "tools" / "seed_check.py"
TEXT = (
    "By Jane Doe\r\n"
    "LONDON (Wire) – The council voted on Monday to rebuild the harbour bridge after a long debate.\r\n"
    "The work will cost 48 million euros and take three years, the mayor’s office said.\r\n"
    "Engineers warned in March that the northern pillar had moved by eleven centimetres.\r\n"
    "Two contractors must submit their final bids by the end of the month, 🌉 it added.\r\n"
    "Copyright 2024 City News\r\n"
)
PAGE = (
    '<!DOCTYPE html><html lang="en"><head><title>Bridge to be rebuilt</title></head><body><nav>Home</nav><article>'
    "<h1>Bridge to be rebuilt</h1>"
    + "".join(f"<p>{line}</p>" for line in TEXT.splitlines())
    + "</article></body></html>"
)
FOLDED = [" ".join(line.split()).removeprefix("LONDON (Wire) – ") for line in TEXT.splitlines()[1:4]]


@pytest.fixture
def article(tmp_path: Path) -> str:
    path = tmp_path / "article.txt"
    path.write_bytes(TEXT.encode())
    return str(path)


class Stdin:
    """Standard input of given bytes, with the buffer that the command reads."""

    def __init__(self, body: bytes, tty: bool = False) -> None:
        self.buffer = io.BytesIO(body)
        self._tty = tty

    def isatty(self) -> bool:
        return self._tty


def give(monkeypatch: pytest.MonkeyPatch, body: bytes, *, tty: bool = False) -> None:
    monkeypatch.setattr(sys, "stdin", Stdin(body, tty))


def lines(*rows: object) -> bytes:
    return b"".join(json.dumps(row, ensure_ascii=False).encode() + b"\n" for row in rows)


def answers(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


# ---- one article ---------------------------------------------------------------------------------


def test_an_article_is_shown_for_people(article: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["summarize", article]) == 0
    assert capsys.readouterr().out.splitlines() == [f"• {line}" for line in FOLDED]


def test_explain_speaks_on_standard_error(article: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["summarize", article, "--explain"]) == 0
    out, err = capsys.readouterr()
    assert out.count("\n") == out.count("• ") == 3
    assert "- byline: By Jane Doe\n" in err
    assert "- prefix.dateline: LONDON (Wire) –\n" in err
    assert "- ending.copyright: Copyright 2024 City News\n" in err
    assert err.count("• ") == 3


def test_explain_goes_into_the_json(article: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["summarize", article, "--explain", "--json"]) == 0
    out, err = capsys.readouterr()
    why = json.loads(out)["explained"]
    assert (why["place"], why["agency"], err) == ("LONDON", "Wire", "")
    assert [each["rule"] for each in why["removed"]] == ["byline", "prefix.dateline", "ending.copyright"]
    assert sum(each["chosen"] for each in why["sentences"]) == 3


def test_the_json_is_one_line_with_spans_in_the_file(article: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["summarize", "--json", "--bullets", "9", article]) == 0
    (answer,) = answers(capsys)
    assert set(answer) == {"language", "bullets"}
    assert answer["language"] == "en"
    assert len(answer["bullets"]) == 4
    for bullet in answer["bullets"]:
        assert " ".join(TEXT[bullet["start"] : bullet["end"]].split()) == bullet["text"]


@pytest.mark.parametrize("argument", [[], ["-"]])
def test_an_article_on_standard_input(
    argument: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    give(monkeypatch, TEXT.encode())
    assert run(["summarize", "--bullets", "1", *argument]) == 0
    assert capsys.readouterr().out == f"• {FOLDED[0]}\n"


@pytest.mark.parametrize("method", METHODS)
def test_every_method_can_be_asked_for(method: str, article: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["summarize", "--method", method, "--json", article]) == 0
    (answer,) = answers(capsys)
    assert len(answer["bullets"]) == 3


def test_a_page_is_read_as_a_page(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "page"
    path.write_text(PAGE, encoding="utf-8")
    assert run(["summarize", "--json", str(path)]) == 0
    (answer,) = answers(capsys)
    assert [bullet["text"] for bullet in answer["bullets"]] == FOLDED
    for bullet in answer["bullets"]:
        assert answer["text"][bullet["start"] : bullet["end"]] == bullet["text"]


def test_a_page_without_an_article_fails_in_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "page.html"
    path.write_text("<!doctype html><html><body></body></html>", encoding="utf-8")
    assert run(["summarize", str(path)]) == 1
    _is_one_line(capsys.readouterr().err)


def test_a_text_without_a_usable_sentence_is_no_failure(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "empty"
    path.write_bytes(b"")
    assert run(["summarize", str(path)]) == 0
    output = capsys.readouterr()
    assert output.out == ""
    _is_one_line(output.err)
    assert run(["summarize", "--json", str(path)]) == 0
    assert answers(capsys) == [{"language": None, "bullets": []}]


@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        (["--bullets", "0"], 2),
        (["--bullets", "1001"], 2),
        (["--bullets", "-1"], 2),
        (["--bullets", "three"], 2),
        (["--bullets", "³"], 2),
        (["--method", "guess"], 2),
        (["--jsonl", "file"], 2),
        (["--jsonl", "--explain"], 2),
        (["--nonsense"], 2),
        (["one", "two"], 2),
        (["/no/such/file"], 1),
        (["/"], 1),
        (["a\0b"], 1),
    ],
    ids=str,
)
def test_wrong_usage_is_one_line(
    arguments: list[str], status: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    give(monkeypatch, b"")
    assert _status(["summarize", *arguments]) == status
    output = capsys.readouterr()
    assert output.out == ""
    _is_one_line(output.err)


def test_a_terminal_is_not_waited_for(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    give(monkeypatch, b"", tty=True)
    assert _status(["summarize"]) == 2
    _is_one_line(capsys.readouterr().err)


def test_too_much_on_standard_input_is_refused(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    give(monkeypatch, b"a" * ((10 << 20) + 1))
    assert run(["summarize"]) == 1
    _is_one_line(capsys.readouterr().err)


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200 if self.path == "/bridge" else 404)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.end_headers()
        self.wfile.write(PAGE.encode() if self.path == "/bridge" else b"")

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # its name in the standard library
        pass


@pytest.fixture
def site() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_an_address_is_fetched_behind_the_guard(
    site: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("NUTGRAF_ALLOWED_NETWORKS", raising=False)
    assert run(["summarize", f"{site}/bridge"]) == 1
    _is_one_line(capsys.readouterr().err)
    monkeypatch.setenv("NUTGRAF_ALLOWED_NETWORKS", "127.0.0.0/8")
    assert run(["summarize", f"{site}/bridge"]) == 0
    assert capsys.readouterr().out.splitlines() == [f"• {line}" for line in FOLDED]
    assert run(["summarize", f"{site}/nothing"]) == 1
    _is_one_line(capsys.readouterr().err)


# ---- many ------------------------------------------------------------------------------------------


def test_lines_are_answered_in_order(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    give(
        monkeypatch,
        lines({"id": "a", "text": TEXT}, {"id": 2, "text": ""}, {"id": "c", "text": TEXT, "language": "de-AT"}),
    )
    assert run(["summarize", "--jsonl", "--bullets", "2"]) == 0
    first, second, third = answers(capsys)
    assert [bullet["text"] for bullet in first["bullets"]] == FOLDED[:2]
    assert all(TEXT[b["start"] : b["end"]] == b["text"] for b in first["bullets"])
    assert second == {"id": 2, "language": None, "bullets": []}
    assert (third["id"], third["language"]) == ("c", "de")


def test_many_lines_are_spread_and_stay_in_order(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    rows: list[object] = [{"id": n, "text": f"{TEXT}{n}", "title": f"Bridge {n}"} for n in range(150)]
    rows[100] = {"id": 100}
    give(monkeypatch, lines(*rows))
    assert run(["summarize", "--jsonl"]) == 1
    output = capsys.readouterr()
    found = [json.loads(line) for line in output.out.splitlines()]
    assert [row["id"] for row in found] == list(range(150))
    assert output.err == "nutgraf: summarize: line 101: it has no text\n"
    assert all([b["text"] for b in row["bullets"]] == FOLDED for row in found if row["id"] != 100)


@pytest.mark.parametrize(
    ("line", "key", "why"),
    [
        (b"nonsense", None, "it is no JSON"),
        (b'{"id":1,"text":"a"', None, "it is no JSON"),
        (b'{"id":"\xff","text":""}', None, "it is no JSON"),
        (b"[" * 100_000, None, "it is no JSON"),
        (b'{"id":NaN,"text":""}', None, "it is no JSON"),
        (b'["id"]', None, "it is no JSON object"),
        (b'{"id":1}', 1, "it has no text"),
        (b'{"id":1,"text":null}', 1, "it has no text"),
        (b'{"id":[1],"text":""}', None, "its id is neither a string nor a number"),
        (b'{"id":1e999,"text":""}', None, "its id is neither a string nor a number"),
        (b'{"id":1,"text":"","title":5}', 1, "its title is no string"),
        (b'{"id":1,"text":"","language":[]}', 1, "its language is no string"),
        (b'"' + b"a" * (10 << 20) + b'"', None, "it is larger than 10 MiB"),
    ],
    ids=lambda value: repr(value)[:40],
)
def test_a_broken_line_costs_only_itself(
    line: bytes, key: object, why: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    good = lines({"id": "good", "text": TEXT})
    give(monkeypatch, good + b"\n" + line + b"\n" + good)
    assert run(["summarize", "--jsonl"]) == 1
    output = capsys.readouterr()
    found = [json.loads(line) for line in output.out.splitlines()]
    assert [row["id"] for row in found] == ["good", key, "good"]
    assert found[1] == {"id": key, "language": None, "bullets": [], "error": f"line 3: {why}"}
    assert output.err == f"nutgraf: summarize: line 3: {why}\n"


def test_a_line_that_ends_its_process_costs_only_itself() -> None:
    given = [(n, b"die" if n == 8 else b"live") for n in range(1, 71)]
    found = list(answers_of(iter(given), partial(_deadly)))
    assert [answer for answer, _ in found] == [str(n) if n != 8 else found[7][0] for n in range(1, 71)]
    assert json.loads(found[7][0])["error"] == "line 8: its process died"
    assert [problem for _, problem in found if problem] == ["line 8: its process died"]


def _deadly(line: tuple[int, bytes]) -> tuple[str, str | None]:
    if line[1] == b"die":
        os._exit(1)
    return str(line[0]), None


def test_half_a_surrogate_pair_in_an_id_comes_back(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    give(monkeypatch, b'{"id":"\\ud800","text":"\\ud800"}\n')
    assert run(["summarize", "--jsonl"]) == 0
    assert answers(capsys) == [{"id": "\ud800", "language": None, "bullets": []}]


# ---- bytes -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ("Ünï 🌉".encode(), "Ünï 🌉"),
        (b"\xef\xbb\xbfabc", "\ufeffabc"),
        ("Ünï 🌉".encode("utf-16"), "Ünï 🌉"),
        (b"caf\xe9 \x93quoted\x94", "café “quoted”"),
        (b"", ""),
    ],
)
def test_files_are_decoded(body: bytes, text: str) -> None:
    assert decoded(body) == text


@pytest.mark.parametrize(
    ("body", "html"),
    [
        (b"<!DOCTYPE html><p>a", True),
        (b"\xef\xbb\xbf \n<html>", True),
        (b'<?xml version="1.0"?>\n<html xmlns="x">', True),
        ("\ufeff<html>".encode("utf-16-le"), True),
        (b"<p>One paragraph.</p>", True),
        (b"A text that names <p> and <html>.", False),
        (b"<3 is a heart, and this is a text.", False),
        (b"", False),
    ],
)
def test_pages_are_told_from_texts(body: bytes, html: bool) -> None:
    assert is_html(body) is html


# ---- the whole program ---------------------------------------------------------------------------------


def test_one_article_imports_nothing_heavy(article: str) -> None:
    program = (
        f"import sys; from bot.cli import run; status = run(['summarize', {article!r}]); "
        "heavy = {'numpy', 'sumy', 'nltk', 'py3langid', 'lxml', 'aiohttp', 'sqlalchemy', 'telegram', 'trafilatura'}; "
        "print(sorted(heavy & set(sys.modules)), status)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.splitlines()[-1] == "[] 0"


@pytest.mark.skipif(not SEED_CHECK.exists(), reason="the evaluation tools are not beside the repository")
def test_the_seed_article_passes_its_check() -> None:
    command = f"{sys.executable} -m bot summarize --json"
    done = subprocess.run(
        [sys.executable, str(SEED_CHECK), "--command", command], capture_output=True, text=True, check=False, cwd=ROOT
    )
    assert "3 bullets, 0 problems" in done.stdout
    assert done.returncode == 0


def _is_one_line(text: str) -> None:
    assert text.startswith("nutgraf: ")
    assert text.endswith("\n")
    assert text.count("\n") == 1


def _status(argv: list[str]) -> int:
    try:
        return run(argv)
    except SystemExit as ended:
        return int(ended.code or 0)
