"""Masking: 1 MiB of output with 50 secrets takes less than half a second, whole or in pieces.

Prints one JSON object; exits 1 when a bound is missed.
"""

from __future__ import annotations

import json
import random
import string
import sys
import tracemalloc
from collections.abc import Callable
from functools import partial
from time import perf_counter

from bot.secrets.masking import SecretMasker

MIB = 1 << 20
PIECE = 4_096
BOUND_SECONDS = 0.5
BOUND_STREAM_MIB = 20.0
"""Extra memory while 10 MiB go through a stream (the output itself not counted)."""

LETTERS = string.ascii_letters + string.digits
RANDOM = random.Random(20261121)


def word(length: int, alphabet: str = LETTERS) -> str:
    return "".join(RANDOM.choices(alphabet, k=length))


def secrets() -> dict[str, str]:
    """50: tokens with one beginning, passwords full of signs, a private key, a database address."""
    values = {f"TOKEN_{n}": f"sk_live_{word(32)}" for n in range(24)}
    values |= {f"PASSWORD_{n}": word(24, LETTERS + "/+\"&' é%") for n in range(24)}
    values["PEM"] = "\n".join(["-----BEGIN KEY-----", *(word(64) for _ in range(26)), "-----END KEY-----"])
    values["DATABASE"] = f"postgres://desk:{word(20)}@db.internal:5432/desk"
    return values


def texts(values: dict[str, str]) -> dict[str, str]:
    """1 MiB each, from the most usual to the least kind."""
    line = "2026-11-21 12:00:00 INFO request finished id={} path=/v1/refunds/12345\n"
    return {
        "log": "".join(line.format(word(12)) for _ in range(15_000))[:MIB],
        "json": "".join(f'{{"id":"ch_{word(16)}","amount":1234}},' for _ in range(27_000))[:MIB],
        "base64": word(MIB),
        "colours": "".join(f"\x1b[31m{word(10)}\x1b[0m\n" for _ in range(53_000))[:MIB],
        "beginnings": "sk_live_" * (MIB // 8),
        "secrets": (values["TOKEN_3"] + " ") * (MIB // 41),
    }


def in_pieces(masker: SecretMasker, text: str) -> str:
    stream = masker.stream()
    shown = [stream.feed(text[at : at + PIECE]) for at in range(0, len(text), PIECE)]
    return "".join(shown) + stream.finish()


def seconds(work: Callable[[], object]) -> float:
    """The best of three."""
    took = []
    for _ in range(3):
        start = perf_counter()
        work()
        took.append(perf_counter() - start)
    return round(min(took), 4)


def stream_memory(masker: SecretMasker, text: str) -> float:
    """Peak MiB while ten times the text goes through and what comes out is thrown away."""
    stream = masker.stream()
    tracemalloc.start()
    for at in range(0, 10 * len(text), PIECE):
        stream.feed(text[at % len(text) : at % len(text) + PIECE])
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return round(peak / MIB, 2)


def for_each(samples: dict[str, str], work: Callable[[str], object]) -> dict[str, float]:
    return {name: seconds(partial(work, text)) for name, text in samples.items()}


def main() -> int:
    values = secrets()
    masker = SecretMasker(values)
    samples = texts(values)
    line = samples["log"][:200]
    whole, pieces = for_each(samples, masker.mask), for_each(samples, partial(in_pieces, masker))
    peak = stream_memory(masker, samples["log"])
    ok = max(*whole.values(), *pieces.values()) < BOUND_SECONDS and peak < BOUND_STREAM_MIB
    report = {
        "build_seconds": seconds(lambda: SecretMasker(values)),
        "whole_seconds": whole,
        "pieces_seconds": pieces,
        "line_of_200_microseconds": round(seconds(lambda: [masker.mask(line) for _ in range(1_000)]) * 1_000, 1),
        "stream_peak_mib": peak,
        "bounds": {"seconds": BOUND_SECONDS, "stream_peak_mib": BOUND_STREAM_MIB},
        "ok": ok,
    }
    print(json.dumps(report))
    return 0 if ok else 1


if __name__ == "__main__":
    sys.exit(main())
