"""What an operator can set, read once from the environment; all faults are reported together."""

from __future__ import annotations

import os
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Any, Literal, Self
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AliasChoices, Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from bot.errors import ConfigError

SECRET_PREFIX = "DESKHAND_SECRET_"  # noqa: S105 - a name, no secret
"""An environment variable with this prefix gives a secret without storing it."""
VARIABLE_PREFIX = "DESKHAND_VARIABLE_"
"""An environment variable with this prefix overrides a variable of the same name in every action."""


_HERE = ("localhost", "127.0.0.1", "::1")


class SandboxKind(StrEnum):
    """Where Python actions run."""

    DOCKER = "docker"
    KUBERNETES = "kubernetes"
    OFF = "off"


class PlanMode(StrEnum):
    """How the model is asked for a plan; ``auto`` tries them in this order at start."""

    AUTO = "auto"
    SCHEMA = "schema"
    TOOLS = "tools"
    JSON = "json"


class Settings(BaseSettings):
    """Every setting is an environment variable ``DESKHAND_<NAME>``, or a line of ``.env`` in the working folder."""

    model_config = SettingsConfigDict(env_prefix="DESKHAND_", env_file=".env", extra="ignore", frozen=True)

    data_dir: Path = Field(Path("data"), description="Where the database, the key file and lock files live.")
    database_url: SecretStr = Field(
        SecretStr(""), validation_alias=AliasChoices("DESKHAND_DATABASE_URL", "DATABASE_URL"),
        description="PostgreSQL instead of the file in data_dir: postgresql://user:password@host:5432/database.",
    )  # fmt: skip
    persistent_disk: bool = Field(False, description="On Heroku: data_dir is on a disk that outlives the dyno.")
    dyno: str = Field("", validation_alias=AliasChoices("DESKHAND_DYNO", "DYNO"), description="Set by Heroku.")
    actions_dir: Path = Field(Path("actions.d"), description="The folder of action definitions.")
    host: str = Field("127.0.0.1", description="Address that the web chat listens on.")
    port: int = Field(
        8080, ge=0, le=65535, validation_alias=AliasChoices("DESKHAND_PORT", "PORT"),
        description="Port of the web chat; 0 takes a free one.",
    )  # fmt: skip
    token: SecretStr = Field(SecretStr(""), description="Bearer token of the HTTP API; required beyond loopback.")
    guru_slug: str = Field("deskhand", description="Value of GURUBASE_GURU_SLUG.")
    timezone: str = Field("UTC", description="IANA zone of people whose zone is not known.")
    schedule_catch_up_minutes: float = Field(
        10.0, ge=0, le=1440, description="How late a time of a schedule is still made up for; later it is missed."
    )
    demo: bool = Field(False, description="Run actions against the local stand-in world in demo/.")
    demo_port: int = Field(8480, ge=0, le=65535, description="Port of the stand-in world; 0 takes a free one.")

    openai_api_key: SecretStr = Field(
        SecretStr(""), validation_alias=AliasChoices("DESKHAND_OPENAI_API_KEY", "OPENAI_API_KEY"),
        description="Key of the language model; without it the service works offline, by rules.",
    )  # fmt: skip
    openai_base_url: str = Field(
        "", validation_alias=AliasChoices("DESKHAND_OPENAI_BASE_URL", "OPENAI_BASE_URL"),
        description="Address of any OpenAI-compatible server.",
    )  # fmt: skip
    model: str = Field(
        "gpt-5-mini", validation_alias=AliasChoices("DESKHAND_MODEL", "OPENAI_MODEL"), description="Model name.",
    )  # fmt: skip
    plan_mode: PlanMode = Field(PlanMode.AUTO, description="auto, schema, tools or json.")
    model_timeout_seconds: float = Field(25.0, gt=0, le=300, description="Limit of one call to the model.")
    encoder: bool = Field(True, description="Use the extra `encoder` in offline mode where it is installed.")

    sandbox: SandboxKind = Field(SandboxKind.DOCKER, description="Where Python actions run: docker, kubernetes or off.")
    sandbox_image: str = Field("slim", pattern="^(slim|full)$", description="slim (requests, httpx) or full.")
    docker_host: str = Field(
        "", validation_alias=AliasChoices("DESKHAND_DOCKER_HOST", "DOCKER_HOST"),
        description="Address of the engine, or several with commas: unix://, tcp:// or ssh://.",
    )  # fmt: skip
    docker_cert_path: Path | None = Field(
        None, validation_alias=AliasChoices("DESKHAND_DOCKER_CERT_PATH", "DOCKER_CERT_PATH"),
        description="Folder of ca.pem, cert.pem and key.pem for engines at tcp://.",
    )  # fmt: skip
    kubernetes_image: str = Field("", description="The sandbox image as the cluster's nodes pull it.")
    kubernetes_namespace: str = Field("deskhand-runs", description="Namespace of the Jobs; nothing else lives there.")
    kubernetes_config: str = Field("", description="A kubeconfig file; empty inside a cluster.")
    kubernetes_context: str = Field("", description="Context of the kubeconfig file.")
    kubernetes_runtime_class: str = Field("", description="Runtime class of the pods, such as gvisor.")
    kubernetes_pull_secret: str = Field("", description="Secret of the namespace that opens the registry.")
    kubernetes_start_seconds: float = Field(7.0, gt=0, le=600, description="How long a pod may take to start.")
    sandbox_egress: str = Field(
        "filtered", pattern="^(filtered|open)$",
        description="filtered keeps Python actions off this machine and inside networks; open does not.",
    )  # fmt: skip
    sandbox_parallel: int = Field(8, ge=1, le=64, description="Python actions that run side by side.")
    sandbox_waiting: int = Field(2, ge=0, le=32, description="Containers that wait for a job, at least.")
    sandbox_waiting_most: int = Field(6, ge=0, le=64, description="Containers that wait for a job, at most.")
    internal_hosts: tuple[str, ...] = Field((), description='Internal addresses actions may call: ["10.0.0.5:8443"].')
    variables: dict[str, str] = Field({}, description="JSON object that overrides variables of actions.")

    slack_bot_token: SecretStr = Field(SecretStr(""), description="Bot token of one workspace (xoxb-…).")
    slack_app_token: SecretStr = Field(SecretStr(""), description="App-level token for Socket Mode (xapp-…).")
    slack_signing_secret: SecretStr = Field(SecretStr(""), description="Signing secret for events over HTTP.")
    slack_client_id: str = Field("", description="Client id, where several workspaces install the app.")
    slack_client_secret: SecretStr = Field(SecretStr(""), description="Client secret, with the client id.")
    slack_redirect_url: str = Field("", description="Where Slack sends people back to after an installation.")
    slack_teams: frozenset[str] = Field(
        frozenset(), description='Workspaces that may install it: ["T012"]; empty: all.'
    )
    slack_base_url: str = Field("https://slack.com/api/", description="Address of Slack's Web API.")
    slack_channels: frozenset[str] = Field(frozenset(), description='Channels to answer in: ["C012"]; empty: all.')
    slack_private: frozenset[str] = Field(frozenset(), description="Channels where only the asker sees the answer.")
    slack_streaming: Literal["off", "direct", "all"] = Field(
        "direct", description="Where answers grow while they are written: off, direct (messages), all (channels, too)."
    )
    slack_listening: dict[str, str] = Field({}, description='Channels to listen to whole: {"C012": "all"}.')

    discord_bot_token: SecretStr = Field(SecretStr(""), description="Bot token of the Discord app.")
    discord_message_content: bool = Field(True, description="Ask for the privileged intent to read all messages.")
    discord_channels: frozenset[str] = Field(
        frozenset(), description='Servers, categories, channels, forums to answer in: ["123"]; empty: all.'
    )
    discord_listening: dict[str, str] = Field({}, description='Channels and forums to listen to whole: {"123": "all"}.')
    discord_roles: frozenset[str] = Field(frozenset(), description='Roles that may ask: ["123"]; empty: everybody.')
    discord_direct: Literal["", "all", "linked", "off"] = Field(
        "", description="Whose direct messages are answered; empty: all, or linked where discord_roles is set."
    )
    discord_trusted: frozenset[str] = Field(frozenset(), description="Roles whose members may answer first.")
    discord_yield_seconds: float = Field(
        60.0, ge=0, le=3600, description="How long a question that calls nobody waits for one of them."
    )
    discord_shard_count: int = Field(0, ge=0, description="Shards in all; 0: as many as Discord advises.")
    discord_shard_ids: tuple[int, ...] = Field((), description="Shards of this process: [0, 1]; empty: all.")
    discord_client_id: str = Field("", description="Client id, to link accounts by Discord's consent page.")
    discord_client_secret: SecretStr = Field(SecretStr(""), description="Client secret, with the client id.")
    discord_api_base: str = Field("", description="Address of a simulated Discord on this machine.")
    discord_gateway_url: str = Field("", description="Its gateway.")
    webhook_calls_per_minute: int = Field(60, ge=1, le=100_000, description="Calls of one webhook that are taken.")
    public_url: str = Field("", description="Address of this service as browsers see it: https://desk.example.com.")

    master_key: SecretStr = Field(
        SecretStr(""), description="32 bytes, base64 or hex; else a key file is made. During a rotation: new,old."
    )
    user_email: str = Field("", description="E-mail of the person at this terminal.")
    user_name: str = Field("", description="Name of the person at this terminal.")
    user_groups: str = Field("Everyone", description="Groups of the person at this terminal, comma-separated.")
    retention_days: int = Field(90, ge=1, description="Days that runs, their logs and files, and turns are kept.")
    metrics_host: str = Field("127.0.0.1", description="Address of health and measures where there is no web chat.")
    metrics_port: int | None = Field(
        None, ge=0, le=65535, description="Their port in `gateway` and `worker`, for each its own; empty: none."
    )
    log_level: str = Field("WARNING", pattern="^(?i:debug|info|warning|error)$", description="Least severe log line.")

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise ValueError(f"{name!r} is no IANA time zone; use one such as Europe/Berlin") from error
        return name

    @field_validator("database_url")
    @classmethod
    def _postgres(cls, url: SecretStr) -> SecretStr:
        if url.get_secret_value() and not url.get_secret_value().startswith(("postgres://", "postgresql://")):
            raise ValueError("it begins with postgresql://; leave it empty to keep everything in a file in data_dir")
        return url

    @field_validator("public_url")
    @classmethod
    def _safe_public_url(cls, url: str) -> str:
        parts = urlsplit(url)
        if url and not (parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _HERE)):
            raise ValueError("it begins with https://, as links to accounts go over it")
        return url

    @field_validator("slack_listening", "discord_listening")
    @classmethod
    def _known_listening(cls, channels: dict[str, str]) -> dict[str, str]:
        wrong = [channel for channel, mode in channels.items() if mode not in ("mentions", "all")]
        if wrong:
            raise ValueError(f"{', '.join(wrong)}: the mode is mentions or all")
        return channels

    @property
    def shares_database(self) -> bool:
        """Whether the database is a PostgreSQL, which other processes may share."""
        return bool(self.database_url.get_secret_value())

    @property
    def slack_is_set(self) -> bool:
        """Whether any part of a way to Slack is configured; whether it is whole is checked when it is opened."""
        given = (self.slack_bot_token, self.slack_app_token, self.slack_signing_secret, self.slack_client_secret)
        return bool(self.slack_client_id) or any(secret.get_secret_value() for secret in given)

    @property
    def discord_is_set(self) -> bool:
        """Whether a way to Discord is configured."""
        return bool(self.discord_bot_token.get_secret_value())

    @model_validator(mode="after")
    def _image_for_kubernetes(self) -> Self:
        if self.sandbox is SandboxKind.KUBERNETES and not self.kubernetes_image:
            raise ValueError("DESKHAND_KUBERNETES_IMAGE: name the sandbox image as the cluster's nodes pull it")
        return self

    @model_validator(mode="after")
    def _disk_that_stays(self) -> Self:
        if self.dyno and not (self.database_url.get_secret_value() or self.persistent_disk):
            raise ValueError(
                "DATABASE_URL: set it to a PostgreSQL, as this dyno's disk, and the database on it, is lost with its "
                "next start; or set DESKHAND_PERSISTENT_DISK=true if DESKHAND_DATA_DIR is on a disk that stays"
            )
        return self

    @property
    def docker_hosts(self) -> tuple[str, ...]:
        """The engines, one at least; empty for the one that the environment names."""
        return tuple(host.strip() for host in self.docker_host.split(","))

    @property
    def groups(self) -> tuple[str, ...]:
        """The groups of the person at this terminal."""
        return tuple(filter(None, (group.strip() for group in self.user_groups.split(",")))) or ("Everyone",)


def read_settings(**overrides: Any) -> Settings:
    """Settings from the environment and ``.env``. Raises ConfigError with every fault."""
    try:
        return Settings(**overrides)
    except ValidationError as error:
        raise ConfigError([_fault(item) for item in error.errors()]) from error


def prefixed(environ: Mapping[str, str], prefix: str) -> dict[str, str]:
    """The variables of ``environ`` that begin with ``prefix``, without it; those of the ``.env`` file are seen too."""
    return {name.removeprefix(prefix): value for name, value in environ.items() if name.startswith(prefix)}


def environment(folder: Path = Path()) -> dict[str, str]:
    """The process environment over the ``.env`` file of ``folder``."""
    from dotenv import dotenv_values

    return {name: value for name, value in dotenv_values(folder / ".env").items() if value is not None} | dict(
        os.environ
    )


def _fault(item: Any) -> str:
    text = str(item["msg"]).removeprefix("Value error, ")
    if not item["loc"]:
        return text
    name = ".".join(str(part) for part in item["loc"]).upper()
    variable = (
        name if name.startswith(("DESKHAND_", "OPENAI_", "PORT", "DOCKER_", "DATABASE_URL")) else f"DESKHAND_{name}"
    )
    return f"{variable}: {text}"
