"""Values of a type, generated from what msgspec knows of it."""

import string
from collections.abc import Callable
from typing import Any, get_origin
from zoneinfo import ZoneInfo

import msgspec.inspect as known
from hypothesis import strategies as st

# Also what Jira sends and people write: quotes, right-to-left, emoji, nothing.
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=8) | st.text(string.printable, max_size=8)
ZONES = st.sampled_from(["UTC", "Europe/Berlin", "America/Havana"]).map(ZoneInfo)
FEW = 3


def values(of: Any) -> st.SearchStrategy[Any]:
    """Values of a type or form of types."""
    return _of(known.type_info(of))


def _items(kind: Any) -> st.SearchStrategy[list[Any]]:
    return st.lists(_of(kind.item_type), max_size=FEW)


def _fields(kind: Any) -> st.SearchStrategy[Any]:
    return st.builds(get_origin(kind.cls) or kind.cls, **{field.name: _of(field.type) for field in kind.fields})


def _custom(kind: Any) -> st.SearchStrategy[Any]:
    assert kind.cls is ZoneInfo
    return ZONES


_MAKERS: dict[type[Any], Callable[[Any], st.SearchStrategy[Any]]] = {
    known.StrType: lambda kind: TEXTS,
    known.IntType: lambda kind: st.integers(-(2**53), 2**53),
    known.BoolType: lambda kind: st.booleans(),
    known.NoneType: lambda kind: st.none(),
    known.EnumType: lambda kind: st.sampled_from(kind.cls),
    known.UnionType: lambda kind: st.one_of([_of(one) for one in kind.types]),
    known.ListType: _items,
    known.SetType: lambda kind: _items(kind).map(set),
    known.FrozenSetType: lambda kind: _items(kind).map(frozenset),
    known.VarTupleType: lambda kind: _items(kind).map(tuple),
    known.TupleType: lambda kind: st.tuples(*map(_of, kind.item_types)),
    known.DictType: lambda kind: st.dictionaries(_of(kind.key_type), _of(kind.value_type), max_size=FEW),
    known.StructType: _fields,
    known.DataclassType: _fields,
    known.CustomType: _custom,
}


def _of(kind: Any) -> st.SearchStrategy[Any]:
    return _MAKERS[type(kind)](kind)
