"""``views.*`` and ``blocks.validate``."""

from __future__ import annotations

from tests.simulators.slack import blocks, limits
from tests.simulators.slack.methods.asking import Ask, Method
from tests.simulators.slack.model import Trigger, View
from tests.simulators.slack.protocol import JSON, Refused
from tests.simulators.slack.workspace import Workspace

DEEPEST = 3


def new_view(workspace: Workspace, user: str, content: JSON, previous: View | None = None) -> View:
    """Keep a view and give it ids."""
    made = workspace.core.ids.new("V")
    root = previous.root if previous else made
    view = View(made, user, content, workspace.core.ids.new("hash."), root, previous.id if previous else None)
    workspace.views[made] = view
    return view


def replace_view(workspace: Workspace, view: View, content: JSON) -> None:
    """Show something else in its place."""
    view.view, view.hash, view.errors = content, workspace.core.ids.new("hash."), {}
    workspace.core.changes.tell()


def push_view(workspace: Workspace, user: str, content: JSON) -> View:
    """Put a modal on top of the user's others."""
    stack = workspace.modals.setdefault(user, [])
    if len(stack) >= DEEPEST:
        raise Refused("push_limit_reached")
    view = new_view(workspace, user, content, workspace.views[stack[-1]] if stack else None)
    stack.append(view.id)
    workspace.core.changes.tell()
    return view


def _trigger(ask: Ask) -> Trigger:
    key = ask.text("trigger_id")
    if key in ask.core.spent_triggers:
        raise Refused("exchanged_trigger_id")
    found = ask.core.triggers.get(key)
    if found is None:
        raise Refused("invalid_trigger_id")
    if ask.core.clock.now() > found.expires:
        raise Refused("expired_trigger_id")
    ask.core.spent_triggers.add(key)
    return found


def _checked(ask: Ask, *kinds: str) -> JSON:
    view = limits.check_view(ask.get("view"), *kinds)
    ask.workspace.watch(ask.method, {"view": view}, pings=False)
    return view


def _open(ask: Ask) -> JSON:
    content = _checked(ask, "modal")
    user = _trigger(ask).user
    ask.workspace.modals[user] = []
    return _told(ask, push_view(ask.workspace, user, content))


def _push(ask: Ask) -> JSON:
    content = _checked(ask, "modal")
    trigger = _trigger(ask)
    if not trigger.view:
        raise Refused("invalid_trigger_id")
    return _told(ask, push_view(ask.workspace, trigger.user, content))


def _update(ask: Ask) -> JSON:
    content = _checked(ask, "modal", "home")
    view = _find(ask)
    if ask.get("hash") and ask.get("hash") != view.hash:
        raise Refused("hash_conflict")
    replace_view(ask.workspace, view, content)
    return _told(ask, view)


def _find(ask: Ask) -> View:
    for view in ask.workspace.views.values():
        external = view.view.get("external_id")
        if ask.get("view_id") == view.id or (external and external == ask.get("external_id")):
            return view
    raise Refused("not_found")


def _publish(ask: Ask) -> JSON:
    if not ask.core.config.home_tab:
        raise Refused("not_enabled")
    content = _checked(ask, "home")
    user = ask.user("user_id").id
    present = ask.workspace.homes.get(user)
    if present is None:
        ask.workspace.homes[user] = present = new_view(ask.workspace, user, content)
    elif ask.get("hash") and ask.get("hash") != present.hash:
        raise Refused("hash_conflict")
    replace_view(ask.workspace, present, content)
    return _told(ask, present)


def _told(ask: Ask, view: View) -> JSON:
    return {"view": ask.workspace.view_json(view)}


def _validate(ask: Ask) -> JSON:
    given = [key for key in ("blocks", "message", "view") if ask.get(key)]
    if len(given) != 1:
        raise Refused("invalid_arguments", "[ERROR] exactly one of blocks, message and view is required")
    value = ask.get(given[0])
    found = blocks.faults(value if given[0] == "blocks" else value.get("blocks", []), 100 if "view" in given else 50)
    return {"errors": [{"message": each, "code": "invalid"} for each in found]}


METHODS: dict[str, Method] = {
    "views.open": _open,
    "views.push": _push,
    "views.update": _update,
    "views.publish": _publish,
    "blocks.validate": _validate,
}
