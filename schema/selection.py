"""Which fields below a report a client selected, so that only the columns that they need are read."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import strawberry
from graphql import (
    FieldNode,
    FragmentSpreadNode,
    GraphQLIncludeDirective,
    GraphQLResolveInfo,
    GraphQLSkipDirective,
    InlineFragmentNode,
    SelectionSetNode,
)
from graphql.execution.values import VariableValues, get_directive_values


@dataclass(frozen=True, slots=True)
class Selection:
    """The dotted names of the selected fields, such as `rows.assignee.displayName`; names of the schema, not aliases."""

    paths: frozenset[str]

    def has(self, *paths: str) -> bool:
        """Whether any of these was selected."""
        return not self.paths.isdisjoint(paths)


def _kept(node: FieldNode | InlineFragmentNode | FragmentSpreadNode, info: GraphQLResolveInfo[Any]) -> bool:
    # Strawberry hands on the plain values, where graphql-core wants its own container.
    variables = VariableValues(sources={}, coerced=dict[str, Any](info.variable_values))  # type: ignore[arg-type]
    skip = get_directive_values(GraphQLSkipDirective, node, variables)
    include = get_directive_values(GraphQLIncludeDirective, node, variables)
    return not (skip and skip["if"]) and not (include and not include["if"])


def _paths(nodes: SelectionSetNode, prefix: str, types: frozenset[str], info: GraphQLResolveInfo[Any]) -> Iterator[str]:
    for node in nodes.selections:
        if not isinstance(node, FieldNode | InlineFragmentNode | FragmentSpreadNode) or not _kept(node, info):
            continue
        if isinstance(node, FieldNode):
            path = prefix + node.name.value
            yield path
            if node.selection_set:
                # A fragment deeper down may be on any type: only the report itself can be of another one.
                yield from _paths(node.selection_set, path + ".", frozenset(), info)
            continue
        fragment = info.fragments[node.name.value] if isinstance(node, FragmentSpreadNode) else node
        fragment_node = getattr(fragment, "definition", fragment)
        condition = fragment_node.type_condition
        if not types or condition is None or condition.name.value in types:
            yield from _paths(fragment_node.selection_set, prefix, types, info)


def selection_of(info: strawberry.Info[Any, Any], type_name: str) -> Selection:
    """What is selected below the field that is being resolved, of the concrete type `type_name` or of `Report`.

    Aliases and fragments are followed and @skip and @include obeyed; several nodes that GraphQL merges are joined.
    """
    raw = info._raw_info
    types = frozenset({type_name, "Report"})
    found: set[str] = set()
    for node in raw.field_nodes:
        if node.selection_set:
            found.update(_paths(node.selection_set, "", types, raw))
    return Selection(frozenset(found))
