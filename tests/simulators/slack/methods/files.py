"""``files.*``: an address, then the bytes, then sharing."""

from __future__ import annotations

from tests.simulators.slack.methods.asking import Ask, Method
from tests.simulators.slack.methods.chat import new_message
from tests.simulators.slack.model import File
from tests.simulators.slack.protocol import JSON, Refused
from tests.simulators.slack.workspace import Workspace

MOST_BYTES = 1 << 30


def new_file(workspace: Workspace, name: str, length: int, user: str) -> File:
    """A file without its bytes."""
    key = workspace.core.ids.new("F")
    made = File(key, name, length, user, f"{workspace.core.url}/files/{workspace.team}/{key}/{name}")
    workspace.files[key] = made
    return made


def _address(ask: Ask) -> JSON:
    if not ask.text("length").isdigit() or not 0 < int(ask.text("length")) <= MOST_BYTES:
        raise Refused("invalid_arguments", "[ERROR] length must be a positive number of bytes")
    made = new_file(ask.workspace, ask.text("filename"), int(ask.text("length")), ask.workspace.bot.id)
    return {"upload_url": f"{ask.core.url}/upload/{ask.workspace.team}/{made.id}", "file_id": made.id}


def _complete(ask: Ask) -> JSON:
    given = ask.get("files")
    if not isinstance(given, list) or not given:
        raise Refused("invalid_arguments", "[ERROR] files must be a JSON array")
    files = [_uploaded(ask, each) for each in given]
    for channel in [each for each in (ask.text("channel_id") or ask.text("channels")).split(",") if each]:
        _share(ask, channel, files)
    return {"files": [each.as_json() for each in files]}


def _uploaded(ask: Ask, given: JSON) -> File:
    found = ask.workspace.files.get(str(given.get("id")))
    if found is None:
        raise Refused("file_not_found")
    if found.content is None:
        raise Refused("file_upload_size_restricted" if found.length > MOST_BYTES else "file_not_found")
    if found.shared:
        raise Refused("file_already_completed")
    found.title = str(given.get("title") or "")
    return found


def _share(ask: Ask, channel: str, files: list[File]) -> None:
    place = Ask(ask.core, ask.workspace, ask.installation, ask.method, {**ask.arguments, "channel": channel})
    where = place.writable()
    message = new_message(place, where, place.thread(where))
    message.text, message.subtype = ask.text("initial_comment"), "file_share"
    message.files = [each.id for each in files]
    for each in files:
        each.shared = True
    ask.workspace.watch(ask.method, {"text": message.text})
    ask.workspace.post(message)


def _find(ask: Ask) -> File:
    found = ask.workspace.files.get(ask.text("file"))
    if found is None:
        raise Refused("file_not_found")
    return found


def _info(ask: Ask) -> JSON:
    return {"file": _find(ask).as_json()}


def _delete(ask: Ask) -> JSON:
    del ask.workspace.files[_find(ask).id]
    for message in ask.workspace.messages:
        message.files = [each for each in message.files if each in ask.workspace.files]
    ask.core.changes.tell()
    return {}


METHODS: dict[str, Method] = {
    "files.getUploadURLExternal": _address,
    "files.completeUploadExternal": _complete,
    "files.info": _info,
    "files.delete": _delete,
}
