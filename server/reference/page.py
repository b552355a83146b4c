"""The docs page: the whole schema on one page that needs nothing else, no script and no other file."""

import base64
import hashlib
from collections.abc import Iterator
from pathlib import Path
from xml.etree.ElementTree import Element

from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLScalarType,
    GraphQLSchema,
)

from server.reference.definitions import Uses, members, own_types, type_article, uses
from server.reference.elements import document, element, link, prose

STYLE = Path(__file__).with_name("page.css").read_text("utf-8")
_STYLE_HASH = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
POLICY = (
    f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; img-src data:; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)

_REPORT = "Report"
_ROOTS = {"Query": "Queries", "Mutation": "Mutations"}
_GROUPS = ("Reports", "Types", "Interfaces and unions", "Inputs", "Enums", "Scalars")


def page(schema: GraphQLSchema) -> str:
    """The page, as HTML. `schema` as `schema.printed.definitions` gives it: defaults are shown as they are written there."""
    roots = [root for root in (schema.query_type, schema.mutation_type) if root]
    grouped: dict[str, list[GraphQLNamedType]] = {group: [] for group in _GROUPS}
    for kind in own_types(schema):
        if kind not in roots:
            grouped[_group(kind, schema)].append(kind)
    filled = {group: kinds for group, kinds in grouped.items() if kinds}
    used = uses(schema)
    main = [_introduction(), *map(_root, roots), *(_section(group, filled[group], schema, used) for group in filled)]
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element("title", "ITSM Reports: the API"),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("link", rel="icon", href="data:,"),
        element("style", STYLE),
    )
    body = element("body", _contents(roots, filled), element("main", *main))
    return document(element("html", head, body, lang="en"))


def _group(kind: GraphQLNamedType, schema: GraphQLSchema) -> str:
    report = schema.type_map.get(_REPORT)
    match kind:
        case GraphQLObjectType():
            return "Reports" if report in kind.interfaces else "Types"
        case GraphQLInputObjectType():
            return "Inputs"
        case GraphQLEnumType():
            return "Enums"
        case GraphQLScalarType():
            return "Scalars"
        case _:
            return "Reports" if kind is report else "Interfaces and unions"


def _introduction() -> Element:
    return element(
        "header",
        element("h1", "ITSM Reports: the API"),
        *prose(
            "Made from the schema of this server, whose text is at `/schema.graphql`. Ask by `POST /graphql` with "
            '`{"query": "…", "variables": {…}}` as `application/json`; callers send their key as '
            "`Authorization: Bearer KEY`."
        ),
        *prose(
            "`Type!` is never null, `[Type!]!` a list of them; anything else may be null. Every name is a link to "
            "itself: `/docs#Query.requests` leads to a field, `/docs#Query.requests.scope` to an argument. An error says "
            "what to do about it by `extensions.code`."
        ),
    )


def _root(root: GraphQLObjectType) -> Element:
    heading = element("h2", link(_ROOTS.get(root.name, root.name), root.name))
    return element("section", heading, *prose(root.description), *members(root), id=root.name)


def _section(group: str, kinds: list[GraphQLNamedType], schema: GraphQLSchema, used: Uses) -> Element:
    heading = element("h2", link(group, _anchor(group)))
    return element("section", heading, *(type_article(kind, schema, used) for kind in kinds), id=_anchor(group))


def _anchor(group: str) -> str:
    """Groups are told from types by the dash, which no name of GraphQL has."""
    return "all-" + group.lower().replace(" ", "-")


def _contents(roots: list[GraphQLObjectType], filled: dict[str, list[GraphQLNamedType]]) -> Element:
    parts: list[Element] = []
    for root in roots:
        anchors = ((name, f"{root.name}.{name}") for name in root.fields)
        parts += _contents_of(_ROOTS.get(root.name, root.name), root.name, anchors)
    for group, kinds in filled.items():
        parts += _contents_of(group, _anchor(group), ((kind.name, kind.name) for kind in kinds))
    return element("nav", *parts)


def _contents_of(label: str, anchor: str, entries: Iterator[tuple[str, str]]) -> list[Element]:
    items = (element("li", link(name, target)) for name, target in entries)
    return [element("h2", link(label, anchor)), element("ul", *items)]
