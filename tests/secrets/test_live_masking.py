"""The masker in use knows the secrets as they are now."""

from __future__ import annotations

from pathlib import Path

from bot.ports import Masking
from bot.secrets.cipher import Place
from bot.secrets.masking import FRESH_SECONDS, LiveMasking
from bot.secrets.vault import Vault
from bot.storage.storage import open_storage
from tests.secrets.samples import CIPHER, NOON, counting, open_vault, ticking


class Seconds:
    """A stop clock that only a test moves."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def live(vault: Vault, clock: Seconds) -> Masking:
    return LiveMasking(vault, monotonic=clock)


async def test_a_secret_set_here_is_masked_at_once(vault: Vault) -> None:
    masking = live(vault, Seconds())
    before = (await masking.current()).mask("the value")

    await vault.set("KEY", "the value")

    assert before == "the value"
    assert (await masking.current()).mask("the value") == "***"


async def test_the_masker_stays_the_same_while_nothing_changes(vault: Vault) -> None:
    clock = Seconds()
    masking = live(vault, clock)
    await vault.set("KEY", "the value")
    first = await masking.current()
    await vault.reveal(["KEY"])

    clock.now += 10 * FRESH_SECONDS

    assert await masking.current() is first


async def test_a_secret_set_by_another_process_is_masked_after_a_moment(path: Path) -> None:
    clock = Seconds()
    async with open_vault(path) as here, open_vault(path, process="b") as there:
        masking = live(here, clock)
        await masking.current()
        await there.set("KEY", "the value")

        clock.now += FRESH_SECONDS

        assert (await masking.current()).mask("is the value") == "is ***"


async def test_a_value_of_another_process_is_masked_as_soon_as_it_is_used_here(path: Path) -> None:
    async with open_vault(path) as here, open_vault(path, process="b") as there:
        masking = live(here, Seconds())
        await masking.current()
        await there.set("KEY", "the value")

        await here.reveal(["KEY"])

        assert (await masking.current()).mask("is the value") == "is ***"


async def test_values_that_a_run_in_flight_may_still_print_stay_masked(vault: Vault) -> None:
    masking = live(vault, Seconds())
    await vault.set("KEY", "the first value")
    await vault.set("KEY", "the second value")
    await vault.delete("KEY")

    masker = await masking.current()

    assert masker.mask("the first value, the second value") == "***, ***"


async def test_values_given_from_outside_are_masked(path: Path) -> None:
    async with open_vault(path, overlay={"KEY": "the given value"}) as vault:
        masker = await live(vault, Seconds()).current()

    assert masker.mask("the given value") == "***"


async def test_a_damaged_record_does_not_unmask_the_others(path: Path) -> None:
    async with open_storage(path) as storage:
        vault = Vault(storage.secrets, CIPHER, now=ticking(), new_id=counting())
        await vault.set("GOOD", "the good value")
        await storage.secrets.put("x", "BAD", CIPHER.encrypt("the bad value", Place("ELSEWHERE", "x")), NOON)

        masker = await live(vault, Seconds()).current()

    assert masker.mask("the good value") == "***"
