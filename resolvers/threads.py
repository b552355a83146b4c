"""Where table work runs: in a thread, so that the event loop goes on."""

import asyncio
from collections.abc import Callable
from typing import ParamSpec, TypeVar

import polars as pl

P = ParamSpec("P")
R = TypeVar("R")


async def in_thread(work: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """The result of `work`, which must not touch the event loop."""
    try:
        return await asyncio.to_thread(work, *args, **kwargs)
    except pl.exceptions.PanicException as panic:
        # Not an Exception for Python: it would pass every handler on its way up.
        raise RuntimeError("the table library failed") from panic
