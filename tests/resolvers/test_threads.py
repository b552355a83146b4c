"""Threads for table work are shared out evenly: nobody takes them all, and who has the fewest goes first."""

import asyncio
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import polars as pl
import pytest

from resolvers.threads import Workers, in_turn


class Work:
    """Pieces of work that run until they are let go."""

    def __init__(self) -> None:
        self.running: list[str] = []
        self.begun: list[str] = []
        self.go = threading.Event()
        self._lock = threading.Lock()

    def piece(self, name: str) -> str:
        with self._lock:
            self.running.append(name)
            self.begun.append(name)
        self.go.wait(10)
        with self._lock:
            self.running.remove(name)
        return name

    async def settled(self) -> None:
        """Return when nothing more begins."""
        for _ in range(3):
            seen = len(self.begun)
            await asyncio.sleep(0.03)
            if len(self.begun) != seen:
                await self.settled()


@contextmanager
def workers(threads: int = 8, *, of_caller: int = 6, of_operation: int = 2) -> Iterator[Workers]:
    made = Workers(threads, of_caller=of_caller, of_operation=of_operation)
    try:
        yield made
    finally:
        made.close()


def operation(on: Workers, caller: str, work: Work, pieces: int) -> "asyncio.Task[list[str]]":
    """An operation of a caller that wants so many pieces done at once."""

    async def run() -> list[str]:
        on.begin(caller)
        return await asyncio.gather(*(in_turn(work.piece, caller) for _ in range(pieces)))

    return asyncio.create_task(run())


async def test_one_operation_has_two_threads_and_one_caller_six_however_much_they_want() -> None:
    work = Work()
    with workers() as on:
        first = operation(on, "alice", work, 30)
        await work.settled()
        assert work.running == ["alice"] * 2
        more = [operation(on, "alice", work, 30) for _ in range(5)]
        await work.settled()
        assert work.running == ["alice"] * 6
        work.go.set()
        assert await first == ["alice"] * 30
        await asyncio.gather(*more)
    assert len(work.begun) == 180


async def test_three_callers_with_large_reports_leave_threads_for_a_fourth() -> None:
    work = Work()
    with workers() as on:
        large = [operation(on, caller, work, 30) for caller in ("alice", "bob", "carol")]
        await work.settled()
        assert len(work.running) == 6
        small = operation(on, "dave", work, 1)
        await work.settled()
        assert "dave" in work.running
        work.go.set()
        await asyncio.gather(small, *large)


async def test_who_has_the_fewest_goes_first_when_all_threads_are_taken() -> None:
    first, second = Work(), Work()
    with workers(2, of_caller=2) as on:
        large = operation(on, "alice", first, 2)
        await first.settled()
        queued = [operation(on, "alice", second, 10) for _ in range(3)]
        await asyncio.sleep(0.02)
        late = operation(on, "bob", second, 1)
        await asyncio.sleep(0.02)
        assert second.begun == []
        first.go.set()
        await large
        await second.settled()
        assert "bob" in second.begun
        second.go.set()
        await asyncio.gather(late, *queued)
    assert second.begun.count("alice") == 30


async def test_cancelled_work_keeps_its_thread_until_it_is_done_and_what_waits_is_forgotten() -> None:
    work = Work()
    with workers(2, of_caller=2) as on:
        cancelled = operation(on, "alice", work, 10)
        await work.settled()
        cancelled.cancel()
        with pytest.raises(asyncio.CancelledError):
            await cancelled
        other = operation(on, "bob", work, 1)
        await work.settled()
        assert work.running == ["alice"] * 2
        work.go.set()
        assert await asyncio.wait_for(other, 5) == ["bob"]
        again = operation(on, "alice", work, 4)
        assert await asyncio.wait_for(again, 5) == ["alice"] * 4
    assert work.begun.count("alice") == 6


async def test_without_an_operation_work_runs_as_it_comes() -> None:
    assert await in_turn(lambda a, b: a + b, 1, b=2) == 3


async def test_a_failure_frees_its_thread_and_a_panic_of_the_table_library_is_an_ordinary_error() -> None:
    def fail() -> None:
        raise ValueError("wrong")

    def panic() -> None:
        raise pl.exceptions.PanicException("cannot")

    with workers(1, of_caller=1, of_operation=1) as on:
        on.begin("alice")
        for _ in range(3):
            with pytest.raises(ValueError, match="wrong"):
                await in_turn(fail)
            with pytest.raises(RuntimeError, match="table library"):
                await in_turn(panic)


async def test_closed_workers_do_nothing_more_and_lose_no_place() -> None:
    on = Workers(1)
    on.begin("alice")
    on.close()
    for _ in range(3):
        with pytest.raises(RuntimeError):
            await asyncio.wait_for(in_turn(int), 5)


def test_work_whose_loop_is_gone_ends_quietly() -> None:
    work = Work()

    async def leave() -> None:
        with workers() as on:
            task = operation(on, "alice", work, 1)
            await work.settled()
            task.cancel()

    with ThreadPoolExecutor(1) as elsewhere:
        elsewhere.submit(asyncio.run, leave()).result(10)
    work.go.set()
