"""Export and import of configurations, and the dashboards that a site starts with."""

import asyncio
import json
from typing import Any

import pytest

from tests.api import Api
from tests.widgets.saved import Caller
from tests.widgets.test_dashboards import six

BOARDS = "dashboards { totalCount nodes { title visibility scope { projects } period { last } items { width ownScope widget { title scope { jql } config { sla { unit top } requestTypes { top } } } } } }"
PAYLOAD = "applied widgets dashboards createdWidgets createdDashboards"


@pytest.fixture
def anna(api: Api) -> Caller:
    return Caller(api, "anna")


async def exported(caller: Caller, arguments: str = "") -> str:
    document: str = (await caller.data(f"{{ exportConfigurations{arguments} }}"))["exportConfigurations"]
    return document


async def imported(caller: Caller, document: str, **given: Any) -> Any:
    return await caller.change("importConfigurations", PAYLOAD, document=document, **given)


async def saved(caller: Caller) -> dict[str, int]:
    data = await caller.data("{ widgets { totalCount } dashboards { totalCount } }")
    return {name: connection["totalCount"] for name, connection in data.items()}


async def test_what_was_exported_can_be_imported_by_another(anna: Caller) -> None:
    ids = await six(anna)
    special = await anna.create_widget(
        title="Zürich 🎫", scope={"jql": "labels = vpn"}, config={"sla": {"unit": "REQUEST", "top": 3}}
    )
    items = [{"widget": ids[3], "width": 12}, {"widget": special["id"], "ownScope": True}]
    await anna.create_dashboard(*ids, title="One", period={"last": "P7D"})
    await anna.create_dashboard(items=items, title="Two", scope={"projects": ["ITS"]})
    document = await exported(anna)
    assert "anna" not in document
    assert not any(token in document for token in ids)

    bert = Caller(anna.api, "bert")
    dry = await imported(bert, document)
    assert dry == {
        "applied": False,
        "widgets": 7,
        "dashboards": 2,
        "createdWidgets": [],
        "createdDashboards": [],
        "userErrors": [],
    }
    assert await saved(bert) == {"widgets": 0, "dashboards": 0}
    real = await imported(bert, document, dryRun=False, visibility="SITE")
    assert (real["applied"], len(real["createdWidgets"]), len(real["createdDashboards"])) == (True, 7, 2)
    theirs, ours = (
        (await bert.data(f"{{ {BOARDS} }}"))["dashboards"],
        (await anna.data(f"{{ {BOARDS} }}"))["dashboards"],
    )
    assert [board.pop("visibility") for board in theirs["nodes"]] == ["SITE", "SITE"]
    assert [board.pop("visibility") for board in ours["nodes"]] == ["PRIVATE", "PRIVATE", "SITE", "SITE"]
    assert theirs["nodes"] == ours["nodes"][:2]
    assert json.loads(await exported(bert)) == json.loads(document)


async def test_an_export_holds_what_was_asked_for_and_the_widgets_of_its_dashboards(anna: Caller) -> None:
    ids = await six(anna)
    board = await anna.create_dashboard(ids[2], ids[4])
    document = json.loads(await exported(anna, f'(dashboards: ["{board["id"]}"], widgets: ["{ids[0]}"])'))
    assert [widget["title"] for widget in document["widgets"]] == ["W0", "W2", "W4"]
    assert [item["widget"] for item in document["dashboards"][0]["items"]] == [1, 2]
    for arguments in (f'(widgets: ["{board["id"]}"])', '(dashboards: ["x"])'):
        assert (await anna.ask(f"{{ exportConfigurations{arguments} }}")).codes == {"exportConfigurations": "NOT_FOUND"}
    hidden = (await Caller(anna.api, "bert").create_widget())["id"]
    answer = await anna.ask(f'{{ exportConfigurations(widgets: ["{hidden}"]) }}')
    assert answer.codes == {"exportConfigurations": "NOT_FOUND"}


async def test_a_document_that_is_cut_off_anywhere_creates_nothing(anna: Caller) -> None:
    ids = await six(anna)
    await anna.create_dashboard(*ids)
    document, before = await exported(anna), await saved(anna)
    for length in range(0, len(document) - 1, max(1, len(document) // 40)):
        payload = await imported(anna, document[:length], dryRun=False)
        assert payload["applied"] is False
        (error,) = payload["userErrors"]
        assert (error["code"], error["field"]) == ("BAD_USER_INPUT", ["input", "document"])
    assert await saved(anna) == before


async def test_each_wrong_entry_of_a_document_is_told_and_nothing_is_created(anna: Caller) -> None:
    good = {"title": "Good", "config": {"sla": {}}}
    widgets: list[Any] = [
        good,
        {"title": "", "config": {"sla": {}}},
        {"title": "x", "config": {"sla": {"top": 0}}},
        {"title": "x", "config": {"nonsense": {}}},
        {"title": "x", "config": {"sla": {}, "satisfaction": {}}},
        {"title": "x", "config": {"objectsByType": {}}, "scope": {}},
        "x",
        {"title": "x", "config": {"objectsByType": {}}},
        good | {"scop": {"projects": ["ITS"]}},
        {"title": "x", "config": {"sla": {"unit": "y" * 10_000}}},
    ]
    dashboards: list[Any] = [
        {"title": "ok", "items": [{"widget": 0}]},
        {"title": "x", "items": [{"widget": 10}]},
        {"title": "x", "items": [{"widget": True}]},
        {"title": "x", "items": [{"widget": 0}, {"widget": 0}]},
        {"title": "x", "items": [{"widget": 0, "width": 13}]},
        {"title": "x", "items": [{"widget": 7}], "period": {"last": "P7D"}},
        {"title": "x"},
        {"title": "x", "items": [], "period": {"last": "soon"}},
        {"title": "x", "items": [{"widget": 0, "ownscope": True}]},
    ]
    document = json.dumps({"itsmReports": 1, "widgets": widgets, "dashboards": dashboards})
    payload = await imported(anna, document, dryRun=False)
    assert [".".join(error["field"][2:]) for error in payload["userErrors"]] == [
        "widgets.1.title",
        "widgets.2.config.sla.top",
        "widgets.3",
        "widgets.4",
        "widgets.5.scope",
        "widgets.6",
        "widgets.8",
        "widgets.9",
        "dashboards.1.items.0.widget",
        "dashboards.2.items.0.widget",
        "dashboards.3.items",
        "dashboards.4.items.0.width",
        "dashboards.5.items.0.ownScope",
        "dashboards.6.items",
        "dashboards.7.period.last",
        "dashboards.8",
    ]
    assert all(len(error["message"]) < 500 for error in payload["userErrors"])
    assert (payload["applied"], payload["widgets"], payload["dashboards"]) == (False, 10, 9)
    assert await saved(anna) == {"widgets": 0, "dashboards": 0}


async def test_a_document_that_is_none_is_refused(anna: Caller) -> None:
    for document in (
        "",
        "null",
        "[]",
        "{}",
        "x" * 1000,
        '{"itsmReports": 2, "widgets": [{}]}',
        '{"itsmReports": "1", "widgets": [{}]}',
        '{"itsmReports": true, "widgets": [{"title": "x", "config": {"sla": {}}}]}',
        '{"itsmReports": 2}',
        '{"itsmReports": 1, "Widgets": []}',
        '{"itsmReports": 1, "widgets": {}}',
        '{"itsmReports": 1, "widgets": ' + "[" * 5000 + "]" * 5000 + "}",
        json.dumps({"itsmReports": 1, "widgets": [{}] * 2001}),
    ):
        payload = await imported(anna, document, dryRun=False)
        assert payload["applied"] is False
        assert payload["userErrors"]
    code, field, _ = await anna.refused("importConfigurations", document='{"itsmReports": 1}', visibility="PEOPLE")
    assert (code, field) == ("BAD_USER_INPUT", "input.visibility")


async def test_a_new_site_gets_its_starter_dashboards_by_one_mutation_and_all_their_reports_work(anna: Caller) -> None:
    made = await anna.change("createStarterDashboards", "dashboards { id title }")
    assert [board["title"] for board in made["dashboards"]] == [
        "Service desk, this month",
        "On the table",
        "Customers",
        "Assets",
    ]
    bert = Caller(anna.api, "bert")
    answer = await bert.ask("{ dashboards { nodes { id items { report { __typename read { readId } } } } } }")
    assert answer.errors == []
    boards = answer.data["dashboards"]["nodes"]
    assert [board["id"] for board in boards] == [board["id"] for board in made["dashboards"]]
    assert [len(board["items"]) for board in boards] == [6, 3, 4, 2]
    reads = {item["report"]["read"]["readId"] for board in boards for item in board["items"]}
    assert len(reads) == 2  # one of the requests, one of Assets


async def test_starters_can_be_chosen_and_take_a_scope(anna: Caller) -> None:
    made = await anna.change(
        "createStarterDashboards",
        "dashboards { visibility items { widget { visibility scope { projects } reportName } } }",
        starters=["ASSETS", "ASSETS"],
        scope={"projects": ["ITS"]},
        visibility="PRIVATE",
    )
    (board,) = made["dashboards"]
    assert board["visibility"] == "PRIVATE"
    assert [item["widget"] for item in board["items"]] == [
        {"visibility": "PRIVATE", "scope": None, "reportName": "OBJECTS_BY_TYPE"},
        {"visibility": "PRIVATE", "scope": {"projects": ["ITS"]}, "reportName": "ASSETS_OF_REQUESTS"},
    ]
    refusal = await anna.refused("createStarterDashboards", scope={"timeZone": "x"})
    assert refusal[:2] == ("BAD_USER_INPUT", "input.scope.timeZone")
    assert await saved(anna) == {"widgets": 2, "dashboards": 1}


async def test_the_starters_of_one_server_can_be_imported_by_another(anna: Caller) -> None:
    await anna.change("createStarterDashboards", "__typename")
    payload = await imported(Caller(anna.api, "bert"), await exported(anna), dryRun=False)
    assert (payload["userErrors"], payload["widgets"], payload["dashboards"]) == ([], 15, 4)


async def test_a_document_as_large_as_is_allowed_is_imported_while_others_write(anna: Caller) -> None:
    widgets = [{"title": f"W{number}", "config": {"sla": {}}} for number in range(2_000)]
    document = json.dumps({"itsmReports": 1, "widgets": widgets, "dashboards": []})
    bert = Caller(anna.api, "bert")
    payload, *_ = await asyncio.gather(
        imported(anna, document, dryRun=False), *(bert.create_widget() for _ in range(5))
    )
    assert (payload["userErrors"], len(set(payload["createdWidgets"]))) == ([], 2_000)
    assert json.loads(await exported(anna))["widgets"][1_999]["title"] == "W1999"
    assert await saved(bert) == {"widgets": 5, "dashboards": 0}
