"""Which ratings are responses, and the figures made of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal, localcontext
from fractions import Fraction

from demo.model import FieldKind, Issue, Site
from tests.oracle.numbers import Json, mean, ratio

Z = Decimal("1.959963984540054")
"""The 97.5th percentile of the standard normal distribution."""
STARS = (1, 2, 3, 4, 5)


def said(site: Site, issue: Issue) -> object:
    """What the satisfaction field of an issue holds."""
    field = next(one.id for one in site.fields_of(FieldKind.RATING))
    if field in issue.raw:
        return issue.raw[field]
    return None if issue.rating is None else {"rating": issue.rating}


def response(site: Site, issue: Issue) -> int | None:
    """The rating, if it is one."""
    value = said(site, issue)
    if isinstance(value, dict):
        value = value.get("rating")
    return value if type(value) is int and value in STARS else None


def responses(site: Site, issues: Iterable[Issue]) -> list[int]:
    """All ratings of these issues."""
    given = [response(site, issue) for issue in issues]
    return [one for one in given if one is not None]


def invalid(site: Site, issues: Iterable[Issue]) -> int:
    """How many hold something else than a rating."""
    return sum(said(site, one) is not None and response(site, one) is None for one in issues)


def opinion(given: Sequence[int]) -> Json:
    """The figures of some responses."""
    return {
        "mean": mean(given),
        "csat": ratio(sum(one >= 4 for one in given), len(given)),
        "dissatisfied": ratio(sum(one <= 2 for one in given), len(given)),
    }


def wilson(given: Sequence[int]) -> Json:
    """Wilson's interval of the satisfied: the two shares p with (share - p)² = z² p (1 - p) / n, by halving."""
    n = len(given)
    if not n:
        return {"low": None, "high": None}
    share = Fraction(sum(one >= 4 for one in given), n)
    with localcontext() as context:
        context.prec = 40
        square, wanted = Z * Z / n, Decimal(share.numerator) / share.denominator
        return {"low": _bound(Decimal(0), wanted, wanted, square), "high": _bound(Decimal(1), wanted, wanted, square)}


def _bound(outside: Decimal, inside: Decimal, share: Decimal, square: Decimal) -> float:
    if outside == inside:
        return float(inside)
    for _ in range(100):
        middle = (outside + inside) / 2
        if (share - middle) ** 2 > square * middle * (1 - middle):
            outside = middle
        else:
            inside = middle
    return float(inside)
