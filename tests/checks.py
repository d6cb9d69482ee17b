"""Every check of the project, and what came of them.

`make test` runs this. All checks run even if an early one fails, so that every problem is seen at once. Those that only
read the code run beside the tests, which often wait for something. The last line is the outcome of the tests, `N
passed, N failed[, N skipped]`; the line before it names each check. Exit status: 0 if all are well, else 1.
"""

import os
import shutil
import subprocess
import sys
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "test-results"
JUNIT = RESULTS / "junit.xml"
SUMMARY = RESULTS / "summary.txt"
BIN = Path(sys.executable).parent

READING = (
    ("format", ("ruff", "format", "--check", ".")),
    ("lint", ("ruff", "check", ".")),
    ("imports", ("lint-imports",)),
    ("types", ("mypy", "--strict")),
)
RUNNING = (
    ("tests", ("pytest", "-n", "3", "--dist", "worksteal", "-rfEs", f"--junit-xml={JUNIT}")),
    ("coverage", ("coverage", "report")),
)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one check."""

    name: str
    well: bool
    took_s: float

    def __str__(self) -> str:
        return f"{self.name} {'ok' if self.well else 'FAILED'} ({self.took_s:.0f} s)"


@dataclass(frozen=True, slots=True)
class Counts:
    """The tests by their end; errors outside of a test count as failed."""

    passed: int
    failed: int
    skipped: int

    def __str__(self) -> str:
        line = f"{self.passed} passed, {self.failed} failed"
        return f"{line}, {self.skipped} skipped" if self.skipped else line


def main() -> int:
    """Run the checks, print what came of them, and return the exit status."""
    _start_afresh()
    with ThreadPoolExecutor(max_workers=1) as beside:
        read = beside.submit(lambda: [_read(name, command) for name, command in READING])
        ran = [_run(name, command) for name, command in RUNNING]
    outcomes = [*read.result(), *ran]
    counts = read_counts(JUNIT)
    well = all(outcome.well for outcome in outcomes) and not counts.failed
    _say(f"\nchecks: {', '.join(map(str, outcomes))}")
    _say(str(counts))
    SUMMARY.write_text(f"{counts}\n", encoding="utf-8")
    return 0 if well else 1


def read_counts(junit: Path) -> Counts:
    """Count the tests of pytest's report; one failure if there is none, for then pytest itself fell over."""
    try:
        cases = ElementTree.parse(junit).iter("testcase")
        ends = Counter(_end(case) for case in cases)
    except (OSError, ElementTree.ParseError):
        return Counts(0, 1, 0)
    return Counts(ends["passed"], ends["failed"], ends["skipped"])


def _end(case: ElementTree.Element) -> str:
    tags = {child.tag for child in case}
    return "failed" if tags & {"failure", "error"} else "skipped" if "skipped" in tags else "passed"


def _start_afresh() -> None:
    shutil.rmtree(RESULTS, ignore_errors=True)
    RESULTS.mkdir()
    for old in ROOT.glob(".coverage*"):
        old.unlink()


def _read(name: str, command: tuple[str, ...]) -> Outcome:
    """What it says is shown in one piece at its end, for the tests say something meanwhile."""
    began = time.monotonic()
    done = subprocess.run(
        _command(command), cwd=ROOT, env=_environ(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False
    )
    _say(f"{_head(name, command)}\n{done.stdout.decode(errors='replace')}")
    return Outcome(name, done.returncode == 0, time.monotonic() - began)


def _run(name: str, command: tuple[str, ...]) -> Outcome:
    _say(_head(name, command))
    began = time.monotonic()
    if name == "coverage":
        _call(("coverage", "combine", "--quiet"), {})
    status = _call(command, _measured() if name == "tests" else {})
    return Outcome(name, status == 0, time.monotonic() - began)


def _head(name: str, command: tuple[str, ...]) -> str:
    return f"\n== {name}: {' '.join(command)}".replace(f"{ROOT}{os.sep}", "")


def _call(command: tuple[str, ...], extra: dict[str, str]) -> int:
    return subprocess.call(_command(command), cwd=ROOT, env={**_environ(), **extra})


def _command(command: tuple[str, ...]) -> list[str]:
    program, *arguments = command
    return [str(BIN / program), *arguments]


def _environ() -> dict[str, str]:
    return {**os.environ, "PATH": os.pathsep.join((str(BIN), os.environ.get("PATH", os.defpath)))}


def _measured() -> dict[str, str]:
    return {
        # read by coverage's own .pth file, so that pytest's workers and the commands that tests start are measured too
        "COVERAGE_PROCESS_START": str(ROOT / "pyproject.toml"),
        "COVERAGE_FILE": str(ROOT / ".coverage"),
        # where this is set, each of these processes compiles anew what it imports
        "PYTHONDONTWRITEBYTECODE": "",
    }


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
