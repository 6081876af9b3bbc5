"""Holds the shape of the code: no long file, short functions. Usage: python scripts/shape.py PACKAGE"""

from __future__ import annotations

import ast
import statistics
import sys
from collections.abc import Iterator
from pathlib import Path

LONGEST_FILE = 400
MEDIAN_FUNCTION = 10


def body_length(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines of a function without its signature and docstring."""
    first = node.body[0]
    docstring = (first.end_lineno or 0) - first.lineno + 1 if ast.get_docstring(node) else 0
    return (node.end_lineno or 0) - first.lineno + 1 - docstring


def functions(tree: ast.Module) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


def main(package: Path) -> int:
    sources = {path: path.read_text(encoding="utf-8") for path in sorted(package.rglob("*.py"))}
    lines = {path: text.count("\n") for path, text in sources.items()}
    lengths = [body_length(node) for text in sources.values() for node in functions(ast.parse(text))]
    median = statistics.median(lengths)
    longest = max(lines, key=lambda path: lines[path])
    print(f"{len(lines)} files, longest {longest} with {lines[longest]} lines; {len(lengths)} functions,", end=" ")
    print(f"median {median:g} lines, longest {max(lengths)}")
    return int(lines[longest] > LONGEST_FILE or median >= MEDIAN_FUNCTION)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
