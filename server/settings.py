"""The settings of the server: their names, their bounds, and one clear line for each that is wrong.

`Settings(...)` is pure and reads nothing, so a test says exactly what it means; `load(environ)` reads `ITSM_*` names (and
`NAME_FILE` for a secret kept in a file). A message never holds a value: it might be a secret in the wrong place.
"""

import base64
import re
from collections.abc import Mapping
from datetime import UTC, date, datetime
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import SplitResult, parse_qs, urlsplit
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, ValidationError
from pydantic.dataclasses import dataclass
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

PREFIX = "ITSM_"
KEY_BYTES = 32
LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})
Weekday = Literal["MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY", "SUNDAY"]

_SITE_HOST = re.compile(r"[a-z0-9][a-z0-9-]{0,62}\.atlassian\.net")
_HOST_NAME = re.compile(r"[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?")
_KEY_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_SHA256 = re.compile(r"[0-9a-f]{64}")


def is_loopback(host: str | None) -> bool:
    """Whether a host name or address is this machine's own."""
    if host in LOOPBACK_NAMES:
        return True
    try:
        return ip_address(host or "").is_loopback
    except ValueError:
        return False


@dataclass(frozen=True)
class ApiKey:
    """One caller of service mode: a name, the SHA-256 of the key, and the last day (UTC) on which it is good."""

    name: str
    digest: bytes = Field(repr=False)
    last_day: date | None = None

    def is_good(self, at: datetime) -> bool:
        """Whether the key has not expired at the given instant."""
        return self.last_day is None or at.astimezone(UTC).date() <= self.last_day


def _parse_key(text: str) -> ApiKey:
    name, _, rest = text.partition(":")
    digest, _, day = rest.partition(":")
    if not _KEY_NAME.fullmatch(name) or not _SHA256.fullmatch(digest.lower()):
        raise ValueError("an entry is not of the form name:sha256hex or name:sha256hex:YYYY-MM-DD")
    try:
        return ApiKey(name, bytes.fromhex(digest), date.fromisoformat(day) if day else None)
    except ValueError:
        raise ValueError("an entry's expiry date is no date") from None


def is_key_entry(text: str) -> bool:
    """Whether `text` is an entry for ITSM_API_KEYS."""
    try:
        return bool(_parse_key(text))
    except ValueError:
        return False


def _keys(value: object) -> object:
    if not isinstance(value, str):
        return value
    keys = tuple(_parse_key(part.strip()) for part in value.split(",") if part.strip())
    if len({key.name for key in keys}) < len(keys):
        raise ValueError("two keys have the same name")
    if len({key.digest for key in keys}) < len(keys):
        raise ValueError("the same key stands under two names")
    return keys


def _parts(url: str) -> SplitResult:
    """An address taken apart. Python's own words on a wrong one hold pieces of it, such as half a password."""
    try:
        parts = urlsplit(url)
        _ = parts.port  # fails for one that is no number
    except ValueError:
        raise ValueError(
            "it is no address that can be read (in a password, letters beyond ASCII and :/?#[]@ are written as %XX)"
        ) from None
    return parts


def _split_url(url: str) -> SplitResult:
    parts = _parts(url)
    if parts.username or parts.password or parts.query or parts.fragment or parts.path.strip("/"):
        raise ValueError("it has more than a scheme and a host (no user, path or query is allowed)")
    if parts.scheme == "http" and not is_loopback(parts.hostname):
        raise ValueError("http:// is for loopback hosts only")
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError("it is no https:// address")
    return parts


def _base_url(url: str) -> str:
    parts = _split_url(url)
    return f"{parts.scheme}://{parts.netloc.lower()}"


def _site_url(url: str) -> str:
    host = _split_url(url).hostname or ""
    if not is_loopback(host) and not _SITE_HOST.fullmatch(host):
        raise ValueError("it is not the address of a Jira Cloud site")
    return _base_url(url)


def _host_names(value: object) -> object:
    if not isinstance(value, str):
        return value
    names = tuple(part.strip().lower() for part in value.split(",") if part.strip())
    if not all(_HOST_NAME.fullmatch(name) for name in names):
        raise ValueError("an entry is no host name (no port, scheme or wildcard is allowed)")
    return names


def _zone(name: str) -> str:
    try:
        return ZoneInfo(name).key
    except (KeyError, ValueError, OSError):
        raise ValueError("there is no such zone") from None


def _cache_url(secret: SecretStr) -> SecretStr:
    parts = _parts(secret.get_secret_value())
    if parts.scheme == "memory" and not parts.netloc:
        return secret
    if parts.scheme not in {"valkey", "redis", "valkeys", "rediss"} or not parts.hostname:
        raise ValueError("it is no such address")
    if parts.query or parts.fragment:
        raise ValueError("it takes no parameters")
    return secret


def _database_url(secret: SecretStr) -> SecretStr:
    parts = _parts(secret.get_secret_value())
    if parts.scheme == "sqlite+aiosqlite" and not parts.netloc and len(parts.path) > 1:
        return secret
    has_host = parts.hostname or "host" in parse_qs(parts.query)  # the latter is the folder of a socket
    if parts.scheme != "postgresql+asyncpg" or not has_host or len(parts.path) < 2:
        raise ValueError("it is no such address")
    return secret


def _encryption_keys(value: object) -> object:
    if not isinstance(value, str):
        return value
    keys = tuple(part.strip() for part in value.split(",") if part.strip())
    decoded = set()
    for position, key in enumerate(keys, 1):
        try:
            decoded.add(base64.b64decode(key, validate=True))
        except ValueError:
            decoded.add(b"")
        if any(len(each) != KEY_BYTES for each in decoded):
            raise ValueError(f"key {position} of {len(keys)} is not {KEY_BYTES} bytes of base64")
    if len(decoded) < len(keys):  # one key can be written in several ways
        raise ValueError("the same key stands there twice")
    return keys


def _origins(value: object) -> object:
    if not isinstance(value, str):
        return value
    return tuple(_origin(part.strip()) for part in value.split(",") if part.strip())


def _origin(url: str) -> str:
    """The origin as browsers write it, since it is compared as a text: lower case, without the scheme's own port."""
    parts = urlsplit(_base_url(url))
    if not is_loopback(parts.hostname) and not _HOST_NAME.fullmatch(parts.hostname or ""):
        raise ValueError(
            "an entry's host is no host name (no wildcard is allowed; letters beyond ASCII are written as xn--…)"
        )
    return f"{parts.scheme}://{parts.netloc.removesuffix(':443' if parts.scheme == 'https' else ':80')}"


def _upper(value: object) -> object:
    return value.upper() if isinstance(value, str) else value


class Settings(BaseSettings):
    """Everything that an operator can set; each description says what would be right."""

    model_config = SettingsConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    site_url: Annotated[str, AfterValidator(_site_url)] = Field(
        description="the Jira site, https://NAME.atlassian.net (http:// for loopback hosts only)"
    )
    jira_email: str = Field(min_length=3, repr=False, description="the e-mail address of the reading account")
    jira_api_token: SecretStr = Field(min_length=1, description="the API token of the reading account")
    atlassian_api_url: Annotated[str, AfterValidator(_base_url)] = Field(
        default="https://api.atlassian.com",
        description="the gateway's address, https:// (default https://api.atlassian.com)",
    )
    data_dir: Path = Field(default=Path("data"), description="a folder for the database file (default data, here)")
    database_url: Annotated[SecretStr, AfterValidator(_database_url)] | None = Field(
        default=None,
        description="postgresql+asyncpg://USER:PASSWORD@HOST/NAME, or sqlite+aiosqlite:///PATH (default: a file in the "
        "data folder)",
    )
    encryption_keys: Annotated[tuple[SecretStr, ...], BeforeValidator(_encryption_keys)] = Field(
        default=(), description="keys, newest first, comma separated; `itsm-reports key` prints a new one"
    )
    cache_url: Annotated[SecretStr, AfterValidator(_cache_url)] = Field(
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
    api_keys: Annotated[tuple[ApiKey, ...], BeforeValidator(_keys)] = Field(
        default=(),
        description="name:sha256hex or name:sha256hex:YYYY-MM-DD, comma separated; `itsm-reports api-key NAME` prints one",
    )
    allowed_hosts: Annotated[tuple[str, ...], BeforeValidator(_host_names)] = Field(
        default=(), description="host names, comma separated, such as reports.example.org"
    )
    allowed_origins: Annotated[tuple[str, ...], BeforeValidator(_origins)] = Field(
        default=(), description="origins of frontends, comma separated, such as https://desk.example.org"
    )
    public_url: Annotated[str, AfterValidator(_base_url)] | None = Field(
        default=None, description="the address that people use, such as https://reports.example.org"
    )
    time_zone: Annotated[str, AfterValidator(_zone)] = Field(
        default="UTC", description="a name of the IANA time zone database, such as Europe/Berlin (default UTC)"
    )
    week_start: Annotated[Weekday, BeforeValidator(_upper)] = Field(default="MONDAY", description="MONDAY to SUNDAY")
    max_in_flight: int = Field(default=10, ge=1, le=100, description="1 to 100 (default 10)")
    host: str = Field(default="127.0.0.1", min_length=1, description="an address of this machine (default 127.0.0.1)")
    port: int = Field(default=8000, ge=1, le=65535, description="1 to 65535 (default 8000)")
    log_level: Annotated[Literal["DEBUG", "INFO", "WARNING", "ERROR"], BeforeValidator(_upper)] = Field(
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
    values, lines = _read(environ)
    values |= overrides or {}
    unreadable = {line.partition(":")[0] for line in lines}
    try:
        settings = Settings.model_validate(values)
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
    values: dict[str, object] = {}
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
            values[field] = text
    return values, lines


def _say(field: str, wrong: str) -> str:
    return f"{PREFIX}{field.upper()}: {wrong}. Give {Settings.model_fields[field].description}."


def _line(field: str, kind: str, message: str) -> str:
    if kind == "missing":
        return _say(field, "it is not set")
    text = message.removeprefix("Value error, ").replace("Input should", "it should", 1)
    return _say(field, text[:1].lower() + text[1:])
