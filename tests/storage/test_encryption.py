"""Sealed values open in their own place and with their own key only, and keys give nothing away."""

import base64
import copy
import pickle
from collections.abc import Callable

import pytest

from resolvers.encryption import Key, KeyMissing, Keyring, Unopenable, WrongKey, key_id_of, new_key

PLACE = ("widgets", "local", "site", "table", "row", "content", "1")
RAW = bytes(range(32))


def test_a_value_opens_in_its_own_place() -> None:
    key = Key(RAW, "abc")
    assert key.unseal(key.seal(b"hello", PLACE), PLACE) == b"hello"
    assert key_id_of(key.seal(b"hello", PLACE)) == "abc"


@pytest.mark.parametrize("part", range(len(PLACE)))
def test_a_value_opens_in_no_place_that_differs_in_one_part(part: int) -> None:
    key = Key(RAW, "abc")
    other = tuple("other" if index == part else name for index, name in enumerate(PLACE))
    with pytest.raises(Unopenable):
        key.unseal(key.seal(b"hello", PLACE), other)


def test_places_that_read_the_same_once_joined_are_different_places() -> None:
    key = Key(RAW, "abc")
    for other in (("a", "bc"), ("abc",), ("ab", "c", ""), ("", "ab", "c")):
        with pytest.raises(Unopenable):
            key.unseal(key.seal(b"hello", ("ab", "c")), other)


def test_a_value_with_any_byte_changed_or_cut_off_does_not_open() -> None:
    key = Key(RAW, "abc")
    blob = key.seal(b"hello", PLACE)
    for index in range(len(blob)):
        changed = blob[:index] + bytes((blob[index] ^ 1,)) + blob[index + 1 :]
        for damaged in (changed, blob[:index]):
            with pytest.raises((Unopenable, KeyMissing)):
                key.unseal(damaged, PLACE)


def test_the_same_value_is_never_sealed_the_same() -> None:
    key = Key(RAW, "abc")
    assert len({key.seal(b"hello", PLACE) for _ in range(100)}) == 100


def test_the_newest_key_wraps_and_each_opens_what_it_wrapped() -> None:
    old, new = new_key(), new_key()
    wrapped = Keyring([old]).wrap(RAW, PLACE)
    both = Keyring([new, old])
    assert both.unwrap(wrapped, PLACE) == RAW
    assert key_id_of(both.wrap(RAW, PLACE)) == Keyring([new]).newest == both.newest


def test_a_key_that_is_not_at_hand_is_named_and_no_other_is_tried() -> None:
    first, second = new_key(), new_key()
    with pytest.raises(KeyMissing) as caught:
        Keyring([second]).unwrap(Keyring([first]).wrap(RAW, PLACE), PLACE)
    assert caught.value.key_id == Keyring([first]).newest


def test_the_id_of_a_key_holds_nothing_of_it() -> None:
    text = base64.b64encode(RAW).decode()
    assert Keyring([text]).newest not in {RAW.hex()[:16], text[:16]}
    assert Keyring([text]).newest == Keyring([f" {text}\n"]).newest


@pytest.mark.parametrize(
    "wrong",
    ["", "passphrase", base64.b64encode(b"x" * 31).decode(), base64.b64encode(b"x" * 33).decode(), "!" * 44, "é" * 44],
)
def test_a_key_that_is_not_32_bytes_of_base64_is_refused_by_its_position(wrong: str) -> None:
    with pytest.raises(WrongKey) as caught:
        Keyring([new_key(), wrong])
    assert "entry 2" in str(caught.value)
    assert not wrong or wrong not in str(caught.value)


def test_no_key_and_the_same_key_twice_are_refused() -> None:
    key = new_key()
    for wrong in ([], [key, key]):
        with pytest.raises(WrongKey):
            Keyring(wrong)


@pytest.mark.parametrize("take", [pickle.dumps, copy.copy, copy.deepcopy], ids=["pickle", "copy", "deepcopy"])
def test_keys_are_neither_printed_nor_taken_along(take: Callable[[object], object]) -> None:
    text = base64.b64encode(RAW).decode()
    for key in (Key(RAW, "abc"), Keyring([text])):
        with pytest.raises(TypeError):
            take(key)
        assert repr(key) in {"Key(abc)", f"Keyring({Keyring([text]).newest})"}
