"""Dockerfile and compose files: their tools find nothing, and what they promise stands in them.

No image is built here: that needs a Docker daemon and a network.
"""

import asyncio
import json
import re
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from ruamel.yaml import YAML

ROOT = Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "deploy"
BIN = Path(sys.executable).parent
COMPOSE = ("compose.yaml", "compose.postgres.yaml")


def _instructions() -> list[tuple[str, str]]:
    text = (DEPLOY / "Dockerfile").read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    joined = re.sub(r"\\\n\s*", " ", "\n".join(lines))
    return [(name, rest.strip()) for name, _, rest in (line.partition(" ") for line in joined.splitlines())]


def _final_stage() -> dict[str, list[str]]:
    instructions = _instructions()
    last = max(index for index, (name, _) in enumerate(instructions) if name == "FROM")
    stage: dict[str, list[str]] = {}
    for name, rest in instructions[last:]:
        stage.setdefault(name, []).append(rest)
    return stage


def _compose(name: str) -> dict[str, Any]:
    loaded: dict[str, Any] = YAML(typ="safe").load((DEPLOY / name).read_text(encoding="utf-8"))
    return loaded


# ---- the tools ---------------------------------------------------------------------------------


def test_hadolint_finds_nothing() -> None:
    found = subprocess.run([BIN / "hadolint", DEPLOY / "Dockerfile"], capture_output=True, text=True, check=False)
    assert (found.returncode, found.stdout) == (0, "")


@pytest.mark.parametrize("name", COMPOSE)
def test_compose_file_fits_the_schema(name: str) -> None:
    command = [str(BIN / "check-jsonschema"), "--builtin-schema", "vendor.compose-spec", str(DEPLOY / name)]
    checked = subprocess.run(command, capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout + checked.stderr


# ---- the image ---------------------------------------------------------------------------------


def test_images_are_named_to_the_patch() -> None:
    bases = [rest.split()[0] for name, rest in _instructions() if name == "FROM"]
    images = [
        service["image"] for service in _compose("compose.postgres.yaml")["services"].values() if "image" in service
    ]
    for image in (*bases, *images):
        assert re.fullmatch(r"[a-z]+:\d+(\.\d+)+-[a-z-]+", image), image
    assert len(set(bases)) == 1  # packages are copied from one stage to the other


def test_image_runs_as_a_fixed_user_that_is_not_root() -> None:
    stage = _final_stage()
    assert stage["USER"] == ["10001:10001"]
    assert "--uid 10001" in stage["RUN"][0]


def test_image_starts_the_service_without_a_shell() -> None:
    stage = _final_stage()
    assert [json.loads(stage["ENTRYPOINT"][0]), json.loads(stage["CMD"][0])] == [["nutgraf"], ["run"]]
    assert stage["STOPSIGNAL"] == ["SIGTERM"]


def test_image_writes_to_its_volume_only() -> None:
    stage = _final_stage()
    assert json.loads(stage["VOLUME"][0]) == ["/data"]
    assert "NUTGRAF_DATA_DIR=/data" in stage["ENV"][0]
    assert "PYTHONDONTWRITEBYTECODE=1" in stage["ENV"][0]


def test_image_installs_what_is_locked_and_keeps_no_tools() -> None:
    runs = [rest for name, rest in _instructions() if name == "RUN"]
    downloads = [
        each for run in runs for each in re.findall(r"pip .*?install .*?(?= &&|$)", run) if "uninstall" not in each
    ]
    assert len(downloads) == 3
    assert all("--require-hashes" in each or "--no-index" in each for each in downloads)
    assert not any("apt-get" in run for run in runs)
    assert "pip uninstall --yes pip setuptools wheel" in _final_stage()["RUN"][0]


def test_everything_that_is_copied_into_the_image_is_in_the_context() -> None:
    kept = {line[1:] for line in (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines() if line[:1] == "!"}
    copied = {
        path.removeprefix("./")
        for name, rest in _instructions()
        if name == "COPY" and not rest.startswith("--from")
        for path in rest.split()[:-1]
    }
    assert copied == kept
    assert all((ROOT / path).exists() for path in copied)


# ---- the image's health check, run for real ----------------------------------------------------


@pytest.fixture
async def serve() -> AsyncIterator[Callable[[int], Awaitable[int]]]:
    """Start a server whose /healthz answers with a status, and get its port."""
    runners: list[web.AppRunner] = []

    async def start(status: int) -> int:
        async def healthz(_: web.Request) -> web.Response:
            return web.Response(status=status)

        app = web.Application()
        app.router.add_get("/healthz", healthz)
        runners.append(web.AppRunner(app))
        await runners[-1].setup()
        await web.TCPSite(runners[-1], "127.0.0.1", 0).start()
        port: int = runners[-1].addresses[0][1]
        return port

    yield start
    for runner in runners:
        await runner.cleanup()


async def _ask_health(port: int) -> int | None:
    healthcheck = _final_stage()["HEALTHCHECK"][0]
    program, *arguments = json.loads(healthcheck[healthcheck.index("CMD ") + 4 :])
    assert program == "python"
    assert "8080" in arguments[-1]
    process = await asyncio.create_subprocess_exec(
        sys.executable, *arguments[:-1], arguments[-1].replace("8080", str(port)), stderr=asyncio.subprocess.DEVNULL
    )
    await process.wait()
    return process.returncode


@pytest.mark.parametrize(("status", "exits_with"), [(200, 0), (503, 1)])
async def test_health_check_follows_the_answer(
    serve: Callable[[int], Awaitable[int]], status: int, exits_with: int
) -> None:
    assert await _ask_health(await serve(status)) == exits_with


async def test_health_check_fails_where_nobody_listens(unused_tcp_port: int) -> None:
    assert await _ask_health(unused_tcp_port) == 1


# ---- compose -----------------------------------------------------------------------------------


def test_compose_shuts_the_container_in() -> None:
    service = _compose("compose.yaml")["services"]["nutgraf"]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["mem_limit"]
    assert service["restart"] == "unless-stopped"
    assert [volume.split(":")[1] for volume in service["volumes"]] == ["/data"]
    assert [mount.split(":")[0] for mount in service["tmpfs"]] == ["/tmp"]


def test_compose_publishes_to_this_machine_only() -> None:
    service = _compose("compose.yaml")["services"]["nutgraf"]
    assert service["environment"]["NUTGRAF_HTTP_ADDRESS"] == "0.0.0.0:8080"
    assert all(port.startswith("127.0.0.1:") for port in service["ports"])


def test_compose_waits_until_the_service_has_drained() -> None:
    from bot.compose import DRAIN_LIMIT_S

    grace = _compose("compose.yaml")["services"]["nutgraf"]["stop_grace_period"]
    assert int(grace.removesuffix("s")) > DRAIN_LIMIT_S


def test_compose_with_postgresql_holds_no_password_and_publishes_nothing() -> None:
    services = _compose("compose.postgres.yaml")["services"]
    required = "${POSTGRES_PASSWORD:?set it in .env}"
    assert services["postgres"]["environment"]["POSTGRES_PASSWORD"] == required
    assert f"nutgraf:{required}@postgres" in services["nutgraf"]["environment"]["NUTGRAF_DATABASE_URL"]
    assert "ports" not in services["postgres"]
    assert _compose("compose.postgres.yaml")["networks"]["store"]["internal"] is True
