"""Work in a process of its own, so that what one part leaves behind does not weigh on another."""

import multiprocessing
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from typing import TypeVar, TypeVarTuple

Ts = TypeVarTuple("Ts")
T = TypeVar("T")

SPAWNING = multiprocessing.get_context("spawn")


def apart(function: Callable[[*Ts], T], *args: *Ts) -> T:
    """What `function` returns, called in a new process."""
    with ProcessPoolExecutor(1, mp_context=SPAWNING) as pool:
        return pool.submit(function, *args).result()
