"""The part of the builder that makes Assets: schemas, object types, attributes and objects.

b.assets.type("Hardware", abstract=True)
b.assets.type("Laptop", parent="Hardware")
b.assets.object("Laptop", "LT-1", {"Site": ["Berlin", "Paris"], "Owner": b.user("ann")})
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import cast

from demo.asset_model import (
    AssetAttribute,
    AssetObject,
    AssetSchema,
    AssetsData,
    AssetStatus,
    AssetType,
    AssetValue,
    AttributeKind,
)
from demo.build_values import Instant, millis
from demo.reference import User

Said = AssetValue | datetime
Values = Mapping[str, Said | Sequence[Said]]

SYSTEM = (
    ("Key", AttributeKind.TEXT),
    ("Name", AttributeKind.TEXT),
    ("Created", AttributeKind.DATETIME),
    ("Updated", AttributeKind.DATETIME),
)
STATUSES = {"In use": 1, "In stock": 2, "In repair": 2, "Retired": 0}


class AssetsBuilder:
    """Collects Assets; the site has them once anything was said here."""

    workspace_id = "b0a5e7c1-0000-4000-8000-a55e75000001"

    def __init__(self, *, now: int) -> None:
        self._now = now
        self._enabled = False
        self._data = AssetsData(self.workspace_id)
        self._schemas: dict[str, AssetSchema] = {}
        self._types: dict[tuple[str, str], AssetType] = {}
        self._attributes: dict[tuple[AssetType, str], AssetAttribute] = {}
        self._statuses: dict[str, AssetStatus] = {}
        self._labels: dict[str, AssetObject] = {}
        self._numbers: dict[str, int] = {}

    def enable(self) -> None:
        """The site has Assets, if with nothing in them."""
        self._enabled = True

    def data(self) -> AssetsData | None:
        """What was collected so far (the builder may go on); None if nothing was said."""
        if not self._enabled:
            return None
        kept = self._data
        return AssetsData(
            kept.workspace_id, list(kept.schemas), list(kept.types), list(kept.attributes), list(kept.objects)
        )

    def schema(self, name: str, *, key: str | None = None) -> AssetSchema:
        """The schema of that name; the first one made is that of types which name none."""
        self.enable()
        if name not in self._schemas:
            made = self._schemas[name] = AssetSchema(str(len(self._schemas) + 1), name, key or name.upper())
            self._data.schemas.append(made)
        return self._schemas[name]

    def _schema(self, name: str | None) -> AssetSchema:
        return self.schema(name or next(iter(self._schemas), "ITSM"))

    def type(
        self, name: str, *, parent: str | None = None, abstract: bool = False, schema: str | None = None
    ) -> AssetType:
        """The object type of that name in a schema. One without a parent is a root, with the attributes that all objects have."""
        home = self._schema(schema)
        if (home.id, name) not in self._types:
            above = None if parent is None else self.type(parent, schema=home.name)
            made = AssetType(str(len(self._types) + 1), name, home, above, abstract)
            self._types[home.id, name] = made
            self._data.types.append(made)
            if above is None:
                for title, kind in SYSTEM:
                    self._make_attribute(made, title, kind, system=True)
        return self._types[home.id, name]

    def attribute(
        self, type_: str | AssetType, name: str, *, kind: str = "text", refers_to: str | None = None
    ) -> AssetAttribute:
        """The attribute of that name which a type has or inherits, else a new one of the type. `kind`: see AttributeKind."""
        owner = self.type(type_) if isinstance(type_, str) else type_
        for one in owner.line():
            if (one, name) in self._attributes:
                return self._attributes[one, name]
        target = None if refers_to is None else self.type(refers_to, schema=owner.schema.name)
        return self._make_attribute(owner, name, AttributeKind[kind.upper()], target)

    def _make_attribute(
        self,
        owner: AssetType,
        name: str,
        kind: AttributeKind,
        refers_to: AssetType | None = None,
        *,
        system: bool = False,
    ) -> AssetAttribute:
        made = AssetAttribute(str(len(self._attributes) + 1), name, owner, kind, refers_to, system)
        self._attributes[owner, name] = made
        self._data.attributes.append(made)
        return made

    def status(self, name: str, category: int | None = None) -> AssetStatus:
        """The status of that name; category 0 inactive, 1 active (as an unknown one), 2 pending."""
        if name not in self._statuses:
            shown = STATUSES.get(name, 1) if category is None else category
            self._statuses[name] = AssetStatus(str(len(self._statuses) + 1), name, shown)
        return self._statuses[name]

    def object(
        self,
        type_: str | AssetType,
        label: str | None,
        values: Values | None = None,
        *,
        created: Instant | None = None,
        updated: Instant | None = None,
        restricted: bool = False,
    ) -> AssetObject:
        """Add an object. An attribute not known yet becomes one of the root type, of the kind of its value.

        A list gives an attribute several values, an empty one none. ValueError for an object of an abstract type.
        """
        kind = self.type(type_) if isinstance(type_, str) else type_
        if kind.abstract:
            raise ValueError(f"{kind.name} is abstract")
        number = self._numbers.get(kind.schema.key, 0) + 1
        self._numbers[kind.schema.key] = number
        born = self._now if created is None else millis(created)
        made = AssetObject(
            id=len(self._data.objects) + 1,
            key=f"{kind.schema.key}-{number}",
            label=label,
            type=kind,
            created=born,
            updated=born if updated is None else millis(updated),
            values=self._values(kind, values or {}),
            restricted=restricted,
        )
        self._data.objects.append(made)
        if label is not None:
            self._labels.setdefault(label, made)
        return made

    def labelled(self, label: str) -> AssetObject:
        """The first object of that name; KeyError if there is none."""
        return self._labels[label]

    def _values(self, type_: AssetType, said: Values) -> dict[str, tuple[AssetValue, ...]]:
        found: dict[str, tuple[AssetValue, ...]] = {}
        for name, value in said.items():
            several = cast("Sequence[Said]", value if isinstance(value, list | tuple) else [value])
            attribute = self._attribute_for(type_, name, several)
            found[attribute.id] = tuple(self._value(attribute, one) for one in several)
        return found

    def _attribute_for(self, type_: AssetType, name: str, values: Sequence[Said]) -> AssetAttribute:
        for one in type_.line():
            if (one, name) in self._attributes:
                return self._attributes[one, name]
        kind = _kind_of(values[0]) if values else AttributeKind.TEXT
        if name == "Status" and kind is AttributeKind.TEXT:
            kind = AttributeKind.STATUS
        target = values[0].type if values and isinstance(values[0], AssetObject) else None
        return self._make_attribute(type_.line()[-1], name, kind, target)

    def _value(self, attribute: AssetAttribute, said: Said) -> AssetValue:
        if attribute.kind is AttributeKind.STATUS and isinstance(said, str):
            return self.status(said)
        if attribute.kind is AttributeKind.REFERENCE and isinstance(said, str):
            return self.labelled(said)
        if attribute.kind is AttributeKind.DATE and isinstance(said, str):
            return date.fromisoformat(said)
        if attribute.kind is AttributeKind.DATETIME and isinstance(said, datetime | str):
            return millis(said)
        return said


def _kind_of(value: object) -> AttributeKind:
    """The kind of attribute that such a value suggests."""
    kinds: tuple[tuple[type, AttributeKind], ...] = (
        (bool, AttributeKind.BOOLEAN),
        (int, AttributeKind.INTEGER),
        (float, AttributeKind.DOUBLE),
        (datetime, AttributeKind.DATETIME),
        (date, AttributeKind.DATE),
        (User, AttributeKind.USER),
        (AssetObject, AttributeKind.REFERENCE),
        (AssetStatus, AttributeKind.STATUS),
    )
    return next((kind for type_, kind in kinds if isinstance(value, type_)), AttributeKind.TEXT)
