"""The author's own text for a post, in Jinja2's notation: it says what was found, and does not compute.

Nothing can be called or assigned, only a few filters are known, and what it writes is bounded, so that no text of an
author's, nor data of an action's, can reach anything or go on for ever.
"""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from jinja2 import StrictUndefined, TemplateError, TemplateSyntaxError, nodes
from jinja2.exceptions import SecurityError
from jinja2.filters import FILTERS as _KNOWN
from jinja2.meta import find_undeclared_variables
from jinja2.runtime import Context
from jinja2.sandbox import ImmutableSandboxedEnvironment

from bot.domain.readable import table
from bot.domain.schedule import ScheduleFault
from bot.errors import DeskhandError

NAMES = (
    "title", "date", "planned", "ran", "zone", "results", "output", "data", "previous", "changes", "failed",
)  # fmt: skip
"""What a template may speak of; ``docs/guide/posting.md`` tells what each holds."""
LONGEST = 10_000
"""Characters of a template."""
_WRITTEN = 20_000
"""Characters that it may write."""
_DEEPEST = 2
"""Loops within loops."""
_REFUSED: tuple[tuple[type[nodes.Node], ...], ...] = (
    (nodes.Call, nodes.CallBlock, nodes.Macro),
    (nodes.Include, nodes.Import, nodes.FromImport, nodes.Extends, nodes.Block),
    (nodes.Assign, nodes.AssignBlock, nodes.With, nodes.FilterBlock, nodes.ScopedEvalContextModifier),
    (nodes.Concat, nodes.Pow),
)
_WHY = (
    "nothing can be called or defined here.",
    "a template stands alone.",
    "nothing can be set here.",
    "texts cannot be joined or raised to a power here.",
)
_FAULTS_OF_DATA = (
    TemplateError, TypeError, ValueError, ArithmeticError, LookupError, AttributeError, RecursionError,
)  # fmt: skip
_FILTERS = (
    "abs", "capitalize", "count", "d", "default", "dictsort", "first", "float", "groupby", "int", "items", "last",
    "length", "lower", "map", "max", "min", "reject", "rejectattr", "reverse", "round", "select", "selectattr", "sort",
    "string", "sum", "title", "trim", "truncate", "unique", "upper",
)  # fmt: skip


class TemplateFails(DeskhandError):
    """What came could not be put into the template. The text says where and why."""


def template_faults(text: str) -> Sequence[ScheduleFault]:
    """Everything that is wrong with a template, whatever data may come; nothing if it can be saved."""
    if not text.strip() or len(text) > LONGEST:
        return [_fault(0, f"it has {len(text):,} characters.", f"Write 1 to {LONGEST:,} characters.")]
    try:
        tree = _ENVIRONMENT.parse(text)
        found = [*_strangers(tree), *_refused(tree, 0)]
        if not found:
            _ENVIRONMENT.from_string(text)
    except TemplateSyntaxError as error:
        known = ", ".join(sorted(_ENVIRONMENT.filters))
        mend = f"The filters are: {known}." if "filter" in str(error.message) else "See docs/guide/posting.md."
        return [_fault(error.lineno, f"{error.message}.", mend)]
    except RecursionError:
        return [_fault(0, "it is nested too deeply.", "Write it flatter.")]
    return found


def filled(text: str, values: Mapping[str, object]) -> str:
    """The template with its values. Takes up to a second of the processor. Raises TemplateFails."""
    try:
        return _bounded(_ENVIRONMENT.from_string(text).generate(**values))
    except (
        TemplateError,
        TypeError,
        ValueError,
        ArithmeticError,
        LookupError,
        AttributeError,
        RecursionError,
    ) as error:
        raise TemplateFails(f"the template, line {_line(error)}: {error}") from error


def _bounded(pieces: Iterable[str]) -> str:
    written: list[str] = []
    left = _WRITTEN
    for piece in pieces:
        left -= len(piece)
        if left < 0:
            raise SecurityError(f"it writes more than {_WRITTEN:,} characters")
        written.append(piece)
    return "".join(written)


def _line(error: BaseException) -> int:
    """Jinja2 puts the template's own lines into the traceback."""
    lines = [frame.lineno or 0 for frame in traceback.extract_tb(error.__traceback__) if frame.filename == "<template>"]
    return lines[-1] if lines else 1


def _strangers(tree: nodes.Template) -> Iterator[ScheduleFault]:
    for name in sorted(find_undeclared_variables(tree) - set(NAMES)):
        line = next(node.lineno for node in tree.find_all(nodes.Name) if node.name == name)
        yield _fault(line, f"there is no '{name}'.", f"The names are: {', '.join(NAMES)}.")


def _refused(node: nodes.Node, depth: int) -> Iterator[ScheduleFault]:
    for kinds, why in zip(_REFUSED, _WHY, strict=True):
        if isinstance(node, kinds):
            yield _fault(node.lineno, why, "Use names, filters, 'if' and 'for' alone.")
    if isinstance(node, nodes.For):
        depth += 1
        if depth > _DEEPEST or node.recursive:
            yield _fault(node.lineno, "loops are nested too deeply.", f"Use {_DEEPEST} at most.")
    for child in node.iter_child_nodes():
        yield from _refused(child, depth)


def _fault(line: int, problem: str, mend: str) -> ScheduleFault:
    return ScheduleFault(f"template, line {line}" if line else "template", problem, mend)


class _Environment(ImmutableSandboxedEnvironment):
    """Calculates with numbers alone, and finds keys before anything that Python knows of a value."""

    intercepted_binops = frozenset(("+", "-", "*", "/", "//", "%"))

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        if not isinstance(left, int | float) or not isinstance(right, int | float):
            raise SecurityError(f"'{operator}' works with numbers alone")
        return super().call_binop(context, operator, left, right)

    def getattr(self, obj: Any, attribute: str) -> Any:
        if isinstance(obj, Mapping):
            return obj[attribute] if attribute in obj else self.undefined(obj=obj, name=attribute)
        return super().getattr(obj, attribute)


def _joined(values: Iterable[object], between: str = ", ") -> str:
    return _bounded(piece for value in values for piece in (between, str(value)))[len(between) :]


def _tabled(value: object) -> str:
    rows = [row for row in value if isinstance(row, Mapping)] if isinstance(value, list) else []
    return "\n".join(table(rows)) if rows else "(no entries)"


def _number(value: float, decimals: int = 0) -> str:
    return f"{float(value):,.{min(max(int(decimals), 0), 10)}f}"


FILTERS: Mapping[str, Callable[..., object]] = {
    **{name: _KNOWN[name] for name in _FILTERS},
    "join": _joined,
    "table": _tabled,
    "number": _number,
}


def _environment() -> _Environment:
    # What is written here is Markdown, which the adapters render; nothing of it ever is a page.
    made = _Environment(undefined=StrictUndefined, autoescape=False, keep_trailing_newline=True)
    made.globals = {}
    made.filters = dict(FILTERS)
    return made


_ENVIRONMENT = _environment()
