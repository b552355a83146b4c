"""The schema over HTTP: as a text for tools, as a page for people. Both are made once, when first asked for."""

import asyncio
import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import strawberry
from starlette.requests import Request
from starlette.responses import Response

from schema import printed
from server.reference.page import POLICY, page

# Nothing of a site stands in them; so a caller may keep them, and ask whether they are still the same.
_CACHING = {"cache-control": "private, no-cache"}


@dataclass(frozen=True, slots=True)
class _Made:
    """A text with the tag by which a caller knows it again."""

    content: bytes
    etag: str


class Reference:
    """`/schema.graphql` and `/docs`."""

    def __init__(self, schema: strawberry.Schema) -> None:
        self._schema = schema
        self._made: dict[str, _Made] = {}
        self._making = asyncio.Lock()

    async def sdl(self, request: Request) -> Response:
        """The schema's text, the same that `itsm-reports schema` prints."""
        made = await self._make("sdl", lambda: printed.sdl(self._schema))
        return _answer(request, made, "text/plain", {})

    async def docs(self, request: Request) -> Response:
        """The page, the same that `itsm-reports docs` prints."""
        made = await self._make("docs", lambda: page(printed.definitions(self._schema)))
        return _answer(request, made, "text/html", {"content-security-policy": POLICY})

    async def _make(self, name: str, make: Callable[[], str]) -> _Made:
        async with self._making:
            if name not in self._made:
                content = (await asyncio.to_thread(make)).encode()
                self._made[name] = _Made(content, f'"{hashlib.sha256(content).hexdigest()[:32]}"')
        return self._made[name]


def _answer(request: Request, made: _Made, media_type: str, headers: Mapping[str, str]) -> Response:
    own = {"etag": made.etag, **_CACHING, **headers}
    if _knows(request.headers.getlist("if-none-match"), made.etag):
        return Response(status_code=304, headers=own)
    return Response(made.content, headers=own, media_type=f"{media_type}; charset=utf-8")


def _knows(tags: list[str], etag: str) -> bool:
    known = {tag.strip().removeprefix("W/") for tag in ",".join(tags).split(",")}
    return etag in known or "*" in known
