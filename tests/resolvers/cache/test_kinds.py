"""Every kind of entry comes back as it was: of the same type, and equal."""

import importlib
import pkgutil
from collections import Counter
from collections.abc import Callable
from typing import Any

import msgspec
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from strawberry import UNSET

import resolvers
from resolvers.answered import ANSWERED, answered
from resolvers.cache import Kind
from resolvers.cache.kinds import pack, unpacker
from resolvers.columns import KINDS, NAMED
from resolvers.definition import Asked, Definition, definitions
from resolvers.scan import Reading
from resolvers.scopes import Scope
from resolvers.site import JSM_TYPES
from resolvers.table import TABLE, Table
from schema.scope import PeriodInput
from schema.selection import Selection
from tests.resolvers.cache.generated import TEXTS, values

WHOLE = st.integers(-(2**53), 2**53)
QUICK = settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def all_kinds() -> dict[str, Kind[Any]]:
    """The kinds of all modules, by where they stand."""
    modules = [module.name for module in pkgutil.walk_packages(resolvers.__path__, "resolvers.")]
    found: dict[int, tuple[str, Kind[Any]]] = {}
    for name in modules:
        for attribute, value in vars(importlib.import_module(name)).items():
            if isinstance(value, Kind):
                found.setdefault(id(value), (f"{name}.{attribute}", value))
    return dict(found.values())


PACKED = {name: kind for name, kind in all_kinds().items() if kind not in (TABLE, ANSWERED)}


def test_no_two_kinds_have_one_name() -> None:
    names = Counter(kind.name for kind in all_kinds().values())
    assert len(names) > 20
    assert set(names.values()) == {1}


def assert_same(value: object, other: object) -> None:
    assert (type(other), other) == (type(value), value)


@pytest.mark.parametrize("name", PACKED)
def test_a_value_comes_back_as_it_was(name: str) -> None:
    kind = PACKED[name]

    @QUICK
    @given(values(kind.of))
    def holds(value: object) -> None:
        assert_same(value, kind.decode(kind.encode(value)))

    holds()


def frames() -> st.SearchStrategy[pl.DataFrame]:
    """Tables with all kinds of columns."""
    schema = {name: kind.dtype for name, kind in KINDS.items() if name != "sla"}
    schema |= {"id": pl.Int64(), "sla:1": KINDS["sla"].dtype}
    return st.integers(0, 4).flatmap(
        lambda rows: st.fixed_dictionaries(
            {name: st.lists(_cells(dtype), min_size=rows, max_size=rows) for name, dtype in schema.items()}
        ).map(lambda columns: pl.DataFrame(columns, schema=schema))
    )


def _cells(dtype: Any) -> st.SearchStrategy[Any]:
    if isinstance(dtype, pl.List):
        return st.none() | st.lists(_cells(dtype.inner), max_size=2)
    if isinstance(dtype, pl.Struct):
        return st.none() | st.fixed_dictionaries({field.name: _cells(field.dtype) for field in dtype.fields})
    plain: dict[Any, st.SearchStrategy[Any]] = {
        pl.Int64: WHOLE,
        pl.String: TEXTS,
        pl.Boolean: st.booleans(),
        pl.Date: st.dates(),
    }
    return st.none() | plain[dtype.base_type() if hasattr(dtype, "base_type") else dtype]


@QUICK
@given(
    st.builds(
        Table,
        read_id=TEXTS,
        read_at=WHOLE,
        reading=values(Reading),
        columns=st.frozensets(TEXTS),
        frame=frames(),
        malformed=st.dictionaries(TEXTS, WHOLE).map(Counter),
        by_keys=st.frozensets(TEXTS),
        calls=WHOLE,
        points=WHOLE,
        read_ms=WHOLE,
    )
)
def test_a_table_comes_back_as_it_was(table: Table) -> None:
    back = TABLE.decode(TABLE.encode(table))
    assert back.frame.schema == table.frame.schema
    assert back.frame.equals(table.frame)
    for name in Table.__dataclass_fields__.keys() - {"frame"}:
        assert_same(getattr(table, name), getattr(back, name))


def test_half_a_table_is_an_error() -> None:
    frame = pl.DataFrame(
        {"id": range(1000), "status": [{"id": "1", "name": "x"}] * 1000}, schema={"id": pl.Int64, "status": NAMED}
    )
    reading: Any = msgspec.convert(
        {"base": "", "period": {"start": 0, "end": None}, "resolved_by": "AUTO", "bases": []}, Reading
    )
    encoded = TABLE.encode(Table("r", 0, reading, frozenset(), frame, Counter(), frozenset(), 0, 0, 0))
    assert TABLE.decode(encoded).frame.equals(frame)
    for end in (0, 3, 4, 20, len(encoded) // 2):
        with pytest.raises(Exception, match=r".*"):
            TABLE.decode(encoded[:end])


def options_of(definition: Definition[Any, Any]) -> Any:
    return definition.request.types()[0]


@pytest.mark.parametrize("definition", definitions().values(), ids=lambda one: one.request.__name__)
def test_an_answer_of_every_report_comes_back_as_it_was(definition: Definition[Any, Any]) -> None:
    @QUICK
    @given(values(Scope), values(options_of(definition)), values(Selection), WHOLE, values(definition.reference))
    def holds(scope: Scope, options: object, selection: Selection, now: int, reference: object) -> None:
        one = answered(definition, Asked(options, selection, scope, now), scope, reference, "read")
        back = ANSWERED.decode(ANSWERED.encode(one))
        assert_same(one, back)
        assert_same(one.asked.options, back.asked.options)
        assert_same(one.reference, back.reference)
        assert all(field.custom and field.custom.startswith(JSM_TYPES) for field in back.scope.fields.all)

    holds()


@pytest.mark.parametrize("definition", definitions().values(), ids=lambda one: one.request.__name__)
def test_a_report_that_loads_something_states_its_type(definition: Definition[Any, Any]) -> None:
    loads = definition.refer is not Definition(definition.request, definition.needs, definition.compute).refer
    assert (definition.reference is not None) == loads


@pytest.mark.parametrize("left_out", [PeriodInput(last="P30D"), PeriodInput()])
def test_an_input_that_was_left_out_comes_back_as_null(left_out: PeriodInput) -> None:
    assert left_out.calendar is UNSET
    back = unpacker(PeriodInput)(pack(left_out))
    assert (back.last, back.between, back.calendar) == (left_out.last or None, None, None)


@pytest.mark.parametrize("value", [object(), pl.DataFrame(), lambda: None], ids=["object", "frame", "function"])
def test_what_is_of_no_known_type_is_not_packed(value: object) -> None:
    pack_anything: Callable[[object], bytes] = pack
    with pytest.raises(NotImplementedError):
        pack_anything(value)
