"""The settings of the server: their names, their bounds, and one clear line for each that is wrong.

`Settings(...)` is pure and reads nothing, so a test says exactly what it means; `load(environ)` reads `ITSM_*` names (and
`NAME_FILE` for a secret kept in a file). A message never holds a value: it might be a secret in the wrong place.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from server import setting_values as values

PREFIX = "ITSM_"
Weekday = Literal["MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY", "SUNDAY"]


class Settings(BaseSettings):
    """Everything that an operator can set; each description says what would be right."""

    model_config = SettingsConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    site_url: Annotated[str, AfterValidator(values.site_url)] = Field(
        description="the Jira site, https://NAME.atlassian.net (http:// for loopback hosts only)"
    )
    jira_email: str = Field(min_length=3, repr=False, description="the e-mail address of the reading account")
    jira_api_token: SecretStr = Field(min_length=1, description="the API token of the reading account")
    atlassian_api_url: Annotated[str, AfterValidator(values.base_url)] = Field(
        default="https://api.atlassian.com",
        description="the gateway's address, https:// (default https://api.atlassian.com)",
    )
    data_dir: Path = Field(default=Path("data"), description="a folder for the database file (default data, here)")
    database_url: Annotated[SecretStr, AfterValidator(values.database_url)] | None = Field(
        default=None,
        description="postgresql+asyncpg://USER:PASSWORD@HOST/NAME, or sqlite+aiosqlite:///PATH (default: a file in the "
        "data folder)",
    )
    encryption_keys: Annotated[tuple[SecretStr, ...], BeforeValidator(values.encryption_keys)] = Field(
        default=(), description="keys, newest first, comma separated; `itsm-reports key` prints a new one"
    )
    cache_url: Annotated[SecretStr, AfterValidator(values.cache_url)] = Field(
        default=SecretStr("memory://"),
        description="memory:// (default), valkey://HOST:PORT or redis://HOST:PORT, with TLS valkeys:// or rediss://",
    )
    cache_ttl_seconds: int = Field(
        default=3600, ge=1, le=3600, description="1 to 3600 (data from Jira is kept one hour at most)"
    )
    cache_bytes: int = Field(
        default=256 * 1024 * 1024, ge=1024 * 1024, description="bytes, at least 1048576 (default 268435456 = 256 MiB)"
    )
    max_requests: int = Field(default=300_000, ge=1, le=10_000_000, description="1 to 10000000 (default 300000)")
    api_keys: Annotated[tuple[values.ApiKey, ...], BeforeValidator(values.api_keys)] = Field(
        default=(),
        description="name:sha256hex or name:sha256hex:YYYY-MM-DD, comma separated; `itsm-reports api-key NAME` prints one",
    )
    allowed_hosts: Annotated[tuple[str, ...], BeforeValidator(values.host_names)] = Field(
        default=(), description="host names, comma separated, such as reports.example.org"
    )
    allowed_origins: Annotated[tuple[str, ...], BeforeValidator(values.origins)] = Field(
        default=(), description="origins of frontends, comma separated, such as https://desk.example.org"
    )
    public_url: Annotated[str, AfterValidator(values.base_url)] | None = Field(
        default=None, description="the address that people use, such as https://reports.example.org"
    )
    time_zone: Annotated[str, AfterValidator(values.zone)] = Field(
        default="UTC", description="a name of the IANA time zone database, such as Europe/Berlin (default UTC)"
    )
    week_start: Annotated[Weekday, BeforeValidator(values.upper)] = Field(
        default="MONDAY", description="MONDAY to SUNDAY"
    )
    max_in_flight: int = Field(default=10, ge=1, le=100, description="1 to 100 (default 10)")
    host: str = Field(default="127.0.0.1", min_length=1, description="an address of this machine (default 127.0.0.1)")
    port: int = Field(default=8000, ge=1, le=65535, description="1 to 65535 (default 8000)")
    log_level: Annotated[Literal["DEBUG", "INFO", "WARNING", "ERROR"], BeforeValidator(values.upper)] = Field(
        default="INFO", description="DEBUG, INFO, WARNING or ERROR"
    )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Only what the constructor is given: the environment comes in through `load`, where it can be seen."""
        return (init_settings,)


SECRETS = frozenset({"jira_api_token", "api_keys", "database_url", "encryption_keys", "cache_url"})


def names() -> dict[str, str]:
    """Every setting's name in the environment, with what it takes."""
    return {PREFIX + name.upper(): field.description or "" for name, field in Settings.model_fields.items()}


class WrongSettings(Exception):
    """Settings that do not hold: `lines` has one for each, with its name, what is wrong, and what would be right."""

    def __init__(self, lines: list[str]) -> None:
        super().__init__("\n".join(lines))
        self.lines = lines


def load(environ: Mapping[str, str], *, overrides: Mapping[str, object] | None = None) -> Settings:
    """The settings that `environ` holds; `overrides` (by field name) win. An empty value counts as unset.

    Raises WrongSettings with a line per wrong setting.
    """
    given, lines = _read(environ)
    given |= overrides or {}
    unreadable = {line.partition(":")[0] for line in lines}
    try:
        settings = Settings.model_validate(given)
    except ValidationError as error:
        found = [_line(str(item["loc"][0]), item["type"], item["msg"]) for item in error.errors(include_input=False)]
        lines += [line for line in dict.fromkeys(found) if line.partition(":")[0] not in unreadable]
    if lines:
        raise WrongSettings(lines)
    return settings


def unknown(environ: Mapping[str, str]) -> list[str]:
    """Names that look like settings of ours and are none (those of tests, ITSM_TEST_*, aside): most likely typing errors."""
    known = set(names()) | {PREFIX + name.upper() + "_FILE" for name in SECRETS}
    ours = (name for name in environ if name.startswith(PREFIX) and not name.startswith("ITSM_TEST_"))
    return sorted(name for name in ours if name not in known)


def serving_problems(settings: Settings) -> list[str]:
    """What stands against serving people with settings that are each right by itself."""
    problems = []
    if not settings.api_keys:
        problems.append(_say("api_keys", "it is not set, and a server without callers' keys would answer anyone"))
    if not settings.encryption_keys:
        problems.append(_say("encryption_keys", "it is not set, and widgets are only stored encrypted"))
    return problems


def database_url(settings: Settings) -> str:
    """The database's address: the setting, or a file in the data folder."""
    if settings.database_url is not None:
        return settings.database_url.get_secret_value()
    return f"sqlite+aiosqlite:///{(settings.data_dir / 'itsm-reports.sqlite3').absolute()}"


def _read(environ: Mapping[str, str]) -> tuple[dict[str, object], list[str]]:
    given: dict[str, object] = {}
    lines: list[str] = []
    for field in Settings.model_fields:
        name = PREFIX + field.upper()
        text = environ.get(name, "").strip()
        path = environ.get(name + "_FILE", "").strip() if field in SECRETS else ""
        if text and path:
            lines.append(_say(field, f"it and {name}_FILE are both set"))
        elif path:
            try:
                text = Path(path).read_text("utf-8-sig").strip()  # some editors put a mark before the text
            except (OSError, ValueError):
                lines.append(_say(field, f"the file that {name}_FILE names cannot be read"))
        if text:
            given[field] = text
    return given, lines


def _say(field: str, wrong: str) -> str:
    return f"{PREFIX}{field.upper()}: {wrong}. Give {Settings.model_fields[field].description}."


def _line(field: str, kind: str, message: str) -> str:
    if kind == "missing":
        return _say(field, "it is not set")
    text = message.removeprefix("Value error, ").replace("Input should", "it should", 1)
    return _say(field, text[:1].lower() + text[1:])
