"""JQL put together from values: nothing leaves its place, and negation keeps requests whose field is empty."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from demo.jql import parse
from resolvers.figures.periods import instant, millis
from resolvers.jql import checked_text, earlier, filter_clause, later, literal, quote, without_order_by
from schema.errors import ApiError
from schema.scope import ValueFilter
from tests.api import at

printable = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=40)


@given(printable)
def test_a_quoted_value_is_one_string_of_the_query_whatever_it_holds(value: str) -> None:
    whole = re.fullmatch(r'"((?:\\.|[^"\\])*)"', quote(value), re.DOTALL)
    assert whole is not None
    assert re.sub(r"\\(.)", r"\1", whole[1], flags=re.DOTALL) == value


@given(st.lists(printable, min_size=1, max_size=3), st.lists(printable, min_size=1, max_size=3), st.booleans())
def test_every_filter_is_a_query_that_parses(in_: list[str], not_in: list[str], is_empty: bool) -> None:
    parse(filter_clause("labels", ValueFilter(in_=in_, not_in=not_in, is_empty=is_empty)))


@pytest.mark.parametrize(
    ("asked", "clause"),
    [
        (ValueFilter(in_=["a", 'b"c']), '(labels in ("a", "b\\"c"))'),
        (ValueFilter(in_=["a"], is_empty=True), '(labels in ("a")) OR (labels is EMPTY)'),
        (ValueFilter(not_in=["a"]), '(labels not in ("a")) OR (labels is EMPTY)'),
        (ValueFilter(not_in=["a"], is_empty=False), '(labels not in ("a"))'),
        (ValueFilter(is_empty=True), "labels is EMPTY"),
        (ValueFilter(is_empty=False), "labels is not EMPTY"),
    ],
)
def test_filters_read_as_they_are_meant(asked: ValueFilter, clause: str) -> None:
    assert filter_clause("labels", asked).replace("(" + clause + ")", clause) == clause


@pytest.mark.parametrize(
    ("jql", "condition", "ordered"),
    [
        ("project = A ORDER BY created", "project = A", True),
        ("project = A order   by created DESC, key", "project = A", True),
        ("ORDER BY created", "", True),
        ('summary ~ "order by" AND a = b', 'summary ~ "order by" AND a = b', False),
        ('summary ~ "a \\" order by" order by key', 'summary ~ "a \\" order by"', True),
        ("summary ~ 'order by'", "summary ~ 'order by'", False),
        ("(a = b ORDER BY c)", "(a = b ORDER BY c)", False),
        ("reorder byte", "reorder byte", False),
    ],
)
def test_only_a_trailing_order_by_is_cut_off(jql: str, condition: str, ordered: bool) -> None:
    assert without_order_by(jql) == (condition, ordered)


@given(st.text(alphabet="order by\"'()\\ ABC", max_size=300))
def test_cutting_an_order_by_never_fails(jql: str) -> None:
    condition, _ = without_order_by(jql)
    assert jql.strip().startswith(condition) or condition == ""


def test_literals_are_of_whole_minutes_and_their_margin_is_wider_than_any_zone() -> None:
    moment = millis(at("2026-03-01T10:15:59.999Z"))
    assert literal(moment) == '"2026-03-01 10:15"'
    assert earlier(moment) == '"2026-02-28 19:15"'
    assert later(moment) == '"2026-03-02 01:15"'
    assert instant(moment).second == 59


@pytest.mark.parametrize("text", ["a\ud800", "a\x00b", "\x1b[31m", "\x7f"])
def test_text_that_cannot_be_sent_is_refused(text: str) -> None:
    with pytest.raises(ApiError):
        checked_text("scope.jql", text)
