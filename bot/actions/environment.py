"""What a run may know: its values, the secrets it named, variables and who asked (F042-F047)."""

from __future__ import annotations

from collections.abc import Mapping

from bot.actions.template import text_of
from bot.domain.action import ActionSpec
from bot.domain.plan import ActionCall
from bot.domain.run import Asker


def built_ins(asker: Asker, guru_slug: str) -> dict[str, str]:
    """The four reserved variables. The name falls back to the e-mail's first part (F044)."""
    return {
        "GURUBASE_USER_EMAIL": asker.email,
        "GURUBASE_USER_NAME": asker.name or asker.email.partition("@")[0],
        "GURUBASE_USER_GROUPS": asker.groups or "Everyone",
        "GURUBASE_GURU_SLUG": guru_slug,
    }


def effective_variables(spec: ActionSpec, overrides: Mapping[str, str]) -> dict[str, str]:
    """The action's variables, the operator's standing before the author's."""
    return {**spec.variables, **overrides}


def environment_of(
    call: ActionCall, secrets: Mapping[str, str], overrides: Mapping[str, str], people: Mapping[str, str]
) -> dict[str, str]:
    """The environment of a script: only the variables it declares, not all that the operator set."""
    declared = {name: overrides.get(name, value) for name, value in call.spec.variables.items()}
    arguments = {name: text_of(value) for name, value in call.arguments.items()}
    return {**declared, **secrets, **people, **arguments}
