"""The process that forks services, one for each process of the test run."""

from collections.abc import Iterator

import pytest

from tests.crash.harness import Zygote


@pytest.fixture(scope="session")
def zygote() -> Iterator[Zygote]:
    zygote = Zygote()
    yield zygote
    zygote.close()
