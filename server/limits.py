"""How large a document may be, and how that is measured.

Everything is counted per definition with its fragments expanded, since that is what would run, but each fragment is
measured once: the time is linear in the document even where fragments spread others many times over. (Strawberry's own
limiters walk such a document again for every spread, which grows with two to the power of the chain's length.)
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
)

from schema.errors import ApiError, Code


@dataclass(frozen=True, slots=True)
class Limits:
    """The largest request that is run; one beyond any of these gets `QUERY_TOO_COMPLEX` with that number."""

    body_bytes: int = 1024 * 1024
    characters: int = 40_000
    tokens: int = 5_000
    operations: int = 20
    fragments: int = 100
    depth: int = 16
    aliases: int = 30
    root_fields: int = 20
    directives: int = 50
    fields: int = 3_000
    repeats: int = 100
    variable_depth: int = 32
    variable_values: int = 5_000


# What each limit counts, as a sentence needs it.
_NOUNS = {
    "characters": "characters",
    "tokens": "tokens (comments counted too)",
    "operations": "operations",
    "fragments": "fragments",
    "depth": "levels of fields",
    "aliases": "aliases (fragments expanded)",
    "root_fields": "root fields (fragments expanded)",
    "directives": "directives (fragments expanded)",
    "fields": "fields (fragments expanded)",
    "repeats": "fields of one name side by side",
    "variable_depth": "levels of nesting in its variables",
    "variable_values": "values in its variables",
}


def too_complex(limit: str, maximum: int) -> ApiError:
    """The error for a document beyond a limit."""
    message = f"The query is too complex: it may have at most {maximum:,} {_NOUNS[limit]}."
    return ApiError(Code.QUERY_TOO_COMPLEX, message, limit=limit, maximum=maximum)


@dataclass(slots=True)
class _Size:
    """One definition, measured: what it holds itself, then, once `_expand` has run, with its fragments."""

    spreads: list[tuple[str, int]]  # each fragment that it spreads, and under how many levels of fields
    depth: int = 0
    aliases: int = 0
    root_fields: int = 0
    directives: int = 0
    fields: int = 0
    repeats: int = 0
    root_spreads: int = 0  # the first so many of `spreads` stand at the root


def check(document: DocumentNode, limits: Limits) -> list[GraphQLError]:
    """The limits that a parsed document is beyond; none if it may go on to validation."""
    operations = [node for node in document.definitions if isinstance(node, OperationDefinitionNode)]
    fragments = {node.name.value: node for node in document.definitions if isinstance(node, FragmentDefinitionNode)}
    if len(operations) > limits.operations:
        return [too_complex("operations", limits.operations)]
    if sum(isinstance(node, FragmentDefinitionNode) for node in document.definitions) > limits.fragments:
        return [too_complex("fragments", limits.fragments)]
    sizes = {name: _measure(node) for name, node in fragments.items()}
    for name in _leaves_first(sizes):
        _expand(sizes[name], sizes)
    found: set[str] = set()
    for size in sizes.values():
        found.update(_beyond(size, limits, ("depth", "aliases", "directives", "fields", "repeats")))
    for node in operations:
        size = _measure(node)
        _expand(size, sizes)
        found.update(_beyond(size, limits, ("depth", "aliases", "root_fields", "directives", "fields", "repeats")))
    return [too_complex(name, getattr(limits, name)) for name in sorted(found)]


def _beyond(size: _Size, limits: Limits, names: tuple[str, ...]) -> Iterator[str]:
    return (name for name in names if getattr(size, name) > getattr(limits, name))


def _measure(node: OperationDefinitionNode | FragmentDefinitionNode) -> _Size:
    """What a definition holds itself. The parser has bounded the nesting, this uses no recursion all the same."""
    size = _Size(spreads=[], directives=len(node.directives or ()))
    root_spreads: list[tuple[str, int]] = []
    stack: list[tuple[SelectionSetNode, int, bool]] = [(node.selection_set, 0, True)]
    while stack:
        selections, level, at_root = stack.pop()
        names = Counter((s.alias or s.name).value for s in selections.selections if isinstance(s, FieldNode))
        size.repeats = max([size.repeats, *names.values()])
        for selection in selections.selections:
            size.directives += len(selection.directives or ())
            if isinstance(selection, FragmentSpreadNode):
                (root_spreads if at_root else size.spreads).append((selection.name.value, level))
            elif isinstance(selection, InlineFragmentNode):
                stack.append((selection.selection_set, level, at_root))
            elif isinstance(selection, FieldNode):
                size.fields += 1
                size.root_fields += at_root
                size.aliases += selection.alias is not None
                size.depth = max(size.depth, level + 1)
                if selection.selection_set:
                    stack.append((selection.selection_set, level + 1, False))
    size.root_spreads = len(root_spreads)
    size.spreads = root_spreads + size.spreads
    return size


def _expand(size: _Size, sizes: dict[str, _Size]) -> None:
    """Add what the spread fragments hold. One that is unknown or part of a circle is left to validation."""
    for position, (name, level) in enumerate(size.spreads):
        fragment = sizes.get(name)
        if fragment is None:
            continue
        size.depth = max(size.depth, level + fragment.depth)
        size.aliases += fragment.aliases
        size.directives += fragment.directives
        size.fields += fragment.fields
        if position < size.root_spreads:
            size.root_fields += fragment.root_fields


def _leaves_first(sizes: dict[str, _Size]) -> Iterator[str]:
    """The fragments' names, each after those that it spreads (but for circles), without recursion."""
    seen: set[str] = set()
    for start, size in sizes.items():
        if start in seen:
            continue
        seen.add(start)
        path = [(start, iter(size.spreads))]
        while path:
            name, spreads = path[-1]
            following = next((spread for spread, _ in spreads if spread in sizes and spread not in seen), None)
            if following is None:
                path.pop()
                yield name
            else:
                seen.add(following)
                path.append((following, iter(sizes[following].spreads)))


def nesting(value: object) -> tuple[int, int]:
    """How deep lists and objects of a JSON value lie in one another, and how many values there are."""
    deepest = values = 0
    stack = [(value, 0)]
    while stack:
        item, level = stack.pop()
        values += 1
        children = item.values() if isinstance(item, dict) else item if isinstance(item, list) else None
        if children is not None:
            deepest = max(deepest, level + 1)
            stack += [(child, level + 1) for child in children]
    return deepest, values
