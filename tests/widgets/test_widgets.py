"""Widgets: saved, shown, changed, listed and deleted, each for whom it is meant."""

import asyncio
import base64
from typing import Any

import pytest

from tests.api import Api
from tests.widgets.saved import ERRORS, NOW, WIDGET, Caller

SCOPE = {"projects": ["ITS"], "jql": 'labels = "vpn"', "period": {"last": "P90D"}}


@pytest.fixture
def anna(api: Api) -> Caller:
    return Caller(api, "anna")


@pytest.fixture
def bert(api: Api) -> Caller:
    return Caller(api, "bert")


async def test_a_widget_comes_back_as_it_was_saved(anna: Caller) -> None:
    made = await anna.create_widget(title="  Our SLAs ", scope=SCOPE, config={"sla": {"unit": "REQUEST", "top": 7}})
    assert made == {
        "id": made["id"],
        "title": "Our SLAs",
        "version": 1,
        "visibility": "PRIVATE",
        "sharedWith": [],
        "owner": "anna",
        "createdAt": f"{NOW}:01.000Z",
        "updatedAt": f"{NOW}:01.000Z",
        "reportName": "SLA",
        "scope": SCOPE,
        "config": {
            "sla": {"metric": None, "unit": "REQUEST", "rule": "LAST", "by": None, "top": 7},
            "assigneeWorkload": None,
            "objectsByAql": None,
        },
    }
    assert (await anna.data(f'{{ widget(id: "{made["id"]}") {{ {WIDGET} }} }}'))["widget"] == made
    node = await anna.data(f'{{ node(id: "{made["id"]}") {{ __typename id ... on Widget {{ title }} }} }}')
    assert node["node"] == {"__typename": "Widget", "id": made["id"], "title": "Our SLAs"}


@pytest.mark.parametrize(
    "title",
    ["<script>alert(1)</script>", "تذاكر \u200fالدعم", "a\u202eb", "=cmd()", "é", "🎫", "x" * 200, "'; DROP TABLE"],
)
async def test_a_title_is_kept_as_it_is_written(anna: Caller, title: str) -> None:
    assert (await anna.create_widget(title=title))["title"] == title


async def test_an_update_changes_what_it_names_and_counts_the_version(anna: Caller) -> None:
    made = await anna.create_widget(scope=SCOPE)
    changed = await anna.change(
        "updateWidget", f"widget {{ {WIDGET} }}", id=made["id"], version=1, title="New", visibility="SITE"
    )
    assert changed["widget"] == made | {"title": "New", "visibility": "SITE", "version": 2}
    again = await anna.change(
        "updateWidget", f"widget {{ {WIDGET} }}", id=made["id"], version=2, config={"assigneeWorkload": {"top": 3}}
    )
    assert again["widget"]["reportName"] == "ASSIGNEE_WORKLOAD"
    assert again["widget"]["scope"] == SCOPE
    assert again["widget"]["config"]["sla"] is None


async def test_a_widget_that_becomes_a_report_of_assets_loses_its_scope(anna: Caller) -> None:
    made = await anna.create_widget(scope=SCOPE)
    changed = await anna.change(
        "updateWidget", "widget { scope { jql } }", id=made["id"], version=1, config={"objectsByType": {}}
    )
    assert changed == {"widget": {"scope": None}, "userErrors": []}


async def test_a_stale_version_is_a_conflict_that_carries_the_present_one(anna: Caller) -> None:
    made = await anna.create_widget()
    await anna.change("updateWidget", "__typename", id=made["id"], version=1, title="Second")
    late = await anna.change("updateWidget", "widget { title version }", id=made["id"], version=1, title="Third")
    assert late["widget"] == {"title": "Second", "version": 2}
    assert [(error["code"], error["field"]) for error in late["userErrors"]] == [("CONFLICT", ["input", "version"])]
    assert (await anna.refused("deleteWidget", id=made["id"], version=1))[0] == "CONFLICT"


async def test_of_two_writers_one_wins_and_the_other_is_told(anna: Caller) -> None:
    made = await anna.create_widget()
    for version in range(1, 6):
        payloads = await asyncio.gather(
            *(
                anna.change("updateWidget", "widget { title }", id=made["id"], version=version, title=title)
                for title in ("left", "right")
            )
        )
        codes = sorted(error["code"] for payload in payloads for error in payload["userErrors"])
        assert codes == ["CONFLICT"]
        (winner,) = [payload["widget"]["title"] for payload in payloads if not payload["userErrors"]]
        assert {payload["widget"]["title"] for payload in payloads} == {winner}


async def test_a_deleted_widget_is_gone(anna: Caller) -> None:
    made = await anna.create_widget()
    assert await anna.change("deleteWidget", "deletedId", id=made["id"]) == {"deletedId": made["id"], "userErrors": []}
    answer = await anna.ask(f'{{ widget(id: "{made["id"]}") {{ id }} }}')
    assert (answer.data, answer.codes) == ({"widget": None}, {"widget": "NOT_FOUND"})
    assert (await anna.refused("deleteWidget", id=made["id"]))[0] == "NOT_FOUND"


async def test_who_may_see_a_widget_may_not_change_it_and_who_may_not_is_told_of_nothing(
    anna: Caller, bert: Caller
) -> None:
    private = await anna.create_widget()
    shared = await anna.create_widget(visibility="SITE")
    named = await anna.create_widget(visibility="PEOPLE", sharedWith=["bert", "bert"])
    assert named["sharedWith"] == ["bert"]
    for seen in (shared, named):
        assert (await bert.data(f'{{ widget(id: "{seen["id"]}") {{ {WIDGET} }} }}'))["widget"] == seen
        for version, title in ((1, "x"), (2, "x"), (1, "")):
            refusal = await bert.refused("updateWidget", id=seen["id"], version=version, title=title)
            assert refusal[0] == "FORBIDDEN"
        assert (await bert.refused("deleteWidget", id=seen["id"]))[0] == "FORBIDDEN"
    cleo = Caller(anna.api, "cleo")
    unknown = made_up(private["id"])
    for hidden in (private["id"], unknown):
        answer = await bert.ask(f'{{ widget(id: "{hidden}") {{ id }} }}')
        assert [error["message"] for error in answer.errors] == ["There is no widget with this id."]
        told = await bert.refused("updateWidget", id=hidden, version=1, title="x")
        assert told == ("NOT_FOUND", "input.id", "There is no widget with this id.")
    answer = await cleo.ask(f'{{ widget(id: "{named["id"]}") {{ id }} }}')
    assert answer.codes == {"widget": "NOT_FOUND"}
    listed = await cleo.data("{ widgets { totalCount nodes { id } } }")
    assert listed["widgets"] == {"totalCount": 1, "nodes": [{"id": shared["id"]}]}


def made_up(token: str) -> str:
    """An id of the same form that leads nowhere."""
    padded = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
    return base64.urlsafe_b64encode(padded[:-4] + b"0000").decode().rstrip("=")


async def test_sharing_that_makes_no_sense_is_refused(anna: Caller) -> None:
    config = {"title": "x", "config": {"sla": {}}}
    for wrong in (
        {"visibility": "PEOPLE"},
        {"visibility": "PEOPLE", "sharedWith": []},
        {"visibility": "SITE", "sharedWith": ["bert"]},
        {"visibility": "PEOPLE", "sharedWith": [f"p{n}" for n in range(101)]},
        {"visibility": "PEOPLE", "sharedWith": ["x" * 129]},
        {"visibility": "PEOPLE", "sharedWith": ["a\nb"]},
    ):
        code, field, _ = await anna.refused("createWidget", **config, **wrong)
        assert (code, field) == ("BAD_USER_INPUT", "input.sharedWith")


async def test_widgets_are_listed_page_by_page_in_the_order_in_which_they_were_made(anna: Caller) -> None:
    made = [(await anna.create_widget(title=f"Widget {number}"))["id"] for number in range(7)]
    seen: list[str] = []
    after = None
    for _ in range(3):
        page = (
            await anna.data(
                "query ($after: String) { widgets(first: 3, after: $after) { totalCount unreadable nodes { id } edges { cursor node { id } } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }",
                after=after,
            )
        )["widgets"]
        assert page["totalCount"] == 7
        assert page["unreadable"] == []
        assert page["pageInfo"]["hasPreviousPage"] is (after is not None)
        assert [edge["node"] for edge in page["edges"]] == page["nodes"]
        seen += [node["id"] for node in page["nodes"]]
        after = page["pageInfo"]["endCursor"]
        assert after == page["edges"][-1]["cursor"]
    assert seen == made
    assert page["pageInfo"]["hasNextPage"] is False


async def test_a_page_begins_after_its_cursor_whatever_was_deleted(anna: Caller) -> None:
    made = [(await anna.create_widget(title=f"{number}"))["id"] for number in range(4)]
    cursor = (await anna.data("{ widgets(first: 2) { pageInfo { endCursor } } }"))["widgets"]["pageInfo"]["endCursor"]
    await anna.change("deleteWidget", "deletedId", id=made[1])
    rest = await anna.data(f'{{ widgets(after: "{cursor}") {{ nodes {{ id }} }} }}')
    assert [node["id"] for node in rest["widgets"]["nodes"]] == made[2:]


async def test_a_page_that_cannot_be_is_refused(anna: Caller) -> None:
    for arguments in ("first: 0", "first: 101", 'after: "nonsense"', 'after: ""', 'after: "MTphOmI"'):
        answer = await anna.ask(f"{{ widgets({arguments}) {{ totalCount }} dashboards({arguments}) {{ totalCount }} }}")
        assert answer.codes == {"widgets": "BAD_USER_INPUT", "dashboards": "BAD_USER_INPUT"}


async def test_an_id_that_is_none_leads_nowhere(anna: Caller) -> None:
    query = "query ($id: ID!) { widget(id: $id) { id } dashboard(id: $id) { id } node(id: $id) { id } }"
    for token in ("", "x", "4711", "V2lkZ2V0OjE", "💥", "MTpXaWRnZXQ6JycgT1IgMT0x", "A" * 5000):
        answer = await anna.ask(query, id=token)
        assert answer.codes == {"widget": "NOT_FOUND", "dashboard": "NOT_FOUND", "node": "NOT_FOUND"}
        for mutation in ("deleteWidget", "deleteDashboard"):
            assert (await anna.refused(mutation, id=token))[0] == "NOT_FOUND"


async def test_an_id_of_another_type_leads_nowhere(anna: Caller) -> None:
    widget = await anna.create_widget()
    board = await anna.create_dashboard(widget["id"])
    answer = await anna.ask(f'{{ widget(id: "{board["id"]}") {{ id }} dashboard(id: "{widget["id"]}") {{ id }} }}')
    assert answer.codes == {"widget": "NOT_FOUND", "dashboard": "NOT_FOUND"}
    assert (await anna.refused("updateWidget", id=board["id"], version=1, title="x"))[0] == "NOT_FOUND"
    assert (await anna.refused("deleteDashboard", id=widget["id"]))[0] == "NOT_FOUND"
    code, field, _ = await anna.refused("createDashboard", title="x", items=[{"widget": board["id"]}])
    assert (code, field) == ("NOT_FOUND", "input.items.0.widget")


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"title": ""}, "input.title"),
    ({"title": "  \t "}, "input.title"),
    ({"title": "x" * 201}, "input.title"),
    ({"title": "a\u0000b"}, "input.title"),
    ({"title": "a\u001bb"}, "input.title"),
    ({"title": "a\nb"}, "input.title"),
    ({"title": "a\u2028b"}, "input.title"),
    ({"config": {"sla": {"top": 0}}}, "input.config.sla.top"),
    ({"config": {"requestTypes": {"top": 1001}}}, "input.config.requestTypes.top"),
    ({"config": {"customerReport": {"top": 0}}}, "input.config.customerReport.top"),
    ({"config": {"objectsByType": {"top": 0}}}, "input.config.objectsByType.top"),
    ({"config": {"objectsByAql": {"aql": "a) OR (b"}}}, "input.config.objectsByAql.aql"),
    ({"config": {"objectsByAql": {"aql": " "}}}, "input.config.objectsByAql.aql"),
    ({"config": {"objectsByAql": {"aql": "x = 1", "bounds": [2, 1]}}}, "input.config.objectsByAql.bounds"),
    ({"config": {"objectsByType": {}}, "scope": {}}, "input.scope"),
    ({"title": "\u200b\u202e \ufeff"}, "input.title"),
    ({"config": {"sla": {"metric": "x" * 256}}}, "input.config.sla.metric"),
    ({"config": {"customerReport": {"serviceDesk": "9" * 256}}}, "input.config.customerReport.serviceDesk"),
    ({"config": {"satisfaction": {"minSample": -1}}}, "input.config.satisfaction.minSample"),
    ({"config": {"sla": {"metric": "a\u0000b"}}}, "input.config.sla.metric"),
    ({"scope": {"period": {"last": "soon"}}}, "input.scope.period.last"),
    ({"scope": {"timeZone": "Mars/Olympus"}}, "input.scope.timeZone"),
    ({"scope": {"projects": []}}, "input.scope.projects"),
    ({"scope": {"projects": ["a b"]}}, "input.scope.projects"),
    ({"scope": {"labels": {"in": []}}}, "input.scope.labels.in"),
    ({"scope": {"jql": "x" * 20_000}}, "input.scope.jql"),
    ({"scope": {"fields": [{"field": "x", "value": {"in": ["a"]}}]}}, "input.scope.fields[0].field"),
]


async def test_what_is_wrong_on_any_site_is_refused_with_its_place(anna: Caller) -> None:
    for given, field in WRONG:
        code, place, message = await anna.refused("createWidget", **({"title": "x", "config": {"sla": {}}} | given))
        assert (code, place) == ("BAD_USER_INPUT", field)
        assert "Accepted: " in message
    assert (await anna.data("{ widgets { totalCount } }"))["widgets"]["totalCount"] == 0


async def test_what_only_the_site_can_tell_is_saved_and_told_by_the_report(anna: Caller) -> None:
    made = await anna.create_widget(scope={"projects": ["NOPE"], "fields": []}, config={"sla": {"metric": "none such"}})
    answer = await anna.ask(f'{{ widget(id: "{made["id"]}") {{ title report {{ read {{ asOf }} }} }} }}')
    assert answer.data["widget"] == {"title": "SLAs", "report": None}
    assert answer.codes == {"widget.report": "BAD_USER_INPUT"}


NO_CONFIG: list[Any] = [
    {"nonsense": {}},
    {"sla": {"series": True}},
    {},
    {"sla": {}, "satisfaction": {}},
    {"sla": None},
    {"sla": 5},
    None,
]


async def test_a_configuration_that_is_none_does_not_pass_validation(anna: Caller) -> None:
    query = "mutation ($input: CreateWidgetInput!) { createWidget(input: $input) { widget { id } } }"
    for config in NO_CONFIG:
        answer = await anna.ask(query, input={"title": "x", "config": config})
        assert not answer.data or not answer.data["createWidget"]
        codes = {error["extensions"]["code"] for error in answer.errors}
        assert codes
        assert codes <= {"GRAPHQL_VALIDATION_FAILED", "BAD_USER_INPUT"}
    assert (await anna.data("{ widgets { totalCount } }"))["widgets"]["totalCount"] == 0


async def test_a_number_beyond_all_numbers_is_refused_and_not_saved_as_something_that_cannot_be_read(
    anna: Caller,
) -> None:
    for bounds in ("[1e999]", "[-1e999, 5]", f"[1{'0' * 400}]"):
        config = f'{{objectsByAql: {{aql: "x = 1", bounds: {bounds}}}}}'
        query = f'mutation {{ createWidget(input: {{title: "x", config: {config}}}) {{ {ERRORS} }} }}'
        (error,) = (await anna.data(query))["createWidget"]["userErrors"]
        assert (error["code"], error["field"][-1]) == ("BAD_USER_INPUT", "bounds")
    assert (await anna.data("{ widgets { totalCount } }"))["widgets"]["totalCount"] == 0


async def test_an_id_has_one_spelling(anna: Caller) -> None:
    made = await anna.create_widget()
    for token in (made["id"] + "=", made["id"] + "\n", made["id"][:-1]):
        assert (await anna.refused("deleteWidget", id=token))[0] == "NOT_FOUND"
