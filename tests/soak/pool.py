"""What answers gave (ids, cursors, keys, versions), kept so that later questions can ask for things that exist."""

import re
from collections import deque
from random import Random

_KEPT = 200
_LONGEST = {"exportConfigurations": 20_000}
_LONGEST_ELSE = 400
_NUMBERED = re.compile(r"_\d+$")


def words(name: str) -> set[str]:
    """The words of a camelCase name, in the singular and in lower case."""
    return {word.lower().removesuffix("s") for word in re.findall(r"[A-Z]?[a-z0-9]+|[A-Z]+", name)}


def alias(name: str, number: int) -> str:
    """An alias from which `Pool` can tell the field's own name."""
    return f"{name}_{number}"


class Pool:
    """Texts and numbers of answers by the names of their field and of the field around it; the oldest are forgotten."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str, str], deque[str | int]] = {}

    def harvest(self, value: object, around: str = "", name: str = "") -> None:
        """Keep what lies anywhere in the data of an answer."""
        if value is None or isinstance(value, bool):
            return
        if isinstance(value, dict):
            inner = around if name in {"node", "nodes", "edges"} else name
            for key, child in value.items():
                self.harvest(child, inner, _NUMBERED.sub("", key))
        elif isinstance(value, list):
            for child in value[:20]:
                self.harvest(child, around, name)
        elif isinstance(value, int) or (isinstance(value, str) and len(value) <= _LONGEST.get(name, _LONGEST_ELSE)):
            self._kept.setdefault((around, name), deque(maxlen=_KEPT)).append(value)

    def texts(self, random: Random, name: str, near: str = "") -> str | None:
        """A text that a field of that name had; rather one whose surroundings share a word with the last names of `near`."""
        found = [(around, kept) for (around, field), kept in self._kept.items() if field == name]
        if random.random() < 0.9:
            for part in reversed(near.split()):
                close = [item for item in found if words(item[0]) & words(part)]
                if close:
                    return str(random.choice(random.choice(close)[1]))
        return str(random.choice(random.choice(found)[1])) if found else None

    def number(self, random: Random, name: str) -> int | None:
        """A number that a field of that name had."""
        found = [number for (_, field), kept in self._kept.items() if field == name for number in kept]
        numbers = [number for number in found if isinstance(number, int)]
        return random.choice(numbers) if numbers else None
