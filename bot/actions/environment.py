"""What a run may know: its values, the secrets it named, variables and who asked (F042-F047)."""

from __future__ import annotations

from collections.abc import Mapping

from bot.actions.template import TemplateError, text_of
from bot.domain.action import BUILT_IN_VARIABLES, ActionSpec, PythonCode
from bot.domain.person import EVERYONE
from bot.domain.plan import ActionCall
from bot.domain.run import Asker
from bot.errors import SecretError
from bot.ports import Secrets

_LONGEST = 128 * 1024
"""Bytes of one entry ``name=value``, its end included, that Linux takes (``MAX_ARG_STRLEN``)."""


def built_ins(asker: Asker, guru_slug: str) -> dict[str, str]:
    """The four reserved variables. The name falls back to the e-mail's first part (F044)."""
    name = asker.name or asker.email.partition("@")[0]
    return dict(zip(BUILT_IN_VARIABLES, (asker.email, name, asker.groups or EVERYONE, guru_slug), strict=True))


def effective_variables(spec: ActionSpec, overrides: Mapping[str, str]) -> dict[str, str]:
    """The action's variables, the operator's standing before the author's.

    An operator's variable applies to all actions, so one that has the name of a parameter or secret of this action
    is not meant for it.
    """
    taken = {*(parameter.name for parameter in spec.parameters), *spec.secrets, *BUILT_IN_VARIABLES}
    return {name: value for name, value in {**spec.variables, **overrides}.items() if name not in taken}


async def revealed(spec: ActionSpec, secrets: Secrets) -> Mapping[str, str]:
    """The values of the secrets that an action names. Raises SecretError if one does not exist or cannot be read."""
    values = await secrets.reveal(spec.secrets)
    missing = [name for name in spec.secrets if name not in values]
    if missing:
        raise SecretError(f"it needs the secret {' and '.join(missing)}")
    return values


def environment_of(
    call: ActionCall, secrets: Mapping[str, str], overrides: Mapping[str, str], people: Mapping[str, str]
) -> dict[str, str]:
    """The environment of a script: of all the variables that an operator set, those that it declares or names.

    Raises TemplateError for a value that no environment can hold.
    """
    spec = call.spec
    assert isinstance(spec.work, PythonCode)
    declared = {
        name: value
        for name, value in effective_variables(spec, overrides).items()
        if name in spec.variables or name in spec.work.code
    }
    arguments = {name: text_of(value) for name, value in call.arguments.items()}
    environment = {**arguments, **declared, **secrets, **people}
    for name, value in environment.items():
        _check(name, value)
    return environment


def _check(name: str, value: str) -> None:
    try:
        size = len(name) + len(value.encode()) + 2
    except UnicodeEncodeError as error:
        raise TemplateError(f"the value for {name} holds a broken character") from error
    if "\0" in value:
        raise TemplateError(f"the value for {name} holds a NUL character")
    if size > _LONGEST:
        raise TemplateError(f"the value for {name} is longer than a script can be given (128 KiB)")
