"""What the commands share: the environment with its file, and wrong things said in clear lines."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

import typer

from server import settings as settings_module


def environment(file: Path | None) -> Mapping[str, str]:
    """The process's environment over the settings of a file, if there is one."""
    values: dict[str, str] = {}
    if file is not None and file.is_file():
        from dotenv import dotenv_values

        values = {name: value for name, value in dotenv_values(file, interpolate=False).items() if value}
    return values | {name: value for name, value in os.environ.items() if value}


@contextmanager
def clear_lines() -> Iterator[None]:
    """Wrong settings end the program with a line for each, not with a traceback."""
    try:
        yield
    except settings_module.WrongSettings as error:
        fail(error.lines)


def fail(lines: list[str]) -> NoReturn:
    """Ends the program with these lines on standard error."""
    for line in lines:
        typer.echo(line, err=True)
    raise typer.Exit(2)
