"""Changes that are refused: as exceptions on the way through, and as user errors in the payload."""

from collections.abc import Sequence

from resolvers.storage.errors import InUse, Missing, NotOwner, UnknownWidgets
from schema.errors import ApiError, Code
from schema.storage.user_errors import UserError, UserErrorCode


class Refused(Exception):
    """A change that its caller can mend: becomes a `UserError`."""

    def __init__(self, code: UserErrorCode, field: Sequence[str] | None, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.field = list(field) if field else None
        self.message = message


def refused(field: Sequence[str], wrong: str, right: str) -> Refused:
    """A value that is not accepted."""
    return Refused(UserErrorCode.BAD_USER_INPUT, field, f"{wrong}. Accepted: {right}.")


MENDABLE = (Refused, Missing, NotOwner, InUse, UnknownWidgets)
"""What becomes a user error; anything else is an error of the operation."""


def not_found(what: str) -> ApiError:
    """An id that leads nowhere, or nowhere that the caller may look: the same words for all of these."""
    return ApiError(Code.NOT_FOUND, f"There is no {what} with this id.")


def user_error(error: Exception, what: str) -> UserError:
    """A refusal as data. Raises the error again if it is none that a caller can mend."""
    match error:
        case Refused():
            return UserError(code=error.code, field=error.field, message=error.message)
        case Missing():
            return _about_id(UserErrorCode.NOT_FOUND, f"There is no {what} with this id.")
        case NotOwner():
            return _about_id(UserErrorCode.FORBIDDEN, f"Only its owner changes a {what}.")
        case InUse():
            boards = "1 dashboard shows" if error.dashboards == 1 else f"{error.dashboards} dashboards show"
            return _about_id(UserErrorCode.IN_USE, f"{boards} it. Accepted: `fromDashboards: true`.")
        case UnknownWidgets():
            message = f"{len(error.ids)} of these widgets are not there. Accepted: widgets that the caller may see."
            return UserError(code=UserErrorCode.NOT_FOUND, field=["input", "items"], message=message)
    raise error


def stale(version: int) -> UserError:
    """The object was changed meanwhile, and has that version now."""
    message = f"It was changed meanwhile and has version {version} now. Repeat the change on that."
    return UserError(code=UserErrorCode.CONFLICT, field=["input", "version"], message=message)


def _about_id(code: UserErrorCode, message: str) -> UserError:
    return UserError(code=code, field=["input", "id"], message=message)
