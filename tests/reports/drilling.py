"""Opening the requests behind a row."""

from typing import Any

from tests.api import Api

DRILL = "query ($id: ID!, $measure: String) { drillDown(id: $id, measure: $measure) { totalCount measure jql nodes { id } } }"


async def behind(api: Api, row: dict[str, Any], measure: str | None = None) -> Any:
    """The drill-down of a row."""
    return (await api.figures(DRILL, {"id": row["drillDown"], "measure": measure}))["drillDown"]


async def assert_counts(api: Api, row: dict[str, Any], *measures: str) -> None:
    """Behind each of these counts of a row are as many requests as it says."""
    for measure in measures:
        found = await behind(api, row, measure)
        assert (found["measure"], found["totalCount"]) == (measure, row[measure])
        assert len({node["id"] for node in found["nodes"]}) == min(50, row[measure])
