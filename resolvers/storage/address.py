"""Where a database is: the URL of the settings, taken apart and made safe."""

import os
import secrets
import ssl
from pathlib import Path
from typing import Any

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from resolvers.storage.errors import StorageProblem

APPLICATION = "itsm-reports"
"""How our connections name themselves to PostgreSQL, followed by a word."""
_DRIVERS = {
    "sqlite": "sqlite+aiosqlite",
    "sqlite+aiosqlite": "sqlite+aiosqlite",
    "postgresql": "postgresql+asyncpg",
    "postgres": "postgresql+asyncpg",
    "postgresql+asyncpg": "postgresql+asyncpg",
}
# What a URL of PostgreSQL may add, each once. All else would go to the driver as it stands.
_TLS_PARAMETERS = frozenset({"ssl", "sslmode", "sslrootcert"})
_NUMBERS = frozenset({"port", "statement_cache_size", "prepared_statement_cache_size"})
_HERE = frozenset({"localhost", "127.0.0.1", "::1", ""})
_STATEMENT_MS, _IDLE_MS = 20_000, 60_000
_SECONDS_TO_CONNECT = 10


class Address:
    """`url` for SQLAlchemy, `file` of an SQLite database."""

    def __init__(self, url: str) -> None:
        """Raises StorageProblem for what is no address of a database."""
        parsed = _parsed(url)
        self.file: Path | None = None
        self._tls: ssl.SSLContext | bool = False
        if parsed.drivername.startswith("sqlite"):
            self.file = _file(parsed)
            self.url = parsed.set(database=str(self.file))
        else:
            _check_parameters(parsed)
            self._tls = _tls(parsed)
            self.url = parsed.difference_update_query(_TLS_PARAMETERS)

    def connect_args(self, patience_ms: int) -> dict[str, Any]:
        """What asyncpg is told of a PostgreSQL database; it waits so long for a lock."""
        limits = {"statement_timeout": _STATEMENT_MS, "lock_timeout": patience_ms}
        limits["idle_in_transaction_session_timeout"] = _IDLE_MS
        # A word of its own for each process: a restore asks whether others are there.
        settings = {"application_name": f"{APPLICATION} {secrets.token_hex(4)}"}
        settings |= {name: str(value) for name, value in limits.items()}
        return {"server_settings": settings, "timeout": _SECONDS_TO_CONNECT, "ssl": self._tls}


def make_file(file: Path) -> None:
    """Makes an SQLite file and its folder, for their owner only, where they are not there. Raises StorageProblem."""
    try:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        # SQLite gives its other files (-wal, -shm) the mode of this one.
        os.close(os.open(file, os.O_RDONLY | os.O_CREAT | os.O_CLOEXEC, 0o600))
    except OSError as error:
        raise StorageProblem(f"The database's file cannot be made or opened: {error.strerror}.") from None


def _parsed(url: str) -> URL:
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        raise StorageProblem(
            "The database's URL is none: give sqlite:///FILE or postgresql://USER@HOST/NAME."
        ) from None
    driver = _DRIVERS.get(parsed.drivername)
    if driver is None:
        raise StorageProblem("The database's URL is neither of SQLite nor of PostgreSQL.")
    return parsed.set(drivername=driver)


def _file(parsed: URL) -> Path:
    name = parsed.database or ""
    if name in {"", ":memory:"} or name.startswith("file:") or parsed.query:
        raise StorageProblem("The database's URL names no file: give sqlite:///FILE.")
    return Path(name).absolute()


def _check_parameters(parsed: URL) -> None:
    for name, value in parsed.query.items():
        if name not in _TLS_PARAMETERS | _NUMBERS | {"host"}:
            raise StorageProblem(
                "The database's URL: it takes ssl, sslrootcert, host, port and the sizes of caches only."
            )
        if not isinstance(value, str) or (name == "host" and "," in value):
            raise StorageProblem(f"The database's URL: there is one {name} only.")
        if name in _NUMBERS and not (value.isascii() and value.isdigit()):
            raise StorageProblem(f"The database's URL: {name} is a number.")


def _tls(parsed: URL) -> ssl.SSLContext | bool:
    """Verified TLS to any other machine, unless the URL says `?ssl=disable`. A private authority: `&sslrootcert=FILE`."""
    wanted = parsed.query.get("ssl", parsed.query.get("sslmode"))
    host = parsed.query.get("host", parsed.host or "")
    is_here = isinstance(host, str) and (host in _HERE or host.startswith("/"))
    if wanted == "disable" or (wanted is None and is_here):
        return False
    if wanted not in {None, "require", "verify-full", "true"}:
        raise StorageProblem("The database's URL: ssl is verify-full (the default for another machine) or disable.")
    authority = parsed.query.get("sslrootcert")
    try:
        return ssl.create_default_context(cafile=authority if isinstance(authority, str) else None)
    except (OSError, ssl.SSLError):
        raise StorageProblem("The database's URL: the file that sslrootcert names cannot be read.") from None
