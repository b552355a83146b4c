"""A schema in GraphQL's definition language."""

import strawberry
from graphql import GraphQLSchema, build_schema, lexicographic_sort_schema, print_schema


def definitions(schema: strawberry.Schema) -> GraphQLSchema:
    """What the schema's printed form says, in the order in which it was written down; it cannot be executed."""
    return build_schema(schema.as_str())


def sdl(schema: strawberry.Schema) -> str:
    """The schema as a text, sorted so that two of them can be compared."""
    # Strawberry's own `sort_schema` breaks types in unions; sorting a copy made from the printed schema does not.
    return print_schema(lexicographic_sort_schema(definitions(schema))) + "\n"
