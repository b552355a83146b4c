"""Dashboards: a layout of widgets, and a scope and a period that stand in for their own."""

import asyncio
from typing import Any

import pytest

from tests.api import Api
from tests.widgets.saved import DASHBOARD, ITEMS, Caller

SIX: tuple[dict[str, Any], ...] = (
    {"sla": {}},
    {"assigneeWorkload": {}},
    {"satisfaction": {}},
    {"requestTypes": {"top": 5}},
    {"createdVsResolved": {}},
    {"resolutionTime": {}},
)


@pytest.fixture
def anna(api: Api) -> Caller:
    return Caller(api, "anna")


async def six(anna: Caller) -> list[str]:
    return [(await anna.create_widget(title=f"W{n}", config=config))["id"] for n, config in enumerate(SIX)]


async def test_a_dashboard_comes_back_as_it_was_saved_in_its_order(anna: Caller) -> None:
    ids = await six(anna)
    items = [{"widget": ids[n], "width": 12 - n, "ownScope": n == 1} for n in (3, 0, 1)]
    made = await anna.create_dashboard(items=items, period={"last": "P7D"}, scope={"projects": ["ITS"]})
    assert made["items"] == [
        {"width": 12 - n, "ownScope": n == 1, "widget": {"id": ids[n], "title": f"W{n}"}} for n in (3, 0, 1)
    ]
    assert (made["period"], made["scope"]) == ({"last": "P7D"}, {"projects": ["ITS"]})
    shown = await anna.data(
        f'{{ dashboard(id: "{made["id"]}") {{ {DASHBOARD} }} dashboards {{ nodes {{ {DASHBOARD} }} }} }}'
    )
    assert shown == {"dashboard": made, "dashboards": {"nodes": [made]}}


async def test_an_update_replaces_the_layout_whole_and_null_takes_the_override_away(anna: Caller) -> None:
    ids = await six(anna)
    made = await anna.create_dashboard(*ids[:3], period={"last": "P7D"}, scope={})
    changed = await anna.change(
        "updateDashboard",
        f"dashboard {{ {DASHBOARD} }}",
        id=made["id"],
        version=1,
        items=[{"widget": ids[5]}, {"widget": ids[0]}],
        period=None,
    )
    assert [item["widget"]["id"] for item in changed["dashboard"]["items"]] == [ids[5], ids[0]]
    assert (changed["dashboard"]["period"], changed["dashboard"]["scope"]) == (None, {"projects": None})
    late = await anna.change("updateDashboard", "dashboard { version }", id=made["id"], version=1, title="x")
    assert (late["dashboard"], late["userErrors"][0]["code"]) == ({"version": 2}, "CONFLICT")


async def test_a_layout_with_missing_or_doubled_widgets_or_too_many_is_refused(anna: Caller) -> None:
    ids = await six(anna)
    gone = ids.pop()
    await anna.change("deleteWidget", "deletedId", id=gone)
    hidden = (await Caller(anna.api, "bert").create_widget())["id"]
    kept = await anna.create_dashboard(*ids)
    place = "input.items.1.widget"
    for second, code, field in (
        ({"widget": gone}, "NOT_FOUND", place),
        ({"widget": hidden}, "NOT_FOUND", place),
        ({"widget": "x"}, "NOT_FOUND", place),
        ({"widget": ids[0]}, "BAD_USER_INPUT", place),
        ({"widget": ids[1], "width": 13}, "BAD_USER_INPUT", "input.items.1.width"),
        ({"widget": ids[1], "width": 0}, "BAD_USER_INPUT", "input.items.1.width"),
    ):
        items = [{"widget": ids[0]}, second]
        assert (await anna.refused("createDashboard", title="x", items=items))[:2] == (code, field)
        assert (await anna.refused("updateDashboard", id=kept["id"], version=1, items=items))[:2] == (code, field)
    many = [{"widget": ids[0]}] * 1_000
    assert (await anna.refused("createDashboard", title="x", items=many))[:2] == ("TOO_MANY", "input.items")
    answer = await anna.ask(
        "mutation ($input: CreateDashboardInput!) { createDashboard(input: $input) { dashboard { id } } }",
        input={"title": "x", "items": many * 10},
    )
    assert [error["extensions"]["code"] for error in answer.errors] == ["QUERY_TOO_COMPLEX"]
    shown = await anna.data(f"{{ dashboards {{ totalCount nodes {{ {DASHBOARD} }} }} }}")
    assert shown["dashboards"] == {"totalCount": 1, "nodes": [kept]}


async def test_a_widget_on_a_dashboard_is_only_deleted_with_its_places(anna: Caller) -> None:
    ids = await six(anna)
    made = await anna.create_dashboard(*ids[:3])
    code, field, message = await anna.refused("deleteWidget", id=ids[1])
    assert (code, field) == ("IN_USE", "input.id")
    assert message.startswith("1 dashboard shows it.")
    await anna.change("deleteWidget", "deletedId", id=ids[1], fromDashboards=True)
    shown = (await anna.data(f'{{ dashboard(id: "{made["id"]}") {{ {DASHBOARD} }} }}'))["dashboard"]
    assert [item["widget"]["id"] for item in shown["items"]] == [ids[0], ids[2]]
    assert shown["version"] == 2


async def test_a_deleted_dashboard_leaves_its_widgets(anna: Caller) -> None:
    ids = await six(anna)
    made = await anna.create_dashboard(*ids)
    assert (await anna.change("deleteDashboard", "deletedId", id=made["id"], version=1))["deletedId"] == made["id"]
    assert (await anna.data("{ dashboards { totalCount } widgets { totalCount } }")) == {
        "dashboards": {"totalCount": 0},
        "widgets": {"totalCount": 6},
    }


async def test_a_dashboard_shows_others_just_the_widgets_that_they_may_see(anna: Caller) -> None:
    shared = await anna.create_widget(title="Shared", visibility="SITE")
    private = await anna.create_widget(title="Private")
    made = await anna.create_dashboard(shared["id"], private["id"], visibility="SITE")
    answer = await Caller(anna.api, "bert").ask(
        f'{{ dashboard(id: "{made["id"]}") {{ items {{ widget {{ title }} report {{ __typename }} }} }} }}'
    )
    items = answer.data["dashboard"]["items"]
    assert items == [
        {"widget": {"title": "Shared"}, "report": {"__typename": "SlaReport"}},
        {"widget": None, "report": None},
    ]
    assert set(answer.codes.values()) == {"NOT_FOUND"}
    assert "Private" not in str(answer)


async def test_what_a_dashboard_overrides_must_fit_its_widgets(anna: Caller) -> None:
    ids = await six(anna)
    assets = (await anna.create_widget(config={"objectsByType": {}}))["id"]
    items = [{"widget": ids[0]}, {"widget": assets}]
    refusal = await anna.refused("createDashboard", title="x", items=items, period={"last": "P7D"})
    assert refusal[:2] == ("BAD_USER_INPUT", "input.items.1.ownScope")
    plain = await anna.create_dashboard(items=items)
    refusal = await anna.refused("updateDashboard", id=plain["id"], version=1, scope={})
    assert refusal[:2] == ("BAD_USER_INPUT", "input.items.1.ownScope")
    items[1]["ownScope"] = True
    await anna.create_dashboard(items=items, period={"last": "P7D"})
    for wrong, field in (
        ({"period": {"last": "soon"}}, "input.period.last"),
        ({"scope": {"timeZone": "x"}}, "input.scope.timeZone"),
        ({"title": ""}, "input.title"),
    ):
        given = {"title": "x", "items": []} | wrong
        assert (await anna.refused("createDashboard", **given))[:2] == ("BAD_USER_INPUT", field)


async def test_a_change_of_the_title_alone_does_not_judge_the_layout_again(anna: Caller) -> None:
    widget = (await anna.create_widget())["id"]
    board = await anna.create_dashboard(widget, period={"last": "P7D"})
    await anna.change("updateWidget", "__typename", id=widget, version=1, config={"objectsByType": {}})
    changed = await anna.change("updateDashboard", "dashboard { title }", id=board["id"], version=1, title="New")
    assert changed == {"dashboard": {"title": "New"}, "userErrors": []}
    refusal = await anna.refused("updateDashboard", id=board["id"], version=2, period={"last": "P9D"})
    assert refusal[1] == "input.items.0.ownScope"


async def test_several_widgets_of_the_same_dashboards_can_be_deleted_at_once(anna: Caller) -> None:
    for _ in range(3):
        ids = await six(anna)
        boards = [await anna.create_dashboard(*ids) for _ in range(4)]
        gone = await asyncio.gather(
            *(anna.change("deleteWidget", "deletedId", id=widget, fromDashboards=True) for widget in ids[:5])
        )
        assert [payload["deletedId"] for payload in gone] == ids[:5]
        for board in boards:
            shown = (await anna.data(f'{{ dashboard(id: "{board["id"]}") {{ version {ITEMS} }} }}'))["dashboard"]
            assert [item["widget"]["id"] for item in shown["items"]] == [ids[5]]
            assert shown["version"] == 6


async def test_a_dashboard_is_deleted_whatever_its_version_where_none_is_named(anna: Caller) -> None:
    for _ in range(8):
        ids = (await six(anna))[:3]
        board = await anna.create_dashboard(*ids)
        taken_off = (anna.change("deleteWidget", "deletedId", id=widget, fromDashboards=True) for widget in ids)
        gone, *_ = await asyncio.gather(anna.change("deleteDashboard", "deletedId", id=board["id"]), *taken_off)
        assert gone == {"deletedId": board["id"], "userErrors": []}
