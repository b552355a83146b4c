"""The commands `key`, `backup` and `restore`. Heavy parts are imported by the command that needs them."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from urllib.parse import urlsplit

import typer

from server import settings as settings_module
from server.command_line import clear_lines, environment, fail

if TYPE_CHECKING:
    from resolvers.encryption import Keyring
    from resolvers.storage.backup_file import Counts
    from resolvers.storage.database import Database
    from server.settings import Settings

commands = typer.Typer()


@commands.command()
def key() -> None:
    """Print a new encryption key, for ITSM_ENCRYPTION_KEYS. What is stored can be read only with it: keep it well."""
    from resolvers.encryption import new_key

    typer.echo(new_key())


@commands.command()
def backup(file: Annotated[Path, typer.Argument(help="A file that is not there yet.")]) -> None:
    """Write all widgets and dashboards to an encrypted file, also while the server runs. It opens with the same key."""
    settings = _settings()
    with _one_line():
        _say("Written and read through", file, asyncio.run(_backup(settings, file)))


@commands.command()
def restore(
    file: Annotated[Path, typer.Argument(help="A file that `backup` wrote.")],
    replace: Annotated[
        bool, typer.Option("--replace", help="In place of all that is in the database, which is lost.")
    ] = False,
    other_site: Annotated[
        bool, typer.Option("--other-site", help="Also if it does not hold the site of the settings.")
    ] = False,
) -> None:
    """Put a backup into an empty database, SQLite or PostgreSQL, while no server uses it: the whole of it, or nothing."""
    settings = _settings()
    with _one_line():
        _say("Restored", file, asyncio.run(_restore(settings, file, replace, other_site)))


async def _backup(settings: "Settings", file: Path) -> "Counts":
    from resolvers.storage.backup import write_backup
    from resolvers.storage.vault import Vault
    from server.app import utc_now

    async with _opened(settings, serving=False) as (database, keyring):
        vault = Vault(database, keyring, now=utc_now)
        await vault.check()
        return await write_backup(database, vault, keyring, file, now=utc_now)


async def _restore(settings: "Settings", file: Path, replace: bool, other_site: bool) -> "Counts":
    from resolvers.storage.backup import restore_backup
    from resolvers.storage.vault import Vault
    from server.app import utc_now

    async with _opened(settings, serving=True) as (database, keyring):
        vault = Vault(database, keyring, now=utc_now)
        host = None if other_site else urlsplit(settings.site_url).hostname
        return await restore_backup(database, vault, keyring, file, replace=replace, host=host)


@asynccontextmanager
async def _opened(settings: "Settings", *, serving: bool) -> "AsyncIterator[tuple[Database, Keyring]]":
    from resolvers.encryption import Keyring
    from resolvers.storage.database import open_database

    keyring = Keyring([key.get_secret_value() for key in settings.encryption_keys])
    database = await open_database(settings_module.database_url(settings), serving=serving)
    try:
        yield database, keyring
    finally:
        await database.aclose()


def _settings() -> "Settings":
    with clear_lines():
        settings = settings_module.load(environment(Path(".env")))
    if not settings.encryption_keys:
        fail(["ITSM_ENCRYPTION_KEYS: it is not set. Give the key with which the database is, or will be, encrypted."])
    return settings


@contextmanager
def _one_line() -> Iterator[None]:
    """What stands against it ends the program with one line, not with a traceback."""
    from resolvers.storage.driver_errors import DatabaseFault
    from resolvers.storage.errors import BackupProblem, StorageProblem
    from schema.errors import ApiError

    try:
        yield
    except (BackupProblem, StorageProblem) as error:
        fail([str(error)])
    except ApiError as error:
        fail([error.message])
    except DatabaseFault as error:
        fail([f"The database refused what this version asks of it ({error}); nothing was changed."])


def _say(done: str, file: Path, counts: "Counts") -> None:
    held = ", ".join(
        f"{number} {kind}{'' if number == 1 else 's'}" for kind, number in sorted(counts.items()) if kind != "audit"
    )
    typer.echo(f"{done}: {file} ({held or 'nothing'}).")
