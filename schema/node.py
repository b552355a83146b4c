"""Objects that can be asked for again by id alone: `Node`, and how ids name a type and an object."""

import strawberry

from schema.scalars import ID
from schema.tokens import content_of, token


@strawberry.interface(description="An object that `node` finds by its id.")
class Node:
    id: ID = strawberry.field(description="Opaque id, unique over all types.")


def global_id(type_name: str, key: str) -> str:
    """The id of an object as clients see it."""
    return token(f"1:{type_name}:{key}".encode())


def parsed_id(id: str) -> tuple[str, str] | None:
    """Type name and key of an id; None if it is none."""
    try:
        version, type_name, key = content_of(id).decode("ascii").split(":")
    except ValueError:
        return None
    return (type_name, key) if version == "1" else None


def key_of(type_name: str, id: str) -> str | None:
    """The key in an id of that type; None if it is no id or one of another type."""
    parsed = parsed_id(id)
    return parsed[1] if parsed is not None and parsed[0] == type_name else None
