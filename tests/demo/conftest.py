"""A small site over real HTTP."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import UTC, datetime

import httpx2
import pytest

from demo.app import DemoSite
from demo.build import SiteBuilder
from demo.model import Site
from demo.serve import serving

NOW = datetime(2026, 3, 31, 12, tzinfo=UTC)
GOOD = ("Reader@Example.com", "demo-token")

Connect = Callable[..., AbstractAsyncContextManager[httpx2.AsyncClient]]


def a_site(requests: int = 3) -> Site:
    builder = SiteBuilder(now=NOW, zone="Asia/Tokyo")
    for number in range(requests):
        builder.request(summary=f"number {number}", assignee="ann", organizations=["Acme"])
    return builder.site()


@pytest.fixture
def demo() -> DemoSite:
    """A site of three requests, read from Tokyo."""
    return DemoSite(a_site(), now=lambda: NOW)


@asynccontextmanager
async def connected(
    demo: DemoSite, auth: tuple[str, str] | None = GOOD, *, gateway: bool = False
) -> AsyncIterator[httpx2.AsyncClient]:
    """A client whose base is the site host or the gateway."""
    async with serving(demo.app) as url:
        base = f"{url}/ex/jira/{demo.site.cloud_id}" if gateway else url
        async with httpx2.AsyncClient(base_url=base, auth=auth, timeout=5) as client:
            yield client
