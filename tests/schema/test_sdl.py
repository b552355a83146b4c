"""The public API: its printed form, its descriptions, and what a frontend may rely on over all reports."""

import re
from collections.abc import Iterator
from pathlib import Path

from graphql import (
    GraphQLArgument,
    GraphQLInterfaceType,
    GraphQLObjectType,
    build_schema,
    get_named_type,
    is_leaf_type,
    is_specified_directive,
    is_specified_scalar_type,
)

from schema.build import sdl

SNAPSHOT = Path(__file__).with_name("schema.graphql")
SCHEMA = build_schema(sdl())
OWN = {name: kind for name, kind in SCHEMA.type_map.items() if not name.startswith("__")}


def test_the_schema_is_the_one_that_was_agreed() -> None:
    assert sdl() == SNAPSHOT.read_text(), "if the change is meant: itsm-reports schema > tests/schema/schema.graphql"


def described() -> Iterator[tuple[str, str]]:
    """The place of everything that a frontend can see, ending in its name, and its description."""
    for name, kind in OWN.items():
        if is_specified_scalar_type(kind):
            continue
        yield name, kind.description or ""
        members = {**getattr(kind, "fields", {}), **getattr(kind, "values", {})}
        for member, of in members.items():
            yield f"{name}.{member}", of.description or ""
            yield from arguments(f"{name}.{member}", of)
    for directive in SCHEMA.directives:
        if not is_specified_directive(directive):
            yield f"@{directive.name}", directive.description or ""
            yield from arguments(f"@{directive.name}", directive)


def arguments(place: str, of: object) -> Iterator[tuple[str, str]]:
    given: dict[str, GraphQLArgument] = getattr(of, "args", {})
    for name, argument in given.items():
        yield f"{place}.{name}", argument.description or ""


def letters(text: str) -> str:
    return "".join(filter(str.isalnum, text)).lower()


def test_everything_is_described_by_a_sentence_that_says_more_than_the_name() -> None:
    places = dict(described())
    assert len(places) > 700
    assert [place for place, text in places.items() if not text.strip()] == []
    assert [place for place, text in places.items() if text.strip()[-1:] != "."] == []
    assert [place for place, text in places.items() if letters(text) == letters(re.split(r"[.@]", place)[-1])] == []
    assert [place for place, text in places.items() if re.search(r"\b(\w+) \1\b", text)] == []


def test_a_name_means_one_type_over_all_reports_so_that_they_can_be_selected_together() -> None:
    shapes: dict[str, set[str]] = {}
    report = SCHEMA.type_map["Report"]
    assert isinstance(report, GraphQLInterfaceType)
    for kind in SCHEMA.get_possible_types(report):
        assert isinstance(kind, GraphQLObjectType)
        for name, field in kind.fields.items():
            printed = str(field.type)
            shapes.setdefault(name, set()).add(
                printed if is_leaf_type(get_named_type(field.type)) else re.sub(r"\w+", "X", printed)
            )
    assert {name: shape for name, shape in shapes.items() if len(shape) > 1} == {}


def test_all_that_needs_a_read_is_nullable() -> None:
    reports, site = SCHEMA.type_map["RequestReports"], SCHEMA.type_map["Site"]
    assert isinstance(reports, GraphQLObjectType)
    assert isinstance(site, GraphQLObjectType)
    for name, field in reports.fields.items():
        assert not str(field.type).endswith("!"), name
    for name in ("projects", "statuses", "slaMetrics", "readerTimeZone"):
        assert not str(site.fields[name].type).endswith("!"), name
