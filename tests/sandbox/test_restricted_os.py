"""The script sees a small part of ``os``; libraries keep the real one (F076)."""

from __future__ import annotations

import pytest

from tests.sandbox.conftest import Ran


@pytest.mark.parametrize(
    "code",
    [
        "import os\nprint(os.environ['given'])",
        "import os\nprint(os.environ.get('given'))",
        "import os as system\nprint(system.getenv('given'))",
        "from os import environ, getenv\nprint(environ['given'])",
        "import tempfile, pathlib\nprint(pathlib.Path(tempfile.mkdtemp()).is_dir() and 'yes')",
        "from dataclasses import dataclass\nfrom typing import get_type_hints\n@dataclass\nclass A:\n    b: 'A'\n"
        "print('yes' if get_type_hints(A) else '')",
        "import pickle\nclass A:\n    pass\nprint('yes' if pickle.loads(pickle.dumps(A())) else '')",
        "import threading\nthreading.Timer(0.05, print, ['yes']).start()",
        "import atexit\natexit.register(print, 'yes')",
        "import logging\nlogging.warning('aside')\nprint('yes')",
    ],
)
async def test_what_is_allowed_works_as_ever(run: Ran, code: str) -> None:
    result = await run(code, given="yes")

    assert result.output == "yes\n", result.error_output


@pytest.mark.parametrize(
    ("code", "line", "said"),
    [
        ("import os\nos.system('ls')", 2, "os.system is not allowed"),
        ("import os\ngetattr(os, 'sys' + 'tem')('ls')", 2, "os.system is not allowed"),
        ("from os import popen", 1, "os.popen is not allowed"),
        ("x = __import__('os')\nx.listdir('/')", 2, "os.listdir is not allowed"),
        ("import os.path", 1, "os.path is not allowed"),
        ("import subprocess", 1, "subprocess is not allowed"),
        ("import ctypes", 1, "ctypes is not allowed"),
        ("from importlib import import_module", 1, "importlib is not allowed"),
    ],
)
async def test_what_is_not_allowed_names_the_line(run: Ran, code: str, line: int, said: str) -> None:
    result = await run(code)

    assert result.exit_code == 1
    assert said in result.error_output
    assert f'File "main.py", line {line}' in result.error_output
    assert "<string>" not in result.error_output
