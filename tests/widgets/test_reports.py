"""The reports of widgets and dashboards: the very figures of the query, over the scope that applies, all from one read."""

from typing import Any

import pytest

from tests.api import Api
from tests.widgets.saved import Caller
from tests.widgets.test_dashboards import six

SLA = "... on SlaReport { total metrics { met missed } read { from to scanned } }"
ALL = """... on Report { read { readId } } ... on SlaReport { total metrics { met missed } }
  ... on AssigneeWorkloadReport { rows { open created resolved } } ... on SatisfactionReport { responses }
  ... on RequestTypeReport { rows { requests } } ... on CreatedVsResolvedReport { buckets { created resolved } }
  ... on ResolutionTimeReport { duration { count medianSeconds } }"""


@pytest.fixture
def anna(api: Api) -> Caller:
    return Caller(api, "anna")


async def test_requests_a_widget_and_a_dashboard_of_six_on_one_scope_are_one_read(anna: Caller) -> None:
    ids = await six(anna)
    board = await anna.create_dashboard(*ids)
    anna.api.demo.counters.reset()
    answer = await anna.ask(
        f"""{{ requests(scope: {{}}) {{ total sla {{ metrics {{ met missed }} }} }}
               widget(id: "{ids[0]}") {{ title report {{ {ALL} }} }}
               dashboard(id: "{board["id"]}") {{ items {{ widget {{ title }} report {{ {ALL} }} }} }} }}"""
    )
    assert answer.errors == []
    assert len(answer.reads) == 1
    assert answer.calls == anna.api.demo.counters.calls
    assert len(answer.extensions["reports"]) == 9
    reports = [item["report"] for item in answer.data["dashboard"]["items"]]
    assert answer.data["widget"]["report"] == reports[0]
    assert answer.data["requests"]["sla"]["metrics"] == reports[0]["metrics"]
    assert answer.data["requests"]["sla"]["metrics"][1] == {"met": 30, "missed": 10}


async def test_a_widget_gives_the_figures_of_the_query_with_its_options(anna: Caller) -> None:
    made = await anna.create_widget(
        scope={"period": {"last": "P7D"}}, config={"sla": {"unit": "REQUEST", "by": "ASSIGNEE", "top": 2}}
    )
    fields = "total unit rule metrics { met missed rows { met missed drillDown } rest { count distinctRequests } }"
    answer = await anna.data(
        f"""{{ widget(id: "{made["id"]}") {{ report {{ ... on SlaReport {{ {fields} }} }} }}
               requests(scope: {{period: {{last: "P7D"}}}}) {{ sla(options: {{unit: REQUEST, by: ASSIGNEE, top: 2}}) {{ {fields} }} }} }}"""
    )
    assert answer["widget"]["report"] == answer["requests"]["sla"]
    assert answer["requests"]["sla"]["metrics"][1]["rest"]["count"] == 1


async def test_a_scope_or_a_period_asked_for_stands_in_for_the_saved_one(anna: Caller) -> None:
    made = await anna.create_widget(scope={"period": {"last": "P7D"}, "population": "ISSUES"})
    report = f"report(scope: $scope, period: $period) {{ {SLA} }}"
    query = f'query ($scope: RequestScope, $period: PeriodInput) {{ widget(id: "{made["id"]}") {{ {report} }} }}'

    async def start(**asked: Any) -> str:
        return str((await anna.data(query, **asked))["widget"]["report"]["read"]["from"])

    assert await start() == "2026-03-25T00:00:00.000Z"
    assert await start(period={"last": "P1D"}) == "2026-03-31T00:00:00.000Z"
    assert await start(scope={"projects": ["ITS"]}) == "2026-03-25T00:00:00.000Z"
    assert await start(scope={"period": {"last": "P2D"}}) == "2026-03-30T00:00:00.000Z"
    assert await start(scope={"period": {"last": "P2D"}}, period={"last": "P3D"}) == "2026-03-29T00:00:00.000Z"


async def test_a_dashboards_period_stands_in_for_its_widgets_but_for_those_that_keep_their_own(anna: Caller) -> None:
    ids = [(await anna.create_widget(scope={"period": {"last": "P7D"}}))["id"] for _ in range(2)]
    assets = (await anna.create_widget(config={"objectsByType": {}}))["id"]
    items = [{"widget": ids[0]}, {"widget": ids[1], "ownScope": True}, {"widget": assets, "ownScope": True}]
    board = await anna.create_dashboard(items=items, period={"last": "P2D"})
    fields = "items { report(period: $period) { ... on Report { read { from way } } } }"
    query = f'query ($period: PeriodInput) {{ dashboard(id: "{board["id"]}") {{ {fields} }} }}'

    async def starts(**asked: Any) -> list[str | None]:
        answer = await anna.ask(query, **asked)
        return [item["report"] and item["report"]["read"]["from"] for item in answer.data["dashboard"]["items"]]

    week = "2026-03-25T00:00:00.000Z"
    assert await starts() == ["2026-03-30T00:00:00.000Z", week, None]
    assert await starts(period={"last": "P1D"}) == ["2026-03-31T00:00:00.000Z", week, None]


async def test_a_report_of_assets_refuses_a_scope(anna: Caller) -> None:
    made = await anna.create_widget(config={"objectsByType": {}})
    for arguments in ("scope: {}", 'period: {last: "P7D"}'):
        answer = await anna.ask(f'{{ widget(id: "{made["id"]}") {{ report({arguments}) {{ __typename }} }} }}')
        assert answer.codes == {"widget.report": "BAD_USER_INPUT"}


async def test_a_widget_whose_report_fails_leaves_its_neighbours_alone(anna: Caller) -> None:
    good = await anna.create_widget()
    bad = await anna.create_widget(scope={"projects": ["NOPE"]})
    board = await anna.create_dashboard(good["id"], bad["id"])
    answer = await anna.ask(f'{{ dashboard(id: "{board["id"]}") {{ items {{ report {{ __typename }} }} }} }}')
    assert answer.data["dashboard"]["items"] == [{"report": {"__typename": "SlaReport"}}, {"report": None}]
    assert answer.codes == {"dashboard.items.1.report": "BAD_USER_INPUT"}


async def test_an_operation_asks_for_two_hundred_reports_at_most_however_short_it_is(anna: Caller) -> None:
    ids = [(await anna.create_widget(config={report: {}}))["id"] for report in ("sla", "objectsByType")]
    for _ in range(26):
        await anna.create_dashboard(*ids)
    boards = "dashboards { nodes { items { report { __typename } } } }"
    query = f"{{ one: {boards} two: {boards} three: {boards} four: {boards} }}"
    answer = await anna.ask(query)
    assert len(answer.errors) == 4 * 26 * 2 - 200
    assert set(answer.codes.values()) == {"QUERY_TOO_COMPLEX"}
    assert {error["extensions"]["limit"] for error in answer.errors} == {"reports"}


SAME: list[dict[str, Any]] = [
    {"period": {"calendar": {"unit": "MONTH"}}},
    {"period": {"calendar": {"unit": "MONTH", "offset": 0}}, "timeZone": "UTC", "weekStart": "MONDAY"},
    {
        "period": {"between": {"from": "2026-03-01T01:00:00+01:00", "to": "2026-04-01T00:00:00Z"}},
        "population": "REQUESTS",
    },
]


async def test_one_scope_however_it_is_written_and_reached_is_one_read(anna: Caller) -> None:
    ids = [(await anna.create_widget(scope=scope))["id"] for scope in SAME]
    week = await anna.create_widget(scope={"period": {"last": "P7D"}}, config={"assigneeWorkload": {}})
    boards = [
        await anna.create_dashboard(*ids),
        await anna.create_dashboard(week["id"], *ids, scope=SAME[0]),
        await anna.create_dashboard(week["id"], period=SAME[1]["period"]),
    ]
    answer = await anna.ask(
        f"""query ($no: Boolean = false, $period: PeriodInput) {{
              requests(scope: {{period: {{calendar: {{unit: MONTH}}}}}}) {{ total }}
              dashboards {{ nodes {{ ...board }} }}
              one: dashboard(id: "{boards[0]["id"]}") {{ ...board again: items {{ report {{ __typename }} }} }}
              node(id: "{week["id"]}") {{ ... on Widget {{ report(period: $period) {{ ...figures }} }} }}
              widgets(first: 3) {{ nodes {{ report {{ ...figures }} skipped: report @include(if: $no) {{ __typename }} }} }}
            }}
            fragment board on Dashboard {{ items {{ report {{ ...figures }} }} }}
            fragment figures on Report {{ __typename ... on SlaReport {{ total read @skip(if: $no) {{ from to }} }} }}""",
        period=SAME[2]["period"],
    )
    assert answer.errors == []
    assert len(answer.reads) == 1
    assert len(answer.extensions["reports"]) == 1 + 8 + 3 + 3 + 1 + 3
    figures = {str(item["report"]) for item in answer.data["one"]["items"]}
    assert len(figures) == 1
