"""Changing the encryption key: a new one in front, a start, and the old one may go."""

from contextlib import AbstractAsyncContextManager
from pathlib import Path

import pytest
from pydantic import SecretStr

from resolvers.encryption import new_key
from resolvers.storage.errors import StorageProblem
from resolvers.storage.objects import Actor
from server.app import utc_now
from server.metrics import Metrics
from server.settings import Settings
from server.stores import Stores, opened_stores


def opened(folder: Path, *keys: str) -> AbstractAsyncContextManager[Stores]:
    """The stores of a server with these keys."""
    settings = Settings(
        site_url="http://127.0.0.1:1",
        jira_email="reader@example.com",
        jira_api_token=SecretStr("token"),
        data_dir=folder,
        encryption_keys=tuple(SecretStr(key) for key in keys),
    )
    return opened_stores(settings, now=utc_now, metrics=Metrics([]))


async def titles(folder: Path, *keys: str) -> list[bytes]:
    """What anna's widgets hold, read by a server with these keys."""
    async with opened(folder, *keys) as stores, stores.storage.reading(Actor(stores.site, "anna")) as work:
        page, _ = await work.widget_page(10, None)
        return [getattr(row, "content", b"unreadable") for row in page]


async def test_after_a_start_with_a_new_key_in_front_the_old_one_may_go(tmp_path: Path) -> None:
    old, new = new_key(), new_key()
    async with opened(tmp_path, old) as stores, stores.storage.writing(Actor(stores.site, "anna")) as work:
        await work.add_widget(b"kept", "PRIVATE", ())
    with pytest.raises(StorageProblem, match="lacks the key"):
        await titles(tmp_path, new)
    assert await titles(tmp_path, old, new) == [b"kept"]  # behind the old one it opens, and nothing changes
    with pytest.raises(StorageProblem, match="lacks the key"):
        await titles(tmp_path, new)
    assert await titles(tmp_path, new, old) == [b"kept"]
    assert await titles(tmp_path, new) == [b"kept"]
    with pytest.raises(StorageProblem, match="lacks the key"):
        await titles(tmp_path, old)
