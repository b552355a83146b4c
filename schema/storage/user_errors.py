"""What a caller can mend in a mutation: told as data beside the object, not as an error of the operation."""

from enum import Enum

import strawberry


@strawberry.enum(description="What is wrong with the input of a mutation. Values may be added.")
class UserErrorCode(Enum):
    BAD_USER_INPUT = strawberry.enum_value("BAD_USER_INPUT", description="A value is not accepted; see `message`.")
    NOT_FOUND = strawberry.enum_value(
        "NOT_FOUND", description="There is no such object, it is of another type, or the caller may not see it."
    )
    FORBIDDEN = strawberry.enum_value("FORBIDDEN", description="The caller sees the object but does not own it.")
    CONFLICT = strawberry.enum_value(
        "CONFLICT", description="It was changed meanwhile: the payload has it as it is now. Repeat the change on that."
    )
    IN_USE = strawberry.enum_value("IN_USE", description="A dashboard still shows the widget; see `fromDashboards`.")
    TOO_MANY = strawberry.enum_value("TOO_MANY", description="There would be more than are allowed.")


@strawberry.type(description="Something that the caller can mend.")
class UserError:
    code: UserErrorCode = strawberry.field(description="What kind of thing is wrong.")
    field: list[str] | None = strawberry.field(
        description="Where in the input, from the argument on, such as [input, title]; null if it is no one place."
    )
    message: str = strawberry.field(description="What is wrong, and what would be accepted.")
