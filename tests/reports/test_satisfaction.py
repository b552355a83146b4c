"""Satisfaction: what a response is, whose ratings belong to a period, and how many answer."""

from collections.abc import Sequence
from typing import Any

import pytest

from demo.build import SiteBuilder
from demo.model import FieldKind, Site
from tests.api import Api, api_on
from tests.reports.drilling import assert_counts, behind

NOW = "2026-03-31"
ALL = (
    "dateBasis responses mean normalizedMean distribution { rating count } csat { numerator denominator value } "
    "dissatisfied { numerator denominator value } interval { low high } lowSample invalid undated "
    "responseRateOfResolved { numerator denominator value } read { complete basis warnings { code message } }"
)
MARCH = {"period": {"between": {"from": "2026-03-01T00:00:00Z", "to": "2026-04-01T00:00:00Z"}}}
FEBRUARY = {"period": {"between": {"from": "2026-02-01T00:00:00Z", "to": "2026-03-01T00:00:00Z"}}}


def rated(ratings: Sequence[int | None]) -> Site:
    """Requests resolved and rated in March."""
    site = SiteBuilder(now=NOW)
    for rating in ratings:
        on = None if rating is None else "2026-03-12"
        site.request(created="2026-03-05", resolved="2026-03-10", rating=rating, rated=on)
    return site.site()


async def satisfaction(api: Api, options: str = "", selection: str = ALL, scope: dict[str, Any] = MARCH) -> Any:
    asked = f"(options: {{{options}}})" if options else ""
    return (await api.requests(f"satisfaction{asked} {{ {selection} }}", scope))["satisfaction"]


@pytest.mark.parametrize("basis", ["RATED", "RESOLVED", "CREATED"])
@pytest.mark.parametrize("plain", [True, False])
async def test_the_figures_of_nine_ratings_on_twelve_requests(basis: str, plain: bool) -> None:
    site = rated([5, 5, 4, 3, 1, 5, 2, 4, 4, None, None, None])
    async with api_on(site, NOW, demo_options={"plain_ratings": plain}) as api:
        report = await satisfaction(api, f"dateBasis: {basis}")
    assert report["responses"] == 9
    assert [entry["count"] for entry in report["distribution"]] == [1, 1, 1, 3, 3]
    assert [entry["rating"] for entry in report["distribution"]] == [1, 2, 3, 4, 5]
    assert report["mean"] == pytest.approx(33 / 9)
    assert report["normalizedMean"] == pytest.approx(0.666667, abs=1e-6)
    assert report["csat"] == {"numerator": 6, "denominator": 9, "value": pytest.approx(0.666667, abs=1e-6)}
    assert report["dissatisfied"] == {"numerator": 2, "denominator": 9, "value": pytest.approx(0.222222, abs=1e-6)}
    assert report["interval"] == {"low": pytest.approx(0.3542, abs=5e-5), "high": pytest.approx(0.8794, abs=5e-5)}
    assert report["responseRateOfResolved"] == {"numerator": 9, "denominator": 12, "value": 0.75}
    assert (report["invalid"], report["undated"], report["lowSample"]) == (0, 0, False)


@pytest.mark.parametrize(
    ("ratings", "low", "high"), [([5] * 5, 0.5655, 1.0), ([4] * 90 + [1] * 10, 0.8256, 0.9448), ([1, 2], 0.0, 0.6576)]
)
async def test_the_interval_narrows_with_the_number_of_responses(ratings: list[int], low: float, high: float) -> None:
    async with api_on(rated(ratings), NOW) as api:
        report = await satisfaction(api, selection="interval { low high } lowSample")
    assert report["interval"] == {"low": pytest.approx(low, abs=5e-5), "high": pytest.approx(high, abs=5e-5)}
    assert report["lowSample"] is (len(ratings) < 5)


@pytest.mark.parametrize("ratings", [[], [None, None]])
async def test_without_ratings_there_is_no_share_and_no_mean(ratings: list[None]) -> None:
    async with api_on(rated(ratings), NOW) as api:
        report = await satisfaction(api)
    assert (report["responses"], report["mean"], report["normalizedMean"]) == (0, None, None)
    assert report["csat"] == {"numerator": 0, "denominator": 0, "value": None}
    assert report["interval"] == {"low": None, "high": None}
    assert [entry["count"] for entry in report["distribution"]] == [0] * 5
    assert report["responseRateOfResolved"]["value"] == (0.0 if ratings else None)


def months() -> Site:
    """Ratings given, resolutions and creations that lie in different months."""
    site = SiteBuilder(now=NOW)
    for rating, created, resolved, on in (
        (5, "2026-01-30", "2026-01-31", "2026-02-02"),
        (2, "2026-01-10", "2026-02-01", "2026-02-03"),
        (4, "2026-02-05", "2026-02-27", "2026-03-01"),
        (5, "2026-02-06", "2026-02-20", "2026-02-21"),
        (None, "2026-02-07", "2026-02-25", None),
    ):
        site.request(created=created, resolved=resolved, rating=rating, rated=on)
    return site.site()


@pytest.mark.parametrize(
    ("basis", "responses", "satisfied", "ids", "bases"),
    [
        ("CREATED", 2, 2, {"10003", "10004"}, {"COHORT", "ACTIVE"}),
        ("RESOLVED", 3, 2, {"10002", "10003", "10004"}, {"ACTIVE"}),
        ("RATED", 3, 2, {"10001", "10002", "10004"}, {"ACTIVE"}),
    ],
)
async def test_the_same_data_give_different_months_by_date_basis(
    basis: str, responses: int, satisfied: int, ids: set[str], bases: set[str]
) -> None:
    async with api_on(months(), NOW) as api:
        report = await satisfaction(api, f"dateBasis: {basis}", ALL + " drillDown", FEBRUARY)
        assert (report["responses"], report["csat"]["numerator"]) == (responses, satisfied)
        assert report["responseRateOfResolved"] == {"numerator": 3, "denominator": 4, "value": 0.75}
        assert {node["id"] for node in (await behind(api, report))["nodes"]} == ids
        assert report["dateBasis"] == basis
        assert set(report["read"]["basis"]) == bases


async def test_ratings_by_creation_alone_read_the_requests_created_alone() -> None:
    async with api_on(months(), NOW) as api:
        report = await satisfaction(api, "dateBasis: CREATED", "responses read { basis scanned }", FEBRUARY)
    assert report["responses"] == 2
    assert report["read"]["basis"] == ["COHORT"]
    assert report["read"]["scanned"] < 5


@pytest.mark.parametrize("searchable", [True, False])
async def test_a_rating_that_did_not_touch_the_request_is_found_where_its_date_can_be_searched(
    searchable: bool,
) -> None:
    site = SiteBuilder(now=NOW)
    site.field("Satisfaction date", FieldKind.RATING_DATE, searchable=searchable)
    site.request(created="2026-01-05", resolved="2026-01-10", rating=5, rated="2026-03-12", updated="2026-01-10")
    async with api_on(site.site(), NOW) as api:
        assert (await satisfaction(api, selection="responses"))["responses"] == (1 if searchable else 0)


async def test_ratings_without_a_date_are_counted_over_requests_that_lived_in_the_period_and_never_guessed() -> None:
    site = SiteBuilder(now=NOW)
    for created, resolved in (
        ("2026-01-05", "2026-01-10"),  # resolved before
        ("2026-02-05", "2026-03-10"),
        ("2026-02-05", None),
    ):
        site.request(created=created, resolved=resolved, rating=4)
    async with api_on(site.site(), NOW) as api:
        for basis, figures in (("RATED", (0, 2)), ("RESOLVED", (1, 1)), ("CREATED", (0, 0))):
            report = await satisfaction(api, f"dateBasis: {basis}", "responses undated drillDown")
            assert (report["responses"], report["undated"]) == figures
            await assert_counts(api, report, "responses", "undated")


@pytest.mark.parametrize("value", [{"rating": 6}, {"rating": 0}, 4.5, "good", {"stars": 5}, [5], True, {"rating": "5"}])
@pytest.mark.parametrize("basis", ["RATED", "RESOLVED", "CREATED"])
async def test_a_rating_of_another_shape_is_no_response_counted_and_warned_about(value: object, basis: str) -> None:
    site = SiteBuilder(now=NOW)
    for raw in (None, {"Satisfaction": value}, {"Satisfaction": value}):
        site.request(
            created="2026-03-05", resolved="2026-03-10", rating=5, rated=None if raw else "2026-03-12", raw=raw
        )
    async with api_on(site.site(), NOW) as api:
        report = await satisfaction(api, f"dateBasis: {basis}", ALL + " drillDown")
        assert (report["responses"], report["invalid"], report["mean"]) == (1, 2, 5)
        assert report["responseRateOfResolved"]["numerator"] == 1
        assert report["read"]["complete"] is False
        assert [warning["code"] for warning in report["read"]["warnings"]] == ["INVALID_RATINGS"]
        assert report["read"]["warnings"][0]["message"].startswith("2 ratings")
        await assert_counts(api, report, "invalid", "responses")


async def test_a_site_without_ratings_says_so() -> None:
    site = rated([5])
    site.fields = [field for field in site.fields if field.kind is not FieldKind.RATING]
    async with api_on(site, NOW) as api:
        report = await satisfaction(api)
    assert report["responses"] == 0
    assert [warning["code"] for warning in report["read"]["warnings"]] == ["FIELD_MISSING"]


def by_many() -> Site:
    site = SiteBuilder(now=NOW)
    site.user("carl", active=False, display_name="Carl C.")
    for rating, assignee, organizations, kind in (
        (5, "ann", ["Acme", "Beta"], "Laptop"),
        (4, "ann", ["Acme"], "Laptop"),
        (1, "carl", [], "Access"),
        (3, None, ["Beta"], "Access"),
        (None, "ann", ["Acme"], "Laptop"),
    ):
        on = None if rating is None else "2026-03-12"
        site.request(
            created="2026-03-05",
            resolved="2026-03-10",
            rating=rating,
            rated=on,
            assignee=assignee,
            organizations=organizations,
            request_type=kind,
        )
    return site.site()


@pytest.mark.parametrize(
    ("dimension", "expected"),
    [
        ("ASSIGNEE", [("acc:ann", 2, 4.5, 2, False), ("acc:carl", 1, 1, 0, True), (None, 1, 3, 0, True)]),
        ("ORGANIZATION", [("1", 2, 4.5, 2, False), ("2", 2, 4, 1, False), (None, 1, 1, 0, True)]),
        ("REQUEST_TYPE", [("1", 2, 4.5, 2, False), ("2", 2, 2, 0, False)]),
        ("CHANNEL", [("portal", 4, 3.25, 2, False)]),
    ],
)
async def test_ratings_by_agent_organization_and_type(dimension: str, expected: list[tuple[Any, ...]]) -> None:
    rows = "rows { value { key } responses mean csat { numerator denominator } lowSample drillDown } rest { count }"
    async with api_on(by_many(), NOW) as api:
        report = await satisfaction(api, f"by: {dimension}, minSample: 2", rows)
        found = [
            (row["value"]["key"], row["responses"], row["mean"], row["csat"]["numerator"], row["lowSample"])
            for row in report["rows"]
        ]
        assert found == expected
        assert report["rest"] == {"count": 0}
        assert all(row["csat"]["denominator"] == row["responses"] for row in report["rows"])
        for row in report["rows"]:
            await assert_counts(api, row, "responses")


async def test_the_distribution_can_be_opened() -> None:
    async with api_on(by_many(), NOW) as api:
        report = await satisfaction(api, selection="distribution { rating count drillDown }")
        for entry in report["distribution"]:
            await assert_counts(api, entry, "count")


async def test_names_of_agents_are_looked_up_only_when_selected() -> None:
    async with api_on(by_many(), NOW) as api:
        await satisfaction(api, "by: ASSIGNEE", "rows { value { key } }")
        assert api.demo.counters.of("user/bulk").calls == 0
        report = await satisfaction(
            api, "by: ASSIGNEE, top: 1", "rows { value { name } } rest { count distinctRequests }"
        )
        assert api.demo.counters.of("user/bulk").calls == 1
    assert [row["value"]["name"] for row in report["rows"]] == ["ann", None]
    assert report["rest"] == {"count": 1, "distinctRequests": 1}


@pytest.mark.parametrize(
    ("options", "named"),
    [("top: 0", "options.top"), ("minSample: -1", "options.minSample"), ("minSample: 1001", "0 to 1000")],
)
async def test_wrong_options_are_said(options: str, named: str) -> None:
    async with api_on(rated([5]), NOW) as api:
        answer = await api.ask(
            f"{{ requests(scope: {{}}) {{ total satisfaction(options: {{{options}}}) {{ responses }} }} }}"
        )
        assert answer.codes == {"requests.satisfaction": "BAD_USER_INPUT"}
        assert named in answer.errors[0]["message"]
        assert answer.data["requests"]["total"] == 1
