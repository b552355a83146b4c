"""Numbers for Prometheus; docs/metrics.md says what each means, and a test holds the two together.

No site, account or query is in a label, and a label takes values of known lists only.
"""

import asyncio
import platform
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Iterable
from importlib.metadata import PackageNotFoundError, version

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, generate_latest

# Codes of the contract, and what else an operation can come to: a label takes no other value.
_OTHER_OUTCOMES = frozenset({"OK", "CLIENT_GONE"})
_CACHE_RESULTS = frozenset({"HIT", "DELTA", "PART", "MISS"})
_CACHE_EVENTS = frozenset({"hit", "miss", "error", "unreadable", "lost", "back"})
_SHED_REASONS = frozenset({"full", "caller", "late"})
_QUOTAS = frozenset({"global-app-quota", "tenant-app-quota"})
_OTHER = "OTHER"
_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 25)
_READS_REMEMBERED = 10_000
_DATABASE_SECONDS = 2.0


class Metrics:
    """One application's numbers, in a registry of their own. `clock` gives seconds and never goes back."""

    def __init__(self, codes: Iterable[str], *, clock: Callable[[], float] = time.monotonic) -> None:
        self._codes = frozenset(codes)
        self._clock = clock
        self._registry = CollectorRegistry()
        self._declare_operations()
        self._declare_atlassian()
        self._declare_stores()
        ProcessCollector(registry=self._registry)
        build = self._gauge("itsm_build_info", "1, with the version that runs", "version", "python")
        build.labels(_version(), platform.python_version()).set(1)
        self._database: Callable[[], Awaitable[bool]] | None = None
        self._points_known: dict[str, float] = {}
        self._reads_counted: OrderedDict[str, None] = OrderedDict()

    def _declare_operations(self) -> None:
        self._operations = self._counter(
            "itsm_operations_total", "GraphQL operations, by OK or each code that they met", "code"
        )
        self._errors = self._counter("itsm_errors_total", "Errors in answers to GraphQL operations", "code")
        self._operation_seconds = self._histogram("itsm_operation_seconds", "Duration of operations that ran")
        self._running = self._gauge("itsm_operations_running", "Operations under way")
        self._waiting = self._gauge("itsm_operations_waiting", "Operations that wait for a place")
        self._shed = self._counter("itsm_operations_shed_total", "Operations refused for load", "reason")
        self._requests = self._counter("itsm_http_requests_total", "HTTP requests answered", "path", "status")

    def _declare_atlassian(self) -> None:
        self._calls = self._counter("itsm_atlassian_calls_total", "Calls to Atlassian", "endpoint", "outcome")
        self._call_seconds = self._histogram(
            "itsm_atlassian_call_seconds", "Duration of calls to Atlassian", "endpoint"
        )
        self._points = self._counter("itsm_atlassian_points_total", "Points that reads came to")
        self._points_left = self._gauge("itsm_atlassian_points_left", "Points left of a quota, as last told", "quota")
        self._reads = self._gauge("itsm_reads_in_flight", "Reads of Atlassian under way")

    def _declare_stores(self) -> None:
        self._reports = self._counter("itsm_reports_total", "Reports answered, by what the cache had", "cache")
        self._cache_events = self._counter("itsm_cache_events_total", "What the shared cache did", "event")
        # There are no such numbers where there is no shared cache and no database.
        self._cache_up: Gauge | None = None
        self._database_up: Gauge | None = None

    def _counter(self, name: str, meaning: str, *labels: str) -> Counter:
        return Counter(name, meaning, labels, registry=self._registry)

    def _gauge(self, name: str, meaning: str, *labels: str) -> Gauge:
        return Gauge(name, meaning, labels, registry=self._registry)

    def _histogram(self, name: str, meaning: str, *labels: str) -> Histogram:
        return Histogram(name, meaning, labels, buckets=_SECONDS, registry=self._registry)

    def operation(self, codes: Iterable[str], seconds: float) -> None:
        """One operation ended; `codes` are those of its errors, none for a clean one. Zero seconds: it did not run."""
        met = [_known(code, self._codes | _OTHER_OUTCOMES) for code in codes]
        for code in set(met) or {"OK"}:
            self._operations.labels(code).inc()
        for code in met:
            if code not in _OTHER_OUTCOMES:
                self._errors.labels(code).inc()
        if seconds > 0:
            self._operation_seconds.observe(seconds)

    def shed(self, reason: str) -> None:
        """An operation was refused for load: the queue was `full`, the `caller` had its half, or it waited too long (`late`)."""
        self._shed.labels(_known(reason, _SHED_REASONS)).inc()

    def request(self, path: str, status: int) -> None:
        """An HTTP request was answered. `path` is a path of ours or `other`, never what a client sent."""
        self._requests.labels(path, str(status)).inc()

    def call(self, endpoint: str, outcome: str, seconds: float) -> None:
        """One call to Atlassian ended. The names are those of the connectors' own table, never an address."""
        self._calls.labels(endpoint, outcome).inc()
        self._call_seconds.labels(endpoint).observe(seconds)

    def points_left(self, quota: str, points: int, seconds: float) -> None:
        """Atlassian told how many points are left of a quota, which is filled up again in so many seconds."""
        quota = _known(quota, _QUOTAS)
        self._points_left.labels(quota).set(points)
        self._points_known[quota] = self._clock() + seconds

    def reports(self, entries: object) -> None:
        """What `extensions.reports` says: the points of each read are counted once, however many reports it served."""
        for entry in entries if isinstance(entries, list) else []:
            if entry.get("cache") in _CACHE_RESULTS:
                self._reports.labels(entry["cache"]).inc()
            read = str(entry.get("readId"))
            if read not in self._reads_counted:
                self._reads_counted[read] = None
                self._points.inc(entry.get("points") or 0)
        while len(self._reads_counted) > _READS_REMEMBERED:
            self._reads_counted.popitem(last=False)

    def cache_event(self, event: str) -> None:
        """The shared cache had a value (`hit`) or none (`miss`), failed (`error`), held what cannot be opened
        (`unreadable`), was given up for now (`lost`) or is used again (`back`)."""
        self._cache_events.labels(_known(event, _CACHE_EVENTS)).inc()
        if event in {"hit", "miss", "back", "lost"}:
            if self._cache_up is None:
                self._cache_up = self._gauge("itsm_cache_up", "Whether the shared cache could be used last time")
            self._cache_up.set(event != "lost")

    def watch_reads(self, count: Callable[[], float]) -> None:
        """Take the number of reads under way from `count` whenever it is asked for."""
        self._reads.set_function(count)

    def watch_operations(self, running: Callable[[], float], waiting: Callable[[], float]) -> None:
        """Take the numbers of operations that run and that wait from these whenever they are asked for."""
        self._running.set_function(running)
        self._waiting.set_function(waiting)

    def watch_database(self, ready: Callable[[], Awaitable[bool]]) -> None:
        """Ask `ready` for the database whenever the numbers are asked for."""
        self._database = ready
        self._database_up = self._gauge("itsm_database_up", "Whether the database answers")

    async def text(self) -> bytes:
        """Everything, in Prometheus's text format."""
        if self._database is not None and self._database_up is not None:
            self._database_up.set(await _answers(self._database))
        now = self._clock()
        for quota in [quota for quota, until in self._points_known.items() if until <= now]:
            # It was filled up meanwhile, and Atlassian says nothing of one that is full.
            del self._points_known[quota]
            self._points_left.remove(quota)
        return generate_latest(self._registry)


async def _answers(ready: Callable[[], Awaitable[bool]]) -> bool:
    try:
        async with asyncio.timeout(_DATABASE_SECONDS):
            return await ready()
    except Exception:  # what is wrong with it, its own log lines tell
        return False


def _known(value: str, values: frozenset[str]) -> str:
    return value if value in values else _OTHER


def _version() -> str:
    try:
        return version("itsm-reports")
    except PackageNotFoundError:
        return "unknown"
