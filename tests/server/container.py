"""What a container engine would do with the Dockerfile, as far as that goes without one: reading it, installing as it does,
and running its commands as an unprivileged user in an environment that holds nothing else."""

import ast
import os
import re
import shlex
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import orjson

ROOT = Path(__file__).parents[2]
IMAGE_HOME = "/opt/itsm-reports"
_NOT_TAKEN_ALONG = shutil.ignore_patterns("__pycache__")


class Dockerfile:
    """The instructions of the last stage, each with its arguments as they are written."""

    def __init__(self, text: str) -> None:
        self.text = text
        lines = re.sub(r"\\\n", " ", re.sub(r"(?m)^\s*#.*\n", "", text)).splitlines()
        self.all = [(words[0].upper(), words[1].strip()) for words in (line.split(None, 1) for line in lines if line)]
        last = max(number for number, (name, _) in enumerate(self.all) if name == "FROM")
        self._stage = self.all[last:]

    def values(self, name: str) -> list[str]:
        """The arguments of each instruction of that name in the last stage."""
        return [arguments for instruction, arguments in self._stage if instruction == name]

    def one(self, name: str) -> str:
        """The arguments of the only instruction of that name."""
        (arguments,) = self.values(name)
        return arguments

    @cached_property
    def environment(self) -> dict[str, str]:
        """ENV."""
        pairs = (word.partition("=") for arguments in self.values("ENV") for word in shlex.split(arguments))
        return {name: value for name, _, value in pairs}

    @property
    def command(self) -> list[str]:
        """CMD, which must be in its exec form."""
        return words(self.one("CMD"))

    @property
    def health_check(self) -> list[str]:
        """The command of HEALTHCHECK, which must be in its exec form."""
        return words(self.one("HEALTHCHECK").partition("CMD ")[2])

    @property
    def user(self) -> tuple[int, int]:
        """The ids of USER."""
        user, _, group = self.one("USER").partition(":")
        return int(user), int(group)


def words(exec_form: str) -> list[str]:
    """The words of a command in its exec form."""
    found: list[str] = orjson.loads(exec_form)
    return found


def dockerfile() -> Dockerfile:
    """The project's."""
    return Dockerfile((ROOT / "Dockerfile").read_text("utf-8"))


def allowed_by_ignore_file() -> list[str]:
    """What .dockerignore lets into the build."""
    lines = (ROOT / ".dockerignore").read_text("utf-8").splitlines()
    assert "*" in lines, "it ignores everything but what it names"
    return [line.removeprefix("!") for line in lines if line.startswith("!")]


@dataclass(frozen=True, slots=True)
class Person:
    """Who runs things: the Dockerfile's user where this process may become that, else whoever runs the tests."""

    ids: tuple[int, int] | None

    def run(
        self, command: Sequence[str], *, cwd: str | Path, env: Mapping[str, str]
    ) -> "subprocess.CompletedProcess[str]":
        """Run to the end, with just this environment."""
        return subprocess.run(
            command, cwd=cwd, env=dict(env), capture_output=True, text=True, check=False, timeout=300, **self.options
        )

    def owns(self, folder: Path) -> Path:
        """Make a folder of this person's."""
        folder.mkdir(mode=0o700)
        if self.ids:
            os.chown(folder, *self.ids)
        return folder

    @property
    def options(self) -> dict[str, Any]:
        """For `subprocess`."""
        return {"user": self.ids[0], "group": self.ids[1], "extra_groups": []} if self.ids else {}


def person_and_python(ids: tuple[int, int]) -> tuple[Person, str]:
    """The person, and a Python of this version that they can run.

    As root that is the Dockerfile's user, unless every Python of this version lies where only root may go.
    """
    base = str(Path(sys.base_prefix) / "bin" / f"python{sysconfig.get_python_version()}")
    if os.getuid() != 0:
        return Person(None), base
    for python in (base, *_pythons()):
        person = Person(ids)
        try:
            if person.run([python, "-c", "import ensurepip, venv"], cwd="/", env={}).returncode == 0:
                return person, python
        except OSError:  # there is none, or it is not theirs to run
            continue
    return Person(None), base


def _pythons() -> Iterator[str]:
    name = f"python{sysconfig.get_python_version()}"
    yield from (f"{folder}/{name}" for folder in ("/usr/local/bin", "/usr/bin", "/opt/python/bin"))


def built_wheel(folder: Path) -> Path:
    """The wheel, built with pinned tools from what .dockerignore lets in, and GraphiQL's files as they were fetched before."""
    source = folder / "source"
    source.mkdir()
    for name in allowed_by_ignore_file():
        origin = ROOT / name
        if origin.is_dir():
            shutil.copytree(origin, source / name, ignore=_NOT_TAKEN_ALONG)
        else:
            shutil.copy(origin, source / name)
    pins = str(ROOT / "constraints.txt")
    _pip("wheel", "--no-deps", "--wheel-dir", str(folder), str(source), PIP_CONSTRAINT=pins)
    (wheel,) = folder.glob("*.whl")
    return wheel


def installed(python: str, person: Person, wheel: Path, home: Path) -> None:
    """An environment at `home`, made by the person, with the wheel, its needs and nothing else."""
    person.owns(home)
    home.chmod(0o755)
    install = ("install", "--quiet", "--no-cache-dir", "--only-binary", ":all:", "--constraint")
    for command in (
        [python, "-m", "venv", str(home)],
        [str(home / "bin" / "python"), "-m", "pip", *install, str(ROOT / "constraints.txt"), str(wheel)],
    ):
        done = person.run(command, cwd="/", env=_package_sources())
        assert done.returncode == 0, done.stderr


def _package_sources() -> dict[str, str]:
    """Where this machine's pip gets packages from, as an environment: its files may be nobody else's to read."""
    told = _pip("config", "list").splitlines()
    pairs = (line.removeprefix("global.").partition("=") for line in told if line.startswith("global."))
    configured = {f"PIP_{name.upper().replace('-', '_')}": str(ast.literal_eval(value)) for name, _, value in pairs}
    wanted = re.compile(r"PIP_\w+|SSL_\w+|(?:https?|no|all)_proxy", re.IGNORECASE)
    given = {name: value for name, value in os.environ.items() if wanted.fullmatch(name)}
    return {**configured, **given, "PIP_CONFIG_FILE": os.devnull}


def _pip(*arguments: str, **environ: str) -> str:
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet", *arguments]
    done = subprocess.run(
        command, env={**os.environ, **environ}, capture_output=True, text=True, check=False, timeout=300
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
