"""Reads Assets: its schemas and types with their counts, and the objects that a query finds with the values of one attribute."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum

from connectors.assets import AssetObject, AssetSchema, AssetType, AttributeValue, ObjectPage
from connectors.errors import GaveUp
from connectors.http import Meter
from resolvers.cache import Kind, packed
from resolvers.lists import Dated, Found, Listed, listed, together
from resolvers.site import SiteReader, whole
from schema import reference
from schema.errors import ApiError, Code, bad_input

LARGEST_BATCH = 999
"""Objects asked for by id in one query."""
_ID = re.compile(r"[1-9][0-9]{0,18}")

SCHEMAS: Kind[Listed[tuple[AssetSchema, ...]]] = listed("asset schemas", tuple[AssetSchema, ...])
TYPES: Kind[Listed[tuple[AssetType, ...]]] = listed("asset types", tuple[AssetType, ...])
COUNT: Kind[Listed[int]] = listed("asset count", int)


def shown_schema(schema: AssetSchema) -> reference.AssetSchema:
    """As the API shows it."""
    return reference.AssetSchema(id=schema.id, name=schema.name, key=schema.key)


def shown_type(kind: AssetType) -> reference.AssetType:
    """As the API shows it."""
    return reference.AssetType(
        id=kind.id,
        name=kind.name,
        schema_id=kind.schema_id,
        parent_id=kind.parent_id,
        abstract=kind.abstract,
    )


async def schemas(site: SiteReader, meter: Meter, max_age_seconds: int | None = None) -> Found[tuple[AssetSchema, ...]]:
    """All object schemas."""
    load = whole(site.assets.schemas)
    return await site.lists.get(SCHEMAS, (), load, meter=meter, max_age_seconds=max_age_seconds)


async def types(site: SiteReader, schema: str | None, meter: Meter) -> Found[tuple[AssetType, ...]]:
    """The object types of a schema, or of all. Raises ApiError (BAD_USER_INPUT) for an unknown schema."""
    _check_schema(schema)

    async def load(spent: Meter) -> tuple[AssetType, ...]:
        return (await _read_types(site, schema, spent))[1]

    return await site.lists.get(TYPES, (schema or "",), load, meter=meter)


def _check_schema(schema: str | None) -> None:
    if schema is not None and not _ID.fullmatch(schema):
        raise _unknown(schema)


def _unknown(schema: str) -> ApiError:
    wrong = f"the reading account sees no object schema {schema[:40]!r}"
    return bad_input("schema", wrong, "an id listed by `site.assetSchemas`")


async def _read_types(
    site: SiteReader, schema: str | None, meter: Meter
) -> tuple[tuple[AssetSchema, ...], tuple[AssetType, ...]]:
    """The schemas, where all are asked for, and their types, each once."""
    if schema is not None:
        try:
            return (), _once(await site.assets.object_types(schema, meter=meter))
        except GaveUp as error:
            if error.status == 404:
                raise _unknown(schema) from None
            raise
    known = await whole(site.assets.schemas)(meter)

    async def of_one(schema_id: str) -> list[AssetType]:
        try:
            return await site.assets.object_types(schema_id, meter=meter)
        except GaveUp as error:
            if error.status == 404:  # deleted meanwhile
                return []
            raise

    found = await together(of_one(one.id) for one in known)
    return known, _once(kind for kinds in found for kind in kinds)


def _once(found: Iterable[AssetType]) -> tuple[AssetType, ...]:
    return tuple({one.id: one for one in found}.values())


# -- counts by type


class ApiCounts(Enum):
    """What Assets' own count of a type that has types below it turned out to be."""

    DIRECT = "of just that type"
    INCLUSIVE = "with the objects of the types below it"
    NEITHER = "neither, since something changed meanwhile: parents were counted one by one"


@dataclass(frozen=True, slots=True)
class TypeCounts:
    """Object types with the number of objects of just each type."""

    schemas: tuple[AssetSchema, ...]
    types: tuple[AssetType, ...]
    direct: Mapping[str, int]
    api: ApiCounts

    def inclusive(self) -> dict[str, int]:
        """The objects of each type and of all types below it."""
        parents = {one.id: one.parent_id for one in self.types}
        found = dict.fromkeys(parents, 0)
        for one, count in self.direct.items():
            above: str | None = one
            seen: set[str] = set()  # a type above itself would be a fault, but is no reason to hang
            while above in found and above not in seen:
                found[above] += count
                seen.add(above)
                above = parents[above]
        return found


TYPE_COUNTS: Kind[Listed[TypeCounts]] = listed("asset type counts", TypeCounts)


async def type_counts(
    site: SiteReader, schema: str | None, meter: Meter, max_age_seconds: int | None
) -> Found[TypeCounts]:
    """The counts of a schema, or of all. Raises ApiError (BAD_USER_INPUT) for an unknown schema."""
    _check_schema(schema)

    async def load(spent: Meter) -> Dated[TypeCounts]:
        known, found = await _read_types(site, schema, spent)
        direct, api = await _direct(site, found, spent)
        return Dated(TypeCounts(known, found, direct, api), len(found))

    return await site.lists.get(TYPE_COUNTS, (schema or "",), load, meter=meter, max_age_seconds=max_age_seconds)


async def _direct(site: SiteReader, found: tuple[AssetType, ...], meter: Meter) -> tuple[dict[str, int], ApiCounts]:
    """The objects of just each type, and what Assets' counts were.

    Atlassian documents neither. A parent that counts less than its children settles it for nothing; else one parent is
    counted by a query, which is of just that type. What fits neither way is counted parent by parent.
    """
    counted = {one.id: one.object_count for one in found}
    below: dict[str, int] = {}
    for one in found:
        if one.parent_id in counted and one.parent_id != one.id:
            below[one.parent_id] = below.get(one.parent_id, 0) + one.object_count
    in_doubt = [parent for parent, children in below.items() if children]
    if not in_doubt or any(counted[parent] < below[parent] for parent in in_doubt):
        return counted, ApiCounts.DIRECT
    probe = max(in_doubt, key=lambda parent: (below[parent], parent))
    direct = await _count(site, probe, meter)
    without_children = {one: count - below.get(one, 0) for one, count in counted.items()}
    if direct == counted[probe]:
        return counted, ApiCounts.DIRECT
    if direct == without_children[probe] and min(without_children.values()) >= 0:
        return without_children, ApiCounts.INCLUSIVE
    return counted | {parent: await _count(site, parent, meter) for parent in in_doubt}, ApiCounts.NEITHER


async def _count(site: SiteReader, type_id: str, meter: Meter) -> int:
    return await site.assets.total_count(f"objectTypeId = {type_id}", meter=meter)


# -- objects by a query


class ValueKind(Enum):
    """What a value of an attribute is."""

    PLAIN = "plain"
    OBJECT = "object"
    PERSON = "person"


@dataclass(frozen=True, slots=True)
class Value:
    """A value of an attribute: a text, the id of an object or an account id. `label` is that of the object."""

    kind: ValueKind
    key: str
    label: str | None = None


@dataclass(frozen=True, slots=True)
class Grouped:
    """The objects that a query found: of each the distinct values of the attribute."""

    attribute: str
    """Its name, as Assets writes it."""
    values: tuple[tuple[Value, ...], ...]
    unknown_people: int
    """Values that are a person of whom Assets tells nothing."""
    counted: int | None
    """How many Assets counted, where the objects came in several pages."""


GROUPED: Kind[Listed[Grouped]] = listed("assets grouped", Grouped)


async def count(site: SiteReader, aql: str, meter: Meter, max_age_seconds: int | None) -> Found[int]:
    """How many objects a query finds. Raises QueryRefused."""

    async def load(spent: Meter) -> int:
        return await site.assets.total_count(aql, meter=spent)

    return await site.lists.get(COUNT, (aql,), load, meter=meter, max_age_seconds=max_age_seconds)


async def grouped(
    site: SiteReader, aql: str, attribute: str, most: int, meter: Meter, max_age_seconds: int | None
) -> Found[Grouped]:
    """The objects of a query with the values of an attribute. Raises QueryRefused, and ApiError for an unknown attribute."""

    async def load(spent: Meter) -> Dated[Grouped]:
        read = _Reading(site, attribute, spent)
        pages = 0
        async for page in site.assets.objects(aql, True, meter=spent):
            pages += 1
            await read.take(page)
            if len(read.values) > most:
                raise await _too_large(site, aql, most, spent)
        counted = await site.assets.total_count(aql, meter=spent) if pages > 1 else None
        return Dated(read.result(counted), len(read.values))

    return await site.lists.get(
        GROUPED, (aql, attribute.casefold()), load, meter=meter, max_age_seconds=max_age_seconds
    )


async def _too_large(site: SiteReader, aql: str, most: int, meter: Meter) -> ApiError:
    found = await site.assets.total_count(aql, meter=meter)
    message = f"The query finds {found} objects, more than the {most} that are read. Ask for fewer."
    return ApiError(Code.SCOPE_TOO_LARGE, message, count=found, points=found + found // 200 + 1)


class _Reading:
    """What was read of a query so far: of each object no more than the values of the attribute."""

    def __init__(self, site: SiteReader, attribute: str, meter: Meter) -> None:
        self._site = site
        self._meter = meter
        self._wanted = attribute
        self._names: dict[str, str] = {}
        self._asked: set[str] = set()
        self._unknown_people = 0
        self.values: list[tuple[Value, ...]] = []

    async def take(self, page: ObjectPage) -> None:
        """Adds the objects of a page."""
        self._names.update(page.attribute_names)
        for one in page.objects:
            if one.type_id not in self._asked and not one.attributes.keys() <= self._names.keys():
                # The page does not say what its attributes are called.
                self._asked.add(one.type_id)
                attributes = await self._site.assets.attributes(one.type_id, meter=self._meter)
                self._names.update((found.id, found.name) for found in attributes)
        mine = {id_ for id_, name in self._names.items() if name.casefold() == self._wanted.casefold()}
        self.values += [self._values(one, mine) for one in page.objects]

    def _values(self, one: AssetObject, mine: set[str]) -> tuple[Value, ...]:
        found: dict[tuple[ValueKind, str], Value] = {}
        for attribute in mine & one.attributes.keys():
            for said in one.attributes[attribute]:
                if value := _value(said):
                    found[value.kind, value.key] = value
                elif said.is_user:
                    self._unknown_people += 1
        return tuple(found.values())

    def result(self, counted: int | None) -> Grouped:
        """All of it. Raises ApiError (BAD_USER_INPUT) if no type of the objects has such an attribute."""
        names = sorted({name for name in self._names.values() if name.casefold() == self._wanted.casefold()})
        if self.values and not names:
            listed = ", ".join(sorted(set(self._names.values()), key=str.casefold)[:50]) or "none"
            wrong = f"no object of the query has an attribute {self._wanted[:80]!r}"
            raise bad_input("options.groupBy", wrong, f"one of: {listed}")
        return Grouped(names[0] if names else self._wanted, tuple(self.values), self._unknown_people, counted)


def _value(said: AttributeValue) -> Value | None:
    """None for an empty value."""
    if said.is_user:
        return Value(ValueKind.PERSON, said.user_id) if said.user_id else None
    if said.reference_id is not None:
        return Value(ValueKind.OBJECT, said.reference_id, said.value or None)
    return Value(ValueKind.PLAIN, said.value) if said.value else None


# -- labels


@dataclass(frozen=True, slots=True)
class Label:
    """Name and key of an object; both None for one that the reading account cannot see."""

    label: str | None = None
    key: str | None = None


LABEL: Kind[Label] = packed("asset label", Label)


async def labels(site: SiteReader, ids: Iterable[str], meter: Meter) -> dict[str, Label]:
    """Names and keys of these objects, those not known yet by one query."""
    wanted = sorted({one for one in ids if _ID.fullmatch(one)})
    found = await site.kept(LABEL, wanted)
    unknown = [one for one in wanted if one not in found]
    for at in range(0, len(unknown), LARGEST_BATCH):
        batch, read_at = unknown[at : at + LARGEST_BATCH], site.now()
        read: dict[str, Label] = dict.fromkeys(batch, Label())
        aql = f"objectId in ({', '.join(batch)})"
        async for page in site.assets.objects(aql, False, meter=meter, page_size=len(batch)):
            read |= {one.id: Label(one.label, one.key) for one in page.objects}
        fresh = {one: read[one] for one in batch}
        await site.keep(LABEL, fresh, read_at)
        found |= fresh
    return found
