"""The systemd unit: systemd understands it, and it leaves the service little to do harm with."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

UNIT = Path(__file__).resolve().parents[2] / "deploy" / "nutgraf.service"
MOST_EXPOSURE = 15  # tenths of systemd's own measure, 0 to 100; 20 and less is "OK"


@pytest.fixture(scope="module")
def systemd_analyze() -> str:
    found = shutil.which("systemd-analyze")
    if found is None:
        pytest.skip("systemd-analyze is not on this machine (Debian: package systemd)")
    return found


@pytest.fixture
def unit(tmp_path: Path) -> Path:
    """The unit with a program that is there, for the one it names is only there once it is installed."""
    program = tmp_path / "nutgraf"
    program.symlink_to(sys.executable)
    text, times = re.subn(r"(?m)^ExecStart=\S+", f"ExecStart={program}", UNIT.read_text(encoding="utf-8"))
    assert times == 1
    copy = tmp_path / UNIT.name
    copy.write_text(text, encoding="utf-8")
    return copy


def test_systemd_understands_every_line(systemd_analyze: str, unit: Path) -> None:
    checked = subprocess.run([systemd_analyze, "verify", "--man=no", unit], capture_output=True, text=True, check=False)
    if "Operation not permitted" in checked.stderr or "Failed to initialize manager" in checked.stderr:
        pytest.skip(f"systemd-analyze cannot verify here: {checked.stderr.splitlines()[0]}")
    assert (checked.returncode, checked.stderr) == (0, "")


def test_systemd_finds_little_exposed(systemd_analyze: str, unit: Path) -> None:
    command = [systemd_analyze, "security", "--offline=true", f"--threshold={MOST_EXPOSURE}", "--no-pager", str(unit)]
    rated = subprocess.run(command, capture_output=True, text=True, check=False)
    if "unrecognized option" in rated.stderr:
        pytest.skip("this systemd-analyze cannot rate a unit that is not loaded (250 and later can)")
    assert rated.returncode == 0, rated.stdout[-500:] + rated.stderr


def _value(name: str) -> str:
    (value,) = re.findall(rf"(?m)^{name}=(.*)$", UNIT.read_text(encoding="utf-8"))
    return str(value)


def test_unit_starts_the_program_that_the_manual_installs() -> None:
    assert _value("ExecStart") == "/opt/nutgraf/.venv/bin/nutgraf run"
    assert "/opt/nutgraf" in (UNIT.parents[1] / "docs" / "operating.md").read_text(encoding="utf-8")


def test_unit_tells_only_the_service_to_stop_and_waits_until_it_has_drained() -> None:
    from bot.compose import DRAIN_LIMIT_S

    assert (_value("KillSignal"), _value("KillMode")) == ("SIGTERM", "mixed")
    assert int(_value("TimeoutStopSec")) > DRAIN_LIMIT_S


def test_wrong_settings_are_not_tried_again() -> None:
    assert _value("RestartPreventExitStatus") == "2"
