"""Output types of saved inputs: what a mutation took comes back in the same shape, since GraphQL has no type for both ways."""

from functools import cache
from typing import Any

import strawberry
from strawberry import UNSET
from strawberry.types.base import StrawberryList, StrawberryObjectDefinition, StrawberryOptional
from strawberry.types.enum import StrawberryEnumDefinition
from strawberry.types.field import StrawberryField


def definition_of(input_type: type[Any]) -> StrawberryObjectDefinition:
    """What Strawberry knows of an input type."""
    definition: StrawberryObjectDefinition = input_type.__strawberry_definition__
    return definition


@cache
def stored(input_type: type[Any], name: str | None = None) -> type[Any]:
    """The output type of an input type, `Stored…` if not named: the same fields, resolved from an instance of the input."""
    definition = definition_of(input_type)
    fields = {field.python_name: _field(field) for field in definition.fields}
    annotations = {field.python_name: _output(field.type) for field in definition.fields}
    name = name or f"Stored{definition.name.removesuffix('Input')}"
    made = type(name, (), {"__annotations__": annotations, **fields})
    description = f"`{definition.name}` as it was saved. {definition.description or ''}".rstrip()
    return strawberry.type(made, name=name, description=description)


def _field(field: StrawberryField) -> Any:
    name = field.python_name

    def resolve(root: strawberry.Parent[Any]) -> Any:
        value = getattr(root, name)
        return None if value is UNSET else value

    resolve.__annotations__ = {"root": strawberry.Parent[Any], "return": _output(field.type)}  # type: ignore[misc]
    return strawberry.field(resolver=resolve, name=field.graphql_name, description=field.description)


def _output(kind: object) -> Any:
    """The Python annotation of an input's type, with inputs replaced by their output types."""
    match kind:
        case StrawberryOptional():
            return _output(kind.of_type) | None
        case StrawberryList():
            return list[_output(kind.of_type)]  # type: ignore[misc]
        case StrawberryEnumDefinition():
            return kind.wrapped_cls
        case type() if hasattr(kind, "__strawberry_definition__"):
            return stored(kind)
    return kind
