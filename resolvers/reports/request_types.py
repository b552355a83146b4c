"""What was asked for: the requests created in the period by request type, with types that nobody asks for on request."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl

from connectors.errors import AccessRefused
from connectors.http import Meter
from connectors.jsm import RequestType
from resolvers.definition import Asked, Cell, Definition, Key, Material, Measures, Needs
from resolvers.figures.dimensions import breakdown, keyed, with_value
from resolvers.figures.measures import checked_top
from resolvers.figures.ratings import warn_of_ratings
from resolvers.figures.served import (
    OPINIONS,
    aggregates,
    picks,
    served,
    served_cells,
    warn_of_refusal,
    with_absent,
)
from resolvers.site import SiteReader
from schema.report import Basis, Dimension
from schema.reports.request_types import (
    HeldRequestType,
    RequestTypeReport,
    RequestTypeRow,
    RequestTypesOptions,
    RequestTypesRequest,
    RequestTypeState,
)

LISTED = ("rows.foreign", "rows.requestType.state")
"""Selected fields that need the lists of JSM."""

Asking = Asked[RequestTypesOptions]


@dataclass(frozen=True, slots=True)
class _Lists:
    """The present request types by id; the id and the key of the project of each desk. `refusal`: why there are none."""

    types: Mapping[str, RequestType]
    projects: Mapping[str, tuple[str, str]]
    refusal: str | None = None


def needs(asked: Asking) -> Needs:
    """COHORT, with the type; the project where a type is held against it."""
    checked_top(asked.options.top)
    columns = {"request_type"}
    if asked.selection.has(*LISTED):
        columns.add("project")
    if asked.selection.has(*OPINIONS):
        columns.add("rating")
    return Needs(frozenset({Basis.COHORT}), frozenset(columns))


async def refer(asked: Asking, site: SiteReader, meter: Meter) -> _Lists | None:
    """The lists of types and desks, if they are needed. Without unused types a refusal costs only their state."""
    if not asked.options.include_unused and not asked.selection.has(*LISTED):
        return None
    try:
        types, desks = await asyncio.gather(site.request_types(meter), site.service_desks(meter))
    except AccessRefused as refused:
        if asked.options.include_unused:
            raise
        return _Lists({}, {}, refused.message)
    return _Lists(
        {type_.id: type_ for type_ in types}, {desk.id: (desk.project_id, desk.project_key) for desk in desks}
    )


def _lists(material: Material[RequestTypesOptions]) -> _Lists | None:
    """The lists that could be read."""
    lists = material.reference
    return lists if isinstance(lists, _Lists) and lists.refusal is None else None


def _marked(material: Material[RequestTypesOptions]) -> pl.DataFrame:
    """The requests with `desk`, and `is_foreign`: in another project than that of the type's desk."""
    lists, desk = _lists(material), pl.col("request_type").struct.field("service_desk")
    frame = material.subject.cohort.with_columns(desk=desk)
    if lists is None or "project" not in frame.columns:
        return frame.with_columns(is_foreign=pl.lit(False))
    homes = {desk: project for desk, (project, _) in lists.projects.items()}
    home = pl.col("desk").replace_strict(homes, default=None, return_dtype=pl.String)
    return frame.with_columns(is_foreign=(home != pl.col("project").struct.field("id")).fill_null(False))


def _unused(material: Material[RequestTypesOptions], used: pl.Series) -> dict[str, str | None] | None:
    """Names of the types that no request has, by id, of the desks and types that the scope may hold."""
    lists = _lists(material)
    if lists is None or not material.asked.options.include_unused:
        return None
    scope = material.subject.scope
    held = set(used.drop_nulls())
    return {
        id_: type_.name
        for id_, type_ in lists.types.items()
        if id_ not in held
        and picks(scope.table_filters.get("request_type"), id_)
        and (scope.projects is None or lists.projects.get(type_.service_desk_id, ("", ""))[1] in scope.projects)
    }


def _held(group: Mapping[str, Any], lists: _Lists | None) -> HeldRequestType | None:
    key = group["key"]
    if key is None:
        return None
    listed = lists.types.get(key) if lists else None
    state = None
    if lists:
        moved = group["requests"] > 0 and group["requests"] == group["foreign"]
        state = RequestTypeState.FOREIGN if moved else RequestTypeState.CURRENT
        state = state if listed else RequestTypeState.DELETED
    name, desk = (listed.name, listed.service_desk_id) if listed else (group["name"], group["desk"])
    return HeldRequestType(id=key, name=name, service_desk_id=desk, state=state)


def compute(material: Material[RequestTypesOptions]) -> RequestTypeReport:
    """By id of the type: names are shared by types of several desks."""
    lists, top = _lists(material), checked_top(material.asked.options.top)
    cohort = material.subject.cohort
    pairs = keyed(_marked(material), Dimension.REQUEST_TYPE, material.subject.scope)
    groups, rest = breakdown(
        pairs,
        top,
        "requests",
        foreign=pl.col("is_foreign").sum(),
        desk=pl.col("desk").drop_nulls().last(),
        **aggregates(cohort),
    )
    unused = _unused(material, pairs["key"].unique())
    if unused:
        groups, rest = with_absent(groups, rest, unused, top)
    if isinstance(material.reference, _Lists):
        warn_of_refusal(material, "request types", material.reference.refusal)
    if material.asked.selection.has(*OPINIONS):
        warn_of_ratings(material, cohort)
    return RequestTypeReport(
        read=material.read,
        total=cohort.height,
        unused=None if unused is None else len(unused),
        rows=[
            RequestTypeRow(
                request_type=_held(group, lists),
                foreign=group.get("foreign", 0) if lists else None,
                drill_down=material.drill_down(group["key"]),
                **served(group, cohort.height),
            )
            for group in groups
        ],
        rest=rest,
    )


def cells(material: Material[RequestTypesOptions], key: Key) -> Measures:
    """`[type]`."""
    match key:
        case [str() | None as type_]:
            mine = with_value(_marked(material), Dimension.REQUEST_TYPE, type_)
            measures = dict(served_cells(mine))
            if _lists(material):
                measures["foreign"] = lambda: Cell(mine.filter("is_foreign")["id"])
            return measures
    return {}


REPORT = Definition(RequestTypesRequest, needs, compute, refer=refer, reference=_Lists | None, cells=cells)
