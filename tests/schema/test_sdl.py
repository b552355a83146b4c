"""The public API: its printed form, its descriptions, and what a frontend may rely on over all reports."""

import re
from pathlib import Path

from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    build_schema,
    get_named_type,
    is_leaf_type,
)

from schema.build import sdl

SNAPSHOT = Path(__file__).with_name("schema.graphql")
SCHEMA = build_schema(sdl())
OWN = {name: kind for name, kind in SCHEMA.type_map.items() if not name.startswith("__")}


def test_the_schema_is_the_one_that_was_agreed() -> None:
    assert sdl() == SNAPSHOT.read_text(), "if the change is meant: itsm-reports schema > tests/schema/schema.graphql"


def test_everything_is_described() -> None:
    bare = []
    for name, kind in OWN.items():
        if name in ("String", "Int", "Float", "Boolean", "ID"):
            continue
        if not kind.description:
            bare.append(name)
        if isinstance(kind, GraphQLObjectType | GraphQLInterfaceType | GraphQLInputObjectType):
            bare += [f"{name}.{field}" for field, of in kind.fields.items() if not of.description]
        if isinstance(kind, GraphQLObjectType):
            bare += [
                f"{name}.{f}({a})" for f, of in kind.fields.items() for a, arg in of.args.items() if not arg.description
            ]
        if isinstance(kind, GraphQLEnumType):
            bare += [f"{name}.{value}" for value, of in kind.values.items() if not of.description]
    assert bare == []


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
