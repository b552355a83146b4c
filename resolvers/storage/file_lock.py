"""One server process for one SQLite file: a lock on a file beside it, which the system lets go when the process ends."""

import fcntl
import os
from pathlib import Path
from typing import Self

from resolvers.storage.errors import StorageProblem


class FileLock:
    """Held from `of` to `release`."""

    def __init__(self, handle: int) -> None:
        self._handle: int | None = handle

    @classmethod
    def of(cls, file: Path) -> Self:
        """The lock of a database file. Raises StorageProblem if another process holds it."""
        try:
            handle = os.open(f"{file}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise StorageProblem(f"The database's lock file cannot be opened: {error.strerror}.") from None
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(handle)
            message = "The database is in use by another process of this server. Several of them need PostgreSQL."
            raise StorageProblem(message) from None
        return cls(handle)

    def release(self) -> None:
        """Lets another process have the file; the lock file stays, since removing it would race."""
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None
