"""The project's frame: lock files, settings, docs and layout hold together, and nothing in them is of one machine."""

import argparse
import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from bot import cli, settings
from bot.cli import _COMMANDS, _parser

ROOT = Path(__file__).resolve().parent.parent
LOCKS = ("requirements.lock", "requirements-test.lock")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
EXTRAS = PROJECT["optional-dependencies"]
PAGES = sorted(
    path.relative_to(ROOT)
    for folder in (ROOT, ROOT / "docs", ROOT / "docs" / "decisions")
    for path in folder.glob("*.md")
)


def _tracked() -> list[Path]:
    """The project's files: what git holds or would take; every file where this is no git folder."""
    command = ["git", "-C", str(ROOT), "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, capture_output=True, text=True, check=False)
    if listed.returncode == 0:
        return [ROOT / name for name in listed.stdout.split("\0") if name and (ROOT / name).is_file()]
    hidden = {".venv", ".git", "__pycache__", "data", "test-results"}
    return [path for path in ROOT.rglob("*") if path.is_file() and not hidden & set(path.relative_to(ROOT).parts)]


def _texts() -> Iterator[tuple[Path, str]]:
    for path in _tracked():
        try:
            yield path.relative_to(ROOT), path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue


# ---- lock files --------------------------------------------------------------------------------


def _pins(name: str) -> dict[str, set[str]]:
    """Package → its pinned versions (several where markers choose)."""
    pins: dict[str, set[str]] = {}
    for line in (ROOT / name).read_text(encoding="utf-8").splitlines():
        if found := re.match(r"([A-Za-z0-9._-]+)==([^ ;]+)", line):
            pins.setdefault(canonicalize_name(found[1]), set()).add(found[2])
    return pins


@pytest.mark.parametrize("name", LOCKS)
def test_lock_holds_versions_and_hashes_and_no_addresses(name: str) -> None:
    requirements = (ROOT / name).read_text(encoding="utf-8").replace("\\\n", " ").splitlines()
    form = re.compile(r"[a-z0-9._-]+==[^\s;]+( ; [^#]+?)?(\s+--hash=sha256:[0-9a-f]{64})+\s*")
    assert [line for line in requirements if not form.fullmatch(line)] == []
    assert "://" not in "".join(requirements)


@pytest.mark.parametrize(
    ("name", "needed"),
    [
        ("requirements.lock", [*PROJECT["dependencies"], *EXTRAS["build"]]),
        ("requirements-test.lock", [*PROJECT["dependencies"], *EXTRAS["build"], *EXTRAS["test"]]),
    ],
)
def test_lock_is_not_behind_pyproject(name: str, needed: list[str]) -> None:
    pins = _pins(name)
    for requirement in map(Requirement, needed):
        versions = pins.get(canonicalize_name(requirement.name), set())
        assert versions, f"{requirement.name} is not in {name}: make lock"
        assert all(requirement.specifier.contains(version) for version in versions), f"{requirement}: make lock"


def test_checks_run_on_the_versions_that_are_shipped() -> None:
    shipped, checked = (_pins(name) for name in LOCKS)
    assert {name: checked.get(name) for name in shipped} == shipped


# ---- settings ----------------------------------------------------------------------------------


def _example(*, uncommented: bool) -> str:
    text = (ROOT / ".env.example").read_text(encoding="utf-8")
    return re.sub(r"(?m)^#(?=[A-Z_]+=)", "", text) if uncommented else text


def _read_names() -> set[str]:
    source = Path(settings.__file__).read_text(encoding="utf-8")
    return {f"NUTGRAF_{name}" for name in re.findall(r"reader\.get\(\s*\"([A-Z_]+)\"", source)}


def test_every_setting_stands_in_the_example_and_in_the_manual() -> None:
    named = set(re.findall(r"(?m)^(NUTGRAF_[A-Z_]+)=", _example(uncommented=True)))
    manual = set(re.findall(r"NUTGRAF_[A-Z_]+", (ROOT / "docs" / "operating.md").read_text(encoding="utf-8")))
    assert _read_names() == named
    assert _read_names() <= manual


@pytest.mark.parametrize("uncommented", [False, True])
def test_example_loads_and_shows_the_defaults(tmp_path: Path, uncommented: bool) -> None:
    path = tmp_path / ".env"
    path.write_text(_example(uncommented=uncommented), encoding="utf-8")
    assert settings.load({}, path) == settings.load({}, None)


# ---- docs --------------------------------------------------------------------------------------


def _commands() -> Iterator[str]:
    """`nutgraf X` of every subcommand, and `nutgraf X Y` where it has some of its own."""
    for name, parser in _subparsers(_parser([])):
        yield f"nutgraf {name}"
        yield from (f"nutgraf {name} {act}" for act, _ in _subparsers(parser))


def _subparsers(parser: argparse.ArgumentParser) -> Iterator[tuple[str, argparse.ArgumentParser]]:
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            yield from action.choices.items()


def test_every_command_is_documented() -> None:
    commands = set(_commands())
    assert {f"nutgraf {name}" for name in _COMMANDS} <= commands, f"{cli.__file__} names a command that none registers"
    manual = (ROOT / "docs" / "operating.md").read_text(encoding="utf-8")
    assert sorted(each for each in commands if not re.search(rf"\b{each}\b", manual)) == []


def _anchors(markdown: str) -> set[str]:
    titles = re.findall(r"(?m)^#+ (.*)$", re.sub(r"(?ms)^```.*?^```", "", markdown))
    return {re.sub(r"[^\w\- ]", "", title.lower()).strip().replace(" ", "-") for title in titles}


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_links_of_a_page_lead_somewhere(page: Path) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    for target in re.findall(r"\]\(<?([^)\s>]+)", re.sub(r"(?ms)^```.*?^```", "", text)):
        if "://" in target or target.startswith("mailto:"):
            continue
        path, _, anchor = unquote(target).partition("#")
        there = (ROOT / page.parent / path).resolve() if path else ROOT / page
        assert there.exists(), target
        if anchor:
            assert anchor in _anchors(there.read_text(encoding="utf-8")), target


@pytest.mark.parametrize("path", sorted((ROOT / "docs" / "decisions").glob("*.md")), ids=lambda path: path.stem)
def test_decision_says_why_and_what_else_there_was(path: Path) -> None:
    titles = re.findall(r"(?m)^#+ (.*)$", path.read_text(encoding="utf-8"))
    assert titles[0].startswith(f"{int(path.name[:4])}. ")
    assert titles[1:] == ["Context", "Decision", "Consequences", "Roads not taken"]


def test_every_dependency_is_accounted_for() -> None:
    page = (ROOT / "docs" / "decisions" / "0006-dependencies.md").read_text(encoding="utf-8")
    missing = [each for each in map(Requirement, PROJECT["dependencies"]) if not re.search(rf"\b{each.name}\b", page)]
    assert missing == []


def test_changelog_knows_this_version() -> None:
    assert f"## {PROJECT['version']} - " in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


# ---- layout ------------------------------------------------------------------------------------

TOP = {
    "pyproject.toml", "README.md", "LICENSE", "CHANGELOG.md", "Makefile", ".env.example", "requirements.lock",
    "requirements-test.lock", ".gitignore", ".dockerignore", ".ci", "docs", "bot", "tests", "deploy",
}  # fmt: skip
ROOMS = {
    "cli", "domain", "feeds", "summarize", "stories", "storage", "services", "tg", "web", "engine", "sandbox",
    "__init__.py", "__main__.py", "compose.py", "settings.py", "jobs.py",
}  # fmt: skip
MOST_BYTES = 16_000


def test_top_holds_what_the_house_says() -> None:
    assert {path.relative_to(ROOT).parts[0] for path in _tracked()} - {"benchmarks"} == TOP


def test_bot_holds_the_rooms_and_no_others() -> None:
    inside = (path.relative_to(ROOT / "bot").parts[0] for path in _tracked() if path.is_relative_to(ROOT / "bot"))
    assert set(inside) == ROOMS


def test_no_room_is_too_large() -> None:
    sources = [path for path in _tracked() if path.suffix == ".py" and path.is_relative_to(ROOT / "bot")]
    assert [str(path) for path in sources if path.stat().st_size > MOST_BYTES] == []


def test_tests_have_names_of_their_own() -> None:
    names = [path.name for path in _tracked() if path.match("tests/**/test_*.py") or path.match("tests/test_*.py")]
    assert sorted(name for name in set(names) if names.count(name) > 1) == []


def test_nothing_of_one_machine_or_registry_stands_in_a_file() -> None:
    machine = re.compile(r"(?<![\w.:/-])/(?:work|root|home|Users)/\w")
    registry = re.compile(
        r"pypi[.]org|pythonhosted[.]org|npmjs[.]|ghcr[.]io|docker[.]io|quay[.]io|[-]-(?:extra-)?index-url"
    )
    found = [
        f"{path}: {hit[0]}"
        for path, text in _texts()
        for pattern in (machine, registry)
        if (hit := pattern.search(text))
    ]
    assert found == []


def test_nothing_is_left_undone_in_the_code() -> None:
    mark = re.compile(r"\b(?:TOD[O]|FIXM[E]|XX[X]|HAC[K])\b")
    assert [str(path) for path, text in _texts() if path.suffix == ".py" and mark.search(text)] == []


# ---- make and the gate -------------------------------------------------------------------------


def _make(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    plain = {name: value for name, value in os.environ.items() if not name.startswith("MAKE") and name != "MFLAGS"}
    command = ["make", "--no-print-directory", f"--file={ROOT / 'Makefile'}", f"--directory={folder}", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, env=plain)


def test_make_help_lists_every_target() -> None:
    targets = re.findall(r"(?m)^\.PHONY: (.*)$", (ROOT / "Makefile").read_text(encoding="utf-8"))[0].split()
    listed = re.findall(r"(?m)^  make (\S+)", _make(ROOT, "help").stdout)
    assert sorted(listed) == sorted(targets)


def test_make_says_in_one_line_that_python_is_too_old(tmp_path: Path) -> None:
    old = tmp_path / "python3.9"
    old.write_text("#!/bin/sh\nexit 1\n", encoding="utf-8")  # as an old one answers the question for 3.11
    old.chmod(0o755)
    for name in ("requirements.lock", "pyproject.toml"):
        (tmp_path / name).touch()
    made = _make(tmp_path, "demo", f"PYTHON={old}")
    assert made.returncode == 2
    assert "Python 3.11 or newer is needed" in made.stderr.splitlines()[0]
    assert not (tmp_path / ".venv").exists()


@pytest.fixture
def set_up(tmp_path: Path) -> Path:
    """A folder that looks as after `make install-test`, its files older than what was made from them."""
    made = tmp_path / ".venv"
    (made / "bin").mkdir(parents=True)
    (made / "bin" / "python").symlink_to(sys.executable)
    for age, name in enumerate((*LOCKS, "pyproject.toml")):
        _touch(tmp_path / name, 1_000 + age)
    for age, name in enumerate(("made", "installed-lock", "installed", "installed-test")):
        _touch(made / name, 2_000 + age)
    return tmp_path


def _touch(path: Path, at_s: int) -> None:
    path.touch()
    os.utime(path, (at_s, at_s))


def test_second_make_demo_starts_at_once(set_up: Path) -> None:
    assert _make(set_up, "demo", "--dry-run", "PORT=8081").stdout == ".venv/bin/nutgraf demo --port 8081\n"


@pytest.mark.parametrize(
    ("changed", "target", "installs"),
    [
        ("requirements.lock", "install", ["setuptools.lock", "requirements.lock", "."]),
        ("pyproject.toml", "install", ["."]),
        ("requirements-test.lock", "install", []),
        ("requirements-test.lock", "install-test", ["requirements-test.lock"]),
    ],
)
def test_make_installs_again_only_what_changed(set_up: Path, changed: str, target: str, installs: list[str]) -> None:
    _touch(set_up / changed, 3_000)
    lines = _make(set_up, target, "--dry-run").stdout.splitlines()
    installed = [line.rpartition(" ")[2].removeprefix(".venv/") for line in lines if "-m pip install" in line]
    assert installed == installs


def test_venv_without_its_python_is_made_anew(set_up: Path) -> None:
    (set_up / ".venv" / "bin" / "python").unlink()
    assert "-m venv .venv" in _make(set_up, "install", "--dry-run").stdout


def test_gate_is_a_program_that_bash_understands() -> None:
    gate = ROOT / ".ci" / "run"
    assert os.access(gate, os.X_OK)
    assert "make --no-print-directory test" in gate.read_text(encoding="utf-8")
    assert subprocess.run(["bash", "-n", gate], check=False).returncode == 0


# ---- the runner of the checks ------------------------------------------------------------------

ILL_FORMATTED = "VALUE  =  1\n"
TESTS = """
import pytest


def test_well() -> None:
    pass


def test_ill() -> None:
    raise AssertionError


@pytest.mark.skip(reason="shows that it is counted")
def test_skipped() -> None:
    pass
"""
CONFIGURATION = """
[tool.mypy]
files = ["bot"]
[tool.coverage.run]
source = ["bot"]
parallel = true
[tool.importlinter]
root_package = "bot"
[[tool.importlinter.contracts]]
name = "none"
type = "layers"
containers = ["bot"]
layers = ["a"]
"""


@pytest.fixture
def small_project(tmp_path: Path) -> Path:
    for folder in ("bot", "tests"):
        (tmp_path / folder).mkdir()
    (tmp_path / "pyproject.toml").write_text(CONFIGURATION, encoding="utf-8")
    (tmp_path / "bot" / "__init__.py").write_text('"""A bot."""\n', encoding="utf-8")
    (tmp_path / "bot" / "a.py").write_text(ILL_FORMATTED, encoding="utf-8")
    (tmp_path / "tests" / "test_small.py").write_text(TESTS, encoding="utf-8")
    runner = (ROOT / "tests" / "checks.py").read_text(encoding="utf-8")
    (tmp_path / "tests" / "checks.py").write_text(runner, encoding="utf-8")
    return tmp_path


def _run_checks(project: Path) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("COVERAGE_", "PYTEST_"))}
    kept["PYTHONPATH"] = str(project)
    command = [sys.executable, str(project / "tests" / "checks.py")]
    return subprocess.run(command, capture_output=True, text=True, check=False, env=kept, cwd=project)


def test_all_checks_run_though_an_early_one_fails_and_the_outcome_comes_last(small_project: Path) -> None:
    run = _run_checks(small_project)
    *_, checks, outcome = run.stdout.splitlines()
    assert run.returncode == 1
    assert outcome == "1 passed, 1 failed, 1 skipped"
    states = dict(re.findall(r"(\w+) (ok|FAILED) \(", checks))
    assert states == {
        "format": "FAILED", "lint": "ok", "types": "ok", "imports": "ok", "tests": "FAILED", "coverage": "ok",
    }, run.stdout  # fmt: skip
    assert (small_project / "test-results" / "summary.txt").read_text(encoding="utf-8") == f"{outcome}\n"


def test_tests_that_could_not_begin_count_as_failed(tmp_path: Path) -> None:
    from tests.checks import Counts, read_counts

    assert read_counts(tmp_path / "junit.xml") == Counts(0, 1, 0)
    (tmp_path / "junit.xml").write_text("<testsuites><testsuite>", encoding="utf-8")
    assert read_counts(tmp_path / "junit.xml") == Counts(0, 1, 0)
    case = '<testcase name="a"><error message="collection failure"/></testcase>'
    (tmp_path / "junit.xml").write_text(f"<testsuites><testsuite>{case}</testsuite></testsuites>", encoding="utf-8")
    assert str(read_counts(tmp_path / "junit.xml")) == "0 passed, 1 failed"
