"""GraphiQL in Chromium with no network but loopback: it starts, runs an example under a strict policy, keeps nothing."""

from pathlib import Path

import orjson
import pytest

from demo.seed import seeded
from server.graphiql import examples
from tests.api import api_on
from tests.browser.chromium import Visit, chromium, visit
from tests.server.stand_in import KEY, KEYED, NOW, standing

pytestmark = pytest.mark.browser


def check_that_it_stayed_at_home(seen: Visit, url: str) -> None:
    assert [address for address in seen.requests if not address.startswith((url, "data:"))] == []
    assert seen.stored == "{}"
    assert seen.tabs == len(examples())


async def test_graphiql_runs_an_example_of_the_demo_shows_figures_and_leads_to_the_docs(tmp_path: Path) -> None:
    async with api_on(seeded(300, now=NOW), NOW) as api, chromium() as debugger:
        seen = await visit(debugger, f"{api.url}/graphql", tmp_path / "demo.png")
    answer = orjson.loads(seen.answer)
    assert "errors" not in answer
    assert answer["data"]["requests"]["total"] > 0
    assert seen.complaints == []
    assert seen.links == ["/docs"]
    check_that_it_stayed_at_home(seen, api.url)


async def test_graphiql_asks_for_the_callers_key_in_service_mode_and_does_not_keep_it(tmp_path: Path) -> None:
    headers = orjson.dumps({"Authorization": f"Bearer {KEY}"}).decode()
    async with standing(KEYED, demo=False) as stand, chromium() as debugger:
        seen = await visit(debugger, f"{stand.url}/graphql", tmp_path / "keyed.png", headers)
    # The stand-in's schema knows none of the example's fields: that it says so means that the key was taken.
    assert "GRAPHQL_VALIDATION_FAILED" in seen.answer
    # Before the key was typed in, the page's own question for the schema was refused, as it must be.
    assert [text for text in seen.complaints if "401" not in text] == []
    # A link cannot carry a key.
    assert "/docs" not in seen.links
    check_that_it_stayed_at_home(seen, stand.url)
