"""What each process of the service does: everything, or its part of it beside others on PostgreSQL."""

from __future__ import annotations

from enum import StrEnum

from bot.commands.serving import Faces
from bot.errors import ConfigError
from bot.settings import Settings

_NEEDS_POSTGRESQL = (
    "DATABASE_URL: `deskhand worker` does what other processes keep, so it needs a PostgreSQL that they share; "
    "without one `deskhand run` does everything in one process"
)
_NOTHING_TO_HEAR = (
    "DESKHAND_SLACK_BOT_TOKEN or DESKHAND_DISCORD_BOT_TOKEN: no chat platform is configured, "
    "so there is nothing to connect to"
)
_KEY_OF_EACH = (
    "DESKHAND_MASTER_KEY: set it, the same for all processes, as each dyno would make a key that is lost with its "
    "disk; make one with: openssl rand -base64 32"
)


class Role(StrEnum):
    """The lines of the Procfile, and all of them in one."""

    ALL = "run"
    WEB = "web"
    GATEWAY = "gateway"
    WORKER = "worker"


def faces_of(role: Role, settings: Settings, *, prompt: bool = False) -> Faces:
    """What a process shows to people, and whether it works. Raises ConfigError where the role cannot be had.

    Over a file, a web or gateway process is the only one there is, so it does the work as well.
    """
    shared = settings.shares_database
    if role is Role.WORKER and not shared:
        raise ConfigError([_NEEDS_POSTGRESQL])
    if role is Role.GATEWAY and not (settings.slack_is_set or settings.discord_is_set):
        raise ConfigError([_NOTHING_TO_HEAR])
    if settings.dyno and shared and not settings.master_key.get_secret_value():
        raise ConfigError([_KEY_OF_EACH])
    return {
        Role.ALL: Faces(prompt=prompt),
        Role.WEB: Faces(platforms=False, works=not shared),
        Role.GATEWAY: Faces(web=False, works=not shared),
        Role.WORKER: Faces(web=False, platforms=False),
    }[role]


def key_notice(role: Role, settings: Settings) -> str:
    """What to know about the key of the secrets, where processes may be on several machines; mostly nothing."""
    if role is Role.ALL or not settings.shares_database or settings.master_key.get_secret_value():
        return ""
    file = settings.data_dir / "master.key"
    return f"The key of the secrets is in {file}. Processes on other machines need the same as DESKHAND_MASTER_KEY."
