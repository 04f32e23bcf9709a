"""All settings, read once from the environment and `.env`; nothing else reads either."""

from __future__ import annotations

import ctypes
import logging
import os
import shlex
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Final, Self

from dotenv import dotenv_values
from dotenv.parser import parse_stream
from pydantic import (
    AliasChoices,
    Field,
    HttpUrl,
    PrivateAttr,
    SecretStr,
    ValidationError,
    field_validator,
)
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from backend.errors import ConfigurationError
from nst.isolation import Isolation
from nst.options import MAX_SIZE, MIN_SIZE, Preset

PREFIX: Final = "STYLIZE_"
ENV_FILE: Final = Path(".env")
_STORE_SECRETS: Final = frozenset(
    {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"}
    | {"AZURE_STORAGE_ACCOUNT_KEY", "AZURE_STORAGE_CLIENT_SECRET", "AZURE_STORAGE_SAS_KEY"}
    | {"GOOGLE_SERVICE_ACCOUNT_KEY"}
)
_STORE_OPTIONS: Final = frozenset(
    {"AWS_ENDPOINT_URL", "AWS_ENDPOINT", "AWS_REGION", "AWS_DEFAULT_REGION"}
    | {"AWS_VIRTUAL_HOSTED_STYLE_REQUEST", "AZURE_STORAGE_ACCOUNT_NAME", "AZURE_STORAGE_CLIENT_ID"}
    | {"AZURE_STORAGE_TENANT_ID", "GOOGLE_SERVICE_ACCOUNT", "GOOGLE_APPLICATION_CREDENTIALS"}
)
"""What reaches an object store: https://developmentseed.org/obstore/latest/api/store/aws/"""
CPU_FRAMES: Final = 60
GPU_FRAMES: Final = 240
"""Frames of a film: about as much as a quarter of an hour of painting at usual sizes."""


class EngineName(StrEnum):
    """Where pictures are painted: in processes of this host, or on the hosts of a Ray cluster."""

    POOL = "pool"
    RAY = "ray"


class Settings(BaseSettings):
    """What the host decides; each field is the variable STYLIZE_<NAME>, but for DISCORD_TOKEN."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_file=ENV_FILE,
        env_ignore_empty=True,
        extra="ignore",
        frozen=True,
        hide_input_in_errors=True,
    )

    discord_token: SecretStr | None = Field(
        default=None, validation_alias=AliasChoices("DISCORD_TOKEN", "discord_token")
    )
    data_dir: Path = Path("data")
    database_url: SecretStr | None = Field(
        default=None,
        validation_alias=AliasChoices("STYLIZE_DATABASE_URL", "DATABASE_URL", "database_url"),
    )
    files: str | None = Field(default=None, pattern=r"^\w+://[^@\s]+$")
    standby: bool = False
    devices: Annotated[tuple[str, ...], NoDecode] = ("auto",)
    engine: EngineName = EngineName.POOL
    ray_address: str = Field(default="127.0.0.1:6379", pattern=r"^\S+:\d+$")
    presets: Annotated[tuple[Preset, ...], NoDecode] = (Preset.DRAFT, Preset.STANDARD, Preset.FINE)
    default_size: int | None = Field(default=None, ge=MIN_SIZE, le=MAX_SIZE)
    default_preset: Preset | None = None
    max_size: int = Field(default=1024, ge=MIN_SIZE, le=MAX_SIZE)
    max_frames: int | None = Field(default=None, ge=1, le=1000)
    max_upload_mb: int = Field(default=25, ge=1, le=100)
    max_result_mb: int = Field(default=10, ge=1, le=100)
    jobs_per_person: int = Field(default=2, ge=1)
    jobs_per_server: int = Field(default=20, ge=1)
    max_jobs: int = Field(default=1000, ge=1)
    jobs_per_role: Annotated[dict[str, int], NoDecode] = {}
    cooldown_seconds: int = Field(default=0, ge=0)
    daily_per_person: int = Field(default=0, ge=0)
    daily_per_server: int = Field(default=0, ge=0)
    max_disk_gb: int | None = Field(default=None, ge=1)
    styles_per_server: int = Field(default=1000, ge=1)
    job_timeout_seconds: int = Field(default=1800, ge=10)
    retention_days: int = Field(default=1, ge=1)
    history_days: int = Field(default=90, ge=1)
    isolation: Isolation = Isolation.BEST
    check_command: Annotated[tuple[str, ...], NoDecode] = ()
    check_url: HttpUrl | None = None
    check_seconds: int = Field(default=20, ge=1, le=120)
    check_failure: str = Field(default="refuse", pattern="^(refuse|allow)$")
    local_chat_port: int = Field(default=8377, ge=0, le=65535)
    log_level: str = Field(default="INFO", pattern="^(DEBUG|INFO|WARNING|ERROR)$")
    log_format: str = Field(default="text", pattern="^(text|json)$")
    metrics_port: int | None = Field(default=None, ge=0, le=65535)
    metrics_host: str = Field(default="127.0.0.1", min_length=1)

    _store_options: dict[str, SecretStr] = PrivateAttr(default_factory=dict)

    def model_post_init(self, _context: object, /) -> None:
        """Keep how the object store is reached, before that is forgotten (`forget_secrets`)."""
        file, _ = _env_file()
        given = {**(dotenv_values(file) if file else {}), **os.environ}
        for name, value in given.items():
            if value and name.upper() in _STORE_OPTIONS | _STORE_SECRETS:
                self._store_options[name.lower()] = SecretStr(value)

    @property
    def store_options(self) -> dict[str, str]:
        """Return endpoint, region and credentials of the object store, as obstore names them."""
        return {name: each.get_secret_value() for name, each in self._store_options.items()}

    @property
    def frames(self) -> int:
        """Return how many frames a film may have."""
        return self.max_frames or CPU_FRAMES

    def on(self, devices: Sequence[str]) -> Self:
        """Return what applies where these devices paint."""
        usual = CPU_FRAMES if "cpu" in devices else GPU_FRAMES
        return self.model_copy(update={"max_frames": self.max_frames or usual})

    @field_validator("discord_token")
    @classmethod
    def _one_word(cls, value: SecretStr | None) -> SecretStr | None:
        if value and len(value.get_secret_value().split()) != 1:
            raise ValueError("a token is one word")
        return value

    @field_validator("data_dir")
    @classmethod
    def _reachable(cls, value: Path) -> Path:
        try:
            value.stat()
        except (FileNotFoundError, NotADirectoryError):
            pass  # what can be made of it is seen later
        except OSError as error:
            raise ValueError(error.strerror) from error
        return value

    @field_validator("devices", "presets", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        if isinstance(value, str):
            return tuple(part.strip() for part in value.split(",") if part.strip())
        return value

    @field_validator("check_command", mode="before")
    @classmethod
    def _words(cls, value: object) -> object:
        return tuple(shlex.split(value)) if isinstance(value, str) else value

    @field_validator("jobs_per_role", mode="before")
    @classmethod
    def _pairs(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        pairs = [part.rpartition("=") for part in value.split(",") if part.strip()]
        if not all(role.strip() for role, _, _ in pairs):
            raise ValueError("write it as Role=5,Other role=10")
        return {role.strip(): number.strip() for role, _, number in pairs}

    @field_validator("devices")
    @classmethod
    def _alone(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if "auto" in value and len(value) > 1:
            raise ValueError("auto stands alone")
        return value

    @field_validator("devices", "presets")
    @classmethod
    def _not_empty(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if not value:
            raise ValueError("name at least one")
        return value


def load_settings(**overrides: Any) -> Settings:
    """Read and check the environment; `overrides` win. All that is wrong is said at once."""
    settings, wrong = read_settings(**overrides)
    if wrong:
        raise ConfigurationError("\n".join(wrong))
    return settings


def read_settings(**overrides: Any) -> tuple[Settings, list[str]]:
    """Return the settings, with defaults in place of wrong ones, and a line about each of those."""
    overrides["_env_file"], wrong = _env_file()
    wrong += _unknown(overrides["_env_file"])
    try:
        settings = Settings(**overrides)
    except ValidationError as error:
        for each in error.errors(include_url=False, include_input=False):
            field = str(each["loc"][0]).removeprefix(PREFIX).lower()
            wrong.append(f"{variable(field)} is wrong: {each['msg']}.")
            overrides[field] = Settings.model_fields[field].get_default()
        settings = Settings(**overrides)
    if settings.default_size and settings.default_size > settings.max_size:
        wrong.append(
            f"{variable('default_size')} ({settings.default_size}) is larger than "
            f"{variable('max_size')} ({settings.max_size})."
        )
    if settings.default_preset and settings.default_preset not in settings.presets:
        wrong.append(
            f"{variable('default_preset')} ({settings.default_preset}) is none of "
            f"{variable('presets')} ({', '.join(settings.presets)})."
        )
    return settings, wrong


def forget_secrets() -> None:
    """Take what nobody else is to know out of the environment, once it was read.

    Also out of the memory from which Linux tells it (`/proc/PID/environ`).
    """
    secrets = {"DISCORD_TOKEN", "STYLIZE_DATABASE_URL", "DATABASE_URL", *_STORE_SECRETS}
    for name in [name for name in os.environ if name.upper() in secrets]:
        if os.name == "posix":
            libc = ctypes.CDLL(None)
            libc.getenv.restype = ctypes.c_void_p
            if place := libc.getenv(os.fsencode(name)):
                ctypes.memset(place, 0, len(os.fsencode(os.environ[name])))
        del os.environ[name]


def variable(field: str) -> str:
    """Return the environment variable of a field."""
    if field.upper() == "DISCORD_TOKEN":
        return "DISCORD_TOKEN"
    return PREFIX + field.upper()


def _env_file() -> tuple[Path | None, list[str]]:
    """Return the file with settings, None if it cannot be read, and what is wrong with it."""
    logging.getLogger("dotenv.main").setLevel(logging.ERROR)  # which would say it once more
    if not ENV_FILE.exists():
        return None, []
    try:
        with ENV_FILE.open(encoding="utf-8") as file:
            lines = [each.original.line for each in parse_stream(file) if each.error]
    except (OSError, UnicodeDecodeError) as error:
        why = (isinstance(error, OSError) and error.strerror) or "it is no text in UTF-8"
        return None, [f"The file {ENV_FILE} cannot be read: {why}."]
    return ENV_FILE, [
        f"Line {line} of {ENV_FILE} cannot be read: write NAME=value." for line in lines
    ]


def _unknown(file: Path | None) -> list[str]:
    """Complain of misspelt settings, which would be ignored in silence otherwise."""
    known = {variable(field) for field in Settings.model_fields}
    given = dict.fromkeys([*os.environ, *(dotenv_values(file) if file else ())])
    return [
        f"There is no setting {name}; .env.example lists them all."
        for name in given
        if name.upper().startswith(PREFIX) and name.upper() not in known
    ]
