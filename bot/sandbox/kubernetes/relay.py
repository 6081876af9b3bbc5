"""Runs in the pod as its first process: starts the program that runs the job and tells its two streams apart.

Standard library only, nothing of ours. Kubernetes merges both streams into one log and may begin that log anew or leave
a part out, so every piece goes out as a line of its own: ``o`` or ``e`` for the stream, how many bytes of both came
before, a blank if the piece ended a line or ``-`` if it did not, and the piece.
"""

import os
import subprocess
import sys
import threading
from pathlib import Path

PIECE = 8192
"""Bytes; container runtimes break log lines from 16 KiB on."""
LAST_WORDS_SECONDS = 2


class Log:
    """The pod's log, written by one thread for each stream."""

    def __init__(self) -> None:
        self._before = 0
        self._lock = threading.Lock()

    def follow(self, stream: str, source: int) -> None:
        """Pass on everything from the descriptor ``source``."""
        while data := os.read(source, PIECE):
            with self._lock:
                for line in _lines(data):
                    self._tell(stream, line)

    def _tell(self, stream: str, line: bytes) -> None:
        ended = line.endswith(b"\n")
        frame = b"%s %d%s%s" % (stream.encode(), self._before, b" " if ended else b"-", line if ended else line + b"\n")
        self._before += len(line)
        while frame:
            frame = frame[os.write(1, frame) :]


def _lines(data: bytes) -> list[bytes]:
    """Lines with their ends; ``bytes.splitlines`` would also break at carriage returns."""
    *whole, rest = data.split(b"\n")
    return [line + b"\n" for line in whole] + ([rest] if rest else [])


def pass_over_line(source: int) -> None:
    """``BEGUN``, which is for a service that hands over jobs itself."""
    while os.read(source, 1) not in (b"\n", b""):
        continue


def main() -> int:
    """Run the job beside this file; its exit code is ours."""
    here = Path(__file__).parent
    program = (here / "bootstrap.py").read_text(encoding="utf-8")
    environment = {name: value for name, value in os.environ.items() if not name.startswith("KUBERNETES_")}
    pipe = subprocess.PIPE
    child = subprocess.Popen([sys.executable, "-c", program], stdin=pipe, stdout=pipe, stderr=pipe, env=environment)  # noqa: S603 - our own program
    assert child.stdin
    assert child.stdout
    assert child.stderr
    # The job's input stays open behind it: its end would tell the program that the service died.
    child.stdin.write((here / "job.json").read_bytes() + b"\n")
    child.stdin.flush()
    pass_over_line(child.stdout.fileno())
    log = Log()
    sources = {"o": child.stdout.fileno(), "e": child.stderr.fileno()}
    readers = [threading.Thread(target=log.follow, args=pair, daemon=True) for pair in sources.items()]
    for reader in readers:
        reader.start()
    code = child.wait()
    for reader in readers:
        reader.join(LAST_WORDS_SECONDS)
    return code if code >= 0 else 128 - code


if __name__ == "__main__":
    sys.exit(main())
