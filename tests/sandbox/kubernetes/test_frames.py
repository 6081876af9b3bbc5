"""The log as the relay writes it and the driver reads it."""

from __future__ import annotations

import pytest

from bot.sandbox.kubernetes.frames import Frames

LOG = b"o 0 one\ne 4 aside\no 10-half\no 14 \no 15 a\rb\n"
PIECES = [(b"o", b"one\n"), (b"e", b"aside\n"), (b"o", b"half"), (b"o", b"\n"), (b"o", b"a\rb\n")]


@pytest.mark.parametrize("size", [1, 2, 7, 100])
def test_pieces_come_out_whole_however_they_arrive(size: int) -> None:
    frames = Frames()

    assert [each for at in range(0, len(LOG), size) for each in frames.heard(LOG[at : at + size])] == PIECES
    assert frames.lost == 0


def test_a_log_that_is_read_again_gives_only_what_is_new() -> None:
    frames = Frames()
    first = list(frames.heard(LOG[:20]))
    frames.again()

    assert first + list(frames.heard(LOG)) == PIECES


def test_what_a_rotated_log_left_out_is_counted() -> None:
    frames = Frames()
    list(frames.heard(LOG[:8]))
    frames.again()

    assert list(frames.heard(b"o 14 \n")) == [(b"o", b"\n")]
    assert frames.lost == 10


def test_what_the_cluster_itself_writes_into_a_log_is_no_output() -> None:
    words = b"failed to create fsnotify watcher: too many open files"

    assert list(Frames().heard(words + b"\n" + LOG)) == [(b"e", words + b"\n"), *PIECES]
