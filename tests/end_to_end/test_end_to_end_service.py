"""The service as its users meet it: asked, subscribed, served, stopped and started again."""

import json
import socket
import sys
from pathlib import Path
from types import ModuleType

import aiohttp
import pytest

from bot.sandbox.server import Sandbox
from tests.end_to_end.conftest import Start, answer, subscribed_site, texts, tracebacks
from tests.services.conftest import Site

pytestmark = pytest.mark.untraced

SHARED = Path(__file__).parents[3] / "shared"
SEED = SHARED / "data" / "seed" / "article.txt"


def page_of(text: str, title: str) -> bytes:
    """A page as an outlet would have it: furniture around the story."""
    paragraphs = "\n".join(f"<p>{line}</p>" for line in text.split("\n") if line.strip())
    return (
        f"<html><head><title>{title}</title></head><body><nav><a href='/'>Home</a></nav>"
        f"<article><h1>{title}</h1>{paragraphs}</article><footer>About us</footer></body></html>"
    ).encode()


async def test_a_story_is_pushed_within_seconds_and_survives_a_restart(
    sandbox: Sandbox, site: Site, start: Start
) -> None:
    service = await start()
    await subscribed_site(sandbox, site, 1, 2)
    site.tell("bridge", "Harbour bridge closed")
    for user_id in (1, 2):
        await sandbox.wait_for(lambda u=user_id: any("Harbour bridge closed" in t for t in texts(sandbox, u)))  # type: ignore[misc]
    message = next(t for t in texts(sandbox, 2) if "Harbour bridge closed" in t)
    assert "Coast Daily" in message
    assert "Paragraph 0" in message
    assert await service.terminate() == 0
    assert tracebacks(service.log) == []

    again = await start()
    site.tell("library", "Library opens at night")
    await sandbox.wait_for(lambda: any("Library opens" in t for t in texts(sandbox, 2)))
    assert sum("Harbour bridge closed" in t for t in texts(sandbox, 2)) == 1
    assert await again.terminate() == 0


@pytest.mark.skipif(not SEED.exists(), reason="needs the evaluation data beside the project")
async def test_the_seed_article_is_condensed_pushed_and_found(sandbox: Sandbox, site: Site, start: Start) -> None:
    sys.path.insert(0, str(SHARED / "tools"))
    try:
        import seed_check  # type: ignore[import-not-found]
    finally:
        sys.path.remove(str(SHARED / "tools"))
    text = SEED.read_text(encoding="utf-8")
    await start()
    await subscribed_site(sandbox, site, 2)
    title = "Insurgents enter northern city"
    site.tell("seed", title)
    site.pages["/seed"] = (200, "text/html; charset=utf-8", page_of(text, title))
    message = await sandbox.wait_for(lambda: next((t for t in texts(sandbox, 2) if title in t), ""))
    bullets = [{"text": line.removeprefix("• ").strip()} for line in message.split("\n") if line.startswith("•")]
    assert len(bullets) == 3
    assert seed_check.leaks(text, bullets, seed_check.furniture(text)) == []
    for words in ("syria", "aleppo"):
        assert title in await answer(sandbox, 2, f"/topic {words}", has=words)


async def test_wrong_inputs_get_a_friendly_line(sandbox: Sandbox, site: Site, start: Start) -> None:
    service = await start()
    site.pages["/page"] = (200, "text/html", b"<html><body><p>Nothing.</p></body></html>")
    wrong = [
        (2, "/frobnicate"),
        (2, f"/addsource {site.url}/feed.xml"),
        (1, "/addsource"),
        (1, f"/addsource {site.url}/page"),
        (1, "/addsource http://169.254.169.254/"),
        (1, "/addsource file:///etc/passwd"),
        (1, "/removesource 99"),
        (2, "/topic"),
        (2, "/topic " + "w" * 4000),
        (2, "/topic ' OR 1=1 -- \" AND ( *"),
        (2, "/subscribe 99:99"),
        (2, "/latest 0"),
        (2, "/timezone Atlantis"),
    ]
    for user_id, text in wrong:
        reply = await answer(sandbox, user_id, text)
        assert "went wrong" not in reply, (text, reply)
        assert len(reply) < 400, (text, reply)
    log = "".join(service.log)
    assert "Traceback" not in log
    assert sandbox.token not in log
    assert site.asked == ["/page"]


async def test_the_bots_requests_follow_the_specification(
    sandbox: Sandbox, site: Site, start: Start, checker: ModuleType | None
) -> None:
    if checker is None:
        pytest.skip("needs the evaluation tools beside the project")
    await start()
    site.tell("bridge", "Harbour bridge closed")
    await subscribed_site(sandbox, site, 1)
    for command in ("/start", "/help", "/latest 3", "/topic bridge 3d", "/subscriptions", "/sources", "/unsubscribe"):
        await answer(sandbox, 1, command)
    problems = [p for call in sandbox.calls if call["answer"] for p in checker.check_line(json.dumps(call))]
    assert problems == []


async def test_a_second_instance_exits_with_a_clear_word(start: Start) -> None:
    await start()
    second = await start("run")
    assert await second.ended() == 1
    assert [line for line in second.log if line.startswith("nutgraf:")] == [
        "nutgraf: run: Another Nutgraf is running on this database; stop it first.\n"
    ]


async def test_sigterm_while_telegram_is_not_reached(start: Start) -> None:
    service = await start("run", NUTGRAF_TELEGRAM_API_URL="http://127.0.0.1:9")
    await service.says("elegram")
    assert await service.terminate() == 0


@pytest.mark.parametrize(
    ("environ", "status", "says"),
    [
        ({"NUTGRAF_TELEGRAM_TOKEN": ""}, 2, "NUTGRAF_TELEGRAM_TOKEN"),
        ({"NUTGRAF_TELEGRAM_TOKEN": "42:WRONG"}, 1, "token"),
        ({"NUTGRAF_ADMIN_IDS": "ada"}, 2, "NUTGRAF_ADMIN_IDS"),
        ({"NUTGRAF_DATABASE_URL": "sqlite:////proc/none/n.db"}, 1, ""),
    ],
)
async def test_wrong_settings_are_one_line_and_no_traceback(
    start: Start, environ: dict[str, str], status: int, says: str
) -> None:
    service = await start("run", **environ)
    assert await service.ended() == status
    lines = [line for line in service.log if line.startswith("nutgraf: run: ")]
    assert len(lines) == 1
    assert says in lines[0]
    assert tracebacks(service.log) == []


async def test_a_broken_env_file_is_one_line(start: Start, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("NUTGRAF_ADMIN_IDS=1\n'broken\n")
    service = await start("run")
    assert await service.ended() == 2
    assert service.log == ["nutgraf: run: .env: line 2 is not NAME=value\n"]


async def test_a_newer_database_refuses_to_start_and_is_left_alone(start: Start, tmp_path: Path) -> None:
    assert await (await start("db", "upgrade")).ended() == 0
    file = tmp_path / "data" / "nutgraf.db"
    import sqlite3

    connection = sqlite3.connect(file)
    connection.execute("UPDATE alembic_version SET version_num = 'from_the_future'")
    connection.commit()
    connection.close()
    before = file.read_bytes()
    service = await start("run")
    assert await service.ended() == 1
    assert len([line for line in service.log if line.startswith("nutgraf: run: ")]) == 1
    assert file.read_bytes() == before


async def test_the_same_service_on_postgresql(sandbox: Sandbox, site: Site, start: Start, postgresql_url: str) -> None:
    service = await start(NUTGRAF_DATABASE_URL=postgresql_url)
    await subscribed_site(sandbox, site, 2)
    site.tell("bridge", "Harbour bridge closed")
    await sandbox.wait_for(lambda: any("Harbour bridge closed" in t for t in texts(sandbox, 2)))
    assert "Harbour bridge closed" in await answer(sandbox, 2, "/topic bridge", has="bridge")
    second = await start("run", NUTGRAF_DATABASE_URL=postgresql_url)
    assert await second.ended() == 1
    assert await service.terminate() == 0
    assert tracebacks(service.log) == []


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


async def status(url: str) -> int:
    async with aiohttp.ClientSession() as session, session.get(url) as response:
        return response.status


async def test_webhook_mode_and_the_health_of_the_service(sandbox: Sandbox, site: Site, start: Start) -> None:
    address = f"127.0.0.1:{free_port()}"
    secret = "canary-of-the-webhook"
    service = await start(
        NUTGRAF_HTTP_ADDRESS=address,
        NUTGRAF_WEBHOOK_URL=f"http://{address}/telegram",
        NUTGRAF_WEBHOOK_SECRET=secret,
    )
    assert await status(f"http://{address}/healthz") == 200
    assert await status(f"http://{address}/readyz") == 200
    assert "Nutgraf" in await answer(sandbox, 2, "/start")
    assert not any(call["method"] == "getUpdates" for call in sandbox.calls)
    assert await service.terminate() == 0
    log = "".join(service.log)
    assert secret not in log
    assert sandbox.token not in log
    assert tracebacks(service.log) == []


async def test_a_taken_port_is_one_clear_line(start: Start) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        service = await start("run", NUTGRAF_HTTP_ADDRESS=f"127.0.0.1:{taken.getsockname()[1]}")
        assert await service.ended() == 1
    assert len([line for line in service.log if line.startswith("nutgraf: run: NUTGRAF_HTTP_ADDRESS")]) == 1


async def test_a_blocked_chat_sleeps_until_it_comes_back(sandbox: Sandbox, site: Site, start: Start) -> None:
    await start()
    await subscribed_site(sandbox, site, 1, 2)
    sandbox.block(2)
    site.tell("bridge", "Harbour bridge closed")
    await sandbox.wait_for(lambda: any("Harbour bridge closed" in t for t in texts(sandbox, 1)))
    assert not any("Harbour bridge closed" in t for t in texts(sandbox, 2))
    sandbox.unblock(2)
    await answer(sandbox, 2, "/start")
    site.tell("library", "Library opens at night")
    await sandbox.wait_for(lambda: any("Library opens" in t for t in texts(sandbox, 2)))


async def test_retry_after_is_obeyed_and_nothing_is_lost(sandbox: Sandbox, site: Site, start: Start) -> None:
    await start()
    await subscribed_site(sandbox, site, 2)
    sandbox.fail_next("sendMessage", 429, "Too Many Requests: retry after 3", {"retry_after": 3})
    site.tell("bridge", "Harbour bridge closed")
    await sandbox.wait_for(lambda: any("Harbour bridge closed" in t for t in texts(sandbox, 2)))
    assert sum("Harbour bridge closed" in t for t in texts(sandbox, 2)) == 1
