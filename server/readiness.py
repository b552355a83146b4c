"""`/readyz`: whether this server can answer. It asks the database and the cache, never Atlassian."""

import asyncio
from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import Response

from resolvers.flights import Flight, Flights
from server.graphql import ReportService
from server.problems import json_response


class Readiness:
    """Asks once for all who ask at the same time: whoever asks often takes no connections from others."""

    def __init__(self, service: Callable[[], ReportService]) -> None:
        self._service = service
        self._asked = Flights[Flight[str]](grace_seconds=0)

    async def answer(self, _request: Request) -> Response:
        """200 with `ready` or `degraded`; 503 with `not ready`."""
        flight = next(iter(self._asked.of("")), None)
        flight = flight or self._asked.depart("", Flight(asyncio.create_task(self._service().readiness())))
        with self._asked.waiting(flight):
            status = await asyncio.shield(flight.task)
        return json_response({"status": status}, 503 if status == "not ready" else 200)
