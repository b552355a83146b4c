"""From a database driver's error to what may be said of it: never a value, a statement or a driver's own text."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from schema.errors import ApiError, Code

# The beginnings of SQLite's names of result codes and of PostgreSQL's SQLSTATEs.
_REASONS = {
    "SQLITE_READONLY": "it is read-only",
    "SQLITE_FULL": "its disk is full",
    "SQLITE_BUSY": "it is locked by another program",
    "SQLITE_LOCKED": "it is locked by another program",
    "SQLITE_CANTOPEN": "its file cannot be opened",
    "SQLITE_PERM": "its file cannot be opened",
    "SQLITE_IOERR": "its disk fails",
    "SQLITE_CORRUPT": "its file is damaged",
    "SQLITE_NOTADB": "its file is no database",
    "25006": "it is read-only",
    "53100": "its disk is full",
    "53": "it has no room for more connections or memory",
    "55P03": "it is locked by another program",
    "40": "others changed the same at the same time",
    "57014": "it took too long",
    "57P": "it is stopping, or the connection was lost",
    "08": "the connection was lost",
    "28": "it does not accept the user or the password",
    "3D": "it does not exist",
    "42501": "its user lacks a right",
    "F0": "its files fail",
    "58": "its disk fails",
    "XX": "its files are damaged",
}
NOTHING_CHANGED = "nothing was changed"
UNKNOWN = "whether the change was made is not known"
UNREACHABLE = "it cannot be reached"


class DatabaseFault(Exception):
    """A statement of ours that the database refuses: a fault of this program. Holds nothing of statement or values."""


def unavailable(reason: str, outcome: str = NOTHING_CHANGED) -> ApiError:
    """STORAGE_UNAVAILABLE for the caller."""
    return ApiError(Code.STORAGE_UNAVAILABLE, f"The database cannot be used: {reason}; {outcome}.")


def reason_of(error: BaseException) -> str | None:
    """Why the database cannot be used; None where that is not what the error says."""
    if isinstance(error, PoolTimeout):
        return "it is busy"
    if isinstance(error, DBAPIError) and error.connection_invalidated:
        return "the connection was lost"
    cause: BaseException | None = error.orig if isinstance(error, DBAPIError) else error
    while cause is not None:
        code = getattr(cause, "sqlite_errorname", None) or getattr(cause, "sqlstate", None) or ""
        found = [reason for start, reason in _REASONS.items() if code.startswith(start)]
        if found:
            return found[0]
        if isinstance(cause, OSError):
            return UNREACHABLE
        cause = cause.__cause__
    return None


@contextmanager
def telling(outcome: str = NOTHING_CHANGED) -> Iterator[None]:
    """Turns the driver's errors into STORAGE_UNAVAILABLE, or into DatabaseFault where the statement is at fault."""
    try:
        yield
    except SQLAlchemyError as error:
        reason = reason_of(error)
        if reason is None:
            raise DatabaseFault(type(error).__name__) from None
        raise unavailable(reason, outcome) from None


@contextmanager
def telling_of_connecting() -> Iterator[None]:
    """As `telling`, for a connection that is being made: drivers let the errors of sockets through as they are."""
    with telling():
        try:
            yield
        except (OSError, TimeoutError):
            raise unavailable(UNREACHABLE) from None
