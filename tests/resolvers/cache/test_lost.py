"""A Valkey that dies, hangs, is full or is not whom it says: answers go on, quickly, and it is said once."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from structlog.testing import capture_logs

from resolvers.cache import Kind, packed
from server.logs import KEYS
from tests.api import Clock
from tests.resolvers.cache.valkeys import OneKey, Opened, Proxy, Store, now_ms, opened

TEXT: Kind[str] = packed("text", str)


@pytest.fixture
async def proxy(store: Store) -> AsyncIterator[Proxy]:
    async with Proxy(store.port).running() as proxy:
        yield proxy


async def keep(one: Opened, clock: Clock, key: str, value: str) -> None:
    await one.cache.set(TEXT, key, value, read_at=now_ms(clock), size=10)


async def get(one: Opened, key: str, kind: Kind[str] = TEXT) -> str | None:
    return await one.cache.get(kind, key)


async def until(one: Opened, event: str, count: int = 1) -> None:
    async with asyncio.timeout(10):
        while one.events.count(event) < count:  # noqa: ASYNC110  # there is no event for it
            await asyncio.sleep(0.01)


async def test_answers_go_on_while_it_is_dead_and_share_again_when_it_is_back(store: Store, clock: Clock) -> None:
    async with opened(store.url, clock) as first, opened(store.url, clock) as second:
        await keep(first, clock, "before", "x")
        assert await first.cache.state() == "ok"
        with capture_logs() as lines:
            store.kill()
            assert await first.cache.get(TEXT, "before") == "x"
            assert await first.cache.get(TEXT, "other") is None
            await keep(first, clock, "meanwhile", "y")
            assert await first.cache.copies(TEXT, "meanwhile") == ["y"]
            assert await first.cache.state() == "degraded"
            store.start()
            await until(first, "back")
            assert await first.cache.state() == "ok"
            await keep(first, clock, "after", "z")
            assert await second.cache.get(TEXT, "after") == "z"
    assert first.events == ["error", "lost", "back"]
    assert [(line["event"], line["log_level"]) for line in lines] == [("cache_lost", "warning"), ("cache_back", "info")]
    assert {key for line in lines for key in line} - {"log_level"} <= KEYS


async def test_one_that_was_never_there_is_no_error(store: Store, clock: Clock) -> None:
    store.kill()
    async with opened(store.url, clock) as one:
        await keep(one, clock, "a", "x")
        assert (await one.cache.get(TEXT, "a"), await one.cache.state()) == ("x", "degraded")
        store.start()
        await until(one, "back")
        await keep(one, clock, "b", "y")
    assert len(store.values()) == 1


async def test_one_that_hangs_costs_its_first_callers_a_second_and_later_ones_nothing(
    store: Store, proxy: Proxy, clock: Clock
) -> None:
    loop = asyncio.get_running_loop()
    async with opened(f"redis://127.0.0.1:{proxy.port}", clock) as one:
        await keep(one, clock, "a", "x")
        proxy.silent = True
        began = loop.time()
        with capture_logs() as lines:
            await asyncio.gather(*(get(one, f"not there {number}") for number in range(20)))
            first = loop.time() - began
            began = loop.time()
            for number in range(100):
                await one.cache.get(TEXT, f"not there {number}")
                await keep(one, clock, "b", "y")
            later = loop.time() - began
        assert first < 1.5
        assert later < 0.5
        assert [line["event"] for line in lines] == ["cache_lost"]
        assert one.events.count("lost") == 1
        proxy.silent = False
        await until(one, "back")


async def test_commands_that_fail_long_after_it_is_back_lose_it_no_second_time(
    store: Store, proxy: Proxy, clock: Clock
) -> None:
    large: Kind[str] = packed("large", str, large=True)
    async with opened(f"redis://127.0.0.1:{proxy.port}", clock) as one:
        proxy.silent = True
        slow = asyncio.create_task(get(one, "a", large))
        await asyncio.sleep(0.05)
        assert await get(one, "a") is None
        assert one.events == ["error", "lost"]
        proxy.deaf_to_old()
        proxy.silent = False
        await until(one, "back")
        assert not slow.done()
        proxy.refusing = True
        await proxy.cut_old()
        assert await slow is None
        proxy.refusing = False
        assert one.events == ["error", "lost", "back", "error"]
        assert await one.cache.state() == "ok"


async def test_connections_that_were_closed_meanwhile_lose_nothing(store: Store, clock: Clock) -> None:
    async with opened(store.url, clock) as one:
        await keep(one, clock, "a", "x")
        store.client.client_kill_filter(_type="normal", skipme=True)
        assert await one.cache.copies(TEXT, "a") == ["x", "x"]
        assert one.events == ["hit"]


async def test_gets_that_are_cancelled_leave_nobody_another_ones_answer(
    store: Store, proxy: Proxy, clock: Clock
) -> None:
    keys = [f"key {number}" for number in range(20)]
    async with opened(store.url, clock) as writer, opened(f"redis://127.0.0.1:{proxy.port}", clock) as one:
        await writer.cache.set_many(TEXT, {key: f"value of {key}" for key in keys}, read_at=now_ms(clock), size=10)
        proxy.delay = 0.005
        cancelled = 0
        for turn in range(50):
            gets = [asyncio.create_task(one.cache.copies(TEXT, key)) for key in keys]
            await asyncio.sleep(0.001 * (turn % 12))
            for get in gets[::2]:
                get.cancel()
            found = await asyncio.gather(*gets, return_exceptions=True)
            for key, answer in zip(keys, found, strict=True):
                cancelled += isinstance(answer, asyncio.CancelledError)
                assert isinstance(answer, asyncio.CancelledError) or answer == [f"value of {key}"]
        assert cancelled > 200
        assert set(one.events) == {"hit"}


async def test_a_full_one_is_said_once_and_still_gives_what_it_has(store: Store, clock: Clock) -> None:
    async with opened(store.url, clock) as first, opened(store.url, clock) as second:
        await keep(first, clock, "before", "x")
        store.client.config_set("maxmemory", 1)
        with capture_logs() as lines:
            for number in range(3):
                await keep(first, clock, f"key {number}", "y")
        assert [(line["event"], line["error"]) for line in lines] == [("cache_refuses", "OutOfMemoryError")]
        assert await first.cache.state() == "degraded"
        assert await second.cache.get(TEXT, "before") == "x"
        assert first.events == ["error"] * 3
        store.client.config_set("maxmemory", 0)
        await keep(first, clock, "after", "z")
        assert await first.cache.state() == "ok"


def certificate(folder: Path, host: str) -> tuple[ssl.SSLContext, Path]:
    """What a server shows that calls itself so, and the file that makes one believe it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
    today = datetime.now(UTC)
    names: list[x509.GeneralName] = [x509.IPAddress(ip_address(host))]
    built = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    built = built.serial_number(1).not_valid_before(today - timedelta(1)).not_valid_after(today + timedelta(1))
    built = built.add_extension(x509.SubjectAlternativeName(names), critical=False)
    signed = built.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True).sign(
        key, hashes.SHA256()
    )
    shown, kept = folder / "shown.pem", folder / "key.pem"
    shown.write_bytes(signed.public_bytes(serialization.Encoding.PEM))
    form = serialization.PrivateFormat.PKCS8
    kept.write_bytes(key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption()))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(shown, kept)
    return context, shown


@pytest.mark.parametrize("scheme", ["valkeys", "rediss"])
@pytest.mark.parametrize(
    ("host", "believed", "state"),
    [("127.0.0.1", True, "ok"), ("127.0.0.1", False, "degraded"), ("127.0.0.2", True, "degraded")],
    ids=["its own", "one that nobody vouches for", "another host's"],
)
async def test_with_tls_it_must_show_a_certificate_of_its_host(
    scheme: str,
    host: str,
    believed: bool,
    state: str,
    store: Store,
    clock: Clock,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    context, shown = certificate(tmp_path, host)
    if believed:
        monkeypatch.setenv("SSL_CERT_FILE", str(shown))
    async with (
        Proxy(store.port).running(context) as proxy,
        opened(f"{scheme}://127.0.0.1:{proxy.port}?ssl_cert_reqs=none", clock) as one,
    ):
        await keep(one, clock, "a", "x")
        assert await one.cache.state() == state
    assert len(store.values()) == (1 if state == "ok" else 0)


async def test_a_password_in_the_address_is_used(store: Store, clock: Clock) -> None:
    store.client.acl_setuser(
        "reports",
        enabled=True,
        passwords=["+p@ss"],
        keys=["itsm-reports:*"],
        commands=["-@all", "+mget", "+set", "+ping"],
    )
    try:
        async with opened(store.url.replace("//", "//reports:p%40ss@"), clock) as one:
            await keep(one, clock, "a", "x")
            assert await one.cache.state() == "ok"
        async with opened(store.url.replace("//", "//reports:wrong@"), clock) as one:
            assert await one.cache.state() == "degraded"
    finally:
        store.client.acl_deluser("reports")
    assert len(store.values()) == 1


class SlowKeys(OneKey):
    """Keys from a database that does not answer."""

    async def seal(self, plain: bytes, place: Sequence[str]) -> bytes:
        await asyncio.sleep(60)
        return await super().seal(plain, place)

    async def unseal(self, blob: bytes, place: Sequence[str]) -> bytes:
        await asyncio.sleep(60)
        return await super().unseal(blob, place)


async def test_keys_that_do_not_come_cost_no_answer(store: Store, clock: Clock) -> None:
    async with opened(store.url, clock) as other, opened(store.url, clock, sealer=SlowKeys()) as one:
        await keep(other, clock, "shared", "x")
        async with asyncio.timeout(5):
            await keep(one, clock, "a", "y")
            assert (await get(one, "a"), await get(one, "shared")) == ("y", None)
        assert one.events == ["error", "unreadable", "miss"]


async def test_many_values_go_there_and_back(store: Store, clock: Clock) -> None:
    many = {f"key {number}": f"value {number}" for number in range(1_001)}
    async with opened(store.url, clock) as first, opened(store.url, clock) as second:
        await first.cache.set_many(TEXT, many, read_at=now_ms(clock), size=10)
        assert await second.cache.get_many(TEXT, [*many, "none"]) == many
        assert (second.events.count("hit"), second.events.count("miss")) == (1_001, 1)
