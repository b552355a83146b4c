"""The example queries are ones that the schema takes."""

import pytest

from schema.build import build
from server.documents import Documents
from server.graphiql import examples
from server.limits import Limits


@pytest.mark.parametrize("name", sorted(examples()))
def test_an_example_is_valid_and_within_the_limits(name: str) -> None:
    prepared = Documents(build, Limits()).prepare(examples()[name])
    assert [error.message for error in prepared.errors] == []


def test_there_are_examples() -> None:
    assert examples()
