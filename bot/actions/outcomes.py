"""Conditions over a response, such as ``response.status == 404``: a small, safe expression language (F110, F111).

Python's own grammar is parsed and only harmless nodes are kept. ``&&``, ``||``, ``!``, ``true``, ``false`` and ``null``
are accepted as people write them. A field that is not there is null; comparing what cannot be compared is false.
"""

from __future__ import annotations

import ast
import io
import operator
import tokenize
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Any

from bot.domain.action import NamedOutcome
from bot.domain.run import Response

LONGEST_CONDITION = 500
"""Characters."""

_NAMES: Mapping[str, object] = {"true": True, "false": False, "null": None}
_COMPARE: Mapping[type[ast.cmpop], Callable[[Any, Any], bool]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.In: lambda item, whole: item in whole,
    ast.NotIn: lambda item, whole: item not in whole,
    ast.Is: lambda one, other: one is other,
    ast.IsNot: lambda one, other: one is not other,
}


class ConditionError(ValueError):
    """The text is no condition; says why."""


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition that was checked and can be asked."""

    tree: ast.expr

    def holds(self, response: Response) -> bool:
        """Whether it is true of ``response``. Never raises."""
        return bool(_value(self.tree, response))


@lru_cache(maxsize=4096)
def compile_condition(text: str) -> Condition:
    """Check a condition. Raises ConditionError with what is wrong."""
    if len(text) > LONGEST_CONDITION:
        raise ConditionError(f"it is longer than {LONGEST_CONDITION} characters")
    try:
        tree = ast.parse(_as_python(text).strip(), mode="eval").body
    except (SyntaxError, ValueError, tokenize.TokenError, RecursionError, MemoryError) as error:
        raise ConditionError("it cannot be read; write it like response.status == 200") from error
    _check(tree)
    return Condition(tree)


def first_match(outcomes: Sequence[NamedOutcome], response: Response) -> str | None:
    """The name of the first outcome that holds; None when none does."""
    return next((one.name for one in outcomes if compile_condition(one.condition).holds(response)), None)


def _as_python(text: str) -> str:
    """Operators of other languages as Python's, outside of quoted texts."""
    words = {"&&": " and ", "||": " or "}
    pieces: list[str] = []
    quote = ""
    position = 0
    while position < len(text):
        pair, one = text[position : position + 2], text[position]
        if not quote and pair in words:
            pieces.append(words[pair])
            position += 2
            continue
        if one in "'\"" and (not quote or quote == one) and text[position - 1 : position] != "\\":
            quote = "" if quote else one
        negation = one == "!" and not quote and pair != "!="
        pieces.append(" not " if negation else one)
        position += 1
    source = "".join(pieces)
    list(tokenize.generate_tokens(io.StringIO(source).readline))
    return source


def _check(node: ast.expr) -> None:  # noqa: C901, PLR0912 - one branch for each kind of node
    match node:
        case ast.BoolOp(values=values):
            children = values
        case ast.UnaryOp(op=ast.Not() | ast.USub(), operand=operand):
            children = [operand]
        case ast.Compare(left=left, comparators=comparators):
            children = [left, *comparators]
        case ast.Constant(value=str() | int() | float() | bool() | None):
            children = []
        case ast.List(elts=items) | ast.Tuple(elts=items):
            children = items
        case ast.Name(id=name) if name == "response" or name in _NAMES:
            children = []
        case ast.Attribute(value=value, attr=attribute):
            if attribute.startswith("__"):
                raise ConditionError(f"{attribute} cannot be looked at")
            _check_root(value, attribute)
            children = [value]
        case ast.Subscript(value=value, slice=index):
            children = [value, index]
        case ast.Call(func=ast.Name(id="len"), args=[argument], keywords=[]):
            children = [argument]
        case ast.Name(id=name):
            raise ConditionError(f"{name} is not known; only response.status, response.body and response.headers are")
        case _:
            raise ConditionError(f"{ast.unparse(node)} is not allowed here")
    for child in children:
        _check(child)


def _check_root(value: ast.expr, attribute: str) -> None:
    if isinstance(value, ast.Name) and value.id == "response" and attribute not in ("status", "body", "headers"):
        raise ConditionError(f"response.{attribute} does not exist; use response.status, response.body or .headers")


def _value(node: ast.expr, response: Response) -> Any:  # noqa: C901, PLR0911 - one way out for each kind of node
    match node:
        case ast.BoolOp(op=ast.And(), values=values):
            return all(_value(item, response) for item in values)
        case ast.BoolOp(values=values):
            return any(_value(item, response) for item in values)
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            return not _value(operand, response)
        case ast.UnaryOp(operand=operand):
            number = _value(operand, response)
            return -number if isinstance(number, int | float) else None
        case ast.Compare(left=left, ops=ops, comparators=comparators):
            values = [_value(item, response) for item in (left, *comparators)]
            return all(_compared(op, *pair) for op, pair in zip(ops, pairwise(values), strict=True))
        case ast.Constant(value=constant):
            return constant
        case ast.List(elts=items) | ast.Tuple(elts=items):
            return [_value(item, response) for item in items]
        case ast.Name(id=name):
            return response if name == "response" else _NAMES[name]
        case ast.Attribute(value=value, attr=key):
            return _field(_value(value, response), key)
        case ast.Subscript(value=value, slice=index):
            return _field(_value(value, response), _value(index, response))
        case ast.Call(args=[argument]):
            value = _value(argument, response)
            return len(value) if isinstance(value, str | list | Mapping) else 0
    raise AssertionError("checked when it was compiled")


def _compared(op: ast.cmpop, one: Any, other: Any) -> bool:
    try:
        return bool(_COMPARE[type(op)](one, other))
    except TypeError:
        return False


def _field(value: Any, key: Any) -> Any:
    if isinstance(value, Response):
        return {"status": value.status, "body": value.body, "headers": value.headers}.get(key)
    if isinstance(value, Mapping):
        return value.get(key) if isinstance(key, str) else None
    if isinstance(value, list) and isinstance(key, int) and -len(value) <= key < len(value):
        return value[key]
    return None
