"""A ciphertext opens in its own place, under its own key, unchanged - or not at all."""

from __future__ import annotations

import itertools

import pytest

from bot.errors import SecretError
from bot.secrets.cipher import Cipher, Place, key_id_of
from tests.secrets.samples import CIPHER, KEY

PLACE = Place("STRIPE_API_KEY", "row-1")
VALUE = "sk_live_4242 é😀\nsecond line"
OTHER_KEY = bytes(32)


@pytest.mark.parametrize("value", ["x", VALUE, "\n", "é" * 10_000, "with.dots.in.it"])
def test_a_value_comes_back(value: str) -> None:
    assert CIPHER.decrypt(CIPHER.encrypt(value, PLACE), PLACE) == value


def test_the_form_names_its_version_and_key() -> None:
    text = CIPHER.encrypt(VALUE, PLACE)

    version, key_id, nonce, _ = text.split(".")
    assert (version, key_id, len(nonce)) == ("v1", "key1", 16)
    assert key_id_of(text) == "key1"


def test_the_same_value_never_looks_the_same() -> None:
    assert len({CIPHER.encrypt(VALUE, PLACE) for _ in range(200)}) == 200


def test_of_fifty_secrets_none_opens_in_the_place_of_another() -> None:
    places = [Place(f"NAME{n}", f"row-{n}") for n in range(50)]
    texts = [CIPHER.encrypt(f"value of {place.name}", place) for place in places]

    refused = 0
    for text, place in itertools.product(texts, places):
        try:
            assert CIPHER.decrypt(text, place) == f"value of {place.name}"
        except SecretError:
            refused += 1

    assert refused == 50 * 49


@pytest.mark.parametrize(
    "place",
    [
        Place("STRIPE_API_KEY", "row-2"),
        Place("STRIPE_API_KEYr", "ow-1"),
        Place("STRIPE_API_KE", "Yrow-1"),
        Place("", "STRIPE_API_KEYrow-1"),
        Place("stripe_api_key", "row-1"),
    ],
)
def test_a_place_that_only_looks_alike_is_another_place(place: Place) -> None:
    text = CIPHER.encrypt(VALUE, PLACE)

    with pytest.raises(SecretError):
        CIPHER.decrypt(text, place)


def test_every_flipped_bit_is_noticed() -> None:
    text = CIPHER.encrypt("sk_live_42", PLACE)
    changed = [text[:n] + chr(ord(text[n]) ^ (1 << bit)) + text[n + 1 :] for n in range(len(text)) for bit in range(7)]

    for candidate in changed:
        with pytest.raises(SecretError):
            CIPHER.decrypt(candidate, PLACE)


@pytest.mark.parametrize(
    "text",
    ["", "v1", "v1.key1", "v1.key1..", "v1.key1.AAAA.AAAA", "v2.key1.AAAA.AAAA", "v1.key1.é.x", "a.b.c.d.e"],
)
def test_what_is_not_of_our_form_is_refused(text: str) -> None:
    with pytest.raises(SecretError, match=r"STRIPE_API_KEY"):
        CIPHER.decrypt(text, PLACE)


def test_a_wrong_key_under_the_same_id_opens_nothing() -> None:
    text = CIPHER.encrypt(VALUE, PLACE)

    with pytest.raises(SecretError, match="cannot be read"):
        Cipher({"key1": OTHER_KEY}, "key1").decrypt(text, PLACE)


def test_a_key_that_was_not_given_is_named() -> None:
    text = CIPHER.encrypt(VALUE, PLACE)

    with pytest.raises(SecretError, match="under the key key1, which was not given"):
        Cipher({"key2": OTHER_KEY}, "key2").decrypt(text, PLACE)


def test_old_keys_still_open_and_the_current_one_closes() -> None:
    old = CIPHER.encrypt(VALUE, PLACE)
    both = Cipher({"key1": KEY, "key2": OTHER_KEY}, "key2")

    new = both.encrypt(VALUE, PLACE)

    assert both.decrypt(old, PLACE) == both.decrypt(new, PLACE) == VALUE
    assert key_id_of(new) == "key2"


def test_no_error_and_no_repr_shows_key_or_value() -> None:
    text = CIPHER.encrypt(VALUE, PLACE)

    with pytest.raises(SecretError) as caught:
        CIPHER.decrypt(text, Place("OTHER", "row"))

    assert "sk_live" not in f"{caught.value!r} {caught.value.__cause__!r}"
    assert repr(KEY) not in repr(CIPHER)
