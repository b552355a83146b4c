"""What a stream of mutations was told, against what is there afterwards."""

import asyncio
from collections import Counter
from dataclasses import dataclass, field, replace
from random import Random

import httpx2

from tests.soak.calling import CREATE, DELETE, UPDATE, Caller, Saved

_MOST = 40


@dataclass(slots=True)
class Ledger:
    """Widgets by id as they were acknowledged, and what was asked for but never answered."""

    known: dict[str, Saved] = field(default_factory=dict)
    doubtful: dict[str, Saved | None] = field(default_factory=dict)
    """What a known widget may have become instead; None: it may be gone."""
    perhaps: list[Saved] = field(default_factory=list)
    """What may have been created."""
    counts: Counter[str] = field(default_factory=Counter)

    def settle(self, present: dict[str, Saved]) -> None:
        """Hold what is there against what was told. Raises AssertionError; then takes it for what is known."""
        for widget, saved in self.known.items():
            found = present.get(widget)
            if found == saved:
                continue
            assert widget in self.doubtful, f"{widget} was acknowledged as {saved} and is {found}"
            assert found == self.doubtful[widget], f"{widget} is half made: {found}, not {self.doubtful[widget]}"
            self.counts["unanswered changes that were kept"] += 1
        for widget in present.keys() - self.known.keys():
            assert present[widget] in self.perhaps, f"{widget} was never asked for like this: {present[widget]}"
            self.perhaps.remove(present[widget])
            self.counts["unanswered changes that were kept"] += 1
        self.known, self.doubtful, self.perhaps = dict(present), {}, []


class Writer:
    """Changes widgets of its own, one change after another, until the server is gone."""

    def __init__(self, number: int, random: Random, caller: Caller, ledger: Ledger) -> None:
        self._name = f"{number}:"
        self._random = random
        self._caller = caller
        self._ledger = ledger

    async def run(self) -> None:
        """Until no answer comes any more."""
        try:
            while True:
                await self._step()
        except httpx2.TransportError:
            self._ledger.counts["unanswered"] += 1

    async def _step(self) -> None:
        mine = [widget for widget, saved in self._ledger.known.items() if saved.title.startswith(self._name)]
        chance = self._random.random()
        if not mine or (chance < 0.4 and len(mine) < _MOST):
            await self._create()
        elif chance < 0.85:
            await self._update(self._random.choice(mine))
        else:
            await self._delete(self._random.choice(mine))
        self._ledger.counts["acknowledged"] += 1

    def _content(self) -> Saved:
        label = f"{self._random.getrandbits(64):x}"
        jql = f"labels in ({', '.join([label] * self._random.choice((1, 20, 200)))})"
        return Saved(f"{self._name} {label} übersicht", jql, self._random.randint(1, 1000))

    async def _create(self) -> None:
        wanted = self._content()
        self._ledger.perhaps.append(wanted)
        payload = await self._caller.change(CREATE, **wanted.input())
        assert payload["userErrors"] == []
        assert Saved.of(payload["widget"]) == wanted
        self._ledger.perhaps.remove(wanted)
        self._ledger.known[payload["widget"]["id"]] = wanted

    async def _update(self, widget: str) -> None:
        before = self._ledger.known[widget]
        wanted = replace(self._content(), version=before.version + 1)
        self._ledger.doubtful[widget] = wanted
        payload = await self._caller.change(UPDATE, id=widget, version=before.version, **wanted.input())
        assert payload["userErrors"] == []
        assert Saved.of(payload["widget"]) == wanted
        self._ledger.known[widget] = wanted
        del self._ledger.doubtful[widget]

    async def _delete(self, widget: str) -> None:
        self._ledger.doubtful[widget] = None
        payload = await self._caller.change(DELETE, id=widget)
        assert (payload["deletedId"], payload["userErrors"]) == (widget, [])
        del self._ledger.known[widget], self._ledger.doubtful[widget]


async def write(random: Random, caller: Caller, ledger: Ledger, writers: int) -> None:
    """Change widgets, so many at once, until the server is gone."""
    async with asyncio.TaskGroup() as group:
        for number in range(writers):
            group.create_task(Writer(number, Random(random.random()), caller, ledger).run())
