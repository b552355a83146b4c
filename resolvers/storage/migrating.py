"""That a database has this version's tables. Alembic is imported only where something is to be done."""

from importlib import resources

from sqlalchemy import Connection, inspect, text

from resolvers.storage.errors import StorageProblem

VERSIONS = ("0001",)
"""Every version of the tables that this program knows, oldest first; migrations/versions has one file for each."""
STARTING_LOCK = 0x17_5A_0E_01
"""PostgreSQL's advisory lock, held by whoever looks after the tables: a server that starts, a restore."""
_NEWER = "The database is of a newer version of ITSM Reports (tables {}; this one knows {}). Use that version or a newer one."


def version_of(connection: Connection) -> str | None:
    """The version of the tables; None for an empty database."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    version: str | None = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    return version


def ensure_current(connection: Connection) -> None:
    """Brings the tables up to date, in the transaction of `connection`. Raises StorageProblem for a newer database."""
    if connection.dialect.name == "postgresql":
        # Several servers may start at once, and wait for the first as long as it takes; on SQLite the file's lock sees to that.
        connection.execute(text("SET LOCAL lock_timeout = 0"))
        connection.execute(text("SET LOCAL statement_timeout = 0"))
        if connection.execute(text("SHOW transaction_read_only")).scalar() == "on":
            raise StorageProblem("The database cannot be opened: it is read-only.")
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": STARTING_LOCK})
    if _known(connection) != VERSIONS[-1]:
        migrate(connection, VERSIONS[-1])


def ensure_known(connection: Connection) -> None:
    """Raises StorageProblem unless the tables are just of this version."""
    if _known(connection) != VERSIONS[-1]:
        raise StorageProblem(
            "The database is of an older version: start this version's server once, which brings it up to date."
        )


def migrate(connection: Connection, version: str) -> None:
    """Moves the tables to a version (`base` removes them), in the transaction of `connection`."""
    from alembic import command  # noqa: PLC0415  # some 100 ms that most starts need not wait for
    from alembic.config import Config  # noqa: PLC0415

    with resources.as_file(resources.files("resolvers.storage") / "migrations") as folder:
        config = Config(attributes={"connection": connection})
        config.set_main_option("script_location", str(folder).replace("%", "%%"))
        config.set_main_option("path_separator", "os")
        if version == "base" or _is_older(version, version_of(connection)):
            command.downgrade(config, version)
        else:
            command.upgrade(config, version)


def _known(connection: Connection) -> str | None:
    version = version_of(connection)
    if version is not None and version not in VERSIONS:
        raise StorageProblem(_NEWER.format(version[:32], VERSIONS[-1]))
    return version


def _is_older(version: str, present: str | None) -> bool:
    return present is not None and VERSIONS.index(version) < VERSIONS.index(present)
