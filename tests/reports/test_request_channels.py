"""Channels: from the property where it comes back, else by asking for the ids of each; never guessed."""

from typing import Any

import pytest

from demo.build import SiteBuilder
from demo.faults import Fault
from demo.model import Site
from tests.api import Api, api_on
from tests.reports.drilling import assert_counts, behind

NOW = "2026-03-31"
MARCH = {"period": {"between": {"from": "2026-03-01T00:00:00Z", "to": "2026-04-01T00:00:00Z"}}}
CHANNELS = ("portal", "portal", "portal", "email", "email", "jira", None, None)


def site(*more: str | None) -> Site:
    """Requests of several channels; the first one of the portal is resolved and rated."""
    built = SiteBuilder(now=NOW)
    for number, channel in enumerate((*CHANNELS, *more)):
        first = {"resolved": "2026-03-10T05:00", "rating": 4, "rated": "2026-03-12"} if number == 0 else {}
        built.request(created="2026-03-10", channel=channel, **first)  # type: ignore[arg-type]
    built.request(created="2026-02-10", channel="email")
    return built.site()


ROW = "value { key name } requests share { numerator denominator } open resolved medianResolutionSeconds"


async def channels(api: Api, selection: str, options: str = "") -> Any:
    asked = f"(options: {{{options}}})" if options else ""
    return (await api.requests(f"requestChannels{asked} {{ {selection} }}", MARCH))["requestChannels"]


@pytest.mark.parametrize("as_property", [True, False])
async def test_requests_by_channel_are_the_same_however_the_channel_is_told(as_property: bool) -> None:
    selection = f"total rows {{ {ROW} csat {{ numerator denominator }} mean drillDown }} read {{ exact complete warnings {{ code }} }}"
    async with api_on(site(), NOW, demo_options={"channel_property": as_property}) as api:
        report = await channels(api, selection)
        assert report["total"] == 8
        rows = [(row["value"]["key"], row["requests"], row["open"], row["resolved"]) for row in report["rows"]]
        assert rows == [("portal", 3, 2, 1), ("email", 2, 2, 0), ("jira", 1, 1, 0), (None, 2, 2, 0)]
        assert [row["share"]["denominator"] for row in report["rows"]] == [8] * 4
        portal, email = report["rows"][:2]
        assert (portal["value"]["name"], portal["medianResolutionSeconds"], portal["mean"]) == ("portal", 5 * 3600, 4)
        assert portal["csat"] == {"numerator": 1, "denominator": 1}
        assert (email["medianResolutionSeconds"], email["mean"]) == (None, None)
        assert report["read"]["exact"] is True
        assert report["read"]["complete"] is True
        told = [warning["code"] for warning in report["read"]["warnings"]]
        assert told == ([] if as_property else ["CHANNELS_BY_QUERY"])
        for row in report["rows"]:
            await assert_counts(api, row, "requests", "open", "resolved")


@pytest.mark.parametrize("as_property", [True, False])
async def test_what_finding_the_channels_costs_is_what_the_answer_says(as_property: bool) -> None:
    async with api_on(site(), NOW, demo_options={"channel_property": as_property}) as api:
        answer = await api.ask("{ requests(scope: {}) { total requestChannels { total } sla { total } } }")
        assert answer.errors == []
        assert (answer.calls, answer.points) == (api.demo.counters.calls, api.demo.counters.points)
        assert len(answer.reads) == 1
        assert api.demo.counters.of("search/jql").calls == (1 if as_property else 7)


async def test_a_channel_never_seen_is_shown_as_it_is() -> None:
    async with api_on(site("slack", "slack"), NOW) as api:
        report = await channels(api, f"total rows {{ {ROW} drillDown }}")
        assert [(row["value"]["key"], row["requests"]) for row in report["rows"]] == [
            ("portal", 3),
            ("email", 2),
            ("slack", 2),
            ("jira", 1),
            (None, 2),
        ]
        slack = await behind(api, report["rows"][2])
        assert (slack["totalCount"], slack["jql"]) == (2, None)
        assert "request-channel-type" in (await behind(api, report["rows"][0]))["jql"]


async def test_a_channel_never_seen_counts_as_unknown_where_only_known_ones_can_be_asked_for() -> None:
    async with api_on(site("slack"), NOW, demo_options={"channel_property": False}) as api:
        report = await channels(api, f"total rows {{ {ROW} }} read {{ warnings {{ message }} }}")
    assert (report["rows"][-1]["value"]["key"], report["rows"][-1]["requests"]) == (None, 3)
    assert sum(row["requests"] for row in report["rows"]) == report["total"] == 9
    assert "known channel" in report["read"]["warnings"][0]["message"]


async def test_a_channel_that_the_site_knows_not_is_no_failure() -> None:
    def unknown(path: str, body: Any) -> bool:
        return path.endswith("/search/jql") and "request-channel-type = deployment" in body["jql"]

    async with api_on(site(), NOW, demo_options={"channel_property": False}) as api:
        api.wire.refuse = unknown
        report = await channels(api, f"total rows {{ {ROW} }} read {{ warnings {{ code }} }}")
    assert sum(row["requests"] for row in report["rows"]) == 8
    assert report["rows"][0]["value"]["key"] is not None
    assert report["read"]["warnings"] == [{"code": "CHANNELS_BY_QUERY"}]


async def test_if_jira_refuses_every_search_by_channel_there_is_no_figure() -> None:
    async with api_on(site(), NOW, demo_options={"channel_property": False}) as api:
        api.demo.faults.add(Fault.status(400, on="search/jql", after=1, times=None))
        answer = await api.ask("{ requests(scope: {}) { requestChannels { total } } }")
    assert answer.codes == {"requests.requestChannels": "UPSTREAM_UNAVAILABLE"}


async def test_a_channel_of_another_shape_is_unknown_and_said_so() -> None:
    def mangle(path: str, answer: Any) -> None:
        for issue in answer["issues"] if path.endswith("/search/jql") else []:
            if issue["id"] == "10001":
                issue["properties"] = {"request.channel.type": {"value": 7}}

    async with api_on(site(), NOW) as api:
        api.wire.alter = mangle
        report = await channels(api, f"rows {{ {ROW} }} read {{ complete warnings {{ code message }} }}")
    assert (report["rows"][-1]["value"]["key"], report["rows"][-1]["requests"]) == (None, 3)
    assert report["read"]["complete"] is False
    assert report["read"]["warnings"][0]["message"].startswith("1 values of channel")


async def test_what_lies_beyond_the_top_is_counted() -> None:
    async with api_on(site(), NOW) as api:
        report = await channels(api, "rows { value { key } } rest { count distinctRequests }", "top: 1")
        assert [row["value"]["key"] for row in report["rows"]] == ["portal", None]
        assert report["rest"] == {"count": 2, "distinctRequests": 3}
        answer = await api.ask("{ requests(scope: {}) { requestChannels(options: {top: 0}) { total } } }")
        assert answer.codes == {"requests.requestChannels": "BAD_USER_INPUT"}


@pytest.mark.parametrize("report", ["satisfaction", "resolutionTime"])
async def test_other_reports_by_channel_say_how_it_was_found(report: str) -> None:
    selection = f"{report}(options: {{by: CHANNEL}}) {{ rows {{ value {{ key }} }} read {{ warnings {{ code }} }} }}"
    async with api_on(site(), NOW, demo_options={"channel_property": False}) as api:
        found = (await api.requests(selection, MARCH))[report]
    assert [row["value"]["key"] for row in found["rows"]] == ["portal"]
    assert [warning["code"] for warning in found["read"]["warnings"]] == ["CHANNELS_BY_QUERY"]
