"""Puts the schema together and prints it."""

from collections.abc import Sequence

import strawberry
from graphql import build_schema, lexicographic_sort_schema, print_schema
from strawberry.extensions import SchemaExtension
from strawberry.schema.config import StrawberryConfig

from schema.query import Query
from schema.scalars import SCALARS


def build(extensions: Sequence[type[SchemaExtension]] = ()) -> strawberry.Schema:
    """The executable schema; `extensions` are classes, since instances would be shared by requests."""
    return strawberry.Schema(query=Query, extensions=list(extensions), config=StrawberryConfig(scalar_map=SCALARS))


def sdl() -> str:
    """The schema in GraphQL's definition language, sorted so that two of them can be compared."""
    # Strawberry's own `sort_schema` breaks types in unions; sorting a copy made from the printed schema does not.
    return print_schema(lexicographic_sort_schema(build_schema(build().as_str()))) + "\n"
