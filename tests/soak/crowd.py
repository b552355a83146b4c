"""Many callers at once, each doing what a frontend's user does, over and over."""

import asyncio
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from random import Random
from typing import Any

import httpx2

from tests.soak.calling import CREATE, DELETE, UPDATE, Caller, Saved, Trouble

_FIGURES = "... on SlaReport { total metrics { met missed } read { readId } }"
_REPORTS = """query ($scope: RequestScope!, $age: Int) { requests(scope: $scope, maxAgeSeconds: $age) {
  total assigneeWorkload { rows { assignee { displayName } open } } requestChannels { rows { requests } } } }"""
_WIDGET = f"query ($id: ID!) {{ widget(id: $id) {{ title report {{ {_FIGURES} }} }} }}"
_DASHBOARD = (
    f"""query ($id: ID!) {{ dashboard(id: $id) {{ title items {{ widget {{ title }} report {{ {_FIGURES} }} }} }} }}"""
)
_PAGE = "{ widgets(first: 20) { nodes { id title version owner } totalCount } }"
_CREATE_DASHBOARD = "mutation ($input: CreateDashboardInput!) { createDashboard(input: $input) { dashboard { id } userErrors { code } } }"
_SCOPES: tuple[dict[str, Any], ...] = (
    {},
    {"projects": ["ITS"]},
    {"period": {"last": "P90D"}},
    {"period": {"calendar": {"unit": "MONTH", "offset": -1}}, "timeZone": "Europe/Berlin"},
    {"population": "ISSUES"},
)


@dataclass(slots=True)
class Figures:
    """How often each thing was done and how long it took, and what went wrong that nobody asked for."""

    seconds: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    counts: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)

    def lines(self) -> Iterator[str]:
        """To be printed."""
        yield f"  {sum(map(len, self.seconds.values())):,} operations, {dict(self.counts)}"
        for kind, times in sorted(self.seconds.items()):
            times.sort()
            middle, late = times[len(times) // 2], times[len(times) * 95 // 100]
            yield f"  {kind}: {len(times):,}, median {middle * 1000:.0f} ms, 95 % {late * 1000:.0f} ms, longest {times[-1] * 1000:.0f} ms"


class Member:
    """One of the crowd."""

    def __init__(self, name: str, random: Random, caller: Caller, shared: str, figures: Figures) -> None:
        self._name = name
        self._random = random
        self._caller = caller
        self._shared = shared
        self._shared_version = 1
        self._figures = figures
        self._dashboard: str | None = None
        self.known: dict[str, Saved] = {}

    async def run(self, until: float) -> None:
        """Until that instant of the loop's clock."""
        works = (
            self._read,
            self._read,
            self._page,
            self._report,
            self._on_dashboard,
            self._create,
            self._update,
            self._update,
        )
        while asyncio.get_running_loop().time() < until:
            work = self._random.choice((*works, self._delete, self._contend))
            started = time.perf_counter()
            try:
                await work()
            except (Trouble, AssertionError, httpx2.TransportError) as error:
                self._figures.wrong.append(f"{work.__name__}: {type(error).__name__} {str(error)[:500]}")
            self._figures.seconds[work.__name__.strip("_")].append(time.perf_counter() - started)

    async def _read(self) -> None:
        scope, age = self._random.choice(_SCOPES), self._random.choice((None, None, None, 0, 30))
        data = await self._caller.ask(_REPORTS, scope=scope, age=age)
        assert data["requests"]["total"] > 0

    async def _page(self) -> None:
        assert (await self._caller.ask(_PAGE))["widgets"]["totalCount"] > 0

    async def _report(self) -> None:
        if self.known:
            widget = self._random.choice(list(self.known))
            found = (await self._caller.ask(_WIDGET, id=widget))["widget"]
            assert found["title"] == self.known[widget].title
            assert found["report"]["total"] >= 0

    async def _on_dashboard(self) -> None:
        if self._dashboard is None:
            items = [{"widget": self._shared}]
            payload = await self._caller.change(_CREATE_DASHBOARD, title=self._name, items=items)
            assert payload["userErrors"] == []
            self._dashboard = payload["dashboard"]["id"]
        found = (await self._caller.ask(_DASHBOARD, id=self._dashboard))["dashboard"]
        assert found["items"][0]["report"]["total"] >= 0

    def _content(self) -> Saved:
        return Saved(self._name, f'labels != "{self._random.getrandbits(64):x}"', self._random.randint(1, 1000))

    async def _create(self) -> None:
        if len(self.known) < 20:
            wanted = replace(self._content(), title="Time to resolution")
            payload = await self._caller.change(CREATE, **wanted.input(), visibility="SITE")
            assert payload["userErrors"] == []
            assert Saved.of(payload["widget"]) == wanted
            self.known[payload["widget"]["id"]] = wanted

    async def _update(self) -> None:
        if self.known:
            widget = self._random.choice(list(self.known))
            wanted = replace(self._content(), title="Time to resolution", version=self.known[widget].version + 1)
            payload = await self._caller.change(UPDATE, id=widget, version=wanted.version - 1, **wanted.input())
            assert payload["userErrors"] == []
            assert Saved.of(payload["widget"]) == wanted
            self.known[widget] = wanted

    async def _delete(self) -> None:
        if self.known:
            widget = self._random.choice(list(self.known))
            payload = await self._caller.change(DELETE, id=widget, version=self.known[widget].version)
            assert payload == {"deletedId": widget, "userErrors": []}
            del self.known[widget]

    async def _contend(self) -> None:
        """Change the widget that everyone of this key changes, on the version seen last: won, or told the present one."""
        version = self._shared_version
        payload = await self._caller.change(UPDATE, id=self._shared, version=version, scope={"jql": "labels != x"})
        self._shared_version = payload["widget"]["version"]
        if payload["userErrors"]:
            assert [error["code"] for error in payload["userErrors"]] == ["CONFLICT"]
            assert self._shared_version > version
        else:
            assert self._shared_version == version + 1
        self._figures.counts["conflicts asked for" if payload["userErrors"] else "changes of the shared widget"] += 1


async def gather(client: httpx2.AsyncClient, url: str, keys: dict[str, str], seconds: float, random: Random) -> Figures:
    """32 callers for so long; at the end, what is there is what was acknowledged to them."""
    figures = Figures()
    callers = {name: Caller(client, url, key) for name, key in keys.items()}
    saved = Saved("Time to resolution", "labels != y", 5)
    shared = {}
    for name, caller in callers.items():
        shared[name] = (await caller.change(CREATE, **saved.input()))["widget"]["id"]
    names = [list(callers)[number % len(callers)] for number in range(32)]
    members = [
        Member(f"{name} {number}", Random(random.random()), callers[name], shared[name], figures)
        for number, name in enumerate(names)
    ]
    until = asyncio.get_running_loop().time() + seconds
    await asyncio.gather(*(member.run(until) for member in members))
    for name, caller in callers.items():
        present = await caller.widgets()
        for member, owner in zip(members, names, strict=True):
            assert all(present.get(widget) == known for widget, known in member.known.items()) or owner != name
    figures.counts["widgets at the end"] = sum(len(member.known) for member in members) + len(callers)
    return figures
