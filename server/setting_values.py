"""The values of settings: each function takes what was written and gives what it means, or says what is wrong with it.

A message (of ValueError) never holds the value: it might be a secret in the wrong place.
"""

import base64
import re
from datetime import UTC, date, datetime
from ipaddress import ip_address
from urllib.parse import SplitResult, parse_qs, urlsplit
from zoneinfo import ZoneInfo

from pydantic import Field, SecretStr
from pydantic.dataclasses import dataclass

KEY_BYTES = 32
LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})

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


def api_keys(value: object) -> object:
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


def base_url(url: str) -> str:
    parts = _split_url(url)
    return f"{parts.scheme}://{parts.netloc.lower()}"


def site_url(url: str) -> str:
    host = _split_url(url).hostname or ""
    if not is_loopback(host) and not _SITE_HOST.fullmatch(host):
        raise ValueError("it is not the address of a Jira Cloud site")
    return base_url(url)


def host_names(value: object) -> object:
    if not isinstance(value, str):
        return value
    names = tuple(part.strip().lower() for part in value.split(",") if part.strip())
    if not all(_HOST_NAME.fullmatch(name) for name in names):
        raise ValueError("an entry is no host name (no port, scheme or wildcard is allowed)")
    return names


def zone(name: str) -> str:
    try:
        return ZoneInfo(name).key
    except (KeyError, ValueError, OSError):
        raise ValueError("there is no such zone") from None


def cache_url(secret: SecretStr) -> SecretStr:
    parts = _parts(secret.get_secret_value())
    if parts.scheme == "memory" and not parts.netloc:
        return secret
    if parts.scheme not in {"valkey", "redis", "valkeys", "rediss"} or not parts.hostname:
        raise ValueError("it is no such address")
    if parts.query or parts.fragment:
        raise ValueError("it takes no parameters")
    return secret


def database_url(secret: SecretStr) -> SecretStr:
    parts = _parts(secret.get_secret_value())
    if parts.scheme == "sqlite+aiosqlite" and not parts.netloc and len(parts.path) > 1:
        return secret
    has_host = parts.hostname or "host" in parse_qs(parts.query)  # the latter is the folder of a socket
    if parts.scheme != "postgresql+asyncpg" or not has_host or len(parts.path) < 2:
        raise ValueError("it is no such address")
    return secret


def encryption_keys(value: object) -> object:
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


def origins(value: object) -> object:
    if not isinstance(value, str):
        return value
    return tuple(_origin(part.strip()) for part in value.split(",") if part.strip())


def _origin(url: str) -> str:
    """The origin as browsers write it, since it is compared as a text: lower case, without the scheme's own port."""
    parts = urlsplit(base_url(url))
    if not is_loopback(parts.hostname) and not _HOST_NAME.fullmatch(parts.hostname or ""):
        raise ValueError(
            "an entry's host is no host name (no wildcard is allowed; letters beyond ASCII are written as xn--…)"
        )
    return f"{parts.scheme}://{parts.netloc.removesuffix(':443' if parts.scheme == 'https' else ':80')}"


def upper(value: object) -> object:
    return value.upper() if isinstance(value, str) else value
