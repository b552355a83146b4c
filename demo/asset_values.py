"""Assets' schemas, types, attributes and objects in the JSON shapes of its REST API v1.

Ids are strings, but for `parentObjectTypeId`, which is a number there; instants are UTC.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable
from datetime import UTC, date, datetime
from functools import cached_property
from zoneinfo import ZoneInfo

from demo.aql_search import value_texts
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
from demo.dates import local
from demo.reference import User

Json = dict[str, object]
_BEGINNING = 1_577_836_800_000  # when schemas and types were made


class AssetShapes:
    """Encodes Assets as reached under `base`, with display values in `zone`. `tree_counts`: parents count their children's objects."""

    def __init__(self, data: AssetsData, base: str, zone: ZoneInfo, *, tree_counts: bool = False) -> None:
        self._data = data
        self._base = base
        self._zone = zone
        self._tree_counts = tree_counts
        self._attributes: dict[AssetType, list[AssetAttribute]] = {}

    @cached_property
    def _direct(self) -> Counter[AssetType]:
        return Counter(one.type for one in self._data.visible())

    def _place(self, id_: str) -> Json:
        workspace = self._data.workspace_id
        return {"workspaceId": workspace, "globalId": f"{workspace}:{id_}", "id": id_}

    def schema(self, schema: AssetSchema) -> Json:
        """An object schema."""
        types = [one for one in self._data.types if one.schema is schema]
        return self._place(schema.id) | {
            "name": schema.name,
            "objectSchemaKey": schema.key,
            "description": "",
            "status": "Ok",
            "created": instant(_BEGINNING),
            "updated": instant(_BEGINNING),
            "objectCount": sum(self._direct[one] for one in types),
            "objectTypeCount": len(types),
            "canManage": False,
        }

    def type(self, type_: AssetType, *, counts: bool = True) -> Json:
        """An object type; without `counts` it says that it has no objects."""
        counted = self._data.below(type_) if self._tree_counts and counts else [type_]
        shape = self._place(type_.id) | {
            "name": type_.name,
            "type": 0,
            "description": "",
            "icon": {
                "id": "1",
                "name": "Box",
                "url16": f"{self._base}/icon/16.png",
                "url48": f"{self._base}/icon/48.png",
            },
            "position": int(type_.id) - 1,
            "created": instant(_BEGINNING),
            "updated": instant(_BEGINNING),
            "objectCount": sum(self._direct[one] for one in counted) if counts else 0,
            "objectSchemaId": type_.schema.id,
            "inherited": True,
            "abstractObjectType": type_.abstract,
            "parentObjectTypeInherited": type_.parent is not None,
        }
        if type_.parent is not None:
            shape["parentObjectTypeId"] = int(type_.parent.id)
        return shape

    def attributes_of(self, type_: AssetType) -> list[AssetAttribute]:
        """The attributes of a type, inherited ones first."""
        if type_ not in self._attributes:
            self._attributes[type_] = self._data.attributes_of(type_)
        return self._attributes[type_]

    def attribute(self, attribute: AssetAttribute, position: int) -> Json:
        """An attribute of a type."""
        number, default, name = attribute.kind.value
        shape = self._place(attribute.id) | {
            "name": attribute.name,
            "label": attribute.system and attribute.name == "Name",
            "type": number,
            "editable": not attribute.system or attribute.name == "Name",
            "system": attribute.system and attribute.name != "Name",
            "indexed": True,
            "sortable": True,
            "summable": False,
            "minimumCardinality": int(attribute.system),
            "maximumCardinality": 1 if attribute.system else -1,
            "removable": not attribute.system,
            "hidden": False,
            "includeChildObjectTypes": False,
            "uniqueAttribute": False,
            "options": self._options(attribute),
            "position": position,
        }
        if number == 0:
            shape["defaultType"] = {"id": default, "name": name}
        if attribute.refers_to is not None:
            shape["referenceObjectTypeId"] = attribute.refers_to.id
            shape["referenceObjectType"] = self.type(attribute.refers_to, counts=False)
            shape["referenceType"] = self._place("1") | {"name": "Reference", "removable": False}
        return shape

    def _options(self, attribute: AssetAttribute) -> str:
        """The options of a select, joined by commas: those that are in use."""
        if attribute.kind is not AttributeKind.SELECT:
            return ""
        used = {str(value) for one in self._data.objects for value in one.values.get(attribute.id, ())}
        return ",".join(sorted(used))

    def attributes_of_types(self, types: Iterable[AssetType]) -> list[Json]:
        """The attributes of several types, each once."""
        found: dict[AssetAttribute, int] = {}
        for type_ in types:
            for position, one in enumerate(self.attributes_of(type_)):
                found.setdefault(one, position)
        return [self.attribute(one, position) for one, position in found.items()]

    # -- objects

    def object(self, thing: AssetObject, *, attributes: bool) -> Json:
        """An object, its attributes named by id only."""
        api = f"{self._base}/jsm/assets/workspace/{self._data.workspace_id}/v1"
        shape = self._place(str(thing.id)) | {
            "label": thing.label or "",
            "objectKey": thing.key,
            "avatar": self._avatar(thing),
            "objectType": self.type(thing.type, counts=False),
            "created": instant(thing.created),
            "updated": instant(thing.updated),
            "hasAvatar": False,
            "timestamp": thing.updated,
            "_links": {"self": f"{api}/object/{thing.id}"},
        }
        if attributes:
            shape["attributes"] = list(self._values(thing))
        return shape

    def _avatar(self, thing: AssetObject) -> Json:
        urls = {f"url{size}": f"{self._base}/icon/{size}.png" for size in (16, 48, 72, 144, 288)}
        return self._place("1") | urls | {"objectId": str(thing.id)}

    def _values(self, thing: AssetObject) -> Iterable[Json]:
        """Attributes that the object has; one that was emptied is there without values."""
        system: dict[str, Collection[AssetValue]] = {
            "Key": (thing.key,),
            "Name": () if thing.label is None else (thing.label,),
            "Created": (thing.created,),
            "Updated": (thing.updated,),
        }
        for attribute in self.attributes_of(thing.type):
            values = system[attribute.name] if attribute.system else thing.values.get(attribute.id)
            if values is None or (attribute.system and not values):
                continue
            yield self._place(f"{thing.id * 1000 + int(attribute.id)}") | {
                "objectTypeAttributeId": attribute.id,
                "objectAttributeValues": [self._value(attribute, one) for one in values],
            }

    def _value(self, attribute: AssetAttribute, value: AssetValue) -> Json:
        if isinstance(value, User):
            person = {
                "avatarUrl": f"{self._base}/avatar/48.png",
                "displayName": value.display_name,
                "name": value.display_name,
                "key": value.account_id,
                "emailAddress": value.email or "",
                "isDeleted": not value.active,
            }
            return {"user": person, "displayValue": value.display_name, "searchValue": value.account_id}
        if isinstance(value, AssetStatus):
            status = {"id": value.id, "name": value.name, "category": value.category}
            return {"status": status, "displayValue": value.name, "searchValue": value.id}
        if isinstance(value, AssetObject):
            return {
                "referencedObject": self.object(value, attributes=False),
                "displayValue": value.label or "",
                "searchValue": value.key,
            }
        return self._plain(attribute, value)

    def _plain(self, attribute: AssetAttribute, value: str | float | date) -> Json:
        if attribute.kind is AttributeKind.DATETIME and isinstance(value, int):
            text = instant(value)
            return {"value": text, "displayValue": f"{local(value, self._zone):%d/%b/%y %H:%M}", "searchValue": text}
        text = value_texts(value)[0]
        shown = f"{value:%d/%b/%y}" if isinstance(value, date) else text
        return {"value": text, "displayValue": shown, "searchValue": text}


def instant(ms: int) -> str:
    """`2026-07-06T09:02:13.432Z`."""
    return f"{datetime.fromtimestamp(ms // 1000, UTC):%Y-%m-%dT%H:%M:%S}.{ms % 1000:03d}Z"
