"""Runs inside the container: takes one job from standard input, becomes its environment, runs its script.

Standard library only, nothing of ours. Values come this way and not as container settings, so that no look at the
engine shows a secret. Arguments are modules to load before the job is known; then ``READY`` is told, and ``BEGUN``
when the job is taken up. What the script prints passes as it is. The end is told on both streams by a zero byte, the
job's marker and a zero byte; on standard output sixteen digits of length and a JSON object with the exit code and the
documents follow.
"""

import atexit
import base64
import builtins
import json
import linecache
import os
import shutil
import stat
import sys
import threading
import traceback
import types
from collections.abc import Iterator
from typing import Any

OUTPUT = "/tmp/output"  # noqa: S108 - the container's own
MOST_DOCUMENTS, LARGEST_DOCUMENT, LARGEST_SUM = 10, 5 << 20, 10 << 20
ALLOWED_OS = ("environ", "getenv")
FORBIDDEN = {"subprocess", "ctypes", "importlib", "pty", "posix", "multiprocessing", "_posixsubprocess", "_ctypes"}
GRACE_SECONDS = 5


def main() -> int:
    """Wait for the job, run its script as ``__main__`` of ``main.py``, tell the end."""
    prepare(sys.argv[1:])
    line = sys.stdin.buffer.readline()
    if not line:
        return 0
    job = json.loads(line)
    real = os.dup(1), os.dup(2)
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]  # each line is seen at once
    end_with_the_service(job["timeout"])
    os.environ.update(job["environment"])
    os.write(1, b"BEGUN\n")
    code = run(job["code"])
    wait_for_the_rest()
    tell_the_end(real, job["marker"], code)
    return code


def prepare(modules: list[str]) -> None:
    """Load what most scripts need while nobody waits for it."""
    os.makedirs(OUTPUT, exist_ok=True)  # noqa: PTH103 - pathlib would cost more than all of this
    if os.path.isdir("/opt/matplotlib"):  # noqa: PTH112
        shutil.copytree("/opt/matplotlib", os.environ["MPLCONFIGDIR"], dirs_exist_ok=True)
    for name in modules:
        try:
            __import__(name)
        except ImportError:
            continue
    if modules:
        os.write(1, b"READY\n")


def end_with_the_service(seconds: float) -> None:
    """The service holds the other end of standard input: when it dies, or forgets us, the container ends."""
    lifeline = os.dup(0)
    with open(os.devnull) as nothing:  # noqa: PTH123 - the smallest start counts here
        os.dup2(nothing.fileno(), 0)

    def watch() -> None:
        while os.read(lifeline, 4096):
            continue
        os._exit(137)

    threading.Thread(target=watch, daemon=True).start()
    limit = threading.Timer(seconds + GRACE_SECONDS, os._exit, [137])
    limit.daemon = True
    limit.start()


def run(code: str) -> int:
    """The script's exit code. It gets a module of its own, so that ``__main__`` is the script and not this program."""
    script = types.ModuleType("__main__")
    script.__dict__.update(__file__="main.py", __builtins__={**vars(builtins), "__import__": guarded_import})
    sys.modules["__main__"] = script
    sys.argv = ["main.py"]
    linecache.cache["main.py"] = (len(code), None, code.splitlines(keepends=True), "main.py")
    try:
        exec(compile(code, "main.py", "exec"), script.__dict__)  # noqa: S102 - this is what the container is for
    except SystemExit as stop:
        return exit_code(stop)
    except BaseException as error:  # noqa: BLE001 - whatever the script raises is its result
        print_without_us(error)
        return 1
    return 0


class RestrictedOs(types.ModuleType):
    """``os`` as a script sees it (F076); libraries keep the real one. The container is the wall, this is a reminder."""

    environ = os.environ
    getenv = staticmethod(os.getenv)

    def __getattr__(self, name: str) -> object:
        if name.startswith("__"):
            raise AttributeError(name)
        raise PermissionError(f"os.{name} is not allowed in an action; of os, only os.environ and os.getenv are")


RESTRICTED = RestrictedOs("os")
REAL_IMPORT = builtins.__import__


def guarded_import(name: str, *rest: Any) -> Any:
    """The script's own ``import``; those of libraries do not come this way."""
    if name == "os":
        for wanted in (rest[2] if len(rest) > 2 else None) or ():  # globals, locals, fromlist, level
            if wanted not in ALLOWED_OS:
                getattr(RESTRICTED, wanted)
        return RESTRICTED
    if name.partition(".")[0] in FORBIDDEN or name == "os.path":
        raise ImportError(f"the module {name} is not allowed in an action")
    return REAL_IMPORT(name, *rest)


def exit_code(stop: SystemExit) -> int:
    """As the interpreter itself would end."""
    if stop.code is None or isinstance(stop.code, int):
        return stop.code or 0
    print(stop.code, file=sys.stderr)
    return 1


def print_without_us(error: BaseException) -> None:
    """The trace begins in the script and ends there or in a library, where its author can find it."""
    trace = error.__traceback__
    while trace and of_us(trace):
        trace = trace.tb_next
    last = trace
    while last and last.tb_next:
        if of_us(last.tb_next):
            last.tb_next = None
        last = last.tb_next
    traceback.print_exception(type(error), error, trace)


def of_us(trace: types.TracebackType) -> bool:
    """Whether this step of a trace is in this program."""
    return trace.tb_frame.f_globals is globals()


def wait_for_the_rest() -> None:
    """Threads and exit handlers of the script, as the interpreter would."""
    for thread in threading.enumerate():
        if thread is not threading.current_thread() and not thread.daemon:
            thread.join()
    atexit._run_exitfuncs()


def tell_the_end(real: tuple[int, int], marker: str, code: int) -> None:
    """The last words, on the real standard streams whatever the script did to its own."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError, AttributeError):
            continue
    documents, left_out = collected()
    body = json.dumps({"exit": code, "documents": documents, "left_out": left_out}).encode()
    sign = b"\0%s\0" % marker.encode()
    os.write(real[1], sign)
    with open(real[0], "wb") as output:  # noqa: PTH123
        output.write(sign + b"%016d" % len(body) + body)


def collected() -> tuple[list[dict[str, str]], list[str]]:
    """The files of /tmp/output, plain ones only, and the names of those that are too many or too large."""
    documents: list[dict[str, str]] = []
    left_out: list[str] = []
    room = LARGEST_SUM
    for path in sorted(paths(OUTPUT)):
        name = os.path.relpath(path, OUTPUT)
        size = os.lstat(path).st_size
        if len(documents) >= MOST_DOCUMENTS:
            left_out.append(f"{name}: more than {MOST_DOCUMENTS} files")
        elif size > min(LARGEST_DOCUMENT, room):
            left_out.append(f"{name}: too large ({size} bytes)")
        else:
            with open(path, "rb") as file:  # noqa: PTH123
                data = file.read(min(LARGEST_DOCUMENT, room))
            room -= len(data)
            documents.append({"name": name, "data": base64.b64encode(data).decode()})
    return documents, left_out[:20]


def paths(folder: str) -> Iterator[str]:
    """Plain files below a folder; links and pipes are passed over."""
    for parent, _, names in os.walk(folder):
        for name in names:
            path = os.path.join(parent, name)  # noqa: PTH118
            if stat.S_ISREG(os.lstat(path).st_mode):
                yield path


if __name__ == "__main__":
    sys.exit(main())
