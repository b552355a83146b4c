"""Where table work runs: in threads, so that the event loop goes on.

`in_thread` is for the pieces of a read, which all share and which are short. `in_turn` is for what one operation wants
computed: the threads for that are shared out evenly among callers and their operations, so that many large reports of
one caller do not keep the others waiting longer than the piece of work takes that is under way.
"""

import asyncio
import contextvars
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import ParamSpec, TypeVar

import polars as pl

from resolvers.places import Holders, Places

P = ParamSpec("P")
R = TypeVar("R")

THREADS, OF_CALLER, OF_OPERATION = 8, 6, 2


class Workers:
    """Threads for `in_turn`: of `threads`, `of_caller` at most work for one caller and `of_operation` for one operation."""

    def __init__(self, threads: int = THREADS, *, of_caller: int = OF_CALLER, of_operation: int = OF_OPERATION) -> None:
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="tables")
        self._places = Places(threads, (of_caller, of_operation))

    def begin(self, caller: str) -> None:
        """A new operation of a caller: `in_turn` in this context, and in all that it starts, takes its turns here."""
        _operation.set(_Operation(self, (caller, object())))

    async def run(self, holders: Holders, work: Callable[[], R]) -> R:
        """The result of `work`. A place is held until its thread is done, also if nobody waits for the result."""
        await self._places.take(holders)
        loop = asyncio.get_running_loop()
        try:
            future = self._threads.submit(contextvars.copy_context().run, work)
        except RuntimeError:  # closed meanwhile
            self._places.leave(holders)
            raise

        def done(_future: object) -> None:
            with suppress(RuntimeError):  # the loop may be gone before the thread is
                loop.call_soon_threadsafe(self._places.leave, holders)

        future.add_done_callback(done)
        return await asyncio.wrap_future(future)

    def close(self) -> None:
        """Let go of all threads; what has begun ends by itself."""
        self._threads.shutdown(wait=False, cancel_futures=True)


@dataclass(frozen=True, slots=True)
class _Operation:
    workers: Workers
    holders: Holders


_operation: contextvars.ContextVar[_Operation | None] = contextvars.ContextVar("operation", default=None)


async def in_thread(work: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """The result of `work`, which must not touch the event loop."""
    try:
        return await asyncio.to_thread(work, *args, **kwargs)
    except pl.exceptions.PanicException as panic:
        raise _failed() from panic


async def in_turn(work: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """As `in_thread`, when it is the turn of the operation that asks."""
    operation = _operation.get()
    if operation is None:
        return await in_thread(work, *args, **kwargs)
    try:
        return await operation.workers.run(operation.holders, partial(work, *args, **kwargs))
    except pl.exceptions.PanicException as panic:
        raise _failed() from panic


def _failed() -> RuntimeError:
    """A panic is not an Exception for Python: it would pass every handler on its way up."""
    return RuntimeError("the table library failed")
