"""What each JQL field can be compared with: from one clause to a predicate over issues.

`!=`, `not in` and `!~` leave out issues whose field is empty, as Jira does.
"""

from __future__ import annotations

import operator as op
import re
from collections.abc import Callable, Collection, Hashable, Mapping
from dataclasses import dataclass
from datetime import date

from demo.dates import Dates, local_date, minutes_of
from demo.jql import Call, Clause, Empty, JqlError, Operand, Several, Value
from demo.model import Category, CustomField, Cycle, FieldKind, Issue, Site

Predicate = Callable[[Issue], bool]
Lookup = Callable[[str], Collection[Hashable]]
Functions = Mapping[str, Callable[[], Collection[Hashable]]]
Matcher = Callable[[Clause, Dates], Predicate]

CHANNELS = frozenset({"jira", "portal", "anonymousportal", "email", "api", "deployment"})
CATEGORIES = {
    Category.TODO: (2, "new", "To Do", "blue-gray"),
    Category.IN_PROGRESS: (4, "indeterminate", "In Progress", "yellow"),
    Category.DONE: (3, "done", "Done", "green"),
}
_COMPARE: dict[str, Callable[[int, int], bool]] = {
    "=": op.eq,
    "!=": op.ne,
    "<": op.lt,
    "<=": op.le,
    ">": op.gt,
    ">=": op.ge,
}


def unsupported(clause: Clause) -> JqlError:
    """The field exists, but not with this operator."""
    return JqlError(f"The operator '{clause.operator}' is not supported by the '{clause.field}' field.")


def unknown_value(text: str, field: str) -> JqlError:
    """The field exists, the value does not."""
    return JqlError(f"The value '{text}' does not exist for the field '{field}'.")


def _unknown_function(call: Call) -> JqlError:
    return JqlError(f"Unable to find JQL function '{call.name}({', '.join(call.arguments)})'.")


def _items(operand: Operand) -> tuple[Value | Call | Empty, ...]:
    return operand.items if isinstance(operand, Several) else (operand,)


def _wanted(clause: Clause, lookup: Lookup, functions: Functions) -> tuple[frozenset[Hashable], bool]:
    """The values named by an operand, and whether EMPTY is among them."""
    found: set[Hashable] = set()
    empty = False
    for item in _items(clause.operand):
        if isinstance(item, Empty):
            empty = True
        elif isinstance(item, Call):
            function = functions.get(item.name.lower())
            if function is None or item.arguments:
                raise _unknown_function(item)
            found.update(function())
        else:
            values = lookup(item.text)
            if not values:
                raise unknown_value(item.text, clause.field)
            found.update(values)
    return frozenset(found), empty


def one_of(get: Callable[[Issue], Hashable | None], lookup: Lookup, functions: Functions | None = None) -> Matcher:
    """A field of at most one value: = != in, not in, is, is not."""

    def match(clause: Clause, _: Dates) -> Predicate:
        if clause.operator not in ("=", "!=", "in", "not in", "is", "is not"):
            raise unsupported(clause)
        wanted, empty = _wanted(clause, lookup, functions or {})
        if clause.operator in ("!=", "not in", "is not"):
            return lambda issue: (value := get(issue)) is not None and value not in wanted
        if empty:
            return lambda issue: (value := get(issue)) is None or value in wanted
        return lambda issue: get(issue) in wanted

    return match


def any_of(get: Callable[[Issue], Collection[Hashable]], lookup: Lookup) -> Matcher:
    """A field of several values: one of them suffices."""

    def match(clause: Clause, _: Dates) -> Predicate:
        if clause.operator not in ("=", "!=", "in", "not in", "is", "is not"):
            raise unsupported(clause)
        wanted, empty = _wanted(clause, lookup, {})
        if clause.operator in ("!=", "not in", "is not"):
            return lambda issue: bool(values := get(issue)) and wanted.isdisjoint(values)
        return lambda issue: not wanted.isdisjoint(get(issue)) or (empty and not get(issue))

    return match


def instant(get: Callable[[Issue], int | None]) -> Matcher:
    """A field that is an instant."""

    def match(clause: Clause, dates: Dates) -> Predicate:
        if isinstance(clause.operand, Empty):
            return emptiness(clause, get)
        compare = _COMPARE.get(clause.operator)
        if compare is None:
            raise unsupported(clause)
        bound = dates.instant(clause.operand, clause.field)
        return lambda issue: (value := get(issue)) is not None and compare(value, bound)

    return match


def day(get: Callable[[Issue], date | None]) -> Matcher:
    """A field that is a date without a time."""

    def match(clause: Clause, dates: Dates) -> Predicate:
        if isinstance(clause.operand, Empty):
            return emptiness(clause, get)
        compare = _COMPARE.get(clause.operator)
        if compare is None:
            raise unsupported(clause)
        bound = local_date(dates.instant(clause.operand, clause.field), dates.zone).toordinal()
        return lambda issue: (value := get(issue)) is not None and compare(value.toordinal(), bound)

    return match


def emptiness(clause: Clause, get: Callable[[Issue], object | None]) -> Predicate:
    """is [not] EMPTY, also said as = and !=."""
    if clause.operator in ("is", "="):
        return lambda issue: get(issue) is None
    if clause.operator in ("is not", "!="):
        return lambda issue: get(issue) is not None
    raise unsupported(clause)


def text(get: Callable[[Issue], str | None]) -> Matcher:
    """A text field: ~ and !~ look for all the words, whatever their case."""

    def match(clause: Clause, _: Dates) -> Predicate:
        if isinstance(clause.operand, Empty):
            return emptiness(clause, get)
        if clause.operator not in ("~", "!~") or not isinstance(clause.operand, Value):
            raise unsupported(clause)
        finds = contains(clause.operand.text)
        if clause.operator == "~":
            return lambda issue: finds(get(issue) or "")
        return lambda issue: (value := get(issue)) is not None and not finds(value)

    return match


def contains(words: str) -> Callable[[str], bool]:
    """Whether a text has all these words; `word*` is the start of one."""
    patterns = [
        rf"\b{re.escape(word)}{'' if star else chr(92) + 'b'}" for word, star in re.findall(r"(\w+)(\*?)", words)
    ]
    compiled = [re.compile(pattern, re.IGNORECASE) for pattern in patterns]
    return lambda value: bool(compiled) and all(one.search(value) for one in compiled)


# -- SLAs

_STATES: dict[str, Callable[[tuple[Cycle, ...], int], bool]] = {
    "breached": lambda cycles, now: cycles[-1].at(now).breached,
    "everbreached": lambda cycles, now: any(cycle.at(now).breached for cycle in cycles),
    "running": lambda cycles, now: cycles[-1].stop is None and not cycles[-1].paused,
    "paused": lambda cycles, now: cycles[-1].stop is None and cycles[-1].paused,
    "completed": lambda cycles, now: cycles[0].stop is not None,
}


def sla(field: CustomField) -> Matcher:
    """An SLA: its functions look at requests that have a cycle, also in the != form; durations at ongoing cycles only."""

    def match(clause: Clause, dates: Dates) -> Predicate:
        if isinstance(clause.operand, Empty):
            return emptiness(clause, lambda issue: issue.sla.get(field.id))
        if not isinstance(clause.operand, Call):
            raise JqlError(f"The field '{clause.field}' only supports functions.")
        name = clause.operand.name.lower()
        if name in ("remaining", "elapsed"):
            return _sla_duration(field, clause, clause.operand, dates.now)
        state = _STATES.get(name)
        if state is None or clause.operand.arguments:
            raise _unknown_function(clause.operand)
        if clause.operator not in ("=", "!="):
            raise unsupported(clause)
        said, id_, now = clause.operator == "=", field.id, dates.now

        def test(issue: Issue) -> bool:
            cycles = issue.sla.get(id_)
            return state(cycles, now) is said if cycles else False

        return test

    return match


def _sla_duration(field: CustomField, clause: Clause, call: Call, now: int) -> Predicate:
    compare = _COMPARE.get(clause.operator)
    if compare is None:
        raise unsupported(clause)
    minutes = minutes_of(call.arguments[0]) if len(call.arguments) == 1 else None
    if minutes is None:
        raise JqlError(f"Function '{call.name}' expects one duration such as '2h' or '30m'.")
    bound, name = minutes * 60_000, call.name.lower()

    def test(issue: Issue) -> bool:
        cycles = issue.sla.get(field.id)
        if not cycles or cycles[-1].stop is not None:
            return False
        cycle = cycles[-1].at(now)
        return compare(cycle.remaining if name == "remaining" else cycle.elapsed, bound)

    return test


# -- the fields of a site


@dataclass(frozen=True, slots=True)
class Index:
    """Visible issues by key (lower case) and by id."""

    by_key: Mapping[str, Issue]
    by_id: Mapping[str, Issue]

    def find(self, text: str) -> Collection[Issue]:
        """The issue of that key or id."""
        found = self.by_key.get(text.lower()) or self.by_id.get(text)
        return () if found is None else (found,)


def _by_name_or_id(things: Collection[object], *attributes: str) -> Lookup:
    def lookup(wanted: str) -> Collection[Hashable]:
        low = wanted.lower()
        return [thing for thing in things if any(str(getattr(thing, one)).lower() == low for one in attributes)]

    return lookup


def system_fields(site: Site, index: Index) -> dict[str, Matcher]:
    """The system fields by lower-case clause name."""
    types: Functions = {
        "subtaskissuetypes": lambda: [one for one in site.issue_types if one.subtask],
        "standardissuetypes": lambda: [one for one in site.issue_types if not one.subtask],
    }
    me: Functions = {"currentuser": lambda: [site.reader]}
    users = _by_name_or_id(site.users, "account_id")
    self_ = one_of(lambda issue: issue, index.find)
    kind = one_of(lambda issue: issue.issue_type, _by_name_or_id(site.issue_types, "name", "id"), types)
    resolved = instant(lambda issue: issue.resolved)
    due = day(lambda issue: issue.duedate)
    return {
        "project": one_of(lambda issue: issue.project, _by_name_or_id(site.projects, "key", "name", "id")),
        "issuetype": kind,
        "type": kind,
        "status": one_of(lambda issue: issue.status, _by_name_or_id(site.statuses, "name", "id")),
        "statuscategory": one_of(lambda issue: issue.status.category, _category),
        "priority": one_of(lambda issue: issue.priority, _by_name_or_id(site.priorities, "name", "id")),
        "assignee": one_of(lambda issue: issue.assignee, users, me),
        "reporter": one_of(lambda issue: issue.reporter, users, me),
        "labels": any_of(lambda issue: issue.labels, lambda wanted: (wanted,)),
        "component": any_of(lambda issue: issue.components, _by_name_or_id(site.components, "name", "id")),
        "request-channel-type": one_of(lambda issue: issue.channel, lambda wanted: CHANNELS & {wanted.lower()}),
        "resolution": one_of(lambda issue: issue.resolution, _resolution(site)),
        "created": instant(lambda issue: issue.created),
        "createddate": instant(lambda issue: issue.created),
        "updated": instant(lambda issue: issue.updated),
        "updateddate": instant(lambda issue: issue.updated),
        "resolved": resolved,
        "resolutiondate": resolved,
        "statuscategorychangeddate": instant(lambda issue: issue.status_category_changed),
        "due": due,
        "duedate": due,
        "summary": text(lambda issue: issue.summary),
        "text": text(lambda issue: issue.summary),
        "parent": one_of(lambda issue: issue.parent, index.find),
        **dict.fromkeys(("key", "issuekey", "issue", "id"), self_),
    }


def _category(wanted: str) -> Collection[Category]:
    low = wanted.lower()
    return [one for one, (id_, key, name, _) in CATEGORIES.items() if low in (str(id_), key, name.lower())]


def _resolution(site: Site) -> Lookup:
    def lookup(wanted: str) -> Collection[Hashable]:
        return {one.resolution for one in site.issues if one.resolution and one.resolution.lower() == wanted.lower()}

    return lookup


def custom_field(site: Site, field: CustomField) -> Matcher:
    """The matcher of one custom field, by its kind."""
    id_ = field.id
    by_kind: dict[FieldKind, Callable[[], Matcher]] = {
        FieldKind.SLA: lambda: sla(field),
        FieldKind.REQUEST_TYPE: lambda: one_of(lambda issue: issue.request_type, _request_type(site)),
        FieldKind.ORGANIZATIONS: lambda: any_of(
            lambda issue: issue.organizations, _by_name_or_id(site.organizations, "name", "id")
        ),
        FieldKind.PARTICIPANTS: lambda: any_of(lambda issue: (), _by_name_or_id(site.users, "account_id")),
        FieldKind.RATING: lambda: one_of(
            lambda issue: issue.rating, lambda wanted: {int(wanted)} if wanted in ("1", "2", "3", "4", "5") else ()
        ),
        FieldKind.RATING_DATE: lambda: instant(lambda issue: issue.rated),
        FieldKind.SELECT: lambda: one_of(lambda issue: issue.options.get(id_), _by_option(field)),
        FieldKind.TEXT: lambda: text(lambda issue: issue.options.get(id_)),
        FieldKind.ASSETS: lambda: any_of(lambda issue: issue.assets, lambda wanted: ()),
    }
    return by_kind[field.kind]()


def _by_option(field: CustomField) -> Lookup:
    return lambda wanted: [option for option in field.options if option.lower() == wanted.lower()]


def _request_type(site: Site) -> Lookup:
    """By id, by name (in every desk), or by "Name (KEY)"."""

    def lookup(wanted: str) -> Collection[Hashable]:
        low = wanted.lower()
        return [
            one
            for one in site.request_types
            if low in (one.id, one.name.lower(), f"{one.name} ({one.project.key})".lower())
        ]

    return lookup
