"""Answers JQL over a site's issues: compiles a query to a predicate, orders the matches, pages them by cursor."""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

import orjson

from demo.dates import Dates
from demo.jql import And, Clause, Empty, JqlError, Node, Not, Order, Query, Words, parse
from demo.jql_fields import Index, Matcher, Predicate, contains, custom_field, system_fields
from demo.model import CustomField, FieldKind, Issue, Site

Key = tuple[int | str, ...]

UNBOUNDED = "Unbounded JQL queries are not allowed here. Please add a search restriction to your query."
TOKEN_LIFE_MS = 7 * 86_400_000
_KEPT = 64

_FLIPPED = dict(
    pair
    for one, other in (("=", "!="), ("<", ">="), (">", "<="), ("~", "!~"), ("in", "not in"), ("is", "is not"))
    for pair in ((one, other), (other, one))
)

_LAST = "\uffff"  # what has no value sorts behind what has one
_SORTS: dict[str, Callable[[Issue], int | str]] = {
    "created": lambda issue: issue.created,
    "createddate": lambda issue: issue.created,
    "updated": lambda issue: issue.updated,
    "updateddate": lambda issue: issue.updated,
    "resolved": lambda issue: issue.resolved or 1 << 60,
    "resolutiondate": lambda issue: issue.resolved or 1 << 60,
    "due": lambda issue: issue.duedate.toordinal() if issue.duedate else 1 << 60,
    "duedate": lambda issue: issue.duedate.toordinal() if issue.duedate else 1 << 60,
    "project": lambda issue: issue.project.key,
    "priority": lambda issue: int(issue.priority.id) if issue.priority else 1 << 60,
    "status": lambda issue: int(issue.status.id),
    "issuetype": lambda issue: issue.issue_type.name,
    "assignee": lambda issue: issue.assignee.display_name if issue.assignee else _LAST,
    "reporter": lambda issue: issue.reporter.display_name if issue.reporter else _LAST,
    "summary": lambda issue: issue.summary,
    **dict.fromkeys(("key", "issuekey", "id", "issue"), lambda issue: issue.id),
}


class BadTokenError(Exception):
    """A page token that is not ours, has expired, or belongs to another query."""


@dataclass(frozen=True, slots=True)
class Page:
    """One page: its issues and the token of the next, None on the last."""

    issues: Sequence[Issue]
    next_token: str | None


@dataclass(frozen=True, slots=True)
class _Result:
    version: int
    issues: list[Issue]


class Search:
    """Searches one site as its reading account sees it. `now` gives epoch milliseconds."""

    def __init__(self, site: Site, now: Callable[[], int]) -> None:
        self._site = site
        self._now = now
        self._results: OrderedDict[str, _Result] = OrderedDict()
        self._indexed: tuple[int, int, Index] | None = None

    def errors(self, jql: str) -> list[str]:
        """What Jira has to say against a query; empty if nothing."""
        try:
            self._compile(parse(jql))
        except JqlError as error:
            return [error.message]
        return []

    def count(self, jql: str) -> int:
        """How many issues match; JqlError if the query is refused or unbounded."""
        matches, _ = self._bounded(jql)
        return sum(map(matches, self._visible()))

    def page(self, jql: str, size: int, token: str | None) -> Page:
        """A page of at most `size` issues; JqlError, BadTokenError.

        The order is not a snapshot: after a change the next page goes on behind the place where the last one ended.
        """
        if token is None:
            issues, start = self._evaluate(jql).issues, 0
        else:
            issues, start = self._resume(jql, token)
        end = min(start + size, len(issues))
        more = end < len(issues)
        return Page(issues[start:end], self._token(jql, end, issues[end - 1]) if more else None)

    def find(self, ids_or_keys: Sequence[str]) -> list[Issue]:
        """The visible issues of these ids or keys, each once, in ascending order of ids."""
        index = self._index()
        return sorted({issue for one in ids_or_keys for issue in index.find(one)}, key=_id)

    # -- evaluation

    def _visible(self) -> list[Issue]:
        return [issue for issue in self._site.issues if not issue.restricted]

    def _evaluate(self, jql: str) -> _Result:
        matches, order = self._bounded(jql)
        found = [issue for issue in self._site.issues if matches(issue) and not issue.restricted]
        found.sort(key=_id, reverse=True)
        for one in reversed(order):
            found.sort(key=_SORTS[one.field.lower()], reverse=one.descending)
        result = self._results[jql] = _Result(self._site.version, found)
        self._results.move_to_end(jql)
        while len(self._results) > _KEPT:
            self._results.popitem(last=False)
        return result

    def _bounded(self, jql: str) -> tuple[Predicate, tuple[Order, ...]]:
        query = parse(jql)
        if query.where is None:
            raise JqlError(UNBOUNDED)
        return self._compile(query), query.order

    def _compile(self, query: Query) -> Predicate:
        fields = system_fields(self._site, self._index())
        for one in query.order:
            if one.field.lower() not in _SORTS:
                raise JqlError(f"Field '{one.field}' does not exist or this field cannot be viewed by anonymous users.")
        dates = Dates(self._now(), ZoneInfo(self._site.zone))
        return _Compiler(self._site, fields, dates).node(query.where) if query.where else lambda issue: True

    def _index(self) -> Index:
        state = (self._site.version, len(self._site.issues))
        if self._indexed is None or self._indexed[:2] != state:
            visible = self._visible()
            index = Index({one.key.lower(): one for one in visible}, {str(one.id): one for one in visible})
            self._indexed = (*state, index)
        return self._indexed[2]

    # -- cursors

    def _token(self, jql: str, end: int, last: Issue) -> str:
        order = parse(jql).order
        state = [_digest(jql), self._now(), self._site.version, end, _key(last, order)]
        return base64.urlsafe_b64encode(orjson.dumps(state)).decode()

    def accepts(self, jql: str, token: str) -> bool:
        """Whether the token is one of ours, for this query and not expired."""
        try:
            self._read_token(jql, token)
        except BadTokenError:
            return False
        return True

    def _read_token(self, jql: str, token: str) -> tuple[int, int, list[int | str]]:
        """Version of the data, place of the end and sort key of the last issue."""
        try:
            digest, made, version, end, key = orjson.loads(base64.urlsafe_b64decode(token))
        except (ValueError, TypeError, binascii.Error) as error:
            raise BadTokenError from error
        if digest != _digest(jql) or not made <= self._now() <= made + TOKEN_LIFE_MS:
            raise BadTokenError
        return version, end, key

    def _resume(self, jql: str, token: str) -> tuple[list[Issue], int]:
        version, end, key = self._read_token(jql, token)
        kept = self._results.get(jql)
        if kept is None or kept.version != self._site.version:
            kept = self._evaluate(jql)
        if version == self._site.version:
            return kept.issues, end
        order = parse(jql).order
        after = (at for at, issue in enumerate(kept.issues) if _behind(_key(issue, order), key, order))
        return kept.issues, next(after, len(kept.issues))


def _id(issue: Issue) -> int:
    return issue.id


def _digest(jql: str) -> str:
    return hashlib.sha256(jql.encode()).hexdigest()[:16]


def _key(issue: Issue, order: Sequence[Order]) -> list[int | str]:
    return [*(_SORTS[one.field.lower()](issue) for one in order), issue.id]


def _behind(key: list[int | str], other: list[int | str], order: Sequence[Order]) -> bool:
    """Whether an issue of this sort key comes after the one of the other; ids descend."""
    directions = [*(one.descending for one in order), True]
    for mine, its, descending in zip(key, other, directions, strict=True):
        if mine != its:
            return (mine > its) is not descending  # type: ignore[operator]  # both are of the same field
    return False


@dataclass(frozen=True, slots=True)
class _Compiler:
    """Turns a tree into one closure. NOT is pushed down to the operators, as Jira does: it too leaves out empty fields."""

    site: Site
    fields: dict[str, Matcher]
    dates: Dates

    def node(self, node: Node, *, flip: bool = False) -> Predicate:
        if isinstance(node, Clause):
            return self._clause(node, flip)
        if isinstance(node, Words):
            finds = contains(node.text)
            return lambda issue: finds(issue.summary)
        if isinstance(node, Not):
            return self.node(node.part, flip=not flip)
        parts = [self.node(part, flip=flip) for part in node.parts]
        together = _all if isinstance(node, And) is not flip else _any
        return together(parts)

    def _clause(self, clause: Clause, flip: bool) -> Predicate:
        matchers = self._matchers(clause.field)
        _check_empty(clause)
        if flip:
            clause = Clause(clause.field, _FLIPPED[clause.operator], clause.operand)
        tests = [matcher(clause, self.dates) for matcher in matchers]
        return tests[0] if len(tests) == 1 else _any(tests)

    def _matchers(self, name: str) -> list[Matcher]:
        low = name.lower()
        if low in self.fields:
            return [self.fields[low]]
        found = [one for one in self.site.fields if one.searchable and low in clause_names(one)]
        # Where a text field has the name of one of the service desk's, the latter is meant; equal SLAs all take part.
        special = [one for one in found if one.kind is not FieldKind.TEXT] or found
        if not special:
            raise JqlError(f"Field '{name}' does not exist or you do not have permission to view it.")
        return [custom_field(self.site, one) for one in special]


def clause_names(field: CustomField) -> tuple[str, ...]:
    """Lower-case names under which JQL knows a custom field."""
    return (f"cf[{field.number}]", field.untranslated.lower(), field.name.lower())


def _check_empty(clause: Clause) -> None:
    if isinstance(clause.operand, Empty) and clause.operator not in ("=", "!=", "is", "is not"):
        raise JqlError(f"The operator '{clause.operator}' does not support searching for empty values.")


def _all(parts: list[Predicate]) -> Predicate:
    if len(parts) == 2:
        first, second = parts
        return lambda issue: first(issue) and second(issue)
    return lambda issue: all(part(issue) for part in parts)


def _any(parts: list[Predicate]) -> Predicate:
    if len(parts) == 2:
        first, second = parts
        return lambda issue: first(issue) or second(issue)
    return lambda issue: any(part(issue) for part in parts)
