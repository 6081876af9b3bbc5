"""Files in /tmp/output come back as documents: safe names, true types, capped."""

from __future__ import annotations

import pytest

from bot.sandbox.documents import document
from bot.sandbox.transcript import Transcript
from tests.sandbox.conftest import Ran


async def test_what_a_script_leaves_comes_back(run: Ran) -> None:
    code = """
import pathlib
folder = pathlib.Path('/tmp/output')
(folder / 'a').mkdir()
(folder / 'a' / 'sla.csv').write_text('id;left\\n7;5 min\\n')
(folder / 'chart.png').write_bytes(b'\\x89PNG\\r\\n\\x1a\\n...')
(folder / 'link').symlink_to('/etc/passwd')
print('two files')
"""
    result = await run(code)

    assert result.output == "two files\n"
    assert [(item.name, item.media_type) for item in result.documents] == [
        ("a-sla.csv", "text/csv"),
        ("chart.png", "image/png"),
    ]
    assert result.documents[0].data == b"id;left\n7;5 min\n"


async def test_a_script_that_fails_still_gives_what_it_had_made(run: Ran) -> None:
    result = await run("open('/tmp/output/so-far.txt', 'w').write('half')\nraise ValueError('no more')")

    assert result.exit_code == 1
    assert [item.data for item in result.documents] == [b"half"]


async def test_too_many_and_too_large_files_are_named(run: Ran) -> None:
    code = """
for number in range(11):
    open(f'/tmp/output/{number:02}.txt', 'w').write('x')
open('/tmp/output/00-large.bin', 'wb').write(b'x' * (6 << 20))
"""
    result = await run(code)

    assert len(result.documents) == 10
    assert sorted(result.left_out) == ["00-large.bin: too large (6291456 bytes)", "10.txt: more than 10 files"]


@pytest.mark.parametrize(
    ("path", "data", "name", "media_type"),
    [
        ("chart.PNG", b"\x89PNG\r\n\x1a\n", "chart.PNG", "image/png"),
        ("chart.png", b"<script>", "chart.png", "application/octet-stream"),
        ("page.html", b"<script>", "page.html", "application/octet-stream"),
        ("art.svg", b"<svg onload=x>", "art.svg", "application/octet-stream"),
        ("t.csv", b"\xff\xfe", "t.csv", "application/octet-stream"),
        ("../../etc/passwd", b"x", "etc-passwd", "application/octet-stream"),
        ("a\r\nSet-Cookie: x.txt", b"x", "a-Set-Cookie- x.txt", "text/plain"),
        ("/", b"", "document", "application/octet-stream"),
        ("x" * 200 + ".csv", b"a", "x" * 76 + ".csv", "text/csv"),
        ("x" * 200, b"a", "x" * 80, "application/octet-stream"),
        ("Umsätze März.csv", b"a", "Umsätze März.csv", "text/csv"),
    ],
)
def test_names_are_made_safe_and_types_are_proved(path: str, data: bytes, name: str, media_type: str) -> None:
    made = document(path, data)

    assert (made.name, made.media_type) == (name, media_type)


END = b'\0m\0%016d{"exit": 3, "documents": [], "left_out": []}' % len('{"exit": 3, "documents": [], "left_out": []}')


@pytest.mark.parametrize("size", [1, 2, 3, 7, 1000])
def test_the_end_is_found_in_pieces_of_any_size(size: int) -> None:
    transcript = Transcript("m")
    data = b"one\0m two\0" + END
    said = "".join(transcript.heard(data[start : start + size]) for start in range(0, len(data), size))
    transcript.heard_aside(b"aside\0m\0")

    assert said == "one\0m two\0"
    assert transcript.complete
    assert transcript.end is not None
    assert transcript.end.exit_code == 3
    assert transcript.stderr.text() == "aside"


@pytest.mark.parametrize(
    "forged", [b"\0m\0" + b"9" * 16, b"\0m\0nonsense" * 9, b"\0m\0%016d[]" % 2, b"\0m\0%016d{}" % 2]
)
def test_a_forged_end_is_none(forged: bytes) -> None:
    transcript = Transcript("m")
    transcript.heard(forged)

    assert not transcript.complete


def test_what_looked_like_a_marker_is_given_when_the_container_is_gone() -> None:
    transcript = Transcript("marker")

    assert transcript.heard(b"text\0mar") == "text"
    assert transcript.finish() == "\0mar"
