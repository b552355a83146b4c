"""The example queries are ones that the schema takes, and that have an answer on the demo's site."""

from collections.abc import AsyncIterator, Iterator

import pytest

from demo.seed import seeded
from schema.build import build
from server.documents import Documents
from server.graphiql import examples
from server.limits import Limits
from tests.api import Api, api_on, at

NOW = "2026-03-31T12:00"


@pytest.mark.parametrize("name", sorted(examples()))
def test_an_example_is_valid_and_within_the_limits(name: str) -> None:
    prepared = Documents(build, Limits()).prepare(examples()[name])
    assert [error.message for error in prepared.errors] == []


def test_there_are_examples() -> None:
    assert examples()


def numbers(data: object) -> Iterator[int | float]:
    """All numbers in an answer."""
    if isinstance(data, dict | list):
        for value in data.values() if isinstance(data, dict) else data:
            yield from numbers(value)
    elif isinstance(data, int | float):
        yield data


@pytest.fixture
async def demo() -> AsyncIterator[Api]:
    now = at(NOW)
    async with api_on(seeded(800, now=now), now) as running:
        yield running


async def test_every_example_of_reports_has_figures_and_no_errors(demo: Api) -> None:
    for name, query in examples().items():
        data = await demo.figures(query)
        reports = [*(data.get("requests") or {}).values(), *(data.get("assets") or {}).values()]
        reports += [data["customerReport"]] if "customerReport" in data else []
        for report in reports:
            assert any(number > 0 for number in numbers(report)), name
