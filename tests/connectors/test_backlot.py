"""The connectors against backlot, a server of others that replays measured behaviour of Jira Cloud.

It needs an environment of its own; ITSM_TEST_BACKLOT is the path of its program. It ignores JQL that it does not
know and the fields asked for, so what is tested here is paging, HTTP shapes, and what a bad credential looks like.
"""

import os
import re
import subprocess
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import httpx2
import pytest

from connectors.errors import AccessRefused, GaveUp, QueryRefused
from connectors.http import Atlassian, Credentials, Meter
from connectors.jira import Jira
from tests.harness import free_port

REAL_TIME = True
PROGRAM = os.environ.get("ITSM_TEST_BACKLOT")
pytestmark = pytest.mark.skipif(PROGRAM is None, reason="set ITSM_TEST_BACKLOT to the path of the backlot program")
START_SECONDS = 60


@dataclass(frozen=True)
class Site:
    """A running server, and an account of it that sees every project."""

    url: str
    email: str
    token: str


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    data = tmp_path_factory.mktemp("backlot")
    # nothing of our own environment goes there: no proxy, no setting, and no telemetry
    environment = {"PATH": os.environ["PATH"], "HOME": str(data), "DO_NOT_TRACK": "1"}
    program, at = str(PROGRAM), ["--data-dir", str(data / "corpus")]
    subprocess.run([program, "import", "--bundled", *at], env=environment, check=True, stdout=subprocess.DEVNULL)  # noqa: S603
    port = free_port()
    command = [program, "serve", "--port", str(port), "--disable-telemetry", "--log-level", "error", *at]
    with subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL) as server:  # noqa: S603
        try:
            url = f"http://127.0.0.1:{port}/atlassian"
            wait_for(url, server)
            yield Site(url, *widest_account(url, data / "corpus" / "tokens.yaml"))
        finally:
            server.terminate()


def wait_for(url: str, server: "subprocess.Popen[bytes]") -> None:
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end and server.poll() is None:
        try:
            httpx2.get(f"{url}/rest/api/3/serverInfo", trust_env=False)
        except httpx2.TransportError:
            time.sleep(0.1)
        else:
            return
    pytest.fail("backlot did not start")


def widest_account(url: str, tokens: Path) -> tuple[str, str]:
    """The account that sees most projects, among those that the import made up."""
    accounts: list[tuple[str, str]] = re.findall(r"- email: (\S+)\n\s+name: .*\n\s+token: (\S+)", tokens.read_text())

    def projects(account: tuple[str, str]) -> int:
        found = httpx2.get(f"{url}/rest/api/3/project/search", auth=account, trust_env=False)
        return len(found.json()["values"])

    return max(accounts, key=projects)


@pytest.fixture
async def atlassian(site: Site) -> AsyncIterator[Atlassian]:
    client = connect(site, site.token)
    yield client
    await client.aclose()


@pytest.fixture
def jira(atlassian: Atlassian) -> Jira:
    return Jira(atlassian)


def connect(site: Site, token: str) -> Atlassian:
    account = Credentials(site.url, site.email, token)
    return Atlassian(account, now=lambda: datetime.now(UTC), base_url=site.url)


async def test_a_project_is_read_to_its_end_in_pages_of_three(jira: Jira) -> None:
    for project in await jira.projects(meter=Meter()):
        meter = Meter()
        query = f"project = {project.key}"
        pages = [page async for page in jira.search(query, ["summary"], meter=meter, page_size=3)]
        whole = [page async for page in jira.search(query, ["summary"], meter=Meter())]
        ids = [issue.id for page in pages for issue in page]
        assert len(pages) > 1
        assert {len(page) for page in pages[:-1]} == {3}
        assert len(set(ids)) == len(ids)
        assert [issue.id for page in whole for issue in page] == ids
        assert meter == Meter(calls=len(pages), points=len(pages) + len(ids))


async def test_projects_come_by_key_and_all_together(jira: Jira) -> None:
    every = await jira.projects(meter=Meter())
    assert every
    assert await jira.projects([every[0].key, "NOSUCHKEY"], meter=Meter())  # it may ignore keys; shapes are read


async def test_fields_are_read(jira: Jira) -> None:
    assert {"summary", "created", "status"} <= {field.id for field in await jira.fields(meter=Meter())}


async def test_a_wrong_token_is_refused_though_the_server_answers_as_to_anybody(site: Site) -> None:
    jira = Jira(client := connect(site, "wrong"))
    try:
        with pytest.raises(AccessRefused):
            await jira.projects(meter=Meter())
        with pytest.raises(AccessRefused):
            async for _ in jira.search("project = X", ["summary"], meter=Meter()):
                pass
        with pytest.raises(AccessRefused):
            await jira.fields(meter=Meter())
        with pytest.raises(AccessRefused):
            await jira.myself(meter=Meter())
    finally:
        await client.aclose()


async def test_an_unbounded_query_is_refused_in_the_servers_words(jira: Jira) -> None:
    with pytest.raises(QueryRefused) as caught:
        async for _ in jira.search("", ["summary"], meter=Meter()):
            pass
    assert len(caught.value.messages) == 1


async def test_what_the_server_does_not_know_is_given_up(jira: Jira) -> None:
    with pytest.raises(GaveUp):
        await jira.myself(meter=Meter())
