"""Documents beyond the limits are refused before anything runs; those just within them run."""

from collections.abc import AsyncIterator

import httpx2
import pytest
from graphql import get_introspection_query

from tests.server.stand_in import Stand, codes, standing


@pytest.fixture
async def stand() -> AsyncIterator[Stand]:
    async with standing() as stand:
        yield stand


def limits(response: httpx2.Response) -> set[tuple[str, int]]:
    assert response.status_code == 400
    assert "data" not in response.json()
    extensions = [error["extensions"] for error in response.json()["errors"]]
    assert {extension["code"] for extension in extensions} == {"QUERY_TOO_COMPLEX"}
    for error in response.json()["errors"]:
        assert f"{error['extensions']['maximum']:,}" in error["message"]
    return {(extension["limit"], extension["maximum"]) for extension in extensions}


def nested(depth: int) -> str:
    """A query with `depth` levels of fields."""
    return "{" + "node{" * (depth - 1) + "name" + "}" * depth


def aliased(count: int, *, by: int = 1) -> str:
    """`count` aliases in a fragment that is spread `by` times under one field."""
    fields = " ".join(f"a{number}: name" for number in range(count))
    spreads = " ".join("node { ...F }" for _ in range(by))
    return f"{{ node {{ {spreads} }} }} fragment F on Node {{ {fields} }}"


def doubling(chain: int) -> str:
    """Fragments of which each spreads the next twice: two to the power of `chain` when expanded."""
    links = "".join(f" fragment F{n} on Node {{ ...F{n + 1} ...F{n + 1} }}" for n in range(chain))
    return f"{{ node {{ ...F0 }} }}{links} fragment F{chain} on Node {{ a: name }}"


@pytest.mark.parametrize(
    ("query", "limit"),
    [
        ("{ name } #" + "x" * 40_000, ("characters", 40_000)),
        ("{ node {" + " name" * 5_000 + " } }", ("tokens", 5_000)),
        ("#\n" * 5_001 + "{ name }", ("tokens", 5_000)),
        (" ".join(f"query Q{n} {{ name }}" for n in range(21)), ("operations", 20)),
        (
            "{ node { ...F0 } }" + "".join(f" fragment F{n} on Node {{ ...F{n + 1} }}" for n in range(101)),
            ("fragments", 100),
        ),
        (nested(17), ("depth", 16)),
        (nested(199), ("depth", 16)),
        (nested(1_500), ("depth", 16)),
        ("{ echo(deep: " + "{below: [" * 300 + "]}" * 300 + ") }", ("depth", 16)),
        ("{ node { ...A } } fragment A on Node " + nested(16), ("depth", 16)),
        ("{ node { " + " ".join(f"a{n}: name" for n in range(31)) + " } }", ("aliases", 30)),
        (aliased(11, by=3), ("aliases", 30)),
        (doubling(90), ("aliases", 30)),
        ("{ " + "name " * 21 + "}", ("root_fields", 20)),
        ("{ ...R ...R } fragment R on Query { " + "name " * 11 + "}", ("root_fields", 20)),
        ("{ name " + "@skip(if: false) " * 51 + "}", ("directives", 50)),
        ("{ node { name " + "@skip(if: false) @include(if: true) " * 30 + "} }", ("directives", 50)),
        ("{ node { " + "name " * 101 + "} }", ("repeats", 100)),
        ("{ node { " + "name " * 1_000 + "} }", ("repeats", 100)),
        ("{ node { " + "...A " * 31 + "} } fragment A on Node { " + "name " * 100 + "}", ("fields", 3_000)),
    ],
    ids=lambda value: value[0] if isinstance(value, tuple) else "",
)
async def test_a_document_beyond_a_limit_is_refused_with_its_number(
    stand: Stand, query: str, limit: tuple[str, int]
) -> None:
    assert limit in limits(await stand.post(query))
    assert stand.service.operations == 0


async def test_ten_thousand_aliases_are_refused(stand: Stand) -> None:
    query = "{" + " ".join(f"a{n}:name" for n in range(10_000)) + "}"
    assert limits(await stand.post(query)) == {("characters", 40_000)}


@pytest.mark.parametrize(
    "query",
    [
        nested(16),
        "{ node { " + " ".join(f"a{n}: name" for n in range(30)) + " } }",
        "{ " + "name " * 20 + "}",
        "{ node { " + "name " * 100 + "} }",
        "{ name " + " ".join("@skip(if: false)" for _ in range(1)) + " }",
        get_introspection_query(),
        get_introspection_query(input_value_deprecation=True, schema_description=True, specified_by_url=True),
    ],
)
async def test_a_document_within_the_limits_runs(stand: Stand, query: str) -> None:
    response = await stand.post(query)
    assert response.status_code == 200, response.text
    assert "errors" not in response.json()


@pytest.mark.parametrize(
    "query",
    [
        "{ node { ...A } } fragment A on Node { ...A }",
        "{ node { ...A } } fragment A on Node { node { ...B } } fragment B on Node { node { ...A } }",
        "{ ...A } fragment A on Query { ...B } fragment B on Query { ...C } fragment C on Query { ...A }",
        "fragment A on Node { ...A } { name }",
    ],
)
async def test_fragments_in_a_circle_are_refused(stand: Stand, query: str) -> None:
    response = await stand.post(query)
    assert response.status_code == 400
    assert set(codes(response)) == {"GRAPHQL_VALIDATION_FAILED"}


async def test_a_chain_of_a_hundred_fragments_is_answered(stand: Stand) -> None:
    links = "".join(f" fragment F{n} on Node {{ ...F{n + 1} }}" for n in range(99))
    response = await stand.post("{ node { ...F0 } }" + links + " fragment F99 on Node { name }")
    assert response.json()["data"] == {"node": {"name": "node"}}


async def test_deep_introspection_is_refused(stand: Stand) -> None:
    query = "{ __schema { types { " + "fields { type { " * 4 + "name" + " } }" * 4 + " } } }"
    response = await stand.post(query)
    assert response.status_code == 400


async def test_variables_nested_too_deeply_are_refused(stand: Stand) -> None:
    deep: dict[str, object] = {}
    for _ in range(40):
        deep = {"below": [deep]}
    response = await stand.post("query ($deep: Deep) { echo(deep: $deep) }", variables={"deep": deep})
    assert limits(response) == {("variable_depth", 32)}


async def test_the_same_text_is_prepared_once_and_its_answer_stays_right(stand: Stand) -> None:
    for _ in range(3):
        assert (await stand.post("{ name }")).json()["data"] == {"name": "stand-in"}
        assert codes(await stand.post("{ nope }")) == ["GRAPHQL_VALIDATION_FAILED"]
