"""What Assets holds, as plain data: schemas, object types, attributes and objects.

A type inherits the attributes of its parents. Instants are epoch milliseconds UTC.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import Enum

from demo.reference import User


class AttributeKind(Enum):
    """Kinds of attributes: (type, id of the default type, its name); the default type is of type 0 only."""

    TEXT = (0, 0, "Text")
    INTEGER = (0, 1, "Integer")
    BOOLEAN = (0, 2, "Boolean")
    DOUBLE = (0, 3, "Double")
    DATE = (0, 4, "Date")
    DATETIME = (0, 6, "DateTime")
    URL = (0, 7, "Url")
    EMAIL = (0, 8, "Email")
    TEXTAREA = (0, 9, "Textarea")
    SELECT = (0, 10, "Select")
    REFERENCE = (1, -1, "")
    USER = (2, -1, "")
    STATUS = (7, -1, "")


@dataclass(frozen=True, slots=True, eq=False)
class AssetSchema:
    """An object schema."""

    id: str
    name: str
    key: str


@dataclass(frozen=True, slots=True, eq=False)
class AssetType:
    """An object type; an abstract one holds no objects itself."""

    id: str
    name: str
    schema: AssetSchema
    parent: AssetType | None = None
    abstract: bool = False

    def line(self) -> list[AssetType]:
        """The type itself, its parent and so on up to the root."""
        found = [self]
        while found[-1].parent is not None:
            found.append(found[-1].parent)
        return found


@dataclass(frozen=True, slots=True, eq=False)
class AssetAttribute:
    """An attribute of a type and of all types below it. `system`: Key, Name, Created or Updated, which every object has."""

    id: str
    name: str
    owner: AssetType
    kind: AttributeKind
    refers_to: AssetType | None = None
    system: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class AssetStatus:
    """A status of objects; category 0 inactive, 1 active, 2 pending."""

    id: str
    name: str
    category: int


@dataclass(frozen=True, slots=True, eq=False)
class AssetObject:
    """An object; `values` by attribute id. `label` None = it has no name. `restricted`: the reading account may not see it."""

    id: int
    key: str
    label: str | None
    type: AssetType
    created: int
    updated: int
    values: Mapping[str, tuple[AssetValue, ...]]
    restricted: bool = False


AssetValue = str | int | float | bool | date | User | AssetStatus | AssetObject
"""An instant (DATETIME) is an int, epoch milliseconds."""


@dataclass(slots=True, eq=False)
class AssetsData:
    """All of Assets on one site."""

    workspace_id: str
    schemas: list[AssetSchema] = field(default_factory=list)
    types: list[AssetType] = field(default_factory=list)
    attributes: list[AssetAttribute] = field(default_factory=list)
    objects: list[AssetObject] = field(default_factory=list)

    def attributes_of(self, type_: AssetType) -> list[AssetAttribute]:
        """The type's attributes, inherited ones first."""
        depth = {one: number for number, one in enumerate(reversed(type_.line()))}
        mine = [one for one in self.attributes if one.owner in depth]
        return sorted(mine, key=lambda one: depth[one.owner])

    def below(self, type_: AssetType) -> list[AssetType]:
        """The type and every type below it."""
        return [one for one in self.types if type_ in one.line()]

    def visible(self) -> list[AssetObject]:
        """The objects that the reading account sees."""
        return [one for one in self.objects if not one.restricted]
