"""The report by organization: a request counts once in each of its organizations, totals are of distinct requests."""

from collections.abc import AsyncIterator

import pytest

from demo.build import SiteBuilder, completed
from demo.model import Site
from tests.api import Api, api_on

ROWS = "rows { organization { id name } requests share { numerator denominator value } splitRequests }"


def six_requests() -> Site:
    """Six requests of three organizations; one request has none, one has all."""
    site = SiteBuilder(now="2026-03-31")
    shared: tuple[list[str], ...] = (
        ["Acme"],
        ["Acme", "Beta"],
        ["Beta", "Gamma"],
        [],
        ["Acme", "Beta", "Gamma"],
        ["Acme"],
    )
    for organizations in shared:
        site.request(created="2026-03-15", organizations=organizations)
    return site.site()


@pytest.fixture
async def api() -> AsyncIterator[Api]:
    async with api_on(six_requests(), "2026-03-31") as running:
        yield running


async def test_a_request_counts_once_in_each_of_its_organizations(api: Api) -> None:
    report = (await api.requests(f"requestsByOrganization {{ total withOrganization {ROWS} }}"))[
        "requestsByOrganization"
    ]
    rows = {(row["organization"] or {}).get("name"): row for row in report["rows"]}
    assert {name: row["requests"] for name, row in rows.items()} == {"Acme": 4, "Beta": 3, "Gamma": 2, None: 1}
    assert list(rows) == ["Acme", "Beta", "Gamma", None]
    assert (report["total"], report["withOrganization"], sum(row["requests"] for row in rows.values())) == (6, 5, 10)
    shares = [rows[name]["share"]["value"] for name in ("Acme", "Beta", "Gamma", None)]
    assert shares == pytest.approx([0.666667, 0.5, 0.333333, 0.166667], abs=1e-6)
    assert rows["Acme"]["share"]["denominator"] == 6


async def test_split_counts_add_up_to_the_distinct_total(api: Api) -> None:
    report = (await api.requests(f"requestsByOrganization {{ total {ROWS} }}"))["requestsByOrganization"]
    split = [row["splitRequests"] for row in report["rows"]]
    assert split == pytest.approx([2.833333, 1.333333, 0.833333, 1], abs=1e-6)
    assert sum(split) == pytest.approx(report["total"])


@pytest.mark.parametrize(
    ("options", "rows"), [("", {"Beta": 3}), ("showCoValues: true", {"Beta": 3, "Acme": 2, "Gamma": 2})]
)
async def test_a_filter_picks_requests_and_shows_what_it_picked(api: Api, options: str, rows: dict[str, int]) -> None:
    beta = next(one.id for one in api.demo.site.organizations if one.name == "Beta")
    selection = f"total requestsByOrganization(options: {{top: 50 {options}}}) {{ total {ROWS} }}"
    answer = await api.requests(selection, {"organizations": {"in": [beta]}})
    report = answer["requestsByOrganization"]
    assert (answer["total"], report["total"]) == (3, 3)
    assert {row["organization"]["name"]: row["requests"] for row in report["rows"]} == rows


@pytest.mark.parametrize(
    ("filter_", "total"),
    [
        ({"isEmpty": True}, 1),
        ({"isEmpty": False}, 5),
        ({"notIn": ["ACME"]}, 2),
        ({"notIn": ["ACME"], "isEmpty": False}, 1),
        ({"in": ["ACME"], "isEmpty": True}, 5),
    ],
)
async def test_filters_on_organizations_say_what_happens_to_requests_without_one(
    api: Api, filter_: dict[str, list[str] | bool], total: int
) -> None:
    acme = next(one.id for one in api.demo.site.organizations if one.name == "Acme")
    asked = {key: [acme] if isinstance(value, list) else value for key, value in filter_.items()}
    assert (await api.requests("total", {"organizations": asked}))["total"] == total


async def test_what_lies_beyond_the_top_is_counted_in_rows_and_in_distinct_requests(api: Api) -> None:
    selection = f"requestsByOrganization(options: {{top: 1}}) {{ {ROWS} rest {{ count distinctRequests }} }}"
    report = (await api.requests(selection))["requestsByOrganization"]
    assert [(row["organization"] or {}).get("name") for row in report["rows"]] == ["Acme", None]
    # Beta or Gamma are on three requests: one with Acme, one on its own, one with all.
    assert report["rest"] == {"count": 2, "distinctRequests": 3}


async def test_organizations_of_one_name_stay_apart_and_keep_their_ids() -> None:
    site = SiteBuilder(now="2026-03-31")
    first, second = site.organization("Acme"), site.organization("Acme", id="99")
    for organization in (first, second, second):
        site.request(created="2026-03-15", organizations=[organization])
    async with api_on(site.site(), "2026-03-31") as api:
        report = (await api.requests(f"requestsByOrganization {{ {ROWS} }}"))["requestsByOrganization"]
    assert [(r["organization"]["id"], r["organization"]["name"], r["requests"]) for r in report["rows"]] == [
        ("99", "Acme", 2),
        (first.id, "Acme", 1),
    ]


async def test_resolution_and_sla_are_of_the_requests_created_in_the_period() -> None:
    site = SiteBuilder(now="2026-03-31")
    for hours, breached in ((1, False), (3, True), (8, False)):
        cycle = completed(stop=f"2026-03-10T{hours:02}:00", breached=breached, elapsed_hours=hours)
        site.request(
            created="2026-03-10",
            resolved=f"2026-03-10T{hours:02}:00",
            organizations=["Acme"],
            sla={"Time to resolution": [cycle]},
        )
    site.request(created="2026-03-10", organizations=["Acme"])
    selection = (
        'requestsByOrganization(options: {metric: "Time to resolution"}) '
        "{ rows { open resolved medianResolutionSeconds slaCompliance { numerator denominator } } }"
    )
    async with api_on(site.site(), "2026-03-31") as api:
        rows = (await api.requests(selection))["requestsByOrganization"]["rows"]
    assert rows == [
        {
            "open": 1,
            "resolved": 3,
            "medianResolutionSeconds": 3 * 3600,
            "slaCompliance": {"numerator": 2, "denominator": 3},
        }
    ]


async def test_sla_compliance_needs_one_metric_and_says_so(api: Api) -> None:
    selection = "requestsByOrganization { read { warnings { code } } rows { slaCompliance { value } } }"
    report = (await api.requests(selection))["requestsByOrganization"]
    assert {row["slaCompliance"] for row in report["rows"]} == {None}
    assert [warning["code"] for warning in report["read"]["warnings"]] == ["METRIC_NOT_CHOSEN"]


async def test_parts_by_month_are_cut_in_the_zone_of_the_report() -> None:
    site = SiteBuilder(now="2026-03-31")
    # In Berlin the first is still February, the second already March.
    for created in ("2026-02-28T22:59:59", "2026-02-28T23:00:00", "2026-03-15"):
        site.request(created=created, organizations=["Acme"])
    scope = {
        "timeZone": "Europe/Berlin",
        "period": {"between": {"from": "2026-02-01T00:00:00Z", "to": "2026-03-31T00:00:00Z"}},
    }
    async with api_on(site.site(), "2026-03-31") as api:
        selection = "requestsByOrganization(options: {splitBy: MONTH}) { rows { parts { value { key } requests } } }"
        rows = (await api.requests(selection, scope))["requestsByOrganization"]["rows"]
    assert [(part["value"]["key"], part["requests"]) for part in rows[0]["parts"]] == [
        ("2026-02-01", 1),
        ("2026-03-01", 2),
    ]
