"""The environment and `.env`: read once, problems together, secrets unprintable."""

from ipaddress import ip_network
from pathlib import Path

import pytest

from bot.domain.errors import SettingsError
from bot.settings import load

TOKEN = "123456:canary-canary-canary-canary"


def test_defaults() -> None:
    settings = load({}, env_file=None)
    assert settings.telegram_token is None
    assert settings.telegram_api_url == "https://api.telegram.org"
    assert settings.database_url == "sqlite:///data/nutgraf.db"
    assert settings.http_address == ("127.0.0.1", 8080)
    assert (settings.poll_interval_s, settings.messages_per_s, settings.chat_messages_per_s) == (900, 28.0, 1.0)
    assert settings.admin_ids == frozenset()
    assert settings.allowed_networks == ()


def test_values_are_read() -> None:
    settings = load(
        {
            "NUTGRAF_TELEGRAM_TOKEN": TOKEN,
            "NUTGRAF_ADMIN_IDS": "1, 22,",
            "NUTGRAF_DATA_DIR": "/srv/n",
            "NUTGRAF_HTTP_ADDRESS": "[::1]:9000",
            "NUTGRAF_ALLOWED_NETWORKS": "127.0.0.0/8, fd00::/8",
            "NUTGRAF_POLL_INTERVAL_S": "5",
        },
        env_file=None,
    )
    assert settings.telegram_token == TOKEN
    assert settings.admin_ids == {1, 22}
    assert settings.database_url == "sqlite:////srv/n/nutgraf.db"
    assert settings.http_address == ("::1", 9000)
    assert settings.allowed_networks == (ip_network("127.0.0.0/8"), ip_network("fd00::/8"))
    assert settings.poll_interval_s == 5


def test_an_empty_address_turns_the_port_off() -> None:
    assert load({"NUTGRAF_HTTP_ADDRESS": ""}, env_file=None).http_address is None


def test_all_problems_are_told_together_and_no_secret() -> None:
    environ = {
        "NUTGRAF_TELEGRAM_TOKEN": "canary",
        "NUTGRAF_ADMIN_IDS": "ada",
        "NUTGRAF_POLL_INTERVAL_S": "4",
        "NUTGRAF_ALLOWED_NETWORKS": "10.0.0.1/8",
        "NUTGRAF_DATABASE_URL": "mysql://u:canary@h/d",
        "NUTGRAF_WEBHOOK_SECRET": "canary canary",
        "NUTGRAF_TELEGRAM_API_URL": "telegram",
        "NUTGRAF_HTTP_ADDRESS": "8080",
        "NUTGRAF_MESSAGES_PER_S": "fast",
        "NUTGRAF_LOG_FORMAT": "xml",
    }
    with pytest.raises(SettingsError) as refused:
        load(environ, env_file=None)
    assert {problem.partition(":")[0] for problem in refused.value.problems} == set(environ)
    assert "canary" not in str(refused.value)


def test_secrets_are_not_printed() -> None:
    environ = {"NUTGRAF_TELEGRAM_TOKEN": TOKEN, "NUTGRAF_DATABASE_URL": "postgresql://u:canary@h/d"}
    assert "canary" not in repr(load(environ, env_file=None))


def test_the_environment_goes_before_the_file(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_text("# ours\nexport NUTGRAF_ADMIN_IDS=7\nNUTGRAF_POLL_INTERVAL_S='60'\n")
    settings = load({"NUTGRAF_ADMIN_IDS": "8"}, env_file=file)
    assert (settings.admin_ids, settings.poll_interval_s) == (frozenset({8}), 60)


@pytest.mark.parametrize("content", [b"NUTGRAF_ADMIN_IDS=1\n'broken\n", b"\xff\xfe\x00"])
def test_a_broken_file_is_one_clear_problem(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / ".env"
    file.write_bytes(content)
    with pytest.raises(SettingsError, match=r"\.env"):
        load({}, env_file=file)


@pytest.mark.parametrize("name", ["NUTGRAF_WEBHOOK_URL", "NUTGRAF_WEBHOOK_SECRET"])
def test_a_webhook_needs_both_address_and_secret(name: str) -> None:
    with pytest.raises(SettingsError, match="one needs the other"):
        load({name: "https://news.example/telegram"} if name.endswith("URL") else {name: "s"}, env_file=None)
