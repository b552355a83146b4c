"""What the properties are tried on: sites with questions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from hypothesis import strategies as st

from tests.oracle.generate import Dice, dice, questions, scope, world
from tests.oracle.oracle import Question
from tests.oracle.profiles import Trial


@dataclass(frozen=True, repr=False)
class Case(Trial):
    """A site with questions about it."""

    questions: Mapping[str, Question]


def _case(dice: Dice, sets: int, lean: bool) -> Case:
    made = world(dice)
    asked: dict[str, Question] = {}
    for number in range(sets):
        on = scope(dice, made)
        for name, one in questions(dice, on, lean=lean).items():
            apart = replace(one, scope=replace(on, apart=len(asked) + 1)) if lean else one
            asked[f"{name}{number}"] = apart
    return Case(made, asked)


def cases(*, sets: int = 3, lean: bool = False) -> st.SearchStrategy[Case]:
    """Sites with a few questions on each of some scopes; `lean` ones select little and are each read on their own."""
    return dice.map(lambda chance: _case(chance, sets, lean))
