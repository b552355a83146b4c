"""What lies in the database, in the shared cache and in the logs: nothing that people wrote, and no one's name."""

import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from demo.build import SiteBuilder
from demo.model import Site
from tests.api import Api, api_on
from tests.resolvers.cache.valkeys import Store
from tests.widgets.saved import CALLERS, NOW, Caller

TITLE, JQL, LABEL = "Canary of the title", 'labels = "canary-of-the-jql"', "canary-of-the-jql"
PERSON, ORGANIZATION = "Perla Canaria", "Canary Holding"


@pytest.fixture(scope="module")
def store() -> Iterator[Store]:
    opened = Store()
    yield opened
    opened.close()


def site() -> Site:
    builder = SiteBuilder(now=NOW)
    builder.user(PERSON)
    for _ in range(20):
        builder.request(assignee=PERSON, organizations=[ORGANIZATION], labels=[LABEL])
    return builder.site()


@asynccontextmanager
async def used(folder: Path, store: Store, *, in_clear: bool) -> AsyncIterator[Api]:
    """A server on which a widget was saved and computed, names and all."""
    url = f"sqlite+aiosqlite:///{folder / 'widgets.sqlite3'}"
    async with api_on(
        site(), NOW, callers=CALLERS, database_url=url, cache_url=store.url, in_clear=in_clear, log_level="DEBUG"
    ) as api:
        anna = Caller(api, "anna")
        widget = await anna.create_widget(title=TITLE, scope={"jql": JQL}, config={"assigneeWorkload": {}})
        await anna.create_dashboard(widget["id"], title=TITLE, scope={"jql": JQL})
        workload = "... on AssigneeWorkloadReport { rows { drillDown open assignee { displayName } } }"
        answer = await anna.data(
            f"""{{ widget(id: "{widget["id"]}") {{ report {{ {workload} }} }}
                   requests(scope: {{}}) {{ requestsByOrganization {{ rows {{ organization {{ name }} requests }} }} }} }}"""
        )
        assert PERSON in str(answer)
        assert ORGANIZATION in str(answer)
        yield api


def found(places: dict[str, bytes]) -> set[tuple[str, str]]:
    """Which of the words lie in the clear, and where."""
    words = (TITLE, LABEL, PERSON, ORGANIZATION)
    return {(place, word) for place, content in places.items() for word in words if word.encode() in content}


async def test_nothing_that_people_wrote_lies_in_the_clear(
    tmp_path: Path, store: Store, capfd: pytest.CaptureFixture[str]
) -> None:
    for in_clear in (True, False):
        folder = tmp_path / str(in_clear)
        folder.mkdir()
        store.ensure()
        async with used(folder, store, in_clear=in_clear):
            database = b"".join(file.read_bytes() for file in folder.iterdir())
            cache = store.dump()
        logs = "".join(capfd.readouterr()).encode()
        assert b"request_id" in logs
        expected = {("database", TITLE), ("database", LABEL), ("cache", PERSON), ("cache", ORGANIZATION)}
        lying = found({"database": database, "cache": cache, "logs": logs})
        if in_clear:
            assert lying >= expected
            assert not any(place == "logs" for place, _ in lying)
        else:
            assert lying == set()


async def test_swapped_cells_fail_with_the_row_named_and_nothing_of_the_content(tmp_path: Path) -> None:
    file = tmp_path / "widgets.sqlite3"
    async with api_on(site(), NOW, callers=CALLERS, database_url=f"sqlite+aiosqlite:///{file}") as api:
        anna = Caller(api, "anna")
        tokens = [(await anna.create_widget(title=f"{TITLE} {number}"))["id"] for number in range(3)]
        board = await anna.create_dashboard(*tokens)
        with sqlite3.connect(file) as database:
            rows = database.execute("SELECT id, content FROM widgets ORDER BY created_at").fetchall()
            for (row, _), (_, content) in ((rows[0], rows[1]), (rows[1], rows[0])):
                database.execute("UPDATE widgets SET content = ? WHERE id = ?", (content, row))
        database.close()
        for token, (row, _) in zip(tokens[:2], rows[:2], strict=True):
            answer = await anna.ask(f'{{ widget(id: "{token}") {{ title }} }}')
            assert answer.codes == {"widget": "STORAGE_UNAVAILABLE"}
            assert row in answer.errors[0]["message"]
            assert TITLE not in str(answer)
        page = (await anna.data("{ widgets { totalCount unreadable nodes { id } } }"))["widgets"]
        assert page == {"totalCount": 3, "unreadable": tokens[:2], "nodes": [{"id": tokens[2]}]}
        answer = await anna.ask(f'{{ dashboard(id: "{board["id"]}") {{ title items {{ widget {{ title }} }} }} }}')
        shown = [item["widget"] and item["widget"]["title"] for item in answer.data["dashboard"]["items"]]
        assert shown == [None, None, f"{TITLE} 2"]
        assert set(answer.codes.values()) == {"STORAGE_UNAVAILABLE"}
        refused = await anna.ask("{ exportConfigurations }")
        assert refused.codes == {"exportConfigurations": "STORAGE_UNAVAILABLE"}
        bert = Caller(api, "bert")
        assert (await bert.refused("deleteWidget", id=tokens[0], fromDashboards=True))[0] == "NOT_FOUND"
        for token in tokens[:2]:
            assert (await anna.refused("deleteWidget", id=token))[0] == "IN_USE"
            removed = await anna.change("deleteWidget", "deletedId", id=token, version=1, fromDashboards=True)
            assert removed["deletedId"] == token
        shown = (await anna.data(f'{{ dashboard(id: "{board["id"]}") {{ version items {{ widget {{ id }} }} }} }}'))[
            "dashboard"
        ]
        assert shown == {"version": 3, "items": [{"widget": {"id": tokens[2]}}]}
        assert TITLE in (await anna.data("{ exportConfigurations }"))["exportConfigurations"]


async def test_a_dashboard_that_does_not_open_is_still_its_owners_to_delete_and_holds_no_widget(tmp_path: Path) -> None:
    file = tmp_path / "widgets.sqlite3"
    async with api_on(site(), NOW, callers=CALLERS, database_url=f"sqlite+aiosqlite:///{file}") as api:
        anna = Caller(api, "anna")
        token = (await anna.create_widget())["id"]
        board = await anna.create_dashboard(token)
        with sqlite3.connect(file) as database:
            database.execute("UPDATE dashboards SET content = people")
        database.close()
        removed = await anna.change("deleteWidget", "deletedId", id=token, fromDashboards=True)
        assert removed["deletedId"] == token
        answer = await anna.ask(f'{{ dashboard(id: "{board["id"]}") {{ title }} }}')
        assert answer.codes == {"dashboard": "STORAGE_UNAVAILABLE"}
        assert (await anna.change("deleteDashboard", "deletedId", id=board["id"]))["deletedId"] == board["id"]
        assert (await anna.data("{ dashboards { totalCount unreadable } }"))["dashboards"] == {
            "totalCount": 0,
            "unreadable": [],
        }


async def test_a_row_of_another_that_cannot_be_read_does_not_keep_anyone_from_their_own_export(tmp_path: Path) -> None:
    file = tmp_path / "widgets.sqlite3"
    async with api_on(site(), NOW, callers=CALLERS, database_url=f"sqlite+aiosqlite:///{file}") as api:
        anna, bert = Caller(api, "anna"), Caller(api, "bert")
        await anna.create_widget(visibility="SITE")
        with sqlite3.connect(file) as database:
            database.execute("UPDATE widgets SET content = zeroblob(100)")
        database.close()
        await bert.create_widget(title=TITLE)
        assert TITLE in (await bert.data("{ exportConfigurations }"))["exportConfigurations"]
