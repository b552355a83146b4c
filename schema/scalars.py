"""The scalars of the schema that are not GraphQL's own."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import strawberry
from graphql import GraphQLError
from strawberry.types.scalar import ScalarDefinition

if TYPE_CHECKING:
    ID = str
else:
    ID = strawberry.ID  # a NewType of str: ids of Jira are texts already, and nothing is gained by wrapping each

EXAMPLE = "2026-03-31T12:00:00Z"


def parse_instant(value: object) -> datetime:
    """An RFC 3339 text with an offset as an aware UTC datetime, cut to milliseconds; raises GraphQLError."""
    if not isinstance(value, str) or len(value) > 40 or "T" not in value.upper():
        raise GraphQLError(f"a DateTime is a text such as {EXAMPLE}")
    try:
        instant = datetime.fromisoformat(value)
        if instant.tzinfo is None:
            raise GraphQLError(f"a DateTime needs an offset, as in {EXAMPLE}")
        instant = instant.astimezone(UTC)
    except (ValueError, OverflowError):
        raise GraphQLError(f"a DateTime is a real instant such as {EXAMPLE}") from None
    return instant.replace(microsecond=instant.microsecond // 1000 * 1000)


def print_instant(value: datetime) -> str:
    """An aware datetime as RFC 3339 in UTC with milliseconds."""
    return value.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


SCALARS: dict[object, ScalarDefinition] = {
    datetime: strawberry.scalar(
        name="DateTime",
        description=f"An instant: RFC 3339 with an offset, such as {EXAMPLE}; always answered in UTC with milliseconds.",
        serialize=print_instant,
        parse_value=parse_instant,
    ),
}
