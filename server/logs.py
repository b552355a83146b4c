"""Logs without personal data: JSON lines from `serve`, readable lines from `demo`.

What may be written is a list of names (`KEYS`), not a list of what may not: anything else that a log call carries is
dropped, so a query, a name or a token cannot get in by mistake. Exceptions are told by type and place, never by message.
"""

import logging
import sys
from collections.abc import Iterator
from types import TracebackType
from typing import TextIO

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

# Everything that a line of the log may hold: codes, counts, durations, ids and addresses of ours.
KEYS = frozenset(
    {
        "address",
        "at",
        "attempt",
        "bytes",
        "cache",
        "caller",
        "calls",
        "code",
        "codes",
        "endpoint",
        "error",
        "event",
        "level",
        "line",
        "logger",
        "method",
        "ms",
        "outcome",
        "pages",
        "path",
        "points",
        "port",
        "read_id",
        "request_id",
        "rows",
        "setting",
        "signal",
        "status",
        "timestamp",
        "version",
        "wait_seconds",
        "way",
        "windows",
    }
)
# Libraries that log requests, headers or arguments below this level.
_QUIET = (
    *("httpx2", "httpcore2", "hpack", "aiocache", "aiosqlite", "sqlalchemy", "alembic", "redis"),
    *("asyncio", "strawberry", "graphql", "stamina", "multipart"),
)
_FRAMES = 8


def configure(level: str = "INFO", *, readable: bool = False, stream: TextIO | None = None) -> None:
    """Set up logging for the process: our own through structlog, the libraries' through the same lines."""
    import stamina.instrumentation

    # It would log the arguments of what is retried.
    stamina.instrumentation.set_on_retry_hooks([])
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _place_instead_of_message,
        _known_keys_only,
    ]
    structlog.configure(
        processors=[structlog.stdlib.filter_by_level, *shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, _renderer(readable)],
        )
    )
    handler.addFilter(_template_only)
    # A line that cannot be written would else be told on stderr, with its arguments as they came.
    logging.raiseExceptions = False
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    if readable:
        # Its start and stop lines; the demo says more plainly where it is.
        logging.getLogger("uvicorn").setLevel(logging.WARNING)
    for name in _QUIET:
        logging.getLogger(name).setLevel(max(logging.WARNING, logging.getLevelNamesMapping()[level]))


def place_of(error: BaseException | None) -> list[str]:
    """Where an exception was raised: `file:line function`, innermost last, without any value."""
    frames = list(_frames(error.__traceback__ if error else None))
    return frames[-_FRAMES:]


def _frames(traceback: TracebackType | None) -> Iterator[str]:
    while traceback is not None:
        code = traceback.tb_frame.f_code
        module = traceback.tb_frame.f_globals.get("__name__", "?")
        yield f"{module}:{traceback.tb_lineno} {code.co_name}"
        traceback = traceback.tb_next


def _renderer(readable: bool) -> Processor:
    if readable:
        return structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    return structlog.processors.JSONRenderer()


def _template_only(record: logging.LogRecord) -> bool:
    """Other libraries' lines keep their wording and lose its values, but for uvicorn's, which are addresses of ours."""
    if isinstance(record.msg, str):
        if record.msg.startswith("Traceback"):
            return False  # whoever met it has told its type and place
        record.msg = record.msg.partition("\n")[0]
        if not record.name.startswith("uvicorn"):
            record.args = ()
    return True


def _place_instead_of_message(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    info = event.pop("exc_info", None)
    if info is True:
        info = sys.exc_info()
    error = info[1] if isinstance(info, tuple) else info
    record = event.get("_record")
    if isinstance(record, logging.LogRecord):
        record.exc_info = record.exc_text = None
    if isinstance(error, BaseException):
        event["error"] = type(error).__name__
        event["at"] = place_of(error)
    return event


def _known_keys_only(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    return {key: value for key, value in event.items() if key in KEYS or key in {"_record", "_from_structlog"}}
