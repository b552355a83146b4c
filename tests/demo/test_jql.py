"""The JQL grammar: what is read, what is refused, and that a tree survives its own text."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from demo.jql import (
    OPERATORS,
    And,
    Call,
    Clause,
    Empty,
    JqlError,
    Node,
    Not,
    Or,
    Order,
    Query,
    Several,
    Value,
    Words,
    parse,
    render,
)


def test_clauses_bind_tighter_by_and_than_by_or() -> None:
    one, two, three = (Clause("a", "=", Value(text)) for text in "123")
    assert parse("a = 1 or a = 2 and a = 3").where == Or((one, And((two, three))))
    assert parse("(a = 1 or a = 2) and not a = 3").where == And((Or((one, two)), Not(three)))
    assert parse("a = 1 && !(a = 2 || a = 3)").where == And((one, Not(Or((two, three)))))


def test_strings_know_their_escapes() -> None:
    assert parse(r'summary ~ "say \"hi\" \\ twice"').where == Clause("summary", "~", Value('say "hi" \\ twice'))
    assert parse(r"summary ~ 'it\'s'").where == Clause("summary", "~", Value("it's"))


def test_every_form_of_operand_is_read() -> None:
    assert parse("cf[10010] is not EMPTY").where == Clause("cf[10010]", "is not", Empty())
    assert parse('"Time to resolution" = breached()').where == Clause("Time to resolution", "=", Call("breached"))
    assert parse("created >= startOfDay(-1d)").where == Clause("created", ">=", Call("startOfDay", ("-1d",)))
    assert parse("assignee not in (x, EMPTY)").where == Clause("assignee", "not in", Several((Value("x"), Empty())))
    assert parse("issuetype in subTaskIssueTypes()").where == Clause("issuetype", "in", Call("subTaskIssueTypes"))
    assert parse("request-channel-type in (portal)").where == Clause(
        "request-channel-type", "in", Several((Value("portal"),))
    )


def test_order_and_unbounded_queries_are_read() -> None:
    assert parse("") == Query(None)
    assert parse("order by created DESC, key") == Query(None, (Order("created", descending=True), Order("key")))
    assert parse("password lost").where == Words("password lost")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("project = ITS and", "before the end of the query"),
        ("project = ITS)", "Expecting 'OR' or 'AND' but got ')'. (line 1, character 14)"),
        ('summary ~ "open', "has not been completed"),
        ("project = #1", "reserved JQL character"),
        ("project ITS = 3", "Expecting an operator"),
        ("project in ITS", "does not support a single value"),
        ("project is ITS", "can only be used with EMPTY"),
        ("status was Open", "Expecting an operator"),
        ("project in (A,", "before the end"),
        ("a = 1 order by b,c,d,e,f,g,h,i", "maximum number of fields"),
        ("a) or (b", "Expecting an operator"),
    ],
)
def test_what_cannot_be_read_is_refused_in_jiras_words(text: str, says: str) -> None:
    with pytest.raises(JqlError) as caught:
        parse(text)
    assert caught.value.syntax
    assert caught.value.message.startswith("Error in the JQL Query: ")
    assert says in caught.value.message


_text = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
_calls = st.builds(Call, st.from_regex(r"[a-z]{3,8}Of", fullmatch=True), st.lists(_text, max_size=2).map(tuple))
_single = st.one_of(st.builds(Value, _text), _calls, st.just(Empty()))


def _operands(operator: str) -> st.SearchStrategy[object]:
    if operator in ("in", "not in"):
        return st.lists(_single, min_size=1, max_size=3).map(lambda items: Several(tuple(items)))
    return st.just(Empty()) if operator in ("is", "is not") else _single


_clauses = st.sampled_from(OPERATORS).flatmap(
    lambda operator: st.builds(Clause, _text | st.just("cf[10010]"), st.just(operator), _operands(operator))
)
_nodes: st.SearchStrategy[Node] = st.recursive(
    _clauses,
    lambda inner: st.one_of(
        st.builds(Not, inner),
        st.lists(inner, min_size=2, max_size=3).map(lambda parts: And(tuple(parts))),
        st.lists(inner, min_size=2, max_size=3).map(lambda parts: Or(tuple(parts))),
    ),
    max_leaves=6,
)


@given(st.builds(Query, _nodes, st.lists(st.builds(Order, _text, st.booleans()), max_size=3).map(tuple)))
def test_a_query_survives_its_own_text(query: Query) -> None:
    assert parse(render(query)) == query


@given(st.text(max_size=40))
def test_any_text_is_either_read_or_refused(text: str) -> None:
    with suppress(JqlError):
        assert render(parse(text)) is not None
