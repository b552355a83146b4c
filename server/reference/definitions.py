"""How the parts of a schema look on the page: fields, arguments, types, and where a type is used.

Each has an anchor of its own: `Type`, `Type.field`, `Type.field.argument`, `Enum.VALUE`.
"""

from collections.abc import Iterable, Iterator, Mapping
from xml.etree.ElementTree import Element

from graphql import (
    GraphQLArgument,
    GraphQLEnumType,
    GraphQLEnumValue,
    GraphQLField,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNamedType,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLType,
    GraphQLUnionType,
    get_named_type,
    is_introspection_type,
    is_required_argument,
    is_required_input_field,
    is_specified_scalar_type,
    print_ast,
)

from server.reference.elements import Part, element, link, prose

Input = GraphQLArgument | GraphQLInputField
Uses = Mapping[str, list[str]]
"""Anchors of the fields and arguments that have a type, by its name."""


def own_types(schema: GraphQLSchema) -> list[GraphQLNamedType]:
    """All types but GraphQL's own, by name."""
    types = (schema.type_map[name] for name in sorted(schema.type_map))
    return [kind for kind in types if not is_specified_scalar_type(kind) and not is_introspection_type(kind)]


def uses(schema: GraphQLSchema) -> Uses:
    """Where each type is used."""
    found: dict[str, list[str]] = {}
    for kind in own_types(schema):
        for anchor, used in _used_by(kind):
            places = found.setdefault(get_named_type(used).name, [])
            places.append(anchor)
    return found


def _used_by(kind: GraphQLNamedType) -> Iterator[tuple[str, GraphQLType]]:
    if isinstance(kind, GraphQLObjectType | GraphQLInterfaceType):
        for name, field in kind.fields.items():
            yield f"{kind.name}.{name}", field.type
            for argument, given in field.args.items():
                yield f"{kind.name}.{name}.{argument}", given.type
    elif isinstance(kind, GraphQLInputObjectType):
        for name, part in kind.fields.items():
            yield f"{kind.name}.{name}", part.type


def type_article(kind: GraphQLNamedType, schema: GraphQLSchema, used: Uses) -> Element:
    """A type with all that is in it."""
    heading = element("h3", link(kind.name, kind.name), element("span", _kind(kind), class_="kind"))
    parts = [heading, *prose(kind.description), *_relations(kind, schema, used), *members(kind)]
    return element("article", *parts, id=kind.name)


def _kind(kind: GraphQLNamedType) -> str:
    match kind:
        case GraphQLObjectType():
            return "type"
        case GraphQLInterfaceType():
            return "interface"
        case GraphQLUnionType():
            return "union"
        case GraphQLEnumType():
            return "enum"
        case GraphQLInputObjectType():
            return "input, exactly one field is given" if kind.is_one_of else "input"
        case _:
            return "scalar"


def _relations(kind: GraphQLNamedType, schema: GraphQLSchema, used: Uses) -> Iterator[Element]:
    if isinstance(kind, GraphQLObjectType | GraphQLInterfaceType) and kind.interfaces:
        yield _list_of("Implements", (interface.name for interface in kind.interfaces))
    if isinstance(kind, GraphQLInterfaceType | GraphQLUnionType):
        label = "One of" if isinstance(kind, GraphQLUnionType) else "Implemented by"
        yield _list_of(label, sorted(possible.name for possible in schema.get_possible_types(kind)))
    if kind.name in used:
        yield _list_of("Used by", used[kind.name])


def _list_of(label: str, anchors: Iterable[str]) -> Element:
    parts: list[Part] = [element("span", label, class_="label")]
    for anchor in anchors:
        parts += [" ", link(anchor, anchor)]
    return element("p", *parts, class_="relation")


def members(kind: GraphQLNamedType) -> list[Element]:
    """The fields or values of a type, in the order of the schema."""
    match kind:
        case GraphQLObjectType() | GraphQLInterfaceType():
            return [_definitions(_field(f"{kind.name}.{name}", name, field) for name, field in kind.fields.items())]
        case GraphQLInputObjectType():
            return [_definitions(_input(f"{kind.name}.{name}", name, part) for name, part in kind.fields.items())]
        case GraphQLEnumType():
            return [_definitions(_value(f"{kind.name}.{name}", name, value) for name, value in kind.values.items())]
        case _:
            return []


def _definitions(entries: Iterable[Element]) -> Element:
    return element("dl", *entries)


def _entry(anchor: str, term: Iterable[Part], body: Iterable[Part]) -> Element:
    return element("div", element("dt", *term), element("dd", *body), id=anchor)


def _field(anchor: str, name: str, field: GraphQLField) -> Element:
    body = [*prose(field.description), *_deprecation(field.deprecation_reason)]
    if field.args:
        given = (_input(f"{anchor}.{argument}", argument, of) for argument, of in field.args.items())
        body.append(element("dl", *given, class_="arguments"))
    return _entry(anchor, [link(name, anchor, class_="name"), ": ", type_text(field.type)], body)


def _input(anchor: str, name: str, part: Input) -> Element:
    term: list[Part] = [link(name, anchor, class_="name"), ": ", type_text(part.type)]
    default = _default(part)
    if default:
        term += [" = ", element("code", default, class_="default")]
    required = is_required_argument(part) if isinstance(part, GraphQLArgument) else is_required_input_field(part)
    if required:
        term += [" ", element("span", "required", class_="tag")]
    return _entry(anchor, term, [*prose(part.description), *_deprecation(part.deprecation_reason)])


def _default(part: Input) -> str:
    """The default as it is written in GraphQL; a default of null says no more than that the part may be left out."""
    written = part.ast_node.default_value if part.ast_node else None
    text = print_ast(written) if written else ""
    return "" if text == "null" else text


def _value(anchor: str, name: str, value: GraphQLEnumValue) -> Element:
    body = [*prose(value.description), *_deprecation(value.deprecation_reason)]
    return _entry(anchor, [link(name, anchor, class_="name")], body)


def _deprecation(reason: str | None) -> list[Element]:
    if reason is None:
        return []
    return [element("p", element("span", "deprecated", class_="tag"), f" {reason}")]


def type_text(kind: GraphQLType) -> Element:
    """A type as it is written, such as `[Row!]!`, with its name as a link."""
    before, after = "", ""
    while isinstance(kind, GraphQLNonNull | GraphQLList):
        if isinstance(kind, GraphQLList):
            before, after = before + "[", "]" + after
        else:
            after = "!" + after
        kind = kind.of_type
    innermost = get_named_type(kind)
    named: Part = innermost.name
    if not is_specified_scalar_type(innermost):
        named = link(innermost.name, innermost.name)
    return element("span", before, named, after, class_="type")
