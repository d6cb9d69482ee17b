"""The command as a whole: usage, errors as one line, sources, search, database, doctor."""

import asyncio
import json
from datetime import datetime
from pathlib import Path

import pytest

from bot.cli import run
from bot.compose import utc_now
from bot.sandbox.server import Sandbox
from bot.storage import state
from bot.storage.database import open_database
from tests.services.conftest import Site, site

__all__ = ["site"]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NUTGRAF_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("NUTGRAF_ALLOWED_NETWORKS", "127.0.0.0/8")
    for name in ("NUTGRAF_TELEGRAM_TOKEN", "NUTGRAF_DATABASE_URL", "NUTGRAF_ADMIN_IDS"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


async def nutgraf(*argv: str) -> int:
    """The command in a thread, for it has an event loop of its own."""
    return await asyncio.to_thread(run, argv)


@pytest.mark.parametrize("argv", [[], ["frobnicate"], ["demo", "--port", "x"], ["search"], ["sources"], ["db", "x"]])
def test_wrong_usage_is_one_line_and_status_2(argv: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        run(argv)
    assert ended.value.code == 2
    said = capsys.readouterr().err
    assert said.startswith("nutgraf: ")
    assert said.count("\n") == 1


def test_help_names_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        run(["--help"])
    assert ended.value.code == 0
    said = capsys.readouterr().out
    for command in ("run", "demo", "summarize", "feed", "extract", "search", "sources", "outbox", "db", "doctor"):
        assert f"\n    {command}" in said


async def test_sources_and_search(site: Site, capsys: pytest.CaptureFixture[str], folder: Path) -> None:
    site.tell("bridge", "Harbour bridge closed")
    assert await nutgraf("sources", "add", f"{site.url}/feed.xml") == 0
    assert await nutgraf("sources", "add", f"{site.url}/feed.xml") == 0
    assert await nutgraf("sources", "list") == 0
    assert await nutgraf("sources", "check") == 0
    assert await nutgraf("sources", "export") == 0
    said = capsys.readouterr().out
    assert "added: 1 Coast Daily (1 entries)" in said
    assert "already there: 1" in said
    assert "ok\t1 entries" in said
    (folder / "list.opml").write_text(said[said.index("<?xml") :])
    assert await nutgraf("search", "bridge", "--json") == 0  # stored, and not condensed yet
    assert capsys.readouterr().out == ""
    assert await nutgraf("sources", "remove", "1") == 0
    assert await nutgraf("sources", "import", "list.opml") == 0
    assert "added: 1" in capsys.readouterr().out
    assert await nutgraf("sources", "remove", "99") == 1
    assert "There is no source" in capsys.readouterr().err


async def test_import_of_what_is_no_list(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "none.opml").write_text("<html></html>")
    assert await nutgraf("sources", "import", "none.opml") == 1
    assert await nutgraf("sources", "import", "missing.opml") == 1
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 2
    assert all(line.startswith("nutgraf: sources: ") for line in lines)


async def test_import_says_what_failed(site: Site, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    site.tell("bridge", "Harbour bridge closed")
    outlines = "".join(f"<outline xmlUrl='{site.url}/{name}'/>" for name in ("feed.xml", "none.xml", "feed.xml"))
    (folder / "list.opml").write_text(f"<opml version='2.0'><body>{outlines}</body></opml>")
    assert await nutgraf("sources", "import", "list.opml") == 1
    said = capsys.readouterr()
    assert said.out == "added: 1\nalready there: 0\nfailed: 1\n"
    assert "none.xml" in said.err


async def test_starters_are_listed_by_language(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert await nutgraf("sources", "starters") == 0
    everything = capsys.readouterr().out.splitlines()
    assert "en\tworld\tWorthy News\thttps://www.worthynews.com/feed" in everything
    assert await nutgraf("sources", "starters", "pt") == 0
    portuguese = capsys.readouterr().out.splitlines()
    assert portuguese == [line for line in everything if line.startswith("pt\t")] != []
    assert not (folder / "data").exists()


async def _moment(url: str, key: str) -> datetime | None:
    database = await open_database(url)
    async with database.read() as tx:
        moment = await state.moment(tx, key)
    await database.close()
    return moment


async def test_database_commands(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert await nutgraf("db", "upgrade") == 0
    assert await nutgraf("db", "check") == 0
    assert await nutgraf("db", "backup", str(folder / "b.db")) == 0
    assert await nutgraf("db", "backup", str(folder / "b.db")) == 1
    assert await nutgraf("db", "restore", str(folder / "b.db")) == 0
    assert await _moment(f"sqlite:///{folder}/data/nutgraf.db", "restored_at") is not None
    (folder / "junk.db").write_bytes(b"no database at all" * 100)
    assert await nutgraf("db", "restore", str(folder / "junk.db")) == 1
    said = capsys.readouterr()
    assert "database is sound" in said.out
    assert said.err.count("\n") == 2
    assert all(line.startswith("nutgraf: db: ") for line in said.err.splitlines())


async def test_doctor_says_what_to_mend(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    assert await nutgraf("doctor") == 1
    said = capsys.readouterr().out
    assert "ok  settings" in said
    assert "BAD admins" in said
    assert "ok  database" in said
    assert "BAD token" in said
    monkeypatch.setenv("NUTGRAF_POLL_INTERVAL_S", "1")
    assert await nutgraf("doctor") == 1
    assert "BAD settings: NUTGRAF_POLL_INTERVAL_S" in capsys.readouterr().out


@pytest.mark.parametrize(("token", "status", "line"), [("42:TEST", 0, "ok  token"), ("42:WRONG", 1, "BAD token")])
async def test_doctor_asks_telegram(
    token: str, status: int, line: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    async with Sandbox(now=utc_now) as sandbox:
        monkeypatch.setenv("NUTGRAF_TELEGRAM_TOKEN", token)
        monkeypatch.setenv("NUTGRAF_TELEGRAM_API_URL", sandbox.api_url)
        monkeypatch.setenv("NUTGRAF_ADMIN_IDS", "1")
        assert await nutgraf("doctor") == status
    said = capsys.readouterr().out
    assert line in said
    assert "ok  network" in said
    assert "ok  clock" in said
    assert token not in said


def test_json_lines_are_json(capsys: pytest.CaptureFixture[str]) -> None:
    from bot.cli.output import dumped, say

    say(dumped({"title": "Küste", "at": utc_now()}))
    assert json.loads(capsys.readouterr().out)["title"] == "Küste"
