"""A database on another machine is spoken to by verified TLS, unless its URL says otherwise."""

import ssl

import pytest

from resolvers.storage.address import Address
from resolvers.storage.errors import StorageProblem


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://anna@db.example/x",
        "postgresql+asyncpg://anna@db.example:5432/x?ssl=verify-full",
        "postgresql://anna@db.example/x?sslmode=require",
        "postgresql://anna@/x?host=db.example",
        "postgresql://anna@10.0.0.1/x",
    ],
)
def test_another_machine_must_show_a_certificate_of_its_name(url: str) -> None:
    address = Address(url)
    context = address.connect_args(100)["ssl"]
    assert isinstance(context, ssl.SSLContext)
    assert (context.verify_mode, context.check_hostname) == (ssl.CERT_REQUIRED, True)
    assert context.minimum_version >= ssl.TLSVersion.TLSv1_2
    assert not {"ssl", "sslmode"} & set(address.url.query)


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://anna@db.example/x?ssl=disable",
        "postgresql://anna@localhost/x",
        "postgresql://anna@127.0.0.1/x",
        "postgresql://anna@/x?host=/run/postgresql",
    ],
)
def test_this_machine_and_an_explicit_word_do_without(url: str) -> None:
    assert Address(url).connect_args(100)["ssl"] is False


@pytest.mark.parametrize(
    "query",
    [
        "dsn=postgresql://secret",
        "passfile=secret",
        "command_timeout=secret",
        "direct_tls=true",
        "port=secret",
        "statement_cache_size=-1",
        "host=/run/postgresql,db.example",  # a socket would excuse the other machine from TLS
        "host=/run/postgresql&host=db.example",
        "ssl=disable&ssl=verify-full",
        "sslrootcert=a&sslrootcert=b",
    ],
)
def test_a_parameter_that_would_reach_the_driver_unseen_is_refused_in_one_line(query: str) -> None:
    with pytest.raises(StorageProblem) as caught:
        Address(f"postgresql://anna:hidden@db.example/x?{query}")
    assert not [word for word in ("secret", "hidden", "\n") if word in str(caught.value)]


def test_a_pooler_in_between_may_have_caches_switched_off() -> None:
    address = Address("postgresql://anna@/x?host=db.example&port=6432&statement_cache_size=0")
    assert dict(address.url.query) == {"host": "db.example", "port": "6432", "statement_cache_size": "0"}
