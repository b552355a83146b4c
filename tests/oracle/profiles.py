"""How long a property is tried, and how an example that fails is made smaller.

Examples come from seeds, so hypothesis has nothing to shrink: `trying` leaves out requests and questions as long as the
property still fails. An example starts a server and asks it over HTTP, so the quick suite tries a few dozen, the same ones every
time; the soak tries many others.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from hypothesis import HealthCheck, Phase, settings

from tests.oracle.generate import World
from tests.oracle.told import Told

PHASES = (Phase.explicit, Phase.generate)
SLOW = (HealthCheck.too_slow,)
MOST_TRIES = 100


def quick(examples: int) -> settings:
    """A few examples, always the same."""
    return settings(
        max_examples=examples,
        derandomize=True,
        deadline=None,
        database=None,
        phases=PHASES,
        suppress_health_check=SLOW,
    )


SOAK = settings(
    max_examples=400, deadline=None, database=None, phases=PHASES, print_blob=True, suppress_health_check=SLOW
)
"""Many examples, other ones each time."""


@dataclass(frozen=True, repr=False)
class Trial(Told):
    """What a property is tried on: a site, and whatever else there is."""

    world: World


S = TypeVar("S", bound=Trial)


async def trying(check: Callable[[S], Awaitable[None]], trial: S) -> None:
    """Checks; a failure is that of the smallest trial found that still fails."""
    try:
        await check(trial)
    except AssertionError as error:
        smallest, failure = await _smallest(check, trial, error)
        raise AssertionError(f"{failure}\nof {smallest}") from None


async def _smallest(
    check: Callable[[S], Awaitable[None]], trial: S, failure: AssertionError
) -> tuple[S, AssertionError]:
    tries = 0
    found = True
    while found:
        found = False
        for smaller in _smaller(trial):
            tries += 1
            if tries > MOST_TRIES:
                return trial, failure
            try:
                await check(smaller)
            except AssertionError as error:
                trial, failure, found = smaller, error, True
                break
    return trial, failure


def _smaller(trial: S) -> Iterator[S]:
    """The same with fewer questions, then with fewer requests: half of them first, single ones at the end."""
    questions: Mapping[str, Any] = getattr(trial, "questions", {})
    if len(questions) > 1:
        for name, one in questions.items():
            yield replace(trial, questions={name: one})  # type: ignore[call-arg]  # it has that field
    requests = trial.world.requests
    size = len(requests) // 2
    while size:
        for start in range(0, len(requests), size):
            kept = (*requests[:start], *requests[start + size :])
            yield replace(trial, world=replace(trial.world, requests=kept))
        size //= 2
