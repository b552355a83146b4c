"""The calls to Assets: schemas, object types, attributes and objects by AQL.

Every method charges its `meter` and raises the errors of connectors.errors. Where the site has no Assets, all but
`workspace` raise AccessRefused. Ids are texts, although Atlassian writes some of them as numbers.
"""

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated, Final

import msgspec

from connectors.endpoints import (
    ASSET_ATTRIBUTES,
    ASSET_COUNT,
    ASSET_OBJECTS,
    ASSET_SCHEMAS,
    ASSET_TYPES,
    ASSETS_WORKSPACE,
)
from connectors.errors import AccessRefused, GaveUp, QueryRefused, Unavailable
from connectors.http import Atlassian, Meter, Query
from connectors.paging import Pages

_SCHEMAS_PER_PAGE: Final = 100
_OBJECTS_PER_PAGE: Final = 200
_MOST_PER_PAGE: Final = 999  # from 1000 on, Assets was known to call every page the last

_Id = str | int
_Text = str | int | float | bool | None
_Natural = Annotated[int, msgspec.Meta(ge=0)]


class AssetSchema(msgspec.Struct, frozen=True):
    """An object schema, with the numbers of its objects and object types."""

    id: str
    name: str
    key: str
    object_count: int
    object_type_count: int


class AssetType(msgspec.Struct, frozen=True):
    """An object type. `abstract` ones may hold no objects themselves.

    Whether `object_count` includes the objects of child types is not documented.
    """

    id: str
    name: str
    schema_id: str
    parent_id: str | None
    abstract: bool
    object_count: int


class AssetAttribute(msgspec.Struct, frozen=True):
    """An attribute of an object type.

    `type` is Assets' number of its kind: 0 default, 1 reference, 2 user, 4 group, 7 status, and more exist.
    `default_type` names the kind of a default one, such as `Text`, `Integer`, `Date`, `Select`.
    """

    id: str
    name: str
    type: int
    default_type: str | None


class AttributeValue(msgspec.Struct, frozen=True):
    """One value of an attribute.

    `value` is the text of a plain value, or the name of the group, status or referenced object, which last two have
    their ids. A user has only `user_id`, an account id; where Assets tells none (a user gone), it is None.
    """

    value: str | None = None
    reference_id: str | None = None
    user_id: str | None = None
    status_id: str | None = None
    is_user: bool = False


class AssetObject(msgspec.Struct, frozen=True):
    """An object; `label` is None where it has no name. `attributes` are values by the attribute's id."""

    id: str
    label: str | None
    key: str
    type_id: str
    attributes: dict[str, list[AttributeValue]] = {}


class ObjectPage(msgspec.Struct, frozen=True):
    """A page of objects, and the names of the attributes in it by their ids, as far as Assets tells them."""

    objects: list[AssetObject]
    attribute_names: dict[str, str]


class _Workspace(msgspec.Struct, rename="camel"):
    workspace_id: str


class _Workspaces(msgspec.Struct):
    values: list[_Workspace]


class _Schema(msgspec.Struct, rename="camel"):
    id: _Id
    name: str
    object_schema_key: str
    object_count: _Natural
    object_type_count: _Natural


class _Schemas(msgspec.Struct, rename="camel"):
    values: list[_Schema]
    start_at: _Natural | None = None
    total: _Natural | None = None


class _Type(msgspec.Struct, rename="camel"):
    id: _Id
    name: str
    object_schema_id: _Id
    abstract_object_type: bool
    object_count: _Natural
    parent_object_type_id: _Id | None = None


class _DefaultType(msgspec.Struct):
    name: str


class _Attribute(msgspec.Struct, rename="camel"):
    id: _Id
    name: str = ""
    type: int = 0
    default_type: _DefaultType | None = None


class _Reference(msgspec.Struct):
    id: _Id
    label: str | None = None


class _User(msgspec.Struct, rename="camel"):
    account_id: str | None = None
    key: str | None = None


class _Group(msgspec.Struct):
    name: str


class _Status(msgspec.Struct):
    id: _Id
    name: str


class _Value(msgspec.Struct, rename="camel"):
    value: _Text = None
    display_value: _Text = None
    referenced_object: _Reference | None = None
    user: _User | None = None
    group: _Group | None = None
    status: _Status | None = None


class _ObjectAttribute(msgspec.Struct, rename="camel"):
    object_type_attribute_id: _Id
    object_attribute_values: list[_Value]


class _TypeOfObject(msgspec.Struct):
    id: _Id


class _Object(msgspec.Struct, rename="camel"):
    id: _Id
    object_key: str
    object_type: _TypeOfObject
    label: str | None = None
    attributes: list[_ObjectAttribute] = []


class _Objects(msgspec.Struct, rename="camel"):
    values: list[_Object]
    is_last: bool
    start_at: _Natural | None = None
    object_type_attributes: list[_Attribute] = []


class _TotalCount(msgspec.Struct, rename="camel"):
    total_count: _Natural


class Assets:
    """Assets' part of one site, as seen by one account. Keeps the id of the site's workspace."""

    def __init__(self, atlassian: Atlassian) -> None:
        self._atlassian = atlassian
        self._workspace: str | None = None
        self._asking = asyncio.Lock()

    async def workspace(self, *, meter: Meter) -> str | None:
        """The id of the site's one workspace, None where the site has no Assets; asked until there is one."""
        async with self._asking:
            if self._workspace is None:
                self._workspace = await self._asked_workspace(meter)
            return self._workspace

    async def _asked_workspace(self, meter: Meter) -> str | None:
        try:
            found = await self._atlassian.send(ASSETS_WORKSPACE, _Workspaces, meter=meter)
        except GaveUp as error:
            if error.status == 404:  # a site without Jira Service Management
                return None
            raise
        return found.values[0].workspace_id if found.values else None

    async def _path(self, meter: Meter, **ids: str) -> dict[str, str]:
        workspace = await self.workspace(meter=meter)
        if workspace is None:
            raise AccessRefused("The site has no Assets; they come with a larger plan of JSM.", credential=False)
        return {"workspaceId": workspace, **ids}

    async def schemas(self, *, meter: Meter) -> AsyncIterator[list[AssetSchema]]:
        """The object schemas that the account sees, page by page."""
        path = await self._path(meter)
        pages = Pages[_Schema]("asset schemas", _id)
        start = 0
        while True:
            query: Query = {"startAt": start, "maxResults": _SCHEMAS_PER_PAGE, "includeCounts": "true"}
            page = await self._atlassian.send(ASSET_SCHEMAS, _Schemas, meter=meter, path=path, query=query)
            start += len(page.values)
            last = not page.values or (page.total is not None and start >= page.total)
            if fresh := pages.fresh(page.values, start=page.start_at, last=last):
                yield [_schema(one) for one in fresh]
            if last:
                return

    async def object_types(self, schema_id: str, *, meter: Meter) -> list[AssetType]:
        """All object types of a schema with their counts; GaveUp with status 404 for an unknown schema."""
        found = await self._atlassian.send(
            ASSET_TYPES,
            list[_Type],
            meter=meter,
            path=await self._path(meter, id=schema_id),
            query={"includeObjectCounts": "true"},
        )
        return [_type(one) for one in found]

    async def attributes(self, type_id: str, *, meter: Meter) -> list[AssetAttribute]:
        """The attributes of an object type, inherited ones included; GaveUp with status 404 for an unknown type."""
        path = await self._path(meter, id=type_id)
        found = await self._atlassian.send(ASSET_ATTRIBUTES, list[_Attribute], meter=meter, path=path)
        return [_attribute(one) for one in found]

    async def total_count(self, aql: str, *, meter: Meter) -> int:
        """How many objects match; may take Assets long. Raises QueryRefused with Assets' messages."""
        path = await self._path(meter)
        counted = await self._atlassian.send(ASSET_COUNT, _TotalCount, meter=meter, path=path, body={"qlQuery": aql})
        return counted.total_count

    async def objects(
        self, aql: str, with_attributes: bool, *, meter: Meter, page_size: int = _OBJECTS_PER_PAGE
    ) -> AsyncIterator[ObjectPage]:
        """The objects that match, page by page, none of them empty, each object once.

        `page_size` is at most 999. Raises QueryRefused with Assets' messages, and Unavailable where the pages do
        not advance. Without attributes only the scope for objects is needed.
        """
        path = await self._path(meter)
        pages = Pages[_Object]("asset objects", _id)
        start = 0
        while True:
            query: Query = {
                "startAt": start,
                "maxResults": min(page_size, _MOST_PER_PAGE),
                "includeAttributes": "true" if with_attributes else "false",
            }
            page = await self._page(aql, path, query, meter)
            if fresh := pages.fresh(page.values, start=page.start_at, last=page.is_last):
                yield ObjectPage([_object(one) for one in fresh], _names(page.object_type_attributes))
            if page.is_last:
                return
            start += len(page.values)

    async def _page(self, aql: str, path: dict[str, str], query: Query, meter: Meter) -> _Objects:
        try:
            return await self._atlassian.send(
                ASSET_OBJECTS,
                _Objects,
                meter=meter,
                path=path,
                query=query,
                body={"qlQuery": aql},
                objects=lambda page: len(page.values),
            )
        except (QueryRefused, GaveUp) as error:
            refused = isinstance(error, QueryRefused) or error.status == 400
            if refused and query["startAt"]:  # the same query was fine for the first page
                raise Unavailable("Assets refused a later page of a query.") from None
            raise
        except AccessRefused as error:
            if query["includeAttributes"] == "false":
                raise
            more = f" Attributes also want the scope {ASSET_ATTRIBUTES.scope}."
            raise AccessRefused(error.message + more, credential=error.credential) from None


def _id(item: _Schema | _Object) -> str:
    return str(item.id)


def _schema(schema: _Schema) -> AssetSchema:
    return AssetSchema(
        str(schema.id), schema.name, schema.object_schema_key, schema.object_count, schema.object_type_count
    )


def _type(kind: _Type) -> AssetType:
    parent = kind.parent_object_type_id
    return AssetType(
        str(kind.id),
        kind.name,
        str(kind.object_schema_id),
        None if parent is None else str(parent),
        kind.abstract_object_type,
        kind.object_count,
    )


def _attribute(attribute: _Attribute) -> AssetAttribute:
    default = attribute.default_type
    return AssetAttribute(str(attribute.id), attribute.name, attribute.type, default.name if default else None)


def _names(attributes: list[_Attribute]) -> dict[str, str]:
    return {str(attribute.id): attribute.name for attribute in attributes if attribute.name}


def _object(found: _Object) -> AssetObject:
    attributes = {
        str(attribute.object_type_attribute_id): [_value(value) for value in attribute.object_attribute_values]
        for attribute in found.attributes
    }
    return AssetObject(str(found.id), found.label or None, found.object_key, str(found.object_type.id), attributes)


def _value(value: _Value) -> AttributeValue:
    """A user's shown value is the name of a person, so it is not kept."""
    if value.user is not None:
        return AttributeValue(user_id=value.user.account_id or value.user.key or None, is_user=True)
    if value.referenced_object is not None:
        return AttributeValue(value.referenced_object.label, reference_id=str(value.referenced_object.id))
    if value.status is not None:
        return AttributeValue(value.status.name, status_id=str(value.status.id))
    if value.group is not None:
        return AttributeValue(value.group.name)
    return AttributeValue(_text(value.display_value if value.value is None else value.value))


def _text(value: _Text) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return str(value).lower() if isinstance(value, bool) else str(value)
