"""Reports on what Assets holds. No requests stand behind their rows; a row may say AQL for its objects instead."""

from typing import Annotated

import strawberry

from schema.context import Info
from schema.reference import AssetSchema, AssetType
from schema.report import DimensionValue, Ratio, Report
from schema.scalars import ID
from schema.scope import CalendarUnit, Weekday
from schema.selection import selection_of


@strawberry.type(description="What lies outside the rows shown.")
class AssetRest:
    count: int = strawberry.field(description="Number of rows that are not shown.")
    distinct_objects: int = strawberry.field(
        description="Number of distinct objects that belong to at least one row that is not shown."
    )


@strawberry.type(description="The objects of one type.")
class AssetTypeRow:
    type: AssetType = strawberry.field(description="The object type.")
    direct: int = strawberry.field(description="Objects of just this type; 0 for an abstract one.")
    inclusive: int = strawberry.field(description="`direct` plus the objects of all types below it.")
    aql: str | None = strawberry.field(description="AQL for the objects that `direct` counts.")


@strawberry.type(description="The objects of one schema.")
class AssetSchemaTotal:
    schema: AssetSchema = strawberry.field(description="The schema.")
    total: int = strawberry.field(description="Its objects: `direct` added up over its types.")


@strawberry.type(description="How many objects there are of each type. Read by lists (REF); there is no basis.")
class AssetTypeReport(Report):
    total: int = strawberry.field(description="All objects: `direct` added up over all types, never `inclusive`.")
    schemas: list[AssetSchemaTotal] = strawberry.field(description="The same by schema, most objects first.")
    rows: list[AssetTypeRow] = strawberry.field(
        description="Object types, largest `inclusive` first, so that a type shown has all types above it shown too."
    )
    rest: AssetRest = strawberry.field(description="Types beyond the top rows, and the objects of just these.")


@strawberry.input(description="Which objects, and how they are grouped.")
class AqlOptions:
    aql: str = strawberry.field(description="The query. A trailing ORDER BY is dropped with a warning.")
    group_by: str | None = strawberry.field(
        default=None,
        description="Name of the attribute whose values give the rows, in any case; without it there is a total alone.",
    )
    unit: CalendarUnit | None = strawberry.field(
        default=None, description="For an attribute that holds dates: one row for each of these units."
    )
    bounds: list[float] | None = strawberry.field(
        default=None,
        description="For an attribute that holds numbers: rows between these ascending bounds (100 at most), each with its "
        "lower bound and without its upper one.",
    )
    time_zone: str | None = strawberry.field(
        default=None,
        description="IANA name of the zone in which instants are cut into units; the server's if left out.",
    )
    week_start: Weekday | None = strawberry.field(
        default=None, description="First day of a week; the server's setting if left out."
    )
    top: int | None = strawberry.field(
        default=50, description="Number of rows, 1 to 1000; the row of objects without a value comes on top of it."
    )


@strawberry.type(description="The objects with one value. An object with several values counts in the row of each.")
class AqlRow:
    value: DimensionValue = strawberry.field(
        description="The value: a text, status or option as it is, an object by its id with its label as name, a person by "
        "account id, a unit of the calendar by its first day. Null key: objects without a value, in the last row."
    )
    objects: int = strawberry.field(description="Objects with that value.")
    share: Ratio = strawberry.field(description="`objects` of all distinct objects.")
    aql: str | None = strawberry.field(
        description="AQL for these objects; null where it cannot be said. It may find more, since AQL compares texts whatever "
        "their case."
    )


@strawberry.type(
    description="The objects that a query finds, by the values of an attribute. Read by lists (REF); there is no basis."
)
class AqlReport(Report):
    total: int = strawberry.field(description="Distinct objects; rows may add up to more.")
    group_by: str | None = strawberry.field(description="The attribute, as Assets writes its name.")
    rows: list[AqlRow] = strawberry.field(
        description="Values, most objects first (units and bounds in order); objects without one last. Empty without `groupBy`."
    )
    rest: AssetRest = strawberry.field(description="Values beyond the top rows.")


@strawberry.type(
    description="The reports on Assets. It never fails itself: a site without Assets says so at each report."
)
class AssetReports:
    max_age_seconds: strawberry.Private[int | None]

    @strawberry.field(description="How many objects there are of each type.")
    async def objects_by_type(
        self,
        info: Info,
        schema: Annotated[
            ID | None, strawberry.argument(description="Id of one schema; all of them if left out.")
        ] = None,
        top: Annotated[int | None, strawberry.argument(description="Number of rows, 1 to 1000.")] = 50,
    ) -> AssetTypeReport | None:
        selection = selection_of(info, "AssetTypeReport")
        return await info.context.assets.objects_by_type(schema, top, self.max_age_seconds, selection, info.path)

    @strawberry.field(description="How the objects that a query finds are spread over the values of an attribute.")
    async def objects_by_aql(
        self,
        info: Info,
        options: Annotated[AqlOptions, strawberry.argument(description="Which objects, and how they are grouped.")],
    ) -> AqlReport | None:
        selection = selection_of(info, "AqlReport")
        return await info.context.assets.objects_by_aql(options, self.max_age_seconds, selection, info.path)
