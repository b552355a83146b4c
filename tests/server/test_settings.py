"""Settings: what holds, and one clear line for what does not."""

import base64
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from server.settings import Settings, WrongSettings, database_url, load, names, serving_problems, unknown

ROOT = Path(__file__).parents[2]
DIGEST = "ab" * 32
GOOD = {
    "ITSM_SITE_URL": "https://example.atlassian.net",
    "ITSM_JIRA_EMAIL": "reader@example.com",
    "ITSM_JIRA_API_TOKEN": "canary-token",
    "ITSM_API_KEYS": f"alice:{DIGEST}",
    "ITSM_ENCRYPTION_KEYS": base64.b64encode(b"k" * 32).decode(),
}


def lines(**wrong: str) -> list[str]:
    with pytest.raises(WrongSettings) as caught:
        load(GOOD | wrong)
    return caught.value.lines


def test_defaults_are_those_of_the_contract() -> None:
    settings = load(GOOD)
    assert (settings.cache_ttl_seconds, settings.cache_bytes) == (3600, 256 * 1024 * 1024)
    assert (settings.max_requests, settings.max_in_flight) == (300_000, 10)
    assert (settings.time_zone, settings.week_start) == ("UTC", "MONDAY")
    assert (settings.host, settings.port) == ("127.0.0.1", 8000)


def test_an_empty_value_counts_as_unset() -> None:
    assert load(GOOD | {"ITSM_PORT": "", "ITSM_PUBLIC_URL": " "}) == load(GOOD)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ITSM_SITE_URL", "http://example.atlassian.net"),
        ("ITSM_SITE_URL", "https://example.com"),
        ("ITSM_SITE_URL", "https://example.atlassian.net.evil.com"),
        ("ITSM_SITE_URL", "https://user:secret@example.atlassian.net"),
        ("ITSM_SITE_URL", "https://example.atlassian.net/jira"),
        ("ITSM_SITE_URL", "https://example.atlassian.net:port"),
        ("ITSM_ATLASSIAN_API_URL", "http://api.atlassian.com"),
        ("ITSM_CACHE_URL", "memcached://:secret@cache"),
        ("ITSM_CACHE_URL", "redis://"),
        ("ITSM_CACHE_URL", "valkey://:secret@cache:port"),
        ("ITSM_CACHE_URL", "valkey://itsm:secret"),
        ("ITSM_CACHE_URL", "valkey://itsm:a[secret]@cache"),
        ("ITSM_CACHE_URL", "valkey://itsm:secret℀@cache"),
        ("ITSM_DATABASE_URL", "postgresql://me:secret@db/itsm"),
        ("ITSM_DATABASE_URL", "postgresql+asyncpg://me:secret@db"),
        ("ITSM_DATABASE_URL", "sqlite+aiosqlite://"),
        ("ITSM_DATABASE_URL", "postgresql+asyncpg://me:a[secret]@db/itsm"),
        ("ITSM_DATABASE_URL", "postgresql+asyncpg://me:secret℀@db/itsm"),
        ("ITSM_DATABASE_URL", "postgresql+asyncpg://me:x@db:secret/itsm"),
        ("ITSM_ENCRYPTION_KEYS", "secret"),
        ("ITSM_ENCRYPTION_KEYS", base64.b64encode(b"secret").decode()),
        ("ITSM_ENCRYPTION_KEYS", "größer als secret"),
        ("ITSM_ENCRYPTION_KEYS", ",".join([GOOD["ITSM_ENCRYPTION_KEYS"]] * 2)),
        # The same 32 bytes, written in another way.
        ("ITSM_ENCRYPTION_KEYS", GOOD["ITSM_ENCRYPTION_KEYS"] + "," + GOOD["ITSM_ENCRYPTION_KEYS"][:-2] + "t="),
        ("ITSM_ALLOWED_ORIGINS", "https://desk.example.org/app"),
        ("ITSM_ALLOWED_ORIGINS", "http://desk.example.org"),
        ("ITSM_ALLOWED_ORIGINS", "*"),
        ("ITSM_ALLOWED_ORIGINS", "null"),
        ("ITSM_CACHE_TTL_SECONDS", "3601"),
        ("ITSM_CACHE_TTL_SECONDS", "0"),
        ("ITSM_CACHE_BYTES", "12"),
        ("ITSM_MAX_REQUESTS", "-1"),
        ("ITSM_API_KEYS", "alice"),
        ("ITSM_API_KEYS", f"alice:{DIGEST}:tomorrow"),
        ("ITSM_API_KEYS", f"alice:{DIGEST},alice:{'cd' * 32}"),
        ("ITSM_API_KEYS", f"alice:{DIGEST},bob:{DIGEST}"),
        ("ITSM_ALLOWED_HOSTS", "https://reports.example.org"),
        ("ITSM_ALLOWED_HOSTS", "*"),
        ("ITSM_PUBLIC_URL", "reports.example.org"),
        ("ITSM_PUBLIC_URL", "https://me:secret"),
        ("ITSM_TIME_ZONE", "Mars/Olympus"),
        ("ITSM_TIME_ZONE", "../../etc/passwd"),
        ("ITSM_WEEK_START", "FUNDAY"),
        ("ITSM_MAX_IN_FLIGHT", "many"),
        ("ITSM_PORT", "65536"),
        ("ITSM_LOG_LEVEL", "LOUD"),
    ],
)
def test_a_wrong_setting_gets_one_line_with_its_name_and_what_would_be_right(name: str, value: str) -> None:
    (line,) = lines(**{name: value})
    assert line.startswith(f"{name}: ")
    assert ". Give " in line
    assert "secret" not in line
    assert "\n" not in line


def test_all_wrong_settings_are_told_at_once() -> None:
    told = lines(ITSM_PORT="x", ITSM_TIME_ZONE="x", ITSM_JIRA_EMAIL="")
    assert {line.partition(":")[0] for line in told} == {"ITSM_PORT", "ITSM_TIME_ZONE", "ITSM_JIRA_EMAIL"}


@pytest.mark.parametrize("host", ["127.0.0.1:8080", "localhost:1", "[::1]:99"])
def test_plain_http_is_for_loopback(host: str) -> None:
    assert load(GOOD | {"ITSM_SITE_URL": f"http://{host}"}).site_url == f"http://{host}"


def test_a_secret_may_come_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text("from-a-file\n", "utf-8")
    settings = load(GOOD | {"ITSM_JIRA_API_TOKEN": "", "ITSM_JIRA_API_TOKEN_FILE": str(file)})
    assert settings.jira_api_token.get_secret_value() == "from-a-file"


def test_the_mark_that_some_editors_put_before_a_text_is_no_part_of_a_secret(tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text("from-a-file\r\n", "utf-8-sig")
    settings = load(GOOD | {"ITSM_JIRA_API_TOKEN": "", "ITSM_JIRA_API_TOKEN_FILE": str(file)})
    assert settings.jira_api_token.get_secret_value() == "from-a-file"


def test_a_secret_given_twice_or_from_no_file_is_told(tmp_path: Path) -> None:
    twice = lines(ITSM_JIRA_API_TOKEN_FILE=str(tmp_path))
    absent = lines(ITSM_JIRA_API_TOKEN="", ITSM_JIRA_API_TOKEN_FILE=str(tmp_path / "absent"))
    assert [line.partition(".")[0] for line in twice + absent] == [
        "ITSM_JIRA_API_TOKEN: it and ITSM_JIRA_API_TOKEN_FILE are both set",
        "ITSM_JIRA_API_TOKEN: the file that ITSM_JIRA_API_TOKEN_FILE names cannot be read",
    ]


def test_secrets_are_in_no_text_of_the_settings() -> None:
    text = repr(load(GOOD)) + str(load(GOOD))
    assert "canary-token" not in text
    assert "reader@example.com" not in text


def test_a_key_is_good_through_its_last_day() -> None:
    (key,) = load(GOOD | {"ITSM_API_KEYS": f"alice:{DIGEST}:2026-11-23"}).api_keys
    assert key.is_good(datetime(2026, 11, 23, 23, 59, tzinfo=UTC))
    assert not key.is_good(datetime(2026, 11, 24, tzinfo=UTC))


def test_serving_needs_a_callers_key_and_one_to_encrypt_with() -> None:
    told = serving_problems(load(GOOD | {"ITSM_API_KEYS": "", "ITSM_ENCRYPTION_KEYS": ""}))
    assert [line.partition(":")[0] for line in told] == ["ITSM_API_KEYS", "ITSM_ENCRYPTION_KEYS"]
    assert serving_problems(load(GOOD)) == []


def test_the_database_is_a_file_of_the_data_folder_unless_one_is_named(tmp_path: Path) -> None:
    assert database_url(load(GOOD | {"ITSM_DATA_DIR": str(tmp_path)})) == (
        f"sqlite+aiosqlite:///{tmp_path}/itsm-reports.sqlite3"
    )
    named = "postgresql+asyncpg://me:secret@db.internal/itsm"
    assert database_url(load(GOOD | {"ITSM_DATABASE_URL": named})) == named
    assert "secret" not in repr(load(GOOD | {"ITSM_DATABASE_URL": named, "ITSM_CACHE_URL": "valkey://:secret@cache"}))


def test_names_that_are_no_settings_are_found() -> None:
    environ = {"ITSM_SITE_ULR": "", "ITSM_API_KEYS_FILE": "", "ITSM_TEST_EVENT_LOG": "", "HOME": "", **GOOD}
    assert unknown(environ) == ["ITSM_SITE_ULR"]


def test_the_settings_read_nothing_by_themselves(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ITSM_PORT", "9999")
    assert Settings(**load(GOOD).model_dump()).port == 8000


def test_env_example_documents_every_setting_and_no_other() -> None:
    text = (ROOT / ".env.example").read_text("utf-8")
    assert set(re.findall(r"^#?(ITSM_\w+)=", text, re.M)) == set(names())


def test_env_example_holds_the_defaults() -> None:
    text = (ROOT / ".env.example").read_text("utf-8")
    shown = dict(re.findall(r"^#(ITSM_\w+)=(.*)$", text, re.M))
    examples = {"ITSM_PUBLIC_URL", "ITSM_ALLOWED_HOSTS", "ITSM_ALLOWED_ORIGINS"}
    assert load(GOOD | {name: value for name, value in shown.items() if name not in examples}) == load(GOOD)
    load(GOOD | shown)
