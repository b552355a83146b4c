"""GraphiQL in Chromium with no network but loopback: it starts, runs an example under a strict policy, keeps nothing."""

from pathlib import Path

import orjson
import pytest
from pydantic import SecretStr

from demo.app import DemoSite
from demo.seed import seeded
from demo.serve import serving
from server.app import create_app
from server.graphiql import examples
from server.settings import Settings
from tests.browser.chromium import Visit, chromium, visit
from tests.harness import serving_app
from tests.server.stand_in import KEY, KEYED, NOW, standing

pytestmark = pytest.mark.browser


def check_that_it_stayed_at_home(seen: Visit, url: str) -> None:
    assert [address for address in seen.requests if not address.startswith((url, "data:"))] == []
    assert seen.stored == "{}"
    assert seen.tabs == len(examples())


async def test_graphiql_runs_an_example_of_the_demo_and_shows_figures(tmp_path: Path) -> None:
    site = DemoSite(seeded(300, now=NOW), now=lambda: NOW)
    async with serving(site.app) as site_url:
        settings = Settings(site_url=site_url, jira_email=site.email, jira_api_token=SecretStr(site.token))
        app = create_app(settings, now=lambda: NOW, demo=True)
        async with serving_app(app) as url, chromium() as debugger:
            seen = await visit(debugger, f"{url}/graphql", tmp_path / "demo.png")
    answer = orjson.loads(seen.answer)
    assert "errors" not in answer
    assert answer["data"]["requests"]["total"] > 0
    assert seen.complaints == []
    check_that_it_stayed_at_home(seen, url)


async def test_graphiql_asks_for_the_callers_key_in_service_mode_and_does_not_keep_it(tmp_path: Path) -> None:
    headers = orjson.dumps({"Authorization": f"Bearer {KEY}"}).decode()
    async with standing(KEYED, demo=False) as stand, chromium() as debugger:
        seen = await visit(debugger, f"{stand.url}/graphql", tmp_path / "keyed.png", headers)
    # The stand-in's schema knows none of the example's fields: that it says so means that the key was taken.
    assert "GRAPHQL_VALIDATION_FAILED" in seen.answer
    # Before the key was typed in, the page's own question for the schema was refused, as it must be.
    assert [text for text in seen.complaints if "401" not in text] == []
    check_that_it_stayed_at_home(seen, stand.url)
