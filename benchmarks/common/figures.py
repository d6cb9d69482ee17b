"""Figures as they are printed: the median, in brackets the lowest and the highest."""

import platform
from collections.abc import Sequence
from pathlib import Path
from statistics import median

import psutil

WIDTHS = 44, 26


def machine() -> str:
    """What it was measured on."""
    names = [line.partition(":")[2].strip() for line in _lines("/proc/cpuinfo") if line.startswith("model name")]
    memory_gb = psutil.virtual_memory().total / 1e9
    load = psutil.getloadavg()[0] / (psutil.cpu_count() or 1)
    return (
        f"{psutil.cpu_count()} cores ({names[0] if names else platform.machine()}), {memory_gb:.0f} GB, "
        f"Python {platform.python_version()}, {platform.system()} {platform.release()}; load before: {load:.1f} a core"
    )


def title(text: str) -> None:
    """The head of a table."""
    print(f"\n{text}\n{'-' * min(len(text), sum(WIDTHS))}", flush=True)


def line(name: str, *cells: str) -> None:
    """A line of a table."""
    print(f"{name:{WIDTHS[0]}}" + "".join(f"{cell:>{WIDTHS[1]}}" for cell in cells), flush=True)


def spread(figures: Sequence[float], digits: int = 0) -> str:
    """The median; in brackets the lowest and the highest where there are several."""
    middle = f"{median(figures):,.{digits}f}"
    return middle if len(figures) == 1 else f"{middle} ({min(figures):,.{digits}f}-{max(figures):,.{digits}f})"


def percentile(figures: Sequence[float], share: float) -> float:
    """The smallest figure that at least this share (0 to 1) of all is not above."""
    ordered = sorted(figures)
    return ordered[min(len(ordered) - 1, max(0, -int(-share * len(ordered) // 1) - 1))]


def _lines(path: str) -> list[str]:
    return Path(path).read_text().splitlines() if Path(path).exists() else []
