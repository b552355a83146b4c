"""JQL put together from values, so that no value leaves its place.

Values are always quoted; a caller's own JQL is judged by Jira alone before it is wrapped in brackets.
"""

import re
from collections.abc import Iterable
from datetime import timedelta

from resolvers.figures.periods import instant
from schema.errors import bad_input
from schema.scope import ValueFilter

# A literal is read in the zone of the reading account, which Jira does not tell reliably. We write UTC wall time; zones
# reach from -12 to +14 hours, so a bound moved by 15 hours includes every instant that it is meant to.
MARGIN = timedelta(hours=15)
LARGEST_JQL = 5_000
LARGEST_LIST = 100
_TOKEN = re.compile(r'"(?:\\.|[^"\\])*"|\'(?:\\.|[^\'\\])*\'|[()]|\border\s+by\b', re.IGNORECASE | re.DOTALL)


def quote(value: str) -> str:
    """The value as a JQL string."""
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


def literal(ms: int) -> str:
    """An instant as a quoted JQL date literal of minute precision, rounded down, in UTC wall time."""
    return f'"{instant(ms).strftime("%Y-%m-%d %H:%M")}"'


def earlier(ms: int) -> str:
    """A literal that lies at or before the instant, whatever zone it is read in."""
    return literal(ms - MARGIN // timedelta(milliseconds=1))


def later(ms: int) -> str:
    """A literal that lies at or after the instant, whatever zone it is read in."""
    return literal(ms + MARGIN // timedelta(milliseconds=1))


def all_of(clauses: Iterable[str]) -> str:
    """The clauses joined by AND, each in brackets; empty if there are none."""
    return " AND ".join(f"({c})" for c in clauses if c)


def any_of(clauses: Iterable[str]) -> str:
    """The clauses joined by OR, each in brackets; empty if there are none."""
    return " OR ".join(f"({c})" for c in clauses if c)


def checked_text(where: str, value: str) -> str:
    """The value, if it can be sent: no lone surrogates and no control characters. Raises ApiError (BAD_USER_INPUT)."""
    if any((c < " " and c not in "\t\n\r") or "\ud800" <= c <= "\udfff" or c == "\x7f" for c in value):
        raise bad_input(where, "it holds a control character or half a surrogate pair", "ordinary text")
    return value


def checked_values(where: str, values: list[str] | None) -> list[str]:
    """The values of a list input, each sendable; raises ApiError for an empty or too long list."""
    if values is None:
        return []
    if not 1 <= len(values) <= LARGEST_LIST:
        raise bad_input(where, f"it has {len(values)} values", f"1 to {LARGEST_LIST} values")
    for value in values:
        if not 1 <= len(checked_text(where, value)) <= 255:
            raise bad_input(where, f"a value has {len(value)} characters", "values of 1 to 255 characters")
    return values


def check_filter(where: str, asked: ValueFilter) -> None:
    """Raises ApiError (BAD_USER_INPUT) unless the filter says something that can be sent."""
    checked_values(f"{where}.in", asked.in_)
    checked_values(f"{where}.notIn", asked.not_in)
    if asked.in_ is None and asked.not_in is None and asked.is_empty is None:
        raise bad_input(where, "it says nothing", "`in`, `notIn` or `isEmpty`")


def filter_clause(field: str, asked: ValueFilter, can_be_empty: bool = True) -> str:
    """JQL for a checked filter on `field`. JQL's own NOT IN drops requests whose field is empty; ours keeps them."""

    def listed(operator: str, values: list[str]) -> str:
        return f"{field} {operator} ({', '.join(map(quote, values))})"

    if not can_be_empty:
        return all_of(
            [
                listed("in", asked.in_ or []) if asked.in_ else "",
                listed("not in", asked.not_in or []) if asked.not_in else "",
            ]
        )
    clauses = []
    if asked.in_:
        clauses.append(any_of([listed("in", asked.in_), f"{field} is EMPTY" if asked.is_empty else ""]))
    if asked.not_in:
        clauses.append(
            any_of([listed("not in", asked.not_in), f"{field} is EMPTY" if asked.is_empty is not False else ""])
        )
    if not clauses:
        clauses.append(f"{field} is EMPTY" if asked.is_empty else f"{field} is not EMPTY")
    return all_of(clauses)


def without_order_by(jql: str) -> tuple[str, bool]:
    """The condition of a query without its ORDER BY, and whether it had one at its outermost level."""
    depth = 0
    for token in _TOKEN.finditer(jql):
        if token[0] == "(":
            depth += 1
        elif token[0] == ")":
            depth -= 1
        elif token[0][0] not in "\"'" and depth == 0:
            return jql[: token.start()].strip(), True
    return jql.strip(), False
