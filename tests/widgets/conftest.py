"""A server with a database, on SQLite and on PostgreSQL: every test that asks for `api` runs on both."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.api import Api, api_on
from tests.storage.stores import KINDS, database_url
from tests.widgets.saved import CALLERS, NOW, site


@pytest.fixture(params=KINDS)
async def url(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[str]:
    """The URL of a new, empty database."""
    async with database_url(request.param, tmp_path) as new:
        yield new


@pytest.fixture
async def api(url: str) -> AsyncIterator[Api]:
    """A server for several callers."""
    async with api_on(site(), NOW, callers=CALLERS, database_url=url) as running:
        yield running
