"""How generated values show themselves in the report of a failing example."""

from __future__ import annotations

from dataclasses import fields
from typing import Any


class Told:
    """Shows a dataclass without what has its default, so that a failing example can be read."""

    def __repr__(self) -> str:
        told = [one for one in fields(self) if one.repr and getattr(self, one.name) != one.default]  # type: ignore[arg-type]
        return f"{type(self).__name__}({', '.join(f'{one.name}={getattr(self, one.name)!r}' for one in told)})"

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        """Hypothesis would print all fields, also hidden ones."""
        printer.text(repr(self))
