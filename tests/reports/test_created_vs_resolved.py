"""What comes, what goes and what is left, by the present resolution."""

from typing import Any

from demo.build import SiteBuilder
from demo.model import Site
from tests.api import api_on

SELECTION = (
    "openAtStart openAtEnd created resolved buckets { label created resolved net cumulativeNet openAtEnd complete }"
)
QUARTER = {"period": {"between": {"from": "2026-01-01T00:00:00Z", "to": "2026-04-01T00:00:00Z"}}}


def six_requests() -> Site:
    """One was resolved twice and counts at the last time, one was reopened and is open."""
    site = SiteBuilder(now="2026-03-31")
    for created, resolved in (
        ("2025-12-15", "2026-02-28"),
        ("2026-01-05", "2026-01-10"),
        ("2026-01-20", "2026-03-02"),
        ("2026-02-11", None),
        ("2026-02-15", None),
        ("2026-03-09", "2026-03-09"),
    ):
        site.request(created=created, resolved=resolved)
    return site.site()


async def report(site: Site, scope: dict[str, Any] = QUARTER) -> Any:
    async with api_on(site, "2026-03-31") as api:
        selection = f"createdVsResolved {{ mode {SELECTION} read {{ warnings {{ code }} }} }}"
        return (await api.requests(selection, scope))["createdVsResolved"]


async def test_resolutions_count_once_and_what_is_open_is_what_was_created_and_not_resolved() -> None:
    figures = await report(six_requests())
    assert figures["openAtStart"] == 1
    assert [(b["label"], b["created"], b["resolved"], b["openAtEnd"]) for b in figures["buckets"]] == [
        ("2026-01-01", 2, 1, 2),
        ("2026-02-01", 2, 1, 3),
        ("2026-03-01", 1, 2, 2),
    ]
    assert [(b["net"], b["cumulativeNet"]) for b in figures["buckets"]] == [(1, 1), (1, 2), (-1, 1)]
    assert [b["complete"] for b in figures["buckets"]] == [True, True, False]
    assert (figures["created"], figures["resolved"], figures["openAtEnd"]) == (5, 4, 2)


async def test_the_answer_says_that_past_figures_can_change() -> None:
    figures = await report(six_requests())
    assert figures["mode"] == "FIELD"
    assert [warning["code"] for warning in figures["read"]["warnings"]] == ["RESOLUTIONS_PRESENT"]


async def test_a_request_resolved_before_it_was_created_was_never_open() -> None:
    site = SiteBuilder(now="2026-03-31")
    site.request(created="2026-02-10", resolved="2026-01-10")
    figures = await report(site.site())
    assert [b["openAtEnd"] for b in figures["buckets"]] == [0, 0, 0]
    assert figures["openAtStart"] == 0
