"""Reads a script without running it: syntax, what it may not use, and the environment names it looks up (F076)."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

_ALLOWED_OS = frozenset({"environ", "getenv"})
_FORBIDDEN_MODULES = frozenset(
    {"subprocess", "ctypes", "importlib", "pty", "posix", "multiprocessing", "_posixsubprocess"}
)
_FORBIDDEN_CALLS = frozenset({"__import__", "eval", "exec", "compile"})


@dataclass(frozen=True, slots=True)
class CodeFault:
    """Something a script may not do, and where."""

    line: int
    problem: str
    mend: str


@dataclass(frozen=True, slots=True)
class Code:
    """What was found in a script."""

    faults: tuple[CodeFault, ...] = ()
    needed: tuple[str, ...] = ()
    """Environment names that are read with no default."""
    modules: tuple[str, ...] = ()
    """What it imports, dotted; of ``from a import b`` both ``a`` and ``a.b``, as either may be a module."""


def read_code(source: str) -> Code:
    """Check a script. A syntax error is its only fault, as nothing else can be known."""
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        line = getattr(error, "lineno", None) or 1
        return Code((CodeFault(line, f"Python cannot read it: {getattr(error, 'msg', error)}.", "Mend the syntax."),))
    aliases = _os_names(tree)
    faults = (*(fault for node in ast.walk(tree) for fault in _faults(node, aliases)), *_loose_modules(tree, aliases))
    return Code(
        tuple(sorted(faults, key=lambda fault: fault.line)),
        tuple(dict.fromkeys(_needed(tree, aliases))),
        tuple(dict.fromkeys(_modules(tree))),
    )


def _modules(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        match node:
            case ast.Import(names=names):
                yield from (name.name for name in names)
            case ast.ImportFrom(module=str(module), names=names, level=0):
                yield module
                yield from (f"{module}.{name.name}" for name in names)


def _os_names(tree: ast.Module) -> frozenset[str]:
    imports = (node for node in ast.walk(tree) if isinstance(node, ast.Import))
    return frozenset(name.asname or name.name for node in imports for name in node.names if name.name == "os")


def _faults(node: ast.AST, aliases: frozenset[str]) -> Iterator[CodeFault]:
    match node:
        case ast.Import(names=names):
            yield from (_module_fault(node, name.name) for name in names if _forbidden(name.name))
        case ast.ImportFrom(module=module, names=names) if module:
            if _forbidden(module):
                yield _module_fault(node, module)
            if module == "os":
                yield from (_os_fault(node, name.name) for name in names if name.name not in _ALLOWED_OS)
        case ast.Attribute(value=ast.Name(id=name), attr=attribute) if name in aliases and attribute not in _ALLOWED_OS:
            yield _os_fault(node, attribute)
        case ast.Call(func=ast.Name(id=name)) if name in _FORBIDDEN_CALLS:
            yield CodeFault(node.lineno, f"{name}() is not allowed in an action.", "Write the code out.")


def _loose_modules(tree: ast.Module, aliases: frozenset[str]) -> Iterator[CodeFault]:
    """The module ``os`` as a value of its own: in another name, in a call, in a list."""
    owners = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and node.id in aliases and id(node) not in owners:
            yield CodeFault(
                node.lineno, "os may not be passed on in an action.", "Use os.environ or os.getenv where it is needed."
            )


def _forbidden(module: str) -> bool:
    return module.partition(".")[0] in _FORBIDDEN_MODULES or module == "os.path"


def _module_fault(node: ast.stmt, module: str) -> CodeFault:
    return CodeFault(node.lineno, f"the module {module} is not allowed in an action.", "Use a library call instead.")


def _os_fault(node: ast.stmt | ast.expr, attribute: str) -> CodeFault:
    return CodeFault(
        node.lineno, f"os.{attribute} is not allowed in an action.", "Of os, only os.environ and os.getenv may be used."
    )


def _needed(tree: ast.Module, aliases: frozenset[str]) -> Iterator[str]:
    for node in ast.walk(tree):
        match node:
            case ast.Subscript(value=value, slice=ast.Constant(value=str(name))) if _is_environ(value, aliases):
                yield name
            case ast.Call(func=ast.Attribute(value=value, attr="get"), args=[ast.Constant(value=str(name))]) if (
                _is_environ(value, aliases)
            ):
                yield name
            case ast.Call(func=function, args=[ast.Constant(value=str(name))]) if _is_getenv(function, aliases):
                yield name


def _is_environ(node: ast.expr, aliases: frozenset[str]) -> bool:
    match node:
        case ast.Attribute(value=ast.Name(id=name), attr="environ"):
            return name in aliases
        case ast.Name(id=name):
            return name == "environ"
    return False


def _is_getenv(node: ast.expr, aliases: frozenset[str]) -> bool:
    match node:
        case ast.Attribute(value=ast.Name(id=name), attr="getenv"):
            return name in aliases
        case ast.Name(id=name):
            return name == "getenv"
    return False
