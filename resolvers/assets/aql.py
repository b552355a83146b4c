"""AQL put together from values, so that no value leaves its place; a caller's own AQL is judged by Assets before it is wrapped."""

import re

from resolvers.jql import checked_text, quote, without_order_by
from schema.errors import ApiError, Code, bad_input

LARGEST_AQL = 5_000
_TOKEN = re.compile(r'"(?:\\.|[^"\\])*"|\'(?:\\.|[^\'\\])*\'|[()]', re.DOTALL)


def refused(messages: str) -> ApiError:
    """`INVALID_AQL` with what is wrong."""
    return ApiError(Code.INVALID_AQL, f"options.aql: {messages}", input="options.aql")


def own_aql(aql: str) -> tuple[str, bool]:
    """The caller's condition without its ORDER BY, and whether it had one.

    Raises ApiError for a text that is none, or whose brackets do not pair: wrapped in brackets it would leave its place.
    """
    if len(aql) > LARGEST_AQL:
        raise bad_input("options.aql", f"it has {len(aql)} characters", f"at most {LARGEST_AQL}")
    condition, ordered = without_order_by(checked_text("options.aql", aql))
    if not condition:
        raise bad_input("options.aql", "it says nothing", 'a condition such as objectType = "Laptop"')
    depth = 0
    for token in _TOKEN.findall(condition):
        depth += {"(": 1, ")": -1}.get(token, 0)
        if depth < 0:
            break
    if depth:
        raise refused("its brackets do not pair. Accepted: a bracket closed for each one opened")
    return condition, ordered


def both(own: str, clause: str) -> str:
    """The caller's condition and another."""
    return f"({own}) AND {clause}"


def name(attribute: str) -> str:
    """An attribute's name in its place."""
    return quote(attribute)
