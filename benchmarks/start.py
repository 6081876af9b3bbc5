"""How soon ``--help`` is there, and what an idle service holds in memory. Prints JSON."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

MOST_SECONDS, MOST_MEGABYTES = 0.5, 150.0


def help_seconds() -> float:
    times = []
    for _ in range(5):
        begun = time.perf_counter()
        subprocess.run([sys.executable, "-m", "bot", "--help"], check=True, capture_output=True)
        times.append(time.perf_counter() - begun)
    return round(min(times), 3)


def idle_megabytes() -> float:
    """Resident memory once the service says that it answers."""
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, "DESKHAND_DATA_DIR": folder, "DESKHAND_DEMO": "true", "DESKHAND_DEMO_PORT": "0"}
        command = [sys.executable, "-m", "bot", "web", "--port", "0"]
        with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as service:
            assert service.stdout is not None
            service.stdout.readline()
            status = Path(f"/proc/{service.pid}/status").read_text()
            service.terminate()
    kilobytes = next(line.split()[1] for line in status.splitlines() if line.startswith("VmRSS"))
    return round(int(kilobytes) / 1024, 1)


def main() -> int:
    figures = {"help_seconds": help_seconds(), "idle_megabytes": idle_megabytes()}
    print(json.dumps(figures))
    return int(figures["help_seconds"] > MOST_SECONDS or figures["idle_megabytes"] > MOST_MEGABYTES)


if __name__ == "__main__":
    sys.exit(main())
