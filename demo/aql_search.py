"""Answers AQL over the objects of a site.

Texts are compared whatever their case (but for `==`). An object without a value for an attribute is found by `is empty` only:
by `!=`, `not in` and the like it is left out, as in JQL. What Assets does there is documented nowhere that we could read.
"""

from __future__ import annotations

import operator as op
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from datetime import date
from zoneinfo import ZoneInfo

from demo.aql import AqlError, Clause, Function, Node, Not, Value, parse
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
from demo.dates import Dates, local_date
from demo.jql import JqlError
from demo.jql import Value as DateText
from demo.reference import User

Predicate = Callable[[AssetObject], bool]
Get = Callable[[AssetObject], Collection[AssetValue]]
Test = Callable[[AssetValue], bool]

_COMPARE: dict[str, Callable[[float, float], bool]] = {"=": op.eq, "<": op.lt, "<=": op.le, ">": op.gt, ">=": op.ge}
_DATE_COMPARE: dict[str, Callable[[int, int], bool]] = {
    "=": op.eq,
    "<": op.lt,
    "<=": op.le,
    ">": op.gt,
    ">=": op.ge,
}
_NEGATED = {"!=": "=", "not in": "in", "not like": "like", "not startswith": "startswith", "not endswith": "endswith"}
_DATES = (AttributeKind.DATE, AttributeKind.DATETIME)
_NUMBERS = (AttributeKind.INTEGER, AttributeKind.DOUBLE)


def value_texts(value: AssetValue) -> tuple[str, ...]:
    """The texts by which a value is found; the first is the one shown."""
    if isinstance(value, User):
        return (value.display_name, value.account_id, value.email or "")
    if isinstance(value, AssetStatus):
        return (value.name, value.id)
    if isinstance(value, AssetObject):
        return (value.label or "", value.key, str(value.id))
    if isinstance(value, bool):
        return (str(value).lower(),)
    if isinstance(value, date):
        return (value.isoformat(),)
    return (str(value),)


@dataclass(slots=True)
class AssetSearch:
    """Searches Assets as the reading account sees them, at one `now` (epoch ms), with dates read in `zone`."""

    data: AssetsData
    reader: User
    now: int
    zone: ZoneInfo
    _by_name: dict[AssetType, dict[str, AssetAttribute]] = field(default_factory=dict)

    def find(self, aql: str) -> list[AssetObject]:
        """Every match, in the order asked for, else by label; AqlError if the query is refused. No query at all: everything."""
        query = parse(aql)
        matches = (lambda _: True) if query.where is None else self._node(query.where)
        found = [one for one in self.data.visible() if matches(one)]
        found.sort(key=lambda one: ((one.label or "").lower(), one.id))
        for name, descending in reversed(query.order):
            get, _ = self._field(name)
            found.sort(key=lambda one, get=get: _sort_key(get(one)), reverse=descending)  # type: ignore[misc]
        return found

    def _node(self, node: Node) -> Predicate:
        if isinstance(node, Clause):
            return self._clause(node)
        if isinstance(node, Not):
            inner = self._node(node.part)
            return lambda one: not inner(one)
        parts = [self._node(part) for part in node.parts]
        if node.every:
            return lambda one: all(part(one) for part in parts)
        return lambda one: any(part(one) for part in parts)

    def _clause(self, clause: Clause) -> Predicate:
        if len(clause.path) == 1:
            return self._simple(clause)
        if len(clause.path) > 2:
            raise AqlError("AQL query is not valid: only one dot is understood.")
        get, kind = self._field(clause.path[0])
        if kind is not AttributeKind.REFERENCE:
            raise AqlError(f'AQL query is not valid: the attribute "{clause.path[0]}" refers to no object.')
        inner = self._simple(Clause(clause.path[1:], clause.operator, clause.values))
        return lambda one: any(isinstance(value, AssetObject) and inner(value) for value in get(one))

    def _simple(self, clause: Clause) -> Predicate:
        name = clause.path[0].lower()
        if name in ("objecttype", "objecttypeid", "objectschema", "objectschemaid"):
            return self._place(name, clause)
        get, kind = self._field(clause.path[0])
        if clause.operator == "is empty":
            return lambda one: not get(one)
        if clause.operator == "is not empty":
            return lambda one: bool(get(one))
        positive = _NEGATED.get(clause.operator)
        test = self._test(clause.path[0], kind, positive or clause.operator, clause.values)
        if positive:
            return lambda one: bool(values := get(one)) and not any(map(test, values))
        return lambda one: any(map(test, get(one)))

    # -- where an object belongs

    def _place(self, name: str, clause: Clause) -> Predicate:
        """objectType and objectSchema, by name or by id: an unknown one is refused. A type is itself, without those below."""
        if clause.operator not in ("=", "==", "!=", "in", "not in"):
            raise AqlError(
                f'AQL query is not valid: the operator {clause.operator} does not go with "{clause.path[0]}".'
            )
        wanted: set[AssetType | AssetSchema] = set()
        for value in clause.values:
            look = self._types if name.startswith("objecttype") else self._schemas
            wanted.update(look(value, by_id=name.endswith("id")))
        said = clause.operator not in ("!=", "not in")
        if name.startswith("objecttype"):
            return lambda one: (one.type in wanted) is said
        return lambda one: (one.type.schema in wanted) is said

    def _types(self, value: Value, *, by_id: bool) -> Sequence[AssetType]:
        if isinstance(value, Function):
            if value.name.lower() != "objecttypeandchildren" or len(value.arguments) != 1:
                raise _unknown_function(value)
            named = value.arguments[0]
            return [below for one in self._types(named, by_id=named.isdigit()) for below in self.data.below(one)]
        found = [one for one in self.data.types if _is(one, value, by_id=by_id)]
        if not found:
            raise AqlError(f'AQL query is not valid: the object type "{value}" does not exist.')
        return found

    def _schemas(self, value: Value, *, by_id: bool) -> Sequence[AssetSchema]:
        if isinstance(value, Function):
            raise _unknown_function(value)
        found = [one for one in self.data.schemas if _is(one, value, by_id=by_id)]
        if not found:
            raise AqlError(f'AQL query is not valid: the object schema "{value}" does not exist.')
        return found

    # -- attributes

    def _field(self, name: str) -> tuple[Get, AttributeKind]:
        """How to read a field of an object, and of which kind it is; AqlError if no type has it."""
        low = name.lower()
        system: dict[str, tuple[Get, AttributeKind]] = {
            "key": (lambda one: (one.key,), AttributeKind.TEXT),
            "objectid": (lambda one: (str(one.id),), AttributeKind.TEXT),
            "label": (_label, AttributeKind.TEXT),
            "name": (_label, AttributeKind.TEXT),
            "created": (lambda one: (one.created,), AttributeKind.DATETIME),
            "updated": (lambda one: (one.updated,), AttributeKind.DATETIME),
        }
        if low in system:
            return system[low]
        kind = next((one.kind for one in self.data.attributes if one.name.lower() == low), None)
        if kind is None:
            raise AqlError(f'AQL query is not valid: no attribute with the name "{name}" exists.')
        return lambda one: self._values(one, low), kind

    def _values(self, one: AssetObject, name: str) -> Collection[AssetValue]:
        known = self._by_name.get(one.type)
        if known is None:
            known = {attribute.name.lower(): attribute for attribute in self.data.attributes_of(one.type)}
            self._by_name[one.type] = known
        attribute = known.get(name)
        return () if attribute is None else one.values.get(attribute.id, ())

    def _test(self, name: str, kind: AttributeKind, operator: str, values: Sequence[Value]) -> Test:
        """Whether one value of an attribute fits."""
        if operator == "in":
            tests = [self._test(name, kind, "=", [value]) for value in values]
            return lambda value: any(test(value) for test in tests)
        wanted = values[0]
        if kind in _DATES and operator in _DATE_COMPARE:
            return self._date_test(name, kind, operator, wanted)
        if isinstance(wanted, Function):
            if wanted.name.lower() == "currentuser" and not wanted.arguments and operator in ("=", "=="):
                return lambda value: value is self.reader
            raise _unknown_function(wanted)
        if operator in _COMPARE and (operator != "=" or kind in _NUMBERS):
            return _number_test(name, operator, wanted)
        return _text_test(operator, wanted)

    def _date_test(self, name: str, kind: AttributeKind, operator: str, wanted: Value) -> Test:
        at = self._instant(name, wanted)
        compare = _DATE_COMPARE[operator]
        if kind is AttributeKind.DATE:
            bound = local_date(at, self.zone).toordinal()
            return lambda value: isinstance(value, date) and compare(value.toordinal(), bound)
        return lambda value: isinstance(value, int) and compare(value, at)

    def _instant(self, name: str, wanted: Value) -> int:
        if isinstance(wanted, Function):
            if wanted.name.lower() != "now" or len(wanted.arguments) > 1:
                raise _unknown_function(wanted)
            if not wanted.arguments:
                return self.now
            wanted = wanted.arguments[0]
        try:
            return Dates(self.now, self.zone).instant(DateText(wanted), name)
        except JqlError:
            raise AqlError(f'AQL query is not valid: "{wanted}" is no date for "{name}".') from None


def _is(one: AssetType | AssetSchema, said: str, *, by_id: bool) -> bool:
    return one.id == said if by_id else one.name.lower() == said.lower()


def _label(one: AssetObject) -> Collection[AssetValue]:
    return () if one.label is None else (one.label,)


def _number_test(name: str, operator: str, wanted: str) -> Test:
    compare = _COMPARE[operator]
    try:
        bound = float(wanted)
    except ValueError:
        raise AqlError(f'AQL query is not valid: "{wanted}" is no number for "{name}".') from None
    return lambda value: isinstance(value, int | float) and compare(value, bound)


def _text_test(operator: str, wanted: str) -> Test:
    if operator == "==":
        return lambda value: wanted in value_texts(value)
    low = wanted.lower()
    tests: dict[str, Callable[[str], bool]] = {
        "=": lambda text: text == low,
        "like": lambda text: low in text,
        "startswith": lambda text: text.startswith(low),
        "endswith": lambda text: text.endswith(low),
    }
    test = tests[operator]
    return lambda value: any(test(text.lower()) for text in value_texts(value))


def _sort_key(values: Collection[AssetValue]) -> tuple[bool, float, str]:
    """Numbers and dates by size, all else by text; what has no value comes last."""
    first = next(iter(values), None)
    if first is None:
        return (True, 0, "")
    if isinstance(first, int | float):
        return (False, first, "")
    if isinstance(first, date):
        return (False, first.toordinal(), "")
    return (False, 0, value_texts(first)[0].lower())


def _unknown_function(function: Function) -> AqlError:
    return AqlError(f"AQL query is not valid: the function {function.name}() is not known here.")
