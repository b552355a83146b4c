"""The example frontend at an origin of its own, and the docs page, in Chromium with no network but loopback."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles

from demo.seed import seeded
from tests.api import api_on
from tests.browser.chromium import chromium, look
from tests.frontend.example import example_in
from tests.harness import serving_app
from tests.server.stand_in import NOW, standing

pytestmark = pytest.mark.browser


@asynccontextmanager
async def frontend(folder: Path) -> AsyncIterator[str]:
    """The example, built and served as its README says; yields its origin."""
    example = example_in(folder)
    for done in (await example.types(), await example.compile()):
        assert done.status == 0, done.said
    files = StaticFiles(directory=folder, html=True, follow_symlink=True)
    async with serving_app(Starlette(routes=[Mount("/", files)])) as url:
        yield url


async def test_the_example_shows_a_dashboard_of_a_server_that_allows_its_origin(tmp_path: Path) -> None:
    async with (
        frontend(tmp_path / "example") as origin,
        api_on(seeded(300, now=NOW), NOW, allowed_origins=(origin,)) as api,
        chromium() as debugger,
    ):
        await api.figures("mutation { createStarterDashboards(input: {visibility: PRIVATE}) { userErrors { code } } }")
        page = f"{origin}/?server={api.url}"
        seen = await look(debugger, page, tmp_path / "shown.png", until="document.querySelectorAll('td').length > 0")
    assert seen.complaints == []
    assert "As of" in seen.text
    assert "Created" in seen.text
    assert seen.stored == "{}"
    assert [address for address in seen.requests if not address.startswith((origin, api.url, "data:"))] == []


async def test_the_example_can_read_nothing_of_a_server_that_does_not_allow_its_origin(tmp_path: Path) -> None:
    async with frontend(tmp_path / "example") as origin, standing() as stand, chromium() as debugger:
        page = f"{origin}/?server={stand.url}"
        until = "document.body.innerText.includes('UNREACHABLE')"
        seen = await look(debugger, page, tmp_path / "refused.png", until=until)
    assert any("CORS" in complaint for complaint in seen.complaints)
    assert stand.service.operations == 0


async def test_the_docs_page_is_shown_with_its_style_under_its_policy(tmp_path: Path) -> None:
    async with standing() as stand, chromium() as debugger:
        styled = "getComputedStyle(document.body).display === 'grid'"
        seen = await look(debugger, f"{stand.url}/docs#Query.echo", tmp_path / "docs.png", until=styled)
    assert seen.complaints == []
    assert "echo" in seen.text
    assert [address for address in seen.requests if not address.startswith((stand.url, "data:"))] == []
