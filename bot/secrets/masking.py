"""Takes every known secret out of a text that leaves the service, raw or encoded, whole or in pieces (F084)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from itertools import chain

from bot.ports import Masker
from bot.secrets.needles import SHORTEST_NEEDLE, needles_of
from bot.secrets.search import Haystack, merged
from bot.secrets.vault import Vault
from bot.secrets.visible import Visible, whole_length

MASK = "***"
FRESH_SECONDS = 1.0
"""How long the set of secrets is taken for current before asking whether another process changed it."""


class SecretMasker:
    """``ports.Masker`` for the secrets given by name. Masking is the last line of defence, not the first."""

    def __init__(self, values: Mapping[str, str]) -> None:
        seen = (Visible.of(needle).text for value in values.values() for needle in needles_of(value))
        self._haystack = Haystack(needle for needle in seen if len(needle) >= SHORTEST_NEEDLE)

    def mask(self, text: str) -> str:
        """The text with ``***`` for each secret; everything else as it was."""
        stream = self.stream()
        return stream.finish_with(text)

    def stream(self) -> SecretStream:
        """For text that comes in pieces: the same result as ``mask`` of the whole, however it is cut."""
        return SecretStream(self._haystack)


class SecretStream:
    """``ports.MaskStream``: holds back only what may be the beginning of a secret.

    That is less than the longest needle, colour codes and zero-width characters within it not counted.
    """

    def __init__(self, haystack: Haystack) -> None:
        self._haystack = haystack
        self._held = ""
        self._covered = 0
        """Seen characters at the start of ``_held`` that a mask already given out stands for."""

    def feed(self, piece: str) -> str:
        """What can be shown so far; may hold back a tail."""
        raw = self._held + piece
        whole = whole_length(raw)
        visible = Visible.of(raw[:whole])
        settled = self._haystack.settled(visible.text)
        until = visible.raw(settled) if settled < len(visible.text) else whole
        shown = self._render(raw, visible, settled, until)
        self._held = raw[until:]
        return shown

    def finish(self) -> str:
        """The rest."""
        return self.finish_with("")

    def finish_with(self, piece: str) -> str:
        """The rest, a last piece included."""
        raw, self._held = self._held + piece, ""
        visible = Visible.of(raw)
        return self._render(raw, visible, len(visible.text), len(raw))

    def _render(self, raw: str, visible: Visible, settled: int, until: int) -> str:
        """The raw text up to ``until``, which is where the seen text is settled, masked."""
        if settled == 0:
            return raw[:until]
        pieces, position, covered = [], 0, 0
        before = ((0, self._covered),) if self._covered else ()
        for start, end in merged(chain(before, self._haystack.spans(visible.text))):
            if start >= settled:
                break
            already_given = self._covered and start == 0
            pieces += [raw[position : visible.raw(start)], "" if already_given else MASK]
            position = min(visible.raw(end - 1) + 1, until)
            covered = max(0, end - settled)
        self._covered = covered
        pieces.append(raw[position:until])
        return "".join(pieces)


class LiveMasking:
    """``ports.Masking``: the masker for the secrets as they are now.

    What this process sets or hands out is masked from then on; what another process sets, within ``FRESH_SECONDS``
    (or at once, should an action here be given it). ``monotonic`` gives seconds.
    """

    def __init__(self, vault: Vault, *, monotonic: Callable[[], float]) -> None:
        self._vault = vault
        self._monotonic = monotonic
        self._changing = asyncio.Lock()
        self._masker: Masker = SecretMasker({})
        self._state: tuple[str, int] | None = None
        self._fresh_until = 0.0

    async def current(self) -> Masker:
        """The current masker; the same object as long as no secret changes. Raises StorageError."""
        if self._stale():
            async with self._changing:
                if self._stale():
                    await self._refresh()
        return self._masker

    def _stale(self) -> bool:
        known = self._state is not None and self._state[1] == self._vault.handed_out
        return not known or self._monotonic() >= self._fresh_until

    async def _refresh(self) -> None:
        version = await self._vault.version()
        if self._state != (version, self._vault.handed_out):
            values = await self._vault.maskable()
            handed_out = len(values)
            self._masker = await asyncio.to_thread(SecretMasker, values)
            self._state = version, handed_out
        self._fresh_until = self._monotonic() + FRESH_SECONDS
