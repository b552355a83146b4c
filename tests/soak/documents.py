"""GraphQL documents made from the schema itself, so that whatever is added to it is asked for without being named here.

A seeded `random.Random` makes them rather than hypothesis: tens of thousands of documents then cost neither memory nor a
database of examples in the process that watches another one's memory, and each can be made again from the run's seed and its
number (but for the ids and cursors in it, which come from answers).
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from random import Random
from typing import TypeVar

from graphql import (
    DirectiveLocation,
    GraphQLDirective,
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLUnionType,
    get_introspection_query,
    get_named_type,
    is_composite_type,
    is_required_argument,
)

from tests.soak.pool import Pool, alias
from tests.soak.values import Json, Values

T = TypeVar("T")
Composite = GraphQLObjectType | GraphQLInterfaceType | GraphQLUnionType
_DEEPEST = 9
_ALIASES = 25


@dataclass(frozen=True, slots=True)
class Question:
    """One GraphQL request; `kind` names how it was made."""

    kind: str
    query: str
    variables: Json = None
    operation: Json = None

    def body(self) -> bytes:
        """As the JSON of a POST; lone surrogates and NaN stay in it, so that the server meets them."""
        members: dict[str, Json] = {"query": self.query}
        if self.variables is not None:
            members["variables"] = self.variables
        if self.operation is not None:
            members["operationName"] = self.operation
        return json.dumps(members).encode()


class Documents:
    """Makes valid documents for a schema, apart from the absurd values in some."""

    def __init__(self, schema: GraphQLSchema, pool: Pool, *, absurd: float = 0.03, mutations: float = 0.3) -> None:
        self._schema = schema
        self._pool = pool
        self._absurd = absurd
        self._mutations = mutations

    def question(self, random: Random) -> Question:
        """A new one."""
        if random.random() < 0.01:
            return Question("introspection", get_introspection_query(), None, None)
        absurd = self._absurd if random.random() < 0.5 else 0.0
        writer = _Writer(self._schema, random, Values(random, self._pool, absurd))
        mutation = self._schema.mutation_type
        if mutation is not None and random.random() < self._mutations:
            return writer.operation("mutation", mutation)
        assert self._schema.query_type is not None
        return writer.operation("query", self._schema.query_type)


class _Writer:
    """Writes one document."""

    def __init__(self, schema: GraphQLSchema, random: Random, values: Values) -> None:
        self._schema = schema
        self._random = random
        self._values = values
        self._fields_left = random.choice((4, 10, 25, 60))
        self._aliases = 0
        self._variables: dict[str, Json] = {}
        self._definitions: list[str] = []
        self._fragments: list[str] = []
        self._directives: list[GraphQLDirective] = [
            each for each in schema.directives if DirectiveLocation.FIELD in each.locations
        ]

    def operation(self, kind: str, root: GraphQLObjectType) -> Question:
        """The whole document."""
        random = self._random
        body = self._selections(root, 0)
        name = random.choice(("", "", "Q", "Monday"))
        variables = f"({', '.join(self._definitions)})" if self._definitions else ""
        short = kind == "query" and not name and not variables and random.random() < 0.7
        definitions = [body if short else f"{kind} {name}{variables} {body}", *self._fragments]
        question = Question(kind, "", self._variables or None, name or None)
        if name and random.random() < 0.2:
            definitions.append("query Another { __typename }")
        elif random.random() < 0.7:
            question = replace(question, operation=None)
        random.shuffle(definitions)
        return replace(question, query=random.choice(("\n", " ", " # a comment\n", ",\t\r\n\ufeff")).join(definitions))

    def _selections(self, parent: Composite, level: int) -> str:
        """A selection set. Each field stands in one place of it only, so that nothing in it can conflict."""
        random = self._random
        written = []
        if not isinstance(parent, GraphQLUnionType):
            written = [self._field(parent, name, level) for name in self._chosen(parent, level)]
        if isinstance(parent, GraphQLUnionType | GraphQLInterfaceType):
            written += [self._of_type(each, level) for each in self._some(self._schema.get_possible_types(parent), 2)]
        if random.random() < 0.15:
            cut = random.randrange(len(written) + 1)
            written[cut:] = [self._wrapped(parent, written[cut:] or ["__typename"])]
        if not written or random.random() < 0.1:
            written.append("__typename")
        return "{ " + " ".join(written) + " }"

    def _chosen(self, parent: GraphQLObjectType | GraphQLInterfaceType, level: int) -> list[str]:
        names = list(parent.fields)
        if level >= _DEEPEST or self._fields_left <= 0:
            names = [name for name in names if not is_composite_type(get_named_type(parent.fields[name].type))]
            names = [name for name in names if not any(map(is_required_argument, parent.fields[name].args.values()))]
        most = 3 if level == 0 else max(1, min(len(names), 12))
        chosen = self._some(names, self._random.randint(1, most))
        self._fields_left -= len(chosen)
        return chosen

    def _of_type(self, kind: GraphQLObjectType, level: int) -> str:
        """What only one of the types behind an interface or union has; aliased, as two of them may differ in it."""
        names = self._chosen(kind, level)[:4] if self._aliases + 4 <= _ALIASES else []
        fields = [self._field(kind, name, level, aliased=True) for name in names]
        return f"... on {kind.name} {{ {' '.join(fields or ['__typename'])} }}"

    def _wrapped(self, parent: Composite, written: Sequence[str]) -> str:
        """The same in a fragment."""
        body = "{ " + " ".join(written) + " }"
        if self._random.random() < 0.5:
            return self._random.choice(("...", f"... on {parent.name}", "... @include(if: true)")) + " " + body
        name = f"F{len(self._fragments)}"
        self._fragments.append(f"fragment {name} on {parent.name} {body}")
        return f"...{name}"

    def _field(
        self, parent: GraphQLObjectType | GraphQLInterfaceType, name: str, level: int, *, aliased: bool = False
    ) -> str:
        field = parent.fields[name]
        kind = get_named_type(field.type)
        label = ""
        if aliased or (self._random.random() < 0.1 and self._aliases < _ALIASES):
            self._aliases += 1
            label = alias(name, self._aliases) + ": "
        below = ""
        if isinstance(kind, GraphQLObjectType | GraphQLInterfaceType | GraphQLUnionType):
            below = " " + self._selections(kind, level + 1)
        return f"{label}{name}{self._arguments(name, field)}{self._directive()}{below}"

    def _arguments(self, name: str, field: GraphQLField) -> str:
        share = self._random.choice((0.1, 0.5, 0.9))
        given = {
            key: argument
            for key, argument in field.args.items()
            if is_required_argument(argument) or self._random.random() < share
        }
        written = [f"{key}: {self._argument(argument.type, key, name)}" for key, argument in given.items()]
        return f"({self._random.choice((', ', ' ')).join(written)})" if written else ""

    def _argument(self, kind: GraphQLInputType, name: str, near: str) -> str:
        value = self._values.of(kind, name, near)
        return self._variable(kind, value) if self._random.random() < 0.4 else literal(value, kind)

    def _variable(self, kind: GraphQLInputType, value: Json) -> str:
        random = self._random
        name = f"v{len(self._definitions)}"
        default = ""
        if random.random() < 0.2 and not (isinstance(kind, GraphQLNonNull) and value is None):
            default = f" = {literal(value, kind)}"
        if not default or random.random() < 0.5:
            self._variables[name] = value
        self._definitions.append(f"${name}: {kind}{default}")
        return f"${name}"

    def _directive(self) -> str:
        if self._random.random() >= 0.04:
            return ""
        directive = self._random.choice(self._directives)
        given = [f"{key}: {self._argument(each.type, key, '')}" for key, each in directive.args.items()]
        return f" @{directive.name}" + (f"({', '.join(given)})" if given else "")

    def _some(self, items: Iterable[T], count: int) -> list[T]:
        every = list(items)
        return self._random.sample(every, min(count, len(every)))


def literal(value: Json, kind: GraphQLInputType | None) -> str:
    """The value as GraphQL writes it; texts of enums without quotes."""
    if isinstance(kind, GraphQLNonNull):
        kind = kind.of_type
    if isinstance(value, list):
        inner = kind.of_type if isinstance(kind, GraphQLList) else None
        return "[" + ", ".join(literal(item, inner) for item in value) + "]"
    if isinstance(value, dict):
        fields = kind.fields if isinstance(kind, GraphQLInputObjectType) else {}
        parts = (f"{key}: {literal(item, fields[key].type if key in fields else None)}" for key, item in value.items())
        return "{" + ", ".join(parts) + "}"
    if isinstance(value, str) and isinstance(kind, GraphQLEnumType):
        return value
    return json.dumps(value)
