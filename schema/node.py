"""Objects that can be asked for again by id alone: `Node`, and how ids name a type and an object."""

import base64
import binascii

import strawberry

from schema.scalars import ID


@strawberry.interface(description="An object that `node` finds by its id.")
class Node:
    id: ID = strawberry.field(description="Opaque id, unique over all types.")


def global_id(type_name: str, key: str) -> str:
    """The id of an object as clients see it."""
    return base64.urlsafe_b64encode(f"1:{type_name}:{key}".encode()).decode().rstrip("=")


def parsed_id(token: str) -> tuple[str, str] | None:
    """Type name and key of an id; None if it is none."""
    try:
        padded = token.encode("ascii") + b"=" * (-len(token) % 4)
        version, type_name, key = base64.b64decode(padded, altchars=b"-_", validate=True).decode("ascii").split(":")
    except (binascii.Error, UnicodeError, ValueError):
        return None
    # An id has one spelling: others that decode to the same would be other keys in a client's cache.
    if version != "1" or global_id(type_name, key) != token.rstrip("="):
        return None
    return type_name, key


def key_of(type_name: str, token: str) -> str | None:
    """The key in an id of that type; None if it is no id or one of another type."""
    parsed = parsed_id(token)
    return parsed[1] if parsed is not None and parsed[0] == type_name else None
