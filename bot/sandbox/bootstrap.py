"""Runs inside the container: takes one job from standard input, becomes its environment, runs its script.

Standard library only, nothing of ours. Values come this way and not as container settings, so that no look at the
engine shows a secret.
"""

import json
import linecache
import os
import sys
import traceback


def main() -> int:
    """Run the script as ``__main__`` of ``main.py`` and give its exit code."""
    job = json.loads(sys.stdin.buffer.readline())
    os.environ.update(job["environment"])
    with open(os.devnull) as nothing:  # noqa: PTH123 - the smallest start counts here
        os.dup2(nothing.fileno(), 0)
    linecache.cache["main.py"] = (len(job["code"]), None, job["code"].splitlines(keepends=True), "main.py")
    script = {"__name__": "__main__", "__file__": "main.py", "__builtins__": __builtins__}
    try:
        exec(compile(job["code"], "main.py", "exec"), script)  # noqa: S102 - this is what the container is for
    except SystemExit as stop:
        return _exit_code(stop)
    except BaseException as error:  # noqa: BLE001 - whatever the script raises is its result
        _print_without_us(error)
        return 1
    finally:
        sys.stdout.flush()
    return 0


def _exit_code(stop: SystemExit) -> int:
    if stop.code is None or isinstance(stop.code, int):
        return stop.code or 0
    print(stop.code, file=sys.stderr)
    return 1


def _print_without_us(error: BaseException) -> None:
    """The trace begins in the script, where its author can find it."""
    trace = error.__traceback__
    while trace and trace.tb_frame.f_code.co_filename != "main.py":
        trace = trace.tb_next
    traceback.print_exception(type(error), error, trace)


if __name__ == "__main__":
    sys.exit(main())
