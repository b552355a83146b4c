"""From the scope that a client wrote to what is sent to Jira, what is cut in the table, and what the answer says of it."""

import re
from dataclasses import dataclass
from zoneinfo import ZoneInfo

import polars as pl

from connectors.http import Meter
from connectors.jira import Field
from resolvers.figures.periods import Period, resolve_period, zone_named
from resolvers.jql import (
    LARGEST_JQL,
    all_of,
    check_filter,
    checked_text,
    checked_values,
    filter_clause,
    quote,
    without_order_by,
)
from resolvers.scan import Reading
from resolvers.site import SiteFields, SiteReader
from schema.errors import ApiError, Code, bad_input
from schema.report import Basis, ReportWarning, WarningCode
from schema.scope import Population, RequestChannel, RequestScope, ResolvedBy, ValueFilter, Weekday

MOST_FIELD_FILTERS = 20
_JQL_FILTERS = {
    "issue_types": ("issuetype", False),
    "priorities": ("priority", True),
    "statuses": ("status", False),
    "assignees": ("assignee", True),
    "reporters": ("reporter", True),
    "components": ("component", True),
    "labels": ("labels", True),
}
_CHANNELS = {
    RequestChannel.JIRA: "jira",
    RequestChannel.PORTAL: "portal",
    RequestChannel.ANONYMOUS_PORTAL: "anonymousportal",
    RequestChannel.EMAIL: "email",
    RequestChannel.API: "api",
    RequestChannel.DEPLOYMENT: "deployment",
}
_TABLE_FILTERS = {"organizations": "organizations", "request_types": "request_type"}
"""Filters on ids that JQL cannot tell apart, since it takes names there: applied to the table."""


@dataclass(frozen=True)
class Scope:
    """A checked scope. `base` is JQL without any condition on time; empty for everything."""

    base: str
    period: Period
    zone: ZoneInfo
    week_start: int
    resolved_by: ResolvedBy
    table_filters: dict[str, ValueFilter]
    """Filters to apply to the table, by column."""
    warnings: tuple[ReportWarning, ...]
    fields: SiteFields
    projects: frozenset[str] | None
    """Keys of the projects that were named; None for all."""

    @property
    def columns(self) -> frozenset[str]:
        """Columns that cutting the table to this scope needs."""
        resolution, category = {"resolutiondate"}, {"status", "statuscategorychangedate"}
        by_rule = {ResolvedBy.RESOLUTION: resolution, ResolvedBy.STATUS_CATEGORY: category}
        return frozenset(by_rule.get(self.resolved_by, resolution | category) | self.table_filters.keys())

    def reading(self, bases: frozenset[Basis]) -> Reading:
        """What to read for these bases."""
        return Reading(self.base, self.period, self.resolved_by, bases, self.fields.rating_dates)

    def cut(self, frame: pl.DataFrame) -> pl.DataFrame:
        """The rows of the table that the filters on ids keep."""
        for column, asked in self.table_filters.items():
            ids = (
                pl.col(column).list.eval(pl.element().struct.field("id"))
                if column == "organizations"
                else pl.concat_list(pl.col(column).struct.field("id")).list.drop_nulls()
            )
            frame = frame.filter(_matches(ids.fill_null([]), asked))
        return frame


def _matches(ids: pl.Expr, asked: ValueFilter) -> pl.Expr:
    empty = ids.list.len() == 0
    conditions = []
    if asked.in_ is not None:
        hit = ids.list.eval(pl.element().is_in(asked.in_)).list.any()
        conditions.append(hit | empty if asked.is_empty else hit & ~empty)
    if asked.not_in is not None:
        hit = ids.list.eval(pl.element().is_in(asked.not_in)).list.any()
        conditions.append(~hit & ~empty if asked.is_empty is False else ~hit | empty)
    if not conditions:
        conditions.append(empty if asked.is_empty else ~empty)
    return pl.all_horizontal(conditions)


def _select_field_clauses(scope: RequestScope, fields: SiteFields) -> list[str]:
    asked = scope.fields or []
    if len(asked) > MOST_FIELD_FILTERS:
        raise bad_input("scope.fields", f"it has {len(asked)} conditions", f"at most {MOST_FIELD_FILTERS}")
    known = {f.id for f in fields.all}
    clauses = []
    for index, condition in enumerate(asked):
        where = f"scope.fields[{index}]"
        match = re.fullmatch(r"customfield_(\d{1,12})", condition.field, re.ASCII)
        if match is None or condition.field not in known:
            raise bad_input(
                f"{where}.field",
                f"{condition.field[:80]!r} is no custom field of this site",
                "an id such as customfield_10050",
            )
        check_filter(f"{where}.value", condition.value)
        clauses.append(filter_clause(f"cf[{match[1]}]", condition.value))
    return clauses


def _typed_clauses(scope: RequestScope) -> list[str]:
    clauses = []
    for name, (field, can_be_empty) in _JQL_FILTERS.items():
        asked: ValueFilter | None = getattr(scope, name)
        if asked is not None:
            where = "scope." + re.sub(r"_(.)", lambda m: m[1].upper(), name)
            check_filter(where, asked)
            if not can_be_empty and asked.is_empty is not None:
                raise bad_input(f"{where}.isEmpty", "this field is never empty", "`in` or `notIn`")
            clauses.append(filter_clause(field, asked, can_be_empty))
    if scope.channels is not None:
        channels = checked_values("scope.channels.in", [_CHANNELS[c] for c in scope.channels.in_])
        clauses.append(f"request-channel-type in ({', '.join(map(quote, channels))})")
    return clauses


def _population_clauses(scope: RequestScope, fields: SiteFields) -> list[str]:
    clauses = []
    if scope.population is Population.REQUESTS:
        if not fields.request_types:
            raise bad_input("scope.population", "this site has no requests: no field holds a request type", "ISSUES")
        clauses.append(" OR ".join(f"cf[{i.removeprefix('customfield_')}] is not EMPTY" for i in fields.request_types))
    if not scope.include_subtasks:
        clauses.append("issuetype not in subTaskIssueTypes()")
    return clauses


def _own_jql(scope: RequestScope) -> tuple[str, tuple[ReportWarning, ...]]:
    jql = checked_text("scope.jql", scope.jql or "")
    if len(jql) > LARGEST_JQL:
        raise bad_input("scope.jql", f"it has {len(jql)} characters", f"at most {LARGEST_JQL}")
    condition, ordered = without_order_by(jql)
    warning = ReportWarning(code=WarningCode.ORDER_BY_DROPPED, message="The ORDER BY of scope.jql was dropped.")
    return condition, (warning,) if ordered else ()


def _check_keys(keys: list[str]) -> None:
    for key in checked_values("scope.projects", keys):
        if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_]{0,254}", key, re.ASCII):
            raise bad_input("scope.projects", f"{key[:40]!r} is no key of a project", "keys such as ITS")


async def _check_projects(keys: list[str] | None, site: SiteReader, meter: Meter) -> str:
    if keys is None:
        return ""
    _check_keys(keys)
    if missing := await site.missing_projects(keys, meter):
        listed = ", ".join(repr(key) for key in missing[:10])
        raise bad_input(
            "scope.projects", f"the reading account sees no project {listed}", "keys listed by `site.projects`"
        )
    return f"project in ({', '.join(map(quote, sorted(set(keys))))})"


@dataclass(frozen=True, slots=True)
class _Written:
    """What a scope says by itself, checked as far as that goes without asking the site."""

    zone: ZoneInfo
    week_start: int
    period: Period
    own: str
    warnings: tuple[ReportWarning, ...]
    table_filters: dict[str, ValueFilter]
    typed: list[str]


def _written(scope: RequestScope, default_zone: str, default_week_start: Weekday, now: int) -> _Written:
    zone = zone_named(scope.time_zone if scope.time_zone is not None else default_zone)
    week_start = list(Weekday).index(scope.week_start or default_week_start)
    period = resolve_period(scope.period, zone, week_start, now)
    own, warnings = _own_jql(scope)
    table_filters = {column: getattr(scope, name) for name, column in _TABLE_FILTERS.items() if getattr(scope, name)}
    for column, asked in table_filters.items():
        check_filter(f"scope.{'organizations' if column == 'organizations' else 'requestTypes'}", asked)
    return _Written(zone, week_start, period, own, warnings, table_filters, _typed_clauses(scope))


def imagined_scope(
    scope: RequestScope, default_zone: str, default_week_start: Weekday, now: int, fields: SiteFields
) -> Scope:
    """A scope checked without its site, as if that had `fields` and all that is named; good for checks, not for reading.

    Raises ApiError for what is wrong wherever it is asked. Whether projects, fields and JQL are known, the site must say.
    """
    written = _written(scope, default_zone, default_week_start, now)
    if scope.projects is not None:
        _check_keys(scope.projects)
    named = (Field(condition.field, "", None, (), True) for condition in scope.fields or [])
    _select_field_clauses(scope, SiteFields(tuple(named)))
    return Scope(
        "", written.period, written.zone, written.week_start, scope.resolved_by, {}, written.warnings, fields, None
    )


async def resolve_scope(
    scope: RequestScope, default_zone: str, default_week_start: Weekday, now: int, site: SiteReader, meter: Meter
) -> Scope:
    """Checks a scope against the site. Raises ApiError for what is wrong with it, ConnectorError if Jira does not answer."""
    written = _written(scope, default_zone, default_week_start, now)
    fields = await site.fields(meter)
    typed = [*written.typed, *_select_field_clauses(scope, fields)]
    projects = await _check_projects(scope.projects, site, meter)
    base = all_of([projects, written.own, *typed, *_population_clauses(scope, fields)])
    await _check_jql(written.own, all_of(typed), site, meter)
    named = None if scope.projects is None else frozenset(scope.projects)
    return Scope(
        base,
        written.period,
        written.zone,
        written.week_start,
        scope.resolved_by,
        written.table_filters,
        written.warnings,
        fields,
        named,
    )


async def _check_jql(own: str, typed: str, site: SiteReader, meter: Meter) -> None:
    """Has Jira judge the caller's JQL on its own: `a) OR (b` is only wrong before it is wrapped in brackets."""
    queries = [query for query in (own, typed) if query]
    if not queries:
        return
    errors = dict(zip(queries, await site.jql_errors(queries, meter), strict=True))
    if own and errors[own]:
        raise ApiError(Code.INVALID_JQL, "scope.jql: " + " ".join(errors[own]), input="scope.jql")
    if typed and errors[typed]:
        raise bad_input("scope", " ".join(errors[typed]).rstrip("."), "values that this site knows")
