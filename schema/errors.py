"""The failures that a client can meet, each with the `extensions.code` that a program can act on."""

from enum import StrEnum

from graphql import GraphQLError


class Code(StrEnum):
    """Every value of `extensions.code`. docs/errors.md lists what each means and what to do."""

    GRAPHQL_VALIDATION_FAILED = "GRAPHQL_VALIDATION_FAILED"
    QUERY_TOO_COMPLEX = "QUERY_TOO_COMPLEX"
    BAD_USER_INPUT = "BAD_USER_INPUT"
    INVALID_JQL = "INVALID_JQL"
    NOT_FOUND = "NOT_FOUND"
    UNAUTHENTICATED = "UNAUTHENTICATED"
    FORBIDDEN = "FORBIDDEN"
    RATE_LIMITED = "RATE_LIMITED"
    SCOPE_TOO_LARGE = "SCOPE_TOO_LARGE"
    READ_IN_PROGRESS = "READ_IN_PROGRESS"
    SNAPSHOT_EXPIRED = "SNAPSHOT_EXPIRED"
    INVALID_AQL = "INVALID_AQL"
    UPSTREAM_UNAUTHORIZED = "UPSTREAM_UNAUTHORIZED"
    UPSTREAM_RATE_LIMITED = "UPSTREAM_RATE_LIMITED"
    UPSTREAM_UNAVAILABLE = "UPSTREAM_UNAVAILABLE"
    STORAGE_UNAVAILABLE = "STORAGE_UNAVAILABLE"
    TIMEOUT = "TIMEOUT"
    INTERNAL = "INTERNAL"


class ApiError(GraphQLError):
    """A failure that is meant for the caller: its message may be shown as it is.

    `extensions` holds `code` and what helps to act on it, e.g. `retryAfterSeconds`.
    """

    def __init__(self, code: Code, message: str, **extensions: object) -> None:
        super().__init__(message, extensions={"code": code.value, **extensions})
        self.code = code


def bad_input(where: str, wrong: str, right: str) -> ApiError:
    """`BAD_USER_INPUT` that says which input is wrong, what is wrong with it and what is accepted."""
    return ApiError(Code.BAD_USER_INPUT, f"{where}: {wrong}. Accepted: {right}.", input=where)
