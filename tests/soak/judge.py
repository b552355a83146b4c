"""What every answer of the server must be like, whatever was asked."""

import asyncio
import builtins
import re
from collections.abc import Iterator

import orjson

from schema.errors import Code
from tests.soak.wire import Reply

# uvicorn's own answer where what came was no HTTP; nothing of ours has seen the request.
_NOT_HTTP = b"Invalid HTTP request received."
_KNOWN = {code.value for code in Code}
# Each is a fault, with a stand-in site that always answers and questions that are small.
_FAULTS = {
    "INTERNAL",
    "TIMEOUT",
    "UPSTREAM_UNAVAILABLE",
    "UPSTREAM_UNAUTHORIZED",
    "UPSTREAM_RATE_LIMITED",
    "STORAGE_UNAVAILABLE",
}
_SHED = (503, "RATE_LIMITED")
_EXCEPTIONS = {
    name for module in (builtins, asyncio) for name, value in vars(module).items() if isinstance(value, type) and issubclass(value, BaseException)
} - {"Warning", "Exception"} | {"JSONDecodeError", "ValidationError", "SQLAlchemyError", "IntegrityError", "OperationalError", "GraphQLError", "PolarsError", "ComputeError"}  # fmt: skip
_INSIDES = re.compile(
    r"Traceback|File \\?\"|line \d+, in |[\w/]+\.py\b|site-packages|<class |object at 0x|NoneType|strawberry|sqlalchemy|asyncpg|polars|unhashable"
    r"|has no attribute|positional argument|coroutine|'utf-8' codec|/(?:tmp|home|usr|root|work)/|\b(?:" + "|".join(sorted(_EXCEPTIONS)) + r")\b"
)  # fmt: skip


def codes(reply: Reply) -> list[str]:
    """`extensions.code` of each error of an answer; empty where there are none, or no JSON."""
    try:
        document = orjson.loads(reply.body)
    except orjson.JSONDecodeError:
        return []
    errors = document.get("errors") if isinstance(document, dict) else None
    return [str(error.get("extensions", {}).get("code")) for error in errors or []]


def complaints(reply: Reply, *, head: bool = False) -> Iterator[str]:
    """What is wrong with an answer."""
    found = codes(reply)
    if reply.status >= 500 and (reply.status, *set(found)) != _SHED:
        yield f"status {reply.status}"
    yield from (f"unknown code {code}" for code in found if code not in _KNOWN)
    yield from (f"code {code}" for code in found if code in _FAULTS)
    if not head and reply.status not in {0, 200, 204, 206, 304} and not found and reply.body.strip() != _NOT_HTTP:
        yield f"status {reply.status} ({reply.media_type}) without an error's code"
    if reply.status == 101:
        yield "it switched to another protocol"
    if "json" in reply.media_type or "text/plain" in reply.media_type:
        yield from (f"it tells of its insides: {inside}" for inside in set(_INSIDES.findall(_told(reply))))


def _told(reply: Reply) -> str:
    """The text of an answer but for metrics, whose names hold those of libraries."""
    text = reply.body.decode("utf-8", "replace")
    return "" if text.startswith("# HELP") else text
