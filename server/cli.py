"""The command `itsm-reports`. Heavy parts are imported by the command that needs them, so that help is quick."""

import re
import shlex
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import orjson
import typer

from server import settings as settings_module
from server.command_line import clear_lines, environment, fail
from server.setting_values import is_key_entry
from server.storage_commands import commands

if TYPE_CHECKING:
    from demo.app import DemoSite
    from server.settings import Settings

app = typer.Typer(
    help="ITSM reports from a Jira Cloud site, by GraphQL.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

app.add_typer(commands)

DEMO_REQUESTS = 3_000
_DEMO_EMAIL = "reader@example.com"


def main() -> None:
    """The entry point of the installed command."""
    app()


@app.command()
def serve() -> None:
    """Serve the reports of the site that the settings name (environment, or a file .env in this folder)."""
    environ = environment(Path(".env"))
    with clear_lines():
        settings = settings_module.load(environ)
        problems = settings_module.serving_problems(settings)
        if problems:
            raise settings_module.WrongSettings(problems)

    from server import logs

    logs.configure(settings.log_level)
    _warn(environ, settings)

    from server.app import create_app
    from server.run import run

    if not run(create_app(settings), settings.host, settings.port, lambda: None):
        raise typer.Exit(1)


@app.command()
def demo(
    requests: Annotated[
        int, typer.Option(min=0, max=1_000_000, help="How many requests the site has.")
    ] = DEMO_REQUESTS,
    latency_ms: Annotated[int, typer.Option(min=0, max=60_000, help="How long the site takes for each call.")] = 0,
    event_log: Annotated[
        Path | None,
        typer.Option(exists=True, dir_okay=False, help="Load this incident event log instead of seeded data."),
    ] = None,
    site_only: Annotated[bool, typer.Option("--site-only", help="Only the stand-in site, without the server.")] = False,
) -> None:
    """Serve the reports of an embedded stand-in site, on this machine only. ITSM_PORT moves it from port 8000."""
    from demo.serve import serving_in_thread
    from server import logs

    # The site's own settings are the embedded site's; all others hold as in `serve`.
    stand_in: dict[str, object] = {"jira_email": _DEMO_EMAIL, "jira_api_token": "demo-token", "host": "127.0.0.1"}
    environ = environment(None)
    with clear_lines():
        settings = settings_module.load(environ, overrides={**stand_in, "site_url": "http://127.0.0.1"})
        if not site_only:
            stand_in |= _demo_store(settings)
    logs.configure(settings.log_level, readable=True)
    site = _stand_in(requests, latency_ms, event_log)

    from server.run import run

    if site_only:
        address = f"http://127.0.0.1:{settings.port}"
        started = run(site.app, "127.0.0.1", settings.port, lambda: _say_site(address, site), lifespan="off")
    else:
        from server.app import create_app

        with serving_in_thread(site.app) as site_url:
            # It is site and gateway in one: Assets is asked on the gateway.
            stand_in |= {"site_url": site_url, "atlassian_api_url": site_url}
            settings = settings_module.load(environ, overrides=stand_in)
            address = f"http://127.0.0.1:{settings.port}"
            started = run(create_app(settings, demo=True), "127.0.0.1", settings.port, lambda: _say_ready(address))
    if not started:
        raise typer.Exit(1)


@app.command()
def check() -> None:
    """Try what the reports need of the configured site, and say what works, what does not and what to grant."""
    import asyncio

    environ = environment(Path(".env"))
    with clear_lines():
        settings = settings_module.load(environ)

    from server import logs
    from server.checking import check_site

    logs.configure(settings.log_level)

    if not asyncio.run(check_site(settings, typer.echo)):
        raise typer.Exit(1)


@app.command()
def schema() -> None:
    """Print the schema in GraphQL's definition language, sorted."""
    from schema.build import sdl

    sys.stdout.write(sdl())


@app.command()
def docs() -> None:
    """Print the API as a page to read: HTML in one file, made from the schema."""
    from schema.build import build
    from schema.printed import definitions
    from server.reference.page import page

    # The page says that it is UTF-8, whatever the terminal is.
    sys.stdout.buffer.write(page(definitions(build())).encode())


@app.command("api-key")
def api_key(
    name: Annotated[str, typer.Argument(help="Whose key it is: letters, digits, dot, dash, underscore.")],
) -> None:
    """Make a new API key for a caller: prints the key, and its entry for ITSM_API_KEYS."""
    import hashlib
    import secrets

    key = "itsm_" + secrets.token_urlsafe(32)
    entry = f"{name}:{hashlib.sha256(key.encode()).hexdigest()}"
    if not is_key_entry(entry):
        fail(["NAME: letters, digits, dot, dash and underscore are allowed, 64 at most, the first a letter or digit."])
    typer.echo(f"The caller's key, shown only now: {key}")
    typer.echo(f"Add to ITSM_API_KEYS (comma separated; append :YYYY-MM-DD for a last day): {entry}")


def _warn(environ: Mapping[str, str], settings: "Settings") -> None:
    import structlog

    from server.app import utc_now

    log = structlog.get_logger("server.cli")
    for name in settings_module.unknown(environ):
        log.warning("unknown_setting", setting=name)
    for key in settings.api_keys:
        if not key.is_good(utc_now()):
            log.warning("api_key_expired", caller=key.name)


def _demo_store(settings: "Settings") -> dict[str, object]:
    """Where the demo keeps widgets: a folder of its own, with a key of its own made at the first start."""
    import os

    from resolvers.encryption import new_key

    folder = settings.data_dir / "demo"
    key = folder / "key"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with suppress(FileExistsError):
            file = os.open(key, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(file, "w") as written:
                written.write(new_key())
        return {"data_dir": folder, "encryption_keys": key.read_text("ascii").strip()}
    except (OSError, UnicodeError):
        raise settings_module.WrongSettings(["ITSM_DATA_DIR: the demo cannot keep its key there."]) from None


def _stand_in(requests: int, latency_ms: int, event_log: Path | None) -> "DemoSite":
    from demo.app import DemoSite
    from server.app import utc_now

    if event_log is not None:
        from demo.event_log import load

        site = load(event_log)
    else:
        from demo.seed import seeded

        site = seeded(requests, now=utc_now())
    return DemoSite(site, now=utc_now, latency_seconds=latency_ms / 1000, email=_DEMO_EMAIL, token="demo-token")  # noqa: S106


def _say_ready(address: str) -> None:
    from server.graphiql import examples

    query = _one_line(next(iter(examples().values()), "{ __typename }"))
    body = shlex.quote(orjson.dumps({"query": query}).decode())
    typer.echo(f"\nReady: {address}/graphql (open it in a browser to try queries). An example:\n")
    typer.echo(f"  curl -s {address}/graphql -H 'Content-Type: application/json' -d {body}\n")


def _say_site(address: str, site: "DemoSite") -> None:
    typer.echo(f"\nThe stand-in site is ready: {address} (GET {address}/_demo/counters counts calls and points).")
    typer.echo(f"Its reading account: {site.email} with the API token {site.token}\n")


def _one_line(query: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"(?m)^\s*#.*$", "", query)).strip()
