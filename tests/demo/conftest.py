"""A small site over real HTTP."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import UTC, date, datetime

import httpx2
import pytest

from demo.app import DemoSite
from demo.build import SiteBuilder
from demo.build_assets import Values
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


def some_things() -> SiteBuilder:
    """Six things with values of all kinds; the seventh is hidden."""
    builder = SiteBuilder(now=NOW, zone="Europe/Berlin")
    assets, ann = builder.assets, builder.user("ann", email="ann@example.com")
    assets.type("Model")
    assets.attribute("Thing", "Site", kind="select")
    assets.attribute("Thing", "Bought", kind="datetime")
    m1 = assets.object("Model", "Feather 13", {"Vendor": "Alder"}, created="2025-01-01")
    rows: list[tuple[str | None, Values]] = [
        ("o1", {"Site": "Berlin", "Owner": ann, "Status": "In use", "Model": m1, "Warranty": date(2026, 5, 1)}),
        ("o2", {"Site": ["Berlin", "Paris"], "Cores": 8, "Warranty": date(2027, 5, 1)}),
        ("o3", {"Site": [], "Owner": builder.reader, "Cores": 16, "Price": 3.5}),
        ("O4", {"Site": "Paris", "Status": "Retired", "Bought": "2026-03-31T11:30Z"}),
        ('o5 "quoted" (old)', {"Leased": True}),
        (None, {"Cores": 2}),
    ]
    for label, values in rows:
        assets.object("Thing", label, values, created="2025-06-01")
    assets.object("Thing", "hidden", {"Site": "Berlin"}, restricted=True)
    return builder


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
