"""`itsm-reports check` on stand-in sites that grant more or less."""

import socket
from typing import Any

import pytest
from pydantic import SecretStr

from demo.app import DemoSite
from demo.build import SiteBuilder
from demo.seed import seeded
from demo.serve import serving
from server.checking import check_site
from server.settings import Settings
from tests.api import EMAIL, TOKEN, at

NOW = at("2026-03-31T12:00")
SCOPES = {
    "read:jira-work",
    "read:jira-user",
    "read:servicedesk-request",
    "manage:servicedesk-customer",
    "read:cmdb-schema:jira",
    "read:cmdb-object:jira",
    "read:cmdb-type:jira",
    "read:cmdb-attribute:jira",
}


async def checked(site: Any = None, *, token: str = TOKEN, **options: Any) -> tuple[bool, list[str]]:
    demo = DemoSite(site or seeded(300, now=NOW), now=lambda: NOW, email=EMAIL, token=TOKEN, **options)
    said: list[str] = []
    async with serving(demo.app) as url:
        settings = Settings(site_url=url, jira_email=EMAIL, jira_api_token=SecretStr(token), atlassian_api_url=url)
        return await check_site(settings, said.append), said


async def test_a_site_that_grants_everything_is_found_to_work() -> None:
    works, said = await checked()
    assert works, said
    assert said[-1] == "All reports work."
    assert sum(line.startswith("ok ") for line in said) == 19
    assert "ok    Assets objects: 485 objects in one schema" in said


@pytest.mark.parametrize(
    ("scope", "report"),
    [
        ("manage:servicedesk-customer", "customerReport"),
        ("read:servicedesk-request", "site.serviceDesks"),
        ("read:cmdb-schema:jira", "assets.objectsByType"),
        ("read:cmdb-object:jira", "assets.objectsByAql"),
        ("read:jira-work", "all reports"),
    ],
)
async def test_a_scope_that_lacks_is_named_with_the_reports_that_suffer(scope: str, report: str) -> None:
    works, said = await checked(kind="scoped", scopes=frozenset(SCOPES - {scope}))
    assert not works
    assert any(line.startswith(f"  {report}: ") and scope in line for line in said), said


async def test_a_wrong_token_is_said_at_once_and_nothing_else_is_tried() -> None:
    works, said = await checked(token="wrong")
    assert not works
    assert sum(line.startswith("LACKS") for line in said) == 1
    assert "ITSM_JIRA_API_TOKEN" in said[-1]


async def test_without_an_answer_nothing_is_said_of_what_the_site_has() -> None:
    said: list[str] = []
    with socket.create_server(("127.0.0.1", 0)) as closed:
        url = f"http://127.0.0.1:{closed.getsockname()[1]}"
    settings = Settings(site_url=url, jira_email=EMAIL, jira_api_token=SecretStr(TOKEN), atlassian_api_url=url)
    assert not await check_site(settings, said.append)
    assert [line for line in said if line.startswith("LACKS")] == [line for line in said if "Reading account" in line]


async def test_what_the_site_does_not_have_is_told_from_what_it_does_not_grant() -> None:
    site = SiteBuilder(now=NOW)
    site.request(created=NOW)
    works, said = await checked(site.site())
    assert not works
    assert any("LACKS Assets" in line and "no Assets" in line for line in said), said
