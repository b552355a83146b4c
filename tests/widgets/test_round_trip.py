"""What is saved means the same when it is read again: every input, and the figures of every report."""

import dataclasses
from datetime import UTC, datetime
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from strawberry.types.base import StrawberryList, StrawberryOptional
from strawberry.types.enum import StrawberryEnumDefinition
from strawberry.types.field import StrawberryField
from strawberry.utils.str_converters import to_camel_case

from resolvers.storage.configuration import plain, taken
from schema.scope import PeriodInput, RequestScope
from schema.storage.stored import definition_of
from schema.storage.widget_config import KINDS, WidgetConfigInput
from tests.api import Api
from tests.widgets.saved import Caller


def values(kind: Any) -> st.SearchStrategy[Any]:
    """JSON that a client may send for a type of input."""
    match kind:
        case StrawberryOptional():
            return st.none() | values(kind.of_type)
        case StrawberryList():
            return st.lists(values(kind.of_type), max_size=3)
        case StrawberryEnumDefinition():
            return st.sampled_from([value.name for value in kind.values])
        case type() if hasattr(kind, "__strawberry_definition__"):
            return objects(kind)
        case type() if kind is datetime:
            # With every day of the calendar, but for those that are another year's in UTC.
            return st.datetimes(datetime(2, 1, 1), datetime(9998, 1, 1), timezones=st.just(UTC)).map(datetime.isoformat)
    return {
        bool: st.booleans(),
        int: st.integers(-(2**31), 2**31 - 1),
        float: st.floats(allow_nan=False, allow_infinity=False) | st.integers(-(2**53), 2**53),
    }.get(kind, st.text(st.characters(exclude_categories=["Cs"]), max_size=8))


def objects(kind: type[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """JSON for an input object: with and without what may be left out; with just one member where only one is taken."""
    definition = definition_of(kind)
    if definition.is_one_of:
        return st.one_of(*(st.fixed_dictionaries({name(f): values(required(f))}) for f in definition.fields))
    needed = {name(f): values(f.type) for f in definition.fields if f.default is dataclasses.MISSING}
    others = {name(f): values(f.type) for f in definition.fields if f.default is not dataclasses.MISSING}
    return st.fixed_dictionaries(needed, optional=others)


def name(field: StrawberryField) -> str:
    return field.graphql_name or to_camel_case(field.python_name)


def required(field: StrawberryField) -> Any:
    return field.type.of_type if isinstance(field.type, StrawberryOptional) else field.type


@settings(max_examples=300, deadline=None)
@given(objects(WidgetConfigInput), objects(RequestScope), objects(PeriodInput))
def test_every_input_is_read_back_as_it_was_sent(
    config: dict[str, Any], scope: dict[str, Any], period: dict[str, Any]
) -> None:
    for kind, sent in ((WidgetConfigInput, config), (RequestScope, scope), (PeriodInput, period)):
        given_as = taken(sent, kind)
        assert taken(orjson.loads(orjson.dumps(plain(given_as))), kind) == given_as


ORGANIZATIONS = "rows { organization { id } requests open } total withOrganization"
REPORTS: dict[str, tuple[dict[str, Any], str]] = {
    "assigneeWorkload": (
        {"top": 2, "splitBy": "PRIORITY", "metric": "Time to resolution", "assignees": None},
        "rows { assignee { accountId } open created slaAtRisk } rest { count }",
    ),
    "requestsByOrganization": ({"includeEmpty": True, "splitBy": "STATUS_CATEGORY", "top": 3}, ORGANIZATIONS),
    "sla": (
        {"unit": "REQUEST", "rule": "EVER", "by": "PRIORITY", "top": 1, "metric": "Time to resolution"},
        "unit rule metrics { metric { name } met missed rows { value { name } met missed } rest { count } }",
    ),
    "timeDistribution": ({"unit": "WEEK"}, "series { label created resolved }"),
    "createdVsResolved": ({"unit": None, "mode": "FIELD"}, "bucketUnit buckets { label created resolved openAtEnd }"),
    "satisfaction": ({"dateBasis": "CREATED", "by": "CHANNEL", "top": None, "minSample": 0}, "responses rows { mean }"),
    "resolutionTime": (
        {"cohort": "CREATED", "value": "SLA", "metric": "Time to resolution", "by": "ASSIGNEE", "top": 1},
        "cohort value total measured rows { value { key } count duration { medianSeconds } }",
    ),
    "requestChannels": ({"top": 1}, "rows { requests } rest { count }"),
    "requestTypes": ({"includeUnused": True, "top": 1}, "rows { requests } rest { count }"),
    "assetsOfRequests": ({"top": 2}, "total withAsset rows { object { id } requests } rest { count distinctRequests }"),
    "customerReport": ({"top": 1, "serviceDesk": None}, "total distinctMembers rows { requests } rest { count }"),
    "objectsByType": ({"top": 1}, "total rows { direct } rest { count }"),
    "objectsByAql": (
        {"aql": "objectType = Laptop", "groupBy": "Name", "timeZone": "Europe/Berlin", "weekStart": "SUNDAY", "top": 2},
        "total groupBy rows { value { name } objects share { value } } rest { count }",
    ),
}
SCOPE: dict[str, Any] = {
    "projects": ["ITS"],
    "jql": "summary is not EMPTY ORDER BY created",
    "period": {"between": {"from": "2026-03-03T01:30:00.250+02:00", "to": "2026-03-29T03:00:00+02:00"}},
    "timeZone": "Europe/Berlin",
    "weekStart": "SUNDAY",
    "population": "ISSUES",
    "resolvedBy": "STATUS_CATEGORY",
    "includeSubtasks": True,
    "assignees": {"isEmpty": False},
    "labels": {"notIn": ["vpn"], "isEmpty": True},
    "priorities": {"isEmpty": False},
}


@pytest.fixture
def anna(api: Api) -> Caller:
    return Caller(api, "anna")


def query_of(report: str, options: dict[str, Any], fields: str) -> tuple[str, str, list[str]]:
    """Declarations, the field and its path in an answer, of a report asked for without a widget."""
    kind = next(name for name in KINDS if to_camel_case(name) == report)
    typed = next(f for f in definition_of(WidgetConfigInput).fields if f.python_name == kind)
    if report == "customerReport":
        arguments = "top: $top, serviceDesk: $serviceDesk, scope: $scope"
        return "$top: Int, $serviceDesk: ID", f"customerReport({arguments}) {{ {fields} }}", [report]
    if report == "objectsByType":
        return "$top: Int", f"assets {{ objectsByType(top: $top) {{ {fields} }} }}", ["assets", report]
    declared = f"$options: {definition_of(required(typed)).name}!"
    root = "assets" if report == "objectsByAql" else "requests(scope: $scope)"
    return declared, f"{root} {{ {report}(options: $options) {{ {fields} }} }}", [root.partition("(")[0], report]


def type_of(report: str) -> str:
    """The type of a report in the schema."""
    request = next(kind.request for name, kind in KINDS.items() if to_camel_case(name) == report)
    if request is not None:
        result: str = request.types()[1].__name__
        return result
    return {"objectsByType": "AssetTypeReport", "objectsByAql": "AqlReport"}[report]


def test_every_report_is_compared_with_its_widget() -> None:
    assert REPORTS.keys() == {to_camel_case(name) for name in KINDS}


@pytest.mark.parametrize("scope", [{}, SCOPE], ids=["plain", "all of a scope"])
async def test_the_figures_of_each_widget_are_those_of_the_query(anna: Caller, scope: dict[str, Any]) -> None:
    for report, (options, fields) in REPORTS.items():
        of_assets = report.startswith("objectsBy")
        made = await anna.create_widget(config={report: options}, scope=None if of_assets else scope)
        declared, asked, path = query_of(report, options, fields)
        scoped = "" if of_assets else ", $scope: RequestScope!"
        widget = f'widget(id: "{made["id"]}") {{ report {{ ... on {type_of(report)} {{ {fields} }} }} }}'
        answer = await anna.ask(
            f"query ({declared}{scoped}) {{ {asked} {widget} }}", options=options, scope=scope, **options
        )
        assert answer.errors == [], report
        plainly = answer.data
        for step in path:
            plainly = plainly[step]
        saved = answer.data["widget"]["report"]
        assert saved == plainly, report
        assert len([read for read in answer.reads.values() if read["way"] == "SCAN"]) == (not of_assets), report
