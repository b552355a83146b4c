"""Documents made ready to run: parsed, limited and validated once, then kept for the next caller who sends the same text.

Every error of a request is found here, before anything runs; so whatever execution reports is a field's error, and the
HTTP layer need not guess which is which.
"""

from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import strawberry
from graphql import (
    DocumentNode,
    GraphQLError,
    GraphQLSchema,
    OperationDefinitionNode,
    parse,
    specified_rules,
)
from graphql.execution.values import get_variable_values
from graphql.validation import validate
from strawberry.extensions import SchemaExtension
from strawberry.schema.validation_rules.maybe_null import MaybeNullValidationRule
from strawberry.schema.validation_rules.one_of import OneOfInputValidationRule

from schema.errors import ApiError, Code
from server.limits import Limits, check, nesting, too_complex

SchemaBuilder = Callable[[Sequence[type[SchemaExtension]]], strawberry.Schema]

# How graphql-core's parser ends its messages where one of its limits is met; they have no type of their own.
_PARSER_LIMIT = "Parsing aborted."
_TOKEN_LIMITS = ("tokens", "comments")
# Kept documents: an AST takes some 50 times its text, so these are 25 MB at most.
_KEPT_DOCUMENTS = 256
_KEPT_CHARACTERS = 500_000
_ERRORS_TOLD = 20


@dataclass(frozen=True, slots=True)
class Prepared:
    """A document that may run, or the errors why it may not."""

    text: str
    document: DocumentNode | None
    errors: tuple[GraphQLError, ...] = ()


class Documents:
    """A schema and the documents that were prepared for it."""

    def __init__(self, build: SchemaBuilder, limits: Limits) -> None:
        self._limits = limits
        self._kept: OrderedDict[str, Prepared] = OrderedDict()
        self._kept_characters = 0
        self.schema = build([_use_prepared(self)])
        # Strawberry would log every error, a client's typing errors too, with its text. Ours are logged where they are told.
        self.schema.process_errors = _log_nothing  # type: ignore[method-assign,assignment]

    def prepare(self, text: str) -> Prepared:
        """Parse, limit and validate, or take what that gave before for the same text. Raises nothing."""
        kept = self._kept.get(text)
        if kept is not None:
            self._kept.move_to_end(text)
            return kept
        prepared = self._prepare(text)
        if not prepared.errors:
            self._keep(prepared)
        return prepared

    def operation(self, prepared: Prepared, name: str | None) -> OperationDefinitionNode:
        """The operation to run. Raises ApiError (`BAD_USER_INPUT`) where the choice is open or leads nowhere."""
        definitions = prepared.document.definitions if prepared.document else ()
        operations = [node for node in definitions if isinstance(node, OperationDefinitionNode)]
        if name is not None:
            operations = [node for node in operations if node.name and node.name.value == name]
        match operations:
            case [operation]:
                return operation
            case [] if name is not None:
                wrong = "there is no operation of that name in the document"
            case []:
                wrong = "the document has no operation"
            case _:
                wrong = "the document has several operations and none was named"
        raise ApiError(Code.BAD_USER_INPUT, f"operationName: {wrong}.", input="operationName")

    def variable_errors(
        self, operation: OperationDefinitionNode, variables: Mapping[str, object]
    ) -> Sequence[GraphQLError]:
        """What is wrong with the values given for an operation's variables."""
        depth, values = nesting(variables)
        if depth > self._limits.variable_depth:
            return [too_complex("variable_depth", self._limits.variable_depth)]
        if values > self._limits.variable_values:
            return [too_complex("variable_values", self._limits.variable_values)]
        definitions = operation.variable_definitions or ()
        result = get_variable_values(self._graphql_schema, definitions, dict(variables), max_errors=_ERRORS_TOLD)
        return result if isinstance(result, list) else []

    @property
    def _graphql_schema(self) -> GraphQLSchema:
        return self.schema._schema  # Strawberry offers no public way to validate without running

    def _prepare(self, text: str) -> Prepared:
        limits = self._limits
        if len(text) > limits.characters:
            return Prepared(text, None, (too_complex("characters", limits.characters),))
        try:
            document = parse(text, max_lexical_tokens=limits.tokens, max_comments=limits.tokens)
        except GraphQLError as error:
            return Prepared(text, None, (self._syntax_error(error),))
        errors: Sequence[GraphQLError] = check(document, limits)
        if not errors:
            rules = (*specified_rules, MaybeNullValidationRule, OneOfInputValidationRule)  # as Strawberry validates
            errors = validate(self._graphql_schema, document, rules, max_errors=_ERRORS_TOLD)
        return Prepared(text, document, tuple(errors[:_ERRORS_TOLD]))

    def _syntax_error(self, error: GraphQLError) -> GraphQLError:
        if not error.message.endswith(_PARSER_LIMIT):
            return error
        if any(word in error.message for word in _TOKEN_LIMITS):
            return too_complex("tokens", self._limits.tokens)
        return too_complex("depth", self._limits.depth)

    def _keep(self, prepared: Prepared) -> None:
        self._kept[prepared.text] = prepared
        self._kept_characters += len(prepared.text)
        while len(self._kept) > _KEPT_DOCUMENTS or self._kept_characters > _KEPT_CHARACTERS:
            text, _ = self._kept.popitem(last=False)
            self._kept_characters -= len(text)


def _log_nothing(_errors: list[GraphQLError], _context: object = None) -> None:
    pass


def _use_prepared(documents: Documents) -> type[SchemaExtension]:
    """An extension that hands a prepared document to Strawberry's `execute`, which would parse and validate it again."""

    class UsePrepared(SchemaExtension):
        def on_parse(self) -> Iterator[None]:
            self._prepared = documents.prepare(self.execution_context.query or "")
            self.execution_context.graphql_document = self._prepared.document
            yield

        def on_validate(self) -> Iterator[None]:
            self.execution_context.pre_execution_errors = list(self._prepared.errors)
            yield

    return UsePrepared
