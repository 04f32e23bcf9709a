"""The command `stylize-bot`."""

from __future__ import annotations

import asyncio
import sys
from enum import StrEnum
from importlib import metadata
from pathlib import Path
from typing import Annotated, Final

import typer

from backend import health
from backend.control.jobs_cli import cli as jobs_cli
from backend.control.messages_cli import announce, maintenance
from backend.control.nodes_cli import nodes
from backend.control.people_cli import allow_cli, ban_cli
from backend.control.usage_cli import usage
from backend.engine.ray.host import painter
from backend.errors import BotError, ConfigurationError
from backend.hosting.cli import backup_command, restore_command
from backend.logs import set_up_logging
from backend.protection import protect
from backend.settings import Settings, load_settings, read_settings
from backend.shelf.cli import cli as blocking_cli

EXIT_FAILED: Final = 1
EXIT_CONFIGURATION: Final = 2
EXIT_STARTUP: Final = 3

cli = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
cli.add_typer(jobs_cli, name="jobs")
for name in ("styles", "photos"):  # what is blocked is neither
    cli.add_typer(blocking_cli, name=name)
cli.command(name="backup")(backup_command)
cli.command(name="restore")(restore_command)
cli.add_typer(ban_cli, name="ban")
cli.add_typer(allow_cli, name="allow")
cli.command()(usage)
cli.command()(announce)
cli.command()(maintenance)
cli.command()(nodes)
cli.command()(painter)


class UseLocalChat(StrEnum):
    """When to serve the local chat instead of Discord."""

    OFF = "off"
    AUTO = "auto"
    ON = "on"


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"stylize-bot {metadata.version('stylize-bot')}")
        raise typer.Exit


@cli.callback()
def options(
    _version: Annotated[
        bool,
        typer.Option("--version", callback=_show_version, is_eager=True, help="Say which it is."),
    ] = False,
) -> None:
    """Paint photos in the style of pictures, in a chat."""


@cli.command()
def check() -> None:
    """Say what keeps the bot from running here, all at once; change nothing."""
    from bot.check import all_problems  # noqa: PLC0415 - `health` starts faster without it
    from bot.check_servers import notes_of_servers  # noqa: PLC0415 - the same

    settings, wrong = read_settings()
    if wrong := [*wrong, *asyncio.run(all_problems(settings))]:
        raise ConfigurationError("\n".join(wrong))
    typer.echo("Nothing keeps the bot from running here.")
    for note in asyncio.run(notes_of_servers(settings)):
        typer.echo(note)


@cli.command()
def run(
    local_chat: Annotated[
        UseLocalChat,
        typer.Option(help="Serve the built-in chat instead of Discord; auto: without a token."),
    ] = UseLocalChat.OFF,
) -> None:
    """Serve until interrupted."""
    from bot import app  # noqa: PLC0415 - `health` starts faster without it

    settings = _settings()
    without_token = settings.discord_token is None
    use_local_chat = local_chat is UseLocalChat.ON or (
        local_chat is UseLocalChat.AUTO and without_token
    )
    asyncio.run(app.run(settings, use_local_chat=use_local_chat))


@cli.command()
def demo(
    out: Annotated[Path, typer.Option(help="Folder for the result and the card.")] = Path(
        "demo-out"
    ),
) -> None:
    """Run /stylize once on the bundled examples in the local chat, unattended."""
    from bot.demo import DemoFailed, run_demo  # noqa: PLC0415 - nothing else needs the local chat

    try:
        asyncio.run(run_demo(_settings("WARNING"), out))
    except DemoFailed as error:
        sys.exit(f"The demo failed: {error}")


@cli.command(name="health")
def check_health() -> None:
    """Exit with 0 if the bot that uses this data folder is connected, or waits as a standby."""
    folder = load_settings().data_dir
    if words := health.trouble(folder):
        typer.echo(words, err=True)
        raise typer.Exit(EXIT_FAILED)
    if health.is_standby(folder):
        typer.echo("standby")


def main() -> None:
    """Entry point: errors that the host can act on are one line, not a traceback."""
    try:
        cli()
    except BotError as error:
        for line in str(error).splitlines():
            typer.echo(f"stylize-bot: {line}", err=True)
        is_setting = isinstance(error, ConfigurationError)
        sys.exit(EXIT_CONFIGURATION if is_setting else EXIT_STARTUP)


def _settings(log_level: str | None = None) -> Settings:
    settings = load_settings()
    token = settings.discord_token.get_secret_value() if settings.discord_token else ""
    set_up_logging(log_level or settings.log_level, token, as_json=settings.log_format == "json")
    protect(settings)
    return settings


if __name__ == "__main__":
    main()
