"""Killed in the middle of a push and started again: every subscriber has every story, none more than twice."""

import pytest

from bot.sandbox.server import Sandbox
from tests.end_to_end.conftest import Start, sandbox, site, start, subscribed_site, texts
from tests.services.conftest import Site

__all__ = ["sandbox", "site", "start"]

pytestmark = pytest.mark.untraced

USERS = range(101, 107)
TITLES = [f"Harbour story {number}" for number in "ABC"]


def copies(sandbox: Sandbox, user_id: int, title: str) -> int:
    return sum(title in text for text in texts(sandbox, user_id))


def everyone_has_everything(sandbox: Sandbox) -> bool:
    return all(copies(sandbox, user_id, title) for user_id in USERS for title in TITLES)


@pytest.mark.parametrize("killed_after", [1, 4])
async def test_sigkill_in_the_middle_of_a_push(sandbox: Sandbox, site: Site, start: Start, killed_after: int) -> None:
    for user_id in USERS:
        sandbox.add_user(user_id, f"Reader {user_id}")
    service = await start()
    await subscribed_site(sandbox, site, *USERS)
    sandbox.hold("sendMessage")  # Telegram accepts, its answers stay away: all that is in flight is in doubt
    for number, title in enumerate(TITLES):
        site.tell(f"story-{number}", title)
    await sandbox.wait_for(lambda: sum(copies(sandbox, u, t) for u in USERS for t in TITLES) >= killed_after)
    await service.kill()
    sandbox.release()

    again = await start()
    await sandbox.wait_for(lambda: everyone_has_everything(sandbox))
    assert await again.terminate() == 0
    counts = {copies(sandbox, user_id, title) for user_id in USERS for title in TITLES}
    assert counts <= {1, 2}


async def test_sigterm_in_the_middle_of_a_push_repeats_nothing(sandbox: Sandbox, site: Site, start: Start) -> None:
    for user_id in USERS:
        sandbox.add_user(user_id, f"Reader {user_id}")
    service = await start()
    await subscribed_site(sandbox, site, *USERS)
    for number, title in enumerate(TITLES):
        site.tell(f"story-{number}", title)
    await sandbox.wait_for(lambda: any(copies(sandbox, user_id, title) for user_id in USERS for title in TITLES))
    assert await service.terminate() == 0
    again = await start()
    await sandbox.wait_for(lambda: everyone_has_everything(sandbox))
    assert await again.terminate() == 0
    assert {copies(sandbox, user_id, title) for user_id in USERS for title in TITLES} == {1}
