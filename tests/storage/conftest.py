"""Every test that asks for `url` or `stores` runs on SQLite and on PostgreSQL."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.storage.stores import KINDS, Stores, database_url, open_stores


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    """Which database."""
    return str(request.param)


@pytest.fixture
async def url(kind: str, tmp_path: Path) -> AsyncIterator[str]:
    """The URL of a new, empty database."""
    async with database_url(kind, tmp_path) as new:
        yield new


@pytest.fixture
async def stores(url: str) -> AsyncIterator[Stores]:
    """Storage on a new database."""
    async with open_stores(url) as opened:
        yield opened
