"""Sends generated documents and requests to a server, several at once, and keeps count of what came back."""

import asyncio
import os
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from random import Random

import h11
import httpx2
import orjson

from tests.soak.documents import Documents, Question
from tests.soak.judge import codes, complaints
from tests.soak.mutants import heavy, mutated
from tests.soak.pool import Pool
from tests.soak.requests import Request, Requests
from tests.soak.wire import Reply, exchange

SEED = int(os.environ.get("ITSM_TEST_SEED", "1"))
_SHOWN = 1_500


@dataclass(slots=True)
class Tally:
    """What came back."""

    statuses: Counter[tuple[str, int]] = field(default_factory=Counter)
    codes: Counter[str] = field(default_factory=Counter)
    with_reports: int = 0
    """How many answers held the figures of at least one report."""
    wrong: list[str] = field(default_factory=list)
    """What must not be, each with what was sent."""

    @property
    def sent(self) -> int:
        """How many were sent."""
        return sum(self.statuses.values())

    def note(self, number: int, kind: str, sent: bytes, reply: Reply, *, head: bool = False) -> None:
        """Judge an answer and count it."""
        self.statuses[kind.partition(" ")[0] if kind.startswith(("mutant", "heavy")) else kind, reply.status] += 1
        self.codes.update(codes(reply))
        self.wrong += [
            f"{problem}: number {number}, {kind}\n  sent {sent[:_SHOWN]!r}\n  got {reply.body[:600]!r}"
            for problem in set(complaints(reply, head=head))
        ]

    def unanswered(self, number: int, kind: str, sent: bytes, error: Exception) -> None:
        """Count one that got no answer, or one that is no HTTP."""
        self.statuses[kind, 0] += 1
        self.wrong.append(f"{type(error).__name__} {error}: number {number}, {kind}\n  sent {sent[:_SHOWN]!r}")

    def worst(self) -> str:
        """One example of each thing that is wrong, and how often it was."""
        found: dict[str, list[str]] = {}
        for line in self.wrong:
            found.setdefault(line.partition(": number")[0], []).append(line)
        return "\n".join(f"{len(lines)} x {min(lines, key=len)}" for lines in found.values())

    def lines(self) -> Iterator[str]:
        """The figures, to be printed."""
        yield f"seed {SEED} (ITSM_TEST_SEED sets it), {self.sent:,} sent, {self.with_reports:,} answered with figures"
        for kind in sorted({kind for kind, _ in self.statuses}):
            found = sorted((status, count) for (each, status), count in self.statuses.items() if each == kind)
            yield f"  {kind}: " + ", ".join(f"{status or 'closed'} x {count:,}" for status, count in found)
        yield "  codes: " + ", ".join(f"{code} x {count:,}" for code, count in self.codes.most_common())


class Asker:
    """Asks one server."""

    def __init__(self, url: str, client: httpx2.AsyncClient, documents: Documents, pool: Pool, key: str) -> None:
        self._url = url
        self._client = client
        self._documents = documents
        self._pool = pool
        self._port = httpx2.URL(url).port or 80
        self._requests = Requests(documents, key)
        self._headers = {"content-type": "application/json", "authorization": f"Bearer {key}"}
        self.tally = Tally()

    async def document(self, number: int) -> None:
        """Send the document of that number: good, mutated or heavy."""
        random = Random(f"{SEED} document {number}")
        question = self._documents.question(random)
        way = random.random()
        if way < 0.3:
            question = mutated(random, question)
        elif way < 0.33:
            question = heavy(random)
        await self.ask(number, question, modern=random.random() < 0.5)

    async def ask(self, number: int, question: Question, *, modern: bool = False) -> None:
        """Send one question."""
        accept = "application/graphql-response+json" if modern else "application/json"
        body = question.body()
        try:
            response = await self._client.post(
                f"{self._url}/graphql", content=body, headers={**self._headers, "accept": accept}
            )
        except httpx2.TransportError as error:
            self.tally.unanswered(number, question.kind, body, error)
            return
        reply = Reply(response.status_code, dict(response.headers), response.content)
        self.tally.note(number, question.kind, body, reply)
        answer = orjson.loads(reply.body)
        self.tally.with_reports += bool(answer.get("extensions", {}).get("reports"))
        self._pool.harvest(answer.get("data"))

    async def known(self, query: str) -> object:
        """The data that a query must give without errors."""
        body = orjson.dumps({"query": query})
        answer = (await self._client.post(f"{self._url}/graphql", content=body, headers=self._headers)).json()
        assert "errors" not in answer, answer["errors"]
        self._pool.harvest(answer["data"])
        return answer["data"]

    async def request(self, number: int) -> None:
        """Send the HTTP request of that number."""
        random = Random(f"{SEED} request {number}")
        request: Request = self._requests.request(random)
        try:
            reply = await exchange(self._port, request)
        except (TimeoutError, OSError, h11.RemoteProtocolError) as error:
            self.tally.unanswered(number, request.kind, request.data, error)
            return
        self.tally.note(number, request.kind, request.data, reply, head=request.method == "HEAD")


async def each(numbers: range, work: Callable[[int], Awaitable[None]], *, at_once: int) -> None:
    """Do the work for each number, so many at once."""
    left = iter(numbers)

    async def worker() -> None:
        for number in left:
            await work(number)

    async with asyncio.TaskGroup() as group:
        for _ in range(at_once):
            group.create_task(worker())
