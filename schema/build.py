"""Puts the schema together and prints it."""

from collections.abc import Sequence

import strawberry
from strawberry.extensions import SchemaExtension
from strawberry.schema.config import StrawberryConfig

from schema import printed
from schema.mutation import Mutation
from schema.query import Query
from schema.scalars import SCALARS


def build(extensions: Sequence[type[SchemaExtension]] = ()) -> strawberry.Schema:
    """The executable schema; `extensions` are classes, since instances would be shared by requests."""
    return strawberry.Schema(
        query=Query, mutation=Mutation, extensions=list(extensions), config=StrawberryConfig(scalar_map=SCALARS)
    )


def sdl() -> str:
    """The schema in GraphQL's definition language, sorted so that two of them can be compared."""
    return printed.sdl(build())
